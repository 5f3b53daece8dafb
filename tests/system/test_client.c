/* The client library against the real daemon: who gets in, who does not, and what a retry does. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ask.h"
#include "enrolment.pb-c.h"
#include "fixture.h"
#include "people.pb-c.h"

static const Coachhouse__V1__GetStatusRequest who_am_i = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;

static bool get_status(const struct coachhouse_identity *identity, int timeout_ms,
		       struct coachhouse_failure *failure)
{
	struct coachhouse_reply reply;
	struct coachhouse *connection = coachhouse_connect(identity, failure);
	assert_non_null(connection);
	bool done = coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &who_am_i.base,
				    NULL, timeout_ms, &reply, failure);
	coachhouse_reply_free(&reply);
	coachhouse_close(&connection);
	return done;
}

static void get_status_fails(const struct coachhouse_identity *identity, const char *reason)
{
	struct coachhouse_failure failure;
	assert_false(get_status(identity, 10000, &failure));
	assert_string_equal(failure.reason, reason);
}

static void test_enrolled(void **state)
{
	struct fixture *f = *state;
	struct fixture_person *zoe = fixture_person(f, "Zoë Example", COACH);
	Coachhouse__V1__GetStatusReply *reply =
		fixture_call(zoe->connection, "People/GetStatus", &who_am_i);
	assert_int_equal(reply->person, zoe->id);
	assert_string_equal(reply->name, "Zoë Example");
	assert_string_equal(reply->organisation, "Example Trust");
	fixture_free(reply);
}

static void test_wrong_daemon_key(void **state)
{
	struct fixture *f = *state;
	char secret[65];
	struct coachhouse_identity identity = f->admin->identity;
	coachhouse_make_keys(identity.server_key, secret);
	get_status_fails(&identity, "WRONG_SERVER_KEY");
}

static void test_unknown_key(void **state)
{
	struct fixture *f = *state;
	struct coachhouse_identity identity = f->admin->identity;
	coachhouse_make_keys(identity.public_key, identity.secret_key);
	get_status_fails(&identity, "KEY_NOT_ACCEPTED");
}

static void test_nobody_there(void **state)
{
	struct fixture *f = *state;
	struct coachhouse_identity identity = f->admin->identity;
	snprintf(identity.endpoint, sizeof identity.endpoint, "ipc://%s/nobody.sock", f->dir);
	get_status_fails(&identity, "NOBODY_THERE");
	strcpy(identity.endpoint, "tcp://127.0.0.1:1");
	get_status_fails(&identity, "NOBODY_THERE");
}

/* Takes two connections, and ends each as long after as is said there. */
static void *end_handshakes(void *arg)
{
	static const int ms[] = {2200, 0};
	const int listening = *(int *)arg;
	for (int i = 0; i < 2; i++) {
		const int fd = accept(listening, NULL, NULL);
		poll(NULL, 0, ms[i]);
		close(fd);
	}
	close(listening);
	return NULL;
}

/* Its handshakes end because their time is over: that says nothing of its key. */
static void test_too_busy(void **state)
{
	struct fixture *f = *state;
	struct coachhouse_identity identity = f->admin->identity;
	struct coachhouse_failure failure;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	pthread_t thread;
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%.90s/busy.sock", f->dir);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listening, 8), 0);
	assert_int_equal(pthread_create(&thread, NULL, end_handshakes, &listening), 0);
	snprintf(identity.endpoint, sizeof identity.endpoint, "ipc://%s", at.sun_path);
	assert_false(get_status(&identity, 4000, &failure));
	pthread_join(thread, NULL);
	assert_string_equal(failure.reason, "NOBODY_THERE");
	assert_non_null(strstr(failure.message, "too much to do"));
}

static void test_fails_over(void **state)
{
	struct fixture *f = *state;
	struct coachhouse_failure failure;
	struct coachhouse_identity identity = f->admin->identity;
	snprintf(identity.endpoint, sizeof identity.endpoint, "ipc://%.60s/nobody.sock,%.150s",
		 f->dir, f->admin->identity.endpoint);
	assert_true(get_status(&identity, 10000, &failure));
}

