/* Killed under load: what was acknowledged stays, once, and the rest can be asked about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <sys/wait.h>
#include <time.h>

#include "booking.pb-c.h"
#include "fixture.h"
#include "people.pb-c.h"
#include "wire.h"

enum { WRITERS = 6, MOST = 4000, ROUND = 15, SHORT_MS = 1500 };

static struct fixture *f;
static struct fixture_person *coach, *mentee;

struct booking {
	Coachhouse__V1__BookSessionRequest request;
	char start[32];
};

static const ProtobufCMessage *booking(struct booking *b, const char *who, int slot)
{
	const time_t at = (time(NULL) / 86400 + 3) * 86400 + slot * 3600;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(b->start, sizeof b->start, "%Y-%m-%dT%H:%MZ", &tm);
	coachhouse__v1__book_session_request__init(&b->request);
	b->request.who = (char *)who;
	b->request.start = b->start;
	return &b->request.base;
}

static bool in_time(int64_t *deadline)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!*deadline)
		*deadline = now.tv_sec + 45;
	nanosleep(&pause, NULL);
	return now.tv_sec < *deadline;
}

static pid_t postmaster(void)
{
	char path[160];
	int pid = 0;
	snprintf(path, sizeof path, "%s/postgresql/postmaster.pid", f->data);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

/* Kills it, and waits until the daemon has started another. `meanwhile` may be NULL. */
static void kill_postgres(void (*meanwhile)(void))
{
	const pid_t before = postmaster();
	fixture_postgres_kill(f);
	if (meanwhile)
		meanwhile();
	for (int64_t deadline = 0; postmaster() == before || !postmaster();)
		if (!in_time(&deadline))
			fixture_fail("the daemon starts no other PostgreSQL");
}

/* --- booking while things die -------------------------------------------------- */

/* One booking: what its client knows of it. */
struct attempt {
	uint8_t id[16];
	int slot;
	int64_t session; /* 0: not acknowledged (yet) */
};

struct writer {
	pthread_t thread;
	struct fixture_person *person, *coach;
	struct attempt attempts[MOST];
	int n, unknown;
	struct coachhouse_failure fault; /* not of the kind that a restart explains */
	bool faulty;
};

