/* What a message may hold, checked on its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "booking.pb-c.h"
#include "buffer.h"
#include "call.h"
#include "conversations.pb-c.h"
#include "limit.h"
#include "methods.h"
#include "people.pb-c.h"

#define BOOK (&coachhouse__v1__book_session_request__descriptor)
#define LOG (&coachhouse__v1__log_conversation_request__descriptor)

enum { WHO = 1, START = 2, MINUTES = 3, ACTIVITY = 4 }; /* of BookSessionRequest */
enum { NOTE = 8, ACTIONS = 9, DONE = 10, TEXT = 1, VISIBLE = 2, OWNER = 2 };
enum { VARINT = 0, BYTES = 2 };

static struct buffer message;
static struct violation violation;

static int set_up(void **state)
{
	struct calls calls;
	char error[256];
	(void)state;
	return methods_init(error, sizeof(error)) && calls_init(&calls, error, sizeof(error)) ? 0
											      : -1;
}

static int tear_down(void **state)
{
	(void)state;
	buffer_finish(&message);
	methods_finish();
	return 0;
}

static void text(uint32_t field, const char *value)
{
	buffer_text(&message, field, value, strlen(value));
}

static bool accepts(const ProtobufCMessageDescriptor *descriptor)
{
	memset(&violation, 0, sizeof(violation));
	const bool good = limit_check(descriptor, message.data, message.length, &violation);
	buffer_clear(&message);
	return good;
}

#define refuses(descriptor, field_, sentence_)                          \
	do {                                                            \
		assert_false(accepts(descriptor));                      \
		assert_string_equal(violation.field, field_);           \
		assert_non_null(strstr(violation.sentence, sentence_)); \
	} while (0)

static void ordinary_requests_pass(void **state)
{
	(void)state;
	assert_true(accepts(BOOK)); /* nothing at all */
	text(WHO, "Zoë Exämple 🙂");
	text(START, "2026-11-17T10:00");
	buffer_number(&message, MINUTES, 60);
	buffer_number(&message, ACTIVITY, 1);
	assert_true(accepts(BOOK));
}

static void text_is_clean_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *sentence;
	} bad[] = {
		{"a\0b", 3, "control"},
		{"a\nb", 3, "control"},
		{"\x7f", 1, "control"},
		{"\xc2\x85", 2, "control"},
		{"\xff", 1, "UTF-8"},
		{"\xc0\x80", 2, "UTF-8"},
		{"\xc3", 1, "UTF-8"},
		{"\xed\xa0\x80", 3, "UTF-8"},
		{"\xf4\x90\x80\x80", 4, "UTF-8"},
		{"\xe0\x80\x80", 3, "UTF-8"},
		{"\xc3\x28", 2, "UTF-8"},
		{"\x80", 1, "UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		buffer_text(&message, WHO, bad[i].bytes, bad[i].size);
		refuses(BOOK, "who", bad[i].sentence);
	}
}

static void text_has_a_length_in_characters(void **state)
{
	char long_text[2 * LIMIT_TEXT + 3];
	(void)state;
	for (int i = 0; i <= LIMIT_TEXT; i++)
		memcpy(long_text + 2 * i, "é", 2);
	buffer_text(&message, WHO, long_text, 2 * LIMIT_TEXT);
	assert_true(accepts(BOOK));
	buffer_text(&message, WHO, long_text, 2 * LIMIT_TEXT + 2);
	refuses(BOOK, "who", "200 characters");
}

static void notes_are_longer_and_have_lines(void **state)
{
	static char note[LIMIT_NOTE + 1];
	(void)state;
	memset(note, 'n', sizeof(note));
	memcpy(note, "one\n\ttwo", 8);
	size_t mark = buffer_begin(&message, NOTE);
	buffer_text(&message, TEXT, note, LIMIT_NOTE);
	buffer_number(&message, VISIBLE, 1);
	buffer_end(&message, mark);
	assert_true(accepts(LOG));
	mark = buffer_begin(&message, NOTE);
	buffer_text(&message, TEXT, note, LIMIT_NOTE + 1);
	buffer_end(&message, mark);
	refuses(LOG, "note.text", "16000 characters");
}

