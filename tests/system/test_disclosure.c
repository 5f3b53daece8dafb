/* Disclosure: asked for by one, approved by another, told to the two, read by one for some days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "schema.h"

#define ASK                                                                               \
	"'conversation': %lld, 'recipient': '%s', 'grounds': 'DISCLOSURE_GROUNDS_HARM', " \
	"'reason': 'somebody is at risk'"
#define DECIDE "'disclosure': %lld, 'event': 'DISCLOSURE_EVENT_%s'"
#define READ "'disclosure': %lld"

struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *recipient, *manager, *ada, *bea;
	long long conversation, session;
};

static long long log_note(const struct scene *s, const struct fixture_person *author,
			  const struct fixture_person *with, const char *start, const char *visible)
{
	return ask_number(
		ask(author, "LogConversation",
		    "'with': '%s', 'start': '%s', 'note': {'text': 'said in trust', 'visible': "
		    "'VISIBILITY_%s'}, 'actions': [{'action_text': {'text': 'agreed in trust', "
		    "'visible': 'VISIBILITY_US'}}]",
		    with->email, start, visible),
		"id");
	(void)s;
}

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-11-18T11:00:00Z");
	s->ada = s->f->admin;
	s->bea = fixture_person(s->f, "Bea Second", ADMINISTRATOR);
	s->coach = fixture_coach(s->f, "Cleo Coach");
	s->mentee = fixture_person(s->f, "Mina Mentee", MEMBER);
	s->recipient = fixture_person(s->f, "Sam Guard", MEMBER);
	s->manager = fixture_person(s->f, "Magda Manager", MANAGER);
	ask(s->ada, "SetManager", "'who': '%s', 'manager': '%s', 'from': '2026-01-01'",
	    s->mentee->email, s->manager->email);
	s->conversation = log_note(s, s->mentee, s->coach, "2026-11-02T10:00", "ME");
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

static long long request(const struct scene *s, long long conversation)
{
	return ask_number(ask(s->ada, "RequestDisclosure", ASK, conversation, s->recipient->email),
			  "id");
}

static const json_t *find_todo(const struct fixture_person *person, const char *kind, long long id)
{
	const json_t *todo = ask_find(ask(person, "ListTodo", "%s", ""), "todo");
	size_t i;
	const json_t *row;
	json_array_foreach(todo, i, row) if (!strcmp(ask_text(row, "kind"), kind) &&
					     ask_number(row, "id") == id) return row;
	return NULL;
}

static void from_asking_to_reading(void **state)
{
	const struct scene *s = *state;
	const long long id = request(s, s->conversation);
	/* Asked for, nobody reads it yet, and the two do not see what may come to nothing. */
	ask_refused(s->recipient, "ReviewDisclosure", "NOT_FOUND", READ, id);
	assert_int_equal(ask_count(ask(s->mentee, "ListDisclosures", "%s", ""), "disclosures"), 0);
	assert_int_equal(ask_count(ask(s->recipient, "ListDisclosures", "%s", ""), "disclosures"),
			 0);
	assert_null(find_todo(s->ada, "approve_disclosure", id));
	assert_non_null(find_todo(s->bea, "approve_disclosure", id));
	ask_refused(s->ada, "DecideDisclosure", "FOUR_EYES", DECIDE, id, "APPROVE");
	const json_t *approved = ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	assert_string_equal(ask_text(approved, "state"), "approved");
	/* Both of the conversation are told, to whom and why. */
	const struct fixture_person *const two[] = {s->mentee, s->coach};
	for (int i = 0; i < 2; i++) {
		const json_t *notice = find_todo(two[i], "disclosure_notice", id);
		assert_non_null(notice);
		assert_string_equal(ask_text(notice, "with_name"), "Sam Guard");
		const json_t *list = ask(two[i], "ListDisclosures", "%s", "");
		assert_string_equal(ask_text(list, "disclosures.0.reason"), "somebody is at risk");
		assert_string_equal(ask_text(list, "disclosures.0.decided_by"), "Bea Second");
		assert_int_equal(ask_number(list, "disclosures.0.reads"), 0);
		ask_refused(two[i], "ReviewDisclosure", "NOT_FOUND", READ, id);
	}
	/* The recipient reads it; nobody who asked for it or approved it does. */
	assert_non_null(find_todo(s->recipient, "read_disclosure", id));
	const json_t *read = ask(s->recipient, "ReviewDisclosure", READ, id);
	assert_string_equal(ask_text(read, "note.text"), "said in trust");
	assert_string_equal(ask_text(read, "action_text.0.text"), "agreed in trust");
	assert_string_equal(ask_text(read, "author_name"), "Mina Mentee");
	assert_null(find_todo(s->recipient, "read_disclosure", id));
	const struct fixture_person *const others[] = {s->ada, s->bea, s->manager};
	for (int i = 0; i < 3; i++)
		ask_refused(others[i], "ReviewDisclosure", "NOT_FOUND", READ, id);
	/* That one was told opens no other way. */
	ask_refused(s->recipient, "ReviewConversation", "NOT_FOUND", "'id': %lld", s->conversation);
	assert_int_equal(ask_count(ask(s->recipient, "ListActions", "%s", ""), "actions"), 0);
	/* Each time is kept, for the author to see. */
	ask(s->recipient, "ReviewDisclosure", READ, id);
	const json_t *list = ask(s->mentee, "ListDisclosures", "%s", "");
	assert_int_equal(ask_number(list, "disclosures.0.reads"), 2);
	assert_non_null(ask_find(list, "disclosures.0.first_read"));
	const json_t *looked = ask(s->mentee, "ListReadings", "'limit': 2");
	for (int i = 0; i < 2; i++) {
		char path[40];
		snprintf(path, sizeof path, "readings.%d.method", i);
		assert_string_equal(ask_text(looked, path), "ReviewDisclosure");
		snprintf(path, sizeof path, "readings.%d.reader", i);
		assert_int_equal(ask_number(looked, path), s->recipient->id);
	}
}

