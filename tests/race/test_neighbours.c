/* Bad neighbours at the door: they cost themselves; whoever behaves is served as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "honest.h"
#include "many.h"
#include "people.pb-c.h"
#include "watch.h"
#include "wire.h"
#include "zmtp.h"

#ifdef __SANITIZE_ADDRESS__
#define MOST_MIB "700"
#else
#define MOST_MIB "160"
#endif

enum {
	HALF_OPEN = 200,
	DRIPPING = 20,
	HELLOS = 300,
	GIVE_UP_S = 30,
	PART = 64 * 1024 - 100,
	MIB = 1024 * 1024,
	ENDLESS_MIB = 8 * 1024,
	READERS = 200,
	FEW = 20,
	WATCH_MS = 50, /* between two looks at figures: with 10,000 clients each costs some ms */
};

static struct fixture *f;
static struct fixture_person *coach, *mina, *mal;
static struct fixture_daemon *second; /* at a socket, and small */
static char path[108], second_path[108];

static double memory_mib(const char *watch)
{
	return watch_figure(watch, "memory_bytes") / MIB;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static void wait_for(const char *sample, double least)
{
	watch_until(path, sample, least, (fixture_is_long() ? 20.0 : 4.0) * GIVE_UP_S);
}

/* --- before the handshake ---------------------------------------------------------- */

static void greet_badly(int n)
{
	unsigned char hello[ZMTP_GREETING + ZMTP_HELLO], answer[ZMTP_GREETING];
	for (int i = 0; i < n; i++) {
		const int fd = zmtp_connect(f->daemons[0].endpoint);
		const size_t size = zmtp_bad_hello(hello);
		if (fd < 0 || send(fd, hello, size, MSG_NOSIGNAL) < 0)
			fixture_fail("HELLO %d cannot be sent", i);
		if (recv(fd, answer, sizeof answer, MSG_WAITALL) < 0 && errno == EAGAIN)
			fixture_fail("HELLO %d is not answered", i);
		close(fd);
	}
}

/* One byte of a greeting a second, to each; then looks who was cut off. */
static int drip_and_count(struct pollfd *fds, int n, int dripping)
{
	int here = 0;
	char byte;
	for (int i = 0; i < dripping; i++)
		if (fds[i].fd >= 0)
			send(fds[i].fd, "\xff", 1, MSG_NOSIGNAL);
	poll(fds, (nfds_t)n, 1000);
	for (int i = 0; i < n; i++) {
		while (fds[i].fd >= 0 && fds[i].revents) {
			const ssize_t got = recv(fds[i].fd, &byte, 1, MSG_DONTWAIT);
			if (got > 0)
				continue; /* its greeting */
			if (got < 0 && !(fds[i].revents & (POLLHUP | POLLERR)))
				break;
			close(fds[i].fd);
			fds[i].fd = -1;
		}
		here += fds[i].fd >= 0;
	}
	return here;
}

static void half_open_slow_and_garbled_handshakes(void **state)
{
	const int n = HALF_OPEN * (fixture_is_long() ? 10 : 1),
		  hellos = HELLOS * (fixture_is_long() ? 20 : 1);
	struct pollfd *fds = calloc((size_t)n, sizeof *fds);
	struct honest *honest = honest_start(mina, coach);
	const double before = memory_mib(path), start = fixture_seconds();
	int here = n;
	(void)state;
	assert_non_null(fds);
	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = zmtp_connect(f->daemons[0].endpoint),
					 .events = POLLIN};
	greet_badly(hellos);
	const double with = memory_mib(path);
	while (here && fixture_seconds() < start + GIVE_UP_S)
		here = drip_and_count(fds, n, DRIPPING);
	printf("%d half-open, %d of them a byte a second, %d bad HELLOs: gone after %.1f s, memory "
	       "%.1f -> %.1f MiB\n",
	       n, DRIPPING, hellos, fixture_seconds() - start, before, with);
	free(fds);
	honest_stop(&honest, "bad handshakes", 20);
	assert_int_equal(here, 0);
}

/* The second daemon lets few in; those who have not shaken hands are none of them. */
static void strangers_keep_nobody_out(void **state)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	int strangers[3 * FEW];
	(void)state;
	for (int i = 0; i < 3 * FEW; i++)
		strangers[i] = zmtp_connect(second->endpoint);
	for (int i = 0; i < 3; i++) {
		struct coachhouse *connection = fixture_connect(mina, second);
		fixture_free(fixture_call(connection, "People/GetStatus", &request));
		coachhouse_close(&connection);
	}
	for (int i = 0; i < 3 * FEW; i++)
		close(strangers[i]);
}

/* It says so, and lets the next one in as soon as somebody has left. */
static void a_full_daemon_is_no_wrong_key(void **state)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse *connections[FEW + 1];
	struct coachhouse_failure failure;
	struct coachhouse_reply reply = {0};
	int n = -1;
	bool in;
	(void)state;
	do {
		connections[++n] = fixture_connect(mina, second);
		in = coachhouse_call(connections[n], "coachhouse.v1.People/GetStatus",
				     &request.base, NULL, FIXTURE_TIMEOUT_MS, &reply, &failure);
		coachhouse_reply_free(&reply);
	} while (in && n < FEW);
	assert_false(in);
	assert_string_equal(failure.reason, "TOO_MANY_CLIENTS");
	assert_true(n >= FEW - 1); /* who shakes hands may count */
	for (int i = 0; i < n; i++)
		coachhouse_close(&connections[i]);
	fixture_free(fixture_call(connections[n], "People/GetStatus", &request));
	coachhouse_close(&connections[n]);
}

/* --- after it ---------------------------------------------------------------------- */

