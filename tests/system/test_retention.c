/* What is older than the site keeps it goes, in parts, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "internal.h"

#define NOTHING "%s", ""
#define NOTE "'note': {'text': 'said', 'visible': 'VISIBILITY_US'}"
#define ACTION "'actions': [{'action_text': {'text': 'agreed', 'visible': 'VISIBILITY_US'}}]"

static struct fixture *f;
static struct fixture_person *coach, *mentee, *held, *gone;

/* A daemon of another day on the same database; it looks after retention when it starts. */
static struct fixture_daemon *on(const char *day)
{
	static struct fixture_daemon *other;
	char clock[40];
	snprintf(clock, sizeof clock, "%sT08:00:00Z", day);
	if (other)
		fixture_daemon_start(f, other, clock);
	else
		other = fixture_daemon_add(f, clock);
	return other;
}

static const json_t *preview(const struct fixture_person *admin, const char *class)
{
	return ask(admin, "ListRetentionDue", "'class': 'RETENTION_CLASS_%s'", class);
}

static void keep(const char *class, const char *period)
{
	ask(f->admin, "SetRetention", "'class': 'RETENTION_CLASS_%s', 'period': '%s'", class,
	    period);
}

static void log_with(const struct fixture_person *other, const char *start)
{
	ask(other, "LogConversation", "'start': '%s', 'with': '%s', " NOTE ", " ACTION, start,
	    coach->email);
}

static void nothing_goes_without_a_period(void **state)
{
	(void)state;
	const json_t *kept = ask(mentee, "ListRetention", NOTHING);
	assert_int_equal(ask_count(kept, "retention"), 7);
	assert_string_equal(ask_text(kept, "retention.0.class"), "conversation_texts");
	assert_string_equal(ask_text(kept, "retention.0.period"), "forever");
	const json_t *all = ask(f->admin, "ListRetentionDue", NOTHING);
	assert_int_equal(ask_count(all, "preview"), 7);
	for (int i = 0; i < 7; i++) {
		char path[40];
		snprintf(path, sizeof path, "preview.%d.due", i);
		assert_int_equal(ask_number(all, path), 0);
	}
	struct fixture_daemon *later = on("2036-01-01");
	fixture_await(f, "SELECT count(*) FROM coachhouse.note", "2");
	fixture_daemon_stop(f, later);
}

