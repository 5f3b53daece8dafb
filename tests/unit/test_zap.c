/*
 * Who answers handshakes, and what libzmq does when nobody does: the self-test at
 * start must see each way in which strangers could be let in.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "endpoint.h"
#include "limit.h"
#include "zap.h"

enum { SHORT_MS = 1500, LONG_MS = 20000 };

enum responder { ABSENT, OURS, HUNG, SLOW, WELCOMES_ALL };

static void *context, *router, *monitor;
static struct zap zap;
static uint8_t public_key[KEY_SIZE], secret_key[KEY_SIZE];
static char place[100];
static struct zap_counts counts;

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One that says yes to whoever asks, as a mistake would. */
static void welcome(void)
{
	char request[64] = "", rest[256];
	int more = 1, n = 0, length = 0;
	for (size_t size = sizeof more; more; n++) {
		const int got = zmq_recv(zap.socket, n == 1 ? request : rest,
					 n == 1 ? sizeof request : sizeof rest, ZMQ_DONTWAIT);
		if (got < 0)
			return;
		length = n == 1 ? got : length;
		zmq_getsockopt(zap.socket, ZMQ_RCVMORE, &more, &size);
	}
	const struct {
		const char *data;
		size_t size;
	} frames[] = {{"1.0", 3}, {request, (size_t)length}, {"200", 3}, {"", 0}, {"x", 1}};
	for (int i = 0; i < 5; i++)
		zmq_send(zap.socket, frames[i].data, frames[i].size, ZMQ_SNDMORE);
	zmq_send(zap.socket, "", 0, 0);
}

static void answer(enum responder who, int64_t since)
{
	static const struct keys nobody;
	struct zap_room room = {100, 100};
	if (who == OURS || (who == SLOW && now_ms() - since > 700))
		zap_handle(&zap, &nobody, &room, &counts);
	else if (who == WELCOMES_ALL)
		welcome();
}

static void make_pair(void)
{
	char text[41], secret[41];
	assert_int_equal(zmq_curve_keypair(text, secret), 0);
	zmq_z85_decode(public_key, text);
	zmq_z85_decode(secret_key, secret);
}

/* What the self-test says of a socket at `place`. */
static enum zap_verdict probe(enum responder who, int ms)
{
	struct zap_probe probe;
	enum zap_verdict verdict = ZAP_WAITING;
	const int64_t start = now_ms();
	assert_true(zap_probe_start(&probe, context, place, public_key));
	while (verdict == ZAP_WAITING && now_ms() - start < ms) {
		struct pollfd item = {.fd = endpoint_fd(probe.monitor), .events = POLLIN};
		poll(&item, 1, 5);
		answer(who, start);
		verdict = zap_probe_read(&probe);
	}
	zap_probe_finish(&probe);
	return verdict;
}

static void open_ours(enum responder who, const char *domain)
{
	const struct endpoint_settings settings = {domain, secret_key, LIMIT_FRAME};
	if (who != ABSENT)
		assert_true(zap_open(&zap, context));
	assert_true(endpoint_open(context, place, &settings, &router, &monitor));
}

/* A ROUTER as one would make it who did not know: CURVE alone, with a domain or without. */
static void open_naive(enum responder who, const char *domain)
{
	const int server = 1, none = 0;
	if (who != ABSENT)
		assert_true(zap_open(&zap, context));
	router = zmq_socket(context, ZMQ_ROUTER);
	zmq_setsockopt(router, ZMQ_LINGER, &none, sizeof none);
	zmq_setsockopt(router, ZMQ_CURVE_SERVER, &server, sizeof server);
	zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key, KEY_SIZE);
	if (*domain)
		zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, domain, strlen(domain));
	assert_int_equal(zmq_bind(router, place), 0);
}

static int begin(void **state)
{
	(void)state;
	snprintf(place, sizeof place, "ipc:///tmp/coachhouse-zap-%d.sock", (int)getpid());
	make_pair();
	counts = (struct zap_counts){0};
	context = endpoint_context();
	return context ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	endpoint_close(router, 0);
	endpoint_close(monitor, 0);
	zap_close(&zap);
	endpoint_context_finish(context);
	context = router = monitor = NULL;
	return unlink(place + 6) && 0;
}

static void a_stranger_is_refused(void **state)
{
	(void)state;
	open_ours(OURS, ZAP_MAIN);
	assert_int_equal(probe(OURS, LONG_MS), ZAP_REFUSED);
	assert_int_equal(counts.unknown, 1);
	assert_int_equal(counts.admitted, 0);
}

static void where_one_enrols_a_stranger_comes_in(void **state)
{
	(void)state;
	open_ours(OURS, ZAP_ENROLMENT);
	assert_int_equal(probe(OURS, LONG_MS), ZAP_ADMITTED);
	assert_int_equal(counts.admitted, 1);
}

static void a_domain_that_is_not_ours_is_refused(void **state)
{
	(void)state;
	open_ours(OURS, "somebody.else");
	assert_int_equal(probe(OURS, LONG_MS), ZAP_REFUSED);
}

static void nobody_answers_nobody_comes_in(void **state)
{
	(void)state;
	open_ours(ABSENT, ZAP_MAIN);
	assert_int_not_equal(probe(ABSENT, SHORT_MS), ZAP_ADMITTED);
}

static void who_answers_hangs_nobody_comes_in(void **state)
{
	(void)state;
	open_ours(HUNG, ZAP_MAIN);
	assert_int_equal(probe(HUNG, SHORT_MS), ZAP_WAITING);
}

static void who_answers_is_slow_a_stranger_is_refused(void **state)
{
	(void)state;
	open_ours(SLOW, ZAP_MAIN);
	assert_int_equal(probe(SLOW, LONG_MS), ZAP_REFUSED);
}

/* What libzmq lets in: the self-test must not take it for safe. */
static void an_open_door_is_seen(void **state)
{
	static const struct {
		enum responder who;
		const char *domain;
		bool naive;
	} doors[] = {
		{ABSENT, "", true},
		{ABSENT, ZAP_MAIN, true},
		{WELCOMES_ALL, ZAP_MAIN, true},
		{WELCOMES_ALL, ZAP_MAIN, false},
	};
	for (size_t i = 0; i < sizeof doors / sizeof *doors; i++) {
		if (doors[i].naive)
			open_naive(doors[i].who, doors[i].domain);
		else
			open_ours(doors[i].who, doors[i].domain);
		assert_int_equal(probe(doors[i].who, LONG_MS), ZAP_ADMITTED);
		finish(state);
		begin(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stranger_is_refused, begin, finish),
		cmocka_unit_test_setup_teardown(where_one_enrols_a_stranger_comes_in, begin,
						finish),
		cmocka_unit_test_setup_teardown(a_domain_that_is_not_ours_is_refused, begin,
						finish),
		cmocka_unit_test_setup_teardown(nobody_answers_nobody_comes_in, begin, finish),
		cmocka_unit_test_setup_teardown(who_answers_hangs_nobody_comes_in, begin, finish),
		cmocka_unit_test_setup_teardown(who_answers_is_slow_a_stranger_is_refused, begin,
						finish),
		cmocka_unit_test_setup_teardown(an_open_door_is_seen, begin, finish),
	};
	return cmocka_run_group_tests_name("zap", tests, NULL, NULL);
}
