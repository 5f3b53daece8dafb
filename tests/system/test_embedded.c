/* The private PostgreSQL: it comes back whatever is killed, and is nobody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "people.pb-c.h"

static void ask_who_i_am(struct fixture *f)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;

	fixture_free(fixture_call(f->admin->connection, "People/GetStatus", &request));
}

static void a_killed_daemon_lets_the_place_go(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int lock;

	fixture_daemon_kill(f, &f->daemons[0]);
	snprintf(path, sizeof path, "%s/lock", f->data);
	lock = open(path, O_RDWR | O_CLOEXEC);
	assert_true(lock >= 0);
	/* PostgreSQL still runs; it must not have inherited the lock. */
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	close(lock);
}

static void the_next_daemon_takes_over_what_it_left(void **state)
{
	struct fixture *f = *state;

	fixture_daemon_start(f, &f->daemons[0], NULL);
	ask_who_i_am(f);
}

static void a_killed_postgresql_is_started_again(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		fixture_postgres_kill(f);
		ask_who_i_am(f);
	}
}

/* Even one that it started while it ran. */
static void the_daemon_gives_way_and_postgresql_does_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sched_getscheduler(f->daemons[0].pid), SCHED_BATCH);
	assert_int_equal(sched_getscheduler(fixture_postgres_pid(f)), SCHED_OTHER);
}

/* Each write would cost a start some milliseconds, and the catalogues a dead row. */
static void a_start_with_nothing_to_do_writes_nothing(void **state)
{
	static const char written[] =
		"SELECT concat_ws(' ', (SELECT max(xmin::text::bigint) FROM pg_proc), "
		"(SELECT max(xmin::text::bigint) FROM pg_database), "
		"(SELECT max(xmin::text::bigint) FROM pg_namespace), "
		"(SELECT max(xmin::text::bigint) FROM coachhouse.engine))";
	struct fixture *f = *state;
	struct stat before, after;
	char path[160], was[128];

	snprintf(path, sizeof path, "%s/postgresql/coachhouse.conf", f->data);
	assert_int_equal(stat(path, &before), 0);
	snprintf(was, sizeof was, "%s", fixture_sql(f, written));
	fixture_daemon_stop(f, &f->daemons[0]);
	fixture_daemon_start(f, &f->daemons[0], NULL);
	assert_string_equal(fixture_sql(f, written), was);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
}

static void a_second_start_is_refused(void **state)
{
	struct fixture *f = *state;
	char command[256], said[512];
	FILE *in;

	snprintf(command, sizeof command, "%s/coachd --data %s 2>&1", BUILD_DIR, f->data);
	in = popen(command, "r");
	assert_non_null(in);
	said[fread(said, 1, sizeof said - 1, in)] = '\0';
	assert_int_not_equal(pclose(in), 0);
	assert_non_null(strstr(said, "Another coachd (process "));
	assert_non_null(strstr(said, f->data));
}

static void the_cluster_is_as_promised(void **state)
{
	static const char *const settings[][2] = {
		{"data_checksums", "on"},	  {"jit", "off"},
		{"wal_compression", "pglz"},	  {"listen_addresses", ""},
		{"server_encoding", "UTF8"},	  {"TimeZone", "UTC"},
		{"log_statement", "none"},	  {"log_min_error_statement", "panic"},
		{"log_error_verbosity", "terse"}, {"synchronous_commit", "on"},
		{"full_page_writes", "on"},
	};
	struct fixture *f = *state;
	char sql[128];

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		snprintf(sql, sizeof sql, "SHOW %s", settings[i][0]);
		assert_string_equal(fixture_sql(f, sql), settings[i][1]);
	}
}

static void neither_owner_nor_server_is_a_superuser(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM pg_roles WHERE rolname IN "
					   "('coachhouse', 'coachhouse_server') AND NOT rolsuper "
					   "AND NOT rolbypassrls"),
			    "2");
	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM pg_class c JOIN pg_roles r ON "
					   "r.oid = c.relowner WHERE r.rolname = "
					   "'coachhouse_server'"),
			    "0");
	assert_string_equal(fixture_sql(f, "SELECT bool_or(has_function_privilege("
					   "'coachhouse_server', oid, 'EXECUTE')) FROM pg_proc "
					   "WHERE proname IN ('first_administrator', "
					   "'invite_administrator')"),
			    "f");
}

static void only_its_user_opens_the_files(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {{"keys", 0700},	       {"postgresql", 0700},
		     {"keys/seal.keys", 0600}, {"keys/server.key", 0600},
		     {"lock", 0600},	       {"run/.s.PGSQL.5432", 0700}};
	struct fixture *f = *state;
	struct stat info;
	char path[160];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", f->data, files[i].name);
		assert_int_equal(stat(path, &info), 0);
		assert_int_equal(info.st_mode & 0777, files[i].mode);
		assert_int_not_equal(info.st_uid, 0);
	}
}

static int set_up(void **state)
{
	static const struct fixture_options durable = {.durable = true};

	*state = fixture_start(&durable);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_daemon_lets_the_place_go),
		cmocka_unit_test(the_next_daemon_takes_over_what_it_left),
		cmocka_unit_test(a_killed_postgresql_is_started_again),
		cmocka_unit_test(the_daemon_gives_way_and_postgresql_does_not),
		cmocka_unit_test(a_start_with_nothing_to_do_writes_nothing),
		cmocka_unit_test(a_second_start_is_refused),
		cmocka_unit_test(the_cluster_is_as_promised),
		cmocka_unit_test(neither_owner_nor_server_is_a_superuser),
		cmocka_unit_test(only_its_user_opens_the_files),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_teardown);
}
