/* One call, seen closely, while the database or the daemon ends. Under load: ../fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "booking.pb-c.h"
#include "fixture.h"
#include "internal.h"
#include "people.pb-c.h"
#include "wire.h"

static struct fixture *f;
static struct fixture_person *coach, *mentee;

struct booking {
	Coachhouse__V1__BookSessionRequest request;
	char start[32];
};

static const ProtobufCMessage *booking(struct booking *b, const char *who, int slot)
{
	const time_t at = (time(NULL) / 86400 + 3) * 86400 + slot * 3600;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(b->start, sizeof b->start, "%Y-%m-%dT%H:%MZ", &tm);
	coachhouse__v1__book_session_request__init(&b->request);
	b->request.who = (char *)who;
	b->request.start = b->start;
	return &b->request.base;
}

/* Kills it, and waits until the daemon has started another. `meanwhile` may be NULL. */
static void kill_postgres(void (*meanwhile)(void))
{
	const pid_t before = fixture_postgres_pid(f);
	fixture_postgres_kill(f);
	if (meanwhile)
		meanwhile();
	for (int64_t deadline = 0; fixture_postgres_pid(f) == before || !fixture_postgres_pid(f);)
		if (!still_time(&deadline))
			fixture_fail("the daemon starts no other PostgreSQL");
}

static void hold(bool on)
{
	char sql[80];
	snprintf(sql, sizeof sql, "SELECT pg_advisory_%slock(%lld)", on ? "" : "un",
		 (long long)coach->id);
	fixture_sql(f, sql);
}

#define WAITING "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

static struct wire_reply receive(struct wire *wire)
{
	struct wire_reply reply = {0};
	const enum wire_outcome outcome = wire_receive(wire, WIRE_MS, &reply);
	if (outcome != WIRE_REPLY || !reply.header)
		fixture_fail("no reply (%d)", (int)outcome);
	return reply;
}

/* In flight when the database dies: said at once, as what it is; then the truth. */
static void a_call_in_flight_learns_the_truth(void **state)
{
	struct booking b;
	uint8_t id[16];
	(void)state;
	wire_id(id);
	struct wire *wire = wire_open(f->daemons[0].endpoint, &mentee->identity);
	hold(true);
	wire_call(wire, id, "Booking/BookSession", booking(&b, coach->email, 0));
	fixture_await(f, WAITING, NULL);
	kill_postgres(NULL);
	struct wire_reply reply = receive(wire);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__UNAVAILABLE);
	assert_string_equal(reply.header->reason, "OUTCOME_UNKNOWN");
	bool done = false;
	for (int64_t deadline = 0; !done;) {
		wire_reply_free(&reply);
		reply = wire_ask(wire, id, "Booking/BookSession", &b.request.base);
		done = reply.header->code == COACHHOUSE__V1__CODE__OK;
		if (!done && (reply.header->code != COACHHOUSE__V1__CODE__UNAVAILABLE ||
			      !still_time(&deadline)))
			fixture_fail("%d %s", (int)reply.header->code, reply.header->reason);
	}
	wire_reply_free(&reply);
	char sql[160];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM coachhouse.session WHERE starts = '%s' "
		 "AND coach = %lld",
		 b.start, (long long)coach->id);
	assert_string_equal(fixture_sql(f, sql), "1");
	wire_close(&wire);
}

static void read_on(void)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	fixture_free(fixture_call(mentee->connection, "People/GetStatus", &request));
}

/* A read has nothing to be unsure of. */
static void reads_go_on_by_themselves(void **state)
{
	(void)state;
	kill_postgres(read_on);
	read_on();
}

/* A backend that is at work does not notice, and would keep another from starting. */
static void one_at_work_keeps_nobody_waiting(void **state)
{
	(void)state;
	fixture_sql(f, "SELECT 1");
	assert_true(PQsendQuery(f->database,
				"SELECT count(*) FROM generate_series(1, 1000000000) a, "
				"generate_series(1, 1000000000) b"));
	assert_int_equal(PQflush(f->database), 0);
	kill_postgres(NULL);
	read_on();
}

static bool log_has(const struct fixture_daemon *daemon, const char *words)
{
	char line[1024];
	bool found = false;
	FILE *log = fopen(daemon->log, "re");
	while (log && fgets(line, sizeof line, log))
		found |= strstr(line, words) != NULL;
	if (log)
		fclose(log);
	return found;
}

/* SIGTERM: what is in hand is finished and answered, then it ends with 0. */
static void a_stopping_daemon_finishes_what_it_has(void **state)
{
	struct booking b;
	uint8_t id[16];
	int status = -1;
	(void)state;
	struct fixture_daemon *second = fixture_daemon_add(f, NULL);
	wire_id(id);
	struct wire *wire = wire_open(second->endpoint, &mentee->identity);
	hold(true);
	wire_call(wire, id, "Booking/BookSession", booking(&b, coach->email, 1));
	fixture_await(f, WAITING, NULL);
	assert_int_equal(kill(second->pid, SIGTERM), 0);
	for (int64_t deadline = 0; !log_has(second, "stopping; 1 calls in flight");)
		assert_true(still_time(&deadline));
	hold(false);
	struct wire_reply reply = receive(wire);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__OK);
	wire_reply_free(&reply);
	for (int64_t deadline = 0; waitpid(second->pid, &status, WNOHANG) != second->pid;)
		assert_true(still_time(&deadline));
	assert_int_equal(status, 0);
	second->pid = 0;
	wire_close(&wire);
}

static int setup(void **state)
{
	const struct fixture_options options = {.durable = true};
	f = fixture_start(&options);
	*state = f;
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_in_flight_learns_the_truth),
		cmocka_unit_test(reads_go_on_by_themselves),
		cmocka_unit_test(one_at_work_keeps_nobody_waiting),
		cmocka_unit_test(a_stopping_daemon_finishes_what_it_has),
	};
	return cmocka_run_group_tests_name("restart", tests, setup, fixture_teardown);
}
