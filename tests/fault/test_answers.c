/* What clients are told when things break at a bad moment: never more than is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <time.h>
#include <zmq.h>

#include "booking.pb-c.h"
#include "harm.h"
#include "load.h"
#include "people.pb-c.h"
#include "proxy.h"
#include "wire.h"

static struct fixture *f;
static struct fixture_person *coach, *mentee, *other;

static void status_fails(struct coachhouse *connection, const char *reason)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	assert_false(coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &request.base,
				     NULL, 1500, &reply, &failure));
	assert_string_equal(failure.reason, reason);
}

static Coachhouse__V1__BookSessionRequest booking(char start[32])
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	const time_t at = (time(NULL) / 86400 + 3) * 86400;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(start, 32, "%Y-%m-%dT%H:%MZ", &tm);
	request.who = coach->email;
	request.start = start;
	return request;
}

/* After the last statement was answered: undone, said so, and the daemon lives. */
static void an_error_while_committing(void **state)
{
	char start[32];
	Coachhouse__V1__BookSessionRequest request = booking(start);
	(void)state;
	fixture_sql(f, "CREATE FUNCTION public.undo() RETURNS trigger LANGUAGE plpgsql AS "
		       "$$ BEGIN RAISE EXCEPTION 'no'; END $$;"
		       "CREATE CONSTRAINT TRIGGER undo AFTER INSERT ON coachhouse.session "
		       "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
		       "EXECUTE FUNCTION public.undo()");
	fixture_refused(mentee->connection, "Booking/BookSession", &request, "INTERNAL");
	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.session"), "0");
	fixture_sql(f, "DROP FUNCTION public.undo CASCADE");
	fixture_free(fixture_call(mentee->connection, "Booking/BookSession", &request));
}

/* Something between that takes connections is not another daemon. */
static void nobody_behind_a_proxy(void **state)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct fixture_daemon through = {0};
	(void)state;
	struct proxy *proxy = proxy_of_daemon(f->daemons[0].endpoint + strlen("ipc://"));
	snprintf(through.endpoint, sizeof through.endpoint, "%s", proxy_endpoint(proxy));
	struct coachhouse *connection = fixture_connect(mentee, &through);
	fixture_free(fixture_call(connection, "People/GetStatus", &request));
	fixture_daemon_kill(f, &f->daemons[0]);
	status_fails(connection, "NOBODY_THERE");
	fixture_daemon_start(f, &f->daemons[0], NULL);
	fixture_free(fixture_call(connection, "People/GetStatus", &request));
	coachhouse_close(&connection);
	proxy_stop(&proxy);
}

/*
 * It lay before PostgreSQL while that stood still, past its time: who asked has gone
 * on, perhaps asked again and was refused. It must not be done late.
 */
static void too_late_in_the_database(void **state)
{
	char start[32];
	Coachhouse__V1__BookSessionRequest request = booking(start);
	uint8_t id[16], header[WIRE_HEADER], body[256];
	struct wire_reply reply = {0};
	(void)state;
	final_forget(f);
	wire_id(id);
	struct wire *wire = wire_open(f->daemons[0].endpoint, &mentee->identity);
	assert_int_equal(wire_shake_hands(wire, WIRE_MS), WIRE_UP);
	harm_signal_postgres(f, SIGSTOP);
	const size_t size = protobuf_c_message_pack(&request.base, body);
	const struct wire_frame frames[] = {
		{header, wire_header(header, id, "Booking/BookSession", 500)}, {body, size}};
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, 1000, &reply), WIRE_SILENCE);
	harm_signal_postgres(f, SIGCONT);
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED);
	wire_reply_free(&reply);
	wire_close(&wire);
	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.session"), "0");
}

/* The same sending again, from a connection thought lost, after its call was refused. */
static void overtaken_by_a_refusal(void **state)
{
	char start[32];
	Coachhouse__V1__BookSessionRequest request = booking(start);
	Coachhouse__V1__CancelSessionRequest cancel = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	uint8_t id[16], header[WIRE_HEADER], body[256];
	struct wire_reply reply = {0};
	(void)state;
	final_forget(f);
	Coachhouse__V1__BookSessionReply *taken =
		fixture_call(other->connection, "Booking/BookSession", &request);
	wire_id(id);
	const size_t size = protobuf_c_message_pack(&request.base, body);
	const struct wire_frame frames[] = {
		{header, wire_header(header, id, "Booking/BookSession", WIRE_MS)}, {body, size}};
	struct wire *wire = wire_open(f->daemons[0].endpoint, &mentee->identity);
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	assert_string_equal(reply.header->reason, "SLOT_TAKEN");
	wire_reply_free(&reply);
	cancel.has_session = true;
	cancel.session = taken->id;
	fixture_free(taken);
	fixture_free(fixture_call(other->connection, "Booking/CancelSession", &cancel));
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	assert_string_equal(reply.header->reason, "EXPIRED");
	wire_reply_free(&reply);
	/* Who tries again is served. */
	reply = wire_ask(wire, id, "Booking/BookSession", &request.base);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__OK);
	wire_reply_free(&reply);
	wire_close(&wire);
}

