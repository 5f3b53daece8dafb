/*
 * The checker's own test, in earnest: a real daemon and PostgreSQL under load, with
 * a bug planted. Each must be found; without any, nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <pthread.h>
#include <time.h>

#include "config.h"
#include "load.h"
#include "proxy.h"

enum { SOME = 150, SECONDS = 60 };

static struct fixture *f;
static struct load *load;
static struct proxy *proxy;
static char *taken_out; /* a function as it was */

static void sql(const char *text)
{
	fixture_sql(f, text);
}

/* As it was before any load. */
static int clear(void **state)
{
	(void)state;
	load_stop(&load);
	proxy_stop(&proxy);
	if (taken_out)
		sql(taken_out);
	free(taken_out);
	taken_out = NULL;
	final_forget(f);
	return 0;
}

static void expect(enum finding finding)
{
	const struct verdict v = load_judge(&load);
	verdict_print(&v, stdout);
	if (!verdict_has(&v, finding))
		fixture_fail("%s: not found", finding_name(finding));
}

/* For the load, until clear: `change` is an expression on `def`, its definition. */
static void change_function(const char *name, const char *change)
{
	char text[1200];
	snprintf(text, sizeof text,
		 "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = '%s'", name);
	taken_out = strdup(fixture_sql(f, text));
	snprintf(text, sizeof text,
		 "DO $do$ DECLARE def text := (SELECT pg_get_functiondef(oid) FROM pg_proc "
		 "WHERE proname = '%s'); changed text := %s; BEGIN "
		 "IF changed = def THEN RAISE 'nothing to change'; END IF; "
		 "EXECUTE changed; END $do$",
		 name, change);
	sql(text);
}

static void run(const struct load_options *options, int writes)
{
	load = load_start(f, options);
	load_await(load, load_now(), writes, SECONDS);
}

static void nothing_is_planted(void **state)
{
	static const struct load_options options = {.halves = 60};
	(void)state;
	run(&options, SOME);
	const struct verdict v = load_judge(&load);
	verdict_print(&v, stdout);
	assert_true(verdict_is_clean(&v));
}

static void no_constraint(void **state)
{
	static const struct load_options options = {.halves = 40, .planted = true};
	(void)state;
	sql("ALTER TABLE coachhouse.participation DROP CONSTRAINT nobody_in_two_places");
	change_function("why_not", "regexp_replace(def, 'AS \\$function\\$.*', "
				   "'AS $function$ BEGIN RETURN NULL; END $function$')");
	run(&options, SOME);
	expect(OVERLAP);
	clear(NULL);
	sql("ALTER TABLE coachhouse.participation ADD CONSTRAINT nobody_in_two_places "
	    "EXCLUDE USING gist (person WITH =, during WITH &&) WHERE (live AND NOT settled)");
}

/*
 * Acknowledged before it is on disk: then PostgreSQL dies. Often, since what a death takes
 * along may be on disk already, or a change alone, which shows as stale.
 */
static void acknowledged_before_commit(void **state)
{
	enum { DEATHS = 8 };
	static const struct load_options options = {.planted = true};
	(void)state;
	sql("ALTER SYSTEM SET synchronous_commit = off");
	sql("ALTER SYSTEM SET wal_writer_delay = '10s'");
	sql("ALTER SYSTEM SET wal_writer_flush_after = '1GB'");
	sql("SELECT pg_reload_conf()");
	run(&options, SOME);
	for (int i = 0; i < DEATHS; i++) {
		fixture_postgres_kill(f);
		load_await(load, load_now(), SOME, SECONDS);
	}
	expect(LOST);
	sql("ALTER SYSTEM RESET ALL");
	sql("SELECT pg_reload_conf()");
}

static void an_id_used_for_two_things(void **state)
{
	static const struct load_options options = {.planted = true};
	(void)state;
	change_function("authenticate",
			"replace(def, 'kept.hash IS DISTINCT FROM authenticate.hash', 'false')");
	run(&options, 3 * SOME);
	expect(REUSED);
}

static void asked_again_with_a_fresh_id(void **state)
{
	const struct timespec a_while = {.tv_nsec = 600000000};
	struct load_options options = {.timeout_ms = 300, .planted = true, .slip = true};
	char run_folder[128], path[160];
	(void)state;
	config_run_folder(f->data, run_folder, sizeof run_folder);
	snprintf(path, sizeof path, "%s/coachd.sock", run_folder);
	proxy = proxy_of_daemon(path);
	options.endpoint = proxy_endpoint(proxy);
	run(&options, 20);
	for (int i = 0; i < 5; i++) {
		proxy_set(proxy, PROXY_HOLE);
		nanosleep(&a_while, NULL);
		proxy_set(proxy, PROXY_PASS);
		load_await(load, load_now(), 20, SECONDS);
	}
	expect(GHOST);
}

