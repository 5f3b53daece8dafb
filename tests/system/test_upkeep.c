/* What time alone changes: the daemon sees to it when it starts, and hourly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

static int setup(void **state)
{
	*state = ask_fixture("2026-10-01T08:00:00Z");
	return 0;
}

static void offers_expire_and_replies_are_emptied(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Quiet Coach");
	const struct fixture_person *mentee = fixture_person(f, "Patient Mentee", MEMBER);
	const json_t *asked = ask(mentee, "SubmitRequest", "'coach': '%s'", coach->email);
	assert_string_equal(ask_text(asked, "state"), "offered");
	fixture_await(f, "SELECT count(*) FROM coachhouse.receipt WHERE reply IS NULL", "0");

	fixture_daemon_add(f, "2026-11-10T08:00:00Z"); /* 40 days on */
	fixture_await(f, "SELECT state FROM coachhouse.request", "submitted");
	fixture_await(f,
		      "SELECT count(*) FROM coachhouse.receipt WHERE at < '2026-10-02' "
		      "AND (reply IS NOT NULL OR hash IS NOT NULL)",
		      "0");
	/* Who did what, when, upon which thing stays. */
	assert_string_equal(fixture_sql(f, "SELECT count(*) > 0 FROM coachhouse.receipt WHERE "
					   "method LIKE '%SubmitRequest' AND subject IS NOT NULL"),
			    "t");
	/* Waiting is counted from when it was submitted. */
	assert_string_equal(
		fixture_sql(f, "SELECT submitted < '2026-10-02' FROM coachhouse.request"), "t");
}

/* A claim leaves the exclusion when its time has long passed, and holds all the same. */
static void what_is_settled_holds(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Busy Coach");
	const struct fixture_person *mentee = fixture_person(f, "Early Mentee", MEMBER);
	const struct fixture_person *late = fixture_person(f, "Late Mentee", MEMBER);
	ask(mentee, "LogConversation", "'with': '%s', 'start': '2026-09-30T10:00Z'", coach->email);
	ask(late, "LogConversation", "'with': '%s', 'start': '2026-09-30T08:00Z'", coach->email);
	fixture_daemon_add(f, "2026-10-03T12:00:00Z");
	fixture_await(f, "SELECT count(*) FROM coachhouse.participation WHERE NOT settled", "0");

	ask_refused(late, "LogConversation", "SLOT_TAKEN",
		    "'with': '%s', 'start': '2026-09-30T10:30Z'", coach->email);
	ask(late, "LogConversation", "'with': '%s', 'start': '2026-09-30T11:00Z'", coach->email);
	/* Not by any way: what knows nothing of it is refused by the same name. */
	assert_string_equal(
		fixture_sql(f, "CREATE FUNCTION pg_temp.claim() RETURNS text AS $$"
			       " DECLARE name text; BEGIN UPDATE coachhouse.session"
			       "  SET starts = '2026-09-30T08:30Z', ends = '2026-09-30T09:30Z'"
			       "  WHERE starts = '2026-09-30T10:00Z'; RETURN 'moved';"
			       " EXCEPTION WHEN exclusion_violation THEN"
			       "  GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME; RETURN name;"
			       " END $$ LANGUAGE plpgsql; SELECT pg_temp.claim()"),
		"nobody_in_two_places");
	/* What moves is not settled any more. */
	assert_string_equal(
		fixture_sql(f, "UPDATE coachhouse.session SET starts = '2026-09-30T04:00Z',"
			       " ends = '2026-09-30T05:00Z' WHERE starts = '2026-09-30T10:00Z';"
			       "SELECT count(*) FROM coachhouse.participation p"
			       " WHERE p.starts = '2026-09-30T04:00Z' AND NOT settled"),
		"2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_expire_and_replies_are_emptied),
		cmocka_unit_test(what_is_settled_holds),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
