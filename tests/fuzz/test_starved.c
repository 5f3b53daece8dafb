/*
 * Memory runs out: for each method the first request for memory fails, then the
 * second, and so on until one run meets no failure; then again with all of them
 * failing from the n-th on. Nothing breaks, nothing is kept, and an answer is
 * either the right one or one that promises nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call.h"
#include "codec.h"
#include "envelope.h"
#include "fuzz.h"
#include "heap.h"
#include "json.h"
#include "limit.h"
#include "log.h"
#include "sample.h"

enum { ME = 7, ELEMENTS = 3, CELLS = METHOD_FIELDS };

static long failures; /* that were met in all */

/*
 * Runs `try` with each request for memory failing in turn. `try` says whether it
 * went well, and must when no request failed.
 */
static void starve(bool (*try)(void *), void *arg)
{
	assert_true(try(arg)); /* what is made once and kept is made now */
	for (int further = 0; further < 2; further++) {
		for (long n = 1;; n++) {
			heap_watch(n, further);
			const bool good = try(arg);
			const struct heap heap = heap_seen();
			assert_int_equal(heap.blocks, 0);
			if (heap.taken < n) {
				assert_true(good);
				break;
			}
			failures++;
		}
	}
}

/* Only what says nothing about the request itself may be said then. */
static void check_status(const struct status *status)
{
	assert_true(status->code == CODE(RESOURCE_EXHAUSTED) || status->code == CODE(UNAVAILABLE));
	assert_true(*status->reason && *status->message);
}

/* One method, and its sample messages. */
struct sample {
	struct method *method;
	struct buffer request, reply;
	struct buffer right; /* what the reply is when memory does not run out */
	struct cell cells[CELLS];
	char bytes[64 * 1024];
};

static bool try_params(void *arg)
{
	const struct sample *s = arg;
	static struct arena arena;
	static struct params params;
	struct status status;
	int limit;
	arena_init(&arena, LIMIT_BUDGET);
	const bool good = codec_params(s->method, s->request.data, s->request.length, ME, &arena,
				       &params, &limit, &status);
	if (good)
		assert_int_equal(params.n, s->method->request->n_fields);
	else
		check_status(&status);
	arena_reset(&arena, 0);
	return good;
}

static bool try_reply(void *arg)
{
	struct sample *s = arg;
	struct buffer out = {0};
	struct status status;
	bool more;
	const struct rows rows = {1, (int)s->method->row->n_fields, s->cells};
	const bool good = codec_reply(s->method, &rows, 1, &out, &more, &status);
	if (good) {
		assert_int_equal(out.length, s->right.length);
		assert_memory_equal(out.data, s->right.data, out.length);
	} else {
		check_status(&status);
	}
	buffer_finish(&out);
	return good;
}

/* As the client reads it: the message, and then as JSON and back. */
static bool try_client(void *arg)
{
	const struct sample *s = arg;
	char error[200], *text = NULL;
	ProtobufCMessage *again = NULL;
	ProtobufCMessage *message =
		protobuf_c_message_unpack(s->method->reply, NULL, s->right.length, s->right.data);
	if (message)
		text = json_write(message, JSON_PEOPLE, NULL, NULL);
	if (text)
		again = json_read(s->method->reply, text, error, sizeof(error));
	const bool good = again;
	if (good) {
		const size_t size = protobuf_c_message_get_packed_size(message);
		assert_int_equal(protobuf_c_message_get_packed_size(again), size);
	}
	protobuf_c_message_free_unpacked(message, NULL);
	protobuf_c_message_free_unpacked(again, NULL);
	free(text);
	return good;
}

static void make_cells(struct sample *s)
{
	struct buffer cell = {0};
	char *at = s->bytes;
	for (unsigned i = 0; i < s->method->row->n_fields; i++) {
		buffer_clear(&cell);
		const uint32_t type = sample_cell(&s->method->row->fields[i], ELEMENTS, &cell);
		assert_true(at + cell.length <= s->bytes + sizeof(s->bytes));
		if (cell.length)
			memcpy(at, cell.data, cell.length);
		s->cells[i] = (struct cell){at, (int)cell.length, type};
		at += cell.length;
	}
	buffer_finish(&cell);
}

