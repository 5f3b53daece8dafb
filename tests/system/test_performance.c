/* Performance conversations, who manages whom, and the wall to what is said to a coach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "schema.h"

#define NOTE ", 'performance_note': {'text': '%s', 'visible': 'VISIBILITY_US'}"
#define PAST "'with': '%s', 'start': '%s'"

struct scene {
	struct fixture *f;
	const struct fixture_person *manager, *member, *coach, *other, *admin;
};

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-11-18T11:00:00Z");
	s->admin = s->f->admin;
	s->manager = fixture_person(s->f, "Magda Manager", MANAGER);
	s->member = fixture_person(s->f, "Stan Staff", MEMBER);
	s->coach = fixture_coach(s->f, "Cleo Coach");
	s->other = fixture_person(s->f, "Olga Other", MANAGER);
	ask(s->admin, "SetManager", "'who': '%s', 'manager': '%s', 'from': '2026-01-01'",
	    s->member->email, s->manager->email);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

static long long log_one(const struct fixture_person *author, const struct fixture_person *with,
			 const char *start, const char *text)
{
	return ask_number(ask(author, "LogPerformance", PAST NOTE, with->email, start, text), "id");
}

/* --- who manages whom ------------------------------------------------------------- */

static void managers_are_dated(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *ann = fixture_person(s->f, "Ann Example", MEMBER),
				    *ben = fixture_person(s->f, "Ben Example", MEMBER);
#define SET "'who': '%s', 'manager': '%s'"
	ask(s->admin, "SetManager", SET ", 'from': '2026-03-01', 'to': '2026-05-31'", ann->email,
	    ben->email);
	/* Not twice on one day, and not both ways. */
	ask_refused(s->admin, "SetManager", "MANAGED", SET ", 'from': '2026-05-31'", ann->email,
		    ben->email);
	ask_refused(s->admin, "SetManager", "MANAGED", SET ", 'from': '2026-02-01'", ben->email,
		    ann->email);
	ask(s->admin, "SetManager", SET ", 'from': '2026-06-01'", ben->email, ann->email);
	ask_refused(s->admin, "SetManager", "ONESELF", SET, ann->email, ann->email);
	ask_refused(s->admin, "SetManager", "BAD_PERIOD",
		    SET ", 'from': '2026-06-02', 'to': '2026-06-01'", ann->email, ben->email);
	ask_refused(s->member, "SetManager", "NOT_ALLOWED", SET, ann->email, ben->email);
	/* Two managers at once are nothing special. */
	ask(s->admin, "SetManager", SET, ben->email, s->other->email);
	const json_t *mine = ask(ben, "ListManagers", "%s", "");
	assert_int_equal(ask_count(mine, "managers"), 3);
	assert_int_equal(ask_count(ask(s->manager, "ListManagers", "%s", ""), "managers"), 1);
	assert_int_equal(
		ask_count(ask(s->admin, "ListManagers", "'who': '%s'", ann->email), "managers"), 2);
	ask_refused(s->admin, "EndManager", "BAD_PERIOD", SET ", 'last_day': '2026-05-30'",
		    ben->email, ann->email);
	const json_t *ended = ask(s->admin, "EndManager", SET ", 'last_day': '2026-11-01'",
				  ben->email, ann->email);
	assert_string_equal(ask_text(ended, "last_day"), "2026-11-01");
	ask_refused(s->admin, "EndManager", "NOT_MANAGED", SET, ben->email, ann->email);
	/* What never began is gone. */
	ask(s->admin, "SetManager", SET ", 'from': '2027-01-01'", ann->email, ben->email);
	ended = ask(s->admin, "EndManager", SET, ann->email, ben->email);
	assert_null(ask_find(ended, "last_day"));
	ask_refused(s->admin, "EndManager", "NOT_MANAGED", SET, ann->email, ben->email);
}

static void a_coach_does_not_manage_their_mentee(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *mia = fixture_person(s->f, "Mia Example", MEMBER);
	ask_book(mia, s->coach, "2026-11-27T10:00");
	ask_refused(s->admin, "SetManager", "ENGAGED", SET, mia->email, s->coach->email);
	ask_refused(s->admin, "SetManager", "ENGAGED", SET, s->coach->email, mia->email);
	/* Nor the other way round: one who manages, or will, is not booked. */
	const struct fixture_person *noa = fixture_person(s->f, "Noa Example", MEMBER);
	ask(s->admin, "SetManager", SET ", 'from': '2026-12-01'", noa->email, s->coach->email);
	ask_refused(noa, "BookSession", "LINE_MANAGER", "'who': '%s', 'start': '2026-11-28T10:00'",
		    s->coach->email);
}

