/* A pooler between the daemon and PostgreSQL is refused with a sentence, in every mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "internal.h"
#include "shell.h"

static struct fixture *f;
static char direct[200], pooled[200]; /* connection strings */

/* It goes into the background first, and writes down its number and listens after that. */
static bool is_up(void)
{
	char number[140], socket[140];
	struct stat info;

	snprintf(number, sizeof number, "%s/pooler.pid", f->dir);
	snprintf(socket, sizeof socket, "%s/.s.PGSQL.6432", f->dir);
	return !stat(number, &info) && info.st_size > 0 && !access(socket, F_OK);
}

/* On a socket in the fixture's folder; whoever comes is who they say. */
static pid_t start_pooler(const char *mode)
{
	char run[128];

	config_run_folder(f->data, run, sizeof run);
	shell("cd %s; printf '[databases]\\n* = host=%s port=5432\\n[pgbouncer]\\nlisten_port = 6432\\n"
	      "unix_socket_dir = %s\\nauth_type = any\\npool_mode = %s\\nlogfile = "
	      "pooler.log\\npidfile = pooler.pid\\nignore_startup_parameters = options\\n' >pooler.ini; "
	      "sed -i 's,^\\* = .*,& user=coachhouse,' pooler.ini; pgbouncer -q -d %s/pooler.ini",
	      f->dir, run, f->dir, mode, f->dir);
	for (int64_t deadline = 0; !is_up();)
		if (!still_time(&deadline))
			fixture_fail("the pooler does not start");
	shell_guard(f, "%s/pooler.pid", f->dir);
	return (pid_t)atoi(shell("cat %s/pooler.pid", f->dir));
}

/* `database`, `serving`: connection strings of the daemon, the latter perhaps "". */
static void is_refused(const char *mode, const char *database, const char *serving)
{
	const pid_t pooler = start_pooler(mode);
	const char *said = shell("%s/coachd --database '%s' --serving '%s' --keys %s/keys "
				 "--listen ipc://%s/pooled.sock && echo it serves || true",
				 BUILD_DIR, database, serving, f->data, f->dir);

	if (!strstr(said, "give the address of PostgreSQL itself"))
		fixture_fail("%s: %s", mode, said);
	assert_null(strstr(said, "it serves"));
	kill(pooler, SIGTERM);
	for (int64_t deadline = 0; !kill(pooler, 0);)
		if (!still_time(&deadline))
			fixture_fail("the pooler does not end");
}

static void a_pooler_of_transactions_is_refused(void **state)
{
	(void)state;
	is_refused("transaction", pooled, "");
}

static void a_pooler_of_statements_is_refused(void **state)
{
	(void)state;
	is_refused("statement", pooled, "");
}

static void a_pooler_of_sessions_is_refused(void **state)
{
	(void)state;
	is_refused("session", pooled, "");
}

static void a_pooler_before_the_serving_role_is_refused(void **state)
{
	(void)state;
	is_refused("transaction", direct, pooled);
	is_refused("session", direct, pooled);
}

static int set_up(void **state)
{
	char run[128];

	*state = f = fixture_start(NULL);
	config_run_folder(f->data, run, sizeof run);
	snprintf(direct, sizeof direct, "host=%s dbname=coachhouse user=coachhouse", run);
	snprintf(pooled, sizeof pooled, "host=%s port=6432 dbname=coachhouse user=coachhouse",
		 f->dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pooler_of_transactions_is_refused),
		cmocka_unit_test(a_pooler_of_statements_is_refused),
		cmocka_unit_test(a_pooler_of_sessions_is_refused),
		cmocka_unit_test(a_pooler_before_the_serving_role_is_refused),
	};

	if (access("/usr/sbin/pgbouncer", X_OK)) {
		puts("PgBouncer is not here: apt install pgbouncer, or ./dev test --long.");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, fixture_teardown);
}
