#include "refusals.h"

#include <string.h>

/* Ids are random. One that takes the place of another costs that its memory. */
static unsigned place(const uint8_t *id)
{
	return (id[0] | (unsigned)id[1] << 8) % REFUSALS;
}

void refusals_keep(struct refusals *refusals, const uint8_t *key, const uint8_t *id,
		   int64_t expires)
{
	const unsigned i = place(id);

	memcpy(refusals->kept[i].id, id, REFUSALS_ID);
	memcpy(refusals->kept[i].key, key, REFUSALS_KEY);
	refusals->kept[i].expires = expires;
}

bool refusals_know(const struct refusals *refusals, const uint8_t *key, const uint8_t *id,
		   int64_t expires)
{
	const unsigned i = place(id);

	return expires && expires <= refusals->kept[i].expires &&
	       memcmp(refusals->kept[i].id, id, REFUSALS_ID) == 0 &&
	       memcmp(refusals->kept[i].key, key, REFUSALS_KEY) == 0;
}
