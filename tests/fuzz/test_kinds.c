/* Fields of every kind, into parameters and back: those too that no method uses so far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "booking.pb-c.h"
#include "coaches.pb-c.h"
#include "codec.h"
#include "every.pb-c.h"
#include "fuzz.h"
#include "json.h"
#include "limit.h"
#include "log.h"
#include "pg_types.h"
#include "sample.h"
#include "seal.h"

enum { ME = 7, FIELDS = 22 };

static struct method *method;
static struct arena arena;
static struct params params;
static struct status status;
static struct buffer out;
static int limit;
static bool more;

static int set_up(void **state)
{
	struct input name = {(const uint8_t *)"Every", 5};
	(void)state;
	fuzz_daemon();
	log_set_level(LOG_ERROR);
	method = fuzz_method(&name);
	arena_init(&arena, LIMIT_BUDGET);
	return strcmp(method->rpc, "Every");
}

static int tear_down(void **state)
{
	(void)state;
	arena_reset(&arena, 0);
	buffer_finish(&out);
	return 0;
}

static bool bind(const Every__Every *message)
{
	uint8_t packed[4096];
	const size_t size = every__every__pack(message, packed);
	arena_reset(&arena, LIMIT_BUDGET);
	return codec_params(method, packed, size, ME, &arena, &params, &limit, &status);
}

static void assert_parameter(int field, const void *value, int size)
{
	assert_int_equal(params.lengths[field - 1], size);
	assert_memory_equal(params.values[field - 1], value, (size_t)size);
}

static void scalars(void **state)
{
	Every__Every every = EVERY__EVERY__INIT;
	(void)state;
	every.has_flag = every.has_small = every.has_large = every.has_natural = every.has_raw = 1;
	every.flag = 1;
	every.small = -2;
	every.large = INT64_MIN;
	every.natural = UINT32_MAX;
	every.raw = (ProtobufCBinaryData){3, (uint8_t *)"a\0b"};
	assert_true(bind(&every));
	assert_parameter(1, "\1", 1);
	assert_parameter(2, "\xff\xff\xff\xfe", 4);
	assert_parameter(3, "\x80\0\0\0\0\0\0\0", 8);
	assert_parameter(4, "\0\0\0\0\xff\xff\xff\xff", 8);
	assert_parameter(7, "a\0b", 3);
	assert_null(params.values[4]);
	every.raw.len = 0;
	assert_true(bind(&every));
	assert_non_null(params.values[6]); /* empty is not absent */
	assert_int_equal(params.lengths[6], 0);
}

static void arrays(void **state)
{
	Every__Every every = EVERY__EVERY__INIT;
	protobuf_c_boolean flags[] = {1, 0};
	int32_t smalls[] = {-1};
	int64_t larges[] = {5};
	double reals[] = {1.5};
	ProtobufCBinaryData raws[] = {{1, (uint8_t *)"x"}, {0, NULL}};
	(void)state;
	every.n_flags = every.n_raws = 2;
	every.n_smalls = every.n_larges = every.n_reals = 1;
	every.flags = flags;
	every.smalls = smalls;
	every.larges = larges;
	every.reals = reals;
	every.raws = raws;
	assert_true(bind(&every));
	assert_parameter(13, "\0\0\0\1\0\0\0\0\0\0\0\x10\0\0\0\2\0\0\0\1\0\0\0\1\1\0\0\0\1\0", 30);
	assert_parameter(14, "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\4\xff\xff\xff\xff",
			 28);
	assert_parameter(15, "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\1\0\0\0\1\0\0\0\x8\0\0\0\0\0\0\0\5",
			 32);
	assert_parameter(
		16, "\0\0\0\1\0\0\0\0\0\0\2\xbd\0\0\0\1\0\0\0\1\0\0\0\x8\x3f\xf8\0\0\0\0\0\0", 32);
	assert_parameter(18, "\0\0\0\1\0\0\0\0\0\0\0\x11\0\0\0\2\0\0\0\1\0\0\0\1x\0\0\0\0", 29);
	assert_int_equal(method->types[12], PG_BOOL_ARRAY);
	assert_int_equal(method->types[17], PG_BYTEA_ARRAY);
	assert_int_equal(method->types[19], PG_JSONB); /* of messages, also of times */
}

