/* Wall times and instants: T07, T08, T09, T15, T37. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "when.h"

#define LIST "'who': '%s', 'from': '%s', 'to': '%s'"
#define HALF_HOUR "'who': '%s', 'start': '%s', 'minutes': 30"

static int setup(void **state)
{
	*state = ask_fixture("2026-10-01T08:00:00Z");
	return 0;
}

/* Hours of one coach: the same on the days from one weekday to another. */
static void set_hours(const struct fixture_person *coach, int first, int last, const char *opens,
		      const char *closes, const char *zone)
{
	char days[800] = "";
	for (int day = first; day <= last; day++)
		snprintf(days + strlen(days), sizeof days - strlen(days),
			 "%s{'weekday': %d, 'opens': '%s', 'closes': '%s'}", *days ? "," : "", day,
			 opens, closes);
	ask(coach, "SetAvailability", "'patterns': [%s], 'zone': '%s'", days, zone);
}

static void set_zone(struct fixture *f, const struct fixture_person *person, const char *zone)
{
	ask(f->admin, "ImportPeople", "'rows': [{'line': 1, 'email': '%s', 'zone': '%s'}]",
	    person->email, zone);
}

static void t07_ambiguous_hour(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Una Twice");
	const struct fixture_person *one = fixture_person(f, "Mo First", MEMBER);
	const struct fixture_person *two = fixture_person(f, "Mia Second", MEMBER);
	const struct coachhouse_failure *failure = ask_refused(
		one, "BookSession", "AMBIGUOUS_TIME", HALF_HOUR, coach->email, "2026-10-25T01:30");
	assert_int_equal(failure->code, COACHHOUSE__V1__CODE__INVALID_ARGUMENT);
	assert_non_null(strstr(failure->message, "2026-10-25T00:30Z"));
	assert_non_null(strstr(failure->message, "2026-10-25T01:30Z"));
	const json_t *summer =
		ask(one, "BookSession", HALF_HOUR, coach->email, "2026-10-25T00:30Z");
	const json_t *winter =
		ask(two, "BookSession", HALF_HOUR, coach->email, "2026-10-25T01:30Z");
	assert_string_equal(ask_text(summer, "sessions.0.starts"), "2026-10-25T00:30:00Z");
	assert_string_equal(ask_text(winter, "sessions.0.starts"), "2026-10-25T01:30:00Z");
}

static void t08_nonexistent_hour(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Nina Never");
	const struct fixture_person *mentee = fixture_person(f, "Ned Never", MEMBER);
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "BookSession", "NONEXISTENT_TIME", HALF_HOUR, coach->email,
			    "2026-03-29T01:30");
	assert_int_equal(failure->code, COACHHOUSE__V1__CODE__INVALID_ARGUMENT);
	ask_refused(mentee, "BookSession", "NONEXISTENT_TIME", HALF_HOUR, coach->email,
		    "2027-03-28T01:30");
	/* Nor is a session moved there. */
	int64_t id = ask_book(mentee, coach, "2026-11-02T10:00");
	ask_refused(mentee, "MoveSession", "NONEXISTENT_TIME",
		    "'session': %lld, 'start': '2027-03-28T01:30'", (long long)id);
	const json_t *session = ask(mentee, "GetSession", "'id': %lld", (long long)id);
	assert_string_equal(ask_text(session, "session.starts"), "2026-11-02T10:00:00Z");
}

/* The first and the last slot of a day are as said, and both can be booked. */
static void check_day(const struct fixture_person *mentee, const struct fixture_person *coach,
		      const char *day, const char *first, const char *last)
{
	const json_t *slots = ask(mentee, "ListSlots", LIST, coach->email, day, day);
	size_t count = ask_count(slots, "slots");
	char at[40];
	assert_int_equal(count, 15); /* from 9 to 4, every half hour */
	snprintf(at, sizeof at, "slots.%zu.starts", count - 1);
	assert_string_equal(ask_text(slots, "slots.0.starts"), first);
	assert_string_equal(ask_text(slots, at), last);
	ask_book(mentee, coach, first);
	ask_book(mentee, coach, last);
}

