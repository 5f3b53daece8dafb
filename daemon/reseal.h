/*
 * Sealing anew, in the background: whatever older keys sealed is sealed with the
 * one that seals now, a few values at a time on the control lane. What is done
 * is in the database and nowhere else, so that it can be cut off anywhere, and
 * several daemons may do it at once.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "keyring.h"
#include "pool.h"

struct reseal {
	struct pool_job job; /* must come first */
	struct pool *pool;
	int64_t now, look_due, due; /* monotonic ms */
	bool running, waits;
	char sealing[KEYRING_NAME + 1]; /* with which it was begun */

	/* Where it is: the key, and the last value that was looked at. */
	size_t key;
	char key_name[KEYRING_NAME];
	char place[160];
	char binding[16];
	char most_be[4];
	struct reseal_batch *batch;
	int64_t asked;	     /* values of this batch */
	int64_t older, done; /* values, since it was begun */
	bool passed;	     /* all of them were looked at */
	int64_t done_before; /* that */
	int64_t skipped;     /* in it, since somebody held them */

	const char *values[4];
	int lengths[4];
};

/* `pool` must outlive it. seal_init comes before. */
void reseal_init(struct reseal *reseal, struct pool *pool);
void reseal_finish(struct reseal *reseal);

/*
 * Notices a key that was added, and begins when it is due: after that, at start
 * and every hour. `waits`: it stops where it is, since the disk has no room for
 * what it writes. `now`: monotonic ms. Returns when to call again.
 */
int64_t reseal_tick(struct reseal *reseal, int64_t now, bool waits);
