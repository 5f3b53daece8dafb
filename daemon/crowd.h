/*
 * Who is connected, by descriptor, and the right to show somebody the door:
 * libzmq has no way to end one connection, and gathers a message of many parts
 * without bound before we see any of it. So descriptors are watched from outside
 * and shut; libzmq then drops the connection and what it held. Knows no ZeroMQ.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "call.h"

enum crowd_why {
	CROWD_ENDLESS,	 /* a message of far too many parts */
	CROWD_LINGERED,	 /* at the enrolment endpoint, which nobody needs for long */
	CROWD_UNHEARD,	 /* sends much, and never a whole call, while memory is short */
	CROWD_UNREADING, /* does not read its replies, while memory is short */
	CROWD_SILENT,	 /* says nothing, while memory stays short */
	CROWD_WHYS
};

struct visitor;

struct crowd {
	struct visitor *visitors; /* by descriptor */
	size_t room;
	size_t most_bytes; /* of memory */
	size_t memory;
	size_t trimmed; /* what was left after giving back what is free */
	size_t puzzled; /* what it was when it was short and nobody seemed to be the cause */
	int64_t due, trim_due;
	long settled[DOORS];			/* connections that are through their handshake */
	long young[DOORS], young_before[DOORS]; /* let in of late: the caller counts them */
	int64_t young_due;
	uint64_t cuts[CROWD_WHYS];
};

/* `most_bytes`: of memory, before connections are cut. */
void crowd_init(struct crowd *crowd, size_t most_bytes);
void crowd_finish(struct crowd *crowd);

/* A connection was made, and ended. `now`: monotonic ms. */
void crowd_came(struct crowd *crowd, enum door door, int fd, int64_t now);
void crowd_went(struct crowd *crowd, int fd);

/* A whole message came from it, by a key with these first digits. */
void crowd_heard(struct crowd *crowd, int fd, const char *key);

/* How many are in. Strangers who have not shaken hands are not: they keep nobody out. */
long crowd_size(const struct crowd *crowd, enum door door);

/* Ends it, if it is still the one that came. */
void crowd_cut(struct crowd *crowd, int fd, enum crowd_why why);

/* Cuts whoever must be, when it is due. Returns when to call again. */
int64_t crowd_tick(struct crowd *crowd, int64_t now);

/* A word for each reason: "endless". */
const char *crowd_word(enum crowd_why why);
