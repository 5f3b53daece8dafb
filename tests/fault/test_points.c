/*
 * At every step of a transaction, seen between the daemon and PostgreSQL: after the
 * n-th message of either side the connection is cut, or the daemon is killed while
 * it waits for what comes next. Under load; once at some points, fifty times at each
 * when COACHHOUSE_LONG is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

#include "load.h"
#include "proxy.h"

/*
 * A call is Bind, Describe, Execute, twice, and Sync; it is answered BindComplete,
 * RowDescription, DataRow, CommandComplete, twice, and ReadyForQuery.
 */
static const int messages[PROXY_SIDES] = {[FROM_DAEMON] = 7, [FROM_POSTGRES] = 9};

enum { SECONDS = 60, FIRED_S = 30 };

static struct fixture *f;
static struct fixture_daemon *daemon_;
static struct proxy *proxy;
static struct load *load;

static void wait_until_fired(enum proxy_side side, int n)
{
	const int64_t deadline = load_now() + FIRED_S * INT64_C(1000000);
	while (!proxy_fired(proxy)) {
		nanosleep(&(const struct timespec){.tv_nsec = 2000000}, NULL);
		if (load_now() > deadline)
			fixture_fail("no call came to message %d of side %d", n, (int)side);
	}
}

static void cut_at(enum proxy_side side, int n)
{
	proxy_arm(proxy, side, n, false);
	wait_until_fired(side, n);
	load_await(load, load_now(), 3, SECONDS);
}

static void kill_at(enum proxy_side side, int n)
{
	proxy_arm(proxy, side, n, true);
	wait_until_fired(side, n);
	fixture_daemon_kill(f, daemon_);
	proxy_thaw(proxy);
	fixture_daemon_start(f, daemon_, NULL);
	load_await(load, load_now(), 3, SECONDS);
}

/* In a short run at one point of `few`. */
static void at_every_point(const char *what, void (*harm)(enum proxy_side, int), int few)
{
	const struct load_options options = {.endpoint = daemon_->endpoint};
	const bool all = getenv("COACHHOUSE_LONG");
	const int rounds = all ? 50 : 1, step = all ? 1 : few;
	int times = 0;
	load = load_start(f, &options);
	load_await(load, load_now(), 10, SECONDS);
	for (int round = 0; round < rounds; round++)
		for (enum proxy_side side = 0; side < PROXY_SIDES; side++)
			for (int n = 0; n <= messages[side]; n += step, times++)
				harm(side, n);
	const struct verdict v = load_judge(&load);
	print_message("  %s at %d points, %d times: %zu acknowledged, %zu refused, %zu unknown at "
		      "first, %zu never asked about; %zu lost, %zu doubled, %zu overlaps, %zu "
		      "unequal\n",
		      what, times / rounds, times, v.acknowledged, v.refused,
		      v.resolved + v.unknown, v.unknown, v.findings[LOST], v.findings[DOUBLED],
		      v.findings[OVERLAP], v.findings[UNEQUAL]);
	verdict_print(&v, stdout);
	assert_true(verdict_is_clean(&v));
}

static void the_connection_is_cut(void **state)
{
	(void)state;
	at_every_point("cut", cut_at, 2);
}

static void the_daemon_is_killed(void **state)
{
	(void)state;
	at_every_point("killed", kill_at, 6);
}

static int clear(void **state)
{
	(void)state;
	proxy_thaw(proxy);
	if (!daemon_->pid)
		fixture_daemon_start(f, daemon_, NULL);
	load_stop(&load);
	final_forget(f);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	f = fixture_start(NULL);
	proxy = proxy_of_postgres(f);
	daemon_ = fixture_daemon_add_through(f, proxy_folder(proxy));
	return 0;
}

static int teardown(void **state)
{
	*state = f;
	const int result = fixture_teardown(state);
	proxy_stop(&proxy);
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_connection_is_cut, clear),
		cmocka_unit_test_teardown(the_daemon_is_killed, clear),
	};
	return cmocka_run_group_tests_name("points", tests, setup, teardown);
}
