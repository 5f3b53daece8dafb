/*
 * A private PostgreSQL under DATA/postgresql, on a Unix socket in DATA/run, for
 * sites that have no database of their own. Peer authentication: the operating
 * system user that runs both, mapped to the roles "coachhouse" (owner) and
 * "coachhouse_server". Never as root.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct embedded {
	char data[1024];   /* DATA */
	char socket[1024]; /* the folder of the Unix socket */
	pid_t pid;	   /* the postmaster that we started; 0: none */
	int lock;	   /* descriptor that holds DATA/lock; -1: none */
	bool busy;	   /* the claim failed because another coachd has DATA */
	bool fresh;	   /* the cluster was made at this start, and is empty */
	char binaries[1024];
	char server[64]; /* the user that serves, when it is not the one that runs this */
	int64_t started; /* monotonic seconds */
	int64_t took;	 /* ms until it took connections, the first time */
	int delay;	 /* before the next start, after one that died at once */
};

/*
 * As root: makes DATA, gives it to its owner, else user coachhouse, else
 * postgres, and becomes that user for good. Otherwise makes DATA. Takes the
 * lock; when another coachd holds it, fails with a sentence naming DATA.
 */
bool embedded_claim(struct embedded *e, const char *data, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Fills `binaries` for the cluster that is there. */
bool embedded_binaries(struct embedded *e, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Runs initdb when there is no cluster yet (checksums, UTC, C.UTF-8), stops a
 * postmaster left by a killed daemon, writes coachhouse.conf (listen_addresses
 * '', jit off, terse logs, statements never logged), starts a postmaster and
 * waits until it answers; gives up when SIGTERM or SIGINT is pending. Blocks;
 * only before the loop.
 */
bool embedded_start(struct embedded *e, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Makes the database and the role that owns it, as far as they are missing. */
bool embedded_make_database(const struct embedded *e, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Called when SIGCHLD arrived: when the postmaster has died, starts another
 * without waiting for it, at once or, after one that died at once, up to a
 * quarter of a minute later. Returns true if it did. Never blocks.
 */
bool embedded_revive(struct embedded *e);

/* Fast shutdown; waits until it has ended. Releases the lock. */
void embedded_stop(struct embedded *e);

/* Connection strings of the owner and of the serving role. */
void embedded_conninfo(const struct embedded *e, const char *role, char *out, size_t size);
