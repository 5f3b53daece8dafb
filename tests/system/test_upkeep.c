/* What time alone changes: the daemon sees to it when it starts, and hourly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "internal.h"

static int setup(void **state)
{
	*state = ask_fixture("2026-10-01T08:00:00Z");
	return 0;
}

static void wait_for(struct fixture *f, const char *sql, const char *wanted)
{
	int64_t deadline = 0;
	while (strcmp(fixture_sql(f, sql), wanted))
		if (!still_time(&deadline))
			fixture_fail("not %s: %s", wanted, sql);
}

static void offers_expire_and_replies_are_emptied(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Quiet Coach");
	const struct fixture_person *mentee = fixture_person(f, "Patient Mentee", MEMBER);
	const json_t *asked = ask(mentee, "SubmitRequest", "'coach': '%s'", coach->email);
	assert_string_equal(ask_text(asked, "state"), "offered");
	wait_for(f, "SELECT count(*) FROM coachhouse.receipt WHERE reply IS NULL", "0");

	fixture_daemon_add(f, "2026-11-10T08:00:00Z"); /* 40 days on */
	wait_for(f, "SELECT state FROM coachhouse.request", "submitted");
	wait_for(f,
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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(offers_expire_and_replies_are_emptied)};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