static void t09_hours_keep_their_wall_time(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Olu Clock");
	const struct fixture_person *mentee = fixture_person(f, "Ora Clock", MEMBER);
	set_hours(coach, 1, 5, "09:00", "17:00", "Europe/London");
	check_day(mentee, coach, "2026-10-23", "2026-10-23T08:00:00Z", "2026-10-23T15:00:00Z");
	check_day(mentee, coach, "2026-10-26", "2026-10-26T09:00:00Z", "2026-10-26T16:00:00Z");
	/* In spring the other way round. */
	check_day(mentee, coach, "2027-03-26", "2027-03-26T09:00:00Z", "2027-03-26T16:00:00Z");
	check_day(mentee, coach, "2027-03-29", "2027-03-29T08:00:00Z", "2027-03-29T15:00:00Z");
	ask_refused(mentee, "BookSession", "OUTSIDE_AVAILABILITY", HALF_HOUR, coach->email,
		    "2026-10-26T08:30Z");
}

static void night_hours_on_the_days_of_change(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Nell Night");
	const struct fixture_person *mentee = fixture_person(f, "Nat Night", MEMBER);
	set_hours(coach, 7, 7, "00:00", "03:00", "Europe/London");
	const json_t *slots = ask(mentee, "ListSlots", LIST ", 'minutes': 30", coach->email,
				  "2026-10-25", "2026-10-25");
	assert_int_equal(ask_count(slots, "slots"), 8); /* 4 hours */
	slots = ask(mentee, "ListSlots", LIST ", 'minutes': 30", coach->email, "2027-03-28",
		    "2027-03-28");
	assert_int_equal(ask_count(slots, "slots"), 4); /* 2 hours */
	/* Half past eleven to half past midnight is one stretch. */
	set_hours(coach, 1, 7, "23:30", "00:30", "Europe/London");
	slots = ask(mentee, "ListSlots", LIST, coach->email, "2026-11-03", "2026-11-03");
	assert_int_equal(ask_count(slots, "slots"), 1);
	assert_string_equal(ask_text(slots, "slots.0.starts"), "2026-11-03T23:30:00Z");
}

static void t15_zones(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Zita Zone");
	const struct fixture_person *mentee = fixture_person(f, "Zane Madrid", MEMBER);
	/* A floating time is read in the zone of the one who writes it. */
	set_zone(f, mentee, "Europe/Madrid");
	const json_t *booked =
		ask(mentee, "BookSession", HALF_HOUR, coach->email, "2026-11-17T11:00");
	assert_string_equal(ask_text(booked, "sessions.0.starts"), "2026-11-17T10:00:00Z");
	booked = ask(mentee, "BookSession", HALF_HOUR ", 'zone': 'Europe/London'", coach->email,
		     "2026-11-18T11:00");
	assert_string_equal(ask_text(booked, "sessions.0.starts"), "2026-11-18T11:00:00Z");
	booked = ask(mentee, "BookSession", HALF_HOUR, coach->email, "2026-11-19T11:00+05:30");
	assert_string_equal(ask_text(booked, "sessions.0.starts"), "2026-11-19T05:30:00Z");
}

/* A zone that is none is refused by every method that takes one; never read as UTC. */
static void t15_unknown_zone(void **state)
{
	static const char *const zones[] = {"Mars/Base",	 "EST5", "UTC+3",
					    "GMT Standard Time", "",	 "europe/london; drop"};
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Zoran Zone");
	const struct fixture_person *mentee = fixture_person(f, "Zelda Zone", MEMBER);
	long long id = ask_book(mentee, coach, "2026-12-01T10:00");
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		ask_refused(mentee, "BookSession", "BAD_ZONE", HALF_HOUR ", 'zone': '%s'",
			    coach->email, "2026-12-02T10:00", zones[i]);
		ask_refused(mentee, "MoveSession", "BAD_ZONE",
			    "'session': %lld, 'start': '2026-12-03T10:00', 'zone': '%s'", id,
			    zones[i]);
		ask_refused(mentee, "ListSlots", "BAD_ZONE", "'who': '%s', 'zone': '%s'",
			    coach->email, zones[i]);
		ask_refused(mentee, "ListSessions", "BAD_ZONE", "'zone': '%s'", zones[i]);
		ask_refused(mentee, "LogConversation", "BAD_ZONE",
			    "'with': '%s', 'start': '2026-09-01T10:00', 'zone': '%s'", coach->email,
			    zones[i]);
		ask_refused(coach, "AddAway", "BAD_ZONE",
			    "'from': '2026-12-20', 'to': '2026-12-21', 'zone': '%s'", zones[i]);
		ask_refused(coach, "SetAvailability", "BAD_ZONE", "'zone': '%s'", zones[i]);
		ask_refused(f->admin, "ReportCapacity", "BAD_ZONE",
			    "'from': '2026-10-01', 'to': '2026-11-01', 'zone': '%s'", zones[i]);
	}
}

