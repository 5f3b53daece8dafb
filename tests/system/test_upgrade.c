/*
 * A database of an earlier release, as tests/upgrade/golden wrote it, met by this
 * daemon: killed in the middle of its migrations while clients ask all the time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "booking.pb-c.h"
#include "config.h"
#include "internal.h"
#include "schema.h"
#include "shell.h"

#define GOLDEN SOURCE_DIR "/tests/upgrade/0007"
#define LAST "0007_row_security"
#define CLOCK "2026-11-20T08:00:00Z"

enum { WRITERS = 2, MOST = 2000, ENOUGH = 20 };

static struct fixture *f;
static struct fixture_person *karen, *moses, *zoe, *max;

/* --- the earlier release ------------------------------------------------------------ */

static void read_identity(const char *name, struct coachhouse_identity *identity)
{
	char path[300], line[400], key[32], value[300];

	*identity = (struct coachhouse_identity){0};
	snprintf(path, sizeof path, "%s/%s.conf", GOLDEN, name);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	while (fgets(line, sizeof line, in)) {
		if (sscanf(line, "%31s = %255s", key, value) != 2)
			continue;
		if (!strcmp(key, "server_key"))
			snprintf(identity->server_key, 65, "%.64s", value);
		if (!strcmp(key, "public_key"))
			snprintf(identity->public_key, 65, "%.64s", value);
		if (!strcmp(key, "secret_key"))
			snprintf(identity->secret_key, 65, "%.64s", value);
	}
	fclose(in);
	snprintf(identity->endpoint, sizeof identity->endpoint, "%s", f->daemons[0].endpoint);
}

static struct fixture_person *person(const char *name)
{
	struct fixture_person *p = calloc(1, sizeof *p);

	assert_non_null(p);
	snprintf(p->email, sizeof p->email, "%s@example.org", name);
	read_identity(name, &p->identity);
	p->connection = fixture_connect(p, NULL);
	p->next = f->people;
	f->people = p;
	return p;
}

/* The place of today's release, its database and keys exchanged for the golden ones. */
static int set_up(void **state)
{
	char run[300];

	*state = f = fixture_start(NULL);
	config_run_folder(f->data, run, sizeof run);
	fixture_daemon_kill(f, &f->daemons[0]);
	shell("psql -X -q -h %s -U postgres -d postgres -c 'DROP DATABASE coachhouse WITH (FORCE)' "
	      "-c 'CREATE DATABASE coachhouse OWNER coachhouse'",
	      run);
	shell("psql -X -q -v ON_ERROR_STOP=1 -h %s -U postgres -d coachhouse <%s/database.sql", run,
	      GOLDEN);
	char command[600];
	snprintf(command, sizeof command,
		 "for key in server.key server.pub seal.keys; do cat %s/$key >%s/keys/$key; done",
		 GOLDEN, f->data);
	assert_int_equal(system(command), 0);
	read_identity("ruth", &f->admin->identity);
	karen = person("karen");
	moses = person("moses");
	zoe = person("zoe");
	max = person("max");
	return 0;
}

/* Every table as it is, to be compared with what becomes of it. */
static void keep_a_copy(void)
{
	fixture_sql(f,
		    "CREATE SCHEMA golden; DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename "
		    "FROM pg_tables WHERE schemaname = 'coachhouse' LOOP EXECUTE format("
		    "'CREATE TABLE golden.%I AS TABLE coachhouse.%I', t, t); END LOOP; END $$");
}

/*
 * Rows that are not as they were, in columns that there were: "" when there are
 * none. What tells of the daemon and of who called when is none of them.
 */
static const char *differences(void)
{
	fixture_sql(f,
		    "CREATE TABLE golden.difference (what text); DO $$ DECLARE t record; n bigint; "
		    "BEGIN FOR t IN SELECT c.table_name AS name, string_agg(format('%I::text', "
		    "c.column_name), ', ') AS columns FROM information_schema.columns c WHERE "
		    "c.table_schema = 'golden' AND c.table_name NOT IN ('difference', 'engine') "
		    "AND c.column_name NOT IN ('last_used', 'last_seen') "
		    "GROUP BY c.table_name LOOP EXECUTE format('SELECT count(*) FROM (SELECT %s "
		    "FROM golden.%I EXCEPT ALL SELECT %s FROM coachhouse.%I) d', t.columns, "
		    "t.name, t.columns, t.name) INTO n; IF n > 0 THEN INSERT INTO "
		    "golden.difference VALUES (t.name || ': ' || n); END IF; END LOOP; END $$");
	return fixture_sql(f, "SELECT coalesce(string_agg(what, ', '), '') FROM golden.difference");
}

