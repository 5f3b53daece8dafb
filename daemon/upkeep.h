/*
 * What time alone changes in the database, once an hour: one statement on the
 * control lane, again at once while it says that more is due. Several daemons may
 * do it; it does no harm.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct upkeep {
	struct pool_job job; /* must come first */
	struct pool *pool;
	int64_t due; /* monotonic ms */
	bool running;
	uint64_t done, failures;
};

/* `pool` must outlive it. */
void upkeep_init(struct upkeep *upkeep, struct pool *pool);

/* Starts it when it is due. `now`: monotonic ms. Returns when to call again. */
int64_t upkeep_tick(struct upkeep *upkeep, int64_t now);