/* What a replica that lags behind shows: the place as it was. */
struct replica {
	pthread_mutex_t lock;
	int64_t as_of;
};

static bool read_the_replica(void *arg, int64_t session, struct op *seen)
{
	struct replica *replica = arg;
	char text[120];
	PGconn *database = f->database;
	pthread_mutex_lock(&replica->lock);
	if (load_now() - replica->as_of > 300000) {
		PQclear(PQexec(database, replica->as_of ? "ROLLBACK" : "SELECT 1"));
		PQclear(PQexec(database, "BEGIN ISOLATION LEVEL REPEATABLE READ"));
		replica->as_of = load_now();
	}
	snprintf(text, sizeof text, "SELECT version FROM coachhouse.session WHERE id = %lld",
		 (long long)session);
	PGresult *result = PQexec(database, text);
	seen->absent = PQntuples(result) == 0;
	seen->version = seen->absent ? 0 : atoi(PQgetvalue(result, 0, 0));
	PQclear(result);
	pthread_mutex_unlock(&replica->lock);
	return true;
}

static void read_from_a_replica(void **state)
{
	struct replica replica = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const struct load_options options = {
		.planted = true, .read = read_the_replica, .arg = &replica};
	(void)state;
	sql("SELECT 1");
	load = load_start(f, &options);
	const struct timespec two_seconds = {.tv_sec = 2};
	nanosleep(&two_seconds, NULL);
	load_await(load, load_now(), SOME, SECONDS); /* on a slow machine little happens in them */
	pthread_mutex_lock(&replica.lock);
	PQclear(PQexec(f->database, "ROLLBACK"));
	replica.as_of = INT64_MAX;
	pthread_mutex_unlock(&replica.lock);
	expect(STALE);
}

static void nobody_asks_whose_it_is(void **state)
{
	static const struct load_options options = {.planted = true};
	(void)state;
	sql("ALTER TABLE coachhouse.session DISABLE ROW LEVEL SECURITY");
	run(&options, 3 * SOME);
	expect(FOREIGN);
	sql("ALTER TABLE coachhouse.session ENABLE ROW LEVEL SECURITY");
}

static void times_without_length(void **state)
{
	static const struct load_options options = {.planted = true};
	(void)state;
	sql("CREATE FUNCTION public.shorten() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$ BEGIN NEW.ends := NEW.starts; RETURN NEW; END $$;"
	    "ALTER TABLE coachhouse.session DROP CONSTRAINT session_check2;"
	    "CREATE TRIGGER shorten BEFORE INSERT ON coachhouse.session FOR EACH ROW "
	    "WHEN (NEW.id % 3 = 0) EXECUTE FUNCTION public.shorten()");
	run(&options, SOME);
	expect(EMPTY);
	sql("DROP FUNCTION public.shorten CASCADE");
}

/* Undone while committing, which PostgreSQL says and nobody heeds. */
static void undone_while_committing(void **state)
{
	struct load_options options = {0};
	(void)state;
	sql("CREATE FUNCTION public.undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
	    "RAISE EXCEPTION USING ERRCODE = 'ZC010', DETAIL = 'ABORTED SLOT_TAKEN'; END $$;"
	    "CREATE CONSTRAINT TRIGGER undo AFTER INSERT ON coachhouse.session DEFERRABLE "
	    "INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id % 3 = 0) EXECUTE FUNCTION "
	    "public.undo()");
	proxy = proxy_of_postgres(f);
	options.endpoint = fixture_daemon_add_through(f, proxy_folder(proxy))->endpoint;
	/* Who heeds it is right. */
	run(&options, SOME);
	const struct verdict v = load_judge(&load);
	verdict_print(&v, stdout);
	assert_true(verdict_is_clean(&v));
	final_forget(f);
	proxy_set(proxy, PROXY_LIE);
	run(&options, SOME);
	expect(LOST);
	fixture_daemon_stop(f, &f->daemons[1]);
	sql("DROP FUNCTION public.undo CASCADE");
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_planted, clear),
		cmocka_unit_test_teardown(no_constraint, clear),
		cmocka_unit_test_teardown(an_id_used_for_two_things, clear),
		cmocka_unit_test_teardown(asked_again_with_a_fresh_id, clear),
		cmocka_unit_test_teardown(read_from_a_replica, clear),
		cmocka_unit_test_teardown(nobody_asks_whose_it_is, clear),
		cmocka_unit_test_teardown(times_without_length, clear),
		cmocka_unit_test_teardown(undone_while_committing, clear),
		cmocka_unit_test_teardown(acknowledged_before_commit, clear),
	};
	return cmocka_run_group_tests_name("planted", tests, setup, fixture_teardown);
}
