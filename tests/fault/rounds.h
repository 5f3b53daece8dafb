/* Rounds of one fault under load, and what became of them. */
#pragma once
#include "load.h"

enum { ROUND_SECONDS = 60, CALL_MS = 1500 };

/* What is done; it lasts for a while of `least` to `most` ms; then it is undone. */
struct fault {
	const char *name;
	void (*begin)(void), (*end)(void); /* end: may be NULL */
	int least, most;
	bool rare; /* only when COACHHOUSE_LONG is set */
};

/* One, or a hundred when COACHHOUSE_LONG is set. */
int rounds_wanted(void);

/*
 * Starts a load through `endpoint`, inflicts the fault that often, each time until
 * ten writes have succeeded after it, judges, prints a line, and fails the test
 * unless all is as clients were told. *load is ended; after a failure it is not.
 */
void rounds_run(struct fixture *f, const struct fault *fault, const char *endpoint,
		struct load **load);
