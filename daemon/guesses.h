/*
 * How often somebody redeemed an invitation that there is not: ten times an hour
 * from one place, then no more. Kept in a table of fixed size, by address; who
 * has thousands of addresses pushes others' out of it, and still guesses at a
 * number of 256 bits.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "status.h"

enum { GUESSES_MOST = 10, GUESSES_ROOM = 1024, GUESSES_SECONDS = 60 * 60 };

struct guesses {
	struct guesses_place {
		uint64_t place;
		int64_t since; /* monotonic seconds, of the first */
		int count;
	} places[GUESSES_ROOM];
};

/*
 * Where a peer is, of what ZeroMQ says: one IPv4 address, one network of IPv6 (64
 * bits), one user of this machine. NULL is a place too.
 */
uint64_t guesses_place(const char *address);

/* False with a status when there were too many from there. */
bool guesses_allow(const struct guesses *guesses, uint64_t place, int64_t seconds,
		   struct status *status) __attribute__((warn_unused_result));

/* Takes note of how a call ended, if it was a wrong guess; 0 is no place. */
void guesses_note(struct guesses *guesses, uint64_t place, int64_t seconds,
		  const struct status *status);
