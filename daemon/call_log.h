/* What is kept of a call when it has ended: one line of the log. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "methods.h"
#include "status.h"

struct call_end {
	const uint8_t *id;	     /* 16 bytes */
	const uint8_t *key;	     /* 32 bytes */
	int64_t person;		     /* 0: not known */
	const struct method *method; /* NULL: there is none of that name */
	double seconds;		     /* from its coming in to its answer */
	int retries;		     /* after races lost inside the database */
	bool replayed;		     /* the reply of before */
	const struct status *status;
};

/* Since `started`, of the monotonic clock. */
double call_seconds(const struct timespec *started);

/* Who, what, how long, how it ended. Never what was said. */
void call_log(const struct call_end *end);
