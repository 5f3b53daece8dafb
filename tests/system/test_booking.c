/* What can be booked, and what cannot: T01, T03, T04, T19, T21, T22, T23, T31. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define BOOK "'who': '%s', 'start': '%s'"
#define FOR BOOK ", 'mentee': '%s'"
#define WEEK "'who': '%s', 'from': '2026-11-16', 'to': '2026-11-22'"

enum { CLIENTS = 8 };

/* A Thursday. */
static int setup(void **state)
{
	*state = ask_fixture("2026-10-01T08:00:00Z");
	return 0;
}

static int sessions_of(struct fixture *f, const struct fixture_person *coach)
{
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.session WHERE coach = %lld",
		 (long long)coach->id);
	return atoi(fixture_sql(f, sql));
}

static void t01_one_of_many(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Wanda Wanted");
	struct ask_call calls[CLIENTS] = {0};
	for (int i = 0; i < CLIENTS; i++) {
		calls[i].person = fixture_person(f, "Racing Mentee", MEMBER);
		calls[i].rpc = "BookSession";
		snprintf(calls[i].text, sizeof calls[i].text, BOOK, coach->email,
			 "2026-11-17T10:00");
	}
	ask_together(calls, CLIENTS);
	assert_int_equal(ask_reasons(calls, CLIENTS, ""), 1);
	assert_int_equal(ask_reasons(calls, CLIENTS, "SLOT_TAKEN"), CLIENTS - 1);
	assert_int_equal(sessions_of(f, coach), 1);
}

static void t03_no_side_door(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Sid Door");
	const struct fixture_person *one = fixture_person(f, "Max Front", MEMBER);
	const struct fixture_person *two = fixture_person(f, "Mel Back", MEMBER);
	ask_book(one, coach, "2026-11-17T09:30");
	ask_refused(f->admin, "BookSession", "SLOT_TAKEN", FOR ", 'minutes': 45", coach->email,
		    "2026-11-17T09:15", two->email);
	ask_refused(f->admin, "BookSession", "SLOT_TAKEN",
		    FOR ", 'minutes': 45, 'override_reason': 'urgent'", coach->email,
		    "2026-11-17T09:15", two->email);
	ask(f->admin, "BookSession", FOR, coach->email, "2026-11-17T10:30", two->email);
	/* A move is no side door either, nor a mentee's own session with somebody else. */
	long long id = ask_book(two, coach, "2026-11-18T10:00");
	ask_refused(f->admin, "MoveSession", "SLOT_TAKEN",
		    "'session': %lld, 'start': '2026-11-17T10:00', 'override_reason': 'urgent'",
		    id);
	assert_int_equal(sessions_of(f, coach), 3);
}

/* An override lifts hours, notice, limits and pledge; it is flagged and kept. */
static void t03_override(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Otto Ride");
	const struct fixture_person *mentee = fixture_person(f, "Over Ride", MEMBER);
	char sql[200];
	ask(coach, "SetProfile",
	    "'pledge_hours': 0.5, 'weekly_hours': 0.5, 'client_limit': 0, 'notice_hours': 48,"
	    "'buffer_minutes': 15");
	ask(coach, "SetAvailability", "'patterns': []");
	ask_refused(f->admin, "BookSession", "CLIENT_LIMIT_REACHED", FOR, coach->email,
		    "2026-10-01T14:00", mentee->email);
	ask_refused(mentee, "BookSession", "NOT_ALLOWED", BOOK ", 'override_reason': 'please'",
		    coach->email, "2026-10-01T14:00");
	ask_refused(f->admin, "BookSession", "NOT_ALLOWED", FOR ", 'override_reason': ' '",
		    coach->email, "2026-10-01T14:00", mentee->email);
	const json_t *booked = ask(f->admin, "BookSession", FOR ", 'override_reason': 'a crisis'",
				   coach->email, "2026-10-01T14:00", mentee->email);
	assert_true(json_is_true(ask_find(booked, "sessions.0.override")));
	assert_int_equal(ask_number(booked, "id"), ask_number(booked, "sessions.0.id"));
	snprintf(sql, sizeof sql,
		 "SELECT method FROM coachhouse.receipt WHERE subject = %lld AND person = %lld",
		 (long long)ask_number(booked, "id"), (long long)f->admin->id);
	assert_string_equal(fixture_sql(f, sql), "coachhouse.v1.Booking/BookSession");
	/* Neither the past, nor length, nor a buffer. */
	ask_refused(f->admin, "BookSession", "IN_THE_PAST", FOR ", 'override_reason': 'late'",
		    coach->email, "2026-09-30T14:00", mentee->email);
	ask_refused(f->admin, "BookSession", "TOO_LONG",
		    FOR ", 'override_reason': 'long', 'minutes': 480", coach->email,
		    "2026-10-02T14:00", mentee->email);
	ask_refused(f->admin, "BookSession", "SLOT_TAKEN", FOR ", 'override_reason': 'near'",
		    coach->email, "2026-10-01T15:00", mentee->email);
}

