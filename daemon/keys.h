/*
 * The keys that are known, in memory: who may connect, and whom a key belongs
 * to. Read from the database at start, whenever it says that they changed, every
 * five seconds in case that was lost, and after each enrolment.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

enum { KEY_SIZE = 32 };

struct known_key {
	uint8_t key[KEY_SIZE];
	int64_t person;
	enum role role;
	bool taken;
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
	size_t room; /* a power of two; at most half is taken */
	bool loaded; /* was read at least once */
	bool reading, again;
	struct keys_waiter *waiting, *waiting_next;
};

/* The statement that reads them, for the control lane. */
extern const char keys_statement[], keys_listen[];

/* `pool` must outlive it. */
void keys_init(struct keys *keys, struct pool *pool);
void keys_finish(struct keys *keys);

/* Reads them, soon. */
void keys_refresh(struct keys *keys);

/* Reads them and calls `waiter->read` then; perhaps before this returns. */
void keys_wait(struct keys *keys, struct keys_waiter *waiter);

/* NULL for one that is not known. Valid until the loop goes on. */
const struct known_key *keys_find(const struct keys *keys, const uint8_t key[KEY_SIZE]);

/* 64 hexadecimal digits to 32 bytes, and back (65 characters). */
bool keys_parse(const char *text, uint8_t key[KEY_SIZE]) __attribute__((warn_unused_result));
void keys_write(const uint8_t key[KEY_SIZE], char *text);
