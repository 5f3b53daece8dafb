/*
 * How much memory one message takes, at most: for every request a search for the
 * worst that a client could send, with all that is taken from the heap on its way
 * to parameters (coachhouse-protocol(7) gives the bound).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec.h"
#include "common.pb-c.h"
#include "fuzz.h"
#include "heap.h"
#include "limit.h"

enum {
	TIMES = 16, /* the frame, at most: what the manual says */
	ME = 7,
	ROOM = LIMIT_FRAME - 40, /* what is nested still gets its length */
	NOTE = LIMIT_NOTE,
};

static uint32_t state = 26;

static unsigned below(unsigned limit)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)(((uint64_t)state * limit) >> 32);
}

/* How a message is filled. */
struct style {
	unsigned elements, text, note, density; /* density: of 8 fields, how many are there */
	unsigned only;				/* one field of the request: its id; 0: all */
	const char *character;
};

static void choose(struct style *style)
{
	static const unsigned elements[] = {1, 3, 10, 40, 100, 500}, text[] = {0, 1, 20, 100, 200};
	static const unsigned notes[] = {1, 100, 500, 4000, NOTE};
	static const char *const characters[] = {"a", "\"", "é", "€", "🙂"};
	*style = (struct style){
		elements[below(6)],  text[below(5)], notes[below(5)], 1 + below(8), 0,
		characters[below(5)]};
}

static void put_text(uint32_t id, unsigned length, const struct style *style, struct buffer *out)
{
	const size_t width = strlen(style->character), mark = buffer_begin(out, id);
	for (unsigned i = 0; i < length && out->length + width < ROOM; i++)
		buffer_bytes(out, style->character, width);
	buffer_end(out, mark);
}

static void put_message(const ProtobufCMessageDescriptor *message, int depth,
			const struct style *style, struct buffer *out);

static void put_field(const ProtobufCFieldDescriptor *field, int depth, const struct style *style,
		      struct buffer *out)
{
	size_t mark;
	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		mark = buffer_begin(out, field->id);
		if (field->descriptor == &coachhouse__v1__confidential__descriptor) {
			put_text(1, style->note, style, out);
			buffer_number(out, 2, 2);
		} else {
			put_message(field->descriptor, depth + 1, style, out);
		}
		buffer_end(out, mark);
		break;
	case PROTOBUF_C_TYPE_STRING:
		put_text(field->id, style->text, style, out);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		buffer_text(out, field->id, "0123456789abcdef0123456789abcdef", 32);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		buffer_tag(out, field->id, PROTOBUF_C_WIRE_TYPE_64BIT);
		buffer_bytes(out, "\1\2\3\4\5\6\7\x7", 8);
		break;
	default: /* of an enum: its first choice */
		buffer_number(out, field->id, 1);
	}
}

/* In any order, so that each field is once the one that fills the frame. */
static void put_message(const ProtobufCMessageDescriptor *message, int depth,
			const struct style *style, struct buffer *out)
{
	const unsigned n = message->n_fields, first = n ? below(n) : 0;
	for (unsigned i = 0; i < n; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[(first + i) % n];
		if (style->only ? depth == 1 && field->id != style->only
				: below(8) >= style->density)
			continue;
		unsigned count = field->label == PROTOBUF_C_LABEL_REPEATED ? style->elements : 1;
		for (; count > 0; count--) {
			const size_t before = out->length;
			put_field(field, depth, style, out);
			if (out->length > ROOM) {
				out->length = before;
				break;
			}
		}
	}
}

/* What was taken, whether it was accepted or not; what is live is kept for the answer. */
static struct heap weigh(const struct method *method, const struct buffer *message, bool *accepted)
{
	static struct arena arena;
	static struct params params;
	struct status status;
	int limit;
	arena_init(&arena, LIMIT_BUDGET);
	heap_watch(0, 0);
	*accepted = codec_params(method, message->data, message->length, ME, &arena, &params,
				 &limit, &status);
	const struct heap heap = heap_seen();
	arena_reset(&arena, 0);
	return heap;
}

struct worst {
	size_t peak, size, kept;
	int accepted;
};

static struct worst search(const struct method *method, int tries)
{
	struct worst worst = {0};
	struct buffer message = {0};
	struct style style;
	for (int i = 0; i < tries; i++) {
		bool accepted;
		choose(&style);
		if (method->request->n_fields && below(2))
			style.only = 1 + below(method->request->n_fields);
		buffer_clear(&message);
		buffer_bytes(&message, "", 0);
		put_message(method->request, 1, &style, &message);
		assert_true(message.length <= LIMIT_FRAME);
		const struct heap heap = weigh(method, &message, &accepted);
		worst.accepted += accepted;
		if (accepted && heap.live > worst.kept)
			worst.kept = heap.live;
		if (heap.peak > worst.peak) {
			worst.peak = heap.peak;
			worst.size = message.length;
		}
	}
	buffer_finish(&message);
	return worst;
}

static void no_message_takes_more(void **state_)
{
	const char *given = getenv("TRIES");
	const int tries = given ? atoi(given) : getenv("COACHHOUSE_LONG") ? 2000 : 100;
	size_t n;
	struct worst most = {0};
	const char *which = "";
	(void)state_;
	const struct method *methods = fuzz_methods(&n);
	for (size_t i = 0; i < n; i++) {
		const struct worst worst = search(&methods[i], tries);
		assert_true(worst.accepted > 0);
		if (given)
			print_message("%-22s %7zu bytes for a message of %zu, %zu kept\n",
				      methods[i].rpc, worst.peak, worst.size, worst.kept);
		assert_true(worst.kept <= LIMIT_BUDGET + LIMIT_BUDGET / 16);
		if (worst.peak > most.peak) {
			most = worst;
			which = methods[i].rpc;
		}
	}
	print_message("most: %s, %zu bytes (%.1f frames) for a message of %zu\n", which, most.peak,
		      (double)most.peak / LIMIT_FRAME, most.size);
	assert_true(most.peak <= (size_t)TIMES * LIMIT_FRAME);
}

/* The heap is watched indeed: what is known to be taken is seen, and given back. */
static void what_is_taken_is_seen(void **state_)
{
	(void)state_;
	heap_watch(0, 0);
	void *one = malloc(100000), *two = strdup("text");
	struct heap heap = heap_seen();
	assert_true(heap.peak >= 100005 && heap.peak < 101000);
	assert_int_equal(heap.taken, 2);
	assert_int_equal(heap.blocks, 2);
	heap_watch(1, 0);
	void *three = malloc(10);
	heap = heap_seen();
	assert_null(three);
	free(one);
	free(two);
}

static int set_up(void **state_)
{
	(void)state_;
	fuzz_daemon();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_seen),
		cmocka_unit_test(no_message_takes_more),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
