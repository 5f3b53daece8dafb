/*
 * A PostgreSQL of the site's own, over TCP with passwords: a role that owns the
 * schema and migrates it, another that serves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "cluster.h"
#include "internal.h"
#include "schema.h"

static struct fixture *f;
static char site[120], said[8192], binaries[512], place[600];
static int port;
static struct fixture_person *karen, *zoe;

/* As the owner of the cluster; what it says is in `said`; its exit code. */
static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int shell(const char *format, ...)
{
	char script[1600], command[1900];
	va_list values;

	va_start(values, format);
	vsnprintf(script, sizeof script, format, values);
	va_end(values);
	snprintf(command, sizeof command,
		 "cd / && ASAN_OPTIONS=detect_leaks=0 %s sh -ec \"%s\" 2>&1",
		 geteuid() ? "" : "setpriv --reuid postgres --regid postgres --init-groups",
		 script);
	FILE *in = popen(command, "r");
	assert_non_null(in);
	said[fread(said, 1, sizeof said - 1, in)] = '\0';
	return WEXITSTATUS(pclose(in));
}

static void must(int code)
{
	if (code)
		fixture_fail("it failed: %s", said);
}

static int site_sql(const char *sql)
{
	return shell("psql -X -At -v ON_ERROR_STOP=1 -h %s -p %d -U postgres -d site -c \\\"%s\\\"",
		     site, port, sql);
}

static void start_site(void)
{
	must(shell("%s/pg_ctl -w -D %s/cluster -l %s/log -o '-p %d -k %s' start", binaries, site,
		   site, port, site));
	/* The guard ends what stands in this list, should we not. */
	must(shell("head -n 1 %s/cluster/postmaster.pid", site));
	char path[120];
	snprintf(path, sizeof path, "%s/pids", f->dir);
	FILE *pids = fopen(path, "ae");
	assert_non_null(pids);
	fputs(said, pids);
	fclose(pids);
}

static void make_site(void)
{
	must(shell("mkdir -m 711 %s; %s/initdb -D %s/cluster -U postgres --auth-local=trust "
		   "--auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 -N",
		   site, binaries, site));
	start_site();
	must(shell("psql -X -q -h %s -p %d -U postgres -d postgres -c \\\"CREATE ROLE site_owner "
		   "LOGIN PASSWORD 'owns'\\\" -c \\\"CREATE ROLE site_server LOGIN PASSWORD "
		   "'serves'\\\" -c 'CREATE DATABASE site OWNER site_owner'",
		   site, port));
	must(shell("umask 077; printf '127.0.0.1:%d:site:site_owner:owns\\n127.0.0.1:%d:site:"
		   "site_server:serves\\n' >%s/passwords; mkdir %s/keys",
		   port, port, site, site));
	snprintf(place, sizeof place,
		 "--database 'host=127.0.0.1 port=%d dbname=site user=site_owner "
		 "passfile=%s/passwords' --serving-role site_server",
		 port, site);
}

#define ADMIN \
	"--admin ada@example.org --name 'Ada Example' --organisation 'Example Trust' --sector nhs"

static pid_t start(const char *keys, const char *endpoint, const char *log)
{
	char database[300];
	const char *const arguments[] = {"coachd",	"--database", database, "--serving-role",
					 "site_server", "--keys",     keys,	"--listen",
					 endpoint,	NULL};

	snprintf(database, sizeof database,
		 "host=127.0.0.1 port=%d dbname=site user=site_owner passfile=%s/passwords", port,
		 site);
	return process_start(f, arguments, log);
}

static void start_daemon(void)
{
	char keys[140];

	snprintf(keys, sizeof keys, "%s/keys", site);
	f->daemons[0].pid = start(keys, f->daemons[0].endpoint, f->daemons[0].log);
}

static void book_in(int days)
{
	const time_t at = time(NULL) + days * 86400L;
	char start[32];
	struct tm tm;

	strftime(start, sizeof start, "%Y-%m-%dT10:00", gmtime_r(&at, &tm));
	ask_book(zoe, karen, start);
}

static void it_is_set_up_and_served(void **state)
{
	struct coachhouse_invitation invitation;

	(void)state;
	snprintf(f->daemons[0].endpoint, sizeof f->daemons[0].endpoint, "ipc://%s/site.sock",
		 f->dir);
	must(shell("%s/coachd init %s --keys %s/keys --listen %s " ADMIN " 2>/dev/null", BUILD_DIR,
		   place, site, f->daemons[0].endpoint));
	said[strcspn(said, "\n")] = '\0';
	assert_true(coachhouse_invitation_parse(said, &invitation, NULL));
	start_daemon();
	f->admin = calloc(1, sizeof *f->admin);
	assert_non_null(f->admin);
	strcpy(f->admin->name, "Ada Example");
	strcpy(f->admin->email, "ada@example.org");
	person_enrol(f, f->admin, &invitation);
	karen = fixture_coach(f, "Karen Example");
	zoe = fixture_person(f, "Zoë Example", MEMBER);
	book_in(5);
}