/* A key that worked stops with the next call, on the connection that it has. */
static void test_revoked_key(void **state)
{
	struct fixture *f = *state;
	struct fixture_person *left = fixture_person(f, "Lee Example", MEMBER);
	Coachhouse__V1__GetStatusReply *me =
		fixture_call(left->connection, "People/GetStatus", &who_am_i);
	Coachhouse__V1__RevokeKeyRequest request = COACHHOUSE__V1__REVOKE_KEY_REQUEST__INIT;
	request.has_key = true;
	request.key = me->key;
	fixture_free(fixture_call(f->admin->connection, "People/RevokeKey", &request));
	fixture_free(me);
	struct coachhouse_failure failure =
		fixture_refused(left->connection, "People/GetStatus", &who_am_i, "UNKNOWN_KEY");
	assert_int_equal(failure.code, COACHHOUSE__V1__CODE__UNAUTHENTICATED);
	for (int64_t deadline = time(NULL) + 10; strcmp(failure.reason, "KEY_NOT_ACCEPTED");) {
		assert_true(time(NULL) < deadline);
		assert_false(get_status(&left->identity, 10000, &failure));
	}
}

static bool enrol(const struct coachhouse_invitation *invitation,
		  struct coachhouse_identity *identity, int64_t *person,
		  struct coachhouse_failure *failure)
{
	struct coachhouse_reply reply;
	*person = 0;
	if (!coachhouse_enrol(invitation, "a test", 10000, identity, &reply, failure))
		return false;
	*person = ((Coachhouse__V1__RedeemReply *)reply.message)->person;
	coachhouse_reply_free(&reply);
	return true;
}

/* The reply was lost: with the same pair it is given again, with another it is not. */
static void test_redeemed_twice(void **state)
{
	struct fixture *f = *state;
	const int roles[] = {MEMBER, 0};
	struct coachhouse_invitation invitation =
		fixture_invite(f, "Sam Example", "sam@example.org", roles);
	struct coachhouse_identity identity = {0}, other = {0};
	struct coachhouse_failure failure;
	int64_t first, second;
	assert_true(enrol(&invitation, &identity, &first, &failure));
	assert_true(enrol(&invitation, &identity, &second, &failure));
	assert_int_equal(first, second);
	assert_true(get_status(&identity, 10000, &failure));
	assert_false(enrol(&invitation, &other, &second, &failure));
	assert_string_equal(failure.reason, "INVITATION_USED");
	strcpy(other.endpoint, identity.endpoint);
	get_status_fails(&other, "KEY_NOT_ACCEPTED");
}

/* Whoever left does not come back by a line from before. */
static void test_invited_and_left(void **state)
{
	struct fixture *f = *state;
	const int roles[] = {MEMBER, 0};
	struct coachhouse_invitation invitation =
		fixture_invite(f, "Lea Vesoon", "lea.vesoon@example.org", roles);
	struct coachhouse_identity identity = {0};
	struct coachhouse_failure failure;
	int64_t person;
	ask(f->admin, "EndPerson", "'who': 'lea.vesoon@example.org'");
	assert_false(enrol(&invitation, &identity, &person, &failure));
	assert_string_equal(failure.reason, "INVITATION_EXPIRED");
}

/* A line that went to the wrong person ends with the next one. */
static void test_invited_again(void **state)
{
	struct fixture *f = *state;
	const int roles[] = {MEMBER, 0};
	struct coachhouse_invitation first, second;
	struct coachhouse_identity identity = {0}, other = {0};
	struct coachhouse_failure failure;
	int64_t person;
	first = fixture_invite(f, "Ann Other", "ann.other@example.org", roles);
	second = fixture_invite(f, "Ann Other", "ann.other@example.org", roles);
	assert_false(enrol(&first, &identity, &person, &failure));
	assert_string_equal(failure.reason, "INVITATION_EXPIRED");
	assert_true(enrol(&second, &other, &person, &failure));
}

