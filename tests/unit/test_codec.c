/* Messages into rows and back, with every type; sealed text seals and opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "booking.pb-c.h"
#include "call.h"
#include "coaches.pb-c.h"
#include "codec.h"
#include "conversations.pb-c.h"
#include "keyring.h"
#include "limit.h"
#include "people.pb-c.h"
#include "pg_types.h"
#include "reports.pb-c.h"
#include "seal.h"

enum { ME = 1042, CELLS = 32 };

static char folder[] = "/tmp/coachhouse-test-XXXXXX", seal_file[64];
static struct arena arena;
static struct params params;
static struct status status;
static struct buffer out;
static int limit;
static bool more;

/* Cells of a row, and the bytes that they and nested records are made of. */
static struct cell cells[CELLS];
static char bytes[8192], *at;

static int set_up(void **state)
{
	struct calls calls;
	char error[512];
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(seal_file, sizeof(seal_file), "%s/seal.keys", folder);
	arena_init(&arena, LIMIT_BUDGET);
	if (methods_init(error, sizeof(error)) && calls_init(&calls, error, sizeof(error)) &&
	    keyring_create(seal_file, error, sizeof(error)) &&
	    seal_init(seal_file, error, sizeof(error)))
		return 0;
	print_error("%s\n", error);
	return -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_reset(&arena, 0);
	buffer_finish(&out);
	seal_finish();
	methods_finish();
	unlink(seal_file);
	return rmdir(folder);
}

static struct method *method(const char *name)
{
	char full[100];
	snprintf(full, sizeof(full), "coachhouse.v1.%s", name);
	struct method *found = (struct method *)methods_find(full);
	assert_non_null(found);
	return found;
}

static bool bind(const char *name, const void *message)
{
	uint8_t packed[65536];
	const size_t size = protobuf_c_message_pack(message, packed);
	arena_reset(&arena, LIMIT_BUDGET);
	memset(&params, 0xff, sizeof(params));
	return codec_params(method(name), packed, size, ME, &arena, &params, &limit, &status);
}

static void assert_parameter(int i, const void *value, int size)
{
	assert_non_null(params.values[i]);
	assert_int_equal(params.lengths[i], size);
	assert_memory_equal(params.values[i], value, (size_t)size);
}

static void requests_become_parameters(void **state)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	const struct method *book = method("Booking/BookSession");
	(void)state;
	request.who = (char *)"Karen";
	request.has_minutes = request.has_activity = request.has_skip_clashes = 1;
	request.minutes = 60;
	request.activity = COACHHOUSE__V1__ACTIVITY__ACTIVITY_MENTORING;
	request.skip_clashes = 1;
	assert_true(bind("Booking/BookSession", &request));
	assert_int_equal(params.n, 12);
	assert_parameter(0, "Karen", 5);
	assert_null(params.values[1]);
	assert_parameter(2, "\0\0\0\x3c", 4);
	assert_parameter(3, "mentoring", 9);
	assert_parameter(9, "\1", 1);
	assert_int_equal(book->types[0], PG_TEXT);
	assert_int_equal(book->types[2], PG_INT4);
	assert_int_equal(book->types[3], PG_NONE);
	assert_int_equal(book->types[9], PG_BOOL);
}

static void repeated_fields_become_arrays(void **state)
{
	Coachhouse__V1__SetProfileRequest request = COACHHOUSE__V1__SET_PROFILE_REQUEST__INIT;
	Coachhouse__V1__InvitePersonRequest invite = COACHHOUSE__V1__INVITE_PERSON_REQUEST__INIT;
	Coachhouse__V1__Role roles[] = {COACHHOUSE__V1__ROLE__ROLE_COACH,
					COACHHOUSE__V1__ROLE__ROLE_MANAGER};
	char *specialisms[] = {(char *)"a", (char *)"", (char *)"née"};
	(void)state;
	request.has_pledge_hours = 1;
	request.pledge_hours = 1.5;
	request.specialisms = specialisms;
	request.n_specialisms = 3;
	assert_true(bind("Coaches/SetProfile", &request));
	assert_parameter(1, "\x3f\xf8\0\0\0\0\0\0", 8);
	assert_parameter(4,
			 "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\3\0\0\0\1"
			 "\0\0\0\1a\0\0\0\0\0\0\0\4n\xc3\xa9"
			 "e",
			 37);
	assert_null(params.values[5]); /* absent */
	invite.roles = roles;
	invite.n_roles = 2;
	assert_true(bind("People/InvitePerson", &invite));
	assert_string_equal(params.values[3], "{coach,manager}");
	assert_int_equal(params.formats[3], 0);
}