static void times_and_ranges(void **state)
{
	Every__Every every = EVERY__EVERY__INIT;
	Coachhouse__V1__TimeRange range = COACHHOUSE__V1__TIME_RANGE__INIT;
	Google__Protobuf__Timestamp from = GOOGLE__PROTOBUF__TIMESTAMP__INIT, to = from;
	(void)state;
	from.seconds = PG_EPOCH + 1;
	from.nanos = 2999;
	to.seconds = PG_EPOCH + 2;
	every.at = &from;
	every.range = &range;
	range.starts = &from;
	assert_false(bind(&every));
	assert_string_equal(status.field, "range");
	range.ends = &to;
	assert_true(bind(&every));
	assert_parameter(9, "\0\0\0\0\0\xf\x42\x42", 8);
	assert_parameter(10, "\2\0\0\0\x8\0\0\0\0\0\xf\x42\x42\0\0\0\x8\0\0\0\0\0\x1e\x84\x80", 25);
	to.seconds = from.seconds;
	assert_false(bind(&every)); /* it ends before it starts */
	to.seconds = INT64_C(253402300800);
	assert_false(bind(&every));
	assert_string_equal(status.field, "range");
	every.range = NULL;
	from.nanos = 1000000000;
	assert_false(bind(&every));
	assert_string_equal(status.field, "at");
	from.nanos = -1;
	assert_false(bind(&every));
	from.nanos = 0;
	from.seconds = INT64_C(-62135596801);
	assert_false(bind(&every));
}

static bool seals(Coachhouse__V1__Confidential *note, int64_t person)
{
	Every__Every every = EVERY__EVERY__INIT;
	uint8_t packed[4096];
	every.note = note;
	arena_reset(&arena, LIMIT_BUDGET);
	return codec_params(method, packed, every__every__pack(&every, packed), person, &arena,
			    &params, &limit, &status);
}

static void who_may_write(void **state)
{
	Coachhouse__V1__Confidential note = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	(void)state;
	note.has_visible = 1;
	note.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_ME;
	assert_false(seals(&note, ME)); /* nothing is written */
	note.text = (char *)"";
	assert_false(seals(&note, ME));
	assert_string_equal(status.field, "note");
	note.text = (char *)"x";
	assert_true(seals(&note, ME));
	note.has_author = 1;
	note.author = ME;
	assert_true(seals(&note, ME));
	note.author = ME + 1;
	assert_false(seals(&note, ME));
	note.has_author = 0;
	note.has_unopened = 1;
	note.unopened = COACHHOUSE__V1__UNOPENED__UNOPENED_BROKEN;
	assert_false(seals(&note, ME));
	note.has_unopened = 0;
	assert_false(seals(&note, 0)); /* a key that is nobody's */
	assert_string_equal(status.reason, "AUTHOR_UNKNOWN");
}

static void nesting_has_an_end(void **state)
{
	/* Each a message in a message: 4 are allowed. */
	static const uint8_t deep[] = {1 << 3 | 2, 6, 1 << 3 | 2, 4, 1 << 3 | 2, 2, 1 << 3 | 2, 0};
	struct violation violation;
	(void)state;
	assert_false(limit_check(&every__level1__descriptor, deep, sizeof(deep), &violation));
	assert_string_equal(violation.field, "level.level.too_deep.gap");
	assert_true(
		limit_check(&every__level2__descriptor, deep + 2, sizeof(deep) - 2, &violation));
}

static void what_is_sealed_deeper_is_refused_by_name(void **state)
{
	Every__Every every = EVERY__EVERY__INIT;
	Every__Nested nested = EVERY__NESTED__INIT, *parts[] = {&nested, &nested};
	Every__Deep deep = EVERY__DEEP__INIT;
	Coachhouse__V1__Confidential note = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	(void)state;
	every.parts = parts;
	every.n_parts = 2;
	nested.deep = &deep;
	deep.note = &note;
	note.text = (char *)"x";
	assert_false(bind(&every));
	assert_string_equal(status.field, "parts[0].note");
	note.has_visible = 1;
	note.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_US;
	assert_true(bind(&every));
	assert_int_equal(params.values[21][0], 1); /* jsonb */
}

static void packed_elements(void **state)
{
	static const uint8_t cut[] = {14 << 3 | 2, 2, 1, 0x80}; /* smalls: 1, and half a one */
	static const uint8_t whole[] = {14 << 3 | 2, 2, 1, 2};
	(void)state;
	arena_reset(&arena, LIMIT_BUDGET);
	assert_false(codec_params(method, cut, sizeof(cut), ME, &arena, &params, &limit, &status));
	assert_string_equal(status.field, "smalls[0]");
	assert_true(
		codec_params(method, whole, sizeof(whole), ME, &arena, &params, &limit, &status));
	assert_int_equal(params.lengths[13], 20 + 2 * 8);
}

