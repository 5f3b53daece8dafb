/* The keys of people: whose, how many, who is told of them, and how soon one is useless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ask.h"
#include "wire.h"

enum { SOON_MS = 5000 }; /* a revoked key does not get in anywhere after this */

static struct fixture *f;

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000L};
	nanosleep(&time, NULL);
}

static struct coachhouse_invitation invite(const struct fixture_person *person)
{
	static const int roles[] = {MEMBER, 0};
	return fixture_invite(f, person->name, person->email, roles);
}

/* One more key of theirs, as from another machine; NULL: refused, with `reason`. */
static struct fixture_person *another_key(const struct fixture_person *person, const char *label,
					  const char *reason)
{
	const struct coachhouse_invitation invitation = invite(person);
	struct coachhouse_failure failure = {0};
	struct coachhouse_reply reply;
	struct fixture_person *copy = calloc(1, sizeof *copy);
	assert_non_null(copy);
	*copy = *person;
	copy->identity = (struct coachhouse_identity){0};
	const bool done = coachhouse_enrol(&invitation, label, FIXTURE_TIMEOUT_MS, &copy->identity,
					   &reply, &failure);
	coachhouse_reply_free(&reply);
	assert_string_equal(failure.reason, reason);
	if (!done) {
		free(copy);
		return NULL;
	}
	copy->connection = fixture_connect(copy, NULL);
	copy->next = f->people;
	f->people = copy;
	return copy;
}

static long long key_of(const struct fixture_person *person)
{
	return ask_number(ask(person, "GetStatus", " "), "key");
}

/* Whether the key passes a handshake there, until it does or does not, for `ms` at most. */
static int64_t time_until(const char *endpoint, const struct coachhouse_identity *identity,
			  enum wire_outcome wanted, int ms)
{
	const int64_t start = now_ms();
	for (;;) {
		struct wire *wire = wire_open(endpoint, identity);
		const enum wire_outcome outcome = wire_shake_hands(wire, WIRE_MS);
		wire_close(&wire);
		if (outcome == wanted)
			return now_ms() - start;
		if (now_ms() - start > ms)
			fixture_fail("after %d ms a handshake still ends with %d", ms, outcome);
		pause_ms(10);
	}
}

static void assert_useless(const struct fixture_person *person)
{
	const char *reason = ask_either(person, "GetStatus", NULL, " ");
	if (strcmp(reason, "UNKNOWN_KEY") && strcmp(reason, "KEY_NOT_ACCEPTED"))
		fixture_fail("a revoked key is answered with \"%s\"", reason);
}

/* --- listing -------------------------------------------------------------------- */

static void each_sees_their_own(void **state)
{
	const struct fixture_person *person = fixture_person(f, "Lia Example", MEMBER);
	const struct fixture_person *phone = another_key(person, "phone", "");
	const struct fixture_person *other = fixture_person(f, "Sten Example", MEMBER);
	(void)state;
	const json_t *keys = ask(phone, "ListKeys", " ");
	assert_int_equal(ask_count(keys, "keys"), 2);
	assert_string_equal(ask_text(keys, "keys.0.label"), "a test");
	assert_string_equal(ask_text(keys, "keys.1.label"), "phone");
	assert_string_equal(ask_text(keys, "keys.1.invited_by"), f->admin->name);
	assert_false(json_is_true(ask_find(keys, "keys.0.calling")));
	assert_true(json_is_true(ask_find(keys, "keys.1.calling")));
	assert_int_equal(ask_number(keys, "keys.1.id"), key_of(phone));
	assert_memory_equal(ask_text(keys, "keys.1.begins"), phone->identity.public_key, 8);
	assert_true(*ask_text(keys, "keys.1.added"));
	assert_int_equal(ask_count(ask(f->admin, "ListKeys", "'who': '%s'", person->email), "keys"),
			 2);
	ask_refused(other, "ListKeys", "NO_SUCH_PERSON", "'who': '%s'", person->email);
	assert_int_equal(ask_count(ask(other, "ListKeys", " "), "keys"), 1);
}

static void wait_for_use(const struct fixture_person *person)
{
	const json_t *keys = NULL;
	for (const int64_t start = now_ms(); !*ask_text(keys, "keys.0.used"); pause_ms(50)) {
		assert_true(now_ms() - start < 20000);
		keys = ask(person, "ListKeys", " ");
	}
}

/* Soon after the first call, without a word from who calls; one after several as well. */
static void use_is_noted(void **state)
{
	const struct fixture_person *several[3], *one;
	(void)state;
	for (int i = 0; i < 3; i++)
		several[i] = fixture_person(f, "Una Example", MEMBER);
	for (int i = 0; i < 3; i++)
		key_of(several[i]);
	for (int i = 0; i < 3; i++)
		wait_for_use(several[i]);
	one = fixture_person(f, "Solo Example", MEMBER);
	wait_for_use(one);
}

/* --- revoking ------------------------------------------------------------------- */

