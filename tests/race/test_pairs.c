/* Two who change what is theirs at the same moment, in every way they can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "booking.pb-c.h"
#include "conversations.pb-c.h"
#include "engagements.pb-c.h"
#include "fixture.h"

enum { PAIRS = 8, IDS = 16 };

/* What only a quarrel inside the database would give. */
static const char *const forbidden[] = {"BUSY",	     "INTERNAL",  "ALREADY_EXISTS",
					"NOT_VALID", "TIMED_OUT", "OUTCOME_UNKNOWN"};

struct side {
	pthread_t thread;
	const struct fixture_person *me, *other;
	bool is_coach;
	unsigned seed;
	int calls, refused;
	int64_t ids[IDS]; /* what was seen last: requests, engagements, sessions */
	int n_ids;
	struct coachhouse_failure fault;
	bool faulty;
};

static int roll(struct side *s, int sides)
{
	return (int)(rand_r(&s->seed) % (unsigned)sides);
}

/* The reply, or NULL; what must never be said is kept. */
static void *call(struct side *s, const char *method, const ProtobufCMessage *request)
{
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	if (coachhouse_call(s->me->connection, method, request, NULL, FIXTURE_TIMEOUT_MS, &reply,
			    &failure))
		return reply.message;
	s->refused++;
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
		if (!strcmp(failure.reason, forbidden[i])) {
			s->fault = failure;
			s->faulty = true;
		}
	return NULL;
}

static void keep(struct side *s, int64_t id)
{
	s->ids[s->n_ids < IDS ? s->n_ids++ : roll(s, IDS)] = id;
}

static int64_t one_of(struct side *s)
{
	return s->n_ids ? s->ids[roll(s, s->n_ids)] : 1;
}

static void look(struct side *s)
{
	Coachhouse__V1__ListRequestsRequest open = COACHHOUSE__V1__LIST_REQUESTS_REQUEST__INIT;
	Coachhouse__V1__ListEngagementsRequest mine =
		COACHHOUSE__V1__LIST_ENGAGEMENTS_REQUEST__INIT;
	s->n_ids = 0;
	open.has_open = open.open = true;
	Coachhouse__V1__ListRequestsReply *requests =
		call(s, "coachhouse.v1.Engagements/ListRequests", &open.base);
	for (size_t i = 0; requests && i < requests->n_requests; i++)
		keep(s, requests->requests[i]->id);
	fixture_free(requests);
	Coachhouse__V1__ListEngagementsReply *engagements =
		call(s, "coachhouse.v1.Engagements/ListEngagements", &mine.base);
	for (size_t i = 0; engagements && i < engagements->n_engagements; i++)
		keep(s, engagements->engagements[i]->id);
	fixture_free(engagements);
}

static void submit(struct side *s)
{
	Coachhouse__V1__SubmitRequestRequest request = COACHHOUSE__V1__SUBMIT_REQUEST_REQUEST__INIT;
	if (!s->is_coach && roll(s, 2))
		request.coach = (char *)s->other->email;
	fixture_free(call(s, "coachhouse.v1.Engagements/SubmitRequest", &request.base));
}

static void answer(struct side *s)
{
	Coachhouse__V1__AcceptRequest accept = COACHHOUSE__V1__ACCEPT_REQUEST__INIT;
	Coachhouse__V1__DeclineRequest decline = COACHHOUSE__V1__DECLINE_REQUEST__INIT;
	Coachhouse__V1__WithdrawRequest withdraw = COACHHOUSE__V1__WITHDRAW_REQUEST__INIT;
	accept.has_id = decline.has_id = withdraw.has_id = true;
	accept.id = decline.id = withdraw.id = one_of(s);
	if (!s->is_coach)
		fixture_free(call(s, "coachhouse.v1.Engagements/Withdraw", &withdraw.base));
	else if (roll(s, 2))
		fixture_free(call(s, "coachhouse.v1.Engagements/Accept", &accept.base));
	else
		fixture_free(call(s, "coachhouse.v1.Engagements/Decline", &decline.base));
}

static void end(struct side *s)
{
	Coachhouse__V1__EndEngagementRequest request = COACHHOUSE__V1__END_ENGAGEMENT_REQUEST__INIT;
	request.has_engagement = true;
	request.engagement = one_of(s);
	fixture_free(call(s, "coachhouse.v1.Engagements/EndEngagement", &request.base));
}

static void agree(struct side *s)
{
	Coachhouse__V1__SetContractRequest request = COACHHOUSE__V1__SET_CONTRACT_REQUEST__INIT;
	request.has_engagement = request.has_sessions = true;
	request.engagement = one_of(s);
	request.sessions = 1 + roll(s, 9);
	fixture_free(call(s, "coachhouse.v1.Engagements/SetContract", &request.base));
}

