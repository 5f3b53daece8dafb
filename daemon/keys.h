/*
 * The keys that are known, in memory: who may connect, and whom a key belongs
 * to. Read from the database at start, once a day and after it was away; what
 * changed since, whenever it says so, every five seconds in case that was lost,
 * and after each enrolment.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

enum { KEY_SIZE = 32, KEYS_MARK = 48, KEYS_USED = 256 };

struct known_key {
	uint8_t key[KEY_SIZE];
	int64_t person;
	enum role role;
	bool taken;
	bool known;	/* false: it was, and is revoked or gone */
	uint32_t noted; /* when its use was noted last; monotonic seconds */
};

/* Somebody who waits for the table to be read again; embedded in what waits. */
struct keys_waiter {
	struct keys_waiter *next;
	void (*read)(struct keys_waiter *waiter, bool good); /* good: they were read */
};

struct keys {
	struct pool_job job; /* must come first */
	struct pool *pool;
	struct known_key *slots;
	size_t room, taken; /* room is a power of two; at most half of it is taken */
	size_t known;	    /* of those taken, now */
	bool loaded;	    /* was read at least once */
	bool reading, again;
	struct keys_waiter *waiting, *waiting_next;
	char mark[KEYS_MARK]; /* up to where changes were read; "": read all of them */
	const char *mark_value;
	int mark_length;
	struct keys_use *use;
};

/* For the control lane: what reads them, what notes their use, and the notice of changes. */
extern const char keys_statement[], keys_use_statement[], keys_listen[];

/* `pool` must outlive it. False: memory ran out. */
bool keys_init(struct keys *keys, struct pool *pool) __attribute__((warn_unused_result));
void keys_finish(struct keys *keys);

/* Reads what changed, soon. */
void keys_refresh(struct keys *keys);

/* The next reading reads all: the database was away, and may be another one now. */
void keys_forget_mark(struct keys *keys);

/* Tells the database, at the next tick and once an hour, that this key is in use. */
void keys_used(struct keys *keys, const uint8_t key[KEY_SIZE], int64_t seconds);
void keys_tick(struct keys *keys);

/* Reads them and calls `waiter->read` then; perhaps before this returns. */
void keys_wait(struct keys *keys, struct keys_waiter *waiter);

/* NULL for one that is not known. Valid until the loop goes on. */
const struct known_key *keys_find(const struct keys *keys, const uint8_t key[KEY_SIZE]);

/* 64 hexadecimal digits to 32 bytes, and back (65 characters). */
bool keys_parse(const char *text, uint8_t key[KEY_SIZE]) __attribute__((warn_unused_result));
void keys_write(const uint8_t key[KEY_SIZE], char *text);
