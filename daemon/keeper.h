/*
 * coachd postgresql: keeps the private PostgreSQL running, as another user than
 * the one that serves. That user sees the tables and the files below them, but
 * none of the keys.
 */
#pragma once
#include "config.h"

/* Runs until SIGTERM or SIGINT; tells systemd when PostgreSQL answers. The exit code. */
int keeper_run(struct config *config);
