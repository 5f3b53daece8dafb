/*
 * Booking load: clients that book, log, move, cancel, read and ask again, each in
 * a thread of its own, and keep what they were told. Start proxies before it.
 */
#pragma once
#include <stdio.h>

#include "checker.h"
#include "fixture.h"

struct load;

struct load_options {
	const char *endpoint; /* through which they call; NULL: the first daemon's */
	const char *turned;   /* the same of every second client; NULL: `endpoint` */
	int clients, coaches; /* 0: 6 and 3 */
	int halves;	      /* how many half hours they meet at; 0: 400 */
	int timeout_ms;	      /* of an attempt; 0: 1500 */
	bool planted;	      /* a bug: anything may be said to them */
	bool slip;	      /* a bug of theirs: asks again with a fresh id */
	/* Another bug: reads for them; fills what was seen, false: not answered. */
	bool (*read)(void *arg, int64_t session, struct op *seen);
	void *arg;
};

/* Makes the people and starts the clients. Ended by load_stop or load_judge. */
struct load *load_start(struct fixture *f, const struct load_options *options);

/* Monotonic microseconds, as in the history. */
int64_t load_now(void);

/*
 * Waits for `count` successful writes that were sent after `since`; when the first
 * of them was answered. Fails the test after `seconds`, or when a client was told
 * what it should never hear.
 */
int64_t load_await(struct load *load, int64_t since, int count, int seconds);

/* Of refusals with this reason so far. */
int load_refusals(struct load *load, const char *reason);

/* Ends the clients, reads the database and judges. Frees it. */
struct verdict load_judge(struct load **load);

/* Ends the clients and frees it; NULL is accepted. */
void load_stop(struct load **load);

/* What the database holds now. */
struct final_state final_read(struct fixture *f);

/* Takes every session out of it, for another load. */
void final_forget(struct fixture *f);
