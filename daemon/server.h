/*
 * The daemon's one loop: the main ROUTER socket, the enrolment ROUTER, the ZAP
 * responder, the connections to PostgreSQL, timers and signals. One thread;
 * nothing in it blocks once server_run has bound its sockets.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "ledger.h"

struct server_options {
	const char *listen;	     /* main endpoint: only known keys get in */
	const char *listen_enrol;    /* any key gets in, one method, small frames */
	const char *advertise;	     /* what a redeemed invitation says; NULL: listen */
	const char *advertise_enrol; /* what an invitation says; NULL: listen_enrol */
	const char *public_key;	     /* CURVE keys, 64 hexadecimal digits each */
	const char *secret_key;
	/* While the key changes: the next one, its doors, what clients are told; else NULL. */
	const char *next_public_key, *next_secret_key;
	const struct config_next *next;
	const char *conninfo;	   /* PostgreSQL, as the serving role */
	const char *standby;	   /* a standby for reports, as the same role; "": none */
	long report_lag;	   /* seconds that it may be behind */
	long connections;	   /* shared pipelines for quick methods */
	long depth;		   /* calls in flight on one of them */
	long slow_connections;	   /* connections for slow methods, one call each */
	long max_clients;	   /* connections of clients at once */
	const char *metrics;	   /* path of the socket of scrape.h; "": none */
	long max_memory;	   /* MiB, beyond which connections are cut */
	struct ledger *ledger;	   /* of erasures; open */
	const char *data;	   /* where the private PostgreSQL is; "": there is none */
	long disk_reserve;	   /* MiB of its disk below which writes are refused */
	bool keeps_ballast;	   /* see disk.h */
	int64_t clock_offset;	   /* microseconds that "now" is ahead of the real clock */
	int64_t started;	   /* monotonic ms: when the process began */
	int64_t postgresql_took;   /* ms of those, until its own PostgreSQL took connections */
	void (*reload)(void *arg); /* on SIGHUP; NULL: nothing */
	void (*child)(void *arg);  /* on SIGCHLD; must not block; NULL: nothing */
	void *arg;		   /* for both */
};

/*
 * Serves until SIGTERM or SIGINT, then finishes the calls in flight for up to
 * 10 seconds; a second signal ends at once. seal_init and schema_migrate come
 * before. Tells systemd READY, STOPPING and WATCHDOG. SIGTERM, SIGINT, SIGHUP
 * and SIGCHLD are blocked from here on; children must unblock them. Returns the
 * exit code: 0 after a signal, 1 when it could not start or must not serve (the
 * reason is logged).
 */
int server_run(const struct server_options *options) __attribute__((warn_unused_result));