static void nested_messages_become_jsonb(void **state)
{
	Coachhouse__V1__SetAvailabilityRequest request =
		COACHHOUSE__V1__SET_AVAILABILITY_REQUEST__INIT;
	Coachhouse__V1__Pattern one = COACHHOUSE__V1__PATTERN__INIT, two = one;
	Coachhouse__V1__Pattern *patterns[] = {&one, &two};
	(void)state;
	one.has_weekday = 1;
	one.weekday = 1;
	one.opens = (char *)"09:00";
	request.patterns = patterns;
	request.n_patterns = 2;
	assert_true(bind("Coaches/SetAvailability", &request));
	assert_int_equal(params.values[1][0], 1);
	const char *json = "[{\"weekday\":1,\"opens\":\"09:00\"},{}]";
	char got[200] = "";
	size_t n = 0;
	for (int i = 1; i < params.lengths[1]; i++)
		if (params.values[1][i] != ' ')
			got[n++] = params.values[1][i];
	assert_string_equal(got, json);
}

static void lists_ask_for_one_more(void **state)
{
	Coachhouse__V1__ListSessionsRequest request = COACHHOUSE__V1__LIST_SESSIONS_REQUEST__INIT;
	(void)state;
	assert_true(bind("Booking/ListSessions", &request));
	assert_int_equal(limit, 100);
	assert_parameter(5, "\0\0\0\x65", 4);
	request.has_limit = 1;
	request.limit = 7;
	assert_true(bind("Booking/ListSessions", &request));
	assert_int_equal(limit, 7);
	assert_parameter(5, "\0\0\0\x8", 4);
	request.limit = 100000;
	assert_true(bind("Booking/ListSessions", &request));
	assert_int_equal(limit, 100);
	request.limit = 0;
	assert_false(bind("Booking/ListSessions", &request));
	assert_string_equal(status.field, "limit");
}

static void a_request_has_a_budget(void **state)
{
	static uint8_t large[LIMIT_FRAME + 1];
	Coachhouse__V1__GetSessionRequest request = COACHHOUSE__V1__GET_SESSION_REQUEST__INIT;
	(void)state;
	assert_false(codec_params(method("Booking/GetSession"), large, sizeof(large), ME, &arena,
				  &params, &limit, &status));
	assert_string_equal(status.reason, "TOO_LARGE");
	arena_reset(&arena, 0);
	while (arena_take(&arena, 64))
		;
	request.has_id = 1;
	uint8_t packed[16];
	const size_t size = protobuf_c_message_pack(&request.base, packed);
	assert_false(codec_params(method("Booking/GetSession"), packed, size, ME, &arena, &params,
				  &limit, &status));
	assert_int_equal(status.code, CODE(RESOURCE_EXHAUSTED));
}

static struct cell *cell(int i, uint32_t type, const void *data, int length)
{
	if (length > 0)
		memcpy(at, data, (size_t)length);
	cells[i] = (struct cell){at, length, type};
	at += length > 0 ? length : 0;
	return &cells[i];
}

static void cell_number(int i, uint32_t type, int64_t number)
{
	char data[8];
	pg_put64(data, (uint64_t)number);
	const int length = type == PG_INT4 ? 4 : 8;
	cell(i, type, data + 8 - length, length);
}

static void all_null(void)
{
	at = bytes;
	for (int i = 0; i < CELLS; i++)
		cells[i] = (struct cell){NULL, -1, PG_TEXT};
}

/* Columns in the order of the fields, of types that fit. */
static void columns_in_order(struct method *m)
{
	for (unsigned i = 0; i < m->row->n_fields; i++)
		m->columns[i] = (int)i;
}