/* One row in which the cell of `field` is this; the others are NULL. */
static Every__Every *answer(int field, uint32_t type, const void *data, int size)
{
	struct cell cells[FIELDS];
	for (int i = 0; i < FIELDS; i++)
		cells[i] = (struct cell){NULL, -1, PG_TEXT};
	cells[field - 1] = (struct cell){data, size, type};
	const struct rows rows = {1, FIELDS, cells};
	buffer_clear(&out);
	if (!codec_reply(method, &rows, 1, &out, &more, &status))
		return NULL;
	return every__every__unpack(NULL, out.length, out.data);
}

static void assert_no_answer(int field, uint32_t type, const void *data, int size)
{
	assert_null(answer(field, type, data, size));
	assert_int_equal(status.code, CODE(INTERNAL));
}

static void ranges_come_back(void **state)
{
	static const char whole[] =
		"\2\0\0\0\x8\0\0\0\0\0\xf\x42\x40\0\0\0\x8\0\0\0\0\0\x1e\x84\x80";
	static const char from_only[] = "\x12\0\0\0\x8\0\0\0\0\0\xf\x42\x40";
	(void)state;
	Every__Every *every = answer(10, PG_TSTZRANGE, whole, 25);
	assert_non_null(every);
	assert_int_equal(every->range->starts->seconds, PG_EPOCH + 1);
	assert_int_equal(every->range->ends->seconds, PG_EPOCH + 2);
	every__every__free_unpacked(every, NULL);
	every = answer(10, PG_TSTZRANGE, from_only, 13);
	assert_non_null(every->range->starts);
	assert_null(every->range->ends);
	every__every__free_unpacked(every, NULL);
	every = answer(10, PG_TSTZRANGE, "\1", 1); /* empty */
	assert_null(every->range->starts);
	every__every__free_unpacked(every, NULL);
	assert_no_answer(10, PG_TSTZRANGE, whole, 24);
	assert_no_answer(10, PG_TSTZRANGE, "\2\0\0\0\4\0\0\0\0\0\xf\x42\x40", 13);
}

