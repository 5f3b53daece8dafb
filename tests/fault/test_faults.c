/* Booking goes on while things die, stop and break; afterwards everything is as clients were told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load.h"

static struct load *load;

static void nothing_happens(void **state)
{
	const struct load_options options = {0};
	load = load_start(*state, &options);
	load_await(load, load_now(), 400, 60);
	const struct verdict v = load_judge(&load);
	verdict_print(&v, stdout);
	print_message("  %zu acknowledged, %zu refused, %zu unknown, longest %.0f ms\n",
		      v.acknowledged, v.refused, v.unknown, (double)v.longest / 1e3);
	assert_true(verdict_is_clean(&v));
}

static int stop(void **state)
{
	(void)state;
	load_stop(&load);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_happens, stop),
	};
	return cmocka_run_group_tests_name("faults", tests, fixture_setup, fixture_teardown);
}
