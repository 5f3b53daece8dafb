/* How often somebody redeemed an invitation that there is not. */
#include "guesses.h"

#include <arpa/inet.h>
#include <string.h>

enum { WAYS = 4, IPV4_AT = 12 };

static uint64_t hash(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
	return sum | 1; /* never 0, which is an empty place */
}

uint64_t guesses_place(const char *address)
{
	static const uint8_t mapped[IPV4_AT] = {[10] = 0xff, [11] = 0xff};
	struct in6_addr six;
	struct in_addr four;
	if (!address)
		return 1;
	if (inet_pton(AF_INET6, address, &six) == 1)
		return memcmp(&six, mapped, sizeof(mapped))
			       ? hash(&six, 8)
			       : hash((const uint8_t *)&six + IPV4_AT, sizeof(four));
	if (inet_pton(AF_INET, address, &four) == 1)
		return hash(&four, sizeof(four));
	/* A socket of this machine: the user is up to the second colon, ":0:0:1234". */
	const size_t colon = strspn(address, ":");
	return hash(address, colon + strcspn(address + colon, ":"));
}

static bool is_past(const struct guesses_place *at, int64_t seconds)
{
	return seconds - at->since >= GUESSES_SECONDS;
}

static size_t first_of(uint64_t place)
{
	return (size_t)(place >> 32) % (GUESSES_ROOM / WAYS) * WAYS;
}

bool guesses_allow(const struct guesses *guesses, uint64_t place, int64_t seconds,
		   struct status *status)
{
	const struct guesses_place *set = guesses->places + first_of(place);
	for (int i = 0; i < WAYS; i++)
		if (set[i].place == place && set[i].count >= GUESSES_MOST &&
		    !is_past(&set[i], seconds))
			return status_set(status, CODE(RESOURCE_EXHAUSTED), "TOO_MANY_TRIES",
					  "Too many invitations that are not known here were tried "
					  "from your address; try again in an hour.");
	return true;
}

/* Its own entry, else one whose time is over, else the one with the fewest. */
static struct guesses_place *find(struct guesses_place *set, uint64_t place, int64_t seconds)
{
	struct guesses_place *found = set;
	for (int i = 0; i < WAYS; i++)
		if (set[i].place == place)
			return &set[i];
	for (int i = 0; i < WAYS; i++) {
		if (!set[i].place || is_past(&set[i], seconds))
			return &set[i];
		if (set[i].count < found->count)
			found = &set[i];
	}
	return found;
}

void guesses_note(struct guesses *guesses, uint64_t place, int64_t seconds,
		  const struct status *status)
{
	if (!place || strcmp(status->reason, "NO_SUCH_INVITATION"))
		return;
	struct guesses_place *at = find(guesses->places + first_of(place), place, seconds);
	if (at->place != place || is_past(at, seconds))
		*at = (struct guesses_place){.place = place, .since = seconds};
	at->count++;
}
