/* What the daemon does without being asked. */
#include "jobs.h"

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void jobs_init(struct jobs *jobs, struct pool *pool, struct ledger *ledger, const char *public_key)
{
	jobs->pool = pool;
	jobs->ledger = ledger;
	durable_init(&jobs->durable, pool);
	peers_init(&jobs->peers, pool, public_key);
	upkeep_init(&jobs->upkeep, pool);
	times_init(&jobs->times, pool);
	reseal_init(&jobs->reseal, pool);
	ledger_follow(ledger, pool);
}

/* What room the disk has left is for what people did already: the rest waits. */
int64_t jobs_tick(struct jobs *jobs, int64_t now, bool serving)
{
	disk_tick(&jobs->disk, now, pool_is_up(jobs->pool));
	const bool low = jobs->disk.low;
	int64_t due = ledger_tick(jobs->ledger, now);
	if (!serving)
		return due;
	due = sooner(due, durable_tick(&jobs->durable, now));
	due = sooner(due, peers_tick(&jobs->peers, now));
	due = sooner(due, reseal_tick(&jobs->reseal, now, low));
	if (low)
		return due;
	due = sooner(due, upkeep_tick(&jobs->upkeep, now));
	return sooner(due, times_tick(&jobs->times, now));
}
