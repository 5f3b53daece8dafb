/* The header of a call, and of its reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "buffer.h"
#include "envelope.h"
#include "limit.h"

static const uint8_t id[ENVELOPE_ID] = "0123456789abcde";

static struct arena arena;
static struct buffer frame;
static struct envelope envelope;
static struct status status;

static bool reads(const uint8_t *data, size_t size)
{
	arena_reset(&arena, LIMIT_BUDGET);
	memset(&envelope, 0, sizeof(envelope));
	return envelope_read(data, size, &arena, &envelope, &status);
}

/* A header with these of its fields; NULL and 0: left out. */
static bool reads_header(const uint8_t *call, const char *method, uint64_t version)
{
	buffer_clear(&frame);
	if (call)
		buffer_text(&frame, 1, call, ENVELOPE_ID);
	if (method)
		buffer_text(&frame, 2, method, strlen(method));
	if (version)
		buffer_number(&frame, 5, version);
	return reads(frame.data, frame.length);
}

static bool reads_expiry(uint64_t seconds, uint64_t nanos)
{
	buffer_clear(&frame);
	buffer_text(&frame, 1, id, ENVELOPE_ID);
	const size_t mark = buffer_begin(&frame, 3);
	buffer_number(&frame, 1, seconds);
	buffer_number(&frame, 2, nanos);
	buffer_end(&frame, mark);
	buffer_number(&frame, 5, 1);
	return reads(frame.data, frame.length);
}

static void headers_are_read(void **state)
{
	(void)state;
	assert_true(reads_header(id, "coachhouse.v1.Booking/BookSession", 1));
	assert_memory_equal(envelope.id, id, ENVELOPE_ID);
	assert_string_equal(envelope.method, "coachhouse.v1.Booking/BookSession");
	assert_int_equal(envelope.expires, 0);
	assert_null(envelope.sign_in);
	assert_true(reads_header(id, NULL, 1));
	assert_string_equal(envelope.method, "");
}

static void a_sign_in_may_be_empty(void **state)
{
	(void)state;
	assert_true(reads_header(id, NULL, 1));
	buffer_text(&frame, 4, "", 0);
	assert_true(reads(frame.data, frame.length));
	assert_non_null(envelope.sign_in);
	assert_int_equal(envelope.sign_in_size, 0);
}

static void what_is_no_header_is_refused(void **state)
{
	static const uint8_t zeros[LIMIT_HEADER + 1];
	(void)state;
	assert_false(reads(zeros, sizeof(zeros)));
	assert_string_equal(status.reason, "BAD_HEADER");
	assert_false(reads(zeros, 1));
	assert_string_equal(status.reason, "BAD_FIELD");
	assert_false(reads_header(NULL, "x", 1));
	assert_string_equal(status.field, "id");
	assert_false(envelope.has_id);
	assert_false(reads_header(id, "x", 2));
	assert_string_equal(status.reason, "OTHER_VERSION");
	assert_true(envelope.has_id); /* so that the refusal finds its call */
}

static void an_expiry_is_a_time(void **state)
{
	(void)state;
	assert_true(reads_expiry(1794916800, 999999999));
	assert_int_equal(envelope.expires, INT64_C(1794916800999999));
	assert_true(reads_expiry(0, 0)); /* long past, and not: never */
	assert_int_equal(envelope.expires, 1);
	assert_false(reads_expiry((uint64_t)-1, 0));
	assert_string_equal(status.field, "expires");
	assert_false(reads_expiry(UINT64_C(253402300800), 0));
	assert_false(reads_expiry(0, (uint64_t)-1));
	assert_false(reads_expiry(0, 1000000000));
}

static void the_longest_refusal_fits(void **state)
{
	uint8_t out[ENVELOPE_SIZE];
	char endpoint[MOVED_ENDPOINT + 1] = "", key[65] = "";
	const struct moved moved = {endpoint, key};
	(void)state;
	memset(endpoint, 'x', MOVED_ENDPOINT);
	memset(key, 'x', sizeof(key) - 1);
	memset(&status, 'x', sizeof(status));
	status.code = CODE(INVALID_ARGUMENT);
	status.reason[sizeof(status.reason) - 1] = '\0';
	status.message[sizeof(status.message) - 1] = '\0';
	status.field[sizeof(status.field) - 1] = '\0';
	struct envelope call = {.has_id = true, .expires = INT64_MAX};
	memcpy(call.id, id, sizeof(call.id));
	const size_t size = envelope_write(&call, &status, true, INT64_MAX, &moved, out);
	assert_true(size <= sizeof(out));
	Coachhouse__V1__ReplyHeader *header = coachhouse__v1__reply_header__unpack(NULL, size, out);
	assert_non_null(header);
	assert_int_equal(header->n_fields, 1);
	assert_string_equal(header->fields[0]->sentence, status.message);
	assert_true(header->more);
	assert_string_equal(header->moved->endpoint, endpoint);
	assert_int_equal(header->expires->seconds, INT64_MAX / 1000000);
	coachhouse__v1__reply_header__free_unpacked(header, NULL);
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, LIMIT_BUDGET);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_reset(&arena, 0);
	buffer_finish(&frame);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_read),
		cmocka_unit_test(a_sign_in_may_be_empty),
		cmocka_unit_test(what_is_no_header_is_refused),
		cmocka_unit_test(an_expiry_is_a_time),
		cmocka_unit_test(the_longest_refusal_fits),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
