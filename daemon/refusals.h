/*
 * Writes that were refused a moment ago. A refusal leaves no receipt, so a sending
 * of the same call that lay somewhere meanwhile, in a connection thought lost,
 * would be done after its client was told that it was refused. It is known by its
 * time: whoever tries again sets another one, a sending of before has the same.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { REFUSALS = 1024, REFUSALS_ID = 16, REFUSALS_KEY = 32 };

struct refusals {
	struct {
		uint8_t id[REFUSALS_ID], key[REFUSALS_KEY];
		int64_t expires; /* 0: nothing is kept here */
	} kept[REFUSALS];
};

/* `expires`: as the call said; 0, never, is not kept. */
void refusals_keep(struct refusals *refusals, const uint8_t *key, const uint8_t *id,
		   int64_t expires);

/* Whether a sending of this call with this time, or a later one, was refused. */
bool refusals_know(const struct refusals *refusals, const uint8_t *key, const uint8_t *id,
		   int64_t expires);
