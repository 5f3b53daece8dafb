/* JSON of messages, both styles and back: every type, its limits, and what is refused. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "booking.pb-c.h"
#include "coaches.pb-c.h"
#include "conversations.pb-c.h"
#include "enrolment.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "header.pb-c.h"
#include "json.h"
#include "people.pb-c.h"

/* A message with one field of each scalar type, as protoc-c would lay it out. */
struct every {
	ProtobufCMessage base;
	protobuf_c_boolean has_i32, has_u32, has_i64, has_u64, has_f, has_d, has_b, has_role;
	protobuf_c_boolean has_raw;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	float f;
	double d;
	protobuf_c_boolean b;
	Coachhouse__V1__Role role;
	ProtobufCBinaryData raw;
	char *some_text;
	Google__Protobuf__Timestamp *at;
	size_t n_numbers, n_texts, n_roles;
	int64_t *numbers;
	char **texts;
	Coachhouse__V1__Role *roles;
};

#define ONE(number, name, TYPE, type_of)                                                           \
	{                                                                                          \
#name, number, PROTOBUF_C_LABEL_OPTIONAL, PROTOBUF_C_TYPE_##TYPE,                  \
			offsetof(struct every, has_##name), offsetof(struct every, name), type_of, \
			NULL, 0, 0, NULL, NULL                                                     \
	}
#define POINTER(number, name, TYPE, type_of)                                          \
	{                                                                             \
#name, number, PROTOBUF_C_LABEL_OPTIONAL, PROTOBUF_C_TYPE_##TYPE, 0,  \
			offsetof(struct every, name), type_of, NULL, 0, 0, NULL, NULL \
	}
#define MANY(number, name, TYPE, type_of)                                                        \
	{                                                                                        \
#name, number, PROTOBUF_C_LABEL_REPEATED, PROTOBUF_C_TYPE_##TYPE,                \
			offsetof(struct every, n_##name), offsetof(struct every, name), type_of, \
			NULL, 0, 0, NULL, NULL                                                   \
	}

static const ProtobufCFieldDescriptor every_fields[] = {
	ONE(1, i32, INT32, NULL),
	ONE(2, u32, UINT32, NULL),
	ONE(3, i64, INT64, NULL),
	ONE(4, u64, UINT64, NULL),
	ONE(5, f, FLOAT, NULL),
	ONE(6, d, DOUBLE, NULL),
	ONE(7, b, BOOL, NULL),
	ONE(8, role, ENUM, &coachhouse__v1__role__descriptor),
	ONE(9, raw, BYTES, NULL),
	POINTER(10, some_text, STRING, NULL),
	POINTER(11, at, MESSAGE, &google__protobuf__timestamp__descriptor),
	MANY(12, numbers, INT64, NULL),
	MANY(13, texts, STRING, NULL),
	MANY(14, roles, ENUM, &coachhouse__v1__role__descriptor),
};

static void every_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor every_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "test.Every",
	.short_name = "Every",
	.sizeof_message = sizeof(struct every),
	.n_fields = sizeof every_fields / sizeof *every_fields,
	.fields = every_fields,
	.message_init = every_init,
};

static void every_init(ProtobufCMessage *message)
{
	memset(message, 0, sizeof(struct every));
	message->descriptor = &every_descriptor;
}

/* Reads, writes again in the style, and compares; NULL expects what was read. */
static void round_trip(const ProtobufCMessageDescriptor *type, enum json_style style,
		       const char *text, const char *expected)
{
	char error[200] = "";
	ProtobufCMessage *message = json_read(type, text, error, sizeof error);
	assert_string_equal(error, "");
	char *written = json_write(message, style, NULL, NULL), *packed = written;
	for (char *from = written; style == JSON_PEOPLE && *from; from++)
		if (*from != '\n' && *from != ' ')
			*packed++ = *from;
	if (style == JSON_PEOPLE)
		*packed = '\0';
	assert_string_equal(written, expected ? expected : text);
	free(written);
	protobuf_c_message_free_unpacked(message, NULL);
}

static void every_is(const char *field, const char *value, enum json_style style,
		     const char *expected_field, const char *expected)
{
	char text[300], wanted[300];
	snprintf(text, sizeof text, "{\"%s\": %s}", field, value);
	snprintf(wanted, sizeof wanted, "{\"%s\":%s,\"numbers\":[],\"texts\":[],\"roles\":[]}",
		 expected_field, expected);
	round_trip(&every_descriptor, style, text, wanted);
}

static void refused(const ProtobufCMessageDescriptor *type, const char *text, const char *says)
{
	char error[200] = "";
	assert_null(json_read(type, text, error, sizeof error));
	if (!strstr(error, says))
		fail_msg("%s is refused with: %s", text, error);
}

static void test_limits_of_numbers(void **state)
{
	(void)state;
	every_is("i32", "2147483647", JSON_PEOPLE, "i32", "2147483647");
	every_is("i32", "\"-2147483648\"", JSON_PEOPLE, "i32", "-2147483648");
	every_is("u32", "4294967295", JSON_PEOPLE, "u32", "4294967295");
	every_is("i64", "9007199254740993", JSON_PEOPLE, "i64", "\"9007199254740993\"");
	every_is("i64", "\"9223372036854775807\"", JSON_SQL, "i64", "9223372036854775807");
	every_is("i64", "-9223372036854775808", JSON_SQL, "i64", "-9223372036854775808");
	every_is("u64", "\"18446744073709551615\"", JSON_PEOPLE, "u64", "\"18446744073709551615\"");
	every_is("u64", "7", JSON_SQL, "u64", "7");
	every_is("u64", "\"18446744073709551615\"", JSON_SQL, "u64", "\"18446744073709551615\"");
	refused(&every_descriptor, "{\"i32\": 2147483648}", "i32: a number from -2147483648");
	refused(&every_descriptor, "{\"u32\": -1}", "u32: a number from 0");
	refused(&every_descriptor, "{\"i64\": \"9223372036854775808\"}", "i64: a whole number");
	refused(&every_descriptor, "{\"i64\": 1.5}", "i64: a whole number");
	refused(&every_descriptor, "{\"i64\": \" 1\"}", "i64: a whole number");
	refused(&every_descriptor, "{\"i64\": \"1x\"}", "i64: a whole number");
	refused(&every_descriptor, "{\"i64\": \"\"}", "i64: a whole number");
	refused(&every_descriptor, "{\"u64\": -1}", "u64: a whole number of at least 0");
	refused(&every_descriptor, "{\"u64\": \"18446744073709551616\"}", "u64: a whole");
	refused(&every_descriptor, "{\"i64\": 99999999999999999999}", "this is not JSON");
}

static void test_fractions(void **state)
{
	(void)state;
	every_is("d", "0.1", JSON_PEOPLE, "d", "0.1");
	every_is("d", "37.5", JSON_SQL, "d", "37.5");
	every_is("d", "3", JSON_PEOPLE, "d", "3.0");
	every_is("d", "0.30000000000000004", JSON_PEOPLE, "d", "0.30000000000000004");
	every_is("d", "\"NaN\"", JSON_PEOPLE, "d", "\"NaN\"");
	every_is("d", "\"-Infinity\"", JSON_SQL, "d", "\"-Infinity\"");
	every_is("f", "0.5", JSON_PEOPLE, "f", "0.5");
	refused(&every_descriptor, "{\"f\": 1e300}", "f: a smaller number");
	refused(&every_descriptor, "{\"d\": true}", "d: a number");
	refused(&every_descriptor, "{\"d\": \"\"}", "d: a number");
}

static void test_words(void **state)
{
	(void)state;
	every_is("b", "true", JSON_PEOPLE, "b", "true");
	every_is("b", "false", JSON_SQL, "b", "false");
	every_is("someText", "\"Zo\\u00eb \\u4e2d \\\"q\\\"\"", JSON_PEOPLE, "someText",
		 "\"Zoë中\\\"q\\\"\"");
	every_is("some_text", "\"\"", JSON_SQL, "some_text", "\"\"");
	every_is("role", "\"ROLE_COACH\"", JSON_PEOPLE, "role", "\"ROLE_COACH\"");
	every_is("role", "2", JSON_SQL, "role", "\"coach\"");
	refused(&every_descriptor, "{\"b\": 1}", "b: true or false");
	refused(&every_descriptor, "{\"someText\": 1}", "someText: text in quotes");
	refused(&every_descriptor, "{\"someText\": \"a\\u0000b\"}", "NUL");
	refused(&every_descriptor, "{\"role\": \"ROLE_KING\"}", "role: a value of Role");
	refused(&every_descriptor, "{\"role\": 99}", "role: a value of Role");
	refused(&every_descriptor, "{\"role\": -9223372036854775808}", "role: a value of Role");
}

static void test_bytes(void **state)
{
	(void)state;
	every_is("raw", "\"\"", JSON_PEOPLE, "raw", "\"\"");
	every_is("raw", "\"AA==\"", JSON_PEOPLE, "raw", "\"AA==\"");
	every_is("raw", "\"AP8\"", JSON_SQL, "raw", "\"\\\\x00ff\"");
	every_is("raw", "\"-_-_\"", JSON_PEOPLE, "raw", "\"+/+/\"");
	refused(&every_descriptor, "{\"raw\": \"A\"}", "raw: bytes in base64");
	refused(&every_descriptor, "{\"raw\": \"A A=\"}", "raw: bytes in base64");
	refused(&every_descriptor, "{\"raw\": \"AA======\"}", "raw: bytes in base64");
	refused(&every_descriptor, "{\"raw\": 7}", "raw: bytes in base64");
}

static void test_instants(void **state)
{
	(void)state;
	every_is("at", "\"2026-11-17T10:00:00Z\"", JSON_PEOPLE, "at", "\"2026-11-17T10:00:00Z\"");
	every_is("at", "\"2026-11-17T10:00:00.5+01:00\"", JSON_SQL, "at",
		 "\"2026-11-17T09:00:00.5Z\"");
	every_is("at", "\"1969-12-31T23:59:59.000000001Z\"", JSON_SQL, "at",
		 "\"1969-12-31T23:59:59.000000001Z\"");
	every_is("at", "\"9999-12-31t23:59:59z\"", JSON_SQL, "at", "\"9999-12-31T23:59:59Z\"");
	const char *const bad[] = {"2026-02-30T10:00:00Z",
				   "2026-11-17T10:00:00",
				   "2026-11-17 10:00:00Z",
				   "2026-11-17T24:00:00Z",
				   "2026-11-17T10:00Z",
				   "2026-11-17T10:00:00+0100",
				   "2026-11-17T10:00:00.Z",
				   "2026-11-17T10:00:00.1234567890Z",
				   "2026- 1-17T10:00:00Z",
				   "0000-01-01T00:00:00Z",
				   "x",
				   ""};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[80];
		snprintf(text, sizeof text, "{\"at\": \"%s\"}", bad[i]);
		refused(&every_descriptor, text, "at: an instant such as");
	}
	refused(&every_descriptor, "{\"at\": 7}", "at: an instant");
}

