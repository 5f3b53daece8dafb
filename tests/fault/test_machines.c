/*
 * Booking goes on when one of two machines is lost: its PostgreSQL, its daemon, its
 * network. Afterwards everything is as clients were told. One round of each, twenty
 * when COACHHOUSE_LONG is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "booking.pb-c.h"
#include "harm.h"
#include "internal.h"
#include "machines.h"
#include "people.pb-c.h"
#include "rounds.h"

enum { SECONDS = 60 };

/* What copies a database each time waits for disks, and meets no line that others do not. */
#ifdef __SANITIZE_ADDRESS__
enum { BRIEF = true };
#else
enum { BRIEF = false };
#endif

static struct machines m;
static struct load *load;
static int lost; /* the machine whose cable was pulled */

/* As before a fault: everything runs, everybody books. */
static void pair(void)
{
	machines_pair(&m);
	load_await(load, load_now(), 1, SECONDS);
}

static void promote_standby(void)
{
	pair();
	machines_kill_primary(&m);
	machines_promote(&m);
}

/* In turn, and so that of either half of the clients. */
static void kill_a_daemon(void)
{
	static int turn;
	pair();
	fixture_daemon_kill(m.f, m.machine[turn++ % MACHINES].daemon);
}

/* The old primary lives on behind it, with a daemon that is connected to it. */
static void pull_the_cable(void)
{
	pair();
	lost = m.primary;
	machines_cable(&m, lost, false);
	machines_promote(&m);
}

static void stop_standby(void)
{
	harm_signal_cluster(m.machine[machines_standby(&m)].folder, SIGSTOP);
}

static void continue_standby(void)
{
	harm_signal_cluster(m.machine[machines_standby(&m)].folder, SIGCONT);
}

static void cut_standby(void)
{
	pair();
	machines_cable(&m, machines_standby(&m), false);
}

/* PostgreSQL then says that it committed, with a warning that it is here alone. */
static void cancel_waits(void)
{
	machines_sql(&m, m.primary,
		     "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
		     "WHERE wait_event = 'SyncRep'");
}

static void lose_what_was_cancelled(void)
{
	cancel_waits();
	machines_kill_primary(&m);
	machines_cable(&m, machines_standby(&m), true);
	machines_promote(&m);
}

static const struct fault
	standby_promoted = {"standby promoted", promote_standby, NULL, 0, 0, false, 20},
	one_of_two_daemons = {"one of two daemons", kill_a_daemon, NULL, 0, 0, false, 20},
	network_cut = {"network cut", pull_the_cable, NULL, 0, 0, false, 20},
	standby_stopped = {"standby stopped", stop_standby, continue_standby, 500, 3000, false, 20},
	waits_cancelled = {"waits cancelled, primary lost",
			   cut_standby,
			   lose_what_was_cancelled,
			   500,
			   2000,
			   true,
			   20};

static void need_cables(void)
{
	if (m.networked)
		return;
	print_message("  skipped: only root with ip(8) can cut a network\n");
	skip();
}

static void it_is_borne(void **state)
{
	const struct fault *fault = *state;
	if ((fault->rare || (BRIEF && fault != &one_of_two_daemons)) && !rounds_are_many())
		skip();
	if (fault->begin == pull_the_cable || fault->begin == cut_standby)
		need_cables();
	rounds_run(m.f, fault, m.endpoint, m.turned, &load);
}

/* --- one call at a time ---------------------------------------------------------------- */

static struct fixture_person *who, *coach;

/* In a few days, at that hour. */
static bool book(struct coachhouse *connection, uint8_t id, int hour, int ms,
		 struct coachhouse_failure *failure)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	const uint8_t whole[16] = {id};
	const time_t at = (time(NULL) / 86400 + 4) * 86400 + hour * 3600;
	char start[32];
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(start, sizeof start, "%Y-%m-%dT%H:%MZ", &tm);
	request.who = coach->email;
	request.start = start;
	const bool good = coachhouse_call(connection, "coachhouse.v1.Booking/BookSession",
					  &request.base, whole, ms, &reply, failure);
	coachhouse_reply_free(&reply);
	return good;
}

static void expect_unknown(struct coachhouse *connection, uint8_t id, int hour)
{
	struct coachhouse_failure failure = {0};
	if (book(connection, id, hour, 1500, &failure))
		fixture_fail("a booking was acknowledged that is on one machine alone");
	assert_string_equal(failure.reason, "OUTCOME_UNKNOWN");
}

static void expect_done(struct coachhouse *connection, uint8_t id, int hour)
{
	struct coachhouse_failure failure = {0};
	if (!book(connection, id, hour, FIXTURE_TIMEOUT_MS, &failure))
		fixture_fail("not booked: %s %s", failure.reason, failure.message);
}

static const char *sessions(void)
{
	return fixture_sql(m.f, "SELECT count(*) FROM coachhouse.session");
}

