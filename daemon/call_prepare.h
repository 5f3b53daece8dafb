/*
 * One call in hand, for call.c and call_prepare.c alone; and whether it may be
 * made, with what.
 */
#pragma once
#include <time.h>

#include "arena.h"
#include "call.h"
#include "codec.h"
#include "digest.h"

#define US_PER_SECOND INT64_C(1000000)

enum { ROUTE_SIZE = 255 };

struct call {
	struct pool_job job; /* must come first */
	struct keys_waiter waiter;
	struct share_waiter place;
	struct calls *calls;
	struct call *next;
	enum door door;
	uint8_t route[ROUTE_SIZE];
	size_t route_size;
	struct timespec started; /* monotonic */

	struct envelope envelope;
	uint8_t key[KEY_SIZE];
	uint8_t client[SHARE_WHO]; /* whose share it takes; all zero: those who enrol */
	bool shares;		   /* it takes of a share */
	int64_t person;		   /* 0: not known */
	char administers;	   /* 1: as far as we know; as PostgreSQL has it */
	uint64_t origin;	   /* where somebody is who enrols */
	const struct method *method;
	int tries, limit;
	bool replaying;
	bool no_room; /* on the disk */
	bool noting;  /* a refusal, before it is told */

	/* Of `authenticate`; numbers in PostgreSQL's byte order. */
	char person_be[8], left_be[4], until_be[8], expires_be[8];
	uint8_t hash[DIGEST_SIZE];
	const char *values[AUTHENTICATE_PARAMETERS];
	int lengths[AUTHENTICATE_PARAMETERS];

	/* A report on a standby: of `keep_report`, then of `stand_for`. */
	enum { REPORT_HERE, REPORT_KEEPS, REPORT_STANDS, REPORT_HOME } report;
	const char *ticket[2];
	int ticket_lengths[2];

	/* What stands from here on is not cleared for the next call. */
	struct params params;

	/* The refusal that is noted; of `note_refusal`. */
	struct status refused;
	const char *note[REFUSAL_PARAMETERS];
	int note_lengths[REFUSAL_PARAMETERS];

	/* A reply that waits for the keys to be read. */
	const uint8_t *kept;
	size_t kept_size;
	struct arena arena;
};

/* Its first statement on the primary, and that of its method. */
struct pool_step call_authenticate(const struct call *call);
struct pool_step call_statement(const struct call *call);

/* The daemon's wall clock in microseconds. */
int64_t call_now(const struct calls *calls);

/* Whether its time is over at `now`, as call_now gave it; then with the refusal. */
bool call_is_expired(const struct call *call, int64_t now, struct status *status);

/*
 * Header, method row, role, parameters: the only place that says who may call
 * what. False with a refusal. Afterwards the job lacks only its callbacks; `in` is
 * not needed any more.
 */
bool call_prepare(struct call *call, const struct incoming *in, struct status *status)
	__attribute__((warn_unused_result));
