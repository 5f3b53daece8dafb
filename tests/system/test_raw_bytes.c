/* Bytes that are not ZeroMQ, to both kinds of socket: the next client is answered as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "people.pb-c.h"
#include "zmtp.h"

static struct fixture *f;
static struct fixture_person *mina;
static struct fixture_daemon *second; /* on a socket of the file system; the first is on TCP */
static unsigned seed = 26;

static struct {
	uint8_t data[5000];
	size_t n;
} body;

static void noise(size_t size)
{
	for (body.n = 0; body.n < size; body.n++)
		body.data[body.n] = (uint8_t)rand_r(&seed);
}

static void check_the_next(void)
{
	const struct fixture_daemon *const both[] = {&f->daemons[0], second};
	for (int i = 0; i < 2; i++) {
		Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
		struct coachhouse *connection = fixture_connect(mina, both[i]);
		fixture_free(fixture_call(connection, "People/GetStatus", &request));
		coachhouse_close(&connection);
	}
}

static int connect_raw(const char *endpoint)
{
	const int fd = zmtp_connect(endpoint);
	if (fd < 0)
		fixture_fail("%s: %s", endpoint, strerror(errno));
	return fd;
}

static void send_raw(const char *endpoint, const void *data, size_t size)
{
	const int fd = connect_raw(endpoint);
	/* It may be closed before it has taken everything: that is its right. */
	if (send(fd, data, size, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		fixture_fail("%s: %s", endpoint, strerror(errno));
	close(fd);
}

static void raw_bytes_to(const char *endpoint)
{
	static const char http[] = "POST / HTTP/1.1\r\nHost: x\r\n\r\n";
	/* The greeting of ZMTP 3: signature, version, mechanism, and noise after it. */
	uint8_t greeting[200] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0};
	send_raw(endpoint, http, sizeof http - 1);
	for (int i = 0; i < 30; i++) {
		noise((size_t)(1 + rand_r(&seed) % 5000));
		send_raw(endpoint, body.data, body.n);
	}
	for (int i = 0; i < 30; i++) {
		static const char *const mechanisms[] = {"CURVE", "NULL", "PLAIN", "GSSAPI",
							 "WHAT"};
		memcpy(greeting + 12, mechanisms[i % 5], strlen(mechanisms[i % 5]) + 1);
		noise(sizeof greeting - 64);
		memcpy(greeting + 64, body.data, body.n);
		send_raw(endpoint, greeting, i < 10 ? (size_t)(i * 7) : sizeof greeting);
	}
	check_the_next();
}

static void over_tcp(void **state)
{
	(void)state;
	raw_bytes_to(f->daemons[0].endpoint);
}

static void over_a_socket_of_the_file_system(void **state)
{
	(void)state;
	raw_bytes_to(second->endpoint);
}

/* Held open all the while. */
static void those_who_say_nothing(void **state)
{
	int silent[200];
	(void)state;
	for (int i = 0; i < 200; i++)
		silent[i] = connect_raw((i % 2 ? second : &f->daemons[0])->endpoint);
	check_the_next();
	for (int i = 0; i < 200; i++)
		close(silent[i]);
}

static int setup(void **state)
{
	char endpoint[64];
	snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", fixture_port());
	const struct fixture_options options = {.listen = endpoint};
	f = fixture_start(&options);
	*state = f;
	mina = fixture_person(f, "Mina Example", MEMBER);
	second = fixture_daemon_add(f, NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_tcp),
		cmocka_unit_test(over_a_socket_of_the_file_system),
		cmocka_unit_test(those_who_say_nothing),
	};
	return cmocka_run_group_tests_name("raw_bytes", tests, setup, fixture_teardown);
}
