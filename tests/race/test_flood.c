/* Who calls faster than they are answered waits behind themselves; others are served as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "booking.pb-c.h"
#include "fixture.h"
#include "honest.h"
#include "people.pb-c.h"
#include "reports.pb-c.h"
#include "wire.h"

enum {
	WIRES = 4,
	ROUND = 500,
	SLOW_CALLS = 40,
	BOOKINGS = 12,
	WRITING = 4, /* of five connections */
};

static struct fixture *f;
static struct fixture_person *coach, *mina, *mal, *bea;

/* Takes the replies to `n` calls; how many were refused for being too many. */
static int take_replies(struct wire *wire, int n)
{
	int refused = 0;
	for (int i = 0; i < n; i++) {
		struct wire_reply reply;
		if (wire_receive(wire, WIRE_MS, &reply) != WIRE_REPLY || !reply.header)
			fixture_fail("call %d of %d was not answered", i, n);
		const char *reason = reply.header->reason ? reply.header->reason : "";
		if (*reason && strcmp(reason, "TOO_MANY_CALLS"))
			fixture_fail("a flood was refused with %s", reason);
		refused += *reason != '\0';
		wire_reply_free(&reply);
	}
	return refused;
}

static struct wire *open_wire(const struct fixture_person *person)
{
	struct wire *wire = wire_open(f->daemons[0].endpoint, &person->identity);
	if (wire_shake_hands(wire, WIRE_MS) != WIRE_UP)
		fixture_fail("%s cannot connect", person->name);
	return wire;
}

static void call_many(struct wire *wire, int n, const char *method, const ProtobufCMessage *request)
{
	uint8_t id[16];
	for (int i = 0; i < n; i++) {
		wire_id(id);
		wire_call(wire, id, method, request);
	}
}

static void calls_by_one_key(void **state)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	const int least = fixture_is_long() ? 50 : 3;
	struct honest *honest = honest_start(mina, coach);
	struct wire *wires[WIRES];
	int refused = 0, round = 0;
	(void)state;
	for (int i = 0; i < WIRES; i++)
		wires[i] = open_wire(mal);
	/* Until the other one was answered beside it, however fast the flood is refused. */
	for (; round < least || (round < 20 * least && honest_answered(honest) < 10); round++) {
		for (int i = 0; i < WIRES; i++)
			call_many(wires[i], ROUND, "People/GetStatus", &request.base);
		for (int i = 0; i < WIRES; i++)
			refused += take_replies(wires[i], ROUND);
	}
	for (int i = 0; i < WIRES; i++)
		wire_close(&wires[i]);
	printf("of %d calls %d were refused\n", round * WIRES * ROUND, refused);
	honest_stop(&honest, "a flood of calls by one key", 10);
	assert_true(refused > 0);
}

static void slow_calls_by_one_key(void **state)
{
	Coachhouse__V1__ReportCapacityRequest request =
		COACHHOUSE__V1__REPORT_CAPACITY_REQUEST__INIT;
	struct honest *honest = honest_start(mina, coach);
	struct wire *flood = open_wire(f->admin), *wire = open_wire(bea);
	uint8_t id[16];
	(void)state;
	request.from = (char *)"2026-10-01";
	request.to = (char *)"2026-11-01";
	call_many(flood, SLOW_CALLS, "Reports/ReportCapacity", &request.base);
	wire_id(id);
	struct wire_reply reply = wire_ask(wire, id, "Reports/ReportCapacity", &request.base);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__OK);
	wire_reply_free(&reply);
	const int refused = take_replies(flood, SLOW_CALLS);
	printf("of %d reports %d were refused\n", SLOW_CALLS, refused);
	wire_close(&wire);
	wire_close(&flood);
	honest_stop(&honest, "a flood of reports", 1);
	assert_in_range(refused, 1, SLOW_CALLS - 1);
}

static void hold(bool on)
{
	char sql[80];
	snprintf(sql, sizeof(sql), "SELECT pg_advisory_%slock(%lld)", on ? "" : "un",
		 (long long)coach->id);
	fixture_sql(f, sql);
}

static void book_many(struct wire *wire)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	const time_t at = (time(NULL) / 86400 + 3) * 86400;
	struct tm tm;
	char start[32];
	strftime(start, sizeof(start), "%Y-%m-%dT%H:%MZ", gmtime_r(&at, &tm));
	request.who = coach->email;
	request.start = start;
	call_many(wire, BOOKINGS, "Booking/BookSession", &request.base);
}

static void reading_does_not_wait_behind_a_lock(void **state)
{
	static const char waiting[] =
		"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct wire *wire = open_wire(mal);
	(void)state;
	hold(true);
	book_many(wire);
	const time_t deadline = time(NULL) + 30;
	while (atoi(fixture_sql(f, waiting)) < WRITING)
		if (time(NULL) > deadline)
			fixture_fail("only %s bookings wait", fixture_sql(f, waiting));
	for (int i = 0; i < 20; i++)
		fixture_free(fixture_call(mina->connection, "People/GetStatus", &request));
	assert_int_equal(atoi(fixture_sql(f, waiting)), WRITING);
	hold(false);
	for (int i = 0; i < BOOKINGS; i++)
		assert_int_equal(wire_receive(wire, WIRE_MS, NULL), WIRE_REPLY);
	wire_close(&wire);
}

static int start(void **state)
{
	*state = f = fixture_start(NULL);
	coach = fixture_coach(f, "Cora Example");
	mina = fixture_person(f, "Mina Example", MEMBER);
	mal = fixture_person(f, "Mal Example", MEMBER);
	bea = fixture_person(f, "Bea Example", ADMINISTRATOR);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_by_one_key),
		cmocka_unit_test(slow_calls_by_one_key),
		cmocka_unit_test(reading_does_not_wait_behind_a_lock),
	};
	return cmocka_run_group_tests(tests, start, fixture_teardown);
}