static void times_that_are_none(void **state)
{
	static const char *const starts[] = {"",
					     "tomorrow",
					     "2026-11-17",
					     "2026-11-17 10:00",
					     "2026-02-30T10:00",
					     "2026-13-01T10:00",
					     "2026-11-17T25:00",
					     "2026-11-17T10:61",
					     "2026-11-17T10:00+99:00",
					     "infinity",
					     "0000-01-01T10:00",
					     "9999-99-99T99:99"};
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Tara Typo");
	const struct fixture_person *mentee = fixture_person(f, "Ty Typo", MEMBER);
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		const struct coachhouse_failure *failure = ask_refused(
			mentee, "BookSession", "BAD_TIME", HALF_HOUR, coach->email, starts[i]);
		assert_non_null(strstr(failure->message, "2026-11-17T10:00"));
	}
	ask_refused(mentee, "BookSession", "BAD_TIME", "'who': '%s'", coach->email);
	/* Nothing ends before it begins, and nothing that is to come did. */
	assert_int_equal(
		ask_count(ask(mentee, "ListSlots", LIST, coach->email, "2026-12-02", "2026-11-30"),
			  "slots"),
		0);
	assert_int_equal(
		ask_count(ask(mentee, "ListSlots", LIST, coach->email, "2020-01-01", "2020-01-02"),
			  "slots"),
		0);
	ask_refused(mentee, "ListSlots", "BAD_DATE", LIST, coach->email, "soon", "2026-12-01");
	ask_refused(mentee, "ListSlots", "BAD_DATE", LIST, coach->email, "2026-11-31",
		    "2026-12-01");
}

static int64_t seconds_of(const char *instant)
{
	int64_t at;
	assert_true(when_read_instant(instant, &at));
	return at;
}

/* What each of them is told, once there is mail: their own zone, named. */
static void t37_each_in_their_own_zone(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Lena London");
	const struct fixture_person *mentee = fixture_person(f, "Marta Madrid", MEMBER);
	char text[200];
	set_zone(f, mentee, "Europe/Madrid");
	const json_t *booked =
		ask(f->admin, "BookSession", "'who': '%s', 'mentee': '%s', 'start': '%s'",
		    coach->email, mentee->email, "2026-11-17T10:00");
	assert_string_equal(ask_text(booked, "sessions.0.zone"), "Europe/London");
	int64_t starts = seconds_of(ask_text(booked, "sessions.0.starts"));
	assert_int_equal(starts, seconds_of("2026-11-17T10:00Z"));
	const json_t *me = ask(mentee, "GetStatus", "%s", "");
	when_write_range(starts, starts + 3600, ask_text(me, "zone"), text, sizeof text);
	assert_string_equal(text, "Tuesday 17 November 2026, 11am to midday (Madrid)");
	me = ask(coach, "GetStatus", "%s", "");
	when_write_range(starts, starts + 3600, ask_text(me, "zone"), text, sizeof text);
	assert_string_equal(text, "Tuesday 17 November 2026, 10am to 11am (London)");
	/* The mentee's list has the same instant. */
	const json_t *sessions = ask(mentee, "ListSessions", "%s", "");
	assert_string_equal(ask_text(sessions, "sessions.0.starts"), "2026-11-17T10:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t07_ambiguous_hour),
		cmocka_unit_test(t08_nonexistent_hour),
		cmocka_unit_test(t09_hours_keep_their_wall_time),
		cmocka_unit_test(night_hours_on_the_days_of_change),
		cmocka_unit_test(t15_zones),
		cmocka_unit_test(t15_unknown_zone),
		cmocka_unit_test(times_that_are_none),
		cmocka_unit_test(t37_each_in_their_own_zone),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
