/*
 * The harness: each statement through the full stack (client library, CURVE,
 * daemon, PostgreSQL), and by pgbench in the same pipeline on as many
 * connections, in turn, on one database that was filled before (fill.sql).
 * Figures are ratios within one run. Programs fail with a sentence.
 */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fixture.h"

enum {
	BENCH_CLIENTS = 32, /* at most, at once */
	BENCH_LIVES = 3,    /* a client that has booked all its hours is another person */
	BENCH_PEOPLE = BENCH_CLIENTS * BENCH_LIVES,
	BENCH_SET = 16, /* coaches with whom each of them works */
	BENCH_HOT = 10, /* coaches whom all of them ask */
	BENCH_DAY = 39,
	BENCH_SLOTS = BENCH_DAY * 115, /* five minutes each: see measure.sql */
	BENCH_ROUNDS = 9,
	BENCH_REASONS = 8,
	BENCH_REASON = 64,
};

/* What both sides act on. */
struct bench_world {
	struct fixture *fixture;
	struct fixture_person *people[BENCH_PEOPLE]; /* mentees with sessions to come */
	int64_t first_coach;			     /* ids of the coaches go on from here */
	int coaches, sets;			     /* how many; sets of them for booking */
	int64_t sessions;			     /* of the past */
	char monday[16];			     /* the first day of what is booked */
	int64_t month;				     /* that is reported: seconds since 1970 */
	int64_t first_session;			     /* of those that bench_level made */
	_Atomic int64_t next;			     /* of those who all ask the same coaches */
};

/* One call of one client. */
struct bench_call {
	struct bench_world *world;
	struct coachhouse *connection;
	int client, clients, each;
	int64_t number; /* 0, 1... of this client */
	uint64_t random;
	struct coachhouse_failure failure;
};

/* One statement: how a client calls it, and what pgbench runs in its place. */
struct bench_statement {
	const char *name;
	/* False: refused or failed, see `failure`. */
	bool (*call)(struct bench_call *call);
	/* Writes the script. NULL: pgbench has nothing of the kind. */
	void (*script)(const struct bench_world *world, int clients, int each, FILE *out);
	enum { READS, BOOKS, MOVES, CHANGES, RECORDS } kind; /* what bench_level makes before it */
	int hot;    /* the coaches that all ask; 0: each their own */
	bool heavy; /* not by many at once */
	bool administrator;
	bool many; /* a short run asks it by many only */
};

extern const struct bench_statement bench_statements[];
extern const size_t bench_n_statements;

/* What one side did in one round. */
struct bench_result {
	double per_second;
	double p50, p99, p999;			/* milliseconds */
	double server_us, daemon_us, client_us; /* CPU for each request, microseconds */
	double calls, refused;
	char reasons[BENCH_REASONS][BENCH_REASON]; /* of what was refused */
	int n_reasons;
};

/* place.c: opens a filled place, filling it first when it is not there. NULL: throw-away. */
void bench_open(struct bench_world *world, const char *folder, int64_t sessions);
/* The database as it was filled; and as it was, but for `each` sessions for each client. */
void bench_close(struct bench_world *world);
void bench_level(struct bench_world *world, const struct bench_statement *statement, int clients,
		 int each);

/* sides.c, pgbench.c: a round of so many seconds. */
void bench_stack(struct bench_world *world, const struct bench_statement *statement, int clients,
		 int each, double seconds, struct bench_result *result);
void bench_pgbench(struct bench_world *world, const struct bench_statement *statement, int clients,
		   int each, double seconds, struct bench_result *result);

/* Adds a reason, of BENCH_REASON bytes, that was not among them. */
void bench_reason(struct bench_result *result, const char *reason);

/* Sorts the latencies (milliseconds) and fills the percentiles. */
void bench_percentiles(double *latencies, size_t n, struct bench_result *result);

/* cpu.c: CPU seconds of PostgreSQL with all that it started, of one process, of us. */
double bench_cpu_postgres(const struct bench_world *world);
double bench_cpu_process(pid_t pid);
double bench_cpu_own(void);

/* daemon.c: the daemon itself, started again on the same database. */
struct bench_daemon {
	double start_ms, postgres_ms; /* until it is ready, without PostgreSQL's own; and that */
	double idle_kb, client_kb;    /* memory with nobody there, and for each client */
	double keys;		      /* that it knows */
};
void bench_daemon(struct bench_world *world, struct bench_daemon *out);

/* profile.c: perf's ten symbols that took most, between the two; whether perf is there. */
bool bench_can_profile(void);
void bench_profile_start(const struct bench_world *world);
void bench_profile_end(const struct bench_world *world);

/* What a statement and number of clients came to: medians of the rounds. */
struct bench_row {
	char statement[40];
	int clients;
	struct bench_result stack, pgbench;
	double ratio;
};

/* table.c: the table, as it grows, and what of the design's table was reached. */
void bench_heading(void);
void bench_print(const struct bench_row *row, FILE *csv);
void bench_goals(const struct bench_row *rows, size_t n, const struct bench_daemon *daemon);
/* Two tables, of a smaller and a larger fill: how CPU for each request grew. */
int bench_compare(const char *smaller, const char *larger);