static struct writer writers[WRITERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t acknowledged = PTHREAD_COND_INITIALIZER;
static int n_acknowledged;
static bool over, writing;

/* What may be said while the database or the daemon is away. */
static bool is_honest(const struct coachhouse_failure *failure)
{
	return failure->code == COACHHOUSE__V1__CODE__UNAVAILABLE ||
	       !strcmp(failure->reason, "OUTCOME_UNKNOWN") ||
	       failure->code == COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED;
}

/* Asks, with an id of its own; again with the same id when it is not known what became of it. */
static bool attempt(struct writer *w, struct attempt *a, int timeout_ms)
{
	struct booking b;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	booking(&b, w->coach->email, a->slot);
	if (coachhouse_call(w->person->connection, "coachhouse.v1.Booking/BookSession",
			    &b.request.base, a->id, timeout_ms, &reply, &failure)) {
		a->session = ((Coachhouse__V1__BookSessionReply *)reply.message)->sessions[0]->id;
		coachhouse_reply_free(&reply);
		return true;
	}
	if (!is_honest(&failure)) {
		w->fault = failure;
		w->faulty = true;
	}
	return false;
}

static bool is_over(void)
{
	pthread_mutex_lock(&lock);
	const bool yes = over;
	pthread_mutex_unlock(&lock);
	return yes;
}

static void *write_on(void *arg)
{
	struct writer *w = arg;
	while (!is_over() && w->n < MOST && !w->faulty) {
		struct attempt *a = &w->attempts[w->n++];
		*a = (struct attempt){.slot = w->n};
		randombytes_buf(a->id, sizeof a->id);
		while (!attempt(w, a, SHORT_MS) && !w->faulty)
			w->unknown++;
		pthread_mutex_lock(&lock);
		n_acknowledged++;
		pthread_cond_signal(&acknowledged);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* Waits for `more` further bookings. */
static void await(int more)
{
	struct timespec deadline;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 60;
	pthread_mutex_lock(&lock);
	const int goal = n_acknowledged + more;
	int failed = 0;
	while (n_acknowledged < goal && !failed)
		failed = pthread_cond_timedwait(&acknowledged, &lock, &deadline);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < WRITERS; i++)
		if (writers[i].faulty)
			failed = true;
	if (failed)
		fixture_fail("bookings stopped, or were answered as they should not be");
}

static void start_writers(void)
{
	over = false;
	n_acknowledged = 0;
	writing = true;
	for (int i = 0; i < WRITERS; i++) {
		struct writer *w = &writers[i];
		char name[40];
		if (!w->person) {
			snprintf(name, sizeof name, "Writer %c Example", 'A' + i);
			w->person = fixture_person(f, name, MEMBER);
			snprintf(name, sizeof name, "Coach %c Example", 'A' + i);
			w->coach = fixture_coach(f, name);
		}
		assert_int_equal(pthread_create(&w->thread, NULL, write_on, w), 0);
	}
}

/* Also after a test that failed. */
static int stop_writers(void **state)
{
	(void)state;
	pthread_mutex_lock(&lock);
	over = true;
	pthread_mutex_unlock(&lock);
	for (int i = 0; writing && i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		if (writers[i].faulty)
			print_message("  %s: %s\n", writers[i].fault.reason,
				      writers[i].fault.message);
	}
	writing = false;
	return 0;
}

/* Each attempt was acknowledged in the end: it is there once, and nothing else is. */
static void finish_writers(void)
{
	int attempts = 0, unknown = 0;
	char sql[400];
	stop_writers(NULL);
	for (int i = 0; i < WRITERS; i++) {
		struct writer *w = &writers[i];
		if (w->faulty)
			fixture_fail("%d %s: %s", (int)w->fault.code, w->fault.reason,
				     w->fault.message);
		for (int j = 0; j < w->n; j++) {
			snprintf(sql, sizeof sql,
				 "SELECT count(*) = 1 AND bool_and(id = %lld AND state = 'booked') "
				 "FROM coachhouse.session WHERE mentee = %lld AND starts = "
				 "'epoch'::timestamptz + interval '1 second' * %lld",
				 (long long)w->attempts[j].session, (long long)w->person->id,
				 (long long)(time(NULL) / 86400 + 3) * 86400 +
					 w->attempts[j].slot * 3600LL);
			assert_string_equal(fixture_sql(f, sql), "t");
		}
		snprintf(sql, sizeof sql,
			 "SELECT count(*) FROM coachhouse.session WHERE mentee = %lld",
			 (long long)w->person->id);
		assert_int_equal(atoi(fixture_sql(f, sql)), w->n);
		attempts += w->n;
		unknown += w->unknown;
	}
	print_message("  %d bookings, each there once; %d answers were lost and asked for again\n",
		      attempts, unknown);
}

static int rounds(int usual, int thorough)
{
	return getenv("COACHHOUSE_LONG") ? thorough : usual;
}

static void postgres_is_killed_under_load(void **state)
{
	(void)state;
	const pid_t daemon = f->daemons[0].pid;
	start_writers();
	await(ROUND);
	for (int round = rounds(3, 40); round; round--) {
		kill_postgres(NULL);
		await(ROUND);
	}
	finish_writers();
	assert_int_equal(f->daemons[0].pid, daemon);
	assert_int_equal(kill(daemon, 0), 0);
}

static void the_daemon_is_killed_under_load(void **state)
{
	(void)state;
	start_writers();
	await(ROUND);
	for (int round = rounds(2, 30); round; round--) {
		fixture_daemon_kill(f, &f->daemons[0]);
		fixture_daemon_start(f, &f->daemons[0], NULL);
		await(ROUND);
	}
	finish_writers();
}

/* --- one call, seen closely ----------------------------------------------------- */

static void hold(bool on)
{
	char sql[80];
	snprintf(sql, sizeof sql, "SELECT pg_advisory_%slock(%lld)", on ? "" : "un",
		 (long long)coach->id);
	fixture_sql(f, sql);
}

static void wait_for(const char *sql)
{
	for (int64_t deadline = 0; !atoi(fixture_sql(f, sql));)
		if (!in_time(&deadline))
			fixture_fail("it never came true: %s", sql);
}

#define WAITING "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

static struct wire_reply receive(struct wire *wire)
{
	struct wire_reply reply = {0};
	const enum wire_outcome outcome = wire_receive(wire, WIRE_MS, &reply);
	if (outcome != WIRE_REPLY || !reply.header)
		fixture_fail("no reply (%d)", (int)outcome);
	return reply;
}

/* In flight when the database dies: said at once, as what it is; then the truth. */
static void a_call_in_flight_learns_the_truth(void **state)
{
	struct booking b;
	uint8_t id[16];
	(void)state;
	wire_id(id);
	struct wire *wire = wire_open(f->daemons[0].endpoint, &mentee->identity);
	hold(true);
	wire_call(wire, id, "Booking/BookSession", booking(&b, coach->email, 0));
	wait_for(WAITING);
	kill_postgres(NULL);
	struct wire_reply reply = receive(wire);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__UNAVAILABLE);
	assert_string_equal(reply.header->reason, "OUTCOME_UNKNOWN");
	bool done = false;
	for (int64_t deadline = 0; !done;) {
		wire_reply_free(&reply);
		reply = wire_ask(wire, id, "Booking/BookSession", &b.request.base);
		done = reply.header->code == COACHHOUSE__V1__CODE__OK;
		if (!done && (reply.header->code != COACHHOUSE__V1__CODE__UNAVAILABLE ||
			      !in_time(&deadline)))
			fixture_fail("%d %s", (int)reply.header->code, reply.header->reason);
	}
	wire_reply_free(&reply);
	char sql[160];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM coachhouse.session WHERE starts = '%s' "
		 "AND coach = %lld",
		 b.start, (long long)coach->id);
	assert_string_equal(fixture_sql(f, sql), "1");
	wire_close(&wire);
}

