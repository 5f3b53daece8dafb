/* What the targets share. */
#include "fuzz.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "codec.h"
#include "every.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"
#include "pg_types.h"
#include "seal.h"

uint8_t fuzz_byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

int64_t fuzz_number(struct input *in)
{
	uint64_t number = 0;
	for (int i = 0; i < 8; i++)
		number = number << 8 | fuzz_byte(in);
	return (int64_t)number;
}

char *fuzz_text(const struct input *in)
{
	const uint8_t *end = in->left ? memchr(in->at, 0, in->left) : NULL;
	const size_t length = end ? (size_t)(end - in->at) : in->left;
	char *text = malloc(length + 1);
	if (!text)
		abort();
	if (length)
		memcpy(text, in->at, length);
	text[length] = '\0';
	return text;
}

struct method *fuzz_methods(size_t *n)
{
	enum { MOST = 200 };
	static struct method all[MOST];
	static size_t count;
	if (!count) {
		char error[300];
		const struct method *methods = methods_all(&count);
		require(count < MOST);
		memcpy(all, methods, count * sizeof(*methods));
		all[count] = (struct method){.name = "every.Every/Every",
					     .service = "Every",
					     .rpc = "Every",
					     .access = ACCESS_READ,
					     .request = &every__every__descriptor,
					     .reply = &every__every__descriptor,
					     .limit = -1};
		require(codec_prepare(&all[count++], error, sizeof(error)));
		for (size_t i = 0; i < count; i++) {
			for (unsigned k = 0; k < all[i].row->n_fields; k++)
				all[i].columns[k] = (int)k;
		}
	}
	*n = count;
	return all;
}

struct method *fuzz_method(struct input *in)
{
	const uint8_t *end = in->left ? memchr(in->at, '\n', in->left) : NULL;
	const size_t length = end ? (size_t)(end - in->at) : in->left;
	size_t n, sum = 0;
	struct method *methods = fuzz_methods(&n), *found = NULL;
	for (size_t i = 0; i < n; i++) {
		if (strlen(methods[i].rpc) == length && !memcmp(methods[i].rpc, in->at, length))
			found = &methods[i];
	}
	for (size_t i = 0; i < length; i++)
		sum = sum * 31 + in->at[i];
	in->at += length + (end != NULL);
	in->left -= length + (end != NULL);
	return found ? found : &methods[sum % n];
}

/* A file that nobody else sees and that goes with the process. */
static int own_file(char path[64])
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0600) != 0)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

const char *fuzz_file(const struct input *in)
{
	static char path[64];
	static int fd = -1;
	if (fd < 0)
		fd = own_file(path);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, in->at, in->left, 0) != (ssize_t)in->left)
		abort();
	return path;
}

/* The same numbers each time, so that what was found is found again. */
static void not_random(void *const out, const size_t size)
{
	static uint32_t state = 26;
	for (size_t i = 0; i < size; i++) {
		state = state * 1664525 + 1013904223;
		((uint8_t *)out)[i] = (uint8_t)(state >> 24);
	}
}

static const char *name_of_random(void)
{
	return "not random";
}

static uint32_t one_number(void)
{
	uint32_t number;
	not_random(&number, sizeof(number));
	return number;
}

static void load_key(void)
{
	static const char line[] =
		"fuzzing 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	char path[64], error[512];
	const int fd = own_file(path);
	if (write(fd, line, sizeof(line) - 1) != sizeof(line) - 1 ||
	    !seal_init(path, error, sizeof(error)))
		abort();
}

void fuzz_daemon(void)
{
	static bool done;
	struct calls calls;
	char error[512];
	if (done)
		return;
	done = true;
	static randombytes_implementation same = {
		.implementation_name = name_of_random, .random = one_number, .buf = not_random};
	randombytes_set_implementation(&same);
	if (!methods_init(error, sizeof(error)) || !calls_init(&calls, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	load_key();
}

void fuzz_keys(struct keys *keys, const uint8_t (*list)[KEY_SIZE], const char *const *roles, int n)
{
	enum { MOST = 8, WIDTH = 3 };
	struct cell cells[(1 + MOST) * WIDTH] = {
		{"mark", 4, PG_TEXT}, {NULL, -1, PG_BYTEA}, {"", 0, PG_BYTEA}};
	char one[MOST][KEY_SIZE + 8];
	for (int i = 0; i < n && i < MOST; i++) {
		struct cell *cell = &cells[(1 + i) * WIDTH];
		memcpy(one[i], list[i], KEY_SIZE);
		pg_put64(one[i] + KEY_SIZE, (uint64_t)i + 7);
		cell[0] = (struct cell){roles[i], (int)strlen(roles[i]), PG_TEXT};
		cell[1] = (struct cell){one[i] + KEY_SIZE, 8, PG_BYTEA};
		cell[2] = (struct cell){one[i], sizeof(one[i]), PG_BYTEA};
	}
	const struct rows rows = {1 + n, WIDTH, cells};
	keys->job.done(&keys->job, &rows, NULL);
	require(keys_find(keys, list[n - 1]));
}

void fuzz_check_refusal(const struct status *status)
{
	require(status->code != CODE(OK) && status->code != CODE(INTERNAL));
	require(*status->reason && *status->message);
	require(strlen(status->reason) < sizeof(status->reason));
	require(strlen(status->message) < sizeof(status->message));
	require(strlen(status->field) < sizeof(status->field));
}

static bool is_odd(const ProtobufCMessage *message)
{
	const Google__Protobuf__Timestamp *at = (const void *)message;
	if (message->descriptor != &google__protobuf__timestamp__descriptor)
		return fuzz_has_odd_time(message);
	return at->seconds < INT64_C(-62135596800) || at->seconds > INT64_C(253402300799) ||
	       at->nanos < 0 || at->nanos > 999999999;
}

bool fuzz_has_odd_time(const ProtobufCMessage *message)
{
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *base = (const char *)message;
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		const bool repeats = field->label == PROTOBUF_C_LABEL_REPEATED;
		ProtobufCMessage *const *at = (const void *)(base + field->offset);
		const size_t n =
			repeats ? *(const size_t *)(base + field->quantifier_offset) : *at != NULL;
		if (repeats)
			at = *(ProtobufCMessage *const *const *)(const void *)at;
		for (size_t k = 0; k < n; k++) {
			if (is_odd(at[k]))
				return true;
		}
	}
	return false;
}

void fuzz_check_json(const ProtobufCMessage *message)
{
	char error[400] = "";
	char *text = json_write(message, JSON_PEOPLE, NULL, NULL);
	require(text);
	ProtobufCMessage *again = json_read(message->descriptor, text, error, sizeof(error));
	if (!again)
		fprintf(stderr, "%s\n%s\n", error, text);
	require(again);
	char *second = json_write(again, JSON_PEOPLE, NULL, NULL);
	require(second && !strcmp(text, second));
	protobuf_c_message_free_unpacked(again, NULL);
	free(second);
	free(text);
}
