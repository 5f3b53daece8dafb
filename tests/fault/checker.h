/*
 * The judge: from what clients were told and what is there in the end, it finds
 * what must never be. It knows no daemon and no database.
 */
#pragma once
#include <stdio.h>

#include "history.h"

enum finding {
	LOST,	  /* acknowledged, and not (so) there */
	DOUBLED,  /* done more than once */
	GHOST,	  /* refused, not asked again, and there */
	STRANGER, /* there, and nobody asked for it */
	OVERLAP,  /* a person in two places: in the end, or at an instant as clients knew it */
	EMPTY,	  /* a time without length, which no overlap would show */
	TORN,	  /* a session whose people are not in it at its time */
	UNEQUAL,  /* the same call, answered differently */
	REUSED,	  /* one id, two requests, both done */
	FOREIGN,  /* done by somebody who has nothing to do with it */
	STALE,	  /* a client read less than it had been told */
	FINDINGS
};

struct verdict {
	size_t findings[FINDINGS];
	size_t acknowledged, refused, unknown; /* calls, not attempts; reads left out */
	size_t resolved;		       /* of which the first answer was unknown */
	int64_t longest;		       /* attempt, microseconds */
	char first[FINDINGS][160];	       /* the first of each kind, in words */
};

/* Judges; `history` is sorted anew. */
struct verdict checker_judge(struct history *history, const struct final_state *final);

/* Whether nothing was found. */
bool verdict_is_clean(const struct verdict *verdict);

/* Whether this was found. */
bool verdict_has(const struct verdict *verdict, enum finding finding);

/* The findings, a line each; nothing when it is clean. */
void verdict_print(const struct verdict *verdict, FILE *out);
const char *finding_name(enum finding finding);
