/* Reports R1 and R2: what can be given and what was used, with the golden figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define PERIOD "'from': '%s', 'to': '%s'"
#define HOURS "{'weekday': %d, 'opens': '%s', 'closes': '%s'}"
#define ROW \
	"{'line': %d, 'date': '%s', 'start': '%s', 'minutes': %d, 'coach': '%s', 'mentee': '%s', 'outcome': '%s'}"

struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *admin; /* the administrator on 20 October */
};

static void near(const json_t *report, const char *path, double figure)
{
	if (!ask_find(report, path) || fabs(ask_real(report, path) - figure) > 0.0001) {
		char *text = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", text);
		fail_msg("%s is %g, not %g", path, ask_real(report, path), figure);
	}
}

/* The line of a coach or group; its place as "lines.2". */
static const char *line_of(const json_t *report, const char *name)
{
	static char line[40];
	char path[60];
	for (size_t i = 0; i < ask_count(report, "lines"); i++) {
		snprintf(line, sizeof line, "lines.%zu", i);
		snprintf(path, sizeof path, "%s.name", line);
		if (!strcmp(ask_text(report, path), name))
			return line;
	}
	fixture_fail("%s is not in the report", name);
}

static void figure(const json_t *report, const char *name, const char *field, double value)
{
	char path[100];
	snprintf(path, sizeof path, "%s.%s", line_of(report, name), field);
	near(report, path, value);
}

static void no_figure(const json_t *report, const char *name, const char *field)
{
	char path[100];
	snprintf(path, sizeof path, "%s.%s", line_of(report, name), field);
	assert_null(ask_find(report, path));
}

static void row(const struct scene *s, const char *date, const char *start, int minutes,
		const char *outcome)
{
	const json_t *reply = ask(s->admin, "ImportConversations", "'rows': [" ROW "]", 1, date,
				  start, minutes, s->coach->email, s->mentee->email, outcome);
	assert_true(json_is_true(ask_find(reply, "stored")));
}

/* 23 hours before October; then what the golden figures say. */
static void make_history(const struct scene *s)
{
	static const char *const days[] = {"2026-04-07", "2026-05-05", "2026-06-02",
					   "2026-07-07", "2026-08-04", "2026-09-01"};
	for (int i = 0; i < 6; i++)
		row(s, days[i], "10:00", i < 5 ? 240 : 180, "attended");
	row(s, "2026-03-31", "10:00", 240, "attended"); /* the pledge year before */
	row(s, "2026-10-05", "09:00", 90, "attended");
	row(s, "2026-10-19", "09:00", 60, "mentee_missed");
	ask(s->mentee, "BookSession", "'who': '%s', 'start': '2026-10-26T10:00'", s->coach->email);
}

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-10-01T08:00:00Z");
	s->coach = fixture_coach(s->f, "Gold En");
	s->mentee = fixture_person(s->f, "Mo Nday", MEMBER);
	ask(s->coach, "SetProfile", "'pledge_hours': 30, 'client_limit': 3");
	ask(s->coach, "SetAvailability", "'patterns': [" HOURS "], 'from': '2026-01-01'", 1,
	    "09:00", "12:00");
	ask(s->coach, "AddAway", "'from': '2026-10-12', 'to': '2026-10-12'");
	s->admin = ask_through(s->f, s->f->admin, fixture_daemon_add(s->f, "2026-10-20T08:00:00Z"));
	make_history(s);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

static void r1_golden_figures(void **state)
{
	const struct scene *s = *state;
	const json_t *report = ask(s->admin, "ReportCapacity", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "Gold En", "supply_hours", 9);
	figure(report, "Gold En", "free_hours", 5.5);
	figure(report, "Gold En", "pledge_left_hours", 4.5);
	figure(report, "Gold En", "real_hours", 4.5);
	figure(report, "Gold En", "places", 2);
	figure(report, "Gold En", "not_closed", 0);
	near(report, "total.real_hours", 4.5);
	near(report, "total.coaches", 1);
	assert_null(ask_find(report, "without_pledge"));
	assert_string_equal(ask_text(report, "period.definition"), "R1 capacity, version 1");
	assert_string_equal(ask_text(report, "period.zone"), "Europe/London");
	assert_memory_equal(ask_text(report, "period.made"), "2026-10-20T08:", 14);
}

static void r2_golden_figures(void **state)
{
	const struct scene *s = *state;
	const json_t *report =
		ask(s->admin, "ReportUtilisation", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "Gold En", "delivered_hours", 1.5);
	figure(report, "Gold En", "committed_hours", 3.5);
	figure(report, "Gold En", "delivered_percent", 16.7);
	figure(report, "Gold En", "committed_percent", 38.9);
	figure(report, "Gold En", "delivered_year_hours", 24.5);
	figure(report, "Gold En", "pledge_percent", 81.7);
	near(report, "total.pledge_percent", 81.7);
}

