/* Series: all or nothing, at the same wall time: T12, T30. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define SERIES "'who': '%s', 'start': '%s', 'every_days': 7, 'times': %d"

static int setup(void **state)
{
	*state = ask_fixture("2026-09-21T08:00:00Z");
	return 0;
}

static int count(struct fixture *f, const struct fixture_person *coach, const char *state)
{
	char sql[200];
	snprintf(
		sql, sizeof sql,
		"SELECT count(*) FROM coachhouse.session WHERE coach = %lld AND state::text LIKE '%s'",
		(long long)coach->id, state);
	return atoi(fixture_sql(f, sql));
}

static void t12_same_wall_time(void **state)
{
	static const char *const starts[] = {"2026-10-05T08:00:00Z", "2026-10-12T08:00:00Z",
					     "2026-10-19T08:00:00Z", "2026-10-26T09:00:00Z",
					     "2026-11-02T09:00:00Z", "2026-11-09T09:00:00Z"};
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Sara Series");
	const struct fixture_person *mentee = fixture_person(f, "Wes Weekly", MEMBER);
	const json_t *booked =
		ask(mentee, "BookSession", SERIES, coach->email, "2026-10-05T09:00", 6);
	assert_int_equal(ask_count(booked, "sessions"), 6);
	assert_int_equal(ask_count(booked, "clashes"), 0);
	for (int i = 0; i < 6; i++) {
		char path[40];
		snprintf(path, sizeof path, "sessions.%d.starts", i);
		assert_string_equal(ask_text(booked, path), starts[i]);
		snprintf(path, sizeof path, "sessions.%d.series", i);
		assert_int_equal(ask_number(booked, path), ask_number(booked, "id"));
	}
	/* An instant stands for the wall time that it is. */
	const struct fixture_person *again = fixture_coach(f, "Sue Series");
	booked = ask(mentee, "BookSession", SERIES, again->email, "2026-10-19T13:00Z", 2);
	assert_string_equal(ask_text(booked, "sessions.1.starts"), "2026-10-26T14:00:00Z");
}

static void t30_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Al Nothing");
	const struct fixture_person *other = fixture_person(f, "In Between", MEMBER);
	const struct fixture_person *mentee = fixture_person(f, "Half Done", MEMBER);
	ask_book(other, coach, "2026-10-19T09:30");
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "BookSession", "SERIES_CLASHES", SERIES, coach->email,
			    "2026-10-05T09:00", 6);
	assert_int_equal(failure->code, COACHHOUSE__V1__CODE__ABORTED);
	assert_non_null(strstr(failure->message, "no. 3, 19 October 2026 09:00"));
	assert_null(strstr(failure->message, "no. 2"));
	assert_int_equal(count(f, coach, "%"), 1);
	/* Nor is anything left of the engagement that it would have begun. */
	assert_int_equal(ask_count(ask(mentee, "ListEngagements", "%s", ""), "engagements"), 0);
	assert_int_equal(ask_count(ask(mentee, "ListRequests", "%s", ""), "requests"), 0);
}

static void t30_skip_clashes(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Skip Clash");
	const struct fixture_person *other = fixture_person(f, "In Theway", MEMBER);
	const struct fixture_person *mentee = fixture_person(f, "Five Ofsix", MEMBER);
	ask_book(other, coach, "2026-10-19T09:30");
	const json_t *booked = ask(mentee, "BookSession", SERIES ", 'skip_clashes': true",
				   coach->email, "2026-10-05T09:00", 6);
	assert_int_equal(ask_count(booked, "sessions"), 6);
	assert_int_equal(ask_count(booked, "clashes"), 1);
	assert_int_equal(ask_number(booked, "clashes.0.number"), 3);
	assert_string_equal(ask_text(booked, "clashes.0.reason"), "SLOT_TAKEN");
	assert_string_equal(ask_text(booked, "clashes.0.starts"), "2026-10-19T08:00:00Z");
	assert_string_equal(ask_text(booked, "sessions.2.state"), "to_be_arranged");
	assert_string_equal(ask_text(booked, "sessions.2.starts"), "");
	assert_int_equal(count(f, coach, "booked"), 6);
	assert_int_equal(count(f, coach, "to_be_arranged"), 1);
}

/* Every one of a series is looked at, the last as well as the first. */
static void t30_last_one_is_checked(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Last One");
	const struct fixture_person *other = fixture_person(f, "Late Comer", MEMBER);
	const struct fixture_person *mentee = fixture_person(f, "Sixth Time", MEMBER);
	ask_book(other, coach, "2026-11-09T09:00");
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "BookSession", "SERIES_CLASHES", SERIES, coach->email,
			    "2026-10-05T09:00", 6);
	assert_non_null(strstr(failure->message, "no. 6"));
	ask_refused(mentee, "BookSession", "BAD_SERIES", "'who': '%s', 'start': '%s', 'times': 3",
		    coach->email, "2026-10-05T09:00");
	ask_refused(mentee, "BookSession", "BAD_SERIES",
		    "'who': '%s', 'start': '%s', 'every_days': 14", coach->email,
		    "2026-10-05T09:00");
	ask_refused(mentee, "BookSession", "BAD_SERIES", SERIES, coach->email, "2026-10-05T09:00",
		    53);
	/* The weekly limit and its own sessions count too. */
	ask(coach, "SetProfile", "'weekly_hours': 2");
	failure = ask_refused(mentee, "BookSession", "SERIES_CLASHES",
			      "'who': '%s', 'start': '%s', 'every_days': 1, 'times': 3",
			      coach->email, "2026-10-05T09:00");
	assert_non_null(strstr(failure->message, "no. 3"));
}