static void the_serving_role_serves(void **state)
{
	(void)state;
	must(site_sql(
		"SELECT string_agg(DISTINCT usename, ',') FROM pg_stat_activity WHERE datname "
		"= 'site' AND client_addr IS NOT NULL"));
	assert_string_equal(said, "site_server\n");
	must(site_sql("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE "
		      "r.rolname = 'site_server'"));
	assert_string_equal(said, "0\n");
}

static void the_doctor_is_content(void **state)
{
	(void)state;
	must(shell("%s/coachd doctor %s --keys %s/keys", BUILD_DIR, place, site));
	assert_non_null(strstr(said, "ok    durability"));
	assert_non_null(strstr(said, "ok    schema"));
	assert_int_equal(
		shell("%s/coachd backup %s/backup %s --keys %s/keys", BUILD_DIR, site, place, site),
		1);
	assert_non_null(strstr(said, "back it up with the tools of that PostgreSQL"));
}

static void it_may_be_restarted(void **state)
{
	(void)state;
	must(shell("%s/pg_ctl -w -m immediate -D %s/cluster stop", binaries, site));
	start_site();
	book_in(6);
}

/* Roles that could see past row security, or that are not there, are named at the start. */
static void a_role_that_sees_too_much_is_refused(void **state)
{
	(void)state;
	fixture_daemon_stop(f, &f->daemons[0]);
	must(site_sql("ALTER ROLE site_server BYPASSRLS"));
	assert_int_equal(shell("timeout 20 %s/coachd %s --keys %s/keys", BUILD_DIR, place, site),
			 1);
	assert_non_null(strstr(said, "site_server bypasses row security"));
	must(site_sql("ALTER ROLE site_server NOBYPASSRLS; GRANT site_owner TO site_server"));
	assert_int_equal(shell("timeout 20 %s/coachd %s --keys %s/keys", BUILD_DIR, place, site),
			 1);
	must(site_sql("REVOKE site_owner FROM site_server"));
	assert_int_equal(shell("timeout 20 %s/coachd %s --keys %s/keys --serving-role nobody_there",
			       BUILD_DIR, place, site),
			 1);
	assert_non_null(strstr(said, "CREATE ROLE nobody_there LOGIN"));
	assert_null(strstr(said, "owns"));
}

static bool is_current(const char *serving)
{
	char conninfo[300];

	snprintf(conninfo, sizeof conninfo, "host=%s port=%d dbname=site user=site_owner", site,
		 port);
	return schema_is_current(conninfo, serving);
}

static void must_see(const char *change, const char *undo)
{
	assert_true(is_current("site_server"));
	must(site_sql(change));
	assert_false(is_current("site_server"));
	must(site_sql(undo));
}

/* A start that finds all as it should be does nothing: so anything else has to be seen. */
static void what_is_not_as_it_should_be_is_seen(void **state)
{
	static const char *const changes[][2] = {
		{"ALTER ROLE site_server BYPASSRLS", "ALTER ROLE site_server NOBYPASSRLS"},
		{"ALTER ROLE site_server SUPERUSER", "ALTER ROLE site_server NOSUPERUSER"},
		{"GRANT site_owner TO site_server", "REVOKE site_owner FROM site_server"},
		{"REVOKE CONNECT ON DATABASE site FROM PUBLIC, site_server",
		 "GRANT CONNECT ON DATABASE site TO PUBLIC, site_server"},
		{"GRANT TEMPORARY ON DATABASE site TO PUBLIC",
		 "REVOKE TEMPORARY ON DATABASE site FROM PUBLIC"},
		{"INSERT INTO coachhouse.engine VALUES ('later', now() + interval '1 hour')",
		 "DELETE FROM coachhouse.engine WHERE name = 'later'"},
		{"INSERT INTO coachhouse.engine VALUES ('old', '2026-01-01'), ('older', "
		 "'2026-01-01')",
		 "DELETE FROM coachhouse.engine WHERE name ~ '^old'"},
		{"INSERT INTO coachhouse.migration VALUES ('9999_later')",
		 "DELETE FROM coachhouse.migration WHERE name = '9999_later'"},
		{"UPDATE coachhouse.migration SET name = 'x' WHERE name = '0007_row_security'",
		 "UPDATE coachhouse.migration SET name = '0007_row_security' WHERE name = 'x'"},
	};
	char revoke[120], grant[120];

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		must_see(changes[i][0], changes[i][1]);
	snprintf(revoke, sizeof revoke, "REVOKE USAGE ON SCHEMA %s FROM site_server",
		 schema_engine());
	snprintf(grant, sizeof grant, "GRANT USAGE ON SCHEMA %s TO site_server", schema_engine());
	must_see(revoke, grant);
	assert_true(is_current("site_server"));
	assert_false(is_current("site_owner"));
	assert_false(is_current("nobody_there"));
}

