/*
 * Everybody's own copy: whole, theirs alone, page by page. What is held about a
 * person is read from the catalogue, so that a column added tomorrow is missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"

#define NOTE "'note': {'text': '%s', 'visible': 'VISIBILITY_%s'}"
#define ACTION "{'action_text': {'text': '%s', 'visible': 'VISIBILITY_US'}}"

static struct fixture *f;
static struct fixture_person *coach, *mentee, *manager;

/* --- every column that names a person --------------------------------------------- */

/* table.column, and the kind of item that it is copied as; or why it is not. */
static const struct {
	const char *column, *kind, *why;
} columns[] = {
	{"action.author", "action", NULL},
	{"action.other", "action", NULL},
	{"action.owner", "action", NULL},
	{"away.coach", "away", NULL},
	{"contact.person", "contact", NULL},
	{"conversation.author", "conversation", NULL},
	{"conversation.coach", "conversation", NULL},
	{"conversation.mentee", "conversation", NULL},
	{"disclosure.author", "disclosure", NULL},
	{"disclosure.decided_by", NULL, "what an administrator did is among their receipts"},
	{"disclosure.ended_by", NULL, "what an administrator did is among their receipts"},
	{"disclosure.other", "disclosure", NULL},
	{"disclosure.recipient", "disclosure", NULL},
	{"disclosure.requested_by", NULL, "what an administrator did is among their receipts"},
	{"engagement.coach", "engagement", NULL},
	{"engagement.mentee", "engagement", NULL},
	{"erasure.by", NULL, "what an administrator did is among their receipts"},
	{"erasure.person", NULL, "whoever is erased has no key to ask with"},
	{"free_week.coach", NULL, "follows from hours, time away and sessions"},
	{"given.coach", NULL, "follows from sessions"},
	{"invitation.made_by", NULL, "what an administrator did is among their receipts"},
	{"invitation.person", "invitation", NULL},
	{"key.invited_by", NULL, "what an administrator did is among their receipts"},
	{"key.person", "key", NULL},
	{"key_use.person", "key", NULL},
	{"manages.manager", "manager", NULL},
	{"manages.member", "manager", NULL},
	{"note.author", "conversation", NULL},
	{"note.other", "conversation", NULL},
	{"offer_answer.coach", "answer", NULL},
	{"opening.coach", "opening", NULL},
	{"participation.person", NULL, "the times of sessions once more, for the constraint"},
	{"participation.readers", NULL, "the two people of the session"},
	{"pattern.coach", "hours", NULL},
	{"performance.author", "performance", NULL},
	{"performance.manager", "performance", NULL},
	{"performance.member", "performance", NULL},
	{"performance_text.author", "performance", NULL},
	{"performance_text.other", "performance", NULL},
	{"person_hold.lifted_by", NULL, "what an administrator did is among their receipts"},
	{"person_hold.person", "hold", NULL},
	{"person_hold.placed_by", NULL, "what an administrator did is among their receipts"},
	{"reading.reader", NULL, "about whom an administrator read is about those others"},
	{"reading_about.person", "reading", NULL},
	{"reading_about.reader", NULL, "about whom an administrator read is about those others"},
	{"receipt.person", "receipt", NULL},
	{"receipt.subject", "receipt", NULL},
	{"registration.person", "registration", NULL},
	{"request.coach", "request", NULL},
	{"request.mentee", "request", NULL},
	{"retention.set_by", NULL, "what an administrator did is among their receipts"},
	{"role_held.person", "role", NULL},
	{"session.booked_by", "session", NULL},
	{"session.closed_by", "session", NULL},
	{"session.coach", "session", NULL},
	{"session.mentee", "session", NULL},
	{"zone_rule.followed", NULL, "how far a task has come, for minutes"},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* Numbers that are no person; any other column of numbers must be looked at. */
static const char other_numbers[] =
	"'{action.conversation,action.engagement,conversation.session,engagement.id,key.knows,"
	"key_use.key,note.conversation,offer_answer.request,participation.session,"
	"disclosure.record,performance.replaces,performance_text.performance,person.id,person.organisation,"
	"reading_about.reading,refused_call.expires,request.engagement,request.organisation,role_held.organisation,"
	"session.coach_organisation,session.engagement,session.mentee_organisation,session.series,"
	"performance.member_organisation}'";

static void every_column_is_copied_or_explained(void **state)
{
	char sql[4000];
	(void)state;
	snprintf(
		sql, sizeof sql,
		"SELECT coalesce(string_agg(c.relname || '.' || a.attname, ' ' ORDER BY 1), '') "
		"FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT "
		"a.attisdropped WHERE c.relkind = 'r' AND c.relnamespace = 'coachhouse'::regnamespace "
		"AND a.atttypid IN ('bigint'::regtype, 'bigint[]'::regtype) AND a.attname <> 'id' AND "
		"c.relname || '.' || a.attname <> ALL (%s)",
		other_numbers);
	char found[4000];
	snprintf(found, sizeof found, " %s ", fixture_sql(f, sql));
	for (int i = 0; i < COLUMNS; i++) {
		char name[80];
		snprintf(name, sizeof name, " %s ", columns[i].column);
		char *at = strstr(found, name);
		if (!at)
			fixture_fail("%s is not there any more: take it out of this list",
				     columns[i].column);
		memset(at + 1, '-', strlen(name) - 2);
		assert_true(!columns[i].kind != !columns[i].why);
	}
	if (strspn(found, " -") != strlen(found))
		fixture_fail(
			"what about%s? Copy it in sql/functions/82_copy.sql, or say here why not",
			found);
}

/* --- what a copy holds ---------------------------------------------------------------- */

/* All pages; how many there were. */
static json_t *copy_of(const struct fixture_person *person, int limit, int *pages)
{
	json_t *all = json_array();
	long long after = 0;
	for (*pages = 0;; ++*pages) {
		json_t *page =
			ask(person, "ListMyData", "'limit': %d, 'after': %lld", limit, after);
		const size_t n = ask_count(page, "items");
		if (!n)
			return all;
		char path[40];
		for (size_t i = 0; i < n; i++) {
			snprintf(path, sizeof path, "items.%zu", i);
			json_array_append(all, (json_t *)ask_find(page, path));
			snprintf(path, sizeof path, "items.%zu.id", i);
			if (ask_number(page, path) <= after)
				fixture_fail("the pages go back");
			after = ask_number(page, path);
		}
	}
}

static bool holds(const json_t *copy, const char *word)
{
	char *text = json_dumps(copy, 0);
	const bool found = strstr(text, word);
	free(text);
	return found;
}

static bool has_kind(const json_t *copy, const char *kind)
{
	for (size_t i = 0; i < json_array_size(copy); i++)
		if (!strcmp(ask_text(json_array_get(copy, i), "kind"), kind))
			return true;
	return false;
}

static void all_of_it_and_nothing_of_others(void **state)
{
	int pages;
	(void)state;
	json_t *of_coach = copy_of(coach, 100, &pages), *of_mentee = copy_of(mentee, 100, &pages);
	json_t *of_manager = copy_of(manager, 100, &pages);
	for (int i = 0; i < COLUMNS; i++)
		if (columns[i].kind && !has_kind(of_coach, columns[i].kind) &&
		    !has_kind(of_mentee, columns[i].kind) && !has_kind(of_manager, columns[i].kind))
			fixture_fail("nobody's copy has a %s (make one in this test's set-up)",
				     columns[i].kind);
	/* Words of one's own, and those written for both. */
	assert_true(holds(of_coach, "coach for both") && holds(of_coach, "coach for herself"));
	assert_true(holds(of_coach, "mentee for both") && holds(of_coach, "agreed by both"));
	assert_true(holds(of_mentee, "coach for both") && holds(of_mentee, "mentee for both"));
	assert_true(holds(of_mentee, "seen and heard") && holds(of_manager, "seen and heard"));
	assert_true(holds(of_coach, "zither lessons") && holds(of_mentee, "Room Nine"));
	/* Not what the other wrote for herself, nor anything of others. */
	assert_false(holds(of_mentee, "coach for herself"));
	assert_false(holds(of_mentee, "zither lessons"));
	assert_false(holds(of_manager, "Cora") || holds(of_manager, "Room Nine"));
	assert_false(holds(of_mentee, "claim 17"));
	/* An administrator's copy is the administrator's. */
	json_t *of_admin = copy_of(f->admin, 100, &pages);
	assert_true(holds(of_admin, f->admin->email));
	assert_false(holds(of_admin, "Room Nine") || holds(of_admin, coach->email) ||
		     holds(of_admin, "zither lessons"));
	json_decref(of_coach);
	json_decref(of_mentee);
	json_decref(of_manager);
	json_decref(of_admin);
}

/* However it is cut into pages, it is the same; long notes make more pages. */
static void pages_of_any_length_are_the_same(void **state)
{
	int few, many;
	(void)state;
	json_t *whole = copy_of(mentee, 100, &few), *pieces = copy_of(mentee, 3, &many);
	if (!json_equal(whole, pieces))
		fixture_fail("%zu items in pages of 100, and %zu in pages of 3",
			     json_array_size(whole), json_array_size(pieces));
	assert_true(many > few && few > 1);
	json_decref(whole);
	json_decref(pieces);
}

/* --- coach export ------------------------------------------------------------------- */

static char file[120];

static int export(const char *flags)
{
	char command[600];
	snprintf(command, sizeof command,
		 "COACH_HOME='%s' '%s/coach' -q --profile mine export %s </dev/null >'%s/out' 2>&1",
		 f->dir, BUILD_DIR, flags, f->dir);
	const int status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *contents(const char *path)
{
	static char text[400000];
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	return text;
}

static void write_profile(void)
{
	char path[120];
	snprintf(path, sizeof path, "%s/mine.conf", f->dir);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fchmod(fileno(out), 0600), 0);
	fprintf(out,
		"endpoint = %s\nserver_key = %s\npublic_key = %s\nsecret_key = %s\nzone = UTC\n",
		mentee->identity.endpoint, mentee->identity.server_key, mentee->identity.public_key,
		mentee->identity.secret_key);
	fclose(out);
}

static void the_command_writes_a_file_for_me_alone(void **state)
{
	char flags[300], out[120];
	struct stat found;
	(void)state;
	write_profile();
	snprintf(out, sizeof out, "%s/out", f->dir);
	snprintf(file, sizeof file, "%s/mine.json", f->dir);
	snprintf(flags, sizeof flags, "--output '%s'", file);
	if (export(flags))
		fixture_fail("coach export: %s", contents(out));
	assert_int_equal(stat(file, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	json_error_t error;
	json_t *copy = json_load_file(file, 0, &error);
	if (!copy)
		fixture_fail("%s: %s", file, error.text);
	assert_string_equal(ask_text(copy, "contact.0.email"), mentee->email);
	assert_true(holds(copy, "mentee for both"));
	json_decref(copy);
	/* What is there is not replaced without being told to. */
	assert_int_equal(export(flags), 2);
	snprintf(flags, sizeof flags, "--yes --output '%s' --format text", file);
	assert_int_equal(export(flags), 0);
	assert_non_null(strstr(contents(file), "email: p"));
	assert_non_null(strstr(contents(file), "mentee for both\n    on two lines"));
	/* On the terminal without a file; and a form that there is not. */
	assert_int_equal(export(""), 0);
	assert_non_null(strstr(contents(out), mentee->email));
	assert_int_equal(export("--format xml"), 2);
}

static void log_long_notes(void)
{
	char text[15001];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int day = 1; day <= 5; day++)
		ask(mentee, "LogConversation", "'start': '2026-08-0%dT10:00Z', 'with': '%s', " NOTE,
		    day, coach->email, text, "ME");
}

/* What the coach wrote for herself is given to somebody: both have it in their copies. */
static void disclose(int64_t conversation)
{
	const struct fixture_person *second = fixture_person(f, "Vera Second", ADMINISTRATOR);
	const json_t *asked = ask(f->admin, "RequestDisclosure",
				  "'conversation': %lld, 'recipient': '%s', 'grounds': "
				  "'DISCLOSURE_GROUNDS_HARM', 'reason': 'somebody is at risk'",
				  (long long)conversation, second->email);
	const struct fixture_person *third = fixture_person(f, "Theo Third", ADMINISTRATOR);
	ask(third, "DecideDisclosure", "'disclosure': %lld, 'event': 'DISCLOSURE_EVENT_APPROVE'",
	    (long long)ask_number(asked, "id"));
}

static int setup(void **state)
{
	f = ask_fixture("2026-10-01T08:00:00Z");
	*state = f;
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	manager = fixture_person(f, "Mara Example", MANAGER);
	ask(mentee, "SubmitRequest", "'coach': '%s'", coach->email);
	ask(coach, "Decline", "'id': %s, 'reason': 'no time'",
	    fixture_sql(f, "SELECT id FROM coachhouse.request"));
	const json_t *logged =
		ask(mentee, "LogConversation",
		    "'start': '2026-09-20T10:00Z', 'with': '%s', " NOTE ", 'actions': [" ACTION "]",
		    coach->email, "mentee for both\\non two lines", "US", "agreed by both");
	const int64_t first = ask_number(logged, "session");
	ask(coach, "LogConversation", "'session': %lld, " NOTE, (long long)first, "coach for both",
	    "US");
	logged = ask(coach, "LogConversation", "'start': '2026-09-21T10:00Z', 'with': '%s', " NOTE,
		     mentee->email, "coach for herself", "ME");
	disclose(ask_number(logged, "id"));
	ask(mentee, "BookSession",
	    "'who': '%s', 'start': '2026-10-20T10:00Z', 'venue': 'Room Nine'", coach->email);
	ask(coach, "AddOpening", "'date': '2026-11-05', 'opens': '09:00', 'closes': '10:00'");
	ask(coach, "AddAway",
	    "'from': '2026-11-01', 'to': '2026-11-02', 'reason': 'zither lessons'");
	ask(f->admin, "SetManager", "'who': '%s', 'manager': '%s', 'from': '2026-01-01'",
	    mentee->email, manager->email);
	ask(manager, "LogPerformance",
	    "'start': '2026-09-22T10:00Z', 'with': '%s', 'performance_note': {'text': 'seen and heard', "
	    "'visible': 'VISIBILITY_US'}",
	    mentee->email);
	ask(f->admin, "ListPeople", "'text': 'mina'");
	ask(f->admin, "PlaceHold", "'who': '%s', 'reason': 'claim 17'", mentee->email);
	log_long_notes();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_is_copied_or_explained),
		cmocka_unit_test(all_of_it_and_nothing_of_others),
		cmocka_unit_test(pages_of_any_length_are_the_same),
		cmocka_unit_test(the_command_writes_a_file_for_me_alone),
	};
	return cmocka_run_group_tests_name("copy", tests, setup, fixture_teardown);
}
