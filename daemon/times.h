/*
 * Free time as it is stored: weeks to come are made, zones whose rules changed are
 * followed, and each coach is compared once a week with what hours, time away and
 * sessions say. At start, hourly, and again soon while more is due; each time a
 * few coaches in one short transaction on the control lane. Several daemons may do
 * it; it does no harm.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

struct times {
	struct pool_job job; /* must come first */
	struct pool *pool;
	int64_t due; /* monotonic ms */
	bool running;
	uint64_t wrong, zones, failures; /* coaches put right; zones that changed */
};

/* `pool` must outlive it. */
void times_init(struct times *times, struct pool *pool);

/* Starts it when it is due. `now`: monotonic ms. Returns when to call again. */
int64_t times_tick(struct times *times, int64_t now);