/* A refusal, a second thought, and time. */
static void how_it_ends(void **state)
{
	const struct scene *s = *state;
	const long long note = log_note(s, s->coach, s->mentee, "2026-11-03T10:00", "US");
	long long id = request(s, note);
	ask_refused(s->ada, "RequestDisclosure", "REQUESTED", ASK, note, s->recipient->email);
	ask(s->bea, "DecideDisclosure", DECIDE, id, "REFUSE");
	ask_refused(s->recipient, "ReviewDisclosure", "NOT_FOUND", READ, id);
	ask_refused(s->bea, "DecideDisclosure", "WRONG_STATE", DECIDE, id, "APPROVE");
	ask_refused(s->bea, "DecideDisclosure", "WRONG_STATE", DECIDE, id, "END");
	assert_null(find_todo(s->mentee, "disclosure_notice", id));
	id = request(s, note);
	ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	ask(s->ada, "DecideDisclosure", DECIDE, id, "END");
	ask_refused(s->recipient, "ReviewDisclosure", "OVER", READ, id);
	ask_refused(s->bea, "DecideDisclosure", "WRONG_STATE", DECIDE, id, "APPROVE");
	assert_non_null(find_todo(s->mentee, "disclosure_notice", id));
	id = request(s, note);
	ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	ask(s->recipient, "ReviewDisclosure", READ, id);
	struct fixture_daemon *later = fixture_daemon_add(s->f, "2026-11-25T12:00:00Z");
	struct fixture_person *then = ask_through(s->f, s->recipient, later);
	ask_refused(then, "ReviewDisclosure", "OVER", READ, id);
	fixture_daemon_stop(s->f, later);
	/* Who asked may take it back. */
	id = request(s, note);
	ask(s->ada, "DecideDisclosure", DECIDE, id, "REFUSE");
}

