/*
 * What the daemon does without being asked: it looks at the disk, follows the
 * ledger of erasures, does the hourly upkeep, keeps the stored free time and seals
 * anew.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "disk.h"
#include "durable.h"
#include "ledger.h"
#include "peers.h"
#include "reseal.h"
#include "times.h"
#include "upkeep.h"

struct jobs {
	struct pool *pool;
	struct ledger *ledger;
	struct disk disk; /* disk_init comes before jobs_init */
	struct durable durable;
	struct peers peers;
	struct upkeep upkeep;
	struct times times;
	struct reseal reseal; /* reseal_finish, once the pool is gone */
};

/* `pool`, `ledger` and `public_key` (hexadecimal) must outlive it. */
void jobs_init(struct jobs *jobs, struct pool *pool, struct ledger *ledger, const char *public_key);

/*
 * Whatever is due. `serving`: before and after, only the disk and the ledger are
 * seen to. `now`: monotonic ms. Returns when to call again.
 */
int64_t jobs_tick(struct jobs *jobs, int64_t now, bool serving);