static void one_revokes_ones_own(void **state)
{
	const struct fixture_person *laptop = fixture_person(f, "Rex Example", MEMBER);
	const struct fixture_person *phone = another_key(laptop, "phone", "");
	const struct fixture_person *old = another_key(laptop, "old", "");
	const struct fixture_person *tablet = another_key(laptop, "tablet", "");
	(void)state;
	ask_refused(laptop, "RevokeKey", "WHICH_KEYS", " ");
	ask_refused(laptop, "RevokeKey", "WHICH_KEYS", "'key': %lld, 'others': true",
		    key_of(phone));
	ask_refused(laptop, "RevokeKey", "NOT_FOUND", "'key': %lld", key_of(f->admin));
	const long long id = key_of(phone);
	assert_int_equal(ask_number(ask(laptop, "RevokeKey", "'key': %lld", id), "revoked"), 1);
	assert_int_equal(ask_number(ask(laptop, "RevokeKey", "'key': %lld", id), "revoked"), 0);
	assert_useless(phone);
	assert_int_equal(ask_number(ask(laptop, "RevokeKey", "'others': true"), "revoked"), 2);
	assert_useless(old);
	assert_useless(tablet);
	ask(laptop, "GetStatus", " ");
	ask(laptop, "RevokeKey", "'key': %lld", key_of(laptop));
	assert_useless(laptop);
	ask(f->admin, "GetStatus", " ");
}

static void an_administrator_revokes_anyones(void **state)
{
	const struct fixture_person *laptop = fixture_person(f, "Ann Example", MEMBER);
	const struct fixture_person *phone = another_key(laptop, "phone", "");
	const struct fixture_person *tablet = another_key(laptop, "tablet", "");
	const struct fixture_person *coach = fixture_coach(f, "Cleo Example");
	const struct fixture_person *other = fixture_person(f, "Odd Example", MEMBER);
	(void)state;
	ask(f->admin, "RevokeKey", "'key': %lld", key_of(phone));
	assert_useless(phone);
	ask_refused(other, "RevokeKey", "NO_SUCH_PERSON", "'who': '%s'", laptop->email);
	ask_refused(other, "RevokeKey", "NOT_ALLOWED", "'who': '%s'", coach->name);
	ask(coach, "GetStatus", " ");
	const json_t *all = ask(f->admin, "RevokeKey", "'who': '%s'", laptop->email);
	assert_int_equal(ask_number(all, "revoked"), 2);
	assert_int_equal(ask_number(all, "id"), laptop->id);
	assert_useless(laptop);
	assert_useless(tablet);
	ask(other, "GetStatus", " ");
}

/* A client that stays connected is refused at its next call, wherever it is. */
static void a_revoked_key_is_useless_everywhere(void **state)
{
	struct fixture_daemon *second = fixture_daemon_add(f, NULL);
	struct fixture_person *person = fixture_person(f, "Ida Example", MEMBER);
	const struct fixture_person *there = ask_through(f, person, second);
	(void)state;
	time_until(second->endpoint, &person->identity, WIRE_UP, SOON_MS);
	ask(there, "GetStatus", " ");
	ask(person, "GetStatus", " ");
	ask(f->admin, "RevokeKey", "'who': '%s'", person->email);
	ask_refused(there, "GetStatus", "UNKNOWN_KEY", " ");
	ask_refused(person, "GetStatus", "UNKNOWN_KEY", " ");
	const int64_t here =
		time_until(f->daemons[0].endpoint, &person->identity, WIRE_REFUSED, SOON_MS);
	const int64_t far = time_until(second->endpoint, &person->identity, WIRE_REFUSED, SOON_MS);
	print_message("  shut out after %lld ms here, %lld ms at another daemon\n", (long long)here,
		      (long long)far);
	fixture_daemon_stop(f, second);
}

/* --- how a daemon comes to know ----------------------------------------------------- */

/* A notice that is lost costs at most the five seconds of the poll. */
static void a_lost_notice_does_not_matter(void **state)
{
	const struct fixture_person *person = fixture_person(f, "Lou Example", MEMBER);
	char sql[300];
	(void)state;
	snprintf(sql, sizeof sql,
		 "BEGIN; ALTER TABLE coachhouse.key DISABLE TRIGGER keys_changed; UPDATE "
		 "coachhouse.key SET revoked = now() WHERE person = %lld; ALTER TABLE "
		 "coachhouse.key ENABLE TRIGGER keys_changed; COMMIT",
		 (long long)person->id);
	fixture_sql(f, sql);
	assert_useless(person);
	time_until(f->daemons[0].endpoint, &person->identity, WIRE_REFUSED, SOON_MS + 1000);
}

/* A change that began before others, and was seen only after them. */
static void a_late_commit_is_not_missed(void **state)
{
	const struct fixture_person *person = fixture_person(f, "Lee Example", MEMBER);
	char sql[200];
	(void)state;
	snprintf(sql, sizeof sql,
		 "BEGIN; UPDATE coachhouse.key SET revoked = now() WHERE person = %lld",
		 (long long)person->id);
	fixture_sql(f, sql);
	fixture_person(f, "Ray Example", MEMBER);
	fixture_person(f, "Roy Example", MEMBER);
	ask(person, "GetStatus", " ");
	fixture_sql(f, "COMMIT");
	time_until(f->daemons[0].endpoint, &person->identity, WIRE_REFUSED, SOON_MS);
}

