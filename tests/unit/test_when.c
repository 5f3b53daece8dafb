/* Dates as people write them, read on Monday 19 October 2026 at 9:30am in London. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "when.h"
#include "zone.h"

static const int64_t NOW = 1792398600; /* 2026-10-19T08:30Z */
static const char *const LONDON = "Europe/London";

struct example {
	const char *text, *expected;
};

static void check_starts(const struct example *examples, size_t count, bool past)
{
	char out[64], error[256];

	for (size_t i = 0; i < count; i++) {
		error[0] = '\0';
		if (!when_start(examples[i].text, NOW, LONDON, past, out, sizeof(out), error,
				sizeof(error)))
			fail_msg("%s: %s", examples[i].text, error);
		if (strcmp(out, examples[i].expected) != 0)
			fail_msg("%s: %s, not %s", examples[i].text, out, examples[i].expected);
	}
}

static void test_starts(void **state)
{
	static const struct example EXAMPLES[] = {
		{"tue 10am", "2026-10-20T10:00"},
		{"tomorrow 14:30", "2026-10-20T14:30"},
		{"26 oct 2:30pm", "2026-10-26T14:30"},
		{"26/10/2026 10:00", "2026-10-26T10:00"},
		{"26.10.2026 10:00", "2026-10-26T10:00"},
		{"26/10 10:00", "2026-10-26T10:00"},
		{"2026-10-26T10:00", "2026-10-26T10:00"},
		{"2026-10-26 10:00Z", "2026-10-26T10:00Z"},
		{"2026-10-26T10:00:00+01:00", "2026-10-26T10:00+01:00"},
		{"2026-10-26T10:00-0500", "2026-10-26T10:00-05:00"},
		{"2026-10-26 10am", "2026-10-26T10:00"},
		{"monday 2pm", "2026-10-19T14:00"},
		{"mon 9:30am", "2026-10-26T09:30"},
		{"Monday 9am", "2026-10-26T09:00"},
		{"this wed 5 pm", "2026-10-21T17:00"},
		{"today midday", "2026-10-19T12:00"},
		{"today at noon", "2026-10-19T12:00"},
		{"fri 12pm", "2026-10-23T12:00"},
		{"fri 12:30am", "2026-10-23T00:30"},
		{"fri 00:00", "2026-10-23T00:00"},
		{"26th October at 5.30pm", "2026-10-26T17:30"},
		{"Monday 26 October 2026, 10am", "2026-10-26T10:00"},
		{"10am on tue", "2026-10-20T10:00"},
		{"oct 26 10am", "2026-10-26T10:00"},
		{"1 oct 10am", "2027-10-01T10:00"},
		{"19 oct 9am", "2027-10-19T09:00"},
		{"19 oct 10am", "2026-10-19T10:00"},
		{"29 feb 10am", "2028-02-29T10:00"},
		{"in 2 weeks 10am", "2026-11-02T10:00"},
		{"25 oct 1:30am", "2026-10-25T01:30"}, /* twice: the daemon refuses it */
		{"28 mar 2027 01:30", "2027-03-28T01:30"},
	};
	(void)state;

	check_starts(EXAMPLES, sizeof(EXAMPLES) / sizeof(EXAMPLES[0]), false);
}

static void test_starts_past(void **state)
{
	static const struct example EXAMPLES[] = {
		{"tue 10am", "2026-10-13T10:00"},      {"mon 9am", "2026-10-19T09:00"},
		{"mon 2pm", "2026-10-12T14:00"},       {"yesterday 10am", "2026-10-18T10:00"},
		{"26 oct 10am", "2025-10-26T10:00"},   {"19 oct 9am", "2026-10-19T09:00"},
		{"last fri 10am", "2026-10-16T10:00"}, {"3 days ago 10am", "2026-10-16T10:00"},
		{"29 feb 10am", "2024-02-29T10:00"},
	};
	(void)state;

	check_starts(EXAMPLES, sizeof(EXAMPLES) / sizeof(EXAMPLES[0]), true);
}

static void test_starts_refused(void **state)
{
	static const char *const BAD[] = {
		"",
		" ",
		"tue",
		"10am",
		"tue 10",
		"12",
		"tue 12",
		"tue 25:00",
		"25:00",
		"tue 13pm",
		"tue 10:60",
		"tue 0am",
		"midnight",
		"tue midnight",
		"tue 12am",
		"29 feb 2026 10am",
		"31/4 10am",
		"31 april 10am",
		"32 oct 10am",
		"26/13/2026 10am",
		"next tue 10am",
		"tue wed 10am",
		"tue 10am 11am",
		"tuesday 26 oct 2026 10am",
		"blah",
		"tue 10am blah",
		"2026-02-30T10:00",
		"2026-10-26T24:00",
		"2026-10-26T10:00+99:00",
		"2026-10-26T10:00Zulu",
		"99999999999999999999 10am",
		"tue 10am; drop table session",
		"a b c d e f g h i j k l m n o p q r s t",
		"\x1b[31mtue 10am",
		"26/10/26 10am",
		"0 oct 10am",
		"in 2 10am",
		"-1 days 10am",
	};
	char out[64], error[256];
	(void)state;

	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		error[0] = '\0';
		if (when_start(BAD[i], NOW, LONDON, false, out, sizeof(out), error, sizeof(error)))
			fail_msg("%s was read as %s", BAD[i], out);
		if (!error[0])
			fail_msg("%s: no sentence", BAD[i]);
	}
}