static atomic_bool waiting;

/* PostgreSQL then says that it committed, and warns that it is here alone. */
static void *keep_cancelling(void *arg)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	(void)arg;
	for (; atomic_load(&waiting); nanosleep(&pause, NULL))
		cancel_waits();
	return NULL;
}

/* Done on the primary, that is; and whoever asks again must not hear it before it is on both. */
static void a_cancelled_commit_is_acknowledged_once_it_is_on_both(void **state)
{
	(void)state;
	pthread_t thread;
	stop_standby();
	atomic_store(&waiting, true);
	assert_int_equal(pthread_create(&thread, NULL, keep_cancelling, NULL), 0);
	expect_unknown(who->connection, 1, 1);
	expect_unknown(who->connection, 1, 1);
	atomic_store(&waiting, false);
	pthread_join(thread, NULL);
	assert_string_equal(sessions(), "1");
	expect_unknown(who->connection, 1, 1);
	continue_standby();
	expect_done(who->connection, 1, 1);
	assert_string_equal(sessions(), "1");
}

static void a_primary_that_is_cut_off_acknowledges_nothing(void **state)
{
	(void)state;
	need_cables();
	lost = m.primary;
	machines_cable(&m, lost, false);
	machines_go_to(&m, lost);
	struct coachhouse *inside = fixture_connect(who, m.machine[lost].daemon);
	expect_unknown(inside, 2, 2);
	machines_promote(&m);
	expect_unknown(inside, 2, 2);
	machines_go_to(&m, MACHINES);
	coachhouse_close(&inside);
	expect_done(who->connection, 3, 3);
	/* It comes back as a standby, and what it had kept to itself is gone. */
	machines_pair(&m);
	assert_string_equal(sessions(), "1");
	expect_done(who->connection, 2, 2);
	assert_string_equal(sessions(), "2");
}

/* Also whoever has never met either: a dead machine says nothing. */
static void the_first_of_two_endpoints_is_silent(void **state)
{
	(void)state;
	need_cables();
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct fixture_daemon both = {0};
	machines_cable(&m, machines_standby(&m), false);
	strcpy(both.endpoint, m.primary == 0 ? m.turned : m.endpoint);
	struct coachhouse *connection = fixture_connect(who, &both);
	const int64_t begun = load_now();
	fixture_free(fixture_call(connection, "People/GetStatus", &request));
	assert_true(load_now() - begun < 4000000);
	coachhouse_close(&connection);
}

static void log_has(int machine, const char *what)
{
	char line[1024];
	for (int64_t deadline = 0;;) {
		FILE *log = fopen(m.machine[machine].daemon->log, "re");
		bool has = false;
		while (log && !has && fgets(line, sizeof line, log))
			has = strstr(line, what);
		if (log)
			fclose(log);
		if (has)
			return;
		if (!still_time(&deadline))
			fixture_fail("nothing in the log of machine %d has %s", machine, what);
	}
}

/* A call lies at a daemon that stands still; meanwhile the other one refuses it. */
static void what_one_daemon_refused_the_other_does_not_do(void **state)
{
	Coachhouse__V1__CancelSessionRequest cancel = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	struct coachhouse_failure failure = {0};
	struct fixture_person *first = fixture_person(m.f, "First Example", MEMBER);
	const struct fixture_daemon *slow = m.machine[0].daemon;
	struct fixture_daemon order[2] = {0};
	(void)state;
	strcpy(order[0].endpoint, m.endpoint);
	strcpy(order[1].endpoint, m.turned);
	struct coachhouse *late = fixture_connect(who, &order[0]);
	struct coachhouse *quick = fixture_connect(first, &order[1]);
	expect_done(quick, 5, 5);
	expect_done(late, 6, 6);
	kill(slow->pid, SIGSTOP);
	assert_false(book(late, 7, 5, FIXTURE_TIMEOUT_MS, &failure));
	assert_string_equal(failure.reason, "SLOT_TAKEN");
	cancel.has_session = true;
	cancel.session = atoll(fixture_sql(m.f, "SELECT min(id) FROM coachhouse.session"));
	fixture_free(fixture_call(quick, "Booking/CancelSession", &cancel));
	kill(slow->pid, SIGCONT);
	log_has(0, "reason=EXPIRED");
	assert_string_equal(fixture_sql(m.f, "SELECT count(*) FROM coachhouse.session WHERE live"),
			    "1");
	/* Who tries again, knowing that it was refused, is another matter. */
	expect_done(late, 7, 5);
	coachhouse_close(&late);
	coachhouse_close(&quick);
}

static void it_is_said_on_how_many_machines(void **state)
{
	(void)state;
	log_has(0, "what is acknowledged is on 2 machines");
	log_has(1, "what is acknowledged is on 2 machines");
}

