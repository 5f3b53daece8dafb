#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "refuse.h"

enum {
	FORMAT = 1,
	NAME = 8,
	STEP = 256,
	KEYS_MAX = 64,
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEAD = 1 + NAME + NONCE,
	LABEL_MAX = 1 + 255 + 8 + 1 + 255 + SEAL_BINDING
};
_Static_assert(SEAL_OVERHEAD == HEAD + TAG, "the header states the layout");

struct key {
	char name[NAME]; /* padded with zeros */
	unsigned char secret[KEY];
};

static struct key *keys; /* guarded memory; the last one seals */
static size_t key_count;

/* systemd makes its credentials readable for the service alone, by means that the mode hides. */
static bool is_credential(const char *file)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	return folder && *folder && strncmp(file, folder, strlen(folder)) == 0;
}

static FILE *open_secret(const char *file, char *error, size_t size)
{
	struct stat info;
	FILE *in = fopen(file, "re");

	if (!in) {
		snprintf(error, size, "%s cannot be read: %s.", file, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(in), &info) == 0 && ((info.st_mode & 077) == 0 || is_credential(file)))
		return in;
	fclose(in);
	snprintf(error, size, "%s can be read by others: run chmod 600 %s.", file, file);
	return NULL;
}

static bool write_new(const char *file, mode_t mode, const char *text, char *error, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	size_t length = strlen(text);
	bool written = fd >= 0 && write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;

	if (!written)
		snprintf(error, size, "%s cannot be written: %s.", file, strerror(errno));
	if (fd >= 0 && (close(fd) != 0 || !written)) {
		unlink(file);
		written = false;
	}
	return written;
}

static bool parse_key(char *line, struct key *key)
{
	char *hex = strchr(line, ' ');
	size_t name = hex ? (size_t)(hex - line) : 0, length;
	const char *end;

	if (name == 0 || name > NAME)
		return false;
	hex += strspn(hex, " ");
	memset(key->name, 0, NAME);
	memcpy(key->name, line, name);
	return sodium_hex2bin(key->secret, KEY, hex, strlen(hex), NULL, &length, &end) == 0 &&
	       length == KEY && *end == '\0';
}

static bool read_keys(FILE *in, const char *file, char *error, size_t size)
{
	char line[128];
	int number = 0;

	while (fgets(line, sizeof line, in)) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (key_count == KEYS_MAX || !parse_key(line, &keys[key_count])) {
			snprintf(error, size,
				 "%s:%d: a line is a name of at most %d characters, a space and 64 "
				 "hexadecimal digits; at most %d lines.",
				 file, number, NAME, KEYS_MAX);
			sodium_memzero(line, sizeof line);
			return false;
		}
		key_count++;
	}
	sodium_memzero(line, sizeof line);
	return key_count > 0 || refuse(error, size, "%s holds no key.", file);
}

bool seal_init(const char *file, char *error, size_t size)
{
	FILE *in;
	bool loaded = false;

	if (sodium_init() < 0)
		return refuse(error, size, "libsodium cannot start; %s stays closed.", file);
	seal_finish();
	in = open_secret(file, error, size);
	if (!in)
		return false;
	/* No buffer of stdio's: it would keep a copy of the keys. */
	setvbuf(in, NULL, _IONBF, 0);
	keys = sodium_allocarray(KEYS_MAX, sizeof *keys);
	if (keys)
		loaded = read_keys(in, file, error, size);
	else
		refuse(error, size, "No locked memory for %s: raise LimitMEMLOCK.", file);
	fclose(in);
	if (!loaded)
		seal_finish();
	else
		sodium_mprotect_readonly(keys);
	return loaded;
}

void seal_finish(void)
{
	sodium_free(keys);
	keys = NULL;
	key_count = 0;
}