/* --- records ---------------------------------------------------------------------- */

static void both_read_and_sign(void **state)
{
	const struct scene *s = *state;
	long long id = log_one(s->manager, s->member, "2026-11-02T10:00", "what we agreed");
	const json_t *read = ask(s->member, "ReviewConversation", "'id': %lld", id);
	assert_string_equal(ask_text(read, "performance_note.text"), "what we agreed");
	assert_string_equal(ask_text(read, "kind"), "performance");
	assert_string_equal(ask_text(read, "manager_name"), "Magda Manager");
	assert_string_equal(ask_text(read, "state"), "recorded");
	assert_null(ask_find(read, "note"));
	/* It waits for both. */
	const json_t *todo = ask(s->member, "ListTodo", "%s", "");
	assert_string_equal(ask_text(todo, "todo.0.kind"), "sign_conversation");
	assert_string_equal(ask_text(todo, "todo.0.with_name"), "Magda Manager");
	const json_t *signed_ = ask(s->member, "SignConversation", "'conversation': %lld", id);
	assert_string_equal(ask_text(signed_, "state"), "signed_by_member");
	ask_refused(s->member, "SignConversation", "SIGNED", "'conversation': %lld", id);
	assert_int_equal(ask_count(ask(s->member, "ListTodo", "%s", ""), "todo"), 0);
	signed_ = ask(s->manager, "SignConversation", "'conversation': %lld", id);
	assert_string_equal(ask_text(signed_, "state"), "signed");
	read = ask(s->manager, "ReviewConversation", "'id': %lld", id);
	assert_non_null(ask_find(read, "manager_signed"));
	assert_non_null(ask_find(read, "member_signed"));
	const json_t *list = ask(s->member, "ListConversations", "'who': '%s'", s->manager->email);
	assert_string_equal(ask_text(list, "conversations.0.state"), "signed");
}

static void who_is_neither_of_the_two(void **state)
{
	const struct scene *s = *state;
	long long id = log_one(s->member, s->manager, "2026-11-03T10:00", "between the two");
	const struct fixture_person *const nobody[] = {s->other, s->coach, s->admin};
	for (int i = 0; i < 3; i++) {
		ask_refused(nobody[i], "ReviewConversation", "NOT_FOUND", "'id': %lld", id);
		ask_refused(nobody[i], "SignConversation", "NOT_FOUND", "'conversation': %lld", id);
		ask_refused(nobody[i], "LogPerformance", "NOT_FOUND", "'replaces': %lld" NOTE, id,
			    "x");
		ask_refused(nobody[i], "PrepareConversation", "NOT_FOUND", "'replaces': %lld", id);
	}
	assert_int_equal(ask_count(ask(s->other, "ListConversations", "%s", ""), "conversations"),
			 0);
}

/* Only of those days, and only for both. */
static void only_a_manager_and_their_staff(void **state)
{
	const struct scene *s = *state;
	ask_refused(s->member, "LogPerformance", "NOT_MANAGED", PAST NOTE, s->manager->email,
		    "2025-12-31T10:00", "x");
	ask_refused(s->member, "LogPerformance", "NOT_MANAGED", PAST NOTE, s->coach->email,
		    "2026-11-03T15:00", "x");
	ask_refused(s->other, "LogPerformance", "NO_SUCH_PERSON", PAST NOTE, s->member->email,
		    "2026-11-03T15:00", "x");
	ask_refused(s->member, "LogPerformance", "NOT_YET", PAST NOTE, s->manager->email,
		    "2026-11-18T10:30", "x");
	ask_refused(s->member, "LogPerformance", "BAD_TIME", "'with': '%s'" NOTE, s->manager->email,
		    "x");
	ask_refused(s->member, "LogPerformance", "WHO_MISSING", "'start': '2026-11-03T15:00'" NOTE,
		    "x");
	ask_refused(s->member, "LogPerformance", "NOTHING_SAID", PAST, s->manager->email,
		    "2026-11-03T15:00");
	ask_refused(s->member, "LogPerformance", "READ_BY_BOTH",
		    PAST ", 'performance_note': {'text': 'x', 'visible': 'VISIBILITY_ME'}",
		    s->manager->email, "2026-11-03T15:00");
	/* The same hour is on record once, whoever writes. */
	long long id = log_one(s->member, s->manager, "2026-11-04T10:00", "mine");
	char number[32];
	snprintf(number, sizeof number, "(%lld)", id);
	const struct coachhouse_failure *failure =
		ask_refused(s->manager, "LogPerformance", "RECORDED", PAST NOTE, s->member->email,
			    "2026-11-04T10:30", "x");
	assert_non_null(strstr(failure->message, number));
}