static void test_lists(void **state)
{
	(void)state;
	round_trip(&every_descriptor, JSON_PEOPLE,
		   "{\"numbers\":[\"1\",\"9007199254740993\"],\"texts\":[\"a\",\"\"],"
		   "\"roles\":[\"ROLE_COACH\",\"ROLE_MENTOR\"]}",
		   NULL);
	round_trip(&every_descriptor, JSON_SQL, "{\"numbers\":[],\"texts\":null,\"roles\":[2]}",
		   "{\"numbers\":[],\"texts\":[],\"roles\":[\"coach\"]}");
	refused(&every_descriptor, "{\"numbers\": 1}", "numbers: a list");
	refused(&every_descriptor, "{\"numbers\": [1, null]}", "numbers[1]: a whole number");
	refused(&every_descriptor, "{\"texts\": [\"a\", \"b\", 3]}", "texts[2]: text");
}

static void test_nested(void **state)
{
	(void)state;
	round_trip(&coachhouse__v1__list_sessions_reply__descriptor, JSON_PEOPLE,
		   "{\"sessions\":[{\"id\":\"1042\",\"starts\":\"2026-11-17T10:00:00Z\","
		   "\"state\":\"SESSION_STATE_BOOKED\",\"coachName\":\"Zoë\"},{\"id\":\"7\"}]}",
		   NULL);
	round_trip(&coachhouse__v1__import_people_request__descriptor, JSON_SQL,
		   "{\"rows\":[{\"line\":2,\"tokenHash\":\"/w==\"}],\"dryRun\":true}",
		   "{\"rows\":[{\"line\":2,\"token_hash\":\"\\\\xff\"}],\"dry_run\":true}");
	round_trip(&coachhouse__v1__get_session_reply__descriptor, JSON_SQL,
		   "{\"session\":{\"state\":\"SESSION_STATE_TO_BE_ARRANGED\"}}",
		   "{\"session\":{\"state\":\"to_be_arranged\"},\"conversations\":[]}");
	refused(&coachhouse__v1__import_people_request__descriptor,
		"{\"rows\": [{\"line\": 1}, {\"emial\": \"a\"}]}",
		"rows[1].emial: PersonRow has no such field");
}

