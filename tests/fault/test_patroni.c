/*
 * The primary of three machines is lost under booking load, again and again; another
 * takes its place by itself, and nothing that was acknowledged is lost. Only when
 * COACHHOUSE_LONG is set; needs Patroni and etcd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "patroni.h"
#include "rounds.h"

static struct patroni p;
static struct load *load;

/* As before a fault: three that follow one, and somebody books. */
static void kill_the_primary(void)
{
	patroni_heal(&p);
	load_await(load, load_now(), 1, ROUND_SECONDS);
	patroni_kill_primary(&p);
}

static void the_loss_of_a_primary_is_borne(void **state)
{
	static const struct fault loss = {
		"primary and its Patroni killed", kill_the_primary, NULL, 0, 0, true, 20};

	(void)state;
	rounds_run(p.f, &loss, p.f->daemons[0].endpoint, p.f->daemons[0].endpoint, &load);
}

static int setup(void **state)
{
	(void)state;
	patroni_start(&p);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	load_stop(&load);
	patroni_stop(&p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_loss_of_a_primary_is_borne)};

	if (!rounds_are_many() || !patroni_is_here()) {
		puts(rounds_are_many()
			     ? "Patroni and etcd are not here: ./dev test --long installs "
			       "them."
			     : "Only in the long run.");
		return 0;
	}
	return cmocka_run_group_tests_name("patroni", tests, setup, teardown);
}