static ProtobufCMessage *reply_to(const char *name, int n_rows)
{
	struct method *m = method(name);
	columns_in_order(m);
	const struct rows rows = {n_rows, (int)m->row->n_fields, cells};
	buffer_clear(&out);
	if (!codec_reply(m, &rows, limit, &out, &more, &status))
		return NULL;
	ProtobufCMessage *message = protobuf_c_message_unpack(m->reply, NULL, out.length, out.data);
	assert_non_null(message);
	return message;
}

static void rows_become_replies(void **state)
{
	(void)state;
	all_null();
	cell_number(0, PG_INT8, 1042);
	cell_number(1, PG_INT4, -3);
	cell_number(2, PG_TIMESTAMPTZ, INT64_C(-946684800000000) + 1500000); /* 1970, 1.5 s */
	cell(3, PG_TIMESTAMPTZ, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8);	     /* infinity */
	cell(4, PG_TEXT, "", 0);
	cell(5, PG_TEXT, "Zoë", 4);
	Coachhouse__V1__MoveSessionReply *reply = (void *)reply_to("Booking/MoveSession", 1);
	assert_non_null(reply);
	assert_int_equal(reply->id, 1042);
	assert_int_equal(reply->version, -3);
	assert_int_equal(reply->starts->seconds, 1);
	assert_int_equal(reply->starts->nanos, 500000000);
	assert_null(reply->ends);
	assert_string_equal(reply->zone, "");
	assert_string_equal(reply->with_name, "Zoë");
	protobuf_c_message_free_unpacked(&reply->base, NULL);
}

static void no_row_is_not_found(void **state)
{
	(void)state;
	all_null();
	assert_null(reply_to("Booking/MoveSession", 0));
	assert_int_equal(status.code, CODE(NOT_FOUND));
}

static void lists_say_whether_there_is_more(void **state)
{
	const int fields = (int)method("People/ListKeys")->row->n_fields;
	(void)state;
	all_null();
	for (int row = 0; row < 3; row++)
		cell_number(row * fields, PG_INT8, row);
	limit = 2;
	Coachhouse__V1__ListKeysReply *reply = (void *)reply_to("People/ListKeys", 3);
	assert_int_equal(reply->n_keys, 2);
	assert_int_equal(reply->keys[1]->id, 1);
	assert_true(more);
	protobuf_c_message_free_unpacked(&reply->base, NULL);
	limit = 3;
	reply = (void *)reply_to("People/ListKeys", 3);
	assert_int_equal(reply->n_keys, 3);
	assert_false(more);
	protobuf_c_message_free_unpacked(&reply->base, NULL);
	reply = (void *)reply_to("People/ListKeys", 0);
	assert_int_equal(reply->n_keys, 0);
	protobuf_c_message_free_unpacked(&reply->base, NULL);
}

/* A record in binary of the first `n` cells; the cells are used up. */
static int make_record(char *record, int n)
{
	char *end = pg_put32(record, (uint32_t)n);
	for (int i = 0; i < n; i++) {
		end = pg_put32(end, cells[i].type);
		end = pg_put32(end, (uint32_t)cells[i].length);
		if (cells[i].length > 0)
			memcpy(end, cells[i].data, (size_t)cells[i].length);
		end += cells[i].length > 0 ? cells[i].length : 0;
	}
	return (int)(end - record);
}

/* An array in binary of one element, which stands `n` times in it. */
static int make_array(char *array, uint32_t type, const char *element, int length, int n)
{
	char *end = pg_put32(array, 1);
	end = pg_put32(end, 0);
	end = pg_put32(end, type);
	end = pg_put32(end, (uint32_t)n);
	end = pg_put32(end, 1);
	for (int i = 0; i < n; i++) {
		end = pg_put32(end, (uint32_t)length);
		memcpy(end, element, (size_t)length);
		end += length;
	}
	return (int)(end - array);
}