static void test_invented_invitation(void **state)
{
	struct fixture *f = *state;
	struct coachhouse_invitation invitation;
	struct coachhouse_identity identity = {0};
	struct coachhouse_failure failure;
	uint8_t hash[32];
	int64_t person;
	assert_true(coachhouse_invitation_parse(f->invitation, &invitation, &failure));
	coachhouse_make_token(invitation.token, hash);
	assert_false(enrol(&invitation, &identity, &person, &failure));
	assert_true(failure.reason[0]);
}

static bool add_organisation(struct coachhouse *connection, const char *name, const uint8_t *id,
			     int64_t *added, struct coachhouse_failure *failure)
{
	struct coachhouse_reply reply;
	Coachhouse__V1__AddOrganisationRequest request =
		COACHHOUSE__V1__ADD_ORGANISATION_REQUEST__INIT;
	request.name = (char *)name;
	request.has_sector = true;
	request.sector = COACHHOUSE__V1__SECTOR__SECTOR_COUNCIL;
	if (!coachhouse_call(connection, "coachhouse.v1.People/AddOrganisation", &request.base, id,
			     FIXTURE_TIMEOUT_MS, &reply, failure))
		return false;
	*added = ((Coachhouse__V1__AddOrganisationReply *)reply.message)->id;
	coachhouse_reply_free(&reply);
	return true;
}

/* The same id is the same call, on the same connection and across a restart. */
static void test_same_id_after_restart(void **state)
{
	struct fixture *f = *state;
	struct coachhouse *connection = f->admin->connection;
	const uint8_t id[16] = "one call, twice";
	struct coachhouse_failure failure = {0};
	int64_t first = 0, second = 0, third = 0;
	assert_true(add_organisation(connection, "Council One", id, &first, &failure));
	assert_true(add_organisation(connection, "Council One", id, &second, &failure));
	fixture_daemon_stop(f, &f->daemons[0]);
	fixture_daemon_start(f, &f->daemons[0], NULL);
	assert_true(add_organisation(connection, "Council One", id, &third, &failure));
	assert_int_equal(first, second);
	assert_int_equal(first, third);
	assert_false(add_organisation(connection, "Council Two", id, &third, &failure));
	assert_string_equal(failure.reason, "KEY_REUSED");
	assert_string_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.organisation "
					   "WHERE name LIKE 'Council%'"),
			    "1");
}

/* Through a second daemon the id is known as well. */
static void test_same_id_at_another_daemon(void **state)
{
	struct fixture *f = *state;
	const uint8_t id[16] = "two daemons one";
	struct coachhouse_failure failure = {0};
	int64_t first = 0, second = 0;
	struct fixture_daemon *daemon = fixture_daemon_add(f, NULL);
	struct coachhouse *other = fixture_connect(f->admin, daemon);
	assert_true(add_organisation(f->admin->connection, "Trust Two", id, &first, &failure));
	assert_true(add_organisation(other, "Trust Two", id, &second, &failure));
	assert_int_equal(first, second);
	coachhouse_close(&other);
	fixture_daemon_stop(f, daemon);
}

/* A daemon that lives in another time: what has expired is said by its clock. */
static void test_learns_the_clock(void **state)
{
	struct fixture *f = *state;
	struct fixture_daemon *daemon = fixture_daemon_add(f, "2031-05-05T10:00:00Z");
	struct coachhouse *connection = fixture_connect(f->admin, daemon);
	struct coachhouse_reply reply;
	struct coachhouse_failure failure;
	bool done = coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &who_am_i.base,
				    NULL, FIXTURE_TIMEOUT_MS, &reply, &failure);
	if (!done)
		fail_msg("%s", failure.message);
	assert_in_range(reply.now / 1000000, 1935741600, 1935741600 + 600);
	coachhouse_reply_free(&reply);
	coachhouse_close(&connection);
	fixture_daemon_stop(f, daemon);
}

/* PostgreSQL dies; the daemon starts it again, and the call is sent until then. */
static void test_database_dies(void **state)
{
	struct fixture *f = *state;
	fixture_postgres_kill(f);
	fixture_free(fixture_call(f->admin->connection, "People/GetStatus", &who_am_i));
}

