/* Rounds of one fault under load, and what became of them. */
#pragma once
#include "load.h"

enum { ROUND_SECONDS = 60, CALL_MS = 1500 };

/* What is done; it lasts for a while of `least` to `most` ms; then it is undone. */
struct fault {
	const char *name;
	void (*begin)(void), (*end)(void); /* end: may be NULL */
	int least, most;
	bool rare;  /* only when COACHHOUSE_LONG is set */
	int rounds; /* when it is set; 0: a hundred */
};

/* Whether COACHHOUSE_LONG is set. Without it there is one round of each. */
bool rounds_are_many(void);

/*
 * Starts a load through `endpoint` and `turned` (see load.h), inflicts the fault that often, each time until
 * ten writes have succeeded after it, judges, prints a line, and fails the test
 * unless all is as clients were told. *load is ended; after a failure it is not.
 */
void rounds_run(struct fixture *f, const struct fault *fault, const char *endpoint,
		const char *turned, struct load **load);
