/* Many at once: one slot is given to one person, and nobody hears of the database's quarrels. */
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
#include "engagements.pb-c.h"
#include "fixture.h"

enum {
	RUSH = 50,
	CLIENTS = 32,
	COACHES = 10,
	SLOTS = 40, /* few, so that they meet */
	SHOWN = 64,
	LEDGER = 20000,
};

/* What a client may be told, of the calls that this test makes. */
static const char *const allowed[] = {
	"SLOT_TAKEN",	 "YOU_ARE_BUSY", "MENTEE_BUSY",
	"STALE_VERSION", "WRONG_STATE",	 "ALREADY_BOOKED",
};

/* Words of a database, which mean nothing to people. */
static const char *const forbidden[] = {
	"deadlock",	   "serializ",	   "constraint",    "violates",
	"duplicate key",   "relation",	   "participation", "nobody_in_two_places",
	"engagement_open", "request_open", "_key",	    "_fkey",
	"_check",	   "SQL",
};

static pthread_barrier_t barrier;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What was said in refusals, each once. */
static struct {
	char reason[64], message[1024];
	int times;
} said[SHOWN];
static int n_said;

/* What clients were told of a session: the newest version counts. */
struct told {
	int64_t id, starts;
	int version;
	bool cancelled;
};
static struct told ledger[LEDGER];
static int n_told;

static void note_refusal(const struct coachhouse_failure *failure)
{
	pthread_mutex_lock(&lock);
	int i = 0;
	while (i < n_said && strcmp(said[i].reason, failure->reason))
		i++;
	if (i < SHOWN) {
		snprintf(said[i].reason, sizeof said[i].reason, "%s", failure->reason);
		snprintf(said[i].message, sizeof said[i].message, "%s", failure->message);
		said[i].times++;
		if (i == n_said)
			n_said++;
	}
	for (size_t w = 0; w < sizeof forbidden / sizeof *forbidden; w++)
		if (strstr(failure->message, forbidden[w]) && i < SHOWN)
			snprintf(said[i].reason, sizeof said[i].reason, "(word of a database)");
	pthread_mutex_unlock(&lock);
}

static void note_told(int64_t id, int version, int64_t starts, bool cancelled)
{
	pthread_mutex_lock(&lock);
	int i = 0;
	while (i < n_told && ledger[i].id != id)
		i++;
	if (i == n_told && n_told < LEDGER)
		n_told++;
	if (i < n_told && ledger[i].version < version)
		ledger[i] = (struct told){id, starts, version, cancelled};
	pthread_mutex_unlock(&lock);
}

/* Refusals of other kinds fail the test, with all that was said. */
static void check_refusals(void)
{
	bool good = true;
	for (int i = 0; i < n_said; i++) {
		bool known = false;
		for (size_t a = 0; a < sizeof allowed / sizeof *allowed; a++)
			known |= !strcmp(said[i].reason, allowed[a]);
		good &= known;
		print_message("  %6d %s%s: %s\n", said[i].times, known ? "" : "NOT ALLOWED ",
			      said[i].reason, said[i].message);
	}
	n_said = 0;
	memset(said, 0, sizeof said);
	if (!good)
		fixture_fail("a client was told what it should never hear");
}

/* Says it independently of how the daemon and its functions do. */
static void check_overlaps(struct fixture *f)
{
	assert_string_equal(
		fixture_sql(
			f,
			"SELECT count(*) FROM coachhouse.session a JOIN coachhouse.session b "
			"ON a.id < b.id AND a.starts < b.ends AND b.starts < a.ends "
			"AND (a.coach IN (b.coach, b.mentee) OR a.mentee IN (b.coach, b.mentee)) "
			"WHERE a.state IN ('booked', 'attended') "
			"AND b.state IN ('booked', 'attended')"),
		"0");
	assert_string_equal(
		fixture_sql(f, "SELECT count(*) FROM coachhouse.session s "
			       "WHERE state IN ('booked', 'attended') AND (SELECT count(*) "
			       "FROM coachhouse.participation p WHERE p.session = s.id AND p.live "
			       "AND (p.starts, p.ends) = (s.starts, s.ends) "
			       "AND p.person IN (s.coach, s.mentee)) <> 2"),
		"0");
	assert_string_equal(fixture_sql(f,
					"SELECT count(*) FROM (SELECT FROM coachhouse.engagement "
					"WHERE state IN ('proposed', 'active', 'paused') "
					"GROUP BY coach, mentee, activity HAVING count(*) > 1) e"),
			    "0");
}