/* The connection finds the daemon again by itself. */
static void test_daemon_killed(void **state)
{
	struct fixture *f = *state;
	struct coachhouse *connection = f->admin->connection;
	struct coachhouse_failure failure = {0};
	struct coachhouse_reply reply;
	fixture_free(fixture_call(connection, "People/GetStatus", &who_am_i));
	fixture_daemon_kill(f, &f->daemons[0]);
	assert_false(coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &who_am_i.base,
				     NULL, 500, &reply, &failure));
	assert_int_equal(failure.code, COACHHOUSE__V1__CODE__UNAVAILABLE);
	fixture_daemon_start(f, &f->daemons[0], NULL);
	fixture_free(fixture_call(connection, "People/GetStatus", &who_am_i));
}

static bool organisation_exists(struct fixture *f, const char *name)
{
	char sql[200];
	snprintf(sql, sizeof sql, "SELECT 1 FROM coachhouse.organisation WHERE name = '%s'", name);
	return fixture_sql(f, sql);
}

/*
 * A write that a frozen daemon gets too late: the caller was told that nobody
 * knows, the daemon finds it expired, and the same id then does it, once.
 */
static void test_outcome_unknown(void **state)
{
	struct fixture *f = *state;
	struct coachhouse *connection = f->admin->connection;
	const uint8_t id[16] = "sent but frozen";
	struct coachhouse_failure failure = {0};
	struct coachhouse_reply reply;
	int64_t added;
	Coachhouse__V1__AddOrganisationRequest request =
		COACHHOUSE__V1__ADD_ORGANISATION_REQUEST__INIT;
	request.name = (char *)"Late Trust";
	request.has_sector = true;
	request.sector = COACHHOUSE__V1__SECTOR__SECTOR_COUNCIL;
	fixture_free(fixture_call(connection, "People/GetStatus", &who_am_i));
	kill(f->daemons[0].pid, SIGSTOP);
	bool done = coachhouse_call(connection, "coachhouse.v1.People/AddOrganisation",
				    &request.base, id, 500, &reply, &failure);
	kill(f->daemons[0].pid, SIGCONT);
	assert_false(done);
	assert_int_equal(failure.code, COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED);
	assert_string_equal(failure.reason, "OUTCOME_UNKNOWN");
	fixture_free(fixture_call(connection, "People/GetStatus", &who_am_i));
	assert_false(organisation_exists(f, "Late Trust"));
	assert_true(add_organisation(connection, "Late Trust", id, &added, &failure));
	assert_true(organisation_exists(f, "Late Trust"));
}

static void test_example(void **state)
{
	struct fixture *f = *state;
	const struct coachhouse_identity *identity = &f->admin->identity;
	char path[100], command[300], said[100] = "";
	snprintf(path, sizeof path, "%s/profile.conf", f->dir);
	FILE *profile = fopen(path, "w");
	assert_non_null(profile);
	fprintf(profile, "endpoint = %s\nserver_key = %s\npublic_key = %s\nsecret_key = %s\n",
		identity->endpoint, identity->server_key, identity->public_key,
		identity->secret_key);
	fclose(profile);
	snprintf(command, sizeof command, BUILD_DIR "/example %s", path);
	FILE *example = popen(command, "re");
	assert_non_null(example);
	assert_non_null(fgets(said, sizeof said, example));
	assert_int_equal(pclose(example), 0);
	assert_string_equal(said, "Ada Example\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enrolled),
		cmocka_unit_test(test_wrong_daemon_key),
		cmocka_unit_test(test_unknown_key),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_too_busy),
		cmocka_unit_test(test_fails_over),
		cmocka_unit_test(test_revoked_key),
		cmocka_unit_test(test_redeemed_twice),
		cmocka_unit_test(test_invited_and_left),
		cmocka_unit_test(test_invited_again),
		cmocka_unit_test(test_invented_invitation),
		cmocka_unit_test(test_same_id_after_restart),
		cmocka_unit_test(test_same_id_at_another_daemon),
		cmocka_unit_test(test_learns_the_clock),
		cmocka_unit_test(test_database_dies),
		cmocka_unit_test(test_daemon_killed),
		cmocka_unit_test(test_outcome_unknown),
		cmocka_unit_test(test_example),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