static void what_is_refused(void **state)
{
	const struct scene *s = *state;
	const long long note = log_note(s, s->mentee, s->coach, "2026-11-04T10:00", "US");
	ask_refused(s->coach, "RequestDisclosure", "NOT_ALLOWED", ASK, note, s->recipient->email);
	ask_refused(s->ada, "RequestDisclosure", "NOT_FOUND", ASK, 900000000001LL,
		    s->recipient->email);
	ask_refused(s->ada, "RequestDisclosure", "INVOLVED", ASK, note, s->coach->email);
	ask_refused(s->ada, "RequestDisclosure", "RECIPIENT_MANAGES", ASK, note, s->manager->email);
	ask_refused(s->ada, "RequestDisclosure", "NO_SUCH_PERSON", ASK, note, "Nobody Here");
	ask_refused(s->ada, "RequestDisclosure", "WHO_MISSING",
		    "'conversation': %lld, 'grounds': 'DISCLOSURE_GROUNDS_HARM', 'reason': 'x'",
		    note);
	ask_refused(s->ada, "RequestDisclosure", "NO_GROUNDS",
		    "'conversation': %lld, 'recipient': '%s', 'reason': 'curious'", note,
		    s->recipient->email);
	ask_refused(s->ada, "RequestDisclosure", "NO_REASON",
		    "'conversation': %lld, 'recipient': '%s', 'grounds': "
		    "'DISCLOSURE_GROUNDS_ILLEGALITY'",
		    note, s->recipient->email);
	/* The reason stays when one of the two is erased. */
	ask_refused(s->ada, "RequestDisclosure", "NAMED",
		    "'conversation': %lld, 'recipient': '%s', 'grounds': "
		    "'DISCLOSURE_GROUNDS_HARM', 'reason': 'told by Cleo Coach'",
		    note, s->recipient->email);
	/* Two records of one hour: whose is meant. */
	const json_t *mine = ask(s->mentee, "ReviewConversation", "'id': %lld", note);
	const long long session = ask_number(mine, "session");
	ask(s->coach, "LogConversation",
	    "'session': %lld, 'note': {'text': 'the coach on it', 'visible': 'VISIBILITY_ME'}",
	    session);
	ask_refused(s->ada, "RequestDisclosure", "WHOSE", ASK, session, s->recipient->email);
	const json_t *asked = ask(s->ada, "RequestDisclosure", ASK ", 'author': '%s'", session,
				  s->recipient->email, s->coach->email);
	assert_string_equal(ask_text(asked, "author_name"), "Cleo Coach");
	/* Whoever is to read it does not approve it. */
	const json_t *own = ask(s->ada, "RequestDisclosure", ASK, note, s->bea->email);
	ask_refused(s->bea, "DecideDisclosure", "FOUR_EYES", DECIDE,
		    (long long)ask_number(own, "id"), "APPROVE");
	ask_refused(s->bea, "DecideDisclosure", "NOT_FOUND", DECIDE, 900000000001LL, "APPROVE");
	/* Nor does one of the two, though they administer. */
	const struct fixture_person *ines = fixture_person(s->f, "Ines Involved", ADMINISTRATOR);
	const long long hers = log_note(s, ines, s->coach, "2026-11-05T10:00", "US");
	ask_refused(ines, "RequestDisclosure", "INVOLVED", ASK, hers, s->recipient->email);
	const long long id = request(s, hers);
	ask_refused(ines, "DecideDisclosure", "INVOLVED", DECIDE, id, "APPROVE");
	/* A recipient who came to be the manager meanwhile is not given it. */
	ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	ask(s->ada, "SetManager", "'who': '%s', 'manager': '%s'", ines->email, s->recipient->email);
	ask_refused(s->recipient, "ReviewDisclosure", "RECIPIENT_MANAGES", READ, id);
	ask(s->ada, "EndManager", "'who': '%s', 'manager': '%s', 'last_day': '2026-11-18'",
	    ines->email, s->recipient->email);
	/* Nor is it approved for somebody who was erased. */
	const struct fixture_person *gil = fixture_person(s->f, "Gil Gone", MEMBER);
	const json_t *late = ask(s->ada, "RequestDisclosure", ASK, hers, gil->email);
	ask(s->bea, "ErasePerson", "'who': '%s', 'reason': 'asked'", gil->email);
	ask_refused(s->bea, "DecideDisclosure", "GONE", DECIDE, (long long)ask_number(late, "id"),
		    "APPROVE");
}