/* The order of locks leaves none to be undone and tried again. */
static void check_deadlocks(struct fixture *f)
{
	assert_string_equal(
		fixture_sql(f,
			    "SELECT deadlocks FROM pg_stat_database WHERE datname = 'coachhouse'"),
		"0");
}

/* The hour `slot` of those that this test books, days from now. */
static int64_t hour(int slot)
{
	static int64_t first;
	if (!first)
		first = (time(NULL) / 86400 + 3) * 86400;
	return first + slot * INT64_C(3600);
}

static char *as_text(int64_t at, char out[32])
{
	const time_t when = at;
	struct tm tm;
	gmtime_r(&when, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%MZ", &tm);
	return out;
}

static bool book(struct coachhouse *connection, const char *who, int64_t at,
		 struct coachhouse_reply *reply, struct coachhouse_failure *failure)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	char start[32];
	request.who = (char *)who;
	request.start = as_text(at, start);
	return coachhouse_call(connection, "coachhouse.v1.Booking/BookSession", &request.base, NULL,
			       FIXTURE_TIMEOUT_MS, reply, failure);
}

/* --- one slot, many people ------------------------------------------------ */

struct runner {
	pthread_t thread;
	struct fixture_person *person;
	const char *coach;
	int rounds;
	int booked[256], taken[256]; /* of each round: 0 or 1 */
};

static void *rush(void *arg)
{
	struct runner *runner = arg;
	for (int round = 0; round < runner->rounds; round++) {
		struct coachhouse_reply reply = {0};
		struct coachhouse_failure failure = {0};
		pthread_barrier_wait(&barrier);
		if (book(runner->person->connection, runner->coach, hour(round), &reply,
			 &failure)) {
			runner->booked[round]++;
			coachhouse_reply_free(&reply);
		} else if (!strcmp(failure.reason, "SLOT_TAKEN") &&
			   failure.code == COACHHOUSE__V1__CODE__ABORTED) {
			runner->taken[round]++;
		} else {
			note_refusal(&failure);
		}
	}
	return NULL;
}

static void one_slot_is_given_once(void **state)
{
	static struct runner runners[RUSH];
	struct fixture *f = *state;
	const int rounds = fixture_is_long() ? 200 : 20;
	struct fixture_person *coach = fixture_coach(f, "Cora Example");
	for (int i = 0; i < RUSH; i++) {
		char name[40];
		snprintf(name, sizeof name, "Rusher %c%c Example", 'A' + i / 26, 'a' + i % 26);
		runners[i].person = fixture_person(f, name, MEMBER);
		runners[i].coach = coach->email;
		runners[i].rounds = rounds;
	}
	pthread_barrier_init(&barrier, NULL, RUSH);
	for (int i = 0; i < RUSH; i++)
		assert_int_equal(pthread_create(&runners[i].thread, NULL, rush, &runners[i]), 0);
	for (int i = 0; i < RUSH; i++)
		pthread_join(runners[i].thread, NULL);
	pthread_barrier_destroy(&barrier);
	for (int round = 0; round < rounds; round++) {
		int booked = 0, taken = 0;
		for (int i = 0; i < RUSH; i++) {
			booked += runners[i].booked[round];
			taken += runners[i].taken[round];
		}
		if (booked != 1 || taken != RUSH - 1)
			print_message("  round %d: %d booked, %d taken\n", round, booked, taken);
		assert_true(n_said || (booked == 1 && taken == RUSH - 1));
	}
	check_refusals();
	check_overlaps(f);
	print_message("  %d rounds of %d: each time 1 booked, %d taken\n", rounds, RUSH, RUSH - 1);
}

/* --- everything at once ----------------------------------------------------- */

