/* The file of the ledger, when the disk has no room for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger.h"
#include "pg_types.h"

#define DAY "2026-11-17T10:00:00.000000Z"

static char folder[] = "/tmp/ledger.XXXXXX", path[64];

static off_t file_size(void)
{
	struct stat info;
	assert_int_equal(stat(path, &info), 0);
	return info.st_size;
}

static void set_most(rlim_t bytes)
{
	struct rlimit most;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &most), 0);
	most.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
}

/* As the database would tell of two people erased. */
static void tell(struct ledger *ledger)
{
	char numbers[2][8];
	struct cell cells[6];
	for (int i = 0; i < 2; i++) {
		pg_put64(numbers[i], (uint64_t)(1001 + i));
		cells[3 * i] = (struct cell){.data = numbers[i], .length = 8};
		cells[3 * i + 1] = cells[3 * i + 2] =
			(struct cell){.data = DAY, .length = sizeof DAY - 1};
	}
	const struct rows rows = {.n_rows = 2, .n_columns = 3, .cells = cells};
	ledger->job.done(&ledger->job, &rows, NULL);
}

static void half_a_line_is_taken_back(void **state)
{
	struct ledger ledger;
	char error[400];
	(void)state;
	assert_true(ledger_open(&ledger, path, error, sizeof error));
	ledger_follow(&ledger, NULL);
	set_most(100); /* a line and a half */
	tell(&ledger);
	assert_int_equal(ledger.count, 0);
	assert_int_equal(file_size(), 0);
	set_most(RLIM_INFINITY);
	tell(&ledger);
	tell(&ledger);
	assert_int_equal(ledger.count, 2);
	assert_int_equal(file_size(), 2 * (int)strlen("1001 " DAY " " DAY "\n"));
	ledger_close(&ledger);
	assert_true(ledger_open(&ledger, path, error, sizeof error));
	assert_int_equal(ledger.count, 2);
	ledger_close(&ledger);
}

static void a_device_is_no_ledger(void **state)
{
	struct ledger ledger;
	char error[400];
	(void)state;
	assert_false(ledger_open(&ledger, "/dev/null", error, sizeof error));
	assert_non_null(strstr(error, "/dev/null, is no file"));
}

static int setup(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	snprintf(path, sizeof path, "%s/erasures", mkdtemp(folder) ? folder : "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path) || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_line_is_taken_back),
		cmocka_unit_test(a_device_is_no_ledger),
	};
	return cmocka_run_group_tests_name("ledger file", tests, setup, teardown);
}