/* A time that is none, in the middle of a series, is a clash of that one. */
static void series_over_the_clock_change(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Cy Clock");
	const struct fixture_person *mentee = fixture_person(f, "Nia Night", MEMBER);
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "BookSession", "SERIES_CLASHES", SERIES, coach->email,
			    "2026-10-18T01:30", 3);
	assert_non_null(strstr(failure->message, "no. 2:"));
	const json_t *booked = ask(mentee, "BookSession", SERIES ", 'skip_clashes': true",
				   coach->email, "2026-10-18T01:30", 3);
	assert_string_equal(ask_text(booked, "clashes.0.reason"), "NONEXISTENT_TIME");
	assert_string_equal(ask_text(booked, "sessions.1.state"), "to_be_arranged");
	assert_string_equal(ask_text(booked, "sessions.2.starts"), "2026-11-01T01:30:00Z");
}

static void to_be_arranged(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Toby Arranged");
	const struct fixture_person *other = fixture_person(f, "Tim Taken", MEMBER);
	const struct fixture_person *mentee = fixture_person(f, "Tess Later", MEMBER);
	ask_book(other, coach, "2026-10-12T09:00");
	const json_t *booked = ask(mentee, "BookSession", SERIES ", 'skip_clashes': true",
				   coach->email, "2026-10-05T09:00", 3);
	long long id = ask_number(booked, "sessions.1.id");
	/* Both have it on their lists until a time is found. */
	const json_t *todo = ask(mentee, "ListTodo", "%s", "");
	assert_int_equal(ask_count(todo, "todo"), 1);
	assert_string_equal(ask_text(todo, "todo.0.kind"), "arrange_session");
	assert_int_equal(ask_number(todo, "todo.0.id"), id);
	assert_string_equal(ask_text(ask(coach, "ListTodo", "%s", ""), "todo.0.kind"),
			    "arrange_session");
	/* It has no time, so nothing can have become of it. */
	ask_refused(coach, "CloseSession", "WRONG_STATE",
		    "'session': %lld, 'outcome': 'OUTCOME_ATTENDED'", id);
	ask_refused(mentee, "MoveSession", "SLOT_TAKEN",
		    "'session': %lld, 'start': '2026-10-12T09:30'", id);
	ask(mentee, "MoveSession", "'session': %lld, 'start': '2026-10-13T09:00'", id);
	const json_t *session = ask(coach, "GetSession", "'id': %lld", id);
	assert_string_equal(ask_text(session, "session.state"), "booked");
	assert_string_equal(ask_text(session, "session.starts"), "2026-10-13T08:00:00Z");
	assert_int_equal(ask_count(ask(mentee, "ListTodo", "%s", ""), "todo"), 0);
	ask_refused(other, "BookSession", "SLOT_TAKEN", "'who': '%s', 'start': '%s'", coach->email,
		    "2026-10-13T09:30");
}

/* With a coach who confirms first, a session without a time is no way round the answer. */
static void to_be_arranged_waits_for_the_answer(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Con Firm");
	const struct fixture_person *other = fixture_person(f, "Al Ready", MEMBER);
	const struct fixture_person *mentee = fixture_person(f, "Imp Patient", MEMBER);
	ask_book(other, coach, "2026-10-12T09:00");
	ask(coach, "SetProfile", "'self_selection': false");
	const json_t *booked = ask(mentee, "BookSession", SERIES ", 'skip_clashes': true",
				   coach->email, "2026-10-05T09:00", 3);
	long long id = ask_number(booked, "sessions.1.id");
	assert_string_equal(ask_text(booked, "sessions.0.state"), "requested");
	ask_refused(mentee, "MoveSession", "NOT_ACCEPTED",
		    "'session': %lld, 'start': '2026-10-13T09:00'", id);
	ask(coach, "Accept", "'id': %lld", (long long)ask_number(booked, "sessions.0.id"));
	ask(mentee, "MoveSession", "'session': %lld, 'start': '2026-10-13T09:00'", id);
	assert_int_equal(count(f, coach, "booked"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t12_same_wall_time),
		cmocka_unit_test(t30_all_or_nothing),
		cmocka_unit_test(t30_skip_clashes),
		cmocka_unit_test(t30_last_one_is_checked),
		cmocka_unit_test(series_over_the_clock_change),
		cmocka_unit_test(to_be_arranged),
		cmocka_unit_test(to_be_arranged_waits_for_the_answer),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
