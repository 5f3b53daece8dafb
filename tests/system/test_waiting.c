/* Report R3: who waits, for how long; golden figures, and what small numbers hide. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define PERIOD "'from': '2026-10-01', 'to': '2026-12-01'"

/* Forty days before the report, twenty days before it, and that day. */
struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *admin, *today;
	struct fixture_daemon *middle, *end;
};

static void near(const json_t *report, const char *path, double figure)
{
	if (!ask_find(report, path) || fabs(ask_real(report, path) - figure) > 0.0001) {
		char *text = json_dumps(report, JSON_INDENT(1));
		print_error("%s\n", text);
		fail_msg("%s is %g, not %g", path, ask_real(report, path), figure);
	}
}

static void is_hidden(const json_t *report, size_t line)
{
	static const char *const fields[] = {"completed",   "completed_median_days",
					     "waiting",	    "waiting_oldest_days",
					     "median_days", "within_target_percent"};
	char path[80];
	snprintf(path, sizeof path, "lines.%zu.suppressed", line);
	assert_true(json_is_true(ask_find(report, path)));
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(path, sizeof path, "lines.%zu.%s", line, fields[i]);
		assert_null(ask_find(report, path));
	}
}

static const json_t *report(const struct scene *s)
{
	return ask(s->today, "ReportWaiting", PERIOD);
}

/* Somebody of an organisation who asks; `first` is when their first session was, or NULL. */
static const struct fixture_person *waits(const struct scene *s, const char *organisation,
					  struct fixture_daemon *asks, const char *first)
{
	const struct fixture_person *mentee = fixture_person(s->f, "Wai Ting", MEMBER);
	ask(s->admin, "ImportPeople", "'rows': [{'line': 1, 'email': '%s', 'organisation': '%s'}]",
	    mentee->email, organisation);
	ask(ask_through(s->f, mentee, asks), "SubmitRequest", "%s", "");
	if (first)
		ask(ask_through(s->f, mentee, s->end), "LogConversation",
		    "'with': '%s', 'start': '%s'", s->coach->email, first);
	return mentee;
}

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-10-11T08:00:00Z");
	s->admin = s->f->admin;
	s->coach = fixture_coach(s->f, "Wanda Waited");
	s->middle = fixture_daemon_add(s->f, "2026-10-31T08:00:00Z");
	s->end = fixture_daemon_add(s->f, "2026-11-20T08:00:00Z");
	s->today = ask_through(s->f, s->admin, s->end);
	ask(s->admin, "AddOrganisation", "'name': 'Golden Council', 'sector': 'SECTOR_COUNCIL'");
	ask(s->admin, "AddOrganisation", "'name': 'Little Charity', 'sector': 'SECTOR_THIRD'");
	ask(s->admin, "AddOrganisation", "'name': 'Other Trust', 'sector': 'SECTOR_NHS'");
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

/* Completed 7, 10 and 14 days, the last on the day that the clocks go back; open 20 and 40. */
static void r3_golden_figures(void **state)
{
	const struct scene *s = *state;
	waits(s, "Golden Council", &s->f->daemons[0], "2026-10-18T10:00");
	waits(s, "Golden Council", &s->f->daemons[0], "2026-10-21T10:00");
	waits(s, "Golden Council", &s->f->daemons[0], "2026-10-25T10:00");
	waits(s, "Golden Council", &s->f->daemons[0], NULL);
	waits(s, "Golden Council", s->middle, NULL);
	const json_t *made = report(s);
	assert_int_equal(ask_count(made, "lines"), 1);
	assert_string_equal(ask_text(made, "lines.0.name"), "Golden Council");
	near(made, "lines.0.completed", 3);
	near(made, "lines.0.completed_median_days", 10);
	near(made, "lines.0.completed_longest_days", 14);
	near(made, "lines.0.waiting", 2);
	near(made, "lines.0.waiting_median_days", 30);
	near(made, "lines.0.waiting_oldest_days", 40);
	near(made, "lines.0.median_days", 14); /* Kaplan-Meier */
	near(made, "total.median_days", 14);
	near(made, "target_days", 42);
	near(made, "lines.0.within_target_percent", 100);
	made = ask(s->today, "ReportWaiting", PERIOD ", 'target_days': 10");
	near(made, "total.within_target_percent", 40); /* 2 of 5: two wait longer already */
}

