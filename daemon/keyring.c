/* The file of sealing keys. */
#include "keyring.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "refuse.h"
#include "secret.h"

enum { LINE = KEYRING_NAME + 1 + 2 * KEYRING_SECRET + 2, FILE_MOST = 64 * 1024 };

static bool parse(char *line, struct keyring_key *key)
{
	char *hex = strchr(line, ' ');
	size_t name = hex ? (size_t)(hex - line) : 0, length;
	const char *end;

	if (name == 0 || name > KEYRING_NAME)
		return false;
	hex += strspn(hex, " ");
	memset(key->name, 0, sizeof key->name);
	memcpy(key->name, line, name);
	return sodium_hex2bin(key->secret, sizeof key->secret, hex, strlen(hex), NULL, &length,
			      &end) == 0 &&
	       length == sizeof key->secret && *end == '\0';
}

/* One line of the file. False with a sentence. */
static bool take(struct keyring *ring, char *line, const char *file, int number, char *error,
		 size_t size)
{
	struct keyring_key *key = &ring->keys[ring->count];

	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return true;
	if (ring->count == KEYRING_MOST || !parse(line, key))
		return refuse(error, size,
			      "%s:%d: a line is a name of at most %d characters, a space and 64 "
			      "hexadecimal digits; at most %d lines.",
			      file, number, KEYRING_NAME, KEYRING_MOST);
	if (keyring_find(ring, key->name))
		return refuse(error, size, "%s:%d: the key %s stands there twice.", file, number,
			      key->name);
	ring->count++;
	return true;
}

struct keyring *keyring_read(const char *file, char *error, size_t size)
{
	char line[256];
	bool good = true;
	FILE *in = secret_open(file, error, size);
	struct keyring *ring = in ? sodium_malloc(sizeof *ring) : NULL;

	if (in && !ring)
		refuse(error, size, "No locked memory for %s: raise LimitMEMLOCK.", file);
	if (ring) {
		ring->count = 0;
		for (int number = 1; good && fgets(line, sizeof line, in); number++)
			/* The rest of a long line is none of its own: a key in a comment is no key. */
			good = strchr(line, '\n') || feof(in)
				       ? take(ring, line, file, number, error, size)
				       : refuse(error, size, "%s:%d: the line is too long.", file,
						number);
		sodium_memzero(line, sizeof line);
		if (good && ring->count == 0)
			good = refuse(error, size, "%s holds no key.", file);
	}
	if (in)
		fclose(in);
	if (ring && !good) {
		keyring_free(ring);
		return NULL;
	}
	if (ring)
		sodium_mprotect_readonly(ring);
	return ring;
}

void keyring_free(struct keyring *ring)
{
	sodium_free(ring); /* which wipes it */
}

const struct keyring_key *keyring_find(const struct keyring *ring, const void *name)
{
	for (size_t i = 0; i < ring->count; i++)
		if (memcmp(ring->keys[i].name, name, KEYRING_NAME) == 0)
			return &ring->keys[i];
	return NULL;
}

static void make_line(char line[LINE + 1])
{
	unsigned char name[KEYRING_NAME / 2], secret[KEYRING_SECRET];

	randombytes_buf(name, sizeof name);
	randombytes_buf(secret, sizeof secret);
	sodium_bin2hex(line, LINE, name, sizeof name);
	line[KEYRING_NAME] = ' ';
	sodium_bin2hex(line + KEYRING_NAME + 1, 2 * KEYRING_SECRET + 1, secret, sizeof secret);
	strcat(line, "\n");
	sodium_memzero(secret, sizeof secret);
}

bool keyring_create(const char *file, char *error, size_t size)
{
	char line[LINE + 1];
	bool made;

	if (sodium_init() < 0)
		return refuse(error, size, "libsodium cannot start; %s was not made.", file);
	make_line(line);
	made = secret_create(file, 0600, line, error, size);
	sodium_memzero(line, sizeof line);
	return made;
}