static void test_absent(void **state)
{
	(void)state;
	round_trip(&coachhouse__v1__get_status_request__descriptor, JSON_PEOPLE, "{}", NULL);
	round_trip(&coachhouse__v1__book_session_request__descriptor, JSON_PEOPLE,
		   "{\"who\":null,\"minutes\":null}", "{}");
}

static void test_refused_whole(void **state)
{
	(void)state;
	const ProtobufCMessageDescriptor *type = &coachhouse__v1__book_session_request__descriptor;
	refused(type, "{\"whom\": \"x\"}", "whom: BookSessionRequest has no such field");
	refused(type, "{\"who\": \"a\", \"who\": \"b\"}", "duplicate");
	refused(type, "{\"everyDays\": 7, \"every_days\": 14}", "twice");
	refused(type, "[]", "an object in braces");
	refused(type, "3", "this is not JSON");
	refused(type, "", "this is not JSON");
	refused(type, "{\"who\": \"a\"} x", "this is not JSON");
	refused(type, "{\"who\": \"\xff\"}", "this is not JSON");
	refused(&coachhouse__v1__get_session_reply__descriptor, "{\"session\": 3}",
		"session: an object in braces");
	refused(&coachhouse__v1__get_session_reply__descriptor, "[1]", "an object in braces");
	char deep[10001];
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	refused(type, deep, "this is not JSON");
}

