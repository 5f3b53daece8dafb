/* One client's calls take a quarter of a lane, wait behind each other, and are refused beyond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "share.h"

enum { CAPACITY = 16, PLACES = 4, MOST = 16 };

static struct shares shares;
static struct share_waiter calls[64];
static int gone[64], n_gone; /* those that got a place later, in order */
static const uint8_t zoe[SHARE_WHO] = {1}, mal[SHARE_WHO] = {2};

static int fresh(void **state)
{
	const long capacity[LANES] = {[LANE_QUICK] = CAPACITY, [LANE_SLOW] = 2, [LANE_CONTROL] = 0};
	(void)state;
	shares_init(&shares, capacity);
	n_gone = 0;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	shares_finish(&shares);
	return 0;
}

static void note(struct share_waiter *waiter)
{
	gone[n_gone++] = (int)(waiter - calls);
}

static enum share_answer enter(int i, const uint8_t *who, enum lane lane)
{
	calls[i] = (struct share_waiter){.go = note};
	return share_enter(&shares, who, lane, &calls[i]);
}

static void a_flood_is_one_clients_own(void **state)
{
	(void)state;
	for (int i = 0; i < MOST + 4; i++)
		assert_int_equal(enter(i, mal, LANE_QUICK), i < PLACES ? SHARE_GO
							    : i < MOST ? SHARE_WAITS
								       : SHARE_FULL);
	assert_int_equal(shares.refused, 4);
	assert_int_equal(enter(40, zoe, LANE_QUICK), SHARE_GO);
	assert_int_equal(enter(41, mal, LANE_SLOW), SHARE_GO);
	for (int i = 0; i < MOST; i++)
		share_leave(&shares, &calls[i]);
	share_leave(&shares, &calls[40]);
	share_leave(&shares, &calls[41]);
	assert_int_equal(shares.clients, 0);
}

static void who_waits_goes_in_order(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++)
		assert_int_not_equal(enter(i, mal, LANE_QUICK), SHARE_FULL);
	for (int i = 0; i < MOST; i++)
		share_leave(&shares, &calls[i]);
	assert_int_equal(n_gone, MOST - PLACES);
	for (int i = 0; i < n_gone; i++)
		assert_int_equal(gone[i], PLACES + i);
	assert_int_equal(shares.clients, 0);
}

/* A call that ends where it begins: its deadline has passed. */
static void end_at_once(struct share_waiter *waiter)
{
	note(waiter);
	share_leave(&shares, waiter);
}

static void a_call_may_end_as_it_begins(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++) {
		assert_int_not_equal(enter(i, mal, LANE_QUICK), SHARE_FULL);
		calls[i].go = end_at_once;
	}
	share_leave(&shares, &calls[0]);
	assert_int_equal(n_gone, MOST - PLACES);
	assert_true(share_has_place(&shares, mal, LANE_QUICK));
	for (int i = 0; i < PLACES; i++)
		share_leave(&shares, &calls[i]);
	assert_int_equal(shares.clients, 0);
}

static void leaving_without_a_place_is_nothing(void **state)
{
	struct share_waiter none = {0};
	(void)state;
	share_leave(&shares, &none);
	assert_int_equal(shares.clients, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_flood_is_one_clients_own, fresh, finish),
		cmocka_unit_test_setup_teardown(who_waits_goes_in_order, fresh, finish),
		cmocka_unit_test_setup_teardown(a_call_may_end_as_it_begins, fresh, finish),
		cmocka_unit_test_setup_teardown(leaving_without_a_place_is_nothing, fresh, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
