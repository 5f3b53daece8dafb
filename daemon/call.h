/*
 * The way of one call: header, method row, role and parameters (call_prepare.h),
 * transaction, reply.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "database.h"
#include "envelope.h"
#include "guesses.h"
#include "keys.h"
#include "refusals.h"
#include "share.h"

/* Which endpoint it came through; the last two are open while the daemon's key changes. */
enum door { DOOR_MAIN, DOOR_ENROLMENT, DOOR_NEXT, DOOR_NEXT_ENROLMENT, DOORS };

static inline bool door_enrols(enum door door)
{
	return door == DOOR_ENROLMENT || door == DOOR_NEXT_ENROLMENT;
}

/* What came in; nothing of it is kept. */
struct incoming {
	enum door door;
	const void *route; /* where the reply goes */
	size_t route_size;
	int frames; /* after the route; two are right */
	const uint8_t *header, *body;
	size_t header_size, body_size;
	const char *address; /* of the peer; NULL: not known */
	const char *user_id; /* the key that the handshake proved, hexadecimal; NULL: none */
};

struct outgoing {
	enum door door;
	const void *route;
	size_t route_size;
	const uint8_t *header, *body;
	size_t header_size, body_size;
	bool secret; /* the body holds what people wrote: no copy of it may stay behind */
};

struct call;
struct disk;
struct metrics;

/* What all calls share. */
struct calls {
	struct pool *pool;
	struct keys *keys;
	int64_t clock_offset;				       /* microseconds */
	bool same_clock;				       /* PostgreSQL runs on this machine */
	void (*send)(void *arg, const struct outgoing *reply); /* must not block */
	void *arg;
	const struct moved *moved; /* told to whoever comes through the main door; NULL: nothing */
	bool stopping;		   /* nothing is tried again any more */
	struct guesses guesses;
	long in_flight; /* calls without a reply yet */
	struct shares shares;
	struct refusals refusals;
	struct metrics *metrics; /* NULL: nobody counts */
	const struct disk *disk; /* NULL: there is always room */
	struct call *spare;
	struct buffer body; /* of the reply being written */
};

/*
 * Checks the limits' table and everything that stands in the header. The pool,
 * the keys, the shares and `send` are to be set before the first call. False with
 * a sentence.
 */
bool calls_init(struct calls *calls, char *error, size_t size) __attribute__((warn_unused_result));

/* Frees what is kept for further calls. None may be in flight. */
void calls_finish(struct calls *calls);

/* Handles one call. The reply is sent now or later; without a key there is none. */
void calls_handle(struct calls *calls, const struct incoming *in);