/* --- clients that do not give up ------------------------------------------------------ */

struct booking {
	uint8_t id[16];
	int64_t session;
};
static struct writer {
	pthread_t thread;
	const struct fixture_person *mentee, *coach;
	struct booking bookings[MOST];
	int count;
	struct coachhouse_failure fault;
} writers[WRITERS];
static int acknowledged;
static bool over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_honest(const struct coachhouse_failure *failure)
{
	return failure->code == COACHHOUSE__V1__CODE__UNAVAILABLE ||
	       failure->code == COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED;
}

/* Asks until it is told, always with the same id. False: it was told no. */
static bool insist(struct writer *w, struct booking *b, int slot)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	struct coachhouse_failure failure = {.code = COACHHOUSE__V1__CODE__UNAVAILABLE};
	struct coachhouse_reply reply;
	char start[32];
	bool told = false;

	snprintf(start, sizeof start, "2026-12-%02dT%02d:00", 1 + slot / 24 % 28, slot % 24);
	request.who = (char *)w->coach->email;
	request.start = start;
	randombytes_buf(b->id, sizeof b->id);
	for (int tries = 0; !told && is_honest(&failure) && tries < 100; tries++)
		told = coachhouse_call(w->mentee->connection, "coachhouse.v1.Booking/BookSession",
				       &request.base, b->id, 1500, &reply, &failure);
	if (!told) {
		w->fault = failure;
		return false;
	}
	b->session = ((Coachhouse__V1__BookSessionReply *)reply.message)->sessions[0]->id;
	coachhouse_reply_free(&reply);
	return true;
}

static void *write_on(void *arg)
{
	struct writer *w = arg;

	for (int slot = 0; slot < 24 * 28 && insist(w, &w->bookings[w->count], slot); slot++) {
		w->count++;
		pthread_mutex_lock(&lock);
		acknowledged++;
		const bool stop = over;
		pthread_mutex_unlock(&lock);
		if (stop)
			break;
	}
	return NULL;
}

static void start_writers(void)
{
	writers[0] = (struct writer){.mentee = zoe, .coach = karen};
	writers[1] = (struct writer){.mentee = max, .coach = moses};
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]),
				 0);
}

/* Further ones. */
static void await_bookings(void)
{
	pthread_mutex_lock(&lock);
	const int goal = acknowledged + ENOUGH;
	pthread_mutex_unlock(&lock);
	for (int64_t deadline = 0, n = 0; n < goal;) {
		pthread_mutex_lock(&lock);
		n = acknowledged;
		pthread_mutex_unlock(&lock);
		if (!still_time(&deadline))
			fixture_fail("bookings: %lld; %s %s", (long long)n, writers[0].fault.reason,
				     writers[0].fault.message);
	}
}

static void stop_writers(void)
{
	pthread_mutex_lock(&lock);
	over = true;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
}

/* --- the upgrade ---------------------------------------------------------------------- */

/* The last step of all is done, but not committed, for as long as anybody waits. */
static void stall(const char *name)
{
	char sql[600];

	snprintf(sql, sizeof sql,
		 "CREATE OR REPLACE FUNCTION golden.wait() RETURNS trigger LANGUAGE plpgsql AS $$ "
		 "BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$; GRANT USAGE ON SCHEMA golden TO "
		 "PUBLIC; CREATE TRIGGER wait BEFORE INSERT ON coachhouse.migration FOR EACH ROW "
		 "WHEN (NEW.name = '%s') EXECUTE FUNCTION golden.wait()",
		 name);
	fixture_sql(f, sql);
}

#define STALLED "FROM pg_stat_activity WHERE wait_event = 'PgSleep'"

/* Killed in the middle of the step `name`; it has left nothing, what came before it stays. */
static void kill_in(const char *name, const char *before)
{
	const char *const arguments[] = {"coachd", "--data", f->data, "--clock", CLOCK, NULL};

	stall(name);
	f->daemons[0].pid = process_start(f, arguments, f->daemons[0].log);
	fixture_await(f, "SELECT count(*) " STALLED, NULL);
	fixture_daemon_kill(f, &f->daemons[0]);
	fixture_sql(f, "SELECT pg_terminate_backend(pid) " STALLED);
	fixture_await(f, "SELECT (count(*) = 0)::int " STALLED, NULL);
	assert_string_equal(fixture_sql(f, "SELECT max(name) FROM coachhouse.migration"), before);
	fixture_sql(f, "DROP TRIGGER wait ON coachhouse.migration");
}