static void performance_conversations_too(void **state)
{
	const struct scene *s = *state;
	const json_t *logged =
		ask(s->manager, "LogPerformance",
		    "'with': '%s', 'start': '2026-11-06T10:00', 'performance_note': {'text': 'hard "
		    "words', 'visible': 'VISIBILITY_US'}",
		    s->mentee->email);
	const long long id = request(s, ask_number(logged, "id"));
	ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	const json_t *read = ask(s->recipient, "ReviewDisclosure", READ, id);
	assert_string_equal(ask_text(read, "performance_note.text"), "hard words");
	assert_null(ask_find(read, "note"));
	assert_string_equal(ask_text(read, "kind"), "performance");
}

/* An administrator who is the recipient: kept once, with every other read of theirs. */
static void read_by_an_administrator(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *cy = fixture_person(s->f, "Cy Third", ADMINISTRATOR);
	const long long note = log_note(s, s->mentee, s->coach, "2026-11-09T10:00", "US");
	const long long id =
		ask_number(ask(s->ada, "RequestDisclosure", ASK, note, cy->email), "id");
	ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	ask(cy, "ReviewDisclosure", READ, id);
	const json_t *looked = ask(s->mentee, "ListReadings", "'limit': 2");
	assert_string_equal(ask_text(looked, "readings.0.method"), "ReviewDisclosure");
	assert_int_equal(ask_number(looked, "readings.0.reader"), cy->id);
	assert_true(ask_number(looked, "readings.1.reader") != cy->id);
}

/* The rules stand in the schema too, whatever a function would let through. */
static void the_schema_holds(void **state)
{
	const struct scene *s = *state;
	const long long note = log_note(s, s->mentee, s->coach, "2026-11-10T10:00", "US");
	const long long id = request(s, note);
	const long long who[] = {s->ada->id, s->recipient->id, s->mentee->id, s->coach->id};
	for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
		char sql[500];
		snprintf(sql, sizeof sql,
			 "DO $$ BEGIN UPDATE coachhouse.disclosure SET state = 'approved', "
			 "decided_by = %lld, decided = now(), until = now() WHERE id = %lld; RAISE "
			 "'approved'; EXCEPTION WHEN check_violation THEN END $$",
			 who[i], id);
		fixture_sql(s->f, sql);
	}
	/* Row security gives the recipient nothing, approved or not: only disclosed() does. */
	ask(s->bea, "DecideDisclosure", DECIDE, id, "APPROVE");
	char sql[300];
	fixture_sql(s->f, "BEGIN; SET LOCAL ROLE coachhouse_server");
	snprintf(sql, sizeof sql, "SELECT set_config('coachhouse.me', '%lld', true)",
		 (long long)s->recipient->id);
	fixture_sql(s->f, sql);
	char seen[40];
	snprintf(seen, sizeof seen, "%s",
		 fixture_sql(s->f,
			     "SELECT (SELECT count(*) FROM coachhouse.note) || ' ' || (SELECT "
			     "count(*) FROM coachhouse.action) || ' ' || (SELECT count(*) "
			     "FROM coachhouse.conversation)"));
	fixture_sql(s->f, "ROLLBACK");
	assert_string_equal(seen, "0 0 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_asking_to_reading),
		cmocka_unit_test(how_it_ends),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(performance_conversations_too),
		cmocka_unit_test(read_by_an_administrator),
		cmocka_unit_test(the_schema_holds),
	};
	return cmocka_run_group_tests_name("disclosure", tests, setup, teardown);
}
