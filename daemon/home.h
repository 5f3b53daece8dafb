/*
 * Where a daemon lives: DATA with its private PostgreSQL, or a folder of keys
 * and a PostgreSQL elsewhere. What running, init and invite-admin share.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "embedded.h"

struct home {
	const struct config *config;
	struct embedded embedded;
	bool is_embedded;
	bool is_running; /* another process keeps its PostgreSQL, which answers */
	char owner[2300], serving[2300], standby[2300]; /* connection strings */
};

/* True when keys are there; the sentence otherwise says to run coachd init. */
bool home_is_set_up(const struct config *config, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Leaves root, takes the lock of DATA, makes the folder of the sockets.
 * `joins`: another coachd may be at work there, and we only visit. Keeps `config`.
 */
bool home_claim(struct home *home, const struct config *config, bool joins, char *error,
		size_t size) __attribute__((warn_unused_result));

/* Where the database is, without claiming or starting anything. */
bool home_find(struct home *home, const struct config *config, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Starts PostgreSQL if it is ours and brings the schema up to date. */
bool home_start(struct home *home, char *error, size_t size) __attribute__((warn_unused_result));

/* Claims the folder of the private PostgreSQL alone: DATA, or `postgresql` when that is set. */
bool home_claim_cluster(struct embedded *e, const struct config *config, char *error, size_t size)
	__attribute__((warn_unused_result));

/* A child ended: starts PostgreSQL again if it was that, and ours. */
void home_revive(struct home *home);

/* Stops PostgreSQL if it is ours, and lets DATA go. */
void home_stop(struct home *home);
