/*
 * A disk that fills: writes are refused before PostgreSQL dies of it; if it does,
 * it comes back by itself, and nothing acknowledged is lost. On a small disk of
 * its own, which takes the right to mount; without it these tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "booking.pb-c.h"
#include "harm.h"
#include "people.pb-c.h"
#include "rounds.h"

enum { DISK = 512, RESERVE = DISK / 10 }; /* MiB; of less than 5 GiB a tenth is kept */

static struct fixture *f;
static struct load *load;
static pid_t postgres;

static bool in_time(int64_t *deadline)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	if (!*deadline)
		*deadline = load_now() + 50000000;
	nanosleep(&pause, NULL);
	return load_now() < *deadline;
}

static bool read_works(void)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	if (!coachhouse_call(f->admin->connection, "coachhouse.v1.People/GetStatus", &request.base,
			     NULL, 1000, &reply, NULL))
		return false;
	coachhouse_reply_free(&reply);
	return true;
}

/* Refusals of this kind come, and reads are answered. */
static void only_reads(const char *reason)
{
	const int before = load_refusals(load, reason);
	for (int64_t deadline = 0; load_refusals(load, reason) < before + 10 || !read_works();)
		if (!in_time(&deadline))
			fixture_fail("%d refusals with %s", load_refusals(load, reason) - before,
				     reason);
}

static void run_low(void)
{
	postgres = fixture_postgres_pid(f);
	harm_fill(f, RESERVE / 2 * 1048576LL);
	only_reads("DISK_LOW");
}

static void make_room(void)
{
	harm_clear(f);
}

/* To the last byte at once, and the log wants more. */
static void run_full(void)
{
	fixture_sql(f, "SELECT 1");
	harm_fill(f, 0);
	PQsendQuery(f->database, "SELECT pg_create_restore_point('x'), pg_switch_wal() "
				 "FROM generate_series(1, 20)");
	PQflush(f->database);
	only_reads("DISK_LOW");
}

static void run_full_without_guard(void)
{
	harm_fill(f, 0);
	only_reads("DISK_FULL");
}

static const struct fault low = {"disk low", run_low, make_room, 0, 500},
			  full = {"disk full", run_full, make_room, 0, 500},
			  heap = {"heap full, unguarded", run_full_without_guard, make_room, 0,
				  500};

static void writes_are_refused_before_it_is_full(void **state)
{
	(void)state;
	if (!f)
		skip();
	const pid_t before = fixture_postgres_pid(f);
	rounds_run(f, &low, NULL, NULL, &load);
	assert_int_equal(fixture_postgres_pid(f), before);
}

static void what_died_of_it_comes_back(void **state)
{
	char path[160];
	(void)state;
	if (!f)
		skip();
	rounds_run(f, &full, NULL, NULL, &load);
	snprintf(path, sizeof path, "%s/ballast", f->data);
	for (int64_t deadline = 0; access(path, F_OK);)
		if (!in_time(&deadline))
			fixture_fail("%s was not made again", path);
}

/* The log lies elsewhere, and nobody watches: PostgreSQL says so itself. */
static void tables_find_no_room(void **state)
{
	char command[400];
	(void)state;
	if (!f)
		skip();
	fixture_daemon_stop(f, &f->daemons[0]);
	snprintf(command, sizeof command,
		 "mv %s/postgresql/pg_wal %s/wal && ln -s %s/wal %s/postgresql/pg_wal", f->data,
		 f->dir, f->dir, f->data);
	assert_int_equal(system(command), 0);
	setenv("COACHD_DISK_RESERVE", "0", 1);
	fixture_daemon_start(f, &f->daemons[0], NULL);
	unsetenv("COACHD_DISK_RESERVE");
	rounds_run(f, &heap, NULL, NULL, &load);
}

static int clear(void **state)
{
	(void)state;
	if (!f)
		return 0;
	make_room();
	load_stop(&load);
	final_forget(f);
	return 0;
}

static int setup(void **state)
{
	const struct fixture_options options = {.durable = true, .disk_mib = DISK};
	(void)state;
	if (!fixture_can_mount()) {
		print_message("  skipped: no right to mount a small disk\n");
		return 0;
	}
	f = fixture_start(&options);
	fixture_sql(f, "ALTER SYSTEM SET max_wal_size = '64MB'");
	fixture_sql(f, "ALTER SYSTEM SET min_wal_size = '32MB'");
	fixture_sql(f, "SELECT pg_reload_conf()");
	return 0;
}

static int teardown(void **state)
{
	*state = f;
	return fixture_teardown(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(writes_are_refused_before_it_is_full, clear),
		cmocka_unit_test_teardown(what_died_of_it_comes_back, clear),
		cmocka_unit_test_teardown(tables_find_no_room, clear),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("disk", tests, setup, teardown);
}
