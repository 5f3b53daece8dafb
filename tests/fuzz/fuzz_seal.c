/*
 * The file of sealing keys, and sealed boxes. The first byte: '#' a file follows,
 * else a box that is altered by what follows: where (two bytes), and with what.
 */
#include "fuzz.h"
#include "seal.h"

enum { TEXT = 300 };

static void check_file(const struct input *in)
{
	char error[512] = "";
	const char *file = fuzz_file(in);
	if (!seal_init(file, error, sizeof(error))) {
		require(*error && strlen(error) < sizeof(error));
		return;
	}
	/* What can be loaded seals and opens. */
	const struct seal_label label = {"note", 7, "us"};
	uint8_t box[SEAL_OVERHEAD + 256], binding[SEAL_BINDING];
	char out[sizeof(box)], key[9];
	size_t length = 0;
	require(seal_size(4) == sizeof(box));
	seal_close(&label, "text", 4, box, binding);
	require(seal_open(&label, box, sizeof(box), binding, out, &length, key) == SEAL_OK);
	require(length == 4 && !memcmp(out, "text", 4));
}

static bool is_whole(const uint8_t *a, const uint8_t *b, size_t size)
{
	return !memcmp(a, b, size);
}

/* A box opens if it is as it was, and only then. */
static void check_box(struct input *in)
{
	static const struct seal_label label = {"note", 7, "us"};
	const size_t size = seal_size(TEXT);
	uint8_t was[4096], binding[SEAL_BINDING];
	char text[TEXT] = "what was said";
	seal_close(&label, text, sizeof(text), was, binding);
	const size_t cut = fuzz_byte(in) % 8 ? 0 : fuzz_byte(in);
	uint8_t *now = malloc(size - cut);
	char *out = malloc(size), key[9] = "";
	require(now && out);
	memcpy(now, was, size - cut);
	while (in->left >= 3) {
		const size_t at = fuzz_byte(in) * 256U + fuzz_byte(in);
		now[at % (size - cut)] ^= fuzz_byte(in);
	}
	size_t length = 0;
	const enum seal_result result =
		seal_open(&label, now, size - cut, binding, out, &length, key);
	require((result == SEAL_OK) == (!cut && is_whole(now, was, size)));
	require(result != SEAL_OK || (length == TEXT && !memcmp(out, text, TEXT)));
	require(strlen(key) <= 8);
	free(now);
	free(out);
}

void fuzz_seeds(void)
{
	fuzz_seed("whole", "b\1", 2);
	fuzz_seed("altered", "b\1\0\12\1", 5);
	fuzz_seed("cut", "b\0\7\0\60\200", 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	const uint8_t what = fuzz_byte(&in);
	static bool loaded;
	if (what == '#') {
		check_file(&in);
		loaded = false;
	} else {
		const struct input key = {(const uint8_t *)"a 000102030405060708090a0b0c0d0e0f"
							   "101112131415161718191a1b1c1d1e1f\n",
					  67};
		char error[512];
		if (!loaded)
			require(seal_init(fuzz_file(&key), error, sizeof(error)));
		loaded = true;
		check_box(&in);
	}
	return 0;
}