static void nested_rows_match_in_order(void **state)
{
	char record[256], array[1024];
	(void)state;
	all_null();
	cell_number(0, PG_INT4, 3); /* a RowResult, shorter than the message */
	cell(1, PG_OURS + 1, "refused", 7);
	cell(2, PG_TEXT, "No such organisation.", 21);
	const int size = make_record(record, 3);
	const int length = make_array(array, PG_RECORD, record, size, 2);
	all_null();
	cell(0, PG_BOOL, "\0", 1);
	cell(1, PG_RECORD_ARRAY, array, length);
	Coachhouse__V1__ImportPeopleReply *reply = (void *)reply_to("People/ImportPeople", 1);
	assert_non_null(reply);
	assert_true(reply->has_stored);
	assert_false(reply->stored);
	assert_int_equal(reply->n_rows, 2);
	assert_int_equal(reply->rows[1]->line, 3);
	assert_int_equal(reply->rows[1]->outcome, COACHHOUSE__V1__ROW_OUTCOME__ROW_OUTCOME_REFUSED);
	assert_string_equal(reply->rows[1]->sentence, "No such organisation.");
	assert_false(reply->rows[1]->has_id);
	protobuf_c_message_free_unpacked(&reply->base, NULL);
}

static void malformed_rows_are_our_fault_only(void **state)
{
	char record[64];
	(void)state;
	all_null();
	cell_number(0, PG_INT4, 1);
	const int size = make_record(record, 1);
	for (int cut = 1; cut < size; cut++) {
		all_null();
		cell(0, PG_RECORD, record, size - cut);
		assert_null(reply_to("Reports/ReportCapacity", 1));
		assert_int_equal(status.code, CODE(INTERNAL));
	}
	all_null();
	cell(2, PG_OURS, "imaginary", 9);
	assert_null(reply_to("Coaches/SetProfile", 1));
	all_null();
	cell(1, PG_INT8_ARRAY, "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\x7f\0\0\0\1", 20);
	assert_null(reply_to("Conversations/LogConversation", 0));
	cells[4] = cells[1];
	all_null();
	cell(4, PG_INT8_ARRAY, "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\x7f\0\0\0\1", 20);
	assert_null(reply_to("Conversations/LogConversation", 1));
}

static void dates_are_written_out(void **state)
{
	static const struct {
		int days;
		const char *date;
	} cases[] = {{0, "2000-01-01"},	    {59, "2000-02-29"},	   {60, "2000-03-01"},
		     {-1, "1999-12-31"},    {9817, "2026-11-17"},  {36524, "2099-12-31"},
		     {36583, "2100-02-28"}, {36584, "2100-03-01"}, {-36525, "1899-12-31"}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char days[4];
		all_null();
		pg_put32(days, (uint32_t)cases[i].days);
		cell(1, PG_DATE, days, 4);
		Coachhouse__V1__SetActionDueReply *reply =
			(void *)reply_to("Conversations/SetActionDue", 1);
		assert_string_equal(reply->due, cases[i].date);
		protobuf_c_message_free_unpacked(&reply->base, NULL);
	}
}

/* Undoes (\\xHEX,author,visible,\\xHEX) into the record that the database would give. */
static int stored(const char *literal, char *record)
{
	char box[65536], binding[64], visible[16];
	int64_t author;
	static uint8_t raw[32768];
	assert_int_equal(sscanf(literal,
				"(\\\\x%65535[0-9a-f],%" SCNd64 ",%15[a-z],\\\\x%63[0-9a-f])", box,
				&author, visible, binding),
			 4);
	const size_t size = strlen(box) / 2;
	for (size_t i = 0; i < size; i++)
		sscanf(box + 2 * i, "%2hhx", &raw[i]);
	for (size_t i = 0; i < SEAL_BINDING; i++)
		sscanf(binding + 2 * i, "%2hhx", &raw[size + i]);
	all_null();
	cell(0, PG_BYTEA, raw, (int)size);
	cell_number(1, PG_INT8, author);
	cell(2, PG_OURS + 2, visible, (int)strlen(visible));
	cell(3, PG_BYTEA, raw + size, SEAL_BINDING);
	return make_record(record, 4);
}

