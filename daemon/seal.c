#include "seal.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "keyring.h"
#include "log.h"
#include "refuse.h"
#include "secret.h"

enum {
	FORMAT = 1,
	NAME = KEYRING_NAME,
	STEP = 256,
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD = 1 + NAME + NONCE,
	LABEL_MAX = 1 + 255 + 8 + 1 + 255 + SEAL_BINDING
};
_Static_assert((int)SEAL_OVERHEAD == HEAD + TAG && (int)SEAL_HEAD == HEAD &&
		       (int)KEY == KEYRING_SECRET,
	       "the headers state the layout");

static struct keyring *ring; /* guarded memory; the last key seals */
static char ring_file[1100];
static struct stat ring_seen; /* of the file when it was last read */

bool seal_init(const char *file, char *error, size_t size)
{
	struct stat seen = {0};
	struct keyring *fresh;

	if (sodium_init() < 0)
		return refuse(error, size, "libsodium cannot start; %s stays closed.", file);
	/* Looked at before it is read: a change in between is noticed the next time. */
	stat(file, &seen);
	snprintf(ring_file, sizeof ring_file, "%s", file);
	ring_seen = seen;
	fresh = keyring_read(file, error, size);
	if (!fresh)
		return false;
	keyring_free(ring);
	ring = fresh;
	return true;
}

bool seal_refresh(void)
{
	struct stat now = {0};
	char file[sizeof ring_file], error[1400];

	if (!ring || !*ring_file ||
	    (stat(ring_file, &now) == 0 && now.st_ino == ring_seen.st_ino &&
	     now.st_ctim.tv_sec == ring_seen.st_ctim.tv_sec &&
	     now.st_ctim.tv_nsec == ring_seen.st_ctim.tv_nsec))
		return false;
	if (now.st_ino == 0 && ring_seen.st_ino == 0)
		return false; /* gone, as was said before */
	memcpy(file, ring_file, sizeof file);
	if (seal_init(file, error, sizeof error)) {
		log_info("seal", "the keys were read again; %s seals", seal_sealing());
		return true;
	}
	log_error("seal", "the keys stay as they were: %s", error);
	return false;
}

void seal_stay(void)
{
	ring_file[0] = '\0';
}

const char *seal_key(size_t i)
{
	return i < ring->count ? ring->keys[i].name : NULL;
}

const char *seal_sealing(void)
{
	return ring->keys[ring->count - 1].name;
}

void seal_finish(void)
{
	keyring_free(ring);
	ring = NULL;
}

size_t seal_size(size_t length)
{
	return SEAL_OVERHEAD + (length / STEP + 1) * STEP;
}

/* Lengths go first, so that two labels never have the same bytes. */
static size_t label_bytes(const struct seal_label *label, const uint8_t *binding, uint8_t *out)
{
	size_t field = strnlen(label->field, 255), visible = strnlen(label->visible, 255), at = 0;

	out[at++] = (uint8_t)field;
	memcpy(out + at, label->field, field);
	at += field;
	for (int shift = 56; shift >= 0; shift -= 8)
		out[at++] = (uint8_t)((uint64_t)label->author >> shift);
	out[at++] = (uint8_t)visible;
	memcpy(out + at, label->visible, visible);
	at += visible;
	memcpy(out + at, binding, SEAL_BINDING);
	return at + SEAL_BINDING;
}