static void what_is_deleted_is_not_known(void **state)
{
	const struct fixture_person *person = fixture_person(f, "Del Example", MEMBER);
	char sql[200];
	(void)state;
	snprintf(sql, sizeof sql, "DELETE FROM coachhouse.key WHERE person = %lld",
		 (long long)person->id);
	fixture_sql(f, sql);
	time_until(f->daemons[0].endpoint, &person->identity, WIRE_REFUSED, SOON_MS);
}

/* More than the table in memory began with, some of them gone again. */
static void many_keys_are_known(void **state)
{
	const struct fixture_person *person = fixture_person(f, "Max Example", MEMBER);
	char sql[300];
	(void)state;
	snprintf(sql, sizeof sql,
		 "INSERT INTO coachhouse.key (person, public) SELECT %lld, sha256(i::text::bytea) "
		 "FROM generate_series(1, 1000) i",
		 (long long)person->id);
	fixture_sql(f, sql);
	const struct fixture_person *last = fixture_person(f, "Zed Example", MEMBER);
	ask(person, "GetStatus", " ");
	ask(f->admin, "RevokeKey", "'who': '%s'", person->email);
	time_until(f->daemons[0].endpoint, &person->identity, WIRE_REFUSED, SOON_MS);
	ask(last, "GetStatus", " ");
	fixture_sql(f, "DELETE FROM coachhouse.key WHERE label = ''");
}

/* --- how many, and who is told ------------------------------------------------------ */

static void five_are_the_most(void **state)
{
	const struct fixture_person *person = fixture_person(f, "Mo Example", MEMBER);
	const struct fixture_person *last = NULL;
	(void)state;
	for (int i = 2; i <= 5; i++)
		last = another_key(person, "more", "");
	assert_null(another_key(person, "too many", "TOO_MANY_KEYS"));
	ask(person, "RevokeKey", "'key': %lld", key_of(last));
	assert_non_null(another_key(person, "again", ""));
}

/* What `todo` of this one says of keys: how many are news. */
static size_t news(const struct fixture_person *person)
{
	const json_t *todo = ask(person, "ListTodo", " ");
	size_t found = 0;
	for (size_t i = 0; i < ask_count(todo, "todo"); i++) {
		char kind[40], with[40];
		snprintf(kind, sizeof kind, "todo.%zu.kind", i);
		snprintf(with, sizeof with, "todo.%zu.with_name", i);
		if (strcmp(ask_text(todo, kind), "new_key"))
			continue;
		assert_string_equal(ask_text(todo, with), f->admin->name);
		found++;
	}
	return found;
}

/* Whoever has an administrator's power to invite cannot do this unseen. */
static void a_new_key_is_not_secret(void **state)
{
	const struct fixture_person *owner = fixture_person(f, "Nia Example", MEMBER);
	const struct fixture_person *other = fixture_person(f, "Nil Example", MEMBER);
	(void)state;
	assert_int_equal(news(owner), 0);
	const struct fixture_person *one = another_key(owner, "not hers", "");
	const struct fixture_person *two = another_key(owner, "not hers either", "");
	assert_int_equal(news(owner), 2);
	assert_int_equal(news(other), 0);
	/* Neither of them can hide itself or the other. */
	ask(one, "ConfirmKey", "'key': %lld", key_of(two));
	ask(two, "ConfirmKey", "'key': %lld", key_of(one));
	ask(one, "RevokeKey", "'key': %lld", key_of(two));
	assert_int_equal(news(owner), 2);
	ask_refused(other, "ConfirmKey", "NOT_FOUND", "'key': %lld", key_of(one));
	const long long known = key_of(one);
	ask(owner, "ConfirmKey", "'key': %lld", known);
	assert_int_equal(news(owner), 1);
	ask(owner, "ConfirmKey", "'key': %lld", known);
	assert_int_equal(news(owner), 1);
	ask(owner, "RevokeKey", "'others': true");
	assert_int_equal(news(owner), 1);
	ask(owner, "ConfirmKey", "'key': %lld",
	    (long long)ask_number(ask(owner, "ListKeys", " "), "keys.2.id"));
	assert_int_equal(news(owner), 0);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sees_their_own),
		cmocka_unit_test(use_is_noted),
		cmocka_unit_test(one_revokes_ones_own),
		cmocka_unit_test(an_administrator_revokes_anyones),
		cmocka_unit_test(a_revoked_key_is_useless_everywhere),
		cmocka_unit_test(a_lost_notice_does_not_matter),
		cmocka_unit_test(a_late_commit_is_not_missed),
		cmocka_unit_test(what_is_deleted_is_not_known),
		cmocka_unit_test(many_keys_are_known),
		cmocka_unit_test(five_are_the_most),
		cmocka_unit_test(a_new_key_is_not_secret),
	};
	return cmocka_run_group_tests_name("keys", tests, setup, fixture_teardown);
}
