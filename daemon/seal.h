/*
 * Sealing: what people wrote becomes a box that only the running daemon opens.
 * A box is: format (1 byte, 1), key name (8 bytes), nonce (24), and the
 * XChaCha20-Poly1305 ciphertext of the text padded to steps of 256 bytes. Bound
 * to it are the field, the author, the visibility and 16 random bytes that stand
 * beside it in the row, so that a box moved or relabelled does not open.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEAL_BINDING = 16, SEAL_HEAD = 1 + 8 + 24, SEAL_OVERHEAD = SEAL_HEAD + 16 };

struct seal_label {
	const char *field;   /* "note", "action_text" */
	int64_t author;	     /* a person */
	const char *visible; /* "me", "us" */
};

/*
 * Loads the file `seal.keys` (see keyring.h) into guarded memory, until
 * seal_finish. On false the keys of before, if any, stay.
 */
bool seal_init(const char *file, char *error, size_t size) __attribute__((warn_unused_result));
void seal_finish(void);

/*
 * Reads the file again if it has changed; true when other keys are loaded now. A
 * file that cannot be used is logged, once, and changes nothing.
 */
bool seal_refresh(void);

/* From now on it does not: the file is a copy, or no longer ours to read. */
void seal_stay(void);

/* The name of the i-th key, NULL beyond the last; and of the last, which seals. */
const char *seal_key(size_t i);
const char *seal_sealing(void);

/* How many bytes the box of a text of `length` bytes takes. */
size_t seal_size(size_t length);

/* Fills `box` (seal_size(length) bytes) and `binding`. */
void seal_close(const struct seal_label *label, const char *text, size_t length, uint8_t *box,
		uint8_t binding[SEAL_BINDING]);

enum seal_result { SEAL_OK, SEAL_NO_KEY, SEAL_BROKEN };

/*
 * Opens `box` into `text`, which has room for `size` bytes (size of the box is
 * always enough), and sets `length`. SEAL_NO_KEY: sealed with a key that is not
 * loaded; its name goes to `key` (9 bytes, ended by 0). SEAL_BROKEN: altered,
 * moved or relabelled. `text` holds nothing of it unless SEAL_OK.
 */
enum seal_result seal_open(const struct seal_label *label, const uint8_t *box, size_t size,
			   const uint8_t *binding, char *text, size_t *length, char key[9]);

/*
 * Seals anew, with the key that seals now, what `box` holds; label and binding
 * stay. `fresh` has room for `size` bytes, as many as `box`, and holds nothing of
 * the text unless SEAL_OK. Results as of seal_open.
 */
enum seal_result seal_again(const struct seal_label *label, const uint8_t *box, size_t size,
			    const uint8_t *binding, uint8_t *fresh, char key[9]);

/*
 * A CURVE key pair of the daemon: FOLDER/NAME.key (secret, 0600) and NAME.pub, 64
 * hexadecimal digits each. create fails if they exist; load refuses a secret that
 * others may read.
 */
struct seal_server {
	char public_key[65], secret_key[65];
};
bool seal_server_create(const char *folder, const char *name, char *error, size_t size)
	__attribute__((warn_unused_result));
bool seal_server_load(const char *folder, const char *name, struct seal_server *keys, char *error,
		      size_t size) __attribute__((warn_unused_result));
void seal_server_forget(struct seal_server *keys);

/* 32 random bytes: in base64url (44 bytes with the end) for the line, hashed for the database. */
void seal_token(char text[44], uint8_t hash[32]);
