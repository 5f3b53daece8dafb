/* The register, hours, time away; working together and ending it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define ID "'id': %lld"
#define BOOK "'who': '%s', 'start': '%s'"
#define HOURS "{'weekday': %d, 'opens': '%s', 'closes': '%s'}"
#define DAY "'who': '%s', 'from': '%s', 'to': '%s'"

static int setup(void **state)
{
	*state = ask_fixture("2026-11-16T08:00:00Z");
	return 0;
}

static size_t slots_on(const struct fixture_person *mentee, const struct fixture_person *coach,
		       const char *day)
{
	return ask_count(ask(mentee, "ListSlots", DAY, coach->email, day, day), "slots");
}

static void into_the_register(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_person(f, "Nora Newcoach", COACH);
	const struct fixture_person *mentee = fixture_person(f, "Abe Asker", MEMBER);
	ask(coach, "SetAvailability", "'patterns': [" HOURS "]", 2, "09:00", "12:00");
	const json_t *profile = ask(coach, "GetProfile", "%s", "");
	assert_string_equal(ask_text(profile, "state"), "applied");
	/* Not before an administrator has approved; nor by oneself. */
	ask_refused(mentee, "BookSession", "NO_SUCH_PERSON", BOOK, coach->email,
		    "2026-11-24T09:00");
	ask_refused(coach, "ChangeRegistration", "NOT_ALLOWED",
		    "'event': 'REGISTRATION_EVENT_APPROVE', 'coach': 'me'");
	ask(f->admin, "ChangeRegistration", "'event': 'REGISTRATION_EVENT_APPROVE', 'coach': '%s'",
	    coach->email);
	assert_int_equal(slots_on(mentee, coach, "2026-11-24"), 5);
	ask_book(mentee, coach, "2026-11-24T09:00");
	/* Paused: what is booked stays, nothing is added, nothing is moved. */
	ask(coach, "ChangeRegistration", "'event': 'REGISTRATION_EVENT_PAUSE', 'coach': 'me'");
	ask_refused(mentee, "BookSession", "COACH_NOT_LIVE", BOOK, coach->email,
		    "2026-11-24T11:00");
	ask_refused(mentee, "ListSlots", "COACH_NOT_LIVE", "'who': '%s'", coach->email);
	ask_refused(mentee, "SubmitRequest", "COACH_NOT_LIVE",
		    "'coach': '%s', 'activity': 'ACTIVITY_COACHING'", coach->email);
	assert_int_equal(ask_count(ask(mentee, "ListSessions", "%s", ""), "sessions"), 1);
	ask_refused(mentee, "SetProfile", "NOT_ALLOWED", "'pledge_hours': 1");
}

static void profiles(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Prue Profile");
	const struct fixture_person *mentee = fixture_person(f, "Lou Looks", MEMBER);
	ask(coach, "SetProfile",
	    "'specialisms': ['stroke care', 'returning to work'], 'languages': ['Welsh'],"
	    "'pledge_hours': 20, 'client_limit': 4, 'weekly_hours': 3.5");
	const json_t *seen = ask(mentee, "GetProfile", "'coach': '%s'", coach->email);
	assert_string_equal(ask_text(seen, "specialisms.1"), "returning to work");
	assert_null(ask_find(seen, "pledge_hours")); /* between the coach and administrators */
	seen = ask(f->admin, "GetProfile", "'coach': '%s'", coach->email);
	assert_true(ask_real(seen, "pledge_left_hours") == 20);
	ask_refused(coach, "SetProfile", "OUT_OF_BOUNDS", "'pledge_hours': -1");
	ask_refused(coach, "SetProfile", "OUT_OF_BOUNDS", "'weekly_hours': 81");
	ask_refused(coach, "SetProfile", "OUT_OF_BOUNDS", "'buffer_minutes': 241");
	const json_t *found = ask(mentee, "ListCoaches", "'specialism': 'STROKE'");
	assert_int_equal(ask_count(found, "coaches"), 1);
	assert_int_equal(ask_number(found, "coaches.0.places"), 4);
	found = ask(mentee, "ListCoaches", "'specialism': 'stroke', 'free_within_days': 7");
	assert_memory_equal(ask_text(found, "coaches.0.next_free"), "2026-11-16T", 11);
}

