/*
 * Reports on a standby: made there, kept as read on the primary, with how far behind it
 * was; made on the primary when the standby cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "config.h"
#include "internal.h"
#include "shell.h"
#include "standby.h"

#define NOVEMBER "'from': '2026-11-01', 'to': '2026-12-01'"

static struct fixture *f;
static struct fixture_person *karen, *zoe, *ada;
static struct fixture_daemon *daemon_;

static const json_t *report(void)
{
	return ask(ada, "ReportCapacity", NOVEMBER);
}

static bool is_from_standby(const json_t *reply)
{
	return *ask_text(reply, "period.as_of");
}

/* The standby's connections are made beside the others: a daemon may be ready before. */
static const json_t *report_of_standby(void)
{
	const json_t *reply = report();

	for (int64_t deadline = 0; !is_from_standby(reply); reply = report())
		if (!still_time(&deadline))
			fixture_fail("the standby does not make the report");
	return reply;
}

/* `more`: what is added to the connection string. */
static void report_at(const char *more)
{
	char conninfo[300];
	size_t used;

	standby_conninfo(f, "postgres", conninfo, sizeof conninfo);
	used = strlen(conninfo);
	snprintf(conninfo + used, sizeof conninfo - used, "%s", more);
	setenv("COACHD_REPORT_DATABASE", conninfo, 1);
}

static int readings(void)
{
	return atoi(fixture_sql(f, "SELECT count(*) FROM coachhouse.reading"));
}

/* A daemon with the standby in its environment; ada asks it. */
static void start_daemon(const char *lag)
{
	setenv("COACHD_REPORT_LAG", lag, 1);
	if (daemon_) {
		fixture_daemon_stop(f, daemon_);
		fixture_daemon_start(f, daemon_, "2026-11-02T08:00:00Z");
	} else {
		daemon_ = fixture_daemon_add(f, "2026-11-02T08:00:00Z");
	}
	ada = ask_through(f, f->admin, daemon_);
}

static void wait_until_caught_up(void)
{
	char sql[200];

	snprintf(sql, sizeof sql, "SELECT pg_last_wal_replay_lsn() >= '%s'",
		 fixture_sql(f, "SELECT pg_current_wal_flush_lsn()::text"));
	for (int64_t deadline = 0; strcmp(standby_sql(f, sql), "t") != 0;)
		if (!still_time(&deadline))
			fixture_fail("the standby does not catch up");
}

static void a_report_is_made_there_and_kept_here(void **state)
{
	const json_t *here, *there;
	int before;

	(void)state;
	here = ask(f->admin, "ReportCapacity", NOVEMBER);
	there = report_of_standby();
	assert_false(is_from_standby(here));
	assert_true(json_equal(ask_find(here, "lines"), ask_find(there, "lines")));
	assert_true(json_equal(ask_find(here, "total"), ask_find(there, "total")));
	before = readings();
	assert_true(is_from_standby(ask(ada, "ReportCapacity", NOVEMBER)));
	assert_true(is_from_standby(ask(ada, "ReportUtilisation", NOVEMBER)));
	assert_true(is_from_standby(ask(ada, "ReportWaiting", NOVEMBER)));
	assert_true(is_from_standby(ask(ada, "ReportQuarter", NOVEMBER)));
	assert_int_equal(readings(), before + 4);
	assert_string_equal(
		fixture_sql(
			f,
			"SELECT string_agg(method, ' ' ORDER BY id) FROM (SELECT id, method FROM "
			"coachhouse.reading ORDER BY id DESC LIMIT 4) r"),
		"ReportCapacity ReportUtilisation ReportWaiting ReportQuarter");
}

/* What was acknowledged before a report was asked for is in it, or it says that it may not be. */
static void nothing_acknowledged_is_missing(void **state)
{
	char path[40];
	double free;

	(void)state;
	for (int day = 16; day < 20; day++) {
		const json_t *reply = report_of_standby();
		snprintf(path, sizeof path, "2026-11-%d", day);
		free = ask_real(reply, "lines.0.free_hours");
		snprintf(path, sizeof path, "2026-11-%dT10:00", day);
		ask_book(zoe, karen, path);
		reply = ask(ada, "ReportCapacity", NOVEMBER);
		assert_true(is_from_standby(reply));
		if (!ask_find(reply, "period.behind_seconds"))
			assert_true(ask_real(reply, "lines.0.free_hours") == free - 1);
	}
}