static void test_dates(void **state)
{
	static const struct example EXAMPLES[] = {
		{"today", "2026-10-19"},
		{"tomorrow", "2026-10-20"},
		{"mon", "2026-10-19"},
		{"fri", "2026-10-23"},
		{"in 2 weeks", "2026-11-02"},
		{"in 10 days", "2026-10-29"},
		{"in 4w", "2026-11-16"},
		{"in 1 month", "2026-11-19"},
		{"end of march", "2027-03-31"},
		{"end of month", "2026-10-31"},
		{"end of the year", "2026-12-31"},
		{"2026-11-17", "2026-11-17"},
		{"17/11/2026", "2026-11-17"},
		{"1st dec", "2026-12-01"},
		{"Sept 3", "2027-09-03"},
		{"fri 23 oct", "2026-10-23"},
	};
	static const char *const BAD[] = {"",	      "29 feb 2026", "fri 10am", "2026-02-29",
					  "someday",  "31/11/2026",  "end of",	 "12",
					  "in weeks", "2026-1"};
	char out[64], error[256];
	(void)state;

	for (size_t i = 0; i < sizeof(EXAMPLES) / sizeof(EXAMPLES[0]); i++) {
		if (!when_date(EXAMPLES[i].text, NOW, LONDON, false, out, sizeof(out), error,
			       sizeof(error)))
			fail_msg("%s: %s", EXAMPLES[i].text, error);
		assert_string_equal(out, EXAMPLES[i].expected);
	}
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		if (when_date(BAD[i], NOW, LONDON, false, out, sizeof(out), error, sizeof(error)))
			fail_msg("%s was read as %s", BAD[i], out);
	assert_true(when_date("fri", NOW, LONDON, true, out, sizeof(out), error, sizeof(error)));
	assert_string_equal(out, "2026-10-16");
	assert_true(when_date("31/1", NOW, LONDON, true, out, sizeof(out), error, sizeof(error)));
	assert_string_equal(out, "2026-01-31");
}

/* Today is the day in the zone that was named, not in the machine's. */
static void test_zones(void **state)
{
	const int64_t late = 1792450800; /* 2026-10-19T23:00Z: the 20th in London */
	char out[64], error[256];
	(void)state;

	assert_true(
		when_date("today", late, LONDON, false, out, sizeof(out), error, sizeof(error)));
	assert_string_equal(out, "2026-10-20");
	assert_true(when_date("today", late, "UTC", false, out, sizeof(out), error, sizeof(error)));
	assert_string_equal(out, "2026-10-19");
	assert_true(zone_known("Asia/Kolkata"));
	assert_false(zone_known("Europe/Lundun"));
	assert_false(zone_known("../../etc/passwd"));
	assert_false(zone_known(""));
}

static void test_days(void **state)
{
	(void)state;

	assert_int_equal(when_days("4w"), 28);
	assert_int_equal(when_days("10 days"), 10);
	assert_int_equal(when_days("2 weeks"), 14);
	assert_int_equal(when_days("3 months"), 90);
	assert_int_equal(when_days("1 Week"), 7);
	assert_int_equal(when_days("4"), -1);
	assert_int_equal(when_days("-4w"), -1);
	assert_int_equal(when_days("weeks"), -1);
	assert_int_equal(when_days("99999999999999999999w"), -1);
	assert_int_equal(when_days(""), -1);
}

