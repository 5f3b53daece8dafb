/* Thousands of clients: what each costs, and that they come back without holding others up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>

#include "honest.h"
#include "many.h"
#include "watch.h"

#ifdef __SANITIZE_ADDRESS__
enum { MOST_BYTES = 1 << 20 }; /* sanitizers keep what is freed, and surround the rest */
#else
enum { MOST_BYTES = 32 * 1024 }; /* 25, and 31 where others were before */
#endif

enum { MIB = 1 << 20, SPARE = 5 * MIB }; /* the calls beside */
enum { GIVE_UP_S = 60, WATCH_MS = 250, QUIET_S = 20, CALLS = 100 };

static struct fixture *f;
static struct fixture_person *coach, *mina, *mal;
static struct many *many;
static char path[108];
static double empty; /* bytes that the daemon takes without them */
static int n;

static double memory(void)
{
	return watch_figure(path, "memory_bytes");
}

static double cpu_s(void)
{
	return watch_figure(path, "cpu_seconds_total");
}

static void wait_for(const char *sample, double least)
{
	watch_until(path, sample, least, (fixture_is_long() ? 4.0 : 1.0) * GIVE_UP_S);
}

/* Beside somebody who calls; they may all be in before that one is. */
static void wait_until_all_are_in(const char *what, double start)
{
	struct honest *honest = honest_start(mina, coach);
	char beside[80];
	wait_for("handshakes_admitted_total", n);
	wait_for("connections{endpoint=\"main\"}", n);
	printf("%d clients %s: all in after %.1f s, %.2f s of CPU\n", n, what,
	       fixture_seconds() - start, cpu_s());
	honest_await(honest, 1);
	snprintf(beside, sizeof beside, "clients that %s", what);
	honest_stop(&honest, beside, 1);
}

static void they_take_little(void **state)
{
	const double most = empty + (double)n * MOST_BYTES + SPARE,
		     deadline = fixture_seconds() + GIVE_UP_S;
	double now;
	(void)state;
	while ((now = memory()) > most && fixture_seconds() < deadline)
		poll(NULL, 0, WATCH_MS);
	printf("%d clients take %.1f kB each\n", n, (now - empty) / 1024 / n);
	if (now > most)
		fixture_fail("that is too much");
}

static void they_come(void **state)
{
	const double start = fixture_seconds();
	(void)state;
	empty = memory();
	many = many_start(&f->daemons[0], mal, n, NULL, 0);
	wait_until_all_are_in("come", start);
}

/* What the first held is used for these. */
static void they_come_again(void **state)
{
	const double start = fixture_seconds();
	(void)state;
	many = many_start(&f->daemons[0], mal, n, NULL, 0);
	wait_until_all_are_in("come again", start);
}

static void they_keep_nobody_waiting(void **state)
{
	struct honest *honest = honest_start(mina, coach);
	(void)state;
	honest_await(honest, CALLS);
	honest_stop(&honest, "clients that are in", CALLS);
}

/* Their heartbeats and ours. */
static void they_cost_little(void **state)
{
	const double before = cpu_s(), start = fixture_seconds();
	(void)state;
	if (!fixture_is_long())
		skip();
	while (fixture_seconds() < start + QUIET_S)
		poll(NULL, 0, WATCH_MS * 20);
	printf("%d clients that say nothing: %.2f ms of CPU a minute each\n", n,
	       (cpu_s() - before) / (fixture_seconds() - start) * 60e3 / n);
}

static void they_come_back(void **state)
{
	(void)state;
	fixture_daemon_kill(f, &f->daemons[0]);
	const double start = fixture_seconds();
	fixture_daemon_start(f, &f->daemons[0], NULL);
	printf("the first is answered %.1f s after a restart\n", fixture_seconds() - start);
	wait_until_all_are_in("come back", start);
}

static void they_leave(void **state)
{
	(void)state;
	const double deadline = fixture_seconds() + GIVE_UP_S;
	many_stop(&many);
	while (watch_figure(path, "connections{endpoint=\"main\"}") > 20)
		if (poll(NULL, 0, WATCH_MS) || fixture_seconds() > deadline)
			fixture_fail("they are counted still");
	printf("without them: %.1f MiB, and %.1f before they came\n", memory() / MIB, empty / MIB);
}

static int start(void **state)
{
	char endpoint[64];
	const char *number = getenv("CLIENTS");
	n = number ? atoi(number) : fixture_is_long() ? 10000 : 1000;
	snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", fixture_port());
	setenv("COACHD_MAX_MEMORY", "1024", 1);
	setenv("COACHD_MAX_CLIENTS", "12000", 1);
	const struct fixture_options options = {.listen = endpoint};
	*state = f = fixture_start(&options);
	coach = fixture_coach(f, "Cora Example");
	mina = fixture_person(f, "Mina Example", MEMBER);
	mal = fixture_person(f, "Mal Example", MEMBER);
	watch_path(f, path, sizeof path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come),	    cmocka_unit_test(they_keep_nobody_waiting),
		cmocka_unit_test(they_take_little), cmocka_unit_test(they_cost_little),
		cmocka_unit_test(they_leave),	    cmocka_unit_test(they_come_again),
		cmocka_unit_test(they_take_little), cmocka_unit_test(they_come_back),
		cmocka_unit_test(they_leave),
	};
	return cmocka_run_group_tests(tests, start, fixture_teardown);
}