struct client {
	pthread_t thread;
	struct fixture_person *person;
	struct fixture_person **coaches;
	bool is_coach;
	unsigned seed;
	int calls, done;
	struct told mine[64];
	int n_mine;
};

static int roll(struct client *c, int sides)
{
	return (int)(rand_r(&c->seed) % (unsigned)sides);
}

static void remember(struct client *c, int64_t id, int version, int64_t starts)
{
	const int i = c->n_mine < 64 ? c->n_mine++ : roll(c, 64);
	c->mine[i] = (struct told){id, starts, version, false};
	note_told(id, version, starts, false);
	c->done++;
}

static void try_booking(struct client *c)
{
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	const struct fixture_person *coach = c->coaches[roll(c, COACHES)];
	if (coach == c->person)
		return;
	if (!book(c->person->connection, coach->email, hour(200 + roll(c, SLOTS)), &reply,
		  &failure)) {
		note_refusal(&failure);
		return;
	}
	const Coachhouse__V1__BookSessionReply *booked = (void *)reply.message;
	const Coachhouse__V1__Session *s = booked->sessions[0];
	remember(c, s->id, s->version, s->starts->seconds);
	coachhouse_reply_free(&reply);
}

static void try_moving(struct client *c, struct told *t)
{
	Coachhouse__V1__MoveSessionRequest request = COACHHOUSE__V1__MOVE_SESSION_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	char start[32];
	request.has_session = request.has_version = true;
	request.session = t->id;
	request.version = t->version;
	request.start = as_text(hour(200 + roll(c, SLOTS)), start);
	if (!coachhouse_call(c->person->connection, "coachhouse.v1.Booking/MoveSession",
			     &request.base, NULL, FIXTURE_TIMEOUT_MS, &reply, &failure)) {
		note_refusal(&failure);
		return;
	}
	const Coachhouse__V1__MoveSessionReply *moved = (void *)reply.message;
	t->version = moved->version;
	t->starts = moved->starts->seconds;
	note_told(t->id, t->version, t->starts, false);
	c->done++;
	coachhouse_reply_free(&reply);
}

static void try_cancelling(struct client *c, int i)
{
	Coachhouse__V1__CancelSessionRequest request = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	request.has_session = true;
	request.session = c->mine[i].id;
	if (coachhouse_call(c->person->connection, "coachhouse.v1.Booking/CancelSession",
			    &request.base, NULL, FIXTURE_TIMEOUT_MS, &reply, &failure)) {
		const Coachhouse__V1__CancelSessionReply *gone = (void *)reply.message;
		note_told(gone->id, gone->version, gone->starts->seconds, true);
		c->done++;
		coachhouse_reply_free(&reply);
	} else {
		note_refusal(&failure);
	}
	c->mine[i] = c->mine[--c->n_mine];
}

/* Coaches change what others booked with them, in the order in which they find it. */
static void find_sessions(struct client *c)
{
	Coachhouse__V1__ListSessionsRequest request = COACHHOUSE__V1__LIST_SESSIONS_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	if (!coachhouse_call(c->person->connection, "coachhouse.v1.Booking/ListSessions",
			     &request.base, NULL, FIXTURE_TIMEOUT_MS, &reply, &failure)) {
		note_refusal(&failure);
		return;
	}
	const Coachhouse__V1__ListSessionsReply *list = (void *)reply.message;
	c->n_mine = 0;
	for (size_t i = 0; i < list->n_sessions && c->n_mine < 64; i++) {
		const Coachhouse__V1__Session *s = list->sessions[i];
		c->mine[c->n_mine++] = (struct told){s->id, s->starts->seconds, s->version, false};
	}
	coachhouse_reply_free(&reply);
}

/* A request while a booking opens an engagement: both make one. */
static void try_asking(struct client *c)
{
	Coachhouse__V1__SubmitRequestRequest request = COACHHOUSE__V1__SUBMIT_REQUEST_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	if (coachhouse_call(c->person->connection, "coachhouse.v1.Engagements/SubmitRequest",
			    &request.base, NULL, FIXTURE_TIMEOUT_MS, &reply, &failure))
		coachhouse_reply_free(&reply);
	else
		note_refusal(&failure);
}

