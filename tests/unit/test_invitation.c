/* Invitations, keys, tokens, endpoints, and methods by name: nothing that needs a daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "coachhouse.h"
#include "methods.h"
#include "people.pb-c.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NINE \
	"tcp://a:1,tcp://b:1,tcp://c:1,tcp://d:1,tcp://e:1,tcp://f:1,tcp://g:1,tcp://h:1,tcp://i:1"
#define TOKEN "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static void parses(const char *line, const char *endpoint)
{
	struct coachhouse_invitation invitation;
	struct coachhouse_failure failure = {.message = ""};
	if (!coachhouse_invitation_parse(line, &invitation, &failure))
		fail_msg("%s: %s", line, failure.message);
	assert_string_equal(invitation.endpoint, endpoint);
	assert_string_equal(invitation.server_key, KEY);
	for (int i = 0; i < 32; i++)
		assert_int_equal(invitation.token[i], i);
}

static void refused(const char *line, const char *says)
{
	struct coachhouse_invitation invitation;
	struct coachhouse_failure failure = {.message = ""};
	assert_false(coachhouse_invitation_parse(line, &invitation, &failure));
	assert_int_equal(failure.code, COACHHOUSE__V1__CODE__INVALID_ARGUMENT);
	if (!strstr(failure.message, says))
		fail_msg("%s is refused with: %s", line, failure.message);
}

static void test_parse(void **state)
{
	(void)state;
	parses("coachhouse:tcp://coach.example:7401:" KEY ":" TOKEN, "tcp://coach.example:7401");
	parses("coachhouse:tcp://[2001:db8::1]:7401:" KEY ":" TOKEN, "tcp://[2001:db8::1]:7401");
	parses(" coachhouse:ipc:///run/a:b/enrol.sock:" KEY ":" TOKEN "\r\n",
	       "ipc:///run/a:b/enrol.sock");
}

static void test_refused(void **state)
{
	(void)state;
	refused("", "does not begin");
	refused("tcp://coach.example:7401:" KEY ":" TOKEN, "does not begin");
	refused("coachhouse:", "missing");
	refused("coachhouse:" KEY ":" TOKEN, "missing");
	refused("coachhouse::" KEY ":" TOKEN, "no endpoint");
	refused("coachhouse:tcp://h:1:" KEY ":" TOKEN "A", "token");
	refused("coachhouse:tcp://h:1:" KEY ":AAECAw", "token");
	refused("coachhouse:tcp://h:1:" KEY ":" TOKEN " x", "token");
	refused("coachhouse:tcp://h:1:0011:" TOKEN, "key");
	refused("coachhouse:tcp://h:1:" KEY "0:" TOKEN, "key");
	refused("coachhouse:http://h:1:" KEY ":" TOKEN, "no endpoint");
	refused("coachhouse:tcp://h:" KEY ":" TOKEN, "no endpoint");
	refused("coachhouse:tcp://h:port:" KEY ":" TOKEN, "no endpoint");
	char line[900];
	memset(line, 'a', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	memcpy(line, "coachhouse:", 11);
	refused(line, "too long");
	snprintf(line, sizeof line, "coachhouse:ipc:///%0300d:" KEY ":" TOKEN, 7);
	refused(line, "255 characters");
	refused("coachhouse:" NINE ":" KEY ":" TOKEN, "9 endpoints are more than the 8");
}

static void test_write(void **state)
{
	(void)state;
	struct coachhouse_invitation invitation, again;
	struct coachhouse_failure failure;
	uint8_t hash[32], wanted[32];
	char line[512], secret[65];
	coachhouse_make_keys(invitation.server_key, secret);
	coachhouse_make_token(invitation.token, hash);
	strcpy(invitation.endpoint, "tcp://coach.example:7401,tcp://other.example:7401");
	coachhouse_invitation_write(&invitation, line, sizeof line);
	assert_true(coachhouse_invitation_parse(line, &again, &failure));
	assert_string_equal(again.endpoint, invitation.endpoint);
	assert_string_equal(again.server_key, invitation.server_key);
	assert_memory_equal(again.token, invitation.token, 32);
	crypto_hash_sha256(wanted, invitation.token, 32);
	assert_memory_equal(hash, wanted, 32);
}

static void test_keys(void **state)
{
	(void)state;
	char public_key[65], secret_key[65], other[65];
	uint8_t secret[32], computed[32];
	coachhouse_make_keys(public_key, secret_key);
	coachhouse_make_keys(other, secret_key);
	assert_string_not_equal(public_key, other);
	assert_int_equal(sodium_hex2bin(secret, 32, secret_key, 64, NULL, NULL, NULL), 0);
	crypto_scalarmult_base(computed, secret);
	sodium_bin2hex(public_key, sizeof public_key, computed, 32);
	assert_string_equal(public_key, other);
}

static void connect_refused(const char *endpoint, const char *server_key, const char *reason)
{
	struct coachhouse_identity identity = {.public_key = KEY, .secret_key = KEY};
	struct coachhouse_failure failure;
	snprintf(identity.endpoint, sizeof identity.endpoint, "%s", endpoint);
	snprintf(identity.server_key, sizeof identity.server_key, "%s", server_key);
	assert_null(coachhouse_connect(&identity, &failure));
	assert_string_equal(failure.reason, reason);
	if (!strcmp(endpoint, NINE))
		assert_non_null(strstr(failure.message, "9 endpoints are more than the 8"));
}

static void test_connect_checks_the_identity(void **state)
{
	(void)state;
	connect_refused("ipc:///tmp/nobody", "", "BAD_KEY");
	connect_refused("ipc:///tmp/nobody", "x" KEY, "BAD_KEY");
	connect_refused("", KEY, "BAD_ENDPOINT");
	connect_refused("localhost", KEY, "BAD_ENDPOINT");
	connect_refused("tcp://host", KEY, "BAD_ENDPOINT");
	connect_refused("tcp://host:", KEY, "BAD_ENDPOINT");
	connect_refused("tcp://:1", KEY, "BAD_ENDPOINT");
	connect_refused("tcp://host:1,", KEY, "BAD_ENDPOINT");
	connect_refused("inproc://x", KEY, "BAD_ENDPOINT");
	connect_refused(NINE, KEY, "BAD_ENDPOINT");
}

static void test_nobody_there(void **state)
{
	(void)state;
	struct coachhouse_identity identity = {.server_key = KEY};
	struct coachhouse_failure failure;
	struct coachhouse_reply reply;
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	strcpy(identity.endpoint, "ipc:///nonexistent/coachd.sock,ipc:///nonexistent/second.sock");
	coachhouse_make_keys(identity.public_key, identity.secret_key);
	struct coachhouse *connection = coachhouse_connect(&identity, &failure);
	assert_non_null(connection);
	assert_false(coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &request.base,
				     NULL, 300, &reply, &failure));
	assert_int_equal(failure.code, COACHHOUSE__V1__CODE__UNAVAILABLE);
	assert_string_equal(failure.reason, "NOBODY_THERE");
	assert_false(coachhouse_call(connection, "coachhouse.v1.People/GetStats", &request.base,
				     NULL, 300, &reply, &failure));
	assert_string_equal(failure.reason, "UNKNOWN_METHOD");
	coachhouse_close(&connection);
	assert_null(connection);
	coachhouse_close(&connection);
}

/* The library resolves every method the daemon has, and knows by its name whether it writes. */
static void test_methods_by_name(void **state)
{
	(void)state;
	static const char *const reads[] = {"Get", "List", "Prepare", "Report", "Review"};
	size_t count;
	const struct method *all = methods_all(&count);
	assert_true(count >= 50);
	for (size_t i = 0; i < count; i++) {
		bool read = false;
		assert_non_null(coachhouse_method(all[i].name));
		for (size_t j = 0; j < sizeof reads / sizeof *reads; j++)
			read |= !strncmp(all[i].rpc, reads[j], strlen(reads[j]));
		if (read != (all[i].access == ACCESS_READ))
			fail_msg("the name of %s does not say whether it writes", all[i].name);
	}
	assert_null(coachhouse_method("coachhouse.v1.People/"));
	assert_null(coachhouse_method("coachhouse.v1.People"));
	assert_null(coachhouse_method("coachhouse.v1.Peopl/GetStatus"));
	assert_null(coachhouse_method("/GetStatus"));
	assert_null(coachhouse_method(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_connect_checks_the_identity),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_methods_by_name),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
