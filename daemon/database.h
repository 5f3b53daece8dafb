/*
 * What the daemon asks of PostgreSQL: the settings of a serving connection, and
 * every statement that it prepares.
 */
#pragma once
#include "pool.h"

/* What the functions in the database are told; see `options` in libpq. */
struct database_settings {
	const char *endpoint, *enrol_endpoint, *server_key;
	long report_lag;      /* seconds that a standby may be behind */
	int64_t clock_offset; /* microseconds */
};

struct database {
	struct connection_options options, standby;
	struct hosts hosts, standby_hosts;
	struct pool_statement *statements;
	struct method **methods; /* of each statement; NULL: none */
	char *settings;
	struct pool *pool;
	void (*notified)(void *arg);
	void *arg;
};

enum { AUTHENTICATE_PARAMETERS = 11, KEPT_PARAMETERS = 2, REFUSAL_PARAMETERS = 4 };

/*
 * Makes the pool; nothing is connected yet. `standby`: where the lane of that name
 * connects, or "". `notified` is called with `arg` when keys or roles changed.
 * methods_init comes before; the struct must not move afterwards. False: memory ran
 * out, or a connection string cannot be understood.
 */
bool database_init(struct database *database, const char *conninfo, const char *standby, long depth,
		   const long size[LANES], const struct database_settings *settings,
		   void (*notified)(void *arg), void *arg) __attribute__((warn_unused_result));
void database_finish(struct database *database);

/* The statements that belong to no method. */
const struct pool_statement *database_own(size_t *n);