/* As it was then: at the end of October one of them had not asked yet. */
static void as_it_was(void **state)
{
	const struct scene *s = *state;
	const json_t *made =
		ask(s->today, "ReportWaiting", "'from': '2026-10-01', 'to': '2026-10-20'");
	/* 1 completed, 3 waiting: too few to be told. */
	assert_true(json_is_true(ask_find(made, "total.suppressed")));
	made = ask(s->today, "ReportWaiting", "'from': '2026-10-01', 'to': '2026-11-01'");
	near(made, "total.completed", 3);
	near(made, "total.waiting", 2);
	near(made, "total.waiting_oldest_days", 21);
}

/* A withdrawn request counts as waiting until then, and not as an answer. */
static void withdrawn_is_censored(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *mentee = waits(s, "Golden Council", &s->f->daemons[0], NULL);
	struct fixture_daemon *soon = fixture_daemon_add(s->f, "2026-10-19T08:00:00Z");
	const struct fixture_person *then = ask_through(s->f, mentee, soon);
	const json_t *requests = ask(then, "ListRequests", "%s", "");
	ask(then, "Withdraw", "'id': %lld", (long long)ask_number(requests, "requests.0.id"));
	fixture_daemon_stop(s->f, soon);
	/* 5/6 wait on after 7 days, 3/4 of them after 10, 2/3 of these after 14. */
	const json_t *made = report(s);
	near(made, "total.completed", 3);
	near(made, "total.waiting", 2);
	near(made, "total.median_days", 14);
}

/* Two people of a charity are not told, nor what would give them away. */
static void small_numbers_are_hidden(void **state)
{
	const struct scene *s = *state;
	for (int i = 0; i < 2; i++)
		waits(s, "Little Charity", s->middle, NULL);
	for (int i = 0; i < 6; i++)
		waits(s, "Other Trust", s->middle, NULL);
	const json_t *made = report(s);
	assert_int_equal(ask_count(made, "lines"), 3);
	assert_string_equal(ask_text(made, "lines.1.name"), "Little Charity");
	is_hidden(made, 1);
	is_hidden(made, 0); /* 13 - 6 - 5 would be 2 */
	near(made, "lines.2.waiting", 6);
	near(made, "total.completed", 3);
	near(made, "total.waiting", 10);
	/* By sector: the trusts are one line, and the council goes with the charity. */
	made = ask(s->today, "ReportWaiting", PERIOD ", 'by': 'GROUP_BY_SECTOR'");
	assert_string_equal(ask_text(made, "lines.1.name"), "nhs");
	is_hidden(made, 0);
	is_hidden(made, 2);
}

/* Several small ones that together are enough hide nobody else. */
static void small_ones_hide_each_other(void **state)
{
	const struct scene *s = *state;
	ask(s->admin, "AddOrganisation", "'name': 'Minor Charity', 'sector': 'SECTOR_THIRD'");
	for (int i = 0; i < 3; i++)
		waits(s, "Minor Charity", s->middle, NULL);
	const json_t *made = report(s);
	assert_int_equal(ask_count(made, "lines"), 4);
	near(made, "lines.0.waiting", 2);
	is_hidden(made, 1);
	is_hidden(made, 2);
	near(made, "lines.3.waiting", 6);
}

/* Which side: whose coach it was. */
static void by_the_giving_side(void **state)
{
	const struct scene *s = *state;
	const json_t *made = ask(s->today, "ReportWaiting", PERIOD ", 'side': 'SIDE_GIVING'");
	char path[40];
	for (size_t i = 0; i < ask_count(made, "lines"); i++) {
		snprintf(path, sizeof path, "lines.%zu.name", i);
		assert_string_not_equal(ask_text(made, path), "Golden Council");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r3_golden_figures),
		cmocka_unit_test(as_it_was),
		cmocka_unit_test(withdrawn_is_censored),
		cmocka_unit_test(small_numbers_are_hidden),
		cmocka_unit_test(small_ones_hide_each_other),
		cmocka_unit_test(by_the_giving_side),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