static void by_organisation_and_sector(void **state)
{
	const struct scene *s = *state;
	const json_t *report =
		ask(s->admin, "ReportCapacity", PERIOD ", 'by': 'GROUP_BY_ORGANISATION'",
		    "2026-10-01", "2026-11-01");
	figure(report, "Example Trust", "real_hours", 4.5);
	report = ask(s->admin, "ReportUtilisation", PERIOD ", 'by': 'GROUP_BY_SECTOR'",
		     "2026-10-01", "2026-11-01");
	figure(report, "nhs", "delivered_percent", 16.7);
}

/* What is past and not closed stands beside the figure that it would change. */
static void not_closed(void **state)
{
	const struct scene *s = *state;
	struct fixture_daemon *later = fixture_daemon_add(s->f, "2026-10-27T08:00:00Z");
	const struct fixture_person *admin = ask_through(s->f, s->f->admin, later);
	const json_t *report = ask(admin, "ReportCapacity", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "Gold En", "not_closed", 1);
	figure(report, "Gold En", "not_closed_hours", 1);
	report = ask(admin, "ReportUtilisation", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "Gold En", "not_closed", 1);
	figure(report, "Gold En", "delivered_hours", 1.5);
	report = ask(admin, "ReportWaiting", PERIOD, "2026-10-01", "2026-11-01");
	near(report, "not_closed", 1);
	fixture_daemon_stop(s->f, later);
}

/* Elapsed hours, on both days of the clock change. */
static void hours_on_the_days_of_change(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *coach = fixture_coach(s->f, "Sun Day");
	ask(coach, "SetAvailability", "'patterns': [" HOURS "], 'from': '2026-01-01'", 7, "00:00",
	    "03:00");
	const json_t *report = ask(s->admin, "ReportCapacity", PERIOD, "2026-10-25", "2026-10-26");
	figure(report, "Sun Day", "supply_hours", 4);
	report = ask(s->admin, "ReportCapacity", PERIOD, "2026-03-29", "2026-03-30");
	figure(report, "Sun Day", "supply_hours", 2);
	report = ask(s->admin, "ReportCapacity", PERIOD, "2026-07-05", "2026-07-06");
	figure(report, "Sun Day", "supply_hours", 3);
	/* The period's days are of its zone: in Lisbon the same, an hour on in Paris. */
	report = ask(s->admin, "ReportCapacity", PERIOD ", 'zone': 'Europe/Paris'", "2026-07-05",
		     "2026-07-06");
	figure(report, "Sun Day", "supply_hours", 3);
	report = ask(s->admin, "ReportCapacity", PERIOD ", 'zone': 'America/New_York'",
		     "2026-07-05", "2026-07-06");
	figure(report, "Sun Day", "supply_hours", 0);
	/* No pledge: listed apart, and real is what is free. */
	near(report, "without_pledge.coaches", 1);
	near(report, "total.coaches", 1);
	ask(coach, "ChangeRegistration", "'coach': 'me', 'event': 'REGISTRATION_EVENT_PAUSE'");
	report = ask(s->admin, "ReportCapacity", PERIOD, "2026-07-05", "2026-07-06");
	assert_null(ask_find(report, "without_pledge"));
	figure(report, "Sun Day", "coaches", 1);
}

/* A period over two pledge years is the sum of its parts. */
static void over_two_pledge_years(void **state)
{
	const struct scene *s = *state;
	static const char *const fields[] = {"supply_hours", "free_hours", "pledge_left_hours",
					     "real_hours"};
	const json_t *before = ask(s->admin, "ReportCapacity", PERIOD, "2027-03-01", "2027-04-01");
	const json_t *after = ask(s->admin, "ReportCapacity", PERIOD, "2027-04-01", "2027-06-01");
	const json_t *both = ask(s->admin, "ReportCapacity", PERIOD, "2027-03-01", "2027-06-01");
	figure(before, "Gold En", "real_hours", 4.5); /* what is left of this year */
	figure(after, "Gold En", "real_hours", 27);   /* 9 Mondays */
	for (int i = 0; i < 4; i++) {
		char path[60];
		snprintf(path, sizeof path, "total.%s", fields[i]);
		near(both, path, ask_real(before, path) + ask_real(after, path));
	}
}