static void periods_are_what_people_write(void **state)
{
	static const char *const good[][2] = {{"90 days", "90 days"},	{"18m", "18 months"},
					      {"6 Years", "6 years"},	{"1 year", "1 year"},
					      {"24 months", "2 years"}, {"forever", "forever"}};
	static const char *const bad[] = {"7 days",   "soon",	 "6",
					  "-1 years", "0 years", "9999 years"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const json_t *set =
			ask(f->admin, "SetRetention",
			    "'class': 'RETENTION_CLASS_SESSION_TEXTS', 'period': '%s'", good[i][0]);
		assert_string_equal(ask_text(set, "period"), good[i][1]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ask_refused(f->admin, "SetRetention", "BAD_PERIOD",
			    "'class': 'RETENTION_CLASS_SESSION_TEXTS', 'period': '%s'", bad[i]);
	ask_refused(mentee, "SetRetention", "NOT_ALLOWED",
		    "'class': 'RETENTION_CLASS_SESSION_TEXTS', 'period': '6 years'");
}

/* The preview says what goes and when, changes nothing, and it is what goes. */
static void texts_go_and_facts_stay(void **state)
{
	(void)state;
	keep("CONVERSATION_TEXTS", "90 days");
	const json_t *now = preview(f->admin, "CONVERSATION_TEXTS");
	assert_int_equal(ask_number(now, "preview.0.due"), 0);
	assert_string_equal(ask_text(now, "preview.0.next_on"), "2026-12-09");
	ask(f->admin, "PlaceHold", "'who': '%s', 'reason': 'claim 17'", held->email);
	const json_t *if_less =
		ask(f->admin, "ListRetentionDue",
		    "'class': 'RETENTION_CLASS_CONVERSATION_TEXTS', 'period': '30 days'");
	assert_int_equal(ask_number(if_less, "preview.0.due"), 0);
	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.note"), "2");

	struct fixture_daemon *later = on("2026-12-25");
	const struct fixture_person *then = ask_through(f, f->admin, later);
	fixture_await(f, "SELECT count(*) FROM coachhouse.note", "1");
	fixture_await(f, "SELECT count(*) FROM coachhouse.action", "1");
	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.conversation"), "2");
	const json_t *left = preview(then, "CONVERSATION_TEXTS");
	assert_int_equal(ask_number(left, "preview.0.due"), 0);
	assert_int_equal(ask_number(left, "preview.0.held"), 1);
	const json_t *runs = ask(then, "ListRetentionRuns", NOTHING);
	assert_string_equal(ask_text(runs, "runs.0.class"), "conversation_texts");
	assert_string_equal(ask_text(runs, "runs.0.day"), "2026-12-25");
	assert_int_equal(ask_number(runs, "runs.0.gone"), 1);
	/* It goes once the hold is lifted. */
	ask(then, "LiftHold", "'who': '%s', 'reason': 'settled'", held->email);
	fixture_daemon_stop(f, later);
	later = on("2026-12-27");
	fixture_await(f, "SELECT count(*) FROM coachhouse.note", "0");
	fixture_daemon_stop(f, later);
}

static void conversations_and_reasons_go(void **state)
{
	(void)state;
	const int64_t session = ask_book(mentee, coach, "2026-10-20T10:00Z");
	ask(mentee, "CancelSession", "'session': %lld, 'reason': 'ill'", (long long)session);
	ask(coach, "AddAway", "'from': '2026-11-01', 'to': '2026-11-02', 'reason': 'zither'");
	keep("CONVERSATIONS", "1 year");
	keep("SESSION_TEXTS", "1 year");
	struct fixture_daemon *later = on("2027-11-15");
	fixture_await(f, "SELECT count(*) FROM coachhouse.conversation", "0");
	fixture_await(f, "SELECT count(reason) FROM coachhouse.session", "0");
	fixture_await(f, "SELECT count(reason) FROM coachhouse.away", "0");
	assert_string_equal(
		fixture_sql(f, "SELECT count(*) || ' ' || count(recorded) FROM coachhouse.session"),
		"3 2");
	fixture_daemon_stop(f, later);
}

static void people_who_left_are_erased(void **state)
{
	(void)state;
	ask(f->admin, "EndPerson", "'who': '%s', 'last_day': '2026-10-01'", gone->email);
	keep("PEOPLE_LEFT", "6 months");
	assert_int_equal(ask_number(preview(f->admin, "PEOPLE_LEFT"), "preview.0.due"), 0);
	assert_string_equal(ask_text(preview(f->admin, "PEOPLE_LEFT"), "preview.0.next_on"),
			    "2027-04-01");
	struct fixture_daemon *later = on("2027-04-02");
	fixture_await(
		f,
		"SELECT coalesce(string_agg(name, ' '), '') FROM coachhouse.person WHERE erased IS NOT NULL",
		"somebody erased");
	/* As if an administrator had: it stands in the ledger, too. */
	assert_string_equal(fixture_sql(f, "SELECT bool_and(by IS NULL) FROM coachhouse.erasure"),
			    "t");
	char line[300];
	snprintf(line, sizeof line, "grep -q '^%lld ' %s/erasures", (long long)gone->id, f->data);
	for (int64_t deadline = 0; system(line);)
		if (!still_time(&deadline))
			fixture_fail("not in the ledger");
	fixture_daemon_stop(f, later);
}

/* Many go in parts, one after the other. */
static void many_go_in_parts(void **state)
{
	(void)state;
	fixture_sql(
		f,
		"INSERT INTO coachhouse.receipt (caller, call, method, person, at) SELECT 'old', "
		"int4send(n), 'coachhouse.v1.People/SetZone', NULL, timestamptz '2020-01-01' + "
		"make_interval(hours => n) FROM generate_series(1, 1200) n");
	keep("RECEIPTS", "5 years");
	keep("KEYS", "1 year");
	struct fixture_daemon *later = on("2026-10-02");
	fixture_await(f, "SELECT count(*) FROM coachhouse.receipt WHERE caller = 'old'", "0");
	fixture_await(
		f,
		"SELECT coalesce(sum(gone), 0) FROM coachhouse.retention_run WHERE class = 'receipts'",
		"1200");
	assert_string_not_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.receipt"), "0");
	assert_string_not_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.invitation"), "0");
	fixture_daemon_stop(f, later);
	later = on("2028-01-01");
	fixture_await(f, "SELECT count(*) FROM coachhouse.invitation", "0");
	assert_string_not_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.key"), "0");
	fixture_daemon_stop(f, later);
}

/* Classes are tried in their order: keys come before receipts. */
static void one_that_fails_keeps_no_other(void **state)
{
	(void)state;
	fixture_sql(f, "CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS "
		       "$$ BEGIN RAISE EXCEPTION 'no'; END $$;"
		       "CREATE TRIGGER no BEFORE DELETE ON coachhouse.key FOR EACH ROW EXECUTE "
		       "FUNCTION public.no();"
		       "UPDATE coachhouse.key SET revoked = '2026-10-01' WHERE person = (SELECT "
		       "max(person) FROM coachhouse.key);"
		       "UPDATE coachhouse.retention SET swept = NULL; "
		       "INSERT INTO coachhouse.receipt (caller, call, method, person, at) VALUES "
		       "('old', 'old', 'coachhouse.v1.People/SetZone', NULL, '2020-01-01')");
	struct fixture_daemon *later = on("2029-01-01");
	fixture_await(f, "SELECT count(*) FROM coachhouse.receipt WHERE caller = 'old'", "0");
	assert_string_equal(fixture_sql(f, "SELECT swept IS NULL FROM coachhouse.retention WHERE "
					   "class = 'keys'"),
			    "t");
	fixture_daemon_stop(f, later);
	fixture_sql(f, "DROP FUNCTION public.no CASCADE");
}

static int setup(void **state)
{
	f = ask_fixture("2026-10-01T08:00:00Z");
	*state = f;
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	held = fixture_person(f, "Helga Example", MEMBER);
	gone = fixture_person(f, "Gonzo Example", MEMBER);
	log_with(mentee, "2026-09-10T10:00Z");
	log_with(held, "2026-09-11T10:00Z");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_goes_without_a_period),
		cmocka_unit_test(periods_are_what_people_write),
		cmocka_unit_test(texts_go_and_facts_stay),
		cmocka_unit_test(conversations_and_reasons_go),
		cmocka_unit_test(people_who_left_are_erased),
		cmocka_unit_test(many_go_in_parts),
		cmocka_unit_test(one_that_fails_keeps_no_other),
	};
	return cmocka_run_group_tests_name("retention", tests, setup, fixture_teardown);
}
