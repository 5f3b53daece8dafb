/* What time alone changes. */
#include "upkeep.h"

#include "log.h"

enum { UPKEEP_MS = 60 * 60 * 1000, AGAIN_MS = 60 * 1000, MORE_MS = 500 };

/* The columns of upkeep(). */
enum { MORE, FAILED };

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct upkeep *upkeep = (struct upkeep *)job;
	upkeep->running = false;
	if (rows && rows->cells[FAILED].length < 0) {
		upkeep->done++;
		if (*rows->cells[MORE].data)
			upkeep->due -= UPKEEP_MS - MORE_MS;
		return;
	}
	upkeep->failures++;
	upkeep->due -= UPKEEP_MS - AGAIN_MS;
	if (rows)
		log_warning("upkeep", "failed of retention, and will be tried again: %.*s",
			    rows->cells[FAILED].length, rows->cells[FAILED].data);
	else
		log_warning("upkeep", "failed, and will be tried again: sqlstate=%s",
			    failure ? failure->sqlstate : "");
}

void upkeep_init(struct upkeep *upkeep, struct pool *pool)
{
	*upkeep = (struct upkeep){.pool = pool};
	upkeep->job.lane = LANE_CONTROL;
	upkeep->job.steps[0].name = "upkeep";
	upkeep->job.n_steps = 1;
	upkeep->job.done = done;
}

int64_t upkeep_tick(struct upkeep *upkeep, int64_t now)
{
	if (now >= upkeep->due && !upkeep->running) {
		upkeep->running = pool_submit(upkeep->pool, &upkeep->job) == POOL_TAKEN;
		upkeep->due = now + (upkeep->running ? UPKEEP_MS : MORE_MS);
	}
	return upkeep->due;
}