static void t04_mentee_in_two_places(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *first = fixture_coach(f, "Ana First");
	const struct fixture_person *second = fixture_coach(f, "Bea Second");
	const struct fixture_person *mentee = fixture_person(f, "Tom Twice", MEMBER);
	long long id = ask_book(mentee, first, "2026-11-17T14:00");
	char number[32];
	snprintf(number, sizeof number, "%lld", id);
	const struct coachhouse_failure *failure = ask_refused(
		mentee, "BookSession", "YOU_ARE_BUSY", BOOK, second->email, "2026-11-17T14:30");
	assert_non_null(strstr(failure->message, number));
	assert_non_null(strstr(failure->message, "14:00"));
	assert_null(strstr(failure->message, "Ana"));
	/* The other coach learns that, and nothing more. */
	ask_book(mentee, second, "2026-11-18T14:00");
	failure = ask_refused(second, "BookSession", "MENTEE_BUSY", BOOK, mentee->email,
			      "2026-11-17T14:30");
	assert_null(strstr(failure->message, number));
	assert_null(strstr(failure->message, "Ana"));
	assert_null(strstr(failure->message, "14:00"));
}

static void t19_typed_refusals(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Ty Pedley");
	const struct fixture_person *other = fixture_person(f, "Fay Early", MEMBER);
	const struct fixture_person *mentee = fixture_person(f, "Ray Raw", MEMBER);
	ask(coach, "SetProfile", "'buffer_minutes': 30, 'notice_hours': 24");
	ask(coach, "SetAvailability",
	    "'patterns': [{'weekday': 2, 'opens': '08:00', 'closes': '18:00'},"
	    "{'weekday': 4, 'opens': '00:00', 'closes': '00:00'}]");
	ask_book(other, coach, "2026-11-17T10:00");
	ask_refused(mentee, "BookSession", "SLOT_TAKEN", BOOK, coach->email, "2026-11-17T11:15");
	ask_refused(mentee, "BookSession", "SLOT_TAKEN", BOOK, coach->email, "2026-11-17T08:45");
	ask_refused(mentee, "BookSession", "TOO_SOON", BOOK, coach->email, "2026-10-01T15:00");
	ask_refused(mentee, "BookSession", "TOO_LONG", BOOK ", 'minutes': 480", coach->email,
		    "2026-11-17T12:00");
	ask_refused(mentee, "BookSession", "OUTSIDE_AVAILABILITY", BOOK, coach->email,
		    "2026-11-18T03:00");
	ask_refused(mentee, "BookSession", "IN_THE_PAST", BOOK, coach->email, "2026-09-29T10:00");
	ask_refused(mentee, "BookSession", "TOO_FAR", BOOK, coach->email, "2027-11-16T10:00");
	ask_refused(mentee, "BookSession", "BAD_LENGTH", BOOK ", 'minutes': 0", coach->email,
		    "2026-11-17T12:00");
	ask_refused(mentee, "BookSession", "BAD_LENGTH", BOOK ", 'minutes': -60", coach->email,
		    "2026-11-17T12:00");
	ask(coach, "AddAway", "'from': '2026-11-24', 'to': '2026-11-24'");
	ask_refused(mentee, "BookSession", "AWAY", BOOK, coach->email, "2026-11-24T10:00");
	ask_book(mentee, coach, "2026-11-17T11:30"); /* just after the buffer */
}

/* Sooner than the notice by a minute; and a quarter of an hour after it. */
static void t19_notice_to_the_minute(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Nora Notice");
	const struct fixture_person *mentee = fixture_person(f, "Now Newton", MEMBER);
	ask(coach, "SetProfile", "'notice_hours': 1");
	ask_refused(mentee, "BookSession", "TOO_SOON", BOOK, coach->email, "2026-10-01T08:59Z");
	ask_book(mentee, coach, "2026-10-01T09:15Z");
}

static void t21_weekly_limit(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Lim Weekly");
	const struct fixture_person *four = fixture_person(f, "Four Weekly", MEMBER);
	static const char *const starts[] = {"2026-11-16T09:00", "2026-11-17T09:00",
					     "2026-11-18T09:00", "2026-11-22T23:00"};
	ask(coach, "SetProfile", "'weekly_hours': 5");
	for (int i = 0; i < 4; i++)
		ask_book(four, coach, starts[i]);
	struct ask_call calls[2] = {
		{fixture_person(f, "Lee Fast", MEMBER), "BookSession", "", ""},
		{fixture_person(f, "Lou Fast", MEMBER), "BookSession", "", ""},
	};
	snprintf(calls[0].text, sizeof calls[0].text, BOOK, coach->email, "2026-11-19T09:00");
	snprintf(calls[1].text, sizeof calls[1].text, BOOK, coach->email, "2026-11-20T09:00");
	assert_true(ask_count(ask(four, "ListSlots", WEEK, coach->email), "slots") > 0);
	ask_together(calls, 2);
	assert_int_equal(ask_reasons(calls, 2, ""), 1);
	assert_int_equal(ask_reasons(calls, 2, "WEEKLY_LIMIT_REACHED"), 1);
	assert_int_equal(ask_count(ask(four, "ListSlots", WEEK, coach->email), "slots"), 0);
	/* The week is the coach's: Monday's first hour is the next one's. */
	ask_book(four, coach, "2026-11-23T00:00");
}

