/* How often wrong invitations may be tried from one place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guesses.h"

static struct guesses guesses;
static const struct status wrong = {.reason = "NO_SUCH_INVITATION"},
			   used = {.reason = "INVITATION_USED"};

static bool allowed(const char *address, int64_t seconds)
{
	struct status status = {0};
	if (guesses_allow(&guesses, guesses_place(address), seconds, &status))
		return true;
	assert_string_equal(status.reason, "TOO_MANY_TRIES");
	return false;
}

static void guess(const char *address, int64_t seconds, int times)
{
	while (times--)
		guesses_note(&guesses, guesses_place(address), seconds, &wrong);
}

static int fresh(void **state)
{
	(void)state;
	memset(&guesses, 0, sizeof guesses);
	return 0;
}

static void ten_an_hour(void **state)
{
	(void)state;
	guess("192.0.2.1", 5, GUESSES_MOST - 1);
	assert_true(allowed("192.0.2.1", 6));
	guess("192.0.2.1", 7, 1);
	assert_false(allowed("192.0.2.1", 8));
	assert_false(allowed("192.0.2.1", 5 + GUESSES_SECONDS - 1));
	assert_true(allowed("192.0.2.2", 8));
	assert_true(allowed("192.0.2.1", 5 + GUESSES_SECONDS));
	guess("192.0.2.1", 5 + GUESSES_SECONDS, 1);
	assert_true(allowed("192.0.2.1", 5 + GUESSES_SECONDS));
}

static void what_was_no_guess_does_not_count(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		guesses_note(&guesses, guesses_place("192.0.2.1"), 5, &used);
	assert_true(allowed("192.0.2.1", 6));
}

static void a_place_is_what_one_can_change_within(void **state)
{
	(void)state;
	assert_int_equal(guesses_place("2001:db8::1"), guesses_place("2001:db8:0:0:9:9:9:9"));
	assert_int_not_equal(guesses_place("2001:db8::1"), guesses_place("2001:db8:0:1::1"));
	assert_int_equal(guesses_place("::ffff:192.0.2.1"), guesses_place("192.0.2.1"));
	assert_int_not_equal(guesses_place("192.0.2.1"), guesses_place("192.0.2.2"));
	assert_int_equal(guesses_place(":1000:1000:77"), guesses_place(":1000:1000:78"));
	assert_int_not_equal(guesses_place(":1000:1000:77"), guesses_place(":1001:1000:77"));
	assert_int_equal(guesses_place(NULL), guesses_place(NULL));
	assert_int_not_equal(guesses_place(""), 0);
}

/* Whoever has shown the most stays in the table while others come and go. */
static void many_places_do_not_need_more_room(void **state)
{
	char address[32];
	(void)state;
	guess("192.0.2.1", 5, GUESSES_MOST);
	for (int i = 0; i < 100000; i++) {
		snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
		guess(address, 6, 1);
		assert_true(allowed(address, 6));
	}
	assert_false(allowed("192.0.2.1", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ten_an_hour, fresh),
		cmocka_unit_test_setup(what_was_no_guess_does_not_count, fresh),
		cmocka_unit_test_setup(a_place_is_what_one_can_change_within, fresh),
		cmocka_unit_test_setup(many_places_do_not_need_more_room, fresh),
	};
	return cmocka_run_group_tests_name("guesses", tests, NULL, NULL);
}
