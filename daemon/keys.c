/* The keys that are known, in memory. */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pg_types.h"

const char keys_statement[] = "SELECT key, person, role FROM known_keys()";
const char keys_listen[] = "LISTEN coachhouse_keys";

static struct known_key *slot_of(struct known_key *slots, size_t room, const uint8_t *key)
{
	uint64_t hash;
	memcpy(&hash, key + 8, sizeof(hash));
	size_t i = (size_t)((hash * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (room - 1);
	while (slots[i].taken && memcmp(slots[i].key, key, KEY_SIZE))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static bool load(struct keys *keys, const struct rows *rows)
{
	size_t room = 64;
	while (room < 2 * (size_t)rows->n_rows)
		room *= 2;
	struct known_key *slots = calloc(room, sizeof(*slots));
	if (!slots)
		return false;
	for (int i = 0; i < rows->n_rows; i++) {
		const struct cell *cell = rows->cells + i * rows->n_columns;
		if (cell[0].length != KEY_SIZE || cell[1].length != 8 || cell[2].length < 0)
			continue;
		struct known_key *slot = slot_of(slots, room, (const uint8_t *)cell[0].data);
		memcpy(slot->key, cell[0].data, KEY_SIZE);
		slot->person = (int64_t)pg_get(cell[1].data, 8);
		slot->role = role_parse(cell[2].data, (size_t)cell[2].length);
		slot->taken = true;
	}
	free(keys->slots);
	keys->slots = slots;
	keys->room = room;
	return true;
}

static void tell(struct keys_waiter *waiter, bool good)
{
	while (waiter) {
		struct keys_waiter *next = waiter->next;
		waiter->read(waiter, good);
		waiter = next;
	}
}

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct keys *keys = (struct keys *)job;
	struct keys_waiter *waiting = keys->waiting;
	keys->waiting = NULL;
	keys->reading = false;
	const bool good = rows && load(keys, rows);
	if (good)
		keys->loaded = true;
	else
		log_warning("keys", "the keys could not be read: sqlstate=%s",
			    failure ? failure->sqlstate : "");
	tell(waiting, good);
	if (keys->again)
		keys_refresh(keys);
}

void keys_init(struct keys *keys, struct pool *pool)
{
	*keys = (struct keys){.pool = pool};
	keys->job.lane = LANE_CONTROL;
	keys->job.steps[0].name = "known_keys";
	keys->job.n_steps = 1;
	keys->job.done = done;
}

void keys_finish(struct keys *keys)
{
	free(keys->slots);
	keys->slots = NULL;
	keys->room = 0;
}

void keys_refresh(struct keys *keys)
{
	keys->again = keys->reading;
	if (keys->reading)
		return;
	keys->waiting = keys->waiting_next;
	keys->waiting_next = NULL;
	keys->reading = pool_submit(keys->pool, &keys->job) == POOL_TAKEN;
	if (!keys->reading) {
		struct keys_waiter *waiting = keys->waiting;
		keys->waiting = NULL;
		tell(waiting, false);
	}
}

void keys_wait(struct keys *keys, struct keys_waiter *waiter)
{
	waiter->next = keys->waiting_next;
	keys->waiting_next = waiter;
	keys_refresh(keys);
}

const struct known_key *keys_find(const struct keys *keys, const uint8_t key[KEY_SIZE])
{
	if (!keys->room)
		return NULL;
	const struct known_key *slot = slot_of(keys->slots, keys->room, key);
	return slot->taken ? slot : NULL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool keys_parse(const char *text, uint8_t key[KEY_SIZE])
{
	if (strlen(text) != 2 * KEY_SIZE)
		return false;
	for (int i = 0; i < KEY_SIZE; i++) {
		const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void keys_write(const uint8_t key[KEY_SIZE], char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < KEY_SIZE; i++) {
		*text++ = digits[key[i] >> 4];
		*text++ = digits[key[i] & 15];
	}
	*text = '\0';
}