static void make_sample(struct sample *s, struct method *method)
{
	struct status status;
	bool more;
	s->method = method;
	make_cells(s);
	buffer_clear(&s->request);
	buffer_clear(&s->right);
	sample_message(method->request, ELEMENTS, &s->request);
	const struct rows rows = {1, (int)method->row->n_fields, s->cells};
	assert_true(codec_reply(method, &rows, 1, &s->right, &more, &status));
}

static void for_each_method(bool (*try)(void *))
{
	static struct sample sample;
	size_t n;
	struct method *methods = fuzz_methods(&n);
	failures = 0;
	for (size_t i = 0; i < n; i++) {
		make_sample(&sample, &methods[i]);
		starve(try, &sample);
	}
	print_message("%zu methods, %ld failures\n", n, failures);
	buffer_finish(&sample.request);
	buffer_finish(&sample.right);
}

static void requests(void **state)
{
	(void)state;
	for_each_method(try_params);
}

static void replies(void **state)
{
	(void)state;
	for_each_method(try_reply);
}

static void replies_at_the_client(void **state)
{
	(void)state;
	for_each_method(try_client);
}

/* A whole call, without a database: it is answered at most once, and by its id. */
struct whole {
	struct pool *pool;
	struct keys keys;
	uint8_t key[1][KEY_SIZE];
	struct incoming in;
	Coachhouse__V1__Code code;
	int replies;
};

static void take_reply(void *arg, const struct outgoing *out)
{
	struct whole *w = arg;
	static struct arena arena;
	arena_init(&arena, LIMIT_BUDGET);
	const Coachhouse__V1__ReplyHeader *header = coachhouse__v1__reply_header__unpack(
		&arena.allocator, out->header_size, out->header);
	assert_non_null(header);
	assert_int_equal(header->id.len, ENVELOPE_ID);
	w->code = header->code;
	w->replies++;
	arena_reset(&arena, 0);
}

static bool try_call(void *arg)
{
	struct whole *w = arg;
	const long places[LANES] = {8, 8, 8};
	struct calls calls = {.pool = w->pool, .keys = &w->keys, .send = take_reply, .arg = w};
	shares_init(&calls.shares, places);
	w->replies = 0;
	calls_handle(&calls, &w->in);
	assert_int_equal(calls.in_flight, 0);
	assert_true(w->replies <= 1);
	if (w->replies)
		assert_true(w->code == CODE(UNAVAILABLE) || w->code == CODE(RESOURCE_EXHAUSTED));
	calls_finish(&calls);
	shares_finish(&calls.shares);
	return w->replies == 1 && w->code == CODE(UNAVAILABLE);
}

static void whole_calls(void **state)
{
	static struct whole w = {.key = {{7}}};
	static const char *const roles[] = {"administrator"};
	static const struct connection_options options;
	const long none[LANES] = {0};
	struct buffer header = {0}, body = {0};
	char user[2 * KEY_SIZE + 1];
	size_t n;
	(void)state;
	w.pool = pool_create(&options, NULL, none);
	assert_true(w.pool && keys_init(&w.keys, w.pool));
	fuzz_keys(&w.keys, w.key, roles, 1);
	keys_write(w.key[0], user);
	const struct method *methods = methods_all(&n);
	for (size_t i = 0; i < n; i++) {
		if (!role_suffices(ROLE_ADMINISTRATOR, methods[i].role))
			continue;
		buffer_clear(&header);
		buffer_clear(&body);
		buffer_text(&header, 1, "0123456789abcdef", ENVELOPE_ID);
		buffer_text(&header, 2, methods[i].name, strlen(methods[i].name));
		buffer_number(&header, 5, 1);
		sample_message(methods[i].request, ELEMENTS, &body);
		w.in = (struct incoming){
			.door = DOOR_MAIN,
			.route = "route",
			.route_size = 5,
			.frames = 2,
			.header = header.data,
			.header_size = header.length,
			.body = body.data,
			.body_size = body.length,
			.user_id = user,
		};
		starve(try_call, &w);
	}
	buffer_finish(&header);
	buffer_finish(&body);
	keys_finish(&w.keys);
	pool_destroy(w.pool);
}

static int set_up(void **state)
{
	(void)state;
	fuzz_daemon();
	log_set_level(LOG_ERROR);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(replies),
		cmocka_unit_test(replies_at_the_client),
		cmocka_unit_test(whole_calls),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