/* Nothing published: no percentage, neither nothing nor without end. */
static void no_hours_no_percentage(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *coach = fixture_coach(s->f, "No Hours");
	ask(coach, "SetAvailability", "'patterns': []");
	const json_t *reply =
		ask(s->admin, "ImportConversations", "'rows': [" ROW "]", 1, "2026-10-06", "10:00",
		    60, coach->email, s->mentee->email, "attended");
	assert_true(json_is_true(ask_find(reply, "stored")));
	const json_t *report =
		ask(s->admin, "ReportUtilisation", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "No Hours", "delivered_hours", 1);
	no_figure(report, "No Hours", "delivered_percent");
	no_figure(report, "No Hours", "committed_percent");
	no_figure(report, "No Hours", "pledge_percent");
	/* More than was published is shown as it is. */
	ask(coach, "AddOpening", "'date': '2026-10-21', 'opens': '10:00', 'closes': '10:30'");
	report = ask(s->admin, "ReportUtilisation", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "No Hours", "delivered_percent", 200);
}

/* Cancelled within a day of it: the time was committed, and is free again. */
static void late_cancellations(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *coach = fixture_coach(s->f, "Late Cancel");
	ask(coach, "SetAvailability", "'patterns': [" HOURS "]", 2, "14:00", "18:00");
	for (int day = 20; day <= 27; day += 7) {
		const json_t *booked =
			ask(s->admin, "BookSession",
			    "'who': '%s', 'mentee': '%s', 'start': '2026-10-%dT15:00'",
			    coach->email, s->mentee->email, day);
		ask(s->admin, "CancelSession", "'session': %lld",
		    (long long)ask_number(booked, "id"));
	}
	const json_t *report =
		ask(s->admin, "ReportUtilisation", PERIOD, "2026-10-20", "2026-10-28");
	figure(report, "Late Cancel", "committed_hours", 1);
	figure(report, "Late Cancel", "committed_percent", 12.5);
	figure(report, "Late Cancel", "delivered_percent", 0);
	report = ask(s->admin, "ReportCapacity", PERIOD, "2026-10-20", "2026-10-28");
	figure(report, "Late Cancel", "free_hours", 8);
}

/* A session counts where it starts, and in its people's organisations of that time. */
static void where_a_session_belongs(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *coach = fixture_coach(s->f, "Mid Night");
	const json_t *reply =
		ask(s->admin, "ImportConversations", "'rows': [" ROW "]", 1, "2026-09-30", "23:30",
		    60, coach->email, s->mentee->email, "attended");
	assert_true(json_is_true(ask_find(reply, "stored")));
	const json_t *report =
		ask(s->admin, "ReportUtilisation", PERIOD, "2026-09-01", "2026-10-01");
	figure(report, "Mid Night", "delivered_hours", 1);
	report = ask(s->admin, "ReportUtilisation", PERIOD, "2026-10-01", "2026-11-01");
	figure(report, "Mid Night", "delivered_hours", 0);
	ask(s->admin, "AddOrganisation", "'name': 'New Council', 'sector': 'SECTOR_COUNCIL'");
	ask(s->admin, "ImportPeople",
	    "'rows': [{'line': 1, 'email': '%s', 'organisation': 'New Council'}]", coach->email);
	report = ask(s->admin, "ReportUtilisation", PERIOD ", 'by': 'GROUP_BY_SECTOR'",
		     "2026-09-01", "2026-10-01");
	figure(report, "nhs", "delivered_hours", 4); /* 3 and this one */
	figure(report, "council", "delivered_hours", 0);
}

static void periods_that_are_none(void **state)
{
	const struct scene *s = *state;
	ask_refused(s->admin, "ReportCapacity", "BAD_PERIOD", PERIOD, "2026-11-01", "2026-10-01");
	ask_refused(s->admin, "ReportCapacity", "BAD_PERIOD", PERIOD, "2026-11-01", "2026-11-01");
	ask_refused(s->admin, "ReportCapacity", "BAD_PERIOD", "'from': '2026-11-01'");
	ask_refused(s->admin, "ReportCapacity", "BAD_PERIOD", PERIOD, "2000-01-01", "2026-01-01");
	ask_refused(s->admin, "ReportUtilisation", "BAD_DATE", PERIOD, "2026-11-31", "2026-12-01");
	ask_refused(s->coach, "ReportCapacity", "NOT_ALLOWED", PERIOD, "2026-10-01", "2026-11-01");
	ask_refused(s->mentee, "ReportWaiting", "NOT_ALLOWED", PERIOD, "2026-10-01", "2026-11-01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r1_golden_figures),
		cmocka_unit_test(r2_golden_figures),
		cmocka_unit_test(by_organisation_and_sector),
		cmocka_unit_test(not_closed),
		cmocka_unit_test(over_two_pledge_years),
		cmocka_unit_test(hours_on_the_days_of_change),
		cmocka_unit_test(no_hours_no_percentage),
		cmocka_unit_test(late_cancellations),
		cmocka_unit_test(where_a_session_belongs),
		cmocka_unit_test(periods_that_are_none),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