static void start_today(void)
{
	fixture_daemon_start(f, &f->daemons[0], CLOCK);
}

/*
 * In a long run the daemon of that release itself, built from the history, serves
 * first. Where there is no history, it is left out.
 */
static bool build_that_release(char *program, size_t size)
{
	char command[900];

	if (!fixture_is_long())
		return false;
	snprintf(program, size, "%s/release/build/coachd", f->dir);
	snprintf(
		command, sizeof command,
		"cd %s && next=$(git log --diff-filter=A --format=%%H -- 'sql/schema/0008_*' | tail "
		"-n 1) && [ -n \"$next\" ] && mkdir %s/release && git archive \"$next^\" | tar -x -C "
		"%s/release && cd %s/release && cmake -S . -B build -G Ninja >/dev/null && ninja "
		"-C build coachd >/dev/null",
		SOURCE_DIR, f->dir, f->dir, f->dir);
	return system(command) == 0;
}

static void that_release_serves_first(void)
{
	static char program[200];
	const char *const today = process_program;

	if (!build_that_release(program, sizeof program)) {
		print_message("  that release's own daemon is left out (--long, and a history)\n");
		return;
	}
	process_program = program;
	start_today();
	await_bookings();
	pthread_mutex_lock(&lock);
	print_message("  that release's own daemon acknowledged %d\n", acknowledged);
	pthread_mutex_unlock(&lock);
	fixture_daemon_kill(f, &f->daemons[0]);
	process_program = today;
}

/* Each step in a long run, else the first and the last. */
static int kill_in_steps(void)
{
	const bool all = fixture_is_long();
	const char *before = LAST;
	int kills = 0;

	for (const struct sql_file *file = sql_schema; file->name; file++) {
		if (strcmp(file->name, LAST) <= 0)
			continue;
		if (all || !kills || !file[1].name) {
			kill_in(file->name, before);
			kills++;
		}
		before = file->name;
	}
	return kills;
}

static void an_upgrade_is_killed_and_resumed_under_load(void **state)
{
	(void)state;
	start_writers();
	that_release_serves_first();
	keep_a_copy();
	const int kills = kill_in_steps();
	start_today();
	await_bookings();
	stop_writers();
	int n = 0;
	for (int i = 0; i < WRITERS; i++) {
		const struct writer *w = &writers[i];
		for (int b = 0; b < w->count; b++, n++) {
			const json_t *there = ask(w->mentee, "GetSession", "'id': %lld",
						  (long long)w->bookings[b].session);
			assert_string_equal(ask_text(there, "session.state"), "booked");
		}
	}
	char sql[200];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) = %d FROM coachhouse.session WHERE starts >= '2026-12-01' AND "
		 "booked > '2026-11-20T07:00Z'",
		 n);
	print_message(
		"  killed %d times in migrations; %d bookings acknowledged, each there once\n",
		kills, n);
	assert_int_equal(n, acknowledged);
	assert_string_equal(fixture_sql(f, sql), "t");
}

static void nothing_that_was_there_has_changed(void **state)
{
	(void)state;
	assert_string_equal(differences(), "");
}

static const char *note_of(const struct fixture_person *reader, const char *author)
{
	char sql[200];

	snprintf(sql, sizeof sql,
		 "SELECT n.conversation FROM coachhouse.note n JOIN coachhouse.person p ON p.id = "
		 "n.author WHERE p.name = '%s'",
		 author);
	return ask_text(ask(reader, "ReviewConversation", "'id': %s", fixture_sql(f, sql)),
			"note.text");
}

static void what_was_said_is_read_as_before(void **state)
{
	(void)state;
	assert_non_null(strstr(note_of(karen, "Karen Example"), "the golden winter plan"));
	assert_non_null(strstr(note_of(moses, "Zoë Example"), "the golden rota"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upgrade_is_killed_and_resumed_under_load),
		cmocka_unit_test(nothing_that_was_there_has_changed),
		cmocka_unit_test(what_was_said_is_read_as_before),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_teardown);
}