/* Seals what stands padded in `box`, in its place. */
static void close_box(const struct seal_label *label, const uint8_t *binding, uint8_t *box,
		      size_t padded)
{
	const struct keyring_key *key = &ring->keys[ring->count - 1];
	uint8_t bound[LABEL_MAX], *body = box + HEAD, *nonce = box + 1 + NAME;
	size_t bytes = label_bytes(label, binding, bound);

	box[0] = FORMAT;
	memcpy(box + 1, key->name, NAME);
	randombytes_buf(nonce, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(body, NULL, body, padded, bound, bytes, NULL,
						   nonce, key->secret);
}

void seal_close(const struct seal_label *label, const char *text, size_t length, uint8_t *box,
		uint8_t binding[SEAL_BINDING])
{
	size_t padded = seal_size(length) - SEAL_OVERHEAD;
	uint8_t *body = box + HEAD;

	randombytes_buf(binding, SEAL_BINDING);
	if (length > 0)
		memcpy(body, text, length);
	memset(body + length, 0, padded - length);
	body[length] = 0x80; /* ISO 7816-4, as sodium_unpad reads it */
	close_box(label, binding, box, padded);
}

/* One that was added meanwhile, by whoever sealed this, is found in the file. */
static const struct keyring_key *find_key(const uint8_t *name)
{
	const struct keyring_key *found = keyring_find(ring, name);

	return found || !seal_refresh() ? found : keyring_find(ring, name);
}

/* Opens the box into `plain`, padded as it is. */
static enum seal_result open_box(const struct seal_label *label, const uint8_t *box, size_t size,
				 const uint8_t *binding, unsigned char *plain, size_t *padded,
				 char key[9])
{
	uint8_t bound[LABEL_MAX];
	const struct keyring_key *found;
	size_t bytes;

	if (size < SEAL_OVERHEAD + STEP || (size - SEAL_OVERHEAD) % STEP != 0 || box[0] != FORMAT)
		return SEAL_BROKEN;
	memcpy(key, box + 1, NAME);
	key[NAME] = '\0';
	found = find_key(box + 1);
	if (!found)
		return SEAL_NO_KEY;
	*padded = size - SEAL_OVERHEAD;
	bytes = label_bytes(label, binding, bound);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, box + HEAD, *padded + TAG,
						       bound, bytes, box + 1 + NAME,
						       found->secret) != 0)
		return SEAL_BROKEN;
	return SEAL_OK;
}

enum seal_result seal_open(const struct seal_label *label, const uint8_t *box, size_t size,
			   const uint8_t *binding, char *text, size_t *length, char key[9])
{
	unsigned char *plain = (unsigned char *)text;
	size_t padded;
	enum seal_result result = open_box(label, box, size, binding, plain, &padded, key);

	if (result != SEAL_OK || sodium_unpad(length, plain, padded, STEP) == 0)
		return result;
	sodium_memzero(text, padded);
	return SEAL_BROKEN;
}

enum seal_result seal_again(const struct seal_label *label, const uint8_t *box, size_t size,
			    const uint8_t *binding, uint8_t *fresh, char key[9])
{
	size_t padded;
	enum seal_result result = open_box(label, box, size, binding, fresh + HEAD, &padded, key);

	if (result == SEAL_OK)
		close_box(label, binding, fresh, padded);
	return result;
}

void seal_token(char text[44], uint8_t hash[32])
{
	unsigned char token[32];

	randombytes_buf(token, sizeof token);
	crypto_hash_sha256(hash, token, sizeof token);
	sodium_bin2base64(text, 44, token, sizeof token, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(token, sizeof token);
}

bool seal_server_create(const char *folder, const char *name, char *error, size_t size)
{
	char file[1100], hex[66];
	unsigned char public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
	bool made;

	if (sodium_init() < 0)
		return refuse(error, size, "libsodium cannot start; no key was made in %s.",
			      folder);
	crypto_box_keypair(public, secret);
	sodium_bin2hex(hex, sizeof hex, secret, sizeof secret);
	strcat(hex, "\n");
	snprintf(file, sizeof file, "%s/%s.key", folder, name);
	made = secret_create(file, 0600, hex, error, size);
	sodium_memzero(secret, sizeof secret);
	sodium_bin2hex(hex, sizeof hex, public, sizeof public);
	strcat(hex, "\n");
	snprintf(file, sizeof file, "%s/%s.pub", folder, name);
	return made && secret_create(file, 0644, hex, error, size);
}

bool seal_server_load(const char *folder, const char *name, struct seal_server *pair, char *error,
		      size_t size)
{
	char file[1100];
	unsigned char public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
	size_t length = 0;
	FILE *in;
	bool valid;

	snprintf(file, sizeof file, "%s/%s.key", folder, name);
	in = secret_open(file, error, size);
	if (!in)
		return false;
	valid = fscanf(in, "%64s", pair->secret_key) == 1 &&
		sodium_hex2bin(secret, sizeof secret, pair->secret_key, 64, NULL, &length, NULL) ==
			0 &&
		length == sizeof secret;
	fclose(in);
	if (!valid)
		return refuse(error, size, "%s does not hold 64 hexadecimal digits.", file);
	/* From the secret, so that a stale server.pub cannot send people to another daemon. */
	crypto_scalarmult_base(public, secret);
	sodium_bin2hex(pair->public_key, sizeof pair->public_key, public, sizeof public);
	sodium_memzero(secret, sizeof secret);
	return true;
}

void seal_server_forget(struct seal_server *pair)
{
	sodium_memzero(pair, sizeof *pair);
}