static void numbers_fit_their_field(void **state)
{
	(void)state;
	assert_no_answer(2, PG_INT8, "\0\0\0\0\x80\0\0\0", 8);
	assert_no_answer(4, PG_INT8, "\0\0\0\1\0\0\0\0", 8);
	assert_no_answer(4, PG_INT8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_no_answer(3, PG_INT8, "\0\0\0", 3);
	assert_no_answer(5, PG_FLOAT8, "\0\0\0\0", 4);
	assert_no_answer(1, PG_BOOL, "\0\0", 2);
	assert_no_answer(9, PG_TIMESTAMPTZ, "\0\0\0\0", 4);
	Every__Every *every = answer(4, PG_INT8, "\0\0\0\0\xff\xff\xff\xff", 8);
	assert_true(every->natural == UINT32_MAX);
	every__every__free_unpacked(every, NULL);
	every = answer(2, PG_INT2, "\xff\xfe", 2);
	assert_int_equal(every->small, -2);
	every__every__free_unpacked(every, NULL);
}

static void a_reply_has_an_end(void **state)
{
	static char text[LIMIT_REPLY];
	(void)state;
	memset(text, 'x', sizeof(text));
	assert_null(answer(6, PG_TEXT, text, sizeof(text)));
	assert_string_equal(status.reason, "REPLY_TOO_LARGE");
	Every__Every *every = answer(6, PG_TEXT, text, sizeof(text) - 16);
	assert_non_null(every);
	every__every__free_unpacked(every, NULL);
}

/* A box that no loaded key opens names the key; a list shows the rest. */
static void sealed_with_another_key(void **state)
{
	struct buffer cell = {0};
	const uint32_t type = sample_cell(&method->row->fields[10], 1, &cell);
	char *name = memmem(cell.data, cell.length, "fuzzing", 7);
	(void)state;
	assert_non_null(name);
	Every__Every *every = answer(11, type, cell.data, (int)cell.length);
	assert_string_equal(every->note->text, "We spoke of the move.");
	every__every__free_unpacked(every, NULL);
	memcpy(name, "retired", 7);
	assert_null(answer(11, type, cell.data, (int)cell.length));
	assert_string_equal(status.reason, "SEAL_KEY_MISSING");
	assert_non_null(strstr(status.message, "retired"));
	buffer_finish(&cell);
}

static void assert_unread(const ProtobufCMessageDescriptor *descriptor, const char *json,
			  const char *why)
{
	char error[300] = "";
	assert_null(json_read(descriptor, json, error, sizeof(error)));
	if (!strstr(error, why))
		print_error("%s\n", error);
	assert_non_null(strstr(error, why));
}

/* The two names of a field are one field; so deep and no deeper. */
static void json_has_its_limits(void **state)
{
	static const char twice[] = "this field stands here twice";
	(void)state;
	assert_unread(&coachhouse__v1__add_away_reply__descriptor,
		      "{\"sessions_within\":[1],\"sessionsWithin\":[2]}", twice);
	assert_unread(&coachhouse__v1__move_session_reply__descriptor,
		      "{\"with_name\":\"a\",\"withName\":\"b\"}", twice);
	assert_unread(&every__level1__descriptor,
		      "{\"level\":{\"level\":{\"tooDeep\":{\"gap\":{\"first\":\"x\"}}}}}",
		      "nested more than 4 deep");
	assert_unread(&every__every__descriptor, "{\"at\":\"2026-11-17T10:00:00+24:00\"}",
		      "an instant");
}

/* What the database says of its columns must be what the field can hold. */
static void columns_fit_each_kind(void **state)
{
	static const struct {
		uint32_t good, bad;
	} types[FIELDS] = {
		{PG_BOOL, PG_INT4},	    {PG_INT2, PG_INT8},	       {PG_INT4, PG_TEXT},
		{PG_INT8, PG_INT4},	    {PG_FLOAT8, PG_INT8},      {PG_DATE, PG_INT4},
		{PG_BYTEA, PG_TEXT},	    {PG_OURS, PG_VARCHAR},     {PG_TIMESTAMPTZ, PG_DATE},
		{PG_TSTZRANGE, PG_OURS},    {PG_OURS, PG_TEXT},	       {PG_RECORD, PG_JSONB},
		{PG_BOOL_ARRAY, PG_BOOL},   {PG_INT4_ARRAY, PG_INT4},  {PG_INT4_ARRAY, PG_INT8},
		{PG_FLOAT8_ARRAY, 1},	    {PG_OURS, PG_TEXT},	       {PG_BYTEA_ARRAY, PG_BYTEA},
		{PG_TEXT_ARRAY, PG_TEXT},   {PG_OURS, PG_TIMESTAMPTZ}, {PG_RECORD_ARRAY, PG_RECORD},
		{PG_RECORD_ARRAY, PG_JSONB}};
	struct method own = *method;
	const char *names[FIELDS];
	uint32_t given[FIELDS];
	char error[300];
	(void)state;
	for (int i = 0; i < FIELDS; i++) {
		names[i] = own.row->fields[i].name;
		given[i] = types[i].good;
	}
	assert_true(codec_columns(&own, FIELDS, names, given, error, sizeof(error)));
	for (int i = 0; i < FIELDS; i++) {
		given[i] = types[i].bad;
		assert_false(codec_columns(&own, FIELDS, names, given, error, sizeof(error)));
		assert_non_null(strstr(error, names[i]));
		given[i] = types[i].good;
	}
}

static void what_is_no_row_is_found_at_start(void **state)
{
	static const struct {
		const ProtobufCMessageDescriptor *request, *reply;
		enum access access;
		const char *says;
	} cases[] = {
		{&every__holds_gap__descriptor, &every__every__descriptor, ACCESS_READ,
		 "every.Gap"},
		{&every__deep__descriptor, &every__level1__descriptor, ACCESS_READ, "too deep"},
		{&every__deep__descriptor, &every__listed__descriptor, ACCESS_READ, "limit"},
		{&every__deep__descriptor, &every__every__descriptor, ACCESS_WRITE, "sealed"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char error[300] = "";
		struct method own = {.name = "every.Every/None",
				     .request = cases[i].request,
				     .reply = cases[i].reply,
				     .access = cases[i].access,
				     .limit = -1};
		assert_false(codec_prepare(&own, error, sizeof(error)));
		assert_non_null(strstr(error, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars),
		cmocka_unit_test(arrays),
		cmocka_unit_test(times_and_ranges),
		cmocka_unit_test(who_may_write),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(what_is_sealed_deeper_is_refused_by_name),
		cmocka_unit_test(packed_elements),
		cmocka_unit_test(ranges_come_back),
		cmocka_unit_test(numbers_fit_their_field),
		cmocka_unit_test(a_reply_has_an_end),
		cmocka_unit_test(sealed_with_another_key),
		cmocka_unit_test(json_has_its_limits),
		cmocka_unit_test(columns_fit_each_kind),
		cmocka_unit_test(what_is_no_row_is_found_at_start),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
