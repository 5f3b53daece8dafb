/*
 * What one client may take of the daemon. A client has a quarter of a lane's
 * places, so that a flood of its calls leaves the rest to others; three times as
 * many of its calls wait for a place, and are taken in turn with other clients'.
 * What comes on top is refused at once. Pure: it knows calls only as waiters.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "methods.h"

enum { SHARE_WHO = 32, SHARE_BUCKETS = 256 };

struct share;

/* A call that may have to wait; embedded in it. */
struct share_waiter {
	struct share_waiter *next;
	struct share *share; /* set while it has a place or waits for one */
	enum lane lane;
	void (*go)(struct share_waiter *waiter); /* a place became free, and is its now */
};

struct shares {
	long places[LANES]; /* of one client */
	struct share *buckets[SHARE_BUCKETS], *spare;
	long clients; /* that have calls in hand */
	uint64_t refused;
};

/* `capacity`: calls that each lane runs at once. */
void shares_init(struct shares *shares, const long capacity[LANES]);

/* Frees it all. Nobody may have a place or wait for one. */
void shares_finish(struct shares *shares);

enum share_answer {
	SHARE_GO,    /* a place was taken */
	SHARE_WAITS, /* `go` will be called */
	SHARE_FULL,  /* too many wait already, or memory ran out */
};

/* Asks for a place for a call of `who`: a key, or whatever else names a client. */
enum share_answer share_enter(struct shares *shares, const uint8_t who[SHARE_WHO], enum lane lane,
			      struct share_waiter *waiter) __attribute__((warn_unused_result));

/* Gives the place back; the client's next call gets it. Nothing if it has none. */
void share_leave(struct shares *shares, struct share_waiter *waiter);

/* Whether a call of `who` would find a place at once. */
bool share_has_place(const struct shares *shares, const uint8_t who[SHARE_WHO], enum lane lane);