static void sealed_text_comes_back(void **state)
{
	Coachhouse__V1__LogConversationRequest request =
		COACHHOUSE__V1__LOG_CONVERSATION_REQUEST__INIT;
	Coachhouse__V1__Confidential note = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	char record[4096];
	(void)state;
	note.text = (char *)"we spoke of the move\nand of the summer";
	request.note = &note;
	assert_false(bind("Conversations/LogConversation", &request));
	assert_string_equal(status.field, "note"); /* who may read it was not said */
	note.has_visible = 1;
	note.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_US;
	assert_true(bind("Conversations/LogConversation", &request));
	assert_int_equal(params.formats[7], 0);
	assert_null(strstr(params.values[7], "summer"));
	const int size = stored(params.values[7], record);
	all_null();
	cell(9, PG_OURS, record, size);
	Coachhouse__V1__ReviewConversationReply *reply =
		(void *)reply_to("Conversations/ReviewConversation", 1);
	assert_non_null(reply);
	assert_string_equal(reply->note->text, note.text);
	assert_int_equal(reply->note->author, ME);
	assert_int_equal(reply->note->visible, note.visible);
	protobuf_c_message_free_unpacked(&reply->base, NULL);
	record[size - 1] ^= 1; /* its binding */
	all_null();
	cell(9, PG_OURS, record, size);
	assert_null(reply_to("Conversations/ReviewConversation", 1));
	assert_string_equal(status.reason, "SEAL_BROKEN");
	char *visible = record + size - SEAL_BINDING - 8 - 2;
	assert_memory_equal(visible, "us", 2);
	memcpy(visible, "es", 2); /* not even a word of ours */
	all_null();
	cell(9, PG_OURS, record, size);
	assert_null(reply_to("Conversations/ReviewConversation", 1));
	assert_string_equal(status.reason, "INTERNAL");
}

/* One of several that does not open is marked; the others are given, and then forgotten. */
static void a_list_marks_what_does_not_open(void **state)
{
	Coachhouse__V1__LogConversationRequest request =
		COACHHOUSE__V1__LOG_CONVERSATION_REQUEST__INIT;
	Coachhouse__V1__Confidential note = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	char record[4096];
	(void)state;
	note.text = (char *)"in note only";
	note.has_visible = 1;
	note.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_US;
	request.note = &note;
	assert_true(bind("Conversations/LogConversation", &request));
	/* Bound to "note", it does not open as an "action_text". */
	const int size = stored(params.values[7], record);
	all_null();
	cell(1, PG_OURS, record, size);
	Coachhouse__V1__ListActionsReply *reply = (void *)reply_to("Conversations/ListActions", 1);
	assert_non_null(reply);
	assert_int_equal(reply->n_actions, 1);
	assert_null(reply->actions[0]->action_text->text);
	assert_int_equal(reply->actions[0]->action_text->unopened,
			 COACHHOUSE__V1__UNOPENED__UNOPENED_BROKEN);
	assert_int_equal(reply->actions[0]->action_text->author, ME);
	protobuf_c_message_free_unpacked(&reply->base, NULL);
	all_null();
	cell(9, PG_OURS, record, size);
	protobuf_c_message_free_unpacked(reply_to("Conversations/ReviewConversation", 1), NULL);
	assert_true(out.secret);
	assert_non_null(memmem(out.data, out.room, note.text, 12));
	buffer_clear(&out);
	assert_null(memmem(out.data, out.room, note.text, 12));
	assert_false(out.secret);
}

/* It would stand in a receipt, which nobody seals again. */
static void a_write_replies_nothing_sealed(void **state)
{
	char error[256];
	struct method write = *method("Conversations/ReviewConversation");
	(void)state;
	assert_true(codec_prepare(&write, error, sizeof(error)));
	write.access = ACCESS_WRITE;
	assert_false(codec_prepare(&write, error, sizeof(error)));
	assert_non_null(strstr(error, "nothing sealed may stand"));
}

