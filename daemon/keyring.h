/*
 * The file of sealing keys, seal.keys: lines "NAME HEX64"; the last one seals,
 * all open. Lines that begin with # are for people.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { KEYRING_NAME = 8, KEYRING_SECRET = 32, KEYRING_MOST = 64 };

struct keyring_key {
	char name[KEYRING_NAME + 1]; /* padded with zeros */
	unsigned char secret[KEYRING_SECRET];
};

struct keyring {
	size_t count; /* at least 1 */
	struct keyring_key keys[KEYRING_MOST];
};

/*
 * Reads the file into guarded memory; keyring_free gives it back. NULL with a
 * sentence: others may read it, a line is malformed, a name stands twice.
 */
struct keyring *keyring_read(const char *file, char *error, size_t size)
	__attribute__((warn_unused_result));
void keyring_free(struct keyring *ring);

/* The key with this name (KEYRING_NAME bytes, padded with zeros), or NULL. */
const struct keyring_key *keyring_find(const struct keyring *ring, const void *name);

/* Writes a new file with one fresh key, mode 0600; fails if it exists. */
bool keyring_create(const char *file, char *error, size_t size) __attribute__((warn_unused_result));

/* Adds a fresh key to the file, which seals from now on; tells its name. */
bool keyring_add(const char *file, char name[KEYRING_NAME + 1], char *error, size_t size)
	__attribute__((warn_unused_result));

/* Takes a key out of the file; not the one that seals. */
bool keyring_remove(const char *file, const char *name, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Seconds since a key was last added. What was sealed with the one before may
 * still be on its way into the database for as long as a call may take.
 */
long keyring_age(const char *file);