static void hours_change_from_a_day_on(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Hana Hours");
	const struct fixture_person *mentee = fixture_person(f, "Hal Hours", MEMBER);
	ask(coach, "SetAvailability", "'patterns': [" HOURS "]", 2, "09:00", "12:00");
	long long out = ask_book(mentee, coach, "2026-12-01T09:00");
	ask_book(mentee, coach, "2026-11-24T09:00");
	const json_t *set = ask(coach, "SetAvailability",
				"'patterns': [" HOURS "," HOURS "], 'from': '2026-12-01'", 2,
				"14:00", "16:00", 4, "14:00", "16:30");
	assert_int_equal(ask_count(set, "sessions_outside"), 1);
	assert_int_equal(ask_number(set, "sessions_outside.0"), out);
	assert_true(ask_real(set, "weekly_hours") == 4.5);
	assert_int_equal(slots_on(mentee, coach, "2026-11-24"), 3); /* one of 5 hides two */
	assert_int_equal(slots_on(mentee, coach, "2026-12-08"), 3);
	ask_refused(mentee, "BookSession", "OUTSIDE_AVAILABILITY", BOOK, coach->email,
		    "2026-12-08T09:00");
	/* An opening adds to it, on its day alone. */
	ask(coach, "AddOpening", "'date': '2026-12-09', 'opens': '17:00', 'closes': '19:00'");
	assert_int_equal(slots_on(mentee, coach, "2026-12-09"), 3);
	assert_int_equal(slots_on(mentee, coach, "2026-12-16"), 0);
	ask_refused(coach, "AddOpening", "IN_THE_PAST",
		    "'date': '2026-11-10', 'opens': '17:00', 'closes': '19:00'");
	ask_refused(coach, "AddOpening", "BAD_TIME",
		    "'date': '2026-12-09', 'opens': '5pm', 'closes': '19:00'");
	const json_t *hours = ask(coach, "GetAvailability", "%s", "");
	assert_int_equal(ask_count(hours, "patterns"), 3);
	assert_int_equal(ask_count(hours, "openings"), 1);
	/* And is taken back by its id, by its coach alone. */
	long long id = ask_number(hours, "openings.0.id");
	ask_refused(fixture_coach(f, "Some Other"), "CancelAway", "NOT_FOUND", "'away': %lld", id);
	ask(coach, "CancelAway", "'away': %lld", id);
	assert_int_equal(slots_on(mentee, coach, "2026-12-09"), 0);
	ask_refused(coach, "CancelAway", "NOT_FOUND", "'away': %lld", id);
}

static void time_away(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Ava Away");
	const struct fixture_person *mentee = fixture_person(f, "Ash Away", MEMBER);
	long long id = ask_book(mentee, coach, "2026-12-23T10:00");
	const json_t *away = ask(coach, "AddAway",
				 "'from': '2026-12-23', 'to': '2026-12-24', 'reason': 'a wedding'");
	assert_int_equal(ask_number(away, "sessions_within.0"), id);
	assert_string_equal(ask_text(away, "starts"), "2026-12-23T00:00:00Z");
	assert_string_equal(ask_text(away, "ends"), "2026-12-25T00:00:00Z");
	ask_refused(mentee, "BookSession", "AWAY", BOOK, coach->email, "2026-12-24T10:00");
	ask_refused(mentee, "MoveSession", "AWAY", "'session': %lld, 'start': '2026-12-24T10:00'",
		    id);
	assert_int_equal(slots_on(mentee, coach, "2026-12-24"), 0);
	ask(coach, "CancelAway", "'away': %lld", (long long)ask_number(away, "id"));
	ask_refused(coach, "CancelAway", "NOT_FOUND", "'away': %lld",
		    (long long)ask_number(away, "id"));
	ask_book(mentee, coach, "2026-12-24T10:00");
	ask_refused(coach, "AddAway", "BAD_PERIOD", "'from': '2026-12-24', 'to': '2026-12-23'");
	ask_refused(coach, "AddAway", "BAD_PERIOD", "'from': '2026-11-01', 'to': '2026-11-02'");
	ask_refused(coach, "AddAway", "BAD_DATE", "'from': '2026-12-24'");
	ask_refused(mentee, "AddAway", "NOT_ALLOWED", "'from': '2026-12-24', 'to': '2026-12-25'");
}

/* An engagement ends: what is to come is cancelled and listed, what was stays. */
static void ending(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Ed Ender");
	const struct fixture_person *mentee = fixture_person(f, "Eve Ender", MEMBER);
	ask(mentee, "LogConversation", "'with': '%s', 'start': '2026-11-10T10:00'", coach->email);
	long long next = ask_book(mentee, coach, "2026-11-24T10:00");
	const json_t *list = ask(coach, "ListEngagements", "%s", "");
	long long id = ask_number(list, "engagements.0.id");
	assert_int_equal(ask_number(list, "engagements.0.sessions_held"), 1);
	assert_int_equal(ask_number(list, "engagements.0.sessions_booked"), 1);
	ask_refused(coach, "SetContract", "BAD_COUNT", "'engagement': %lld, 'sessions': 0", id);
	ask_refused(coach, "SetContract", "BAD_DATE", "'engagement': %lld, 'until': 'May'", id);
	ask(coach, "SetContract", "'engagement': %lld, 'sessions': 6, 'until': '2027-05-31'", id);
	const json_t *ended =
		ask(coach, "EndEngagement", "'engagement': %lld, 'reason': 'moved'", id);
	assert_string_equal(ask_text(ended, "state"), "ended_early");
	assert_int_equal(ask_number(ended, "sessions_cancelled.0"), next);
	assert_int_equal(ask_count(ended, "sessions_cancelled"), 1);
	ask_refused(coach, "SetContract", "WRONG_STATE", "'engagement': %lld, 'sessions': 7", id);
	assert_int_equal(ask_count(ask(coach, "ListEngagements", "%s", ""), "engagements"), 0);
	/* The time is free, and a new engagement begins with a new booking. */
	ask_book(mentee, coach, "2026-11-24T10:00");
	list = ask(mentee, "ListEngagements", "'all': true");
	assert_int_equal(ask_count(list, "engagements"), 2);
	assert_string_equal(ask_text(list, "engagements.1.state"), "active");
}