/* By that time the next one is on its way: it has an answer of its own, and may well be done. */
static void the_refusal_of_a_call_that_was_given_up(void **state)
{
	char start[32];
	Coachhouse__V1__BookSessionRequest request = booking(start);
	Coachhouse__V1__CancelSessionRequest cancel = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	Coachhouse__V1__GetStatusRequest status = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	static const char method[] = "coachhouse.v1.Booking/BookSession";
	struct fixture_daemon through = {0};
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	uint8_t id[16];
	(void)state;
	final_forget(f);
	wire_id(id);
	Coachhouse__V1__BookSessionReply *taken =
		fixture_call(other->connection, "Booking/BookSession", &request);
	struct proxy *proxy = proxy_of_daemon(f->daemons[0].endpoint + strlen("ipc://"));
	snprintf(through.endpoint, sizeof through.endpoint, "%s", proxy_endpoint(proxy));
	struct coachhouse *connection = fixture_connect(mentee, &through);
	fixture_free(fixture_call(connection, "People/GetStatus", &status));
	/* There after two seconds, back after four. */
	proxy_set(proxy, PROXY_DELAY);
	assert_false(
		coachhouse_call(connection, method, &request.base, id, 3000, &reply, &failure));
	assert_string_equal(failure.reason, "OUTCOME_UNKNOWN");
	cancel.has_session = true;
	cancel.session = taken->id;
	fixture_free(taken);
	fixture_free(fixture_call(other->connection, "Booking/CancelSession", &cancel));
	if (!coachhouse_call(connection, method, &request.base, id, FIXTURE_TIMEOUT_MS, &reply,
			     &failure))
		fixture_fail("told %s, and it is done", failure.reason);
	coachhouse_reply_free(&reply);
	coachhouse_close(&connection);
	proxy_stop(&proxy);
}

/* --- a daemon that loses an answer, and is late with the next --------------------- */

struct forgetful {
	void *context;
	char endpoint[64];
	unsigned char secret[32];
	pthread_t thread;
	atomic_bool told; /* the client has had its answer */
};

static void *open_door(struct forgetful *d, const char *endpoint)
{
	const int yes = 1, none = 0, patience = FIXTURE_TIMEOUT_MS;
	void *socket = zmq_socket(d->context, ZMQ_ROUTER);
	zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
	zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes);
	zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, d->secret, sizeof d->secret);
	zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
	for (int i = 0; i < 1000 && zmq_bind(socket, endpoint); i++)
		nanosleep(&(const struct timespec){.tv_nsec = 5000000}, NULL);
	return socket;
}

static void receive_call(void *socket, zmq_msg_t frames[3])
{
	for (int i = 0; i < 3; i++) {
		zmq_msg_init(&frames[i]);
		zmq_msg_recv(&frames[i], socket, 0);
	}
}

static void forget_call(zmq_msg_t frames[3])
{
	for (int i = 0; i < 3; i++)
		zmq_msg_close(&frames[i]);
}

static void say_expired(void *socket, zmq_msg_t frames[3])
{
	Coachhouse__V1__ReplyHeader reply = COACHHOUSE__V1__REPLY_HEADER__INIT;
	Coachhouse__V1__CallHeader *call = coachhouse__v1__call_header__unpack(
		NULL, zmq_msg_size(&frames[1]), zmq_msg_data(&frames[1]));
	uint8_t packed[256];
	reply.has_id = reply.has_code = true;
	reply.id = call->id;
	reply.code = COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED;
	reply.reason = (char *)"EXPIRED";
	const size_t size = coachhouse__v1__reply_header__pack(&reply, packed);
	zmq_msg_send(&frames[0], socket, ZMQ_SNDMORE);
	zmq_send(socket, packed, size, ZMQ_SNDMORE);
	zmq_send(socket, "", 0, 0);
	coachhouse__v1__call_header__free_unpacked(call, NULL);
}

static void *lose_the_first(void *arg)
{
	struct forgetful *d = arg;
	zmq_msg_t frames[3];
	void *socket = open_door(d, d->endpoint);
	receive_call(socket, frames);
	forget_call(frames);
	zmq_close(socket);
	socket = open_door(d, d->endpoint);
	receive_call(socket, frames);
	say_expired(socket, frames);
	forget_call(frames);
	const double deadline = fixture_seconds() + FIXTURE_TIMEOUT_MS / 1e3;
	while (!atomic_load(&d->told) && fixture_seconds() < deadline)
		nanosleep(&(const struct timespec){.tv_nsec = 5000000}, NULL);
	zmq_close(socket);
	return NULL;
}

/* The first may have been done: that the second came too late says nothing of it. */
static void too_late_after_an_answer_was_lost(void **state)
{
	struct forgetful d = {.context = zmq_ctx_new()};
	struct coachhouse_identity identity = mentee->identity;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	char start[32], secret[65];
	Coachhouse__V1__BookSessionRequest request = booking(start);
	(void)state;
	coachhouse_make_keys(identity.server_key, secret);
	sodium_hex2bin(d.secret, 32, secret, 64, NULL, NULL, NULL);
	snprintf(d.endpoint, sizeof d.endpoint, "ipc://%.40s/forgetful.sock", f->dir);
	strcpy(identity.endpoint, d.endpoint);
	assert_int_equal(pthread_create(&d.thread, NULL, lose_the_first, &d), 0);
	struct coachhouse *connection = coachhouse_connect(&identity, &failure);
	assert_non_null(connection);
	assert_false(coachhouse_call(connection, "coachhouse.v1.Booking/BookSession", &request.base,
				     NULL, 10000, &reply, &failure));
	atomic_store(&d.told, true);
	coachhouse_close(&connection);
	pthread_join(d.thread, NULL);
	zmq_ctx_term(d.context);
	assert_string_equal(failure.reason, "OUTCOME_UNKNOWN");
}

static int setup(void **state)
{
	*state = f = fixture_start(NULL);
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	other = fixture_person(f, "Otto Example", MEMBER);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_while_committing),
		cmocka_unit_test(nobody_behind_a_proxy),
		cmocka_unit_test(too_late_in_the_database),
		cmocka_unit_test(overtaken_by_a_refusal),
		cmocka_unit_test(the_refusal_of_a_call_that_was_given_up),
		cmocka_unit_test(too_late_after_an_answer_was_lost),
	};
	return cmocka_run_group_tests_name("answers", tests, setup, fixture_teardown);
}
