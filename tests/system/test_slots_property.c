/*
 * T18: over random calendars, every slot that is listed books when tried alone,
 * and every start of the grid that is not listed is refused with a reason.
 * SEED and CASES in the environment choose other calendars and more of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "booking.pb-c.h"
#include "chance.h"
#include "when.h"

/* It is PostgreSQL that works here, and the sanitizers see nothing of that. */
#ifdef __SANITIZE_ADDRESS__
enum { CASES = 2000 };
#else
enum { CASES = 10000 };
#endif
enum { PER_CALENDAR = 100, GRID = 1800, DAY = 86400, MAX_SLOTS = 1000 };

static const char *const reasons[] = {
	"SLOT_TAKEN",		"YOU_ARE_BUSY",		"TOO_SOON",	  "AWAY",
	"OUTSIDE_AVAILABILITY", "WEEKLY_LIMIT_REACHED", "PLEDGE_REACHED", "IN_THE_PAST"};

/* One calendar: a coach, the mentee who tries, and others who have booked already. */
struct calendar {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *other, *rival;
	int64_t first, last; /* of the days looked at */
	int minutes;
	int64_t slots[MAX_SLOTS];
	int count;
	/* what was seen, over all calendars */
	int booked, refused, seen[sizeof reasons / sizeof *reasons];
};

static int64_t seconds_of(const char *instant)
{
	int64_t at;
	assert_true(when_read_instant(instant, &at));
	return at;
}

static const char *instant(int64_t at)
{
	static char text[40];
	when_write_iso(at, "UTC", text, sizeof text);
	return text;
}

/* Weekly hours at random, some past midnight, some that touch or overlap. */
static void random_hours(struct calendar *c)
{
	static const char *const zones[] = {"Europe/London", "America/New_York", "Asia/Kathmandu",
					    "Australia/Lord_Howe"};
	char text[2000] = "";
	int used = 0, count = 3 + chance_below(8);
	for (int i = 0; i < count; i++) {
		int opens = chance_below(96), closes = (opens + 3 + chance_below(40)) % 96;
		used += snprintf(text + used, sizeof text - (size_t)used,
				 "%s{'weekday':%d,'opens':'%02d:%02d','closes':'%02d:%02d'}",
				 i ? "," : "", 1 + chance_below(7), opens / 4, opens % 4 * 15,
				 closes / 4, closes % 4 * 15);
	}
	ask(c->coach, "SetAvailability", "'patterns': [%s], 'zone': '%s'", text,
	    zones[chance_below(4)]);
}

static void random_profile(struct calendar *c)
{
	static const int buffers[] = {0, 0, 5, 10, 15, 30}, notices[] = {0, 2, 24, 72};
	int weekly = chance_below(2) ? 80 : 1 + chance_below(4),
	    pledge = chance_below(3) ? 2000 : 1 + chance_below(6);
	ask(c->coach, "SetProfile",
	    "'buffer_minutes': %d, 'notice_hours': %d, 'weekly_hours': %d, 'pledge_hours': %d",
	    buffers[chance_below(6)], notices[chance_below(4)], weekly, pledge);
}

static void random_exceptions(struct calendar *c)
{
	char day[20], until[40];
	for (int i = chance_below(3); i > 0; i--) {
		int64_t from = c->first + chance_below((int)(c->last - c->first) / 900) * 900;
		snprintf(until, sizeof until, "%s", instant(from + (1 + chance_below(48)) * 1800));
		ask_either(c->coach, "AddAway", NULL, "'from': '%s', 'to': '%s'", instant(from),
			   until); /* refused when it is past */
	}
	for (int i = chance_below(3); i > 0; i--) {
		when_write_day(c->first + chance_below(10) * DAY, "UTC", day, sizeof day);
		ask(c->coach, "AddOpening",
		    "'date': '%s', 'opens': '%02d:%02d', 'closes': '%02d:00'", day,
		    6 + chance_below(6), chance_below(4) * 15, 13 + chance_below(8));
	}
}

static void list_slots(struct calendar *c)
{
	char from[20], to[20];
	int64_t after = 0;
	c->count = 0;
	when_write_day(c->first, "UTC", from, sizeof from);
	when_write_day(c->last - 1, "UTC", to, sizeof to);
	for (bool more = true; more;) {
		const json_t *reply =
			ask(c->mentee, "ListSlots",
			    "'who': '%s', 'from': '%s', 'to': '%s', 'zone': 'UTC', 'minutes': %d,"
			    "'after': %lld",
			    c->coach->email, from, to, c->minutes, (long long)after);
		for (size_t i = 0; i < ask_count(reply, "slots"); i++) {
			char path[32];
			snprintf(path, sizeof path, "slots.%zu.id", i);
			assert_true(c->count < MAX_SLOTS);
			after = c->slots[c->count++] = ask_number(reply, path);
			assert_true(c->count < 2 || after > c->slots[c->count - 2]);
		}
		more = json_is_true(ask_find(reply, "more"));
	}
}

