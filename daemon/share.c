/* What one client may take of the daemon. */
#include "share.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 4, WAITING_FOR_EACH = 3 };

/* Exists while its client has calls in hand. */
struct share {
	struct share *next; /* in its bucket, or spare */
	uint8_t who[SHARE_WHO];
	long running[LANES], waiting[LANES];
	struct share_waiter *head[LANES], *tail[LANES];
};

void shares_init(struct shares *shares, const long capacity[LANES])
{
	*shares = (struct shares){0};
	for (enum lane lane = 0; lane < LANES; lane++) {
		const long part = capacity[lane] / PARTS;
		shares->places[lane] = part > 1 ? part : 1;
	}
}

void shares_finish(struct shares *shares)
{
	while (shares->spare) {
		struct share *share = shares->spare;
		shares->spare = share->next;
		free(share);
	}
}

/* Keys are random, and so is their beginning. */
static size_t bucket_of(const uint8_t *who)
{
	return (who[0] ^ who[1] << 1) % SHARE_BUCKETS;
}

static struct share *find(const struct shares *shares, const uint8_t *who)
{
	struct share *share = shares->buckets[bucket_of(who)];
	while (share && memcmp(share->who, who, SHARE_WHO) != 0)
		share = share->next;
	return share;
}

static struct share *make(struct shares *shares, const uint8_t *who)
{
	struct share *share = shares->spare;
	struct share **bucket = &shares->buckets[bucket_of(who)];
	if (share)
		shares->spare = share->next;
	else
		share = malloc(sizeof(*share));
	if (!share)
		return NULL;
	*share = (struct share){.next = *bucket};
	memcpy(share->who, who, SHARE_WHO);
	*bucket = share;
	shares->clients++;
	return share;
}

static bool is_idle(const struct share *share)
{
	long calls = 0;
	for (enum lane lane = 0; lane < LANES; lane++)
		calls += share->running[lane] + share->waiting[lane];
	return calls == 0;
}

static void drop_if_idle(struct shares *shares, struct share *share)
{
	struct share **at = &shares->buckets[bucket_of(share->who)];
	if (!is_idle(share))
		return;
	while (*at != share)
		at = &(*at)->next;
	*at = share->next;
	share->next = shares->spare;
	shares->spare = share;
	shares->clients--;
}

static void wait_in(struct share *share, struct share_waiter *waiter)
{
	const enum lane lane = waiter->lane;
	waiter->next = NULL;
	if (share->head[lane])
		share->tail[lane]->next = waiter;
	else
		share->head[lane] = waiter;
	share->tail[lane] = waiter;
	share->waiting[lane]++;
}

enum share_answer share_enter(struct shares *shares, const uint8_t who[SHARE_WHO], enum lane lane,
			      struct share_waiter *waiter)
{
	struct share *share = find(shares, who);
	if (!share)
		share = make(shares, who);
	if (!share || share->waiting[lane] == shares->places[lane] * WAITING_FOR_EACH) {
		shares->refused++;
		return SHARE_FULL;
	}
	waiter->share = share;
	waiter->lane = lane;
	if (share->running[lane] == shares->places[lane]) {
		wait_in(share, waiter);
		return SHARE_WAITS;
	}
	share->running[lane]++;
	return SHARE_GO;
}

/* `go` may end that call, and so come back here. */
void share_leave(struct shares *shares, struct share_waiter *waiter)
{
	struct share *share = waiter->share;
	const enum lane lane = waiter->lane;
	if (!share)
		return;
	waiter->share = NULL;
	struct share_waiter *next = share->head[lane];
	if (next) {
		share->head[lane] = next->next;
		share->waiting[lane]--;
		next->go(next); /* into the place that we leave */
		return;
	}
	share->running[lane]--;
	drop_if_idle(shares, share);
}

bool share_has_place(const struct shares *shares, const uint8_t who[SHARE_WHO], enum lane lane)
{
	const struct share *share = find(shares, who);
	return !share || share->running[lane] < shares->places[lane];
}
