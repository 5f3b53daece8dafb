/* One invitation, two who hold the line: exactly one of them comes in. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "enrolment.pb-c.h"
#include "internal.h"

static struct fixture *f;
static struct fixture_daemon *second;

static struct side {
	pthread_t thread;
	struct coachhouse_invitation invitation;
	struct coachhouse_identity identity;
	struct coachhouse_failure failure;
	int64_t person; /* 0: refused */
} sides[2];

static pthread_barrier_t start;

static void *redeem(void *arg)
{
	struct side *s = arg;
	struct coachhouse_reply reply = {0};
	bool in = false;
	pthread_barrier_wait(&start);
	s->person = 0;
	/* Hundreds who come within seconds are a crowd, and let in by and by. */
	for (int64_t deadline = 0; !in && still_time(&deadline);) {
		in = coachhouse_enrol(&s->invitation, "a race", FIXTURE_TIMEOUT_MS, &s->identity,
				      &reply, &s->failure);
		if (strcmp(s->failure.reason, "KEY_NOT_ACCEPTED"))
			break;
	}
	if (in)
		s->person = ((Coachhouse__V1__RedeemReply *)reply.message)->person;
	coachhouse_reply_free(&reply);
	return NULL;
}

/* Each with a pair of their own, or both with the same; every other time by two daemons. */
static int64_t race(int round, bool same, char email[48])
{
	static const int roles[] = {MEMBER, 0};
	snprintf(email, 48, "%s%d@example.org", same ? "same" : "race", round);
	const struct coachhouse_invitation line = fixture_invite(f, "Raced Example", email, roles);
	for (int i = 0; i < 2; i++) {
		sides[i] = (struct side){.invitation = line};
		if (!i || !same)
			coachhouse_make_keys(sides[i].identity.public_key,
					     sides[i].identity.secret_key);
		else
			sides[i].identity = sides[0].identity;
	}
	if (round % 2)
		snprintf(sides[1].invitation.endpoint, sizeof line.endpoint, "%.240s.enrol",
			 second->endpoint);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&sides[i].thread, NULL, redeem, &sides[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(sides[i].thread, NULL);
	char sql[200];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM coachhouse.key JOIN coachhouse.contact USING (person) WHERE "
		 "email = '%s'",
		 email);
	return atoll(fixture_sql(f, sql));
}

static int rounds(int usual, int thorough)
{
	return fixture_is_long() ? thorough : usual;
}

static void two_keys_one_comes_in(void **state)
{
	char email[48];
	int first = 0;
	(void)state;
	for (int i = 0; i < rounds(40, 1000); i++) {
		assert_int_equal(race(i, false, email), 1);
		assert_true(!sides[0].person != !sides[1].person);
		const struct side *loser = &sides[sides[0].person != 0];
		assert_string_equal(loser->failure.reason, "INVITATION_USED");
		first += sides[0].person != 0;
	}
	print_message("  the first of two won %d of %d\n", first, rounds(40, 1000));
}

static void one_key_twice_one_answer(void **state)
{
	char email[48];
	(void)state;
	for (int i = 0; i < rounds(20, 500); i++) {
		assert_int_equal(race(i, true, email), 1);
		assert_true(sides[0].person && sides[0].person == sides[1].person);
	}
}

/* Ten guesses, and not even the right line is looked at from there. */
static void guessing_comes_to_an_end(void **state)
{
	static const int roles[] = {MEMBER, 0};
	struct coachhouse_invitation line =
		fixture_invite(f, "Late Example", "late@example.org", roles);
	const struct coachhouse_invitation right = line;
	(void)state;
	for (int i = 0; i < 12; i++) {
		uint8_t hash[32];
		coachhouse_make_token(line.token, hash);
		sides[0] = (struct side){.invitation = i < 11 ? line : right};
		pthread_barrier_init(&start, NULL, 1);
		redeem(&sides[0]);
		assert_int_equal(sides[0].person, 0);
		assert_string_equal(sides[0].failure.reason,
				    i < 10 ? "NO_SUCH_INVITATION" : "TOO_MANY_TRIES");
	}
	ask(f->admin, "GetStatus", " ");
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	second = fixture_daemon_add(f, NULL);
	return pthread_barrier_init(&start, NULL, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_keys_one_comes_in),
		cmocka_unit_test(one_key_twice_one_answer),
		cmocka_unit_test(guessing_comes_to_an_end),
	};
	return cmocka_run_group_tests_name("redeem", tests, setup, fixture_teardown);
}