/* The checker sees what is lost when commits do not wait: else it proves nothing here. */
static void an_asynchronous_standby_loses_and_it_is_found(void **state)
{
	static const struct load_options options = {.planted = true};
	struct load_options here = options;
	(void)state;
	if (BRIEF)
		skip();
	here.endpoint = m.endpoint;
	load = load_start(m.f, &here);
	load_await(load, load_now(), 1, SECONDS);
	machines_sql(&m, m.primary, "ALTER SYSTEM RESET synchronous_standby_names");
	machines_sql(&m, m.primary, "SELECT pg_reload_conf()");
	machines_sql(&m, machines_standby(&m), "ALTER SYSTEM SET primary_conninfo = ''");
	machines_sql(&m, machines_standby(&m), "SELECT pg_reload_conf()");
	for (int64_t deadline = 0;
	     *fixture_sql(m.f, "SELECT count(*) FROM pg_stat_replication") != '0';)
		assert_true(still_time(&deadline));
	load_await(load, load_now(), 30, SECONDS);
	machines_kill_primary(&m);
	machines_promote(&m);
	load_await(load, load_now(), 1, SECONDS);
	const struct verdict v = load_judge(&load);
	print_message("  an asynchronous standby: %zu acknowledged, %zu lost, and found\n",
		      v.acknowledged, v.findings[LOST]);
	assert_true(verdict_has(&v, LOST));
}

static void change_key(const char *word)
{
	char keys[120], key[80];
	snprintf(keys, sizeof keys, "%s/keys", m.f->data);
	const char *const arguments[] = {
		"coachd",      "server-key",  word,
		"--database",  m.f->conninfo, "--keys",
		keys,	       "--listen",    m.machine[0].daemon->endpoint,
		"--advertise", m.endpoint,    NULL};
	process_run(m.f, arguments, key, sizeof key);
}

/* The fixture asks as the administrator whether a daemon answers. */
static void turn_admin(void)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct fixture_person *admin = m.f->admin;
	fixture_free(fixture_call(admin->connection, "People/GetStatus", &request));
	assert_true(coachhouse_moved(admin->connection, &admin->identity));
	coachhouse_close(&admin->connection);
	admin->connection = fixture_connect(admin, NULL);
}

/* Two who begin with different daemons are answered all the while. */
static void the_key_changes_at_both(void **state)
{
	struct fixture_daemon order[2] = {0};
	struct coachhouse *two[2];
	uint8_t call = 10;
	(void)state;
	strcpy(order[0].endpoint, m.endpoint);
	strcpy(order[1].endpoint, m.turned);
	for (int i = 0; i < 2; i++)
		two[i] = fixture_connect(who, &order[i]);
	for (int step = 0; step < 6; step++) {
		struct fixture_daemon *daemon = m.machine[step % 2].daemon;
		if (step == 2)
			change_key("rotate");
		if (step == 4) {
			turn_admin();
			change_key("finish");
		}
		if (step > 1) {
			fixture_daemon_stop(m.f, daemon);
			fixture_daemon_start(m.f, daemon, NULL);
		}
		for (int i = 0; i < 2; i++, call++)
			expect_done(two[i], call, call - 9);
	}
	for (int i = 0; i < 2; i++)
		coachhouse_close(&two[i]);
}

/* Whatever a test has left. */
static int recover(void **state)
{
	(void)state;
	machines_go_to(&m, MACHINES);
	load_stop(&load);
	continue_standby();
	for (int i = 0; i < MACHINES; i++)
		if (m.machine[i].daemon->pid)
			kill(m.machine[i].daemon->pid, SIGCONT);
	machines_pair(&m);
	final_forget(m.f);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	machines_start(&m, machines_network());
	who = fixture_person(m.f, "Zoe Example", MEMBER);
	coach = fixture_coach(m.f, "Cora Example");
	fixture_sql(m.f, "UPDATE coachhouse.role_held SET starts_on = '2020-01-01'");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machines_stop(&m);
	return 0;
}

#define BORNE(fault)                                                           \
	{                                                                      \
		"borne: " #fault, it_is_borne, NULL, recover, (void *)&(fault) \
	}

#define ALONE(test) cmocka_unit_test_teardown(test, recover)

/* An argument chooses among them: test_machines '*promoted'. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BORNE(standby_promoted),
		BORNE(one_of_two_daemons),
		BORNE(network_cut),
		BORNE(standby_stopped),
		BORNE(waits_cancelled),
		ALONE(a_cancelled_commit_is_acknowledged_once_it_is_on_both),
		ALONE(a_primary_that_is_cut_off_acknowledges_nothing),
		ALONE(the_first_of_two_endpoints_is_silent),
		ALONE(what_one_daemon_refused_the_other_does_not_do),
		ALONE(it_is_said_on_how_many_machines),
		ALONE(an_asynchronous_standby_loses_and_it_is_found),
		ALONE(the_key_changes_at_both),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("machines", tests, setup, teardown);
}
