/*
 * Free time as it is stored is what follows from hours, time away and sessions,
 * whatever people do at once, through two daemons of which one lives a fortnight
 * later, on both sides of both clock changes. 1,500 operations, 10,000 in the long
 * run; SEED and CASES in the environment choose others, and more of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "internal.h"
#include "schema.h"
#include "when.h"

enum { COACHES = 4, MENTEES = 5, PEOPLE = COACHES + MENTEES + 1, AT_ONCE = 8, KNOWN = 1000 };

static struct {
	struct fixture *f;
	const struct fixture_person
		*people[2 * PEOPLE]; /* coaches, mentees, administrator; at each daemon */
	struct known {
		long long id, coach, mentee;
	} sessions[KNOWN]; /* that are to be held */
	int n_sessions;
	long long exceptions[KNOWN]; /* time away, openings */
	int n_exceptions;
} world;

static unsigned long long random_state;

/* xorshift64*: the same on every machine. */
static int below(int limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (int)((random_state * 2685821657736338717ULL >> 33) % (unsigned)limit);
}

static __attribute__((format(printf, 2, 3))) void say(struct ask_call *call, const char *format,
						      ...)
{
	const size_t used = strlen(call->text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(call->text + used, sizeof call->text - used, format, arguments);
	va_end(arguments);
}

static const char *any_coach(void)
{
	return world.people[below(COACHES)]->email;
}

static const char *any_mentee(void)
{
	return world.people[COACHES + below(MENTEES)]->email;
}

static bool is_coach(const struct ask_call *call)
{
	for (int i = 0; i < COACHES; i++)
		if (call->person->id == world.people[i]->id)
			return true;
	return false;
}

/* Themselves; administrators act for anybody. */
static const char *which_coach(const struct ask_call *call)
{
	return is_coach(call) ? call->person->email : any_coach();
}

static bool administers(const struct ask_call *call)
{
	return call->person->id == world.f->admin->id;
}

/* Mostly around the two nights when clocks change, so that people meet there. */
static const char *any_time(void)
{
	static const char *const weeks[] = {"2026-10-22T00:00:00Z", "2027-03-25T00:00:00Z",
					    "2026-10-22T00:00:00Z", "2026-12-29T00:00:00Z"};
	static char text[40];
	int64_t at;
	assert_true(when_read_instant(weeks[below(4)], &at));
	when_write_iso(at + below(7 * 48) * 1800, "UTC", text, sizeof text);
	return text;
}

/* One that the caller is in, if there is one. */
static long long any_session(const struct ask_call *call)
{
	for (int tries = 0; world.n_sessions && tries < 50; tries++) {
		const struct known *s = &world.sessions[below(world.n_sessions)];
		if (administers(call) || s->coach == call->person->id ||
		    s->mentee == call->person->id)
			return s->id;
	}
	return 1;
}

static void book(struct ask_call *call)
{
	const bool coach = is_coach(call);
	say(call, "'who': '%s', 'start': '%s', 'minutes': %d",
	    coach && below(3) ? any_mentee() : any_coach(), any_time(), 30 + below(4) * 15);
	if (administers(call))
		say(call, ", 'mentee': '%s'%s", any_mentee(),
		    below(2) ? ", 'override_reason': 'They asked'" : "");
	else if (!below(4))
		say(call, ", 'every_days': 7, 'times': %d, 'skip_clashes': true", 2 + below(4));
}

static void move(struct ask_call *call)
{
	say(call, "'session': %lld, 'start': '%s', 'minutes': %d", any_session(call), any_time(),
	    30 + below(3) * 30);
	if (administers(call))
		say(call, ", 'override_reason': 'They asked'");
}

static void cancel(struct ask_call *call)
{
	say(call, "'session': %lld", any_session(call));
}

static void close_one(struct ask_call *call)
{
	say(call, "'session': %lld, ", any_session(call));
	if (below(2))
		say(call, "'outcome': 'OUTCOME_MISSED', 'missed_by': 'mentee'");
	else
		say(call, "'outcome': 'OUTCOME_ATTENDED', 'minutes': %d", 20 + below(100));
}

/* What was held elsewhere, before now. */
static void log_past(struct ask_call *call)
{
	say(call,
	    "'start': '2026-10-%02dT%02d:00Z', 'with': '%s', 'minutes': 60, 'note': {'text': 'It went well.', 'visible': 'VISIBILITY_ME'}",
	    10 + below(9), below(24), is_coach(call) ? any_mentee() : any_coach());
}

static void set_hours(struct ask_call *call)
{
	static const char *const zones[] = {"Europe/London", "America/New_York",
					    "Australia/Lord_Howe"};
	say(call, "'coach': '%s', 'zone': '%s'%s, 'patterns': [", which_coach(call),
	    zones[below(3)], below(2) ? "" : ", 'from': '2026-10-26'");
	for (int i = 0; i < 4; i++)
		say(call, "%s{'weekday':%d,'opens':'%02d:30','closes':'%02d:15'}", i ? "," : "",
		    1 + below(7), below(10), (14 + below(14)) % 24);
	say(call, "]");
}

static void set_profile(struct ask_call *call)
{
	static const int buffers[] = {0, 5, 15, 60, 240};
	say(call,
	    "'coach': '%s', 'buffer_minutes': %d, 'weekly_hours': %d, 'pledge_hours': %d, 'notice_hours': %d",
	    which_coach(call), buffers[below(5)], 5 + below(70), 50 + below(500), below(30));
}

static void go_away(struct ask_call *call)
{
	char from[40];
	snprintf(from, sizeof from, "%s", any_time());
	if (below(2))
		say(call, "'coach': '%s', 'from': '%.10s', 'to': '%.10s'", which_coach(call), from,
		    from);
	else
		say(call, "'coach': '%s', 'from': '%s', 'to': '%s'", which_coach(call), from,
		    any_time());
}

static void open_up(struct ask_call *call)
{
	say(call, "'coach': '%s', 'date': '%.10s', 'opens': '%02d:00', 'closes': '%02d:00'",
	    which_coach(call), any_time(), below(24), below(24));
}

static void come_back(struct ask_call *call)
{
	say(call, "'away': %lld",
	    world.n_exceptions ? world.exceptions[below(world.n_exceptions)] : 1);
}

static void set_zone(struct ask_call *call)
{
	static const char *const zones[] = {"Europe/London", "Pacific/Auckland",
					    "America/Los_Angeles"};
	say(call, "'zone': '%s'", zones[below(3)]);
}

static void pause_or_resume(struct ask_call *call)
{
	say(call, "'coach': '%s', 'event': '%s'", which_coach(call),
	    below(3) < 1 ? "REGISTRATION_EVENT_PAUSE" : "REGISTRATION_EVENT_RESUME");
}

static const struct kind {
	const char *rpc;
	void (*write)(struct ask_call *call);
	int share;
	bool of_coaches; /* administrators do it for them */
} kinds[] = {
	{"BookSession", book, 40, false},	 {"MoveSession", move, 15, false},
	{"CancelSession", cancel, 12, false},	 {"CloseSession", close_one, 6, false},
	{"LogConversation", log_past, 4, false}, {"SetAvailability", set_hours, 6, true},
	{"SetProfile", set_profile, 6, true},	 {"AddAway", go_away, 5, true},
	{"AddOpening", open_up, 6, true},	 {"CancelAway", come_back, 8, true},
	{"SetZone", set_zone, 3, false},	 {"ChangeRegistration", pause_or_resume, 2, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };
static int done[KINDS], refused[KINDS];

static int any_kind(bool member)
{
	int i = 0, at = below(113);
	while ((at -= kinds[i].share) >= 0)
		i++;
	return kinds[i].of_coaches && member ? any_kind(member) : i;
}

/* --- what there is, and whether it is as it should be ----------------------------- */

static void look(void)
{
	const char *found = fixture_sql(
		world.f,
		"SELECT string_agg(concat_ws(' ', id, coach, mentee), ' ') FROM (SELECT * FROM "
		"coachhouse.session WHERE state IN ('booked', 'requested', 'attended') "
		"ORDER BY random() LIMIT 500) s");
	char *at = (char *)(found ? found : "");
	for (world.n_sessions = 0; *at && world.n_sessions < KNOWN; world.n_sessions++) {
		struct known *s = &world.sessions[world.n_sessions];
		s->id = strtoll(at, &at, 10);
		s->coach = strtoll(at, &at, 10);
		s->mentee = strtoll(at, &at, 10);
	}
	found = fixture_sql(
		world.f,
		"SELECT string_agg(id::text, ' ') FROM (SELECT id FROM coachhouse.away WHERE cancelled IS NULL "
		"UNION ALL SELECT id FROM coachhouse.opening) e");
	at = (char *)(found ? found : "");
	for (world.n_exceptions = 0; *at && world.n_exceptions < KNOWN; world.n_exceptions++)
		world.exceptions[world.n_exceptions] = strtoll(at, &at, 10);
}

/* How much is not as computed, of all coaches. */
static int wrong(bool repair)
{
	char sql[300];
	snprintf(sql, sizeof sql, "SET search_path = %s", schema_search_path());
	fixture_sql(world.f, sql);
	snprintf(sql, sizeof sql, "SELECT sum(weeks + counts) FROM check_times(0, 1000, %s)",
		 repair ? "true" : "false");
	return atoi(fixture_sql(world.f, sql));
}

static void compare(int operations)
{
	const int found = wrong(false);
	if (found)
		fixture_fail(
			"after %d operations %d weeks or counts are not as computed: %s",
			operations, found,
			fixture_sql(
				world.f,
				"SELECT string_agg(c::text, ' ') FROM check_times(0, 1000, false) c WHERE weeks + counts > 0"));
}

/* Reports read what is stored: they must say what `capacity_of` computes. */
static void compare_reports(void)
{
	const char *differ = fixture_sql(
		world.f,
		"SELECT string_agg(concat_ws(' ', home, since, c, o), '; ') FROM (VALUES ('2026-10-01', '2026-11-01'), ('2026-10-19', "
		"'2026-10-27'), ('2026-11-02', '2027-05-01')) p (a, b), unnest('{Europe/London,Pacific/Auckland}'::text[]) home, "
		"LATERAL (SELECT midnight(a::date, home), midnight(b::date, home)) t (since, until), LATERAL capacities(since, until, home) c, "
		"LATERAL capacity_of(c.coach, since, until, home) o WHERE ARRAY[c.supply, c.free, c.pledge_left, c.can_give]::numeric(12,3)[] "
		"IS DISTINCT FROM ARRAY[o.supply, o.free, o.pledge_left, o.can_give]::numeric(12,3)[]");
	if (differ)
		fixture_fail("%s", differ);
}

static void act_together(void)
{
	struct ask_call calls[AT_ONCE] = {0};
	int of[AT_ONCE], first = below(2 * PEOPLE);
	look();
	for (int i = 0; i < AT_ONCE; i++) {
		struct ask_call *call = &calls[i];
		call->person = world.people[(first + i * 7) % (2 * PEOPLE)];
		of[i] = any_kind(!is_coach(call) && !administers(call));
		call->rpc = kinds[of[i]].rpc;
		kinds[of[i]].write(call);
	}
	ask_together(calls, AT_ONCE);
	for (int i = 0; i < AT_ONCE; i++) {
		if (!strcmp(calls[i].reason, "INTERNAL") ||
		    !strcmp(calls[i].reason, "UNAVAILABLE") ||
		    !strcmp(calls[i].reason, "BAD_MESSAGE"))
			fixture_fail("%s %s: %s", calls[i].rpc, calls[i].text, calls[i].reason);
		(*calls[i].reason ? refused : done)[of[i]]++;
	}
}

static void stored_is_computed(void **state)
{
	const char *cases = getenv("CASES"), *seed = getenv("SEED");
	const int wanted = cases ? atoi(cases) : getenv("COACHHOUSE_LONG") ? 10000 : 1500;
	int operations = 0;
	(void)state;
	random_state = seed ? strtoull(seed, NULL, 10) : 20261122;
	for (; operations < wanted; operations += AT_ONCE) {
		act_together();
		if (operations % (AT_ONCE * 32) == 0)
			compare(operations);
	}
	compare(operations);
	compare_reports();
	for (int i = 0; i < KINDS; i++) {
		print_message("  %-20s %5d done %5d refused\n", kinds[i].rpc, done[i], refused[i]);
		assert_true(done[i] > 0 || cases);
	}
	print_message("%d operations, %s weeks stored\n", operations,
		      fixture_sql(world.f, "SELECT count(*) FROM coachhouse.free_week"));
	assert_string_equal(
		fixture_sql(
			world.f,
			"SELECT count(*) >= 100 AND count(*) FILTER (WHERE free <> open) > 5 FROM coachhouse.free_week"),
		"t");
	assert_string_equal(
		fixture_sql(world.f,
			    "SELECT deadlocks FROM pg_stat_database WHERE datname = 'coachhouse'"),
		"0");
}

/* Its exit code; keeps what it said. */
static int check_times(const char *word, const char *expected)
{
	static char said[4096];
	char command[400];
	snprintf(command, sizeof command,
		 "ASAN_OPTIONS=detect_leaks=0 timeout 60 %s/coachd check-times %s --data %s 2>&1",
		 BUILD_DIR, word, world.f->data);
	FILE *in = popen(command, "r");
	assert_non_null(in);
	said[fread(said, 1, sizeof said - 1, in)] = '\0';
	const int code = WEXITSTATUS(pclose(in));
	if (!strstr(said, expected))
		fixture_fail("check-times %s said %s", word, said);
	return code;
}

/* What is wrong is found, told, and put right; so with the command. */
static void what_is_wrong_is_put_right(void **state)
{
	(void)state;
	assert_int_equal(check_times("", "4 coaches compared: all is as computed."), 0);
	fixture_sql(
		world.f,
		"UPDATE coachhouse.free_week SET free = (CASE WHEN isempty(free) THEN '{[2026-10-25 02:00Z,2026-10-25 02:30Z)}' "
		"ELSE '{}' END)::tstzmultirange WHERE coach = (SELECT min(coach) FROM coachhouse.free_week) AND week = '2026-10-19Z'");
	fixture_sql(
		world.f,
		"UPDATE coachhouse.given SET minutes = minutes + 1 WHERE ctid = (SELECT min(ctid) FROM coachhouse.given)");
	assert_int_equal(wrong(false), 2);
	assert_int_equal(
		check_times("", "1 weeks of free time, 1 counts of minutes. Put them right"), 1);
	assert_int_equal(
		check_times("repair", "1 weeks of free time, 1 counts of minutes. Put right."), 0);
	assert_int_equal(check_times("", "all is as computed"), 0);
	assert_int_equal(wrong(false), 0);
}

/* Waits for what a daemon that starts does by and by. */
static void wait_for(const char *sql, const char *wanted)
{
	int64_t deadline = 0;
	while (strcmp(fixture_sql(world.f, sql), wanted))
		if (!still_time(&deadline))
			fixture_fail("not %s: %s", wanted, sql);
}

/*
 * A zone has other rules than free time was computed with: here by what is noted of
 * them, since PostgreSQL reads the zones of the whole system. The weeks of coaches
 * with hours there go, and are made anew.
 */
static void zones_are_followed(void **state)
{
	static const char noted[] =
		"SELECT count(*) FROM coachhouse.zone_rule WHERE zone = 'Europe/London' "
		"AND rules LIKE '%00:00:00 from 2026-10-25 01:00, 01:00:00 from 2027-03-28 01:00%'";
	(void)state;
	ask(world.people[0], "SetAvailability",
	    "'zone': 'Europe/London', 'patterns': [{'weekday':7,'opens':'00:30','closes':'06:00'}]");
	wait_for(noted, "1");
	fixture_sql(world.f, "UPDATE coachhouse.free_week SET open = '{}', free = '{}'");
	fixture_sql(
		world.f,
		"UPDATE coachhouse.zone_rule SET rules = replace(rules, '2026-10-25', '2026-11-01')");
	assert_true(wrong(false) > 0);
	fixture_daemon_add(world.f, "2026-10-19T09:00:00Z");
	wait_for(noted, "1");
	wait_for(
		"SELECT sum(weeks) FROM check_times(0, 1000, false) WHERE coach IN (SELECT coach FROM pattern WHERE zone = "
		"'Europe/London')",
		"0");
	wait_for(
		"SELECT count(*) > 20 FROM coachhouse.free_week f JOIN coachhouse.pattern p USING (coach) "
		"WHERE p.zone = 'Europe/London' AND f.open <> '{}'",
		"t");
}

static int setup(void **state)
{
	struct fixture *f = *state = ask_fixture("2026-10-19T08:00:00Z");
	world.f = f;
	char name[40];
	for (int i = 0; i < COACHES + MENTEES; i++) {
		snprintf(name, sizeof name, "%s %c Example", i < COACHES ? "Coach" : "Mentee",
			 'A' + i);
		world.people[i] =
			i < COACHES ? fixture_coach(f, name) : fixture_person(f, name, MEMBER);
	}
	world.people[PEOPLE - 1] = f->admin;
	const struct fixture_daemon *later = fixture_daemon_add(f, "2026-11-02T08:00:00Z");
	for (int i = 0; i < PEOPLE; i++)
		world.people[PEOPLE + i] = ask_through(f, world.people[i], later);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_is_computed),
		cmocka_unit_test(what_is_wrong_is_put_right),
		cmocka_unit_test(zones_are_followed),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
