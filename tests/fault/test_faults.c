/*
 * Booking goes on while things die, stop and break; afterwards everything is as
 * clients were told. One round of each; a hundred when COACHHOUSE_LONG is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <time.h>

#include "harm.h"
#include "proxy.h"
#include "rounds.h"

static struct fixture *f;
static struct load *load;
static struct proxy *proxy;

static void kill_daemon(void)
{
	fixture_daemon_kill(f, &f->daemons[0]);
}

static void start_daemon(void)
{
	fixture_daemon_start(f, &f->daemons[0], NULL);
}

static void kill_postgres(void)
{
	fixture_postgres_kill(f);
}

static void kill_both(void)
{
	fixture_daemon_kill(f, &f->daemons[0]);
	fixture_postgres_kill(f);
}

static void stop_daemon(void)
{
	kill(f->daemons[0].pid, SIGSTOP);
}

static void continue_daemon(void)
{
	kill(f->daemons[0].pid, SIGCONT);
}

static void stop_postgres(void)
{
	harm_signal_postgres(f, SIGSTOP);
}

static void continue_postgres(void)
{
	harm_signal_postgres(f, SIGCONT);
}

static void cut(void)
{
	proxy_set(proxy, PROXY_CUT);
}

static void open_hole(void)
{
	proxy_set(proxy, PROXY_HOLE);
}

static void dribble(void)
{
	proxy_set(proxy, PROXY_SLOW);
}

static void delay(void)
{
	proxy_set(proxy, PROXY_DELAY);
}

static void let_pass(void)
{
	proxy_set(proxy, PROXY_PASS);
}

/* Another daemon, which believes in another time. */
static void turn_the_clock(void)
{
	static const int hours[] = {1, -1, 24, -24};
	static int turns;
	char clock[32];
	const time_t at = time(NULL) + hours[turns++ % 4] * 3600;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(clock, sizeof clock, "%Y-%m-%dT%H:%M:%SZ", &tm);
	fixture_daemon_kill(f, &f->daemons[0]);
	fixture_daemon_start(f, &f->daemons[0], clock);
}

static const struct fault
	kill_of_the_daemon = {"kill -9 daemon", kill_daemon, start_daemon, 0, 0},
	kill_of_postgres = {"kill -9 PostgreSQL", kill_postgres, NULL, 0, 0},
	kill_of_both = {"kill -9 both", kill_both, start_daemon, 0, 0, true},
	stop_of_the_daemon = {"stop daemon", stop_daemon, continue_daemon, 200, 2500},
	stop_of_postgres = {"stop PostgreSQL", stop_postgres, continue_postgres, 200, 2500, true},
	connections_cut = {"connections cut", cut, let_pass, 100, 1000},
	half_open = {"half-open", open_hole, let_pass, 300, 2500},
	one_byte_a_second = {"1 byte/s", dribble, let_pass, 1000, 2500, true},
	two_seconds_late = {"2 s late", delay, let_pass, 1000, 3000, true},
	clock_jumps = {"clock +-1 h, +-1 day", turn_the_clock, NULL, 0, 0, true};

static void it_is_borne(void **state)
{
	const struct fault *fault = *state;
	if (fault->rare && !rounds_are_many())
		skip();
	rounds_run(f, fault, proxy_endpoint(proxy), NULL, &load);
}

/* Whatever a test that failed has left. */
static int recover(void **state)
{
	(void)state;
	let_pass();
	if (f->daemons[0].pid)
		continue_daemon();
	else
		start_daemon();
	continue_postgres();
	load_stop(&load);
	final_forget(f);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	const struct fixture_options options = {.durable = true};
	f = fixture_start(&options);
	proxy = proxy_of_daemon(f->daemons[0].endpoint + strlen("ipc://"));
	return 0;
}

static int teardown(void **state)
{
	proxy_stop(&proxy);
	*state = f;
	return fixture_teardown(state);
}

#define BORNE(fault)                                                           \
	{                                                                      \
		"borne: " #fault, it_is_borne, NULL, recover, (void *)&(fault) \
	}

/* An argument chooses among them: test_faults '*postgres'. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BORNE(kill_of_the_daemon), BORNE(kill_of_postgres),  BORNE(kill_of_both),
		BORNE(stop_of_the_daemon), BORNE(stop_of_postgres),  BORNE(connections_cut),
		BORNE(half_open),	   BORNE(one_byte_a_second), BORNE(two_seconds_late),
		BORNE(clock_jumps),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("faults", tests, setup, teardown);
}
