/* On how many machines what was acknowledged is. */
#include "durable.h"

#include "log.h"
#include "pg_types.h"

enum { LOOK_MS = 10 * 1000 };

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct durable *durable = (struct durable *)job;
	(void)failure;
	durable->running = false;
	if (!rows || rows->n_rows != 1 || rows->cells->length != 8)
		return; /* away: then nothing is acknowledged either */
	const int machines = (int)pg_get(rows->cells->data, 8);
	if (machines == durable->machines)
		return;
	log_write(!machines || machines < durable->machines ? LOG_WARNING : LOG_INFO, "durability",
		  machines == 1 ? "what is acknowledged is on %d machine"
				: "what is acknowledged is on %d machines",
		  machines);
	durable->machines = machines;
}

void durable_init(struct durable *durable, struct pool *pool)
{
	*durable = (struct durable){.pool = pool, .machines = -1};
	durable->job.lane = LANE_CONTROL;
	durable->job.steps[0].name = "durable";
	durable->job.n_steps = 1;
	durable->job.done = done;
}

int64_t durable_tick(struct durable *durable, int64_t now)
{
	if (now >= durable->due && !durable->running) {
		durable->running = pool_submit(durable->pool, &durable->job) == POOL_TAKEN;
		durable->due = now + LOOK_MS;
	}
	return durable->due;
}
