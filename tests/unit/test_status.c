/* What clients are told of what the database says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "status.h"

static struct status status;

static enum verdict verdict_of(const char *sqlstate, bool write)
{
	struct failure failure = {.message = "relation \"secret\" of Ada"};
	strcpy(failure.sqlstate, sqlstate);
	memset(&status, 0, sizeof(status));
	return status_of_failure(&failure, write, &status);
}

static void sqlstates_have_codes_and_sentences(void **state)
{
	static const struct {
		const char *sqlstate;
		Coachhouse__V1__Code code;
		const char *reason;
	} cases[] = {
		{"ZC002", CODE(INVALID_ARGUMENT), "KEY_REUSED"},
		{"ZC003", CODE(UNAUTHENTICATED), "UNKNOWN_KEY"},
		{"ZC004", CODE(PERMISSION_DENIED), "NOT_ALLOWED"},
		{"ZC005", CODE(DEADLINE_EXCEEDED), "EXPIRED"},
		{"23P01", CODE(ABORTED), "SLOT_TAKEN"},
		{"23505", CODE(ALREADY_EXISTS), "ALREADY_EXISTS"},
		{"23514", CODE(INVALID_ARGUMENT), "NOT_VALID"},
		{"22007", CODE(INVALID_ARGUMENT), "BAD_DATE"},
		{"22P02", CODE(INVALID_ARGUMENT), "BAD_VALUE"},
		{"42501", CODE(PERMISSION_DENIED), "NOT_ALLOWED"},
		{"57014", CODE(DEADLINE_EXCEEDED), "TIMED_OUT"},
		{"57P01", CODE(UNAVAILABLE), "DATABASE_AWAY"},
		{"25006", CODE(UNAVAILABLE), "DATABASE_AWAY"},
		{"53100", CODE(RESOURCE_EXHAUSTED), "DISK_FULL"},
		{"42703", CODE(INTERNAL), "INTERNAL"},
		{"XX000", CODE(INTERNAL), "INTERNAL"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(verdict_of(cases[i].sqlstate, true), VERDICT_REFUSED);
		assert_int_equal(status.code, cases[i].code);
		assert_string_equal(status.reason, cases[i].reason);
		assert_true(strlen(status.message) > 10);
		assert_null(strstr(status.message, "secret"));
	}
}

static void races_are_tried_again(void **state)
{
	(void)state;
	assert_int_equal(verdict_of("40P01", true), VERDICT_RETRY);
	assert_int_equal(verdict_of("40001", true), VERDICT_RETRY);
	assert_int_equal(verdict_of("55P03", false), VERDICT_RETRY);
	assert_int_equal(status.code, CODE(ABORTED)); /* if it never ends */
	assert_int_equal(verdict_of("ZC001", true), VERDICT_REPLAY);
}

static void a_method_refuses_in_its_own_words(void **state)
{
	struct failure failure = {.sqlstate = "ZC010",
				  .message = "Karen is taken at 10am; the next free time is 11am.",
				  .detail = "ABORTED SLOT_TAKEN",
				  .hint = "start"};
	(void)state;
	status_of_failure(&failure, true, &status);
	assert_int_equal(status.code, CODE(ABORTED));
	assert_string_equal(status.reason, "SLOT_TAKEN");
	assert_string_equal(status.message, failure.message);
	assert_string_equal(status.field, "start");
	strcpy(failure.detail, "NONSENSE");
	status_of_failure(&failure, true, &status);
	assert_int_equal(status.code, CODE(INTERNAL));
}

static void a_lost_connection_leaves_writes_unknown(void **state)
{
	const struct failure lost = {.unknown = true}, away = {0};
	(void)state;
	status_of_failure(&lost, true, &status);
	assert_int_equal(status.code, CODE(UNAVAILABLE));
	assert_string_equal(status.reason, "OUTCOME_UNKNOWN");
	status_of_failure(&lost, false, &status);
	assert_string_equal(status.reason, "DATABASE_AWAY");
	status_of_failure(&away, true, &status);
	assert_string_equal(status.reason, "DATABASE_AWAY");
}

static void constraints_speak_for_themselves(void **state)
{
	const struct failure failure = {.sqlstate = "23P01", .constraint = "nobody_in_two_places"};
	(void)state;
	status_of_failure(&failure, true, &status);
	assert_string_equal(status.reason, "SLOT_TAKEN");
	assert_null(strstr(status.message, "nobody_in"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sqlstates_have_codes_and_sentences),
		cmocka_unit_test(races_are_tried_again),
		cmocka_unit_test(a_method_refuses_in_its_own_words),
		cmocka_unit_test(a_lost_connection_leaves_writes_unknown),
		cmocka_unit_test(constraints_speak_for_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
