/* Figures and health over the local socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "internal.h"
#include "watch.h"

static struct fixture *f;
static struct fixture_person *mina;
static char path[108], second_path[108];

static void a_page_is_as_prometheus_reads_it(void **state)
{
	(void)state;
	char *page = watch_get(path, "/metrics");
	const char *body = strstr(page, "\r\n\r\n");
	assert_memory_equal(page, "HTTP/1.0 200 OK\r\n", 17);
	assert_non_null(strstr(page, "Content-Type: text/plain; version=0.0.4"));
	assert_non_null(body);
	assert_int_equal(strtol(strstr(page, "Content-Length: ") + 16, NULL, 10), strlen(body + 4));
	watch_check_page(body + 4);
	free(page);
}

static void calls_are_counted(void **state)
{
	static const char good[] = "calls_total{method=\"GetStatus\",code=\"OK\"}",
			  bad[] = "calls_total{method=\"GetSession\",code=\"NOT_FOUND\"}";
	const double before = watch_figure(path, good),
		     took = watch_figure(path, "call_seconds_count{lane=\"quick\"}");
	(void)state;
	for (int i = 0; i < 3; i++)
		ask(mina, "GetStatus", " ");
	ask_refused(mina, "GetSession", "", "'id': 4711");
	assert_int_equal(watch_figure(path, good), before + 3);
	assert_int_equal(watch_figure(path, bad), 1);
	assert_int_equal(watch_figure(path, "call_seconds_count{lane=\"quick\"}"), took + 4);
	assert_int_equal(watch_figure(path, "call_seconds_bucket{lane=\"quick\",le=\"+Inf\"}"),
			 took + 4);
}

static void a_replay_is_counted(void **state)
{
	static const uint8_t id[16] = {7};
	(void)state;
	for (int i = 0; i < 2; i++) {
		ask_with_id(id);
		ask(f->admin, "AddOrganisation", "'name': 'Elmfield', 'sector': 'SECTOR_COUNCIL'");
	}
	ask_with_id(NULL);
	assert_int_equal(watch_figure(path, "replays_total"), 1);
}

static void the_state_of_the_moment_is_told(void **state)
{
	(void)state;
	assert_int_equal(watch_figure(path, "ready"), 1);
	assert_int_equal(watch_figure(path, "database_up"), 1);
	assert_int_equal(watch_figure(path, "keys_known"), 2);
	assert_int_equal(watch_figure(path, "connections{endpoint=\"main\"}"), 2);
	assert_true(watch_figure(path, "memory_bytes") > 1e6);
	assert_true(watch_figure(path, "open_files") > 10);
	assert_true(watch_figure(path, "disk_room_bytes") > 1e6);
	assert_int_equal(watch_figure(path, "calls_in_hand"), 0);
}

static void a_revoked_key_is_not_counted(void **state)
{
	const struct fixture_person *gone = fixture_person(f, "Gone Example", MEMBER);
	int64_t deadline = 0;
	(void)state;
	const double before = watch_figure(path, "keys_known");
	ask(f->admin, "RevokeKey", "'who': '%s'", gone->email);
	while (watch_figure(path, "keys_known") != before - 1)
		if (!still_time(&deadline))
			fixture_fail("a revoked key is counted");
}

static void nobody_is_named(void **state)
{
	(void)state;
	char *page = watch_get(path, "/metrics");
	assert_null(strstr(page, "Mina"));
	assert_null(strstr(page, mina->email));
	page[strlen(page) - 1] = '\0';
	char key[9];
	snprintf(key, sizeof key, "%.8s", mina->identity.public_key);
	assert_null(strstr(page, key));
	free(page);
}

static void health_says_whether_it_serves(void **state)
{
	(void)state;
	char *answer = watch_get(path, "/health");
	assert_memory_equal(answer, "HTTP/1.0 200 OK\r\n", 17);
	assert_non_null(strstr(answer, "\r\n\r\nready\n"));
	free(answer);
}

static void anything_else_is_refused(void **state)
{
	char long_one[4000];
	(void)state;
	memset(long_one, 'a', sizeof long_one);
	char *answer = watch_get(path, "/etc/passwd");
	assert_memory_equal(answer, "HTTP/1.0 404 ", 13);
	free(answer);
	const int fd = watch_connect(path);
	assert_true(send(fd, long_one, sizeof long_one, MSG_NOSIGNAL) > 0);
	assert_true(recv(fd, long_one, sizeof long_one, 0) > 13);
	assert_memory_equal(long_one, "HTTP/1.0 431 ", 13);
	close(fd);
	const int other = watch_connect(path);
	assert_true(send(other, "POST /metrics HTTP/1.0\r\n\r\n", 26, MSG_NOSIGNAL) == 26);
	assert_true(recv(other, long_one, sizeof long_one, 0) > 13);
	assert_memory_equal(long_one, "HTTP/1.0 405 ", 13);
	close(other);
}

/* They cost themselves: whoever calls the daemon sees nothing of it, who watches waits a little. */
static void silent_watchers_hold_nobody_up(void **state)
{
	int fds[10];
	(void)state;
	for (int i = 0; i < 10; i++)
		fds[i] = watch_connect(path);
	assert_true(send(fds[0], "GET", 3, MSG_NOSIGNAL) == 3);
	ask(mina, "GetStatus", " ");
	health_says_whether_it_serves(state);
	for (int i = 0; i < 10; i++)
		close(fds[i]);
}

static void only_its_user_and_group_may_ask(void **state)
{
	struct stat info;
	(void)state;
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0660);
}

/* The first daemon takes PostgreSQL along; the second says what it lacks. */
static void health_says_why_not(void **state)
{
	char *answer = NULL;
	(void)state;
	fixture_daemon_stop(f, &f->daemons[0]);
	assert_int_not_equal(access(path, F_OK), 0);
	for (int i = 0; i < 200000 && (!answer || !strstr(answer, "HTTP/1.0 503 ")); i++) {
		free(answer);
		answer = watch_get(second_path, "/health");
	}
	assert_non_null(strstr(answer, "\r\n\r\nnot ready: the database is away\n"));
	free(answer);
	assert_int_equal(watch_figure(second_path, "database_up"), 0);
	assert_int_equal(watch_figure(second_path, "ready"), 0);
}

static int start(void **state)
{
	*state = f = fixture_start(NULL);
	mina = fixture_person(f, "Mina Example", MEMBER);
	watch_path(f, path, sizeof path);
	snprintf(second_path, sizeof second_path, "%s/second.sock", f->data);
	setenv("COACHD_METRICS", second_path, 1);
	fixture_daemon_add(f, NULL);
	unsetenv("COACHD_METRICS");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_as_prometheus_reads_it),
		cmocka_unit_test(calls_are_counted),
		cmocka_unit_test(a_replay_is_counted),
		cmocka_unit_test(the_state_of_the_moment_is_told),
		cmocka_unit_test(nobody_is_named),
		cmocka_unit_test(health_says_whether_it_serves),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(silent_watchers_hold_nobody_up),
		cmocka_unit_test(only_its_user_and_group_may_ask),
		cmocka_unit_test(a_revoked_key_is_not_counted),
		cmocka_unit_test(health_says_why_not),
	};
	return cmocka_run_group_tests(tests, start, fixture_teardown);
}
