/* coachd doctor says what is wrong with a place, and what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "internal.h"

static struct fixture *f;
static char said[8192];

/* Its exit code; keeps what it said. */
static int doctor(const char *more)
{
	char command[600];

	snprintf(command, sizeof command,
		 "ASAN_OPTIONS=detect_leaks=0 timeout 60 %s/coachd doctor --data %s %s 2>&1",
		 BUILD_DIR, f->data, more);
	FILE *in = popen(command, "r");
	assert_non_null(in);
	said[fread(said, 1, sizeof said - 1, in)] = '\0';
	return WEXITSTATUS(pclose(in));
}

static void expect(const char *line)
{
	if (!strstr(said, line))
		fixture_fail("\"%s\" is not in what it said:\n%s", line, said);
}

static void set_mode(const char *name, mode_t mode)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%s", f->data, name);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_sound_place_passes(void **state)
{
	(void)state;
	const int code = doctor("");
	if (code)
		fixture_fail("it is not content:\n%s", said);
	expect("ok    daemon: it runs");
	expect("ok    seal.keys: only its owner reads it");
	expect(" answers");
	expect("ok    durability: fsync, full_page_writes, synchronous_commit: on 1 machine");
	expect("ok    schema: 0");
	expect("warn  users: one user runs the daemon and PostgreSQL");
	expect("warn  backup: none was made");
	expect("Nothing to mend");
}

static void keys_that_others_read_are_wrong(void **state)
{
	(void)state;
	set_mode("keys/seal.keys", 0644);
	const int code = doctor("");
	set_mode("keys/seal.keys", 0600);
	assert_int_equal(code, 1);
	expect("FAIL  seal.keys: others may read it: run chmod 600");
	expect("1 to mend");
}

static void a_folder_that_others_write_is_wrong(void **state)
{
	(void)state;
	set_mode("", 0777);
	const int code = doctor("");
	set_mode("", 0711);
	assert_int_equal(code, 1);
	expect("FAIL  data: others may write to");
}

static void a_backup_has_an_age(void **state)
{
	char command[400];

	(void)state;
	snprintf(command, sizeof command,
		 "%s/coachd backup %s/backup --data %s >/dev/null && touch -d '9 days ago' "
		 "%s/last-backup",
		 BUILD_DIR, f->dir, f->data, f->data);
	assert_int_equal(system(command), 0);
	assert_int_equal(doctor(""), 0);
	expect("warn  backup: the last one is 9 days old: see why");
}

static void trials_and_newer_schemas_are_told(void **state)
{
	(void)state;
	fixture_sql(f, "INSERT INTO coachhouse.migration (name) VALUES ('9999_tomorrow')");
	const int code = doctor("--clock 2026-01-01T00:00:00Z --max-clients 60000");
	fixture_sql(f, "DELETE FROM coachhouse.migration WHERE name = '9999_tomorrow'");
	assert_int_equal(code, 1);
	expect("FAIL  clock: the setting clock says 2026-01-01T00:00:00Z");
	expect("FAIL  schema: 9999_tomorrow, newer than this coachd");
}

/* Settings reach a connection that is made after PostgreSQL read them again. */
static void await(const char *line)
{
	doctor("");
	for (int64_t deadline = 0; !strstr(said, line); doctor(""))
		if (!still_time(&deadline))
			expect(line);
}

static void a_standby_that_is_missing_is_told(void **state)
{
	(void)state;
	fixture_sql(f, "ALTER SYSTEM SET synchronous_standby_names = '*'");
	fixture_sql(f, "SELECT pg_reload_conf()");
	await("FAIL  durability: no write is answered: commits wait for more standbys (1) than follow (0).");
	fixture_sql(f, "ALTER SYSTEM RESET synchronous_standby_names");
	fixture_sql(f, "SELECT pg_reload_conf()");
	await("ok    durability: fsync, full_page_writes, synchronous_commit: on 1 machine");
}

static void an_absent_database_is_told(void **state)
{
	(void)state;
	fixture_daemon_stop(f, &f->daemons[0]);
	assert_int_equal(doctor(""), 1);
	expect("warn  daemon: it does not run");
	expect("FAIL  database: The database does not answer: connection to server on socket");
}

static int set_up(void **state)
{
	static const struct fixture_options durable = {.durable = true};

	*state = f = fixture_start(&durable);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_place_passes),
		cmocka_unit_test(keys_that_others_read_are_wrong),
		cmocka_unit_test(a_folder_that_others_write_is_wrong),
		cmocka_unit_test(a_backup_has_an_age),
		cmocka_unit_test(trials_and_newer_schemas_are_told),
		cmocka_unit_test(a_standby_that_is_missing_is_told),
		cmocka_unit_test(an_absent_database_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_teardown);
}