static char *replace_confidential(const ProtobufCFieldDescriptor *field,
				  const ProtobufCMessage *message, void *arg)
{
	if (message->descriptor != &coachhouse__v1__confidential__descriptor)
		return NULL;
	*(const char **)arg = field->name;
	return strdup("{\"box\":\"\\\\x00\"}");
}

static void test_hook(void **state)
{
	(void)state;
	Coachhouse__V1__Confidential text = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	Coachhouse__V1__Todo todo = COACHHOUSE__V1__TODO__INIT;
	const char *field = NULL;
	text.text = (char *)"not to be seen";
	todo.action_text = &text;
	char *written = json_write(&todo.base, JSON_SQL, replace_confidential, &field);
	assert_string_equal(written, "{\"action_text\":{\"box\":\"\\\\x00\"}}");
	assert_string_equal(field, "action_text");
	free(written);
}

static void test_text_that_is_not_utf8(void **state)
{
	(void)state;
	Coachhouse__V1__ListPeopleRequest request = COACHHOUSE__V1__LIST_PEOPLE_REQUEST__INIT;
	request.text = (char *)"\xff";
	assert_null(json_write(&request.base, JSON_SQL, NULL, NULL));
}

static void test_labels(void **state)
{
	(void)state;
	const ProtobufCEnumDescriptor *states = &coachhouse__v1__session_state__descriptor;
	char label[64];
	enum_label(states, COACHHOUSE__V1__SESSION_STATE__SESSION_STATE_MENTEE_MISSED, label,
		   sizeof label);
	assert_string_equal(label, "mentee_missed");
	enum_label(&coachhouse__v1__row_outcome__descriptor, 1, label, sizeof label);
	assert_string_equal(label, "added");
	enum_label(&coachhouse__v1__code__descriptor, 10, label, sizeof label);
	assert_string_equal(label, "aborted");
	enum_label(states, 99, label, sizeof label);
	assert_string_equal(label, "99");
	assert_int_equal(enum_value(states, "Mentee-Missed"), 5);
	assert_int_equal(enum_value(states, "booked"), 3);
	assert_int_equal(enum_value(states, "session"), -1);
	assert_int_equal(enum_value(states, ""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_of_numbers),
		cmocka_unit_test(test_fractions),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_instants),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_refused_whole),
		cmocka_unit_test(test_hook),
		cmocka_unit_test(test_text_that_is_not_utf8),
		cmocka_unit_test(test_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