/* A correction is a record of its own: the old one stays as it was. */
static void a_correction_takes_the_place(void **state)
{
	const struct scene *s = *state;
	long long old = log_one(s->manager, s->member, "2026-11-05T10:00", "the first words");
	ask(s->manager, "SignConversation", "'conversation': %lld", old);
	ask(s->member, "SignConversation", "'conversation': %lld", old);
	long long new = ask_number(
		ask(s->member, "LogPerformance", "'replaces': %lld" NOTE, old, "better words"),
		"id");
	ask_refused(s->manager, "LogPerformance", "CORRECTED", "'replaces': %lld" NOTE, old, "x");
	ask(s->member, "SignConversation", "'conversation': %lld", new);
	/* Until both have signed it, the old one stands. */
	const json_t *read = ask(s->member, "ReviewConversation", "'id': %lld", old);
	assert_string_equal(ask_text(read, "state"), "signed");
	ask(s->manager, "SignConversation", "'conversation': %lld", new);
	read = ask(s->member, "ReviewConversation", "'id': %lld", old);
	assert_string_equal(ask_text(read, "state"), "replaced");
	assert_string_equal(ask_text(read, "performance_note.text"), "the first words");
	assert_non_null(ask_find(read, "manager_signed"));
	ask_refused(s->member, "SignConversation", "SIGNED", "'conversation': %lld", old);
	read = ask(s->manager, "ReviewConversation", "'id': %lld", new);
	assert_int_equal(ask_number(read, "replaces"), old);
	/* It took place once. */
	const json_t *evidence =
		ask(s->admin, "ListEvidence", "'from': '2026-11-05', 'to': '2026-11-05'");
	assert_int_equal(ask_count(evidence, "evidence"), 1);
	assert_int_equal(ask_number(evidence, "evidence.0.id"), old);
	assert_string_equal(ask_text(evidence, "evidence.0.state"), "signed");
	/* One that nobody signed is replaced all the same. */
	old = log_one(s->manager, s->member, "2026-11-05T14:00", "a slip");
	new = ask_number(ask(s->manager, "LogPerformance", "'replaces': %lld" NOTE, old, "no slip"),
			 "id");
	ask(s->manager, "SignConversation", "'conversation': %lld", new);
	ask(s->member, "SignConversation", "'conversation': %lld", new);
	ask_refused(s->member, "SignConversation", "WRONG_STATE", "'conversation': %lld", old);
}

/* --- the wall --------------------------------------------------------------------- */

static const char *as(const struct scene *s, const struct fixture_person *who, const char *rank,
		      const char *sql)
{
	static char result[200];
	char text[300];
	fixture_sql(s->f, "BEGIN; SET LOCAL ROLE coachhouse_server");
	snprintf(text, sizeof text, "SET LOCAL search_path = %s", schema_search_path());
	fixture_sql(s->f, text);
	snprintf(text, sizeof text,
		 "SELECT set_config('coachhouse.me', '%lld', true), "
		 "set_config('coachhouse.rank', '%s', true)",
		 (long long)who->id, rank);
	fixture_sql(s->f, text);
	const char *found = fixture_sql(s->f, sql);
	snprintf(result, sizeof result, "%s", found ? found : "");
	fixture_sql(s->f, "ROLLBACK");
	return result;
}

