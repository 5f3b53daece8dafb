/*
 * On how many machines is what was acknowledged? PostgreSQL's settings say it, and hold
 * commits back until it is so: one, and each synchronous standby that they wait for; none
 * when they do not even wait for the own disk.
 * Looked at every 10 seconds on the control lane; a change is logged.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct durable {
	struct pool_job job; /* must come first */
	struct pool *pool;
	int64_t due;  /* monotonic ms */
	int machines; /* -1: not known yet */
	bool running;
};

/* A column, bigint. */
#define DURABLE_MACHINES                                                                   \
	"CASE WHEN current_setting('synchronous_commit') = 'off' THEN 0 "                  \
	"WHEN current_setting('synchronous_standby_names') = '' "                          \
	"OR current_setting('synchronous_commit') = 'local' THEN 1 "                       \
	"ELSE 1 + coalesce(substring(lower(current_setting('synchronous_standby_names')) " \
	"FROM '^\\s*(?:first|any)?\\s*(\\d+)\\s*\\(')::bigint, 1) END"

/* `pool` must outlive it. */
void durable_init(struct durable *durable, struct pool *pool);

/* Looks when it is due. `now`: monotonic ms. Returns when to call again. */
int64_t durable_tick(struct durable *durable, int64_t now);
