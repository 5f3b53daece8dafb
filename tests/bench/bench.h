/*
 * The harness: each statement through the full stack (client library, CURVE,
 * daemon, PostgreSQL), and by pgbench in the same transaction on as many
 * connections, in turn, on one database. Figures are ratios within one run.
 */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "fixture.h"

enum { BENCH_COACHES = 50, BENCH_MENTEES = 32, BENCH_MOST_ROUNDS = 9 };

/* What both sides act on. */
struct bench_world {
	struct fixture *fixture;
	struct fixture_person *coaches[BENCH_COACHES];
	struct fixture_person *mentees[BENCH_MENTEES];
	int64_t first_hour, last_hour; /* that can be booked: hours since 1970 */
	_Atomic int64_t next_slot;
};

/* One statement: how a client calls it, and what pgbench runs in its place. */
struct bench_statement {
	const char *name;
	/* Makes one call as mentee `n` with the random number `r`; false when it failed. */
	bool (*call)(struct bench_world *world, struct coachhouse *connection, int n, uint64_t r);
	/* Writes the pgbench script of mentee `n`. */
	void (*script)(const struct bench_world *world, int n, char *out, size_t size);
	bool writes;
};

extern const struct bench_statement bench_statements[];
extern const size_t bench_n_statements;

/* What one side did in one round. */
struct bench_result {
	double per_second;
	double p50, p99, p999;			/* milliseconds */
	double server_us, daemon_us, client_us; /* CPU for each request, microseconds */
	double refused;				/* share of calls that were refused or failed */
};

struct bench_result bench_stack(struct bench_world *world, const struct bench_statement *statement,
				int clients, double seconds);
struct bench_result bench_pgbench(struct bench_world *world,
				  const struct bench_statement *statement, int clients,
				  double seconds);

/* CPU seconds of PostgreSQL with all that it started, and of one process. */
double bench_cpu_postgres(const struct bench_world *world);
double bench_cpu_process(pid_t pid);
