/* A write sent again with its id: one effect, the same reply, by whatever way it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "booking.pb-c.h"
#include "engagements.pb-c.h"
#include "fixture.h"
#include "wire.h"

#define BOOK "Booking/BookSession"

static struct fixture *f;
static struct fixture_person *coach, *mentee, *stranger;

/* A request for the hour `slot`; every test has hours of its own. */
struct booking {
	Coachhouse__V1__BookSessionRequest request;
	char start[32];
};

static const ProtobufCMessage *booking(struct booking *b, int slot)
{
	const time_t at = (time(NULL) / 86400 + 3) * 86400 + slot * 3600;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(b->start, sizeof b->start, "%Y-%m-%dT%H:%MZ", &tm);
	coachhouse__v1__book_session_request__init(&b->request);
	b->request.who = coach->email;
	b->request.start = b->start;
	return &b->request.base;
}

static int sessions_at(const struct booking *b)
{
	char sql[160];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.session WHERE starts = '%s'",
		 b->start);
	return atoi(fixture_sql(f, sql));
}

static int count(const char *sql)
{
	return atoi(fixture_sql(f, sql));
}

static struct wire *open_wire(const struct fixture_person *person)
{
	return wire_open(f->daemons[0].endpoint, &person->identity);
}

/* The reply on one line; it must have this reason ("" is OK). */
static char *ask(struct wire *wire, const uint8_t id[16], const char *method,
		 const ProtobufCMessage *request, const char *reason)
{
	struct wire_reply reply = wire_ask(wire, id, method, request);
	char *text = wire_text(&reply);
	const char *given = reply.header->reason ? reply.header->reason : "";
	if (strcmp(given, reason))
		fixture_fail("%s: \"%s\" instead of \"%s\"", method, text, reason);
	wire_reply_free(&reply);
	return text;
}

static void assert_same(char *first, char *again)
{
	assert_string_equal(first, again);
	free(again);
}

static void repeated_on_another_connection(void **state)
{
	struct booking b;
	uint8_t id[16];
	(void)state;
	wire_id(id);
	struct wire *one = open_wire(mentee), *other = open_wire(mentee);
	char *first = ask(one, id, BOOK, booking(&b, 0), "");
	assert_same(first, ask(one, id, BOOK, &b.request.base, ""));
	assert_same(first, ask(other, id, BOOK, &b.request.base, ""));
	assert_int_equal(sessions_at(&b), 1);
	free(first);
	wire_close(&one);
	wire_close(&other);
}

static void repeated_after_the_reply_was_lost(void **state)
{
	struct booking b;
	uint8_t id[16];
	char sql[160];
	(void)state;
	wire_id(id);
	struct wire *deaf = open_wire(mentee);
	wire_call(deaf, id, BOOK, booking(&b, 1));
	snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.session WHERE starts = '%s'",
		 b.start);
	fixture_await(f, sql, NULL);
	wire_close(&deaf);
	struct wire *again = open_wire(mentee);
	char *first = ask(again, id, BOOK, &b.request.base, "");
	assert_same(first, ask(again, id, BOOK, &b.request.base, ""));
	assert_int_equal(sessions_at(&b), 1);
	free(first);
	wire_close(&again);
}

/* Holds what every booking with the coach must have, so that calls stay in flight. */
static void hold(bool on)
{
	char sql[80];
	snprintf(sql, sizeof sql, "SELECT pg_advisory_%slock(%lld)", on ? "" : "un",
		 (long long)coach->id);
	fixture_sql(f, sql);
}

static char *receive(struct wire *wire)
{
	struct wire_reply reply = {0};
	if (wire_receive(wire, WIRE_MS, &reply) != WIRE_REPLY || !reply.header)
		fixture_fail("no reply");
	char *text = wire_text(&reply);
	wire_reply_free(&reply);
	return text;
}

#define WAITING "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

static void twins_in_flight(struct fixture_daemon *second, int slot)
{
	struct booking b;
	uint8_t id[16];
	wire_id(id);
	struct wire *one = open_wire(mentee);
	struct wire *other = wire_open(second->endpoint, &mentee->identity);
	hold(true);
	wire_call(one, id, BOOK, booking(&b, slot));
	fixture_await(f, WAITING, NULL);
	wire_call(other, id, BOOK, &b.request.base);
	fixture_await(f, "SELECT ((" WAITING ") = 2)::int", NULL);
	hold(false);
	char *first = receive(one), *again = receive(other);
	assert_memory_equal(first, "0 ", 2);
	assert_same(first, again);
	assert_int_equal(sessions_at(&b), 1);
	free(first);
	wire_close(&one);
	wire_close(&other);
}

static void repeated_while_the_first_is_in_flight(void **state)
{
	(void)state;
	twins_in_flight(&f->daemons[0], 2);
}