static void nested_text_is_sealed_too(void **state)
{
	Coachhouse__V1__LogConversationRequest request =
		COACHHOUSE__V1__LOG_CONVERSATION_REQUEST__INIT;
	Coachhouse__V1__AgreedAction action = COACHHOUSE__V1__AGREED_ACTION__INIT;
	Coachhouse__V1__AgreedAction *actions[] = {&action};
	Coachhouse__V1__Confidential text = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	(void)state;
	text.text = (char *)"ring the council";
	action.action_text = &text;
	action.owner = (char *)"me";
	request.actions = actions;
	request.n_actions = 1;
	assert_false(bind("Conversations/LogConversation", &request));
	assert_string_equal(status.field, "actions[0].action_text");
	text.has_visible = 1;
	text.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_US;
	assert_true(bind("Conversations/LogConversation", &request));
	char json[4096] = "";
	memcpy(json, params.values[8] + 1, (size_t)params.lengths[8] - 1);
	assert_null(strstr(json, "council"));
	assert_non_null(strstr(json, "\"box\":\"\\\\x01"));
	assert_non_null(strstr(json, "\"author\":1042"));
	assert_non_null(strstr(json, "\"visible\":\"us\""));
}

static void kept_replies_read_like_fresh_ones(void **state)
{
	char record[256];
	struct method *m = method("Booking/CancelSession");
	struct cell kept;
	(void)state;
	all_null();
	cell(0, PG_BOOL, "\1", 1); /* columns in the statement's order, with one to spare */
	cell_number(1, PG_INT8, 77);
	cell(2, PG_TEXT, "spare", 5);
	cell_number(3, PG_INT4, 2);
	cell(4, PG_TEXT, "Tom", 3);
	kept = (struct cell){record, make_record(record, 6), PG_BYTEA};
	memcpy(m->columns, (int[]){1, 3, 0, 4, 5}, 5 * sizeof(int));
	buffer_clear(&out);
	assert_true(codec_kept(m, &kept, &out, &status));
	Coachhouse__V1__CancelSessionReply *reply =
		coachhouse__v1__cancel_session_reply__unpack(NULL, out.length, out.data);
	assert_int_equal(reply->id, 77);
	assert_int_equal(reply->version, 2);
	assert_true(reply->late);
	assert_string_equal(reply->with_name, "Tom");
	assert_null(reply->starts);
	coachhouse__v1__cancel_session_reply__free_unpacked(reply, NULL);
	kept.length = 3;
	assert_false(codec_kept(m, &kept, &out, &status));
}

static void columns_must_fit(void **state)
{
	static const char *const names[] = {"version", "id", "state"};
	uint32_t types[] = {PG_INT4, PG_INT8, PG_OURS};
	struct method *m = method("Coaches/SetProfile");
	char error[256];
	(void)state;
	assert_true(codec_columns(m, 3, names, types, error, sizeof(error)));
	assert_int_equal(m->columns[0], 1);
	assert_false(codec_columns(m, 2, names, types, error, sizeof(error)));
	assert_non_null(strstr(error, "SetProfile.sql gives no column state"));
	types[0] = PG_INT8; /* does not fit an int32 */
	assert_false(codec_columns(m, 3, names, types, error, sizeof(error)));
	assert_non_null(strstr(error, "version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_become_parameters),
		cmocka_unit_test(repeated_fields_become_arrays),
		cmocka_unit_test(nested_messages_become_jsonb),
		cmocka_unit_test(lists_ask_for_one_more),
		cmocka_unit_test(a_request_has_a_budget),
		cmocka_unit_test(rows_become_replies),
		cmocka_unit_test(no_row_is_not_found),
		cmocka_unit_test(lists_say_whether_there_is_more),
		cmocka_unit_test(nested_rows_match_in_order),
		cmocka_unit_test(malformed_rows_are_our_fault_only),
		cmocka_unit_test(dates_are_written_out),
		cmocka_unit_test(sealed_text_comes_back),
		cmocka_unit_test(a_list_marks_what_does_not_open),
		cmocka_unit_test(a_write_replies_nothing_sealed),
		cmocka_unit_test(nested_text_is_sealed_too),
		cmocka_unit_test(kept_replies_read_like_fresh_ones),
		cmocka_unit_test(columns_must_fit),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