static void pledge_holds_for_mentees(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Paul Pledge");
	const struct fixture_person *mentee = fixture_person(f, "Pia Pledge", MEMBER);
	ask(coach, "SetProfile", "'pledge_hours': 1");
	ask_book(mentee, coach, "2026-11-17T10:00");
	ask_refused(mentee, "BookSession", "PLEDGE_REACHED", BOOK, coach->email,
		    "2026-11-18T10:00");
	ask_refused(f->admin, "BookSession", "PLEDGE_REACHED", FOR, coach->email,
		    "2026-11-18T10:00", mentee->email);
	assert_int_equal(ask_count(ask(mentee, "ListSlots", WEEK, coach->email), "slots"), 0);
	ask(coach, "BookSession", BOOK, mentee->email, "2026-11-18T10:00");
}

static const char *move(const struct fixture_person *person, long long id, const char *start)
{
	const json_t *moved =
		ask(person, "MoveSession", "'session': %lld, 'start': '%s'", id, start);
	return ask_text(moved, "starts");
}

static void t22_move_within_itself(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Mo Vera");
	const struct fixture_person *mentee = fixture_person(f, "Mo Vedman", MEMBER);
	ask(coach, "SetProfile", "'buffer_minutes': 15");
	long long id = ask_book(mentee, coach, "2026-11-17T11:30");
	assert_string_equal(move(mentee, id, "2026-11-17T11:45"), "2026-11-17T11:45:00Z");
	assert_string_equal(move(coach, id, "2026-11-17T11:00"), "2026-11-17T11:00:00Z");
	assert_int_equal(sessions_of(f, coach), 1);
}

static void t23_old_time_is_free_at_once(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Ola Old");
	const struct fixture_person *one = fixture_person(f, "Oli Old", MEMBER);
	const struct fixture_person *two = fixture_person(f, "Ned New", MEMBER);
	long long id = ask_book(one, coach, "2026-11-17T10:00");
	move(one, id, "2026-11-17T15:00");
	ask_book(two, coach, "2026-11-17T10:00");
	ask(one, "CancelSession", "'session': %lld, 'reason': 'ill'", id);
	ask_book(two, coach, "2026-11-17T15:00");
	/* And the one who cancelled is free too. */
	ask_book(one, fixture_coach(f, "Other Olsen"), "2026-11-17T15:00");
}

static void t31_once(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Ona Once");
	const struct fixture_person *mentee = fixture_person(f, "Rae Retry", MEMBER);
	static const uint8_t id[16] = "the same call id";
	json_t *replies[3];
	ask_with_id(id);
	for (int i = 0; i < 3; i++)
		replies[i] = ask(mentee, "BookSession", BOOK, coach->email, "2026-11-17T10:00");
	ask_refused(mentee, "BookSession", "KEY_REUSED", BOOK, coach->email, "2026-11-17T11:00");
	ask_refused(mentee, "CancelSession", "KEY_REUSED", "'session': 1");
	ask_with_id(NULL);
	assert_true(json_equal(replies[0], replies[1]));
	assert_true(json_equal(replies[0], replies[2]));
	assert_int_equal(sessions_of(f, coach), 1);
	/* Cancelled and booked again, with another id: honest. */
	ask(mentee, "CancelSession", "'session': %lld",
	    (long long)ask_number(replies[0], "sessions.0.id"));
	ask_book(mentee, coach, "2026-11-17T10:00");
	assert_int_equal(sessions_of(f, coach), 2);
	/* The repeated call still has its first answer, and does nothing. */
	ask_with_id(id);
	const json_t *again = ask(mentee, "BookSession", BOOK, coach->email, "2026-11-17T10:00");
	ask_with_id(NULL);
	assert_true(json_equal(replies[0], again));
	assert_int_equal(sessions_of(f, coach), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t01_one_of_many),
		cmocka_unit_test(t03_no_side_door),
		cmocka_unit_test(t03_override),
		cmocka_unit_test(t04_mentee_in_two_places),
		cmocka_unit_test(t19_typed_refusals),
		cmocka_unit_test(t19_notice_to_the_minute),
		cmocka_unit_test(t21_weekly_limit),
		cmocka_unit_test(pledge_holds_for_mentees),
		cmocka_unit_test(t22_move_within_itself),
		cmocka_unit_test(t23_old_time_is_free_at_once),
		cmocka_unit_test(t31_once),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