/* What Stan says to his coach: his manager does not even learn that there is something. */
static void a_manager_sees_nothing_of_the_pool(void **state)
{
	const struct scene *s = *state;
	long long later = ask_book(s->member, s->coach, "2026-11-26T10:00");
	const json_t *logged = ask(s->member, "LogConversation",
				   "'with': '%s', 'start': '2026-11-06T10:00', 'note': {'text': "
				   "'about my manager', 'visible': 'VISIBILITY_US'}",
				   s->coach->email);
	long long ids[] = {later, ask_number(logged, "id"), ask_number(logged, "session")};
	for (int i = 0; i < 3; i++) {
		ask_refused(s->manager, "ReviewConversation", "NOT_FOUND", "'id': %lld", ids[i]);
		ask_refused(s->manager, "GetSession", "NOT_FOUND", "'id': %lld", ids[i]);
		ask_refused(s->manager, "SignConversation", "NOT_FOUND", "'conversation': %lld",
			    ids[i]);
	}
	/* Whoever manages records an hour at that very time, and is not told that it was taken. */
	ask(s->manager, "LogPerformance", PAST NOTE, s->member->email, "2026-11-06T10:00", "x");
	static const char *const tables[] = {"session", "participation", "engagement",
					     "request", "conversation",	 "note",
					     "action"};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[100];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.%s", tables[i]);
		assert_string_equal(as(s, s->manager, "manager", sql), "0");
		assert_string_not_equal(
			fixture_sql(s->f, "SELECT count(*) FROM coachhouse.session"), "0");
	}
	static const char *const lists[] = {"ListSessions", "ListEngagements", "ListRequests",
					    "ListActions"};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const json_t *reply = ask(s->manager, lists[i], "%s", "");
		const json_t *rows = json_object_iter_value(json_object_iter((json_t *)reply));
		assert_int_equal(json_array_size(rows), 0);
	}
	/* Nor by his name. */
	assert_int_equal(ask_count(ask(s->manager, "ListSessions", "'who': '%s'", s->member->email),
				   "sessions"),
			 0);
	static const char *const reports[] = {"ReportCapacity", "ReportUtilisation",
					      "ReportWaiting", "ReportQuarter", "ListEvidence"};
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
		ask_refused(s->manager, reports[i], "NOT_ALLOWED", "%s", "");
}

/* Neither becomes the other, whatever the caller writes in SQL. */
static void no_record_changes_its_kind(void **state)
{
	const struct scene *s = *state;
	long long id = log_one(s->manager, s->member, "2026-11-09T10:00", "signed words");
	ask(s->manager, "SignConversation", "'conversation': %lld", id);
	static const char *const tries[] = {
		"UPDATE coachhouse.conversation SET kind = 'performance'",
		"INSERT INTO coachhouse.conversation (kind, session, coach, mentee, author) "
		"SELECT 'performance', session, coach, mentee, me() FROM coachhouse.conversation",
		"UPDATE coachhouse.performance SET starts = starts - interval '1 day'",
		"UPDATE coachhouse.performance_text SET performance_note = performance_note",
		"DELETE FROM coachhouse.performance",
		"DELETE FROM coachhouse.performance_text",
		"UPDATE coachhouse.performance SET manager_signed = NULL",
		"UPDATE coachhouse.performance SET state = 'recorded'",
		"INSERT INTO coachhouse.performance_text SELECT * FROM coachhouse.note",
		"INSERT INTO coachhouse.manages (manager, member, starts_on) VALUES (me(), 1, now())",
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		char sql[600];
		snprintf(sql, sizeof sql,
			 "DO $$ BEGIN %s; IF FOUND THEN PERFORM set_config('wall.open', 'yes', "
			 "true); END IF; EXCEPTION WHEN OTHERS THEN END $$; "
			 "SELECT coalesce(current_setting('wall.open', true), '')",
			 tries[i]);
		const char *open = as(s, s->manager, "manager", sql);
		if (*open)
			fixture_fail("%s: went through", tries[i]);
	}
	/* No column of either leads to the other. */
	const char *path = fixture_sql(
		s->f,
		"SELECT string_agg(conrelid::regclass || ' -> ' || confrelid::regclass, ', ') FROM "
		"pg_constraint WHERE contype = 'f' AND (conrelid::regclass::text ~ 'performance') <> "
		"(confrelid::regclass::text ~ 'performance') AND confrelid::regclass::text !~ "
		"'person|organisation'"
		" AND conrelid::regclass::text !~ 'disclosure'");
	assert_true(!path || !*path);
	/* The two are sealed under names of their own: what is moved does not open. */
	ask_refused(s->manager, "SignConversation", "NOT_FOUND", "'conversation': 1");
	const json_t *logged = ask(s->member, "LogConversation",
				   "'with': '%s', 'start': '2026-11-10T10:00', 'note': {'text': "
				   "'to my coach', 'visible': 'VISIBILITY_US'}",
				   s->coach->email);
	char sql[300];
	snprintf(
		sql, sizeof sql,
		"UPDATE coachhouse.performance_text SET author = %lld, other = %lld, performance_note = (SELECT "
		"note FROM coachhouse.note WHERE conversation = %lld) WHERE performance = %lld",
		(long long)s->member->id, (long long)s->manager->id,
		(long long)ask_number(logged, "id"), id);
	fixture_sql(s->f, sql);
	ask_refused(s->manager, "ReviewConversation", "SEAL_BROKEN", "'id': %lld", id);
	ask_refused(s->member, "SignConversation", "NOT_PERFORMANCE", "'conversation': %lld",
		    (long long)ask_number(logged, "id"));
}

