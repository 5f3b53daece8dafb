/*
 * Booking goes on when one of two machines is lost: its PostgreSQL, its daemon, its
 * network. Afterwards everything is as clients were told. One round of each, twenty
 * when COACHHOUSE_LONG is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "harm.h"
#include "machines.h"
#include "rounds.h"

enum { SECONDS = 60 };

static struct machines m;
static struct load *load;
static int lost; /* the machine whose cable was pulled */

/* As before a fault: everything runs, everybody books. */
static void pair(void)
{
	machines_pair(&m);
	load_await(load, load_now(), 1, SECONDS);
}

static void promote_standby(void)
{
	pair();
	machines_kill_primary(&m);
	machines_promote(&m);
}

/* In turn, and so that of either half of the clients. */
static void kill_a_daemon(void)
{
	static int turn;
	pair();
	fixture_daemon_kill(m.f, m.machine[turn++ % MACHINES].daemon);
}

/* The old primary lives on behind it, with a daemon that is connected to it. */
static void pull_the_cable(void)
{
	pair();
	lost = m.primary;
	machines_cable(&m, lost, false);
	machines_promote(&m);
}

static const struct fault
	standby_promoted = {"standby promoted", promote_standby, NULL, 0, 0, false, 20},
	one_of_two_daemons = {"one of two daemons", kill_a_daemon, NULL, 0, 0, false, 20},
	network_cut = {"network cut", pull_the_cable, NULL, 0, 0, false, 20};

static void it_is_borne(void **state)
{
	const struct fault *fault = *state;
	if (fault->begin == pull_the_cable && !m.networked) {
		print_message("  %s: skipped, only root with ip(8) can cut a network\n",
			      fault->name);
		skip();
	}
	if (fault->rare && !rounds_are_many())
		skip();
	rounds_run(m.f, fault, m.endpoint, m.turned, &load);
}

/* Whatever a test has left. */
static int recover(void **state)
{
	(void)state;
	load_stop(&load);
	machines_pair(&m);
	final_forget(m.f);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	machines_start(&m, machines_network());
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machines_stop(&m);
	return 0;
}

#define BORNE(fault)                                                           \
	{                                                                      \
		"borne: " #fault, it_is_borne, NULL, recover, (void *)&(fault) \
	}

/* An argument chooses among them: test_machines '*promoted'. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BORNE(standby_promoted),
		BORNE(one_of_two_daemons),
		BORNE(network_cut),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("machines", tests, setup, teardown);
}