/* Nobody is let in there, nothing else is read there. */
static void nothing_else_is_asked_of_it(void **state)
{
	(void)state;
	ask(ada, "ListPeople", "'limit': 5");
	ask(ada, "ListRetentionDue", "'limit': 5");
	ask(ada, "ListSessions", "'limit': 5");
	assert_string_equal(standby_sql(f, "SELECT count(*) FROM pg_stat_activity WHERE usename = "
					   "'coachhouse_server'"),
			    "2");
	assert_string_equal(standby_sql(f, "SELECT count(*) FROM pg_stat_activity WHERE usename = "
					   "'coachhouse_server' AND query !~ 'report_|stand_for'"),
			    "0");
	assert_string_equal(
		fixture_sql(f, "SELECT count(*)::text FROM pg_stat_activity WHERE usename = "
			       "'coachhouse_server' AND query ~ 'report_quarter'"),
		"0");
}

static void a_refusal_is_the_same(void **state)
{
	const char *text = "'from': '2026-12-01', 'to': '2026-11-01'";

	(void)state;
	report_of_standby();
	ask_refused(ada, "ReportCapacity", "BAD_PERIOD", "%s", text);
	assert_non_null(ask_refused(zoe, "ReportCapacity", "NOT_ALLOWED", NOVEMBER));
}

static void it_says_how_far_behind_it_is(void **state)
{
	const json_t *reply;
	double free;
	int before;

	(void)state;
	free = ask_real(report_of_standby(), "lines.0.free_hours");
	wait_until_caught_up();
	standby_sql(f, "SELECT pg_wal_replay_pause()");
	ask_book(zoe, karen, "2026-11-23T10:00");
	before = readings();
	reply = report();
	assert_true(is_from_standby(reply));
	assert_true(ask_real(reply, "lines.0.free_hours") == free);
	assert_true(strcmp(ask_text(reply, "period.as_of"), ask_text(reply, "period.made")) < 0);
	assert_int_equal(readings(), before + 1);
	for (int64_t deadline = 0; ask_number(reply, "period.behind_seconds") < 1; reply = report())
		if (!still_time(&deadline))
			fixture_fail("it is not told how far behind it is");
	standby_sql(f, "SELECT pg_wal_replay_resume()");
	wait_until_caught_up();
	reply = report_of_standby();
	assert_true(ask_real(reply, "lines.0.free_hours") == free - 1);
	assert_null(ask_find(reply, "period.behind_seconds"));
}

static void too_far_behind_the_primary_makes_it(void **state)
{
	const json_t *reply;
	double free;
	int before;

	(void)state;
	start_daemon("0");
	free = ask_real(report_of_standby(), "lines.0.free_hours");
	wait_until_caught_up();
	standby_sql(f, "SELECT pg_wal_replay_pause()");
	ask_book(zoe, karen, "2026-11-24T10:00");
	before = readings();
	reply = report();
	assert_false(is_from_standby(reply));
	assert_true(ask_real(reply, "lines.0.free_hours") == free - 1);
	assert_int_equal(readings(), before + 1);
	standby_sql(f, "SELECT pg_wal_replay_resume()");
	wait_until_caught_up();
	report_of_standby();
}

static void without_it_the_primary_makes_it(void **state)
{
	int before;

	(void)state;
	report_of_standby();
	standby_control(f, "-m immediate stop");
	before = readings();
	assert_false(is_from_standby(report()));
	assert_false(is_from_standby(report()));
	assert_int_equal(readings(), before + 2);
	standby_control(f, "start");
	report_of_standby();
}

/* As the daemon itself is set up, by its environment. */
static const char *doctor(void)
{
	char database[300];

	snprintf(database, sizeof database, "host=%s/run dbname=coachhouse user=coachhouse",
		 f->data);
	return shell("%s/coachd doctor --database '%s' --keys %s/keys | grep report_database",
		     BUILD_DIR, database, f->data);
}

/* It stands still meanwhile: none of its children is taken away from under kill. */
static void signal_standby(const char *signal)
{
	const int pid = atoi(shell("head -n 1 %s/cluster/postmaster.pid", standby_folder(f)));

	shell("kill -STOP %d; ps -o pid= --ppid %d | xargs kill -%s; kill -%s %d", pid, pid, signal,
	      signal, pid);
}