/* The file's text, without the line of `without` (NULL: whole). FILE_MOST bytes of room. */
static bool copy_text(const char *file, const char *without, char *text, char *error, size_t size)
{
	char line[256];
	size_t used = 0, name = without ? strlen(without) : 0;
	FILE *in = secret_open(file, error, size);
	bool whole = false;

	while (in && fgets(line, sizeof line, in) && used + sizeof line + LINE < FILE_MOST) {
		size_t length = strlen(line);
		if (without && strncmp(line, without, name) == 0 && line[name] == ' ')
			continue;
		memcpy(text + used, line, length);
		used += length;
		if (text[used - 1] != '\n') /* the last line may lack its end */
			text[used++] = '\n';
	}
	text[used] = '\0';
	sodium_memzero(line, sizeof line);
	if (in) {
		whole = feof(in) || refuse(error, size, "%s is too long: take comments out.", file);
		fclose(in);
	}
	return whole;
}

/* Leaves out the line of `without` and adds `line`; either may be NULL. */
static bool rewrite(const char *file, const char *without, const char *line, char *error,
		    size_t size)
{
	char *text = sodium_malloc(FILE_MOST);
	bool done;

	if (!text)
		return refuse(error, size, "No locked memory for %s: raise LimitMEMLOCK.", file);
	done = copy_text(file, without, text, error, size);
	if (done && line)
		strcat(text, line);
	done = done && secret_replace(file, text, error, size);
	sodium_free(text);
	return done;
}

static bool add(const char *file, const char *line, char *error, size_t size)
{
	struct keyring *ring = keyring_read(file, error, size);
	bool room = ring && ring->count < KEYRING_MOST;

	if (ring && !room)
		refuse(error, size, "%s holds %d keys already: retire old ones first.", file,
		       KEYRING_MOST);
	keyring_free(ring);
	return room && rewrite(file, NULL, line, error, size);
}

bool keyring_add(const char *file, char name[KEYRING_NAME + 1], char *error, size_t size)
{
	char line[LINE + 1];
	int held;
	bool done;

	if (sodium_init() < 0)
		return refuse(error, size, "libsodium cannot start; %s is as it was.", file);
	make_line(line);
	snprintf(name, KEYRING_NAME + 1, "%.*s", KEYRING_NAME, line);
	held = secret_hold(file);
	done = add(file, line, error, size);
	secret_let_go(held);
	sodium_memzero(line, sizeof line);
	return done;
}

/* Whether the file holds it, and not as the one that seals. */
static bool check_old(const char *file, const char *name, char *error, size_t size)
{
	struct keyring *ring = keyring_read(file, error, size);
	size_t at = 0, count = ring ? ring->count : 0;

	while (at < count && strcmp(ring->keys[at].name, name) != 0)
		at++;
	keyring_free(ring);
	if (!ring)
		return false;
	if (at == count)
		return refuse(error, size, "%s holds no key %.40s; coachd keys lists them.", file,
			      name);
	return at + 1 < count ||
	       refuse(error, size, "%s is the key that seals: run coachd keys add first.", name);
}

/* The time of the file stays that of the last key added: see keyring_age. */
static bool remove_key(const char *file, const char *name, char *error, size_t size)
{
	struct stat old;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

	if (!check_old(file, name, error, size))
		return false;
	if (stat(file, &old) != 0 || !rewrite(file, name, NULL, error, size))
		return false;
	times[1] = old.st_mtim;
	utimensat(AT_FDCWD, file, times, AT_SYMLINK_NOFOLLOW);
	return true;
}

bool keyring_remove(const char *file, const char *name, char *error, size_t size)
{
	int held = secret_hold(file);
	bool done = remove_key(file, name, error, size);

	secret_let_go(held);
	return done;
}

long keyring_age(const char *file)
{
	struct stat info;

	return stat(file, &info) == 0 ? (long)(time(NULL) - info.st_mtime) : 0;
}
