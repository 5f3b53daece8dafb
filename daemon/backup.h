/*
 * coachd backup and coachd restore: a copy of the private PostgreSQL, taken by
 * pg_basebackup while the daemon serves, and a place made from one. Sealed
 * content stays sealed; keys are in no backup. A backup is a folder:
 *
 *	postgresql/        everything committed before the backup ended, with PostgreSQL's
 *	                   own list of files and checksums
 *	erasures           DATA/erasures, if there is one
 *	coachd.conf        DATA/coachd.conf, if there is one
 *	coachhouse.backup  what it is; written last, so that a backup without it is none
 */
#pragma once
#include "config.h"

/*
 * Makes the folder and fills it; one that is there must be empty. As root: it is
 * given to the user that runs PostgreSQL. The exit code.
 */
int backup_run(const struct config *config, const char *folder);

/*
 * Makes a place of the backup in `folder` where `config` says: refused when there is
 * a database already, when the backup is not whole or is newer than we are. Starts
 * PostgreSQL once, which proves it. `erasures`: a newer ledger to join to the
 * backup's; or NULL. The exit code.
 */
int restore_run(const struct config *config, const char *folder, const char *erasures);