/* The organisation learns of either that it took place, and of neither what was said. */
static void what_the_organisation_learns(void **state)
{
	const struct scene *s = *state;
	long long id = log_one(s->manager, s->member, "2026-11-11T10:00", "not for the office");
	const json_t *evidence = ask(s->admin, "ListEvidence", "'who': '%s', 'from': '2026-11-11'",
				     s->member->email);
	assert_int_equal(ask_number(evidence, "evidence.0.id"), id);
	assert_int_equal(ask_number(evidence, "evidence.0.minutes"), 60);
	assert_string_equal(ask_text(evidence, "evidence.0.manager_name"), "Magda Manager");
	assert_string_equal(ask_text(evidence, "evidence.0.state"), "recorded");
	assert_string_equal(as(s, s->admin, "administrator",
			       "SELECT count(*) FROM coachhouse.performance_text"),
			    "0");
	assert_string_not_equal(
		as(s, s->admin, "administrator", "SELECT count(*) FROM coachhouse.performance"),
		"0");
	/* It is no coaching: no session, no hours, nothing in the register's figures. */
	char sql[200];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM coachhouse.session WHERE %lld IN (coach, mentee)",
		 (long long)s->manager->id);
	assert_string_equal(fixture_sql(s->f, sql), "0");
}

static void readers_are_named_before_writing(void **state)
{
	const struct scene *s = *state;
	const json_t *page = ask(s->member, "PrepareConversation", "'with': '%s'", s->coach->email);
	assert_int_equal(ask_count(page, "readers"), 2);
	assert_string_equal(ask_text(page, "readers.0.visible"), "me");
	assert_int_equal(ask_count(page, "readers.0.names"), 1);
	assert_string_equal(ask_text(page, "readers.0.names.0"), "Stan Staff");
	assert_string_equal(ask_text(page, "readers.1.names.1"), "Cleo Coach");
	page = ask(s->member, "PrepareConversation", PAST ", 'kind': 'RECORD_KIND_PERFORMANCE'",
		   s->manager->email, "2026-11-12T10:00");
	assert_int_equal(ask_count(page, "readers"), 1);
	assert_string_equal(ask_text(page, "readers.0.visible"), "us");
	assert_string_equal(ask_text(page, "readers.0.names.1"), "Magda Manager");
	assert_int_equal(ask_count(page, "actions"), 0);
	ask_refused(s->member, "PrepareConversation", "NOT_MANAGED",
		    PAST ", 'kind': 'RECORD_KIND_PERFORMANCE'", s->coach->email,
		    "2026-11-12T10:00");
	/* And afterwards. */
	const json_t *logged = ask(s->member, "LogConversation",
				   "'with': '%s', 'start': '2026-11-13T10:00', 'note': {'text': "
				   "'x', 'visible': 'VISIBILITY_ME'}",
				   s->coach->email);
	assert_int_equal(ask_count(logged, "readers"), 1);
	assert_string_equal(ask_text(logged, "readers.0"), "Stan Staff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(managers_are_dated),
		cmocka_unit_test(a_coach_does_not_manage_their_mentee),
		cmocka_unit_test(both_read_and_sign),
		cmocka_unit_test(who_is_neither_of_the_two),
		cmocka_unit_test(only_a_manager_and_their_staff),
		cmocka_unit_test(a_correction_takes_the_place),
		cmocka_unit_test(a_manager_sees_nothing_of_the_pool),
		cmocka_unit_test(no_record_changes_its_kind),
		cmocka_unit_test(what_the_organisation_learns),
		cmocka_unit_test(readers_are_named_before_writing),
	};
	return cmocka_run_group_tests_name("performance", tests, setup, teardown);
}