static void test_patterns(void **state)
{
	struct when_pattern out[14];
	char error[256];
	(void)state;

	assert_int_equal(when_patterns("Mon-Fri 09:00-12:30, Wed 14:00-19:00", out, 14, error,
				       sizeof(error)),
			 6);
	assert_int_equal(out[0].weekday, 1);
	assert_string_equal(out[0].opens, "09:00");
	assert_string_equal(out[4].closes, "12:30");
	assert_int_equal(out[5].weekday, 3);
	assert_string_equal(out[5].opens, "14:00");
	assert_int_equal(when_patterns("sat-mon 9am-5pm", out, 14, error, sizeof(error)), 3);
	assert_int_equal(out[0].weekday, 6);
	assert_int_equal(out[2].weekday, 1);
	assert_string_equal(out[2].closes, "17:00");
	assert_int_equal(when_patterns("Fri 20:00-24:00", out, 14, error, sizeof(error)), 1);
	assert_string_equal(out[0].closes, "00:00");
	assert_int_equal(when_patterns("", out, 14, error, sizeof(error)), -1);
	assert_int_equal(when_patterns("Mon", out, 14, error, sizeof(error)), -1);
	char many[1200];
	memset(many, ' ', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	memcpy(many, "Mon 9-10,", 9);
	memcpy(many + 1100, "Tue 9-10", 8);
	assert_int_equal(when_patterns(many, out, 14, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "more than 1023"));
	assert_int_equal(when_patterns("Mon 9-10, Tue 9-10", out, 1, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "More than 1 spans"));
	assert_int_equal(when_patterns("Mon 9-25", out, 14, error, sizeof(error)), -1);
	assert_int_equal(when_patterns("Xyz 9-17", out, 14, error, sizeof(error)), -1);
	assert_int_equal(when_patterns("Mon-Sun 9-10, Mon-Sun 11-12, Mon 13-14", out, 14, error,
				       sizeof(error)),
			 -1);
}

static void test_periods(void **state)
{
	char from[11], to[11], error[256];
	(void)state;

	assert_true(when_period("2026-11", NULL, NULL, from, to, error, sizeof(error)));
	assert_string_equal(from, "2026-11-01");
	assert_string_equal(to, "2026-12-01");
	assert_true(when_period(NULL, "2026-Q4", NULL, from, to, error, sizeof(error)));
	assert_string_equal(from, "2026-10-01");
	assert_string_equal(to, "2027-01-01");
	assert_true(when_period(NULL, NULL, "2026", from, to, error, sizeof(error)));
	assert_string_equal(to, "2027-01-01");
	assert_false(when_period("2026-13", NULL, NULL, from, to, error, sizeof(error)));
	assert_false(when_period("nov", NULL, NULL, from, to, error, sizeof(error)));
	assert_false(when_period(NULL, "2026-Q5", NULL, from, to, error, sizeof(error)));
	assert_false(when_period(NULL, "Q4", NULL, from, to, error, sizeof(error)));
	assert_false(when_period(NULL, NULL, "26", from, to, error, sizeof(error)));
}

static void test_written(void **state)
{
	char out[128];
	(void)state;

	when_write_range(1793008800, 1793012400, LONDON, out, sizeof(out));
	assert_string_equal(out, "Monday 26 October 2026, 10am to 11am (London)");
	when_write_range(1793008800, 1793012400, "Asia/Kolkata", out, sizeof(out));
	assert_string_equal(out, "Monday 26 October 2026, 3:30pm to 4:30pm (Kolkata)");
	when_write_range(1793055600, 1793062800, LONDON, out, sizeof(out));
	assert_string_equal(
		out, "Monday 26 October 2026, 11pm to Tuesday 27 October 2026, 1am (London)");
	when_write_range(1792972800, 1793318400, LONDON, out, sizeof(out));
	assert_string_equal(out, "Monday 26 October 2026 to Thursday 29 October 2026 (London)");
	when_write_range(1792972800, 1793059200, LONDON, out, sizeof(out));
	assert_string_equal(out, "Monday 26 October 2026, all day (London)");
	when_write(1793016000, LONDON, out, sizeof(out));
	assert_string_equal(out, "Mon 26 Oct 2026, midday");
	when_write(1793017800, LONDON, out, sizeof(out));
	assert_string_equal(out, "Mon 26 Oct 2026, 12:30pm");
	when_write_iso(1792404000, LONDON, out, sizeof(out));
	assert_string_equal(out, "2026-10-19T11:00:00+01:00");
	when_write_iso(1792404000, "America/New_York", out, sizeof(out));
	assert_string_equal(out, "2026-10-19T06:00:00-04:00");
	when_write_day(1792450800, LONDON, out, sizeof(out));
	assert_string_equal(out, "2026-10-20");
	assert_true(when_write_date("2026-10-26", out, sizeof(out)));
	assert_string_equal(out, "Mon 26 Oct 2026");
	assert_false(when_write_date("2026-10-26T10:00", out, sizeof(out)));
	assert_false(when_write_date("Karen", out, sizeof(out)));
	when_shift_day("2026-12-31", 1, out);
	assert_string_equal(out, "2027-01-01");
	when_shift_day("2028-03-01", -1, out);
	assert_string_equal(out, "2028-02-29");
}

/* On the day an hour happens twice, the two are told apart. */
static void test_written_clock_change(void **state)
{
	char out[128];
	(void)state;

	when_write_range(1792888200, 1792890000, LONDON, out, sizeof(out));
	assert_string_equal(out, "Sunday 25 October 2026, 1:30am to 1am (London, UTC+1)");
	when_write_range(1792891800, 1792893600, LONDON, out, sizeof(out));
	assert_string_equal(out, "Sunday 25 October 2026, 1:30am to 2am (London, UTC+0)");
	when_write_range(1806192000, 1806199200, LONDON, out, sizeof(out));
	assert_string_equal(out, "Sunday 28 March 2027, midnight to 3am (London)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts),	       cmocka_unit_test(test_starts_past),
		cmocka_unit_test(test_starts_refused), cmocka_unit_test(test_dates),
		cmocka_unit_test(test_zones),	       cmocka_unit_test(test_days),
		cmocka_unit_test(test_patterns),       cmocka_unit_test(test_periods),
		cmocka_unit_test(test_written),	       cmocka_unit_test(test_written_clock_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
