/*
 * The commands of the daemon's own machine, beside running it. The first two print the
 * invitation as the one line on standard output, advice on standard error, and
 * give the exit code.
 */
#pragma once
#include "config.h"

struct admin_request {
	const char *email, *name, *organisation, *sector;
};

/*
 * Sets up a place: keys, database, schema, the first administrator; keeps the
 * endpoints given as flags in coachd.conf there. What is there already stays, so
 * that one that was interrupted can be run again.
 */
int admin_init(const struct config *config, const struct admin_request *request);

/* A new invitation for an administrator; whether or not the daemon runs. */
int admin_invite(const struct config *config, const char *email);

/*
 * Compares the stored free time of every coach with what it follows from, and says
 * how much was not so; `word`: NULL, or "repair" to put it right. Whether or not
 * the daemon runs. The exit code is 1 if something was wrong and stays so.
 */
int admin_check_times(const struct config *config, const char *word);
