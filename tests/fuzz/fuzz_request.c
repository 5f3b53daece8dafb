/* Every request through the codec: the first line names the method, the rest is its body. */
#include "codec.h"
#include "common.pb-c.h"
#include "fuzz.h"
#include "limit.h"
#include "sample.h"

enum { ME = 7 };

static struct arena arenas[2];
static struct params params[2];

static bool holds_sealed(const ProtobufCFieldDescriptor *field, int depth)
{
	if (field->type != PROTOBUF_C_TYPE_MESSAGE || depth > LIMIT_DEPTH)
		return false;
	const ProtobufCMessageDescriptor *message = field->descriptor;
	if (message == &coachhouse__v1__confidential__descriptor)
		return true;
	for (unsigned i = 0; i < message->n_fields; i++) {
		if (holds_sealed(&message->fields[i], depth + 1))
			return true;
	}
	return false;
}

static void check_params(const struct method *method, const struct params *p, int limit)
{
	require(p->n == (int)method->request->n_fields);
	require(limit >= 1 && limit <= LIMIT_LIST);
	for (int i = 0; i < p->n; i++) {
		require(p->lengths[i] >= 0 && (p->values[i] || !p->lengths[i]));
		require(p->formats[i] || !p->values[i] ||
			memchr(p->values[i], 0, (size_t)p->lengths[i] + 1) ==
				p->values[i] + p->lengths[i]);
	}
}

/* What is sealed differs each time, but not in its length. */
static void check_same(const struct method *method)
{
	for (int i = 0; i < params[0].n; i++) {
		const struct params *a = &params[0], *b = &params[1];
		require(!a->values[i] == !b->values[i] && a->lengths[i] == b->lengths[i]);
		if (a->values[i] && !holds_sealed(&method->request->fields[i], 1))
			require(!memcmp(a->values[i], b->values[i], (size_t)a->lengths[i]));
	}
}

/* What was accepted is the same when it is packed again, and when it went through JSON. */
static void check_again(const struct method *method, const struct input *body, int limit)
{
	struct status status;
	int again;
	ProtobufCMessage *message =
		protobuf_c_message_unpack(method->request, NULL, body->left, body->at);
	require(message && !message->n_unknown_fields);
	const size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = malloc(size + !size);
	require(packed && protobuf_c_message_pack(message, packed) == size);
	/* The shortest form of a number may still be longer: -1 as an int32 takes ten bytes. */
	if (size <= LIMIT_FRAME) {
		require(codec_params(method, packed, size, ME, &arenas[1], &params[1], &again,
				     &status));
		require(again == limit);
		check_same(method);
	}
	if (!fuzz_has_odd_time(message))
		fuzz_check_json(message);
	free(packed);
	protobuf_c_message_free_unpacked(message, NULL);
}

void fuzz_seeds(void)
{
	size_t n;
	struct buffer out = {0};
	fuzz_daemon();
	struct method *methods = fuzz_methods(&n);
	for (size_t i = 0; i < n; i++) {
		buffer_clear(&out);
		buffer_bytes(&out, methods[i].rpc, strlen(methods[i].rpc));
		buffer_bytes(&out, "\n", 1);
		sample_message(methods[i].request, 2, &out);
		fuzz_seed(methods[i].rpc, out.data, out.length);
	}
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct status status;
	int limit;
	fuzz_daemon();
	const struct method *method = fuzz_method(&in);
	for (int i = 0; i < 2; i++)
		arena_init(&arenas[i], LIMIT_BUDGET);
	const bool good =
		codec_params(method, in.at, in.left, ME, &arenas[0], &params[0], &limit, &status);
	require(arenas[0].budget <= LIMIT_BUDGET);
	if (good) {
		check_params(method, &params[0], limit);
		check_again(method, &in, limit);
	} else {
		fuzz_check_refusal(&status);
	}
	for (int i = 0; i < 2; i++)
		arena_reset(&arenas[i], 0);
	return 0;
}