static void book(struct side *s)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	const time_t at = (time(NULL) / 86400 + 3) * 86400 + roll(s, 12) * 3600;
	char start[32];
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(start, sizeof start, "%Y-%m-%dT%H:%MZ", &tm);
	request.who = (char *)s->other->email;
	request.start = start;
	Coachhouse__V1__BookSessionReply *reply =
		call(s, "coachhouse.v1.Booking/BookSession", &request.base);
	if (reply)
		keep(s, reply->sessions[0]->id);
	fixture_free(reply);
}

static void cancel(struct side *s)
{
	Coachhouse__V1__CancelSessionRequest request = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	request.has_session = true;
	request.session = one_of(s);
	fixture_free(call(s, "coachhouse.v1.Booking/CancelSession", &request.base));
}

static void record(struct side *s)
{
	Coachhouse__V1__LogConversationRequest request =
		COACHHOUSE__V1__LOG_CONVERSATION_REQUEST__INIT;
	const time_t at = (time(NULL) / 86400 - 3) * 86400 + roll(s, 12) * 3600;
	char start[32];
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(start, sizeof start, "%Y-%m-%dT%H:%MZ", &tm);
	request.with = (char *)s->other->email;
	request.start = start;
	fixture_free(call(s, "coachhouse.v1.Conversations/LogConversation", &request.base));
}

static void *quarrel(void *arg)
{
	static void (*const ways[])(struct side *) = {look,  submit, answer, answer, end,
						      agree, book,   book,   cancel, record};
	struct side *s = arg;
	for (int i = 0; i < s->calls && !s->faulty; i++)
		ways[roll(s, sizeof ways / sizeof *ways)](s);
	return NULL;
}

static int count(struct fixture *f, const char *sql)
{
	return atoi(fixture_sql(f, sql));
}

static void neither_hears_of_the_other(void **state)
{
	static struct side sides[2 * PAIRS];
	struct fixture *f = *state;
	const int calls = fixture_is_long() ? 2000 : 120;
	int refused = 0;
	for (int i = 0; i < PAIRS; i++) {
		char name[40];
		snprintf(name, sizeof name, "Coach %c Example", 'A' + i);
		const struct fixture_person *coach = fixture_coach(f, name);
		snprintf(name, sizeof name, "Mentee %c Example", 'A' + i);
		const struct fixture_person *mentee = fixture_person(f, name, MEMBER);
		sides[2 * i] = (struct side){.me = coach, .other = mentee, .is_coach = true};
		sides[2 * i + 1] = (struct side){.me = mentee, .other = coach};
	}
	/* Half of them wait to be accepted, the others may book at once. */
	fixture_sql(f, "UPDATE coachhouse.registration SET self_selection = person % 2 = 0");
	for (int i = 0; i < 2 * PAIRS; i++) {
		sides[i].seed = 31U * (unsigned)i + 7;
		sides[i].calls = calls;
		assert_int_equal(pthread_create(&sides[i].thread, NULL, quarrel, &sides[i]), 0);
	}
	for (int i = 0; i < 2 * PAIRS; i++) {
		pthread_join(sides[i].thread, NULL);
		refused += sides[i].refused;
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		if (sides[i].faulty)
			fixture_fail("%s: %s: %s", sides[i].me->name, sides[i].fault.reason,
				     sides[i].fault.message);
	print_message("  %d calls, %d refused\n", 2 * PAIRS * calls, refused);
	assert_int_equal(
		count(f, "SELECT count(*) FROM (SELECT FROM coachhouse.engagement WHERE state "
			 "IN ('proposed', 'active', 'paused') GROUP BY coach, mentee, activity "
			 "HAVING count(*) > 1) e"),
		0);
	assert_int_equal(
		count(f, "SELECT count(*) FROM coachhouse.session s JOIN coachhouse.engagement "
			 "e ON e.id = s.engagement WHERE s.state IN ('booked', 'requested') AND "
			 "s.starts > now() AND e.state NOT IN ('proposed', 'active', 'paused')"),
		0);
	assert_int_equal(count(f, "SELECT deadlocks FROM pg_stat_database WHERE datname = "
				  "'coachhouse'"),
			 0);
	assert_true(count(f, "SELECT count(*) FROM coachhouse.engagement") > PAIRS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(neither_hears_of_the_other)};
	return cmocka_run_group_tests_name("pairs", tests, fixture_setup, fixture_teardown);
}
