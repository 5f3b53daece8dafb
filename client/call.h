/*
 * One call on its way: sent, sent again, answered or given up. Inside
 * libcoachhouse only.
 */
#pragma once
#include "link.h"

enum { NEVER = -1 };

struct coachhouse {
	struct link link;
	bool clock_known;
	int64_t clock_ahead; /* the daemon's clock less our monotonic one, microseconds */
};

/* Times are monotonic milliseconds; NEVER: not planned. */
struct call {
	struct coachhouse *connection;
	const char *name;
	const ProtobufCMethodDescriptor *method;
	uint8_t id[16], *body;
	size_t size;
	int64_t started, deadline, send_at, reopen_at, refused_since;
	int64_t expires; /* what the daemon was told, microseconds by its clock */
	int backoff;
	bool again;	  /* the caller may have sent it before */
	int unanswered;	  /* sent, and what became of it is not known */
	bool unavailable; /* the daemon said so */
	struct coachhouse_reply *reply;
	struct coachhouse_failure *failure;
};

/*
 * Sends the call until it is answered or its time is up. The caller has filled
 * everything down to `deadline`, `send_at`, and set what is not planned to NEVER.
 * True: `reply` is filled; false: `failure` is.
 */
bool call_run(struct call *call) __attribute__((warn_unused_result));

/* The same clock as the times of a call. */
int64_t monotonic_ms(void);
