/* The daemon's own key changes while people book: nobody is shut out, and nobody has to be told. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ask.h"
#include "booking.pb-c.h"
#include "internal.h"
#include "people.pb-c.h"
#include "profile.h"

enum { WRITERS = 4, CALL_MS = 30000 };

static struct fixture *f;
static char home[80]; /* of profiles */

/* --- people who book all the while --------------------------------------------------- */

static struct writer {
	pthread_t thread;
	struct fixture_person *person, *coach;
	int booked;
	struct coachhouse_failure failure;
	bool failed;
} writers[WRITERS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool over, writing;

static bool is_over(void)
{
	pthread_mutex_lock(&lock);
	const bool yes = over;
	pthread_mutex_unlock(&lock);
	return yes;
}

/* Every booking must be answered, and with a session. */
static void *book_on(void *arg)
{
	struct writer *w = arg;
	char start[32];
	while (!is_over() && !w->failed) {
		Coachhouse__V1__BookSessionRequest request =
			COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
		struct coachhouse_reply reply = {0};
		const time_t at = (time(NULL) / 86400 + 3) * 86400 + w->booked * 3600;
		struct tm tm;
		gmtime_r(&at, &tm);
		strftime(start, sizeof start, "%Y-%m-%dT%H:%MZ", &tm);
		request.who = w->coach->email;
		request.start = start;
		w->failed =
			!coachhouse_call(w->person->connection, "coachhouse.v1.Booking/BookSession",
					 &request.base, NULL, CALL_MS, &reply, &w->failure);
		coachhouse_reply_free(&reply);
		pthread_mutex_lock(&lock);
		w->booked += !w->failed;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void start_writers(void)
{
	over = false;
	writing = true;
	for (int i = 0; i < WRITERS; i++) {
		struct writer *w = &writers[i];
		char name[40];
		snprintf(name, sizeof name, "Writer %c Example", 'A' + i);
		w->person = fixture_person(f, name, MEMBER);
		snprintf(name, sizeof name, "Coach %c Example", 'A' + i);
		w->coach = fixture_coach(f, name);
	}
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL, book_on, &writers[i]), 0);
}

/* Also after a test that failed. */
static int stop_writers(void **state)
{
	(void)state;
	pthread_mutex_lock(&lock);
	over = true;
	pthread_mutex_unlock(&lock);
	for (int i = 0; writing && i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	writing = false;
	return 0;
}

/* Until each has booked twice more. */
static void let_them_book(void)
{
	int goal[WRITERS];
	pthread_mutex_lock(&lock);
	for (int i = 0; i < WRITERS; i++)
		goal[i] = writers[i].booked + 2;
	pthread_mutex_unlock(&lock);
	int64_t deadline = 0;
	for (int i = 0; i < WRITERS;) {
		pthread_mutex_lock(&lock);
		const bool done = writers[i].booked >= goal[i], failed = writers[i].failed;
		pthread_mutex_unlock(&lock);
		if (failed || !still_time(&deadline))
			fixture_fail("a booking failed: %s %s", writers[i].failure.reason,
				     writers[i].failure.message);
		i += done;
	}
}

/* --- the daemon ---------------------------------------------------------------------- */

static void server_key(const char *word, char key[80])
{
	const char *const arguments[] = {"coachd",   "server-key",	     "--data", f->data,
					 "--listen", f->daemons[0].endpoint, word,     NULL};
	process_run(f, arguments, key, 80);
	assert_int_equal(strlen(key), 64);
}

static void restart(void)
{
	fixture_daemon_stop(f, &f->daemons[0]);
	fixture_daemon_start(f, &f->daemons[0], NULL);
}

/* As somebody whose folder may not be written, if so: a user without rights is that. */
static int run_coach(const char *profile, bool locked)
{
	int status;
	fflush(NULL);
	const pid_t pid = fork();
	if (pid == 0) {
		const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0 ||
		    (locked && geteuid() == 0 && (setgid(65534) || setuid(65534))))
			_exit(126);
		execl(BUILD_DIR "/coach", "coach", "--profile", profile, "status", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void save_profile(const char *name, const struct fixture_person *person)
{
	struct profile profile = {.identity = person->identity, .zone = "Europe/London"};
	char error[500];
	if (!profile_save(name, &profile, error, sizeof error))
		fixture_fail("%s", error);
}

static void saved_key(const char *name, char key[65])
{
	struct profile profile;
	char error[500];
	if (!profile_load(name, &profile, NULL, error, sizeof error))
		fixture_fail("%s", error);
	strcpy(key, profile.identity.server_key);
}

/* The profile of another user, in a folder that nobody writes to. */
static void lock_away(const char *name, bool locked)
{
	char path[200], error[200];
	if (!profile_path(name, path, sizeof path, error, sizeof error))
		fixture_fail("%s", error);
	const uid_t owner = geteuid() || !locked ? geteuid() : 65534;
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chown(path, owner, (gid_t)-1), 0);
	assert_int_equal(chmod(home, locked ? 0555 : 0700), 0);
}

static void assert_wrong_key(const struct coachhouse_identity *identity)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse_failure failure;
	struct coachhouse_reply reply;
	struct coachhouse *connection = coachhouse_connect(identity, &failure);
	assert_false(coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &request.base,
				     NULL, CALL_MS, &reply, &failure));
	assert_string_equal(failure.reason, "WRONG_SERVER_KEY");
	assert_non_null(strstr(failure.message, "new invitation"));
	coachhouse_close(&connection);
}

/* --- the tests ------------------------------------------------------------------------ */

static void it_changes_under_load(void **state)
{
	char first[80], next[80], found[80], key[65];
	static const int roles[] = {MEMBER, 0};
	struct coachhouse_identity told = f->admin->identity, missed = told;
	int total = 0;
	(void)state;
	const struct coachhouse_invitation before =
		fixture_invite(f, "Early Example", "early@example.org", roles);
	struct fixture_person *reader = fixture_person(f, "Reader Example", MEMBER);
	save_profile("follows", f->admin);
	save_profile("locked", reader);
	server_key(NULL, first);
	assert_string_equal(first, f->admin->identity.server_key);
	start_writers();
	let_them_book();
	assert_false(coachhouse_moved(f->admin->connection, &told));
	/* One that was interrupted leaves nothing that stands in the way. */
	char stale[200];
	snprintf(stale, sizeof stale, "%s/keys/server.making.key", f->data);
	FILE *half = fopen(stale, "we");
	assert_non_null(half);
	fclose(half);
	server_key("rotate", next);
	assert_string_not_equal(first, next);
	server_key(NULL, found);
	assert_string_equal(first, found);
	let_them_book();
	restart();
	let_them_book();
	/* Whoever asks by the old key is told of the next one, and it is there. */
	ask(f->admin, "GetStatus", " ");
	assert_true(coachhouse_moved(f->admin->connection, &told));
	assert_string_equal(told.server_key, next);
	f->admin->identity = told;
	coachhouse_close(&f->admin->connection);
	f->admin->connection = fixture_connect(f->admin, NULL);
	ask(f->admin, "GetStatus", " ");
	assert_false(coachhouse_moved(f->admin->connection, &told));
	/* An invitation of before still works, and one made now has the next key. */
	struct coachhouse_identity early = {0};
	struct coachhouse_reply reply;
	struct coachhouse_failure failure;
	assert_true(coachhouse_enrol(&before, "early", CALL_MS, &early, &reply, &failure));
	coachhouse_reply_free(&reply);
	assert_string_equal(early.server_key, next);
	const struct coachhouse_invitation since =
		fixture_invite(f, "Late Example", "late@example.org", roles);
	assert_string_equal(since.server_key, next);
	fixture_person(f, "Now Example", MEMBER);
	/* coach keeps it, or does without where it cannot. */
	assert_int_equal(run_coach("follows", false), 0);
	saved_key("follows", key);
	assert_string_equal(key, next);
	assert_int_equal(run_coach("follows", false), 0);
	lock_away("locked", true);
	assert_int_equal(run_coach("locked", true), 0);
	assert_int_equal(run_coach("locked", true), 0);
	lock_away("locked", false);
	saved_key("locked", key);
	assert_string_equal(key, first);
	let_them_book();
	server_key("finish", found);
	assert_string_equal(found, next);
	let_them_book();
	restart();
	let_them_book();
	assert_int_equal(run_coach("follows", false), 0);
	assert_int_equal(run_coach("locked", false), 4);
	assert_wrong_key(&missed);
	struct coachhouse_identity late = {0};
	assert_true(coachhouse_enrol(&since, "late", CALL_MS, &late, &reply, &failure));
	coachhouse_reply_free(&reply);
	stop_writers(NULL);
	for (int i = 0; i < WRITERS; i++) {
		total += writers[i].booked;
		assert_false(writers[i].failed);
	}
	print_message("  %d bookings, none failed\n", total);
	assert_int_equal(atoi(fixture_sql(f, "SELECT count(*) FROM coachhouse.session")), total);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	snprintf(home, sizeof home, "%s/home", f->dir);
	return setenv("COACH_HOME", home, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_changes_under_load, stop_writers),
	};
	return cmocka_run_group_tests_name("server key", tests, setup, fixture_teardown);
}
