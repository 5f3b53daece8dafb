/* A daemon that may open fewer files than its clients need says so, and takes as many as fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "people.pb-c.h"
#include "watch.h"

enum { MANY = 4096, BESIDE = 768, FEW = 100, FILES = BESIDE + FEW };

static struct fixture *f;

static bool has_said(const char *what)
{
	char line[1024];
	bool found = false;
	FILE *in = fopen(f->daemons[0].log, "re");
	assert_non_null(in);
	while (!found && fgets(line, sizeof line, in))
		found = strstr(line, what) != NULL;
	fclose(in);
	return found;
}

static void it_takes_as_many_as_fit(void **state)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	char path[108];
	(void)state;
	watch_path(f, path, sizeof path);
	assert_int_equal(watch_figure(path, "connections_most{endpoint=\"main\"}"), FEW);
	assert_int_equal(watch_figure(path, "open_files_most"), FILES);
	fixture_free(fixture_call(f->admin->connection, "People/GetStatus", &request));
}

static void it_says_what_to_do(void **state)
{
	(void)state;
	assert_true(has_said("868 open files are room for 100 clients, not for max_clients = 4096: "
			     "set LimitNOFILE of the unit to 4864"));
}

/* The limit that is there may be raised up to the hard one. */
static int start(void **state)
{
	const struct rlimit files = {FILES / 2, FILES};
	char most[8];
	snprintf(most, sizeof most, "%d", MANY);
	setenv("COACHD_MAX_CLIENTS", most, 1);
	if (setrlimit(RLIMIT_NOFILE, &files))
		return -1;
	*state = f = fixture_start(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_as_many_as_fit),
		cmocka_unit_test(it_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, start, fixture_teardown);
}