/* It is there, takes what it is sent, and says nothing: nobody waits for that until it is too late. */
static void while_it_hangs_the_primary_makes_it(void **state)
{
	(void)state;
	report_of_standby();
	signal_standby("STOP");
	for (int i = 0; i < 4; i++)
		assert_false(is_from_standby(report()));
	report_at(" connect_timeout=2"); /* nobody is as patient as the 10 s that are usual */
	assert_non_null(strstr(doctor(), "warn  report_database: it does not answer"));
	report_at("");
	signal_standby("CONT");
	report_of_standby();
}

/* A standby that is at an older version's functions makes no reports until it has ours. */
static void without_our_functions_the_primary_makes_it(void **state)
{
	(void)state;
	start_daemon("300");
	report_of_standby();
	fixture_sql(f, "ALTER FUNCTION stand_for(text, int) RENAME TO stand_elsewhere");
	wait_until_caught_up();
	start_daemon("300");
	assert_false(is_from_standby(report()));
	fixture_sql(f, "ALTER FUNCTION stand_elsewhere(text, int) RENAME TO stand_for");
	report_of_standby();
}

/* A report that fails half way leaves nothing to whoever calls next. */
static void a_failed_report_is_nothing_to_the_next_call(void **state)
{
	(void)state;
	report_of_standby();
	fixture_sql(f, "REVOKE EXECUTE ON FUNCTION keep_report(text) FROM coachhouse_server");
	ask_refused(ada, "ReportCapacity", "", NOVEMBER);
	fixture_sql(f, "GRANT EXECUTE ON FUNCTION keep_report(text) TO coachhouse_server");
	for (int i = 0; i < 3; i++)
		ask(ada, "ListSessions", "'from': '2026-11-02'");
}

static void the_doctor_looks_at_it(void **state)
{
	(void)state;
	assert_non_null(strstr(doctor(), "ok    report_database: a standby answers"));
	standby_control(f, "-m immediate stop");
	assert_non_null(
		strstr(doctor(), "warn  report_database: it does not answer: connection to"));
	standby_control(f, "start");
}

/* The people of another partnership have the same numbers, on the same server perhaps. */
static void another_database_there_makes_none(void **state)
{
	const char *connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = "
				"'elsewhere' AND usename = 'coachhouse_server' AND state = 'idle'";
	char run[128];

	(void)state;
	config_run_folder(f->data, run, sizeof run);
	shell("export PGHOST=%s PGUSER=postgres; createdb elsewhere; "
	      "pg_dump coachhouse | psql -q -v ON_ERROR_STOP=1 elsewhere",
	      run);
	wait_until_caught_up();
	report_at(" dbname=elsewhere");
	start_daemon("300");
	for (int64_t deadline = 0; strcmp(standby_sql(f, connected), "2") != 0;)
		if (!still_time(&deadline))
			fixture_fail("the other database is not connected to");
	for (int i = 0; i < 5; i++)
		assert_false(is_from_standby(report()));
	report_at("");
	start_daemon("300");
}

/* A primary may be another one than ours; only what follows ours makes reports. */
static void once_promoted_it_makes_none(void **state)
{
	int before;

	(void)state;
	report_of_standby();
	standby_sql(f, "SELECT pg_promote()");
	before = readings();
	assert_false(is_from_standby(report()));
	assert_int_equal(readings(), before + 1);
	assert_non_null(strstr(doctor(), "it is no standby, but a primary"));
}

static int set_up(void **state)
{
	*state = f = ask_fixture("2026-11-02T08:00:00Z");
	karen = fixture_coach(f, "Karen Example");
	zoe = fixture_person(f, "Zoë Example", MEMBER);
	fixture_sql(f, "SELECT set_config('search_path', nspname || ',coachhouse', false) FROM "
		       "pg_namespace WHERE nspname LIKE 'engine\\_%'");
	standby_start(f);
	report_at("");
	start_daemon("300");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_made_there_and_kept_here),
		cmocka_unit_test(nothing_acknowledged_is_missing),
		cmocka_unit_test(nothing_else_is_asked_of_it),
		cmocka_unit_test(a_refusal_is_the_same),
		cmocka_unit_test(it_says_how_far_behind_it_is),
		cmocka_unit_test(too_far_behind_the_primary_makes_it),
		cmocka_unit_test(without_it_the_primary_makes_it),
		cmocka_unit_test(while_it_hangs_the_primary_makes_it),
		cmocka_unit_test(without_our_functions_the_primary_makes_it),
		cmocka_unit_test(a_failed_report_is_nothing_to_the_next_call),
		cmocka_unit_test(the_doctor_looks_at_it),
		cmocka_unit_test(another_database_there_makes_none),
		cmocka_unit_test(once_promoted_it_makes_none),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_teardown);
}