/* Others book first; what is refused them does not matter here. */
static void random_sessions(struct calendar *c)
{
	ask(c->coach, "SetProfile",
	    "'buffer_minutes': 0, 'notice_hours': 0, 'weekly_hours': 80, 'pledge_hours': 2000");
	list_slots(c);
	for (int i = c->count ? chance_below(12) : 0; i > 0; i--)
		ask_either(c->other, "BookSession", NULL,
			   "'who': '%s', 'start': '%s', 'minutes': %d", c->coach->email,
			   instant(c->slots[chance_below(c->count)]), 30 + chance_below(4) * 15);
	for (int i = chance_below(4); i > 0; i--)
		ask_either(c->mentee, "BookSession", NULL, "'who': '%s', 'start': '%s'",
			   c->rival->email,
			   instant(c->first + chance_below((int)(c->last - c->first) / 900) * 900));
}

/* Everything of the calendar before is undone by the owner of the database: quicker than by calls. */
static void clear(struct calendar *c)
{
	fixture_sql(c->f, "DELETE FROM coachhouse.participation; DELETE FROM coachhouse.session;"
			  "DELETE FROM coachhouse.away; DELETE FROM coachhouse.opening;"
			  "DELETE FROM coachhouse.pattern p USING coachhouse.person q"
			  " WHERE q.id = p.coach AND q.name = 'Prop Erty'");
}

static bool listed(const struct calendar *c, int64_t at)
{
	for (int i = 0; i < c->count; i++)
		if (c->slots[i] == at)
			return true;
	return false;
}

/* Books it, and gives it back; or is refused for one of the reasons. */
static void try(struct calendar *c, int64_t at)
{
	json_t *reply;
	bool good = listed(c, at);
	const char *reason = ask_either(c->mentee, "BookSession", &reply,
					"'who': '%s', 'start': '%s', 'minutes': %d",
					c->coach->email, instant(at), c->minutes);
	if (good != !*reason)
		fixture_fail("seed %llu: %s for %d minutes was %slisted, and the answer was \"%s\"",
			     chance_state(), instant(at), c->minutes, good ? "" : "not ", reason);
	if (good) {
		c->booked++;
		ask(c->mentee, "CancelSession", "'session': %lld",
		    (long long)ask_number(reply, "id"));
		return;
	}
	size_t i = 0;
	while (i < sizeof reasons / sizeof *reasons && strcmp(reasons[i], reason))
		i++;
	if (i == sizeof reasons / sizeof *reasons)
		fixture_fail("%s is no reason to refuse a slot", reason);
	c->seen[i]++;
	c->refused++;
}

static void try_calendar(struct calendar *c, int64_t now)
{
	static const int lengths[] = {30, 45, 60, 90};
	clear(c);
	c->first = now / DAY * DAY + chance_below(100) * DAY * (chance_below(3) > 0);
	c->last = c->first + (7 + chance_below(8)) * DAY;
	c->minutes = lengths[chance_below(4)];
	random_hours(c);
	random_exceptions(c);
	random_sessions(c);
	random_profile(c);
	list_slots(c);
	for (int i = 0; i < c->count && i < PER_CALENDAR / 2; i++)
		try(c, c->slots[i]);
	for (int i = 0; i < PER_CALENDAR / 2; i++)
		try(c, c->first + chance_below((int)(c->last - c->first) / GRID) * GRID);
	ask_forget();
}

static void t18_listed_books_and_unlisted_does_not(void **state)
{
	const char *cases = getenv("CASES"), *seed = getenv("SEED");
	struct calendar c = {.f = *state};
	c.coach = fixture_coach(c.f, "Prop Erty");
	c.rival = fixture_coach(c.f, "Ri Val");
	c.mentee = fixture_person(c.f, "Try All", MEMBER);
	c.other = fixture_person(c.f, "Was There", MEMBER);
	chance_seed(seed ? strtoull(seed, NULL, 10) : 20261117);
	int64_t now = seconds_of("2026-10-20T08:00:00Z");
	int calendars = 0;
	for (; c.booked + c.refused < (cases ? atoi(cases) : CASES); calendars++)
		try_calendar(&c, now);
	print_message("%d calendars, %d booked, %d refused\n", calendars, c.booked, c.refused);
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		print_message("  %-22s %d\n", reasons[i], c.seen[i]);
	/* The calendars are worth something: most reasons were met. */
	assert_true(cases || c.booked > CASES / 10);
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons && !cases && !seed; i++)
		assert_true(c.seen[i] > 0);
}

static int setup(void **state)
{
	*state = ask_fixture("2026-10-20T08:00:00Z");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t18_listed_books_and_unlisted_does_not),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