static void read_on(void)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	fixture_free(fixture_call(mentee->connection, "People/GetStatus", &request));
}

/* A read has nothing to be unsure of. */
static void reads_go_on_by_themselves(void **state)
{
	(void)state;
	kill_postgres(read_on);
	read_on();
}

/* A backend that is at work does not notice, and would keep another from starting. */
static void one_at_work_keeps_nobody_waiting(void **state)
{
	(void)state;
	fixture_sql(f, "SELECT 1");
	assert_true(PQsendQuery(f->database,
				"SELECT count(*) FROM generate_series(1, 1000000000) a, "
				"generate_series(1, 1000000000) b"));
	assert_int_equal(PQflush(f->database), 0);
	kill_postgres(NULL);
	read_on();
}

static bool log_has(const struct fixture_daemon *daemon, const char *words)
{
	char line[1024];
	bool found = false;
	FILE *log = fopen(daemon->log, "re");
	while (log && fgets(line, sizeof line, log))
		found |= strstr(line, words) != NULL;
	if (log)
		fclose(log);
	return found;
}

/* SIGTERM: what is in hand is finished and answered, then it ends with 0. */
static void a_stopping_daemon_finishes_what_it_has(void **state)
{
	struct booking b;
	uint8_t id[16];
	int status = -1;
	(void)state;
	struct fixture_daemon *second = fixture_daemon_add(f, NULL);
	wire_id(id);
	struct wire *wire = wire_open(second->endpoint, &mentee->identity);
	hold(true);
	wire_call(wire, id, "Booking/BookSession", booking(&b, coach->email, 1));
	wait_for(WAITING);
	assert_int_equal(kill(second->pid, SIGTERM), 0);
	for (int64_t deadline = 0; !log_has(second, "stopping; 1 calls in flight");)
		assert_true(in_time(&deadline));
	hold(false);
	struct wire_reply reply = receive(wire);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__OK);
	wire_reply_free(&reply);
	for (int64_t deadline = 0; waitpid(second->pid, &status, WNOHANG) != second->pid;)
		assert_true(in_time(&deadline));
	assert_int_equal(status, 0);
	second->pid = 0;
	wire_close(&wire);
}

static int setup(void **state)
{
	const struct fixture_options options = {.durable = true};
	f = fixture_start(&options);
	*state = f;
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_in_flight_learns_the_truth),
		cmocka_unit_test(reads_go_on_by_themselves),
		cmocka_unit_test(one_at_work_keeps_nobody_waiting),
		cmocka_unit_test(a_stopping_daemon_finishes_what_it_has),
		cmocka_unit_test_teardown(postgres_is_killed_under_load, stop_writers),
		cmocka_unit_test_teardown(the_daemon_is_killed_under_load, stop_writers),
	};
	return cmocka_run_group_tests_name("restart", tests, setup, fixture_teardown);
}
