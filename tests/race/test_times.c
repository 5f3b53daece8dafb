/*
 * Free time as it is stored is what follows from hours, time away and sessions,
 * whatever people do at once, through two daemons of which one lives a fortnight
 * later, on both sides of both clock changes, and while the rules of zones change. 1,500 operations, 10,000 in the long
 * run; SEED and CASES in the environment choose others, and more of them.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acts.h"
#include "ask.h"
#include "internal.h"
#include "schema.h"

static struct fixture *f;

/* How much is not as computed, of all coaches. */
static int wrong(bool repair)
{
	char sql[300];
	snprintf(sql, sizeof sql, "SET search_path = %s", schema_search_path());
	fixture_sql(f, sql);
	snprintf(sql, sizeof sql, "SELECT sum(weeks + counts) FROM check_times(0, 1000, %s)",
		 repair ? "true" : "false");
	return atoi(fixture_sql(f, sql));
}

static void compare(int operations)
{
	const int found = wrong(false);
	if (found)
		fixture_fail(
			"after %d operations %d weeks or counts are not as computed: %s",
			operations, found,
			fixture_sql(
				f,
				"SELECT string_agg(c::text, ' ') FROM check_times(0, 1000, false) c WHERE weeks + counts > 0"));
}

/* Reports read what is stored: they must say what `capacity_of` computes. */
static void compare_reports(void)
{
	const char *differ = fixture_sql(
		f,
		"SELECT string_agg(concat_ws(' ', home, since, c, o), '; ') FROM (VALUES ('2026-10-01', '2026-11-01'), ('2026-10-19', "
		"'2026-10-27'), ('2026-11-02', '2027-05-01')) p (a, b), unnest('{Europe/London,Pacific/Auckland}'::text[]) home, "
		"LATERAL (SELECT midnight(a::date, home), midnight(b::date, home)) t (since, until), LATERAL capacities(since, until, home) c, "
		"LATERAL capacity_of(c.coach, since, until, home) o WHERE ARRAY[c.supply, c.free, c.pledge_left, c.can_give]::numeric(12,3)[] "
		"IS DISTINCT FROM ARRAY[o.supply, o.free, o.pledge_left, o.can_give]::numeric(12,3)[]");
	if (differ)
		fixture_fail("%s", differ);
}

static void no_deadlocks(void)
{
	assert_string_equal(
		fixture_sql(f,
			    "SELECT deadlocks FROM pg_stat_database WHERE datname = 'coachhouse'"),
		"0");
}

static void stored_is_computed(void **state)
{
	const char *cases = getenv("CASES");
	const int wanted = cases ? atoi(cases) : getenv("COACHHOUSE_LONG") ? 10000 : 1500;
	int operations = 0;
	(void)state;
	for (; operations < wanted; operations += ACTS_AT_ONCE) {
		acts_together();
		if (operations % (ACTS_AT_ONCE * 32) == 0)
			compare(operations);
	}
	compare(operations);
	compare_reports();
	assert_true(acts_told() || cases);
	print_message("%d operations, %s weeks stored\n", operations,
		      fixture_sql(f, "SELECT count(*) FROM coachhouse.free_week"));
	assert_string_equal(
		fixture_sql(
			f,
			"SELECT count(*) >= 100 AND count(*) FILTER (WHERE free <> open) > 5 FROM coachhouse.free_week"),
		"t");
	no_deadlocks();
}