static void lost_keys_are_not_made_anew(void **state)
{
	(void)state;
	assert_int_equal(shell("mkdir %s/fresh; %s/coachd init %s --keys %s/fresh " ADMIN, site,
			       BUILD_DIR, place, site),
			 1);
	assert_non_null(strstr(said, "put the keys back from your backup"));
	assert_int_equal(shell("ls %s/fresh/seal.keys", site), 2);
}

static void two_keys_of_one_database_are_told(void **state)
{
	char keys[140], endpoint[160], log[140], look[400];

	(void)state;
	snprintf(keys, sizeof keys, "%s/other", site);
	snprintf(endpoint, sizeof endpoint, "ipc://%s/other.sock", site);
	snprintf(log, sizeof log, "%s/other.log", f->dir);
	must(shell("umask 077; cp -R %s/keys %s; head -c 32 /dev/urandom | od -An -tx1 | "
		   "tr -d ' \\n' >%s/server.key",
		   site, keys, keys));
	start_daemon();
	const pid_t other = start(keys, endpoint, log);
	/* Whichever came later. */
	snprintf(look, sizeof look, "grep -q 'is known by another key, ' %s %s", log,
		 f->daemons[0].log);
	for (int64_t deadline = 0; system(look);)
		if (!still_time(&deadline))
			fixture_fail("two daemons have two keys, and neither says so");
	assert_int_equal(kill(other, SIGTERM), 0);
	process_wait(other);
	fixture_daemon_stop(f, &f->daemons[0]);
}

/* How coachd, given `more` too, refuses to start. */
static void is_refused(const char *more, const char *sentence)
{
	assert_int_equal(
		shell("timeout 20 %s/coachd %s --keys %s/keys --listen ipc://%s/other.sock %s",
		      BUILD_DIR, place, site, site, more),
		1);
	if (!strstr(said, sentence))
		fixture_fail("%s: %s", more, said);
}

static void what_to_do_is_said(void **state)
{
	char more[1200];

	(void)state;
	snprintf(more, sizeof more,
		 "--database 'host=127.0.0.1,127.0.0.2 port=%d dbname=site user=site_owner'", port);
	is_refused(more, "no password supplied. Write it into a passfile");
	is_refused("--database 'host=127.0.0.1,/nowhere port=1,2 dbname=site user=site_owner'",
		   "such file or directory");
	assert_non_null(strstr(said, "Connection refused"));
	assert_non_null(strstr(said, "See whether it runs there"));
	strcpy(more, "--database host=db1");
	for (int i = 2; i <= 17; i++)
		snprintf(more + strlen(more), sizeof more - strlen(more), ",db%d", i);
	is_refused(more, "database names more than 16 hosts: leave some out.");
	is_refused("--metrics /nowhere/metrics.sock", "make its folder first");
	must(shell("chmod 000 %s/keys/seal.keys", site));
	is_refused("", "seal.keys is shut to the user who runs coachd");
	must(shell("chmod 600 %s/keys/seal.keys", site));
}

static int set_up(void **state)
{
	char error[300];

	(void)state;
	f = fixture_start(NULL);
	fixture_daemon_stop(f, &f->daemons[0]);
	snprintf(site, sizeof site, "%s/site", f->dir);
	port = fixture_port();
	if (!cluster_binaries(f->dir, binaries, sizeof binaries, error, sizeof error))
		return -1;
	make_site();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	must(shell("%s/pg_ctl -w -m immediate -D %s/cluster stop", binaries, site));
	fixture_stop(&f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_set_up_and_served),
		cmocka_unit_test(the_serving_role_serves),
		cmocka_unit_test(the_doctor_is_content),
		cmocka_unit_test(it_may_be_restarted),
		cmocka_unit_test(a_role_that_sees_too_much_is_refused),
		cmocka_unit_test(what_is_not_as_it_should_be_is_seen),
		cmocka_unit_test(lost_keys_are_not_made_anew),
		cmocka_unit_test(two_keys_of_one_database_are_told),
		cmocka_unit_test(what_to_do_is_said),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