static void *mix(void *arg)
{
	struct client *c = arg;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < c->calls; i++) {
		const int dice = roll(c, 20);
		if (c->is_coach && (c->n_mine == 0 || dice == 0))
			find_sessions(c);
		else if (dice == 1 && !c->is_coach)
			try_asking(c);
		else if (c->n_mine && dice < 8)
			try_moving(c, &c->mine[roll(c, c->n_mine)]);
		else if (c->n_mine && dice < 13)
			try_cancelling(c, roll(c, c->n_mine));
		else
			try_booking(c);
	}
	return NULL;
}

/* Every session is as the newest word about it: nothing is lost, nothing is half done. */
static void check_ledger(struct fixture *f)
{
	for (int i = 0; i < n_told; i++) {
		char sql[200], expected[80];
		const struct told *t = &ledger[i];
		snprintf(
			sql, sizeof sql,
			"SELECT concat_ws(' ', version, extract(epoch FROM starts)::bigint, state) "
			"FROM coachhouse.session WHERE id = %lld",
			(long long)t->id);
		snprintf(expected, sizeof expected, "%d %lld %s", t->version, (long long)t->starts,
			 t->cancelled ? "cancelled" : "booked");
		const char *found = fixture_sql(f, sql);
		if (!found || strcmp(found, expected))
			fixture_fail("session %lld: told \"%s\", found \"%s\"", (long long)t->id,
				     expected, found ? found : "nothing");
	}
}

static void no_quarrel_reaches_a_client(void **state)
{
	static struct client clients[CLIENTS];
	struct fixture *f = *state;
	const int calls = (fixture_is_long() ? 10000 : 1500) / CLIENTS + 1;
	struct fixture_person *coaches[COACHES];
	int done = 0;
	for (int i = 0; i < CLIENTS; i++) {
		char name[40];
		snprintf(name, sizeof name, "Mixer %c%c Example", 'A' + i / 26, 'a' + i % 26);
		struct fixture_person *person =
			i < COACHES ? fixture_coach(f, name) : fixture_person(f, name, MEMBER);
		if (i < COACHES)
			coaches[i] = person;
		clients[i] = (struct client){.person = person,
					     .coaches = coaches,
					     .calls = calls,
					     .is_coach = i < COACHES,
					     .seed = 7919U * (unsigned)i + 1};
	}
	const char *before = fixture_sql(f, "SELECT coalesce(max(id), 0) FROM coachhouse.session");
	const long long last = atoll(before);
	pthread_barrier_init(&barrier, NULL, CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&clients[i].thread, NULL, mix, &clients[i]), 0);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		done += clients[i].done;
	}
	pthread_barrier_destroy(&barrier);
	print_message("  %d calls by %d clients, %d changed something, %d sessions\n",
		      calls * CLIENTS, CLIENTS, done, n_told);
	check_refusals();
	check_overlaps(f);
	check_ledger(f);
	check_deadlocks(f);
	char sql[100];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.session WHERE id > %lld", last);
	assert_int_equal(atoi(fixture_sql(f, sql)), n_told);
	assert_true(done > calls * CLIENTS / 10);
}

/* Whatever the functions do: the table itself takes nobody in two places. */
static void not_even_by_hand(void **state)
{
	fixture_sql(
		*state,
		"DO $$ DECLARE n int; BEGIN UPDATE coachhouse.session SET starts = t.starts, ends = "
		"t.ends, version = version + 1 FROM (SELECT s.starts, s.ends, s.coach, s.id FROM "
		"coachhouse.session s WHERE s.state = 'booked' LIMIT 1) t WHERE session.id = (SELECT "
		"o.id FROM coachhouse.session o WHERE o.state = 'booked' AND o.coach = t.coach AND "
		"o.id <> t.id LIMIT 1); GET DIAGNOSTICS n = ROW_COUNT; RAISE 'moved % sessions', n; "
		"EXCEPTION WHEN exclusion_violation THEN END $$");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slot_is_given_once),
		cmocka_unit_test(no_quarrel_reaches_a_client),
		cmocka_unit_test(not_even_by_hand),
	};
	return cmocka_run_group_tests_name("race", tests, fixture_setup, fixture_teardown);
}
