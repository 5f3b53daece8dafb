/*
 * What belongs to other people answers exactly as what is not there: every
 * method that takes an id or names a person, with everything of others. Read
 * from the table of methods and the messages, so that tomorrow's are tried too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "ask.h"
#include "json.h"
#include "methods.h"
#include "wire.h"

#define ABSENT "900000000001"

static struct fixture *f;
static const struct method *methods;
static size_t n_methods;

/* Otto and Olga, Mina and Cora: two pairs who know nothing of each other. */
static struct fixture_person *otto, *olga, *mina, *cora, *mara;

static int calls;

/* --- requests that only lack what is tried ------------------------------------- */

static const char *filler(const ProtobufCFieldDescriptor *field)
{
	static const struct {
		const char *name, *value;
	} fillers[] = {
		{"start", "'2099-01-05T10:00Z'"},
		{"zone", "'Europe/London'"},
		{"minutes", "60"},
		{"due", "'2099-01-05'"},
		{"until", "'2099-01-05'"},
		{"reason", "'because'"},
		{"note", "{'text': 'a', 'visible': 'VISIBILITY_US'}"},
	};
	for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
		if (!strcmp(field->name, fillers[i].name))
			return fillers[i].value;
	return NULL;
}

static void add_field(char *text, size_t size, const char *name, const char *value)
{
	const size_t used = strlen(text);
	snprintf(text + used, size - used, "%s'%s': %s", used > 1 ? ", " : "", name, value);
}

/* A request whose `tried` is `value`, and that is complete otherwise. */
static ProtobufCMessage *make_request(const struct method *method,
				      const ProtobufCFieldDescriptor *tried, const char *value)
{
	char text[1000] = "{", error[200], one[300];
	for (unsigned i = 0; i < method->request->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &method->request->fields[i];
		const bool many = field->label == PROTOBUF_C_LABEL_REPEATED;
		if (field == tried) {
			snprintf(one, sizeof one, "%s'%s'%s", many ? "[" : "", value,
				 many ? "]" : "");
			add_field(text, sizeof text, field->name, one);
		} else if (field->type == PROTOBUF_C_TYPE_ENUM && !many) {
			const ProtobufCEnumDescriptor *words = field->descriptor;
			snprintf(one, sizeof one, "'%s'", words->values[1].name);
			add_field(text, sizeof text, field->name, one);
		} else if (filler(field)) {
			add_field(text, sizeof text, field->name, filler(field));
		}
	}
	strcat(text, "}");
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	ProtobufCMessage *request = json_read(method->request, text, error, sizeof error);
	if (!request)
		fixture_fail("%s %s: %s", method->rpc, text, error);
	return request;
}

/* The reply on one line, with what was asked for taken out. Freed by the caller. */
static char *answer(struct wire *wire, const struct method *method,
		    const ProtobufCFieldDescriptor *tried, const char *value)
{
	uint8_t id[16];
	wire_id(id);
	ProtobufCMessage *request = make_request(method, tried, value);
	struct wire_reply reply = wire_ask(wire, id, method->name, request);
	char *text = wire_text(&reply);
	for (char *at; (at = strstr(text, value));)
		memmove(at, at + strlen(value), strlen(at + strlen(value)) + 1);
	wire_reply_free(&reply);
	protobuf_c_message_free_unpacked(request, NULL);
	calls++;
	return text;
}

static bool is_id(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_INT64 && strcmp(field->name, "after");
}

