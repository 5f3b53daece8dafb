/* Who is connected, who is counted, and who is cut when memory is short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crowd.h"
#include "log.h"
#include "metrics_now.h"

enum { TICK = 250, SETTLED = 11000, MINUTE = 60000, MUCH = 64 * 1024 * 1024 };

static struct crowd crowd;
static int ends[2]; /* the daemon's, and the client's */
static int64_t now;

static void begin(size_t most_bytes, enum door door)
{
	now = 1000;
	crowd_init(&crowd, most_bytes);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	crowd_came(&crowd, door, ends[0], now);
}

static void finish(void)
{
	close(ends[0]);
	close(ends[1]);
	crowd_finish(&crowd);
}

static void ticks(int n)
{
	for (int i = 0; i < n; i++, now += TICK)
		assert_int_equal(crowd_tick(&crowd, now), now + TICK);
}

static bool is_cut(void)
{
	char byte;
	return recv(ends[1], &byte, 1, MSG_PEEK) == 0;
}

static void strangers_keep_nobody_out(void **state)
{
	(void)state;
	begin(SIZE_MAX, DOOR_MAIN);
	ticks(1);
	assert_int_equal(crowd_size(&crowd, DOOR_MAIN), 0);
	crowd.young[DOOR_MAIN]++;
	assert_int_equal(crowd_size(&crowd, DOOR_MAIN), 1);
	ticks(3 * SETTLED / TICK);
	assert_int_equal(crowd_size(&crowd, DOOR_MAIN), 1);
	crowd_went(&crowd, ends[0]);
	ticks(1);
	assert_int_equal(crowd_size(&crowd, DOOR_MAIN), 0);
	finish();
}

static void nobody_stays_where_one_enrols(void **state)
{
	(void)state;
	begin(SIZE_MAX, DOOR_ENROLMENT);
	ticks(MINUTE / TICK);
	assert_false(is_cut());
	ticks(1);
	assert_true(is_cut());
	assert_int_equal(crowd.cuts[CROWD_LINGERED], 1);
	finish();
}

static void with_memory_nobody_is_cut(void **state)
{
	(void)state;
	begin(SIZE_MAX, DOOR_MAIN);
	assert_int_equal(send(ends[1], "part", 4, 0), 4);
	ticks(10);
	assert_true(recv(ends[1], &(char){0}, 1, 0) < 0);
	finish();
}

static void who_sends_and_says_nothing_is_cut(void **state)
{
	(void)state;
	begin(1, DOOR_MAIN);
	assert_int_equal(send(ends[1], "part", 4, 0), 4);
	crowd_heard(&crowd, ends[0], "0123abcd");
	ticks(1);
	crowd_heard(&crowd, ends[0], "0123abcd");
	ticks(1);
	assert_int_equal(crowd.cuts[CROWD_UNHEARD], 0);
	ticks(1);
	assert_int_equal(crowd.cuts[CROWD_UNHEARD], 1);
	assert_true(is_cut());
	finish();
}

/* What somebody held who has left is no reason to cut anybody. */
static void memory_that_is_free_is_not_short(void **state)
{
	enum { BLOCKS = 1024, BLOCK = MUCH / BLOCKS };
	char *blocks[BLOCKS];
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* sanitizers have an allocator of their own, and keep what is freed */
#endif
	begin((size_t)metrics_memory() + MUCH / 2, DOOR_MAIN);
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		assert_non_null(blocks[i]);
		memset(blocks[i], 7, BLOCK);
		assert_int_equal(blocks[i][BLOCK - 1], 7);
	}
	for (int i = 0; i < BLOCKS - 1; i++) /* the last one holds the rest in place */
		free(blocks[i]);
	assert_int_equal(send(ends[1], "part", 4, 0), 4);
	ticks(5);
	assert_int_equal(crowd.cuts[CROWD_UNHEARD], 0);
	free(blocks[BLOCKS - 1]);
	finish();
}

static void who_does_not_read_is_cut(void **state)
{
	(void)state;
	begin(1, DOOR_MAIN);
	assert_int_equal(send(ends[0], "reply", 5, 0), 5);
	ticks(2);
	assert_int_equal(crowd.cuts[CROWD_UNREADING], 1);
	finish();
}

/* Memory grows, and nobody seems to be the cause. */
static void at_last_whoever_is_silent_is_cut(void **state)
{
	char *much = NULL;
	(void)state;
	begin(1, DOOR_MAIN);
	ticks(5);
	assert_false(is_cut());
	much = malloc(MUCH);
	assert_non_null(much);
	memset(much, 7, MUCH);
	assert_int_equal(much[MUCH - 1], 7);
	ticks(1);
	assert_int_equal(crowd.cuts[CROWD_SILENT], 1);
	assert_true(is_cut());
	free(much);
	finish();
}

/* A descriptor that was closed and opened again is somebody else's. */
static void nobody_else_is_cut(void **state)
{
	int others[2];
	(void)state;
	begin(1, DOOR_MAIN);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, others), 0);
	assert_int_equal(dup2(others[0], ends[0]), ends[0]);
	crowd_cut(&crowd, ends[0], CROWD_ENDLESS);
	assert_int_equal(crowd.cuts[CROWD_ENDLESS], 0);
	assert_int_equal(send(others[1], "x", 1, MSG_NOSIGNAL), 1);
	close(others[0]);
	close(others[1]);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_keep_nobody_out),
		cmocka_unit_test(nobody_stays_where_one_enrols),
		cmocka_unit_test(with_memory_nobody_is_cut),
		cmocka_unit_test(who_sends_and_says_nothing_is_cut),
		cmocka_unit_test(memory_that_is_free_is_not_short),
		cmocka_unit_test(who_does_not_read_is_cut),
		cmocka_unit_test(at_last_whoever_is_silent_is_cut),
		cmocka_unit_test(nobody_else_is_cut),
	};
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
