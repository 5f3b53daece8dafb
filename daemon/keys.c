/* The keys that are known, in memory. */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pg_types.h"

const char keys_statement[] = "SELECT role, people, keys FROM known_keys($1)";
const char keys_use_statement[] = "SELECT note_use($1)";
const char keys_listen[] = "LISTEN coachhouse_keys";

enum {
	HOUR = 60 * 60,
	LEAST_ROOM = 64,
	ONE_USE = 2 * KEY_SIZE + 6,
	ONE_PERSON = 8,
	ONE_KEY = KEY_SIZE + ONE_PERSON
};

/* The columns of known_keys(). */
enum { ROLE, PEOPLE, KEYS, COLUMNS };

struct rank {
	int64_t person; /* 0: nobody */
	enum role role;
};

/* The highest role of each person, while keys are read. */
struct ranks {
	struct rank *slots;
	size_t room; /* a power of two; at most half of it is taken */
};

/* Keys whose use waits to be noted, as PostgreSQL writes an array: {"\\x00", ...}. */
struct keys_use {
	struct pool_job job; /* must come first */
	char text[KEYS_USED * ONE_USE + 2];
	const char *value;
	int length, n;
	bool sending;
};

static const int as_text[] = {0};

static size_t scatter(uint64_t number)
{
	return (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
}

static struct known_key *slot_of(struct known_key *slots, size_t room, const uint8_t *key)
{
	uint64_t hash;
	memcpy(&hash, key + 8, sizeof(hash));
	size_t i = scatter(hash) & (room - 1);
	while (slots[i].taken && memcmp(slots[i].key, key, KEY_SIZE))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

/* Makes a table for `more` keys beside those that are known, without the others. */
static bool make_room(struct keys *keys, size_t more)
{
	size_t room = LEAST_ROOM, taken = 0;
	while (room < 2 * (keys->taken + more))
		room *= 2;
	struct known_key *slots = calloc(room, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < keys->room; i++) {
		if (!keys->slots[i].taken || !keys->slots[i].known)
			continue;
		*slot_of(slots, room, keys->slots[i].key) = keys->slots[i];
		taken++;
	}
	free(keys->slots);
	keys->slots = slots;
	keys->room = room;
	keys->taken = taken;
	return true;
}

static struct rank *rank_of(const struct ranks *ranks, int64_t person)
{
	size_t i = scatter((uint64_t)person) & (ranks->room - 1);
	while (ranks->slots[i].person && ranks->slots[i].person != person)
		i = (i + 1) & (ranks->room - 1);
	return &ranks->slots[i];
}

static size_t count_of(const struct cell *cell, size_t each)
{
	return cell->length > 0 ? (size_t)cell->length / each : 0;
}

static size_t sum_of(const struct rows *rows, int column, size_t each)
{
	size_t sum = 0;
	for (int i = 1; i < rows->n_rows; i++)
		sum += count_of(&rows->cells[COLUMNS * i + column], each);
	return sum;
}

static bool read_ranks(struct ranks *ranks, const struct rows *rows)
{
	const size_t n = sum_of(rows, PEOPLE, ONE_PERSON);
	for (ranks->room = LEAST_ROOM; ranks->room < 2 * n;)
		ranks->room *= 2;
	ranks->slots = calloc(ranks->room, sizeof(*ranks->slots));
	for (int i = 1; ranks->slots && i < rows->n_rows; i++) {
		const struct cell *row = &rows->cells[COLUMNS * i], *people = &row[PEOPLE];
		if (people->length < 1)
			continue;
		const enum role role = role_parse(row[ROLE].data, (size_t)row[ROLE].length);
		for (size_t k = 0; k < count_of(people, ONE_PERSON); k++) {
			const int64_t person = (int64_t)pg_get(people->data + k * ONE_PERSON, 8);
			struct rank *rank = rank_of(ranks, person);
			rank->person = person;
			rank->role = role > rank->role ? role : rank->role;
		}
	}
	return ranks->slots;
}

/* One of many: the key, then its person. */
static void take_key(struct keys *keys, const struct ranks *ranks, const char *at)
{
	struct known_key *slot = slot_of(keys->slots, keys->room, (const uint8_t *)at);
	const int64_t person = (int64_t)pg_get(at + KEY_SIZE, 8);
	keys->taken += !slot->taken;
	keys->known += person != 0;
	keys->known -= slot->known;
	memcpy(slot->key, at, KEY_SIZE);
	slot->taken = true;
	slot->known = person != 0;
	slot->person = person;
	slot->role = rank_of(ranks, person)->role;
}

/* The first row says up to where they were read, and whether these are all. */
static bool load(struct keys *keys, const struct rows *rows)
{
	const struct cell *first = rows->cells;
	struct ranks ranks = {0};
	if (rows->n_rows < 1 || first[ROLE].length < 1 || first[ROLE].length >= KEYS_MARK)
		return false;
	const bool whole = first[KEYS].length >= 0;
	const size_t n = sum_of(rows, KEYS, ONE_KEY);
	if (((whole || 2 * (keys->taken + n) > keys->room) && !make_room(keys, n)) ||
	    !read_ranks(&ranks, rows))
		return false;
	for (size_t i = 0; whole && i < keys->room; i++)
		keys->slots[i].known = false;
	keys->known = whole ? 0 : keys->known;
	for (int i = 1; i < rows->n_rows; i++) {
		const struct cell *some = &rows->cells[COLUMNS * i + KEYS];
		for (size_t k = 0; k < count_of(some, ONE_KEY); k++)
			take_key(keys, &ranks, some->data + k * ONE_KEY);
	}
	free(ranks.slots);
	memcpy(keys->mark, first[ROLE].data, (size_t)first[ROLE].length);
	keys->mark[first[ROLE].length] = '\0';
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

static void use_noted(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct keys_use *use = (struct keys_use *)job;
	use->sending = false;
	use->n = use->length = 0;
	if (!rows)
		log_warning("keys", "that keys were used could not be noted: sqlstate=%s",
			    failure ? failure->sqlstate : "");
}

bool keys_init(struct keys *keys, struct pool *pool)
{
	*keys = (struct keys){.pool = pool, .use = calloc(1, sizeof(*keys->use))};
	if (!keys->use)
		return false;
	keys->mark_value = keys->mark;
	keys->job.lane = LANE_CONTROL;
	keys->job.steps[0] =
		(struct pool_step){"known_keys", 1, &keys->mark_value, &keys->mark_length, as_text};
	keys->job.n_steps = 1;
	keys->job.done = done;
	keys->use->value = keys->use->text;
	keys->use->job.lane = LANE_CONTROL;
	keys->use->job.steps[0] =
		(struct pool_step){"note_use", 1, &keys->use->value, &keys->use->length, as_text};
	keys->use->job.n_steps = 1;
	keys->use->job.done = use_noted;
	return true;
}

void keys_finish(struct keys *keys)
{
	free(keys->slots);
	free(keys->use);
	*keys = (struct keys){0};
}

void keys_refresh(struct keys *keys)
{
	keys->again = keys->reading;
	if (keys->reading)
		return;
	keys->waiting = keys->waiting_next;
	keys->waiting_next = NULL;
	keys->mark_length = (int)strlen(keys->mark);
	keys->reading = pool_submit(keys->pool, &keys->job) == POOL_TAKEN;
	if (!keys->reading) {
		struct keys_waiter *waiting = keys->waiting;
		keys->waiting = NULL;
		tell(waiting, false);
	}
}

void keys_forget_mark(struct keys *keys)
{
	keys->mark[0] = '\0';
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
	return slot->taken && slot->known ? slot : NULL;
}

void keys_used(struct keys *keys, const uint8_t key[KEY_SIZE], int64_t seconds)
{
	struct keys_use *use = keys->use;
	struct known_key *slot = slot_of(keys->slots, keys->room, key);
	char hex[2 * KEY_SIZE + 1];
	if (use->sending || use->n == KEYS_USED ||
	    (slot->noted && (uint32_t)seconds - slot->noted < HOUR))
		return;
	slot->noted = (uint32_t)seconds;
	keys_write(key, hex);
	use->length += snprintf(use->text + use->length, sizeof(use->text) - (size_t)use->length,
				"%s\"\\\\x%s\"", use->n ? "," : "{", hex);
	use->n++;
}

void keys_tick(struct keys *keys)
{
	struct keys_use *use = keys->use;
	if (!use->n || use->sending)
		return;
	/* PostgreSQL reads to the end of the text, and a longer one may have stood here. */
	memcpy(use->text + use->length++, "}", 2);
	use->sending = pool_submit(keys->pool, &use->job) == POOL_TAKEN;
	if (!use->sending)
		use->length--;
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
