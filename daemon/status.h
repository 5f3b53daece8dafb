/*
 * How a call ended: a code, a stable token and a sentence. One table turns the
 * database's SQLSTATEs and constraint names into them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "cells.h"
#include "header.pb-c.h"

#define CODE(name) COACHHOUSE__V1__CODE__##name

struct status {
	Coachhouse__V1__Code code;
	char reason[48];   /* "SLOT_TAKEN"; "" with OK */
	char message[512]; /* one sentence that a person can act on */
	char field[160];   /* the field that it is about, or "" */
};

/* Sets everything but the field. Returns false, for `return status_set(...)`. */
bool status_set(struct status *status, Coachhouse__V1__Code code, const char *reason,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/* An INVALID_ARGUMENT of one field; the sentence stands behind its name. Returns false. */
bool status_invalid(struct status *status, const char *field, const char *sentence);

enum verdict {
	VERDICT_REFUSED, /* answer with the status */
	VERDICT_REPLAY,	 /* the reply was kept: read it */
	VERDICT_RETRY,	 /* lost a race inside the database: run it again */
};

/* What a failure means; `write`: of a method that writes. Fills `status` in every case. */
enum verdict status_of_failure(const struct failure *failure, bool write, struct status *status);