static void repeated_through_another_daemon(void **state)
{
	struct booking b;
	uint8_t id[16];
	(void)state;
	struct fixture_daemon *second = fixture_daemon_add(f, NULL);
	wire_id(id);
	struct wire *one = open_wire(mentee);
	struct wire *other = wire_open(second->endpoint, &mentee->identity);
	char *first = ask(one, id, BOOK, booking(&b, 3), "");
	assert_same(first, ask(other, id, BOOK, &b.request.base, ""));
	assert_int_equal(sessions_at(&b), 1);
	free(first);
	twins_in_flight(second, 4);
	wire_close(&one);
	wire_close(&other);
}

static void used_for_something_else(void **state)
{
	Coachhouse__V1__SubmitRequestRequest wish = COACHHOUSE__V1__SUBMIT_REQUEST_REQUEST__INIT;
	struct booking b, changed;
	uint8_t id[16];
	(void)state;
	wire_id(id);
	struct wire *wire = open_wire(mentee);
	char *first = ask(wire, id, BOOK, booking(&b, 5), "");
	free(ask(wire, id, BOOK, booking(&changed, 6), "KEY_REUSED"));
	free(ask(wire, id, "Engagements/SubmitRequest", &wish.base, "KEY_REUSED"));
	assert_int_equal(sessions_at(&changed), 0);
	assert_same(first, ask(wire, id, BOOK, &b.request.base, ""));
	free(first);
	wire_close(&wire);
}

/* Two people who choose the same id have nothing to do with each other. */
static void ids_are_one_persons_own(void **state)
{
	struct booking b, c;
	uint8_t id[16];
	(void)state;
	wire_id(id);
	struct wire *one = open_wire(mentee), *other = open_wire(stranger);
	free(ask(one, id, BOOK, booking(&b, 7), ""));
	free(ask(other, id, BOOK, booking(&c, 8), ""));
	assert_int_equal(sessions_at(&b) + sessions_at(&c), 2);
	wire_close(&one);
	wire_close(&other);
}

/* Only what took effect is kept: what was refused may be tried again. */
static void refusals_are_not_kept(void **state)
{
	Coachhouse__V1__CancelSessionRequest cancel = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	struct booking b;
	uint8_t id[16], first_id[16], cancel_id[16];
	char sql[160];
	(void)state;
	wire_id(id);
	wire_id(first_id);
	wire_id(cancel_id);
	struct wire *one = open_wire(mentee), *other = open_wire(stranger);
	free(ask(other, first_id, BOOK, booking(&b, 9), ""));
	free(ask(one, id, BOOK, &b.request.base, "SLOT_TAKEN"));
	snprintf(sql, sizeof sql, "SELECT max(id) FROM coachhouse.session WHERE starts = '%s'",
		 b.start);
	cancel.has_session = true;
	cancel.session = atoll(fixture_sql(f, sql));
	free(ask(other, cancel_id, "Booking/CancelSession", &cancel.base, ""));
	free(ask(one, id, BOOK, &b.request.base, ""));
	wire_close(&one);
	wire_close(&other);
}

static void too_late_is_refused_without_effect(void **state)
{
	struct booking b;
	uint8_t id[16], header[WIRE_HEADER], body[256];
	struct wire_reply reply;
	(void)state;
	wire_id(id);
	struct wire *wire = open_wire(mentee);
	const size_t size = protobuf_c_message_pack(booking(&b, 10), body);
	const struct wire_frame frames[] = {{header, wire_header(header, id, BOOK, -1000)},
					    {body, size}};
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED);
	assert_string_equal(reply.header->reason, "EXPIRED");
	wire_reply_free(&reply);
	assert_int_equal(sessions_at(&b), 0);
	free(ask(wire, id, BOOK, &b.request.base, ""));
	assert_int_equal(sessions_at(&b), 1);
	wire_close(&wire);
}

/* What waited in the database past its time is undone, not done late. */
static void out_of_time_in_flight(void **state)
{
	struct booking b;
	uint8_t id[16], header[WIRE_HEADER], body[256];
	struct wire_reply reply;
	(void)state;
	wire_id(id);
	struct wire *wire = open_wire(mentee);
	const size_t size = protobuf_c_message_pack(booking(&b, 11), body);
	const struct wire_frame frames[] = {{header, wire_header(header, id, BOOK, 700)},
					    {body, size}};
	hold(true);
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	hold(false);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED);
	wire_reply_free(&reply);
	assert_int_equal(sessions_at(&b), 0);
	free(ask(wire, id, BOOK, &b.request.base, ""));
	assert_int_equal(sessions_at(&b), 1);
	wire_close(&wire);
}

/* --- frames that somebody kept, sent again ----------------------------------------- */

enum { KEPT = 20, FIRST_KEPT = 20 };

struct kept {
	uint8_t id[16], header[WIRE_HEADER], body[256], stale[WIRE_HEADER];
	size_t header_size, size, stale_size;
	char *first; /* the reply to it */
};

static struct wire_reply send_kept(struct wire *wire, const uint8_t *header, size_t header_size,
				   const uint8_t *body, size_t size)
{
	const struct wire_frame frames[] = {{header, header_size}, {body, size}};
	struct wire_reply reply;
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	return reply;
}