/* Who is meant: by the engagement, both ways, or not at all. */
static void who_coaches(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *one = fixture_coach(f, "Wil Coaches");
	const struct fixture_person *two = fixture_coach(f, "Wyn Coaches");
	const struct fixture_person *mentee = fixture_person(f, "Only Mentee", MEMBER);
	ask_refused(mentee, "ListSlots", "WHO_MISSING", "%s", "");
	ask_book(mentee, one, "2026-11-24T10:00");
	/* Alone: my only one. From the coach's side the mentee is the other. */
	const json_t *slots = ask(mentee, "ListSlots", "'limit': 3");
	assert_string_equal(ask_text(slots, "slots.0.coach_name"), "Wil Coaches");
	slots = ask(one, "ListSlots", "'who': '%s', 'limit': 3", mentee->email);
	assert_string_equal(ask_text(slots, "slots.0.with_name"), "Only Mentee");
	assert_int_equal(ask_count(slots, "slots"), 3);
	assert_true(json_is_true(ask_find(slots, "more")));
	ask_book(mentee, two, "2026-11-24T12:00");
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "ListSlots", "WHO_MISSING", "%s", "");
	assert_non_null(strstr(failure->message, "Wil Coaches, Wyn Coaches"));
	/* Two who coach each other say in which part. */
	ask(one, "BookSession", BOOK ", 'part': 'PART_MENTEE'", two->email, "2026-11-25T10:00");
	ask(two, "BookSession", BOOK ", 'part': 'PART_MENTEE'", one->email, "2026-11-25T12:00");
	ask_refused(one, "BookSession", "BOTH_WAYS", BOOK, two->email, "2026-11-25T15:00");
	const json_t *booked = ask(one, "BookSession", BOOK ", 'part': 'PART_COACH'", two->email,
				   "2026-11-25T15:00");
	assert_int_equal(ask_number(booked, "sessions.0.coach"), one->id);
	assert_int_equal(ask_number(booked, "sessions.0.mentee"), two->id);
	ask_refused(mentee, "BookSession", "NOT_ALLOWED", BOOK ", 'mentee': '%s'", one->email,
		    "2026-11-26T10:00", two->email);
	ask_refused(f->admin, "BookSession", "WHO_MISSING", "'mentee': '%s', 'start': '%s'",
		    mentee->email, "2026-11-26T10:00");
}

/* Pages of slots meet, without a gap or a slot twice. */
static void pages_of_slots(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Paz Pages");
	const struct fixture_person *mentee = fixture_person(f, "Pat Pages", MEMBER);
	ask(coach, "SetAvailability", "'patterns': [" HOURS "," HOURS "]", 2, "09:00", "12:00", 4,
	    "09:00", "12:00");
	const json_t *all = ask(mentee, "ListSlots", DAY, coach->email, "2026-11-23", "2026-12-06");
	size_t count = ask_count(all, "slots"), seen = 0;
	long long after = 0;
	assert_int_equal(count, 20);
	for (bool more = true; more; seen += 3) {
		const json_t *page = ask(mentee, "ListSlots", DAY ", 'limit': 3, 'after': %lld",
					 coach->email, "2026-11-23", "2026-12-06", after);
		for (size_t i = 0; i < ask_count(page, "slots"); i++) {
			char path[40], whole[40];
			snprintf(path, sizeof path, "slots.%zu.id", i);
			snprintf(whole, sizeof whole, "slots.%zu.id", seen + i);
			after = ask_number(page, path);
			assert_int_equal(after, ask_number(all, whole));
		}
		more = json_is_true(ask_find(page, "more"));
		assert_int_equal(more, seen + 3 < count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(into_the_register),
		cmocka_unit_test(profiles),
		cmocka_unit_test(hours_change_from_a_day_on),
		cmocka_unit_test(time_away),
		cmocka_unit_test(ending),
		cmocka_unit_test(who_coaches),
		cmocka_unit_test(pages_of_slots),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