/* Its exit code; keeps what it said. */
static int check_times(const char *word, const char *expected)
{
	static char said[4096];
	char command[400];
	snprintf(command, sizeof command,
		 "ASAN_OPTIONS=detect_leaks=0 timeout 60 %s/coachd check-times %s --data %s 2>&1",
		 BUILD_DIR, word, f->data);
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
		f,
		"UPDATE coachhouse.free_week SET free = (CASE WHEN isempty(free) THEN '{[2026-10-25 02:00Z,2026-10-25 02:30Z)}' "
		"ELSE '{}' END)::tstzmultirange WHERE coach = (SELECT min(coach) FROM coachhouse.free_week) AND week = '2026-10-19Z'");
	fixture_sql(
		f,
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
	while (strcmp(fixture_sql(f, sql), wanted))
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
	ask(acts_coach(), "SetAvailability",
	    "'zone': 'Europe/London', 'patterns': [{'weekday':7,'opens':'00:30','closes':'06:00'}]");
	wait_for(noted, "1");
	fixture_sql(f, "UPDATE coachhouse.away SET cancelled = now() WHERE cancelled IS NULL");
	fixture_sql(f, "UPDATE coachhouse.free_week SET open = '{}', free = '{}'");
	fixture_sql(
		f,
		"UPDATE coachhouse.zone_rule SET rules = replace(rules, '2026-10-25', '2026-11-01')");
	assert_true(wrong(false) > 0);
	fixture_daemon_add(f, "2026-10-19T09:00:00Z");
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

static struct {
	PGconn *database;
	atomic_bool stop;
	int rounds, failed;
} follower;

/* Whether its one cell is true. */
static bool follower_asks(const char *sql)
{
	PGresult *result = PQexec(follower.database, sql);
	const bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
	const bool yes = good && !strcmp(PQgetvalue(result, 0, 0), "t");
	if (!good) {
		print_error("%s", PQresultErrorMessage(result));
		follower.failed++;
	}
	PQclear(result);
	return yes;
}

/* What the daemon does when the rules of all zones have changed, over and over. */
static void *follow_zones(void *arg)
{
	(void)arg;
	for (; !follower.stop; follower.rounds++) {
		follower_asks("UPDATE coachhouse.zone_rule SET followed = 0 RETURNING true");
		while (follower_asks("SELECT follow_zones(3)"))
			;
		follower_asks("SELECT fill_weeks(20) > 0");
	}
	return NULL;
}

static void follower_connects(void)
{
	char sql[300];
	follower.database = connect_as_owner(f);
	snprintf(
		sql, sizeof sql,
		"SET search_path = %s; SET lock_timeout = '10s'; SELECT "
		"set_config('coachhouse.clock_offset', (timestamptz '2026-10-19 08:10Z' - now())::text, false)",
		schema_search_path());
	PQclear(PQexec(follower.database, sql));
}

static void zones_are_followed_while_people_book(void **state)
{
	pthread_t thread;
	(void)state;
	follower_connects();
	assert_false(pthread_create(&thread, NULL, follow_zones, NULL));
	for (int i = 0; i < 40; i++)
		acts_together();
	follower.stop = true;
	pthread_join(thread, NULL);
	PQfinish(follower.database);
	print_message("  %d rounds\n", follower.rounds);
	assert_int_equal(follower.failed, 0);
	assert_true(follower.rounds > 5);
	assert_int_equal(wrong(false), 0);
	no_deadlocks();
}

/* Whose times are being changed is waited for, by the daemon not long, and nobody's weeks go before. */
static void zones_wait_for_who_is_busy(void **state)
{
	char sql[200];
	const char *weeks = "SELECT count(*)::text FROM coachhouse.free_week";
	char *before = strdup(fixture_sql(f, weeks));
	(void)state;
	follower_connects();
	fixture_sql(f, "BEGIN");
	snprintf(sql, sizeof sql, "SELECT pg_advisory_xact_lock(%lld)::text",
		 (long long)acts_coach()->id);
	fixture_sql(f, sql);
	follower_asks("UPDATE coachhouse.zone_rule SET followed = 0 RETURNING true");
	follower_asks("SELECT set_config('lock_timeout', '100ms', false) = '100ms'");
	for (int i = 0; i < 20 && !follower.failed; i++)
		follower_asks("SELECT follow_zones(20)");
	assert_int_equal(follower.failed, 1);
	follower_asks("SELECT set_config('lock_timeout', '0', false) = '0'");
	for (int i = 0; i < 20 && follower.failed == 1; i++)
		follower_asks("SELECT more FROM keep_times()");
	assert_int_equal(follower.failed, 2);
	fixture_sql(f, "COMMIT");
	assert_string_equal(fixture_sql(f, weeks), before);
	follower_asks("SELECT set_config('lock_timeout', '10s', false) = '10s'");
	while (follower_asks("SELECT follow_zones(20)"))
		;
	assert_int_equal(follower.failed, 2);
	PQfinish(follower.database);
	free(before);
}

static int setup(void **state)
{
	const char *seed = getenv("SEED");
	*state = f = acts_start(seed ? strtoull(seed, NULL, 10) : 20261122);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_is_computed),
		cmocka_unit_test(what_is_wrong_is_put_right),
		cmocka_unit_test(zones_are_followed),
		cmocka_unit_test(zones_are_followed_while_people_book),
		cmocka_unit_test(zones_wait_for_who_is_busy),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