static void keep(struct wire *wire, struct kept *k, int slot)
{
	struct booking b;
	wire_id(k->id);
	k->size = protobuf_c_message_pack(booking(&b, slot), k->body);
	k->header_size = wire_header(k->header, k->id, BOOK, 600 * 1000);
	k->stale_size = wire_header(k->stale, k->id, BOOK, -1000);
	struct wire_reply reply = send_kept(wire, k->header, k->header_size, k->body, k->size);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__OK);
	k->first = wire_text(&reply);
	wire_reply_free(&reply);
}

/* The same, with another body, or past its time; once told that, a sending stays refused. */
static void send_again(struct wire *wire, const struct kept *kept, int i, int way)
{
	const struct kept *k = &kept[i % KEPT], *other = &kept[(i + 1) % KEPT];
	uint8_t header[WIRE_HEADER];
	const size_t later = wire_header(header, k->id, BOOK, 600 * 1000 + i);
	struct wire_reply reply =
		way == 0   ? send_kept(wire, k->header, k->header_size, k->body, k->size)
		: way == 1 ? send_kept(wire, header, later, other->body, other->size)
			   : send_kept(wire, k->stale, k->stale_size, k->body, k->size);
	char *text = wire_text(&reply);
	if (way == 0)
		assert_string_equal(text, k->first);
	else
		assert_string_equal(reply.header->reason, way == 1 ? "KEY_REUSED" : "EXPIRED");
	free(text);
	wire_reply_free(&reply);
}

static void what_was_kept_has_no_second_effect(void **state)
{
	static struct kept kept[KEPT];
	const int times = fixture_is_long() ? 10000 : 1200;
	const char *effects = "SELECT (SELECT count(*) FROM coachhouse.session) + "
			      "(SELECT count(*) FROM coachhouse.receipt)";
	(void)state;
	struct wire *one = open_wire(mentee), *other = open_wire(mentee);
	for (int i = 0; i < KEPT; i++)
		keep(one, &kept[i], FIRST_KEPT + i);
	const int before = count(effects);
	for (int i = 0; i < times; i++)
		send_again(i & 1 ? one : other, kept, i, i * 3 / times);
	assert_int_equal(count(effects), before);
	print_message("  %d sent again, 0 effects\n", times);
	for (int i = 0; i < KEPT; i++)
		free(kept[i].first);
	wire_close(&one);
	wire_close(&other);
}

/* Nothing waits in a queue for a daemon that is not there, to be done when it comes. */
static void no_ghost_of_a_call_that_failed(void **state)
{
	struct booking b;
	struct coachhouse_reply reply;
	struct coachhouse_failure failure;
	(void)state;
	fixture_free(fixture_call(mentee->connection, BOOK, booking(&b, FIRST_KEPT + KEPT)));
	fixture_daemon_stop(f, &f->daemons[0]);
	booking(&b, FIRST_KEPT + KEPT + 1);
	assert_false(coachhouse_call(mentee->connection, "coachhouse.v1." BOOK, &b.request.base,
				     NULL, 1000, &reply, &failure));
	assert_string_equal(failure.reason, "NOBODY_THERE");
	fixture_daemon_start(f, &f->daemons[0], NULL);
	struct booking after;
	fixture_free(
		fixture_call(mentee->connection, BOOK, booking(&after, FIRST_KEPT + KEPT + 2)));
	assert_int_equal(sessions_at(&b), 0);
	assert_int_equal(sessions_at(&after), 1);
}

/* One receipt for each write that took effect, with who, when and upon what; no more. */
static void each_write_left_one_receipt(void **state)
{
	(void)state;
	assert_int_equal(
		count("SELECT count(*) FROM coachhouse.receipt WHERE method LIKE '%BookSession'"),
		count("SELECT count(*) FROM coachhouse.session"));
	assert_int_equal(count("SELECT count(*) FROM coachhouse.receipt WHERE person IS NULL "
			       "AND method NOT LIKE '%Redeem'"),
			 0);
	assert_int_equal(count("SELECT count(*) FROM coachhouse.receipt WHERE subject IS NULL "
			       "AND method LIKE '%CancelSession'"),
			 0);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	stranger = fixture_person(f, "Sten Example", MEMBER);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_on_another_connection),
		cmocka_unit_test(repeated_after_the_reply_was_lost),
		cmocka_unit_test(repeated_while_the_first_is_in_flight),
		cmocka_unit_test(repeated_through_another_daemon),
		cmocka_unit_test(used_for_something_else),
		cmocka_unit_test(ids_are_one_persons_own),
		cmocka_unit_test(refusals_are_not_kept),
		cmocka_unit_test(too_late_is_refused_without_effect),
		cmocka_unit_test(out_of_time_in_flight),
		cmocka_unit_test(what_was_kept_has_no_second_effect),
		cmocka_unit_test(no_ghost_of_a_call_that_failed),
		cmocka_unit_test(each_write_left_one_receipt),
	};
	return cmocka_run_group_tests_name("once", tests, setup, fixture_teardown);
}