static void choices_are_those_of_the_enum(void **state)
{
	static const uint64_t bad[] = {0, 3, 999, UINT64_MAX, UINT64_C(1) << 32 | 1};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		buffer_number(&message, ACTIVITY, bad[i]);
		refuses(BOOK, "activity", "choices");
	}
}

static void fields_are_known_and_given_once(void **state)
{
	(void)state;
	buffer_number(&message, 99, 1);
	refuses(BOOK, "", "does not know");
	buffer_varint(&message, 0); /* field 0 */
	refuses(BOOK, "", "does not know");
	text(WHO, "a");
	text(WHO, "b");
	refuses(BOOK, "who", "twice");
	buffer_number(&message, WHO, 7);
	refuses(BOOK, "who", "another type");
	buffer_tag(&message, WHO, 3); /* a group */
	refuses(BOOK, "who", "cut off");
}

static void truncated_messages_are_refused(void **state)
{
	(void)state;
	text(WHO, "Karen");
	text(START, "2026-11-17T10:00");
	const size_t whole = message.length;
	for (size_t size = 1; size < whole; size++) {
		const bool at_end_of_field = size == 7;
		assert_int_equal(limit_check(BOOK, message.data, size, &violation),
				 at_end_of_field);
	}
	buffer_clear(&message);
	buffer_tag(&message, WHO, BYTES);
	buffer_varint(&message, UINT64_MAX);
	refuses(BOOK, "who", "cut off");
}

static void elements_are_counted(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT_ELEMENTS; i++)
		buffer_number(&message, DONE, 1);
	assert_true(accepts(LOG));
	for (int i = 0; i <= LIMIT_ELEMENTS; i++)
		buffer_number(&message, DONE, 1);
	refuses(LOG, "done[100]", "at most 100");
	const size_t mark = buffer_begin(&message, DONE); /* packed */
	for (int i = 0; i <= LIMIT_ELEMENTS; i++)
		buffer_varint(&message, 1);
	buffer_end(&message, mark);
	refuses(LOG, "done[100]", "at most 100");
	for (int i = 0; i <= 500; i++)
		buffer_text(&message, 1, "", 0);
	refuses(&coachhouse__v1__import_people_request__descriptor, "rows[500]", "at most 500");
}

static void refusals_name_the_path(void **state)
{
	(void)state;
	buffer_text(&message, ACTIONS, "", 0);
	const size_t action = buffer_begin(&message, ACTIONS);
	const size_t confidential = buffer_begin(&message, 1);
	text(TEXT, "bell \a");
	buffer_end(&message, confidential);
	buffer_end(&message, action);
	refuses(LOG, "actions[1].action_text.text", "control");
}

static void bytes_fields_are_short(void **state)
{
	static const uint8_t hash[33];
	(void)state;
	buffer_text(&message, 5, hash, 32);
	assert_true(accepts(&coachhouse__v1__invite_person_request__descriptor));
	buffer_text(&message, 5, hash, 33);
	refuses(&coachhouse__v1__invite_person_request__descriptor, "token_hash", "32 bytes");
}

static void an_exception_for_no_field_is_refused(void **state)
{
	const ProtobufCMessageDescriptor *few[] = {BOOK, NULL};
	char error[256];
	(void)state;
	assert_false(limit_init(few, error, sizeof(error)));
	assert_non_null(strstr(error, "no request has a field"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_requests_pass),
		cmocka_unit_test(text_is_clean_utf8),
		cmocka_unit_test(text_has_a_length_in_characters),
		cmocka_unit_test(notes_are_longer_and_have_lines),
		cmocka_unit_test(choices_are_those_of_the_enum),
		cmocka_unit_test(fields_are_known_and_given_once),
		cmocka_unit_test(truncated_messages_are_refused),
		cmocka_unit_test(elements_are_counted),
		cmocka_unit_test(refusals_name_the_path),
		cmocka_unit_test(bytes_fields_are_short),
		cmocka_unit_test(an_exception_for_no_field_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