static void clients_that_do_not_read(void **state)
{
	const int rounds = fixture_is_long() ? 200 : 10;
	struct honest *honest = honest_start(mina, coach);
	const double memory = memory_mib(path),
		     let_in = watch_figure(path, "handshakes_admitted_total");
	double most = 0, start = fixture_seconds();
	(void)state;
	struct many *many = many_start(&f->daemons[0], mal, READERS, coach, rounds);
	wait_for("handshakes_admitted_total", let_in + READERS);
	const long before = honest_answered(honest);
	while ((honest_answered(honest) < before + 50 ||
		fixture_seconds() < start + (fixture_is_long() ? 60 : 3)) &&
	       fixture_seconds() < start + 4.0 * GIVE_UP_S) {
		most = larger(most, memory_mib(path));
		poll(NULL, 0, WATCH_MS);
	}
	printf("%d clients that do not read: memory %.1f -> %.1f MiB at most\n", READERS, memory,
	       most);
	many_stop(&many);
	honest_stop(&honest, "clients that do not read", before + 50);
}

/* --- endless messages -------------------------------------------------------------- */

static double cuts(const char *watch)
{
	return watch_figure(watch, "connections_cut_total{why=\"unheard\"}") +
	       watch_figure(watch, "connections_cut_total{why=\"unreading\"}") +
	       watch_figure(watch, "connections_cut_total{why=\"silent\"}");
}

/* With pauses of this many ms between its parts. */
static void send_without_end(const struct fixture_daemon *daemon, const char *watch, int pause)
{
	static unsigned char part[PART];
	struct fixture_person beside = *mina;
	snprintf(beside.identity.endpoint, sizeof beside.identity.endpoint, "%s", daemon->endpoint);
	struct honest *honest = honest_start(&beside, coach);
	struct zmtp *zmtp = zmtp_open(daemon->endpoint, &mal->identity);
	const double before = memory_mib(watch), cut = cuts(watch);
	double most = before;
	size_t sent = 0;
	if (!zmtp)
		fixture_fail("%s: not let in", daemon->endpoint);
	while (sent / MIB < ENDLESS_MIB && zmtp_send(zmtp, part, PART, true)) {
		sent += PART;
		if (sent / PART % 256 == 0)
			most = larger(most, memory_mib(watch));
		if (pause)
			poll(NULL, 0, pause);
	}
	const bool was_cut = sent / MIB < ENDLESS_MIB;
	zmtp_close(&zmtp);
	printf("an endless message to %.3s: cut after %zu MiB, memory %.0f -> %.0f -> %.0f MiB\n",
	       daemon->endpoint, sent / MIB, before, most, memory_mib(watch));
	honest_stop(&honest, "an endless message", 10);
	assert_true(was_cut);
	assert_true(cuts(watch) > cut);
}

static void an_endless_message_over_tcp(void **state)
{
	(void)state;
	send_without_end(&f->daemons[0], path, 0);
}

static void a_slow_endless_message_over_a_socket(void **state)
{
	(void)state;
	send_without_end(second, second_path, 1);
}

/* One that ends at last is refused once, and skipped without holding the others up. */
static void a_message_of_many_parts(void **state)
{
	enum { PARTS = 3000 };
	struct honest *honest = honest_start(mina, coach);
	struct zmtp *zmtp = zmtp_open(f->daemons[0].endpoint, &mal->identity);
	const double cut = watch_figure(path, "connections_cut_total{why=\"endless\"}");
	uint8_t header[WIRE_HEADER], id[16];
	bool good = zmtp != NULL;
	(void)state;
	wire_id(id);
	good = good &&
	       zmtp_send(zmtp, header, wire_header(header, id, "People/GetStatus", WIRE_MS), true);
	for (int i = 0; i < PARTS && good; i++) {
		good = zmtp_send(zmtp, "", 0, i + 1 < PARTS);
		if (i == PARTS / 2)
			honest_await(honest, 10);
	}
	assert_true(good);
	wait_for("connections_cut_total{why=\"endless\"}", cut + 1);
	zmtp_close(&zmtp);
	honest_stop(&honest, "a message of 3,000 parts", 10);
}

/* --- setting up -------------------------------------------------------------------- */

static int start(void **state)
{
	char endpoint[64], few[8];
	snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", fixture_port());
	setenv("COACHD_MAX_MEMORY", fixture_is_long() ? "1024" : MOST_MIB, 1);
	setenv("COACHD_MAX_CLIENTS", "12000", 1);
	const struct fixture_options options = {.listen = endpoint};
	*state = f = fixture_start(&options);
	coach = fixture_coach(f, "Cora Example");
	mina = fixture_person(f, "Mina Example", MEMBER);
	mal = fixture_person(f, "Mal Example", MEMBER);
	watch_path(f, path, sizeof path);
	snprintf(second_path, sizeof second_path, "%s/second.sock", f->data);
	setenv("COACHD_METRICS", second_path, 1);
	snprintf(few, sizeof few, "%d", FEW);
	setenv("COACHD_MAX_CLIENTS", few, 1);
	second = fixture_daemon_add(f, NULL);
	return 0;
}

/* With an argument: only tests whose names match it. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_open_slow_and_garbled_handshakes),
		cmocka_unit_test(strangers_keep_nobody_out),
		cmocka_unit_test(a_full_daemon_is_no_wrong_key),
		cmocka_unit_test(clients_that_do_not_read),
		cmocka_unit_test(a_message_of_many_parts),
		cmocka_unit_test(an_endless_message_over_tcp),
		cmocka_unit_test(a_slow_endless_message_over_a_socket),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, start, fixture_teardown);
}
