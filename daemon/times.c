/* Keeping what is stored of free time. */
#include "times.h"

#include <inttypes.h>

#include "log.h"
#include "pg_types.h"

enum { HOURLY_MS = 60 * 60 * 1000, AGAIN_MS = 10 * 1000, MORE_MS = 500 };

/* The columns of keep_times(). */
enum { MORE, ZONES, WRONG };

static void note(struct times *times, const struct cell *cells)
{
	const uint64_t zones = pg_get(cells[ZONES].data, 4), wrong = pg_get(cells[WRONG].data, 4);
	if (zones)
		log_info("times",
			 "the rules of %" PRIu64 " time zones have changed: free time "
			 "there is computed anew",
			 zones);
	if (wrong)
		log_warning("times",
			    "the stored free time of %" PRIu64 " coaches was not as computed, "
			    "and was put right: please report it",
			    wrong);
	times->zones += zones;
	times->wrong += wrong;
	if (*cells[MORE].data)
		times->due -= HOURLY_MS - MORE_MS;
}

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct times *times = (struct times *)job;
	times->running = false;
	if (rows && rows->n_rows == 1) {
		note(times, rows->cells);
		return;
	}
	times->failures++;
	times->due -= HOURLY_MS - AGAIN_MS;
	log_warning("times", "failed, and will be tried again: sqlstate=%s",
		    failure ? failure->sqlstate : "");
}

void times_init(struct times *times, struct pool *pool)
{
	*times = (struct times){.pool = pool};
	times->job.lane = LANE_CONTROL;
	times->job.steps[0].name = "keep_times";
	times->job.n_steps = 1;
	times->job.done = done;
}

int64_t times_tick(struct times *times, int64_t now)
{
	if (now >= times->due && !times->running) {
		times->running = pool_submit(times->pool, &times->job) == POOL_TAKEN;
		times->due = now + (times->running ? HOURLY_MS : MORE_MS);
	}
	return times->due;
}