bool seal_create(const char *file, char *error, size_t size)
{
	unsigned char name[NAME / 2], secret[KEY];
	char line[NAME + 1 + 2 * KEY + 2];
	bool made;

	if (sodium_init() < 0)
		return refuse(error, size, "libsodium cannot start; %s was not made.", file);
	randombytes_buf(name, sizeof name);
	randombytes_buf(secret, sizeof secret);
	sodium_bin2hex(line, sizeof line, name, sizeof name);
	line[NAME] = ' ';
	sodium_bin2hex(line + NAME + 1, 2 * KEY + 1, secret, sizeof secret);
	strcat(line, "\n");
	made = write_new(file, 0600, line, error, size);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(line, sizeof line);
	return made;
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

void seal_close(const struct seal_label *label, const char *text, size_t length, uint8_t *box,
		uint8_t binding[SEAL_BINDING])
{
	const struct key *key = &keys[key_count - 1];
	uint8_t bound[LABEL_MAX], *body = box + HEAD, *nonce = box + 1 + NAME;
	size_t padded = seal_size(length) - SEAL_OVERHEAD, bytes;

	randombytes_buf(binding, SEAL_BINDING);
	bytes = label_bytes(label, binding, bound);
	box[0] = FORMAT;
	memcpy(box + 1, key->name, NAME);
	randombytes_buf(nonce, NONCE);
	if (length > 0)
		memcpy(body, text, length);
	memset(body + length, 0, padded - length);
	body[length] = 0x80; /* ISO 7816-4, as sodium_unpad reads it */
	crypto_aead_xchacha20poly1305_ietf_encrypt(body, NULL, body, padded, bound, bytes, NULL,
						   nonce, key->secret);
}

static const struct key *find_key(const uint8_t *name)
{
	for (size_t i = 0; i < key_count; i++)
		if (memcmp(keys[i].name, name, NAME) == 0)
			return &keys[i];
	return NULL;
}

enum seal_result seal_open(const struct seal_label *label, const uint8_t *box, size_t size,
			   const uint8_t *binding, char *text, size_t *length, char key[9])
{
	uint8_t bound[LABEL_MAX];
	unsigned char *plain = (unsigned char *)text;
	const struct key *found;
	size_t padded, bytes;

	if (size < SEAL_OVERHEAD + STEP || (size - SEAL_OVERHEAD) % STEP != 0 || box[0] != FORMAT)
		return SEAL_BROKEN;
	memcpy(key, box + 1, NAME);
	key[NAME] = '\0';
	found = find_key(box + 1);
	if (!found)
		return SEAL_NO_KEY;
	padded = size - SEAL_OVERHEAD;
	bytes = label_bytes(label, binding, bound);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, box + HEAD, padded + TAG,
						       bound, bytes, box + 1 + NAME,
						       found->secret) != 0)
		return SEAL_BROKEN;
	if (sodium_unpad(length, plain, padded, STEP) == 0)
		return SEAL_OK;
	sodium_memzero(text, padded);
	return SEAL_BROKEN;
}

void seal_token(char text[44], uint8_t hash[32])
{
	unsigned char token[32];

	randombytes_buf(token, sizeof token);
	crypto_hash_sha256(hash, token, sizeof token);
	sodium_bin2base64(text, 44, token, sizeof token, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(token, sizeof token);
}

bool seal_server_create(const char *folder, char *error, size_t size)
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
	snprintf(file, sizeof file, "%s/server.key", folder);
	made = write_new(file, 0600, hex, error, size);
	sodium_memzero(secret, sizeof secret);
	sodium_bin2hex(hex, sizeof hex, public, sizeof public);
	strcat(hex, "\n");
	snprintf(file, sizeof file, "%s/server.pub", folder);
	return made && write_new(file, 0644, hex, error, size);
}

bool seal_server_load(const char *folder, struct seal_server *pair, char *error, size_t size)
{
	char file[1100];
	unsigned char public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
	size_t length = 0;
	FILE *in;
	bool valid;

	snprintf(file, sizeof file, "%s/server.key", folder);
	in = open_secret(file, error, size);
	if (!in)
		return false;
	setvbuf(in, NULL, _IONBF, 0);
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