static bool is_person(const ProtobufCFieldDescriptor *field)
{
	static const char *const names[] = {"who", "coach", "mentee", "with", "missed_by"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (field->type == PROTOBUF_C_TYPE_STRING && !strcmp(field->name, names[i]))
			return true;
	return false;
}

/* --- what is whose ----------------------------------------------------------------- */

/* All that has an id, and whether `person` has to do with it. */
static char *ids_of(const struct fixture_person *person, bool theirs)
{
	char sql[2000];
	snprintf(
		sql, sizeof sql,
		"WITH all_ids (id, theirs) AS ("
		"SELECT id, %1$lld IN (coach, mentee) FROM coachhouse.session UNION ALL "
		"SELECT id, %1$lld IN (coach, mentee) FROM coachhouse.engagement UNION ALL "
		"SELECT id, %1$lld IN (coach, mentee) FROM coachhouse.conversation UNION ALL "
		"SELECT id, %1$lld IN (mentee, coalesce(coach, 0)) FROM coachhouse.request UNION ALL "
		"SELECT id, %1$lld IN (owner, other) FROM coachhouse.action UNION ALL "
		"SELECT id, coach = %1$lld FROM coachhouse.away UNION ALL "
		"SELECT id, coach = %1$lld FROM coachhouse.opening UNION ALL "
		"SELECT id, coach = %1$lld FROM coachhouse.pattern UNION ALL "
		"SELECT id, person = %1$lld FROM coachhouse.key UNION ALL "
		"SELECT id, person = %1$lld FROM coachhouse.invitation UNION ALL "
		"SELECT id, id = %1$lld FROM coachhouse.person) "
		"SELECT string_agg(id::text, ' ' ORDER BY id) FROM all_ids WHERE theirs = %2$s",
		(long long)person->id, theirs ? "true" : "false");
	char *ids = strdup(fixture_sql(f, sql));
	assert_non_null(ids);
	return ids;
}

/* Changes with whatever changes, receipts aside. */
static void fingerprint(char out[40])
{
	const char *sum = fixture_sql(
		f,
		"SELECT md5(string_agg(query_to_xml(format('SELECT * FROM coachhouse.%I t ORDER BY "
		"t::text', relname), true, false, '')::text, '' ORDER BY relname)) FROM pg_class "
		"WHERE relnamespace = 'coachhouse'::regnamespace AND relkind = 'r' "
		"AND relname <> 'receipt'");
	snprintf(out, 40, "%s", sum);
}

/* --- the tries ------------------------------------------------------------------------ */

static void try_ids(const struct fixture_person *caller, struct wire *wire,
		    const struct method *method, const ProtobufCFieldDescriptor *field)
{
	char before[40], after[40];
	char *ids = ids_of(caller, false), *rest = ids;
	char *absent = answer(wire, method, field, ABSENT);
	fingerprint(before);
	for (char *id; (id = strsep(&rest, " "));) {
		char *text = answer(wire, method, field, id);
		if (strcmp(text, absent))
			fixture_fail("%s: %s.%s = %s: \"%s\" instead of \"%s\"", caller->name,
				     method->rpc, field->name, id, text, absent);
		free(text);
	}
	fingerprint(after);
	if (strcmp(before, after))
		fixture_fail("%s changed with %s what is not theirs", caller->name, method->rpc);
	free(absent);
	free(ids);
}

typedef void (*try_field)(const struct fixture_person *caller, struct wire *wire,
			  const struct method *method, const ProtobufCFieldDescriptor *field);

static void try_all(const struct fixture_person *caller, enum role role,
		    bool (*fits)(const ProtobufCFieldDescriptor *field), try_field try)
{
	struct wire *wire = wire_open(f->daemons[0].endpoint, &caller->identity);
	for (size_t m = 0; m < n_methods; m++)
		for (unsigned i = 0; i < methods[m].request->n_fields; i++)
			if (role_suffices(role, methods[m].role) &&
			    fits(&methods[m].request->fields[i]))
				try(caller, wire, &methods[m], &methods[m].request->fields[i]);
	wire_close(&wire);
}

static void what_is_others_is_not_there(void **state)
{
	(void)state;
	calls = 0;
	try_all(otto, ROLE_MEMBER, is_id, try_ids);
	try_all(olga, ROLE_COACH, is_id, try_ids);
	try_all(mara, ROLE_MANAGER, is_id, try_ids);
	print_message("  %d calls\n", calls);
}

/* Nobody learns who is here by asking: by id, by address, by name. */
static void try_people(const struct fixture_person *caller, struct wire *wire,
		       const struct method *method, const ProtobufCFieldDescriptor *field)
{
	char id[24];
	snprintf(id, sizeof id, "%lld", (long long)mina->id);
	const char *const pairs[][2] = {{id, "900000001"},
					{mina->email, "nobody@example.net"},
					{mina->name, "Nobody Example"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char *text = answer(wire, method, field, pairs[i][0]);
		char *absent = answer(wire, method, field, pairs[i][1]);
		if (strcmp(text, absent))
			fixture_fail("%s: %s.%s = %s: \"%s\" instead of \"%s\"", caller->name,
				     method->rpc, field->name, pairs[i][0], text, absent);
		free(text);
		free(absent);
	}
}

static void strangers_are_not_here(void **state)
{
	(void)state;
	calls = 0;
	try_all(otto, ROLE_MEMBER, is_person, try_people);
	try_all(olga, ROLE_COACH, is_person, try_people);
	try_all(mara, ROLE_MANAGER, is_person, try_people);
	print_message("  %d calls\n", calls);
}

/* For each id field one of the caller's own must be there: else the tries above try nothing. */
static char missing[2000];

static void find_own(const struct fixture_person *caller, struct wire *wire,
		     const struct method *method, const ProtobufCFieldDescriptor *field)
{
	char name[120];
	snprintf(name, sizeof name, " %s.%s ", method->rpc, field->name);
	char *at = strstr(missing, name), *ids = at ? ids_of(caller, true) : NULL, *rest = ids;
	char *absent = at ? answer(wire, method, field, ABSENT) : NULL;
	for (char *id; at && (id = strsep(&rest, " "));) {
		char *text = answer(wire, method, field, id);
		if (strcmp(text, absent)) {
			memset(at + 1, '-', strlen(name) - 2);
			at = NULL;
		}
		free(text);
	}
	free(absent);
	free(ids);
}

static void note_missing(const struct fixture_person *caller, struct wire *wire,
			 const struct method *method, const ProtobufCFieldDescriptor *field)
{
	const size_t used = strlen(missing);
	(void)caller;
	(void)wire;
	/* Marks what is done; an id that is not there is passed over. */
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		snprintf(missing + used, sizeof missing - used, " %s.%s ", method->rpc,
			 field->name);
}

static void what_is_ones_own_is_there(void **state)
{
	(void)state;
	missing[0] = '\0';
	try_all(olga, ROLE_COACH, is_id, note_missing);
	try_all(olga, ROLE_COACH, is_id, find_own);
	try_all(otto, ROLE_MEMBER, is_id, find_own);
	if (strspn(missing, " -") != strlen(missing))
		fixture_fail("nobody has anything for%s (make one in this test's set-up)", missing);
}

/* --- two pairs, each with something of everything ------------------------------------- */

static void book_in(int days, struct fixture_person *coach, struct fixture_person *mentee)
{
	const time_t at = (time(NULL) / 86400 + days) * 86400 + 36000;
	char start[32];
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(start, sizeof start, "%Y-%m-%dT%H:%MZ", &tm);
	ask_book(mentee, coach, start);
}

static void live(struct fixture_person *coach, struct fixture_person *mentee)
{
	book_in(20, coach, mentee);
	book_in(21, coach, mentee);
	ask(mentee, "LogConversation",
	    "'start': '2026-01-20T10:00Z', 'with': '%s', 'note': {'text': 'for both', 'visible': "
	    "'VISIBILITY_US'}, 'actions': [{'action_text': {'text': 'to be done', 'visible': "
	    "'VISIBILITY_US'}}, {'action_text': {'text': 'this too', 'visible': 'VISIBILITY_US'}}]",
	    coach->email);
	ask(coach, "LogConversation",
	    "'start': '2026-01-21T10:00Z', 'with': '%s', 'note': {'text': 'for me', 'visible': "
	    "'VISIBILITY_ME'}",
	    mentee->name);
	ask(coach, "AddOpening", "'date': '2099-06-01', 'opens': '09:00', 'closes': '10:00'");
	ask(coach, "AddAway", "'from': '2099-07-01', 'to': '2099-07-02'");
	ask(mentee, "SubmitRequest", "'activity': 'ACTIVITY_MENTORING'");
}

static int setup(void **state)
{
	char error[300];
	f = fixture_start(NULL);
	*state = f;
	otto = fixture_person(f, "Otto Example", MEMBER);
	olga = fixture_coach(f, "Olga Example");
	mina = fixture_person(f, "Mina Example", MEMBER);
	cora = fixture_coach(f, "Cora Example");
	mara = fixture_person(f, "Mara Example", MANAGER);
	live(olga, otto);
	live(cora, mina);
	if (!methods_init(error, sizeof error))
		fixture_fail("%s", error);
	methods = methods_all(&n_methods);
	return 0;
}

static int teardown(void **state)
{
	methods_finish();
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_others_is_not_there),
		cmocka_unit_test(strangers_are_not_here),
		cmocka_unit_test(what_is_ones_own_is_there),
	};
	return cmocka_run_group_tests_name("others", tests, setup, teardown);
}
