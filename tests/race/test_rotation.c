/*
 * Keys change while people book and record, and daemons are killed in the middle
 * of it: every note that was acknowledged opens in the end, with the newest key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "booking.pb-c.h"
#include "conversations.pb-c.h"
#include "fixture.h"
#include "internal.h"

enum { WRITERS = 6, MOST = 6000, TIMEOUT_MS = 2000, BEFORE = 200, KEY_NAME = 8 };

static struct fixture *f;
static struct fixture_daemon *second;
static char keys_file[120];

/* One who books an hour, records another and reads again, by turns. */
struct writer {
	pthread_t thread;
	struct fixture_person *person, *coach;
	struct coachhouse *connection;
	int64_t conversations[MOST];
	int notes, unknown;
	struct coachhouse_failure fault; /* not of the kind that a restart explains */
	bool faulty;
};

static struct writer writers[WRITERS];
static atomic_int written;
static atomic_bool over;

static void write_text(const struct writer *w, int number, char *out, size_t size)
{
	snprintf(out, size, "what %s said, the %dth time", w->person->name, number);
}

static void write_start(int64_t hours, char *out, size_t size)
{
	const time_t at = (time(NULL) / 3600 + hours) * 3600;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(out, size, "%Y-%m-%dT%H:%MZ", &tm);
}

/* What may be said while the database or the daemon is away. */
static bool is_honest(const struct coachhouse_failure *failure)
{
	return failure->code == COACHHOUSE__V1__CODE__UNAVAILABLE ||
	       !strcmp(failure->reason, "OUTCOME_UNKNOWN") ||
	       failure->code == COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED;
}

/* Asks until it is answered, always with the same id; not for ever when all is over. */
static bool insist(struct writer *w, const char *method, const ProtobufCMessage *request,
		   struct coachhouse_reply *reply)
{
	struct coachhouse_failure failure = {0};
	uint8_t id[16];
	int given_up = 0;
	randombytes_buf(id, sizeof id);
	while (!coachhouse_call(w->connection, method, request, id, TIMEOUT_MS, reply, &failure)) {
		if (!is_honest(&failure) || (over && ++given_up > 20)) {
			w->fault = failure;
			w->faulty = true;
			return false;
		}
		w->unknown++;
	}
	return true;
}

static bool book(struct writer *w, int number)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	char start[32];
	write_start(48 + number, start, sizeof start);
	request.who = w->coach->email;
	request.start = start;
	const bool done = insist(w, "coachhouse.v1.Booking/BookSession", &request.base, &reply);
	coachhouse_reply_free(&reply);
	return done;
}

static bool record(struct writer *w, int number)
{
	Coachhouse__V1__LogConversationRequest request =
		COACHHOUSE__V1__LOG_CONVERSATION_REQUEST__INIT;
	Coachhouse__V1__Confidential note = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	struct coachhouse_reply reply = {0};
	char start[32], text[160];
	write_start(-2 - number, start, sizeof start);
	write_text(w, number, text, sizeof text);
	note.text = text;
	note.has_visible = true;
	note.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_ME;
	request.start = start;
	request.with = w->coach->email;
	request.note = &note;
	if (!insist(w, "coachhouse.v1.Conversations/LogConversation", &request.base, &reply))
		return false;
	w->conversations[w->notes++] = ((Coachhouse__V1__LogConversationReply *)reply.message)->id;
	coachhouse_reply_free(&reply);
	return true;
}

/* One of those written before opens, whichever key it has by now. */
static bool read_one(struct writer *w)
{
	Coachhouse__V1__ReviewConversationRequest request =
		COACHHOUSE__V1__REVIEW_CONVERSATION_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	char text[160];
	const int number = (int)randombytes_uniform((uint32_t)w->notes);
	request.has_id = true;
	request.id = w->conversations[number];
	if (!insist(w, "coachhouse.v1.Conversations/ReviewConversation", &request.base, &reply))
		return false;
	write_text(w, number, text, sizeof text);
	const Coachhouse__V1__ReviewConversationReply *read = (void *)reply.message;
	if (!read->note || !read->note->text || strcmp(read->note->text, text)) {
		snprintf(w->fault.message, sizeof w->fault.message, "another text than \"%s\"",
			 text);
		w->faulty = true;
	}
	coachhouse_reply_free(&reply);
	return !w->faulty;
}

static void *write_on(void *arg)
{
	struct writer *w = arg;
	for (int number = w->notes; !over && number < MOST && !w->faulty; number++)
		if (record(w, number) && book(w, number) && read_one(w))
			atomic_fetch_add(&written, 1);
	return NULL;
}

static void await(int more)
{
	const int goal = written + more;
	for (int64_t deadline = 0; written < goal;) {
		for (int i = 0; i < WRITERS; i++)
			if (writers[i].faulty)
				fixture_fail("%s: %s", writers[i].fault.reason,
					     writers[i].fault.message);
		if (!still_time(&deadline))
			fixture_fail("nobody writes any more");
	}
}

static int stop_writers(void **state)
{
	(void)state;
	over = true;
	for (int i = 0; i < WRITERS; i++) {
		if (writers[i].thread)
			pthread_join(writers[i].thread, NULL);
		writers[i].thread = 0;
	}
	return 0;
}

/* --- the keys ----------------------------------------------------------------------- */

static void keys(const char *what, const char *name)
{
	char command[400];
	snprintf(command, sizeof command,
		 "%s/coachd keys %s %s --data %s >/dev/null 2>>%s/keys.log", BUILD_DIR, what, name,
		 f->data, f->dir);
	if (system(command))
		fixture_fail("coachd keys %s %s failed", what, name);
}

/* The name of the first key in the file, and how many there are. */
static int first_key(char name[KEY_NAME + 1])
{
	char line[128];
	int count = 0;
	FILE *in = fopen(keys_file, "re");
	assert_non_null(in);
	while (fgets(line, sizeof line, in))
		if (!count++)
			snprintf(name, KEY_NAME + 1, "%.*s", KEY_NAME, line);
	fclose(in);
	return count;
}

static int held_by(const char *key)
{
	char sql[200];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM coachhouse.note WHERE substring((note).box, 2, 8) = '%s'",
		 key);
	return atoi(fixture_sql(f, sql));
}

/* Kills a daemon when the work is begun and not done; how much of it was left. */
static int kill_in_the_middle(struct fixture_daemon *daemon, const char *old)
{
	const int all = held_by(old);
	int left;
	for (int64_t deadline = 0; (left = held_by(old)) == all;)
		if (!still_time(&deadline))
			fixture_fail("%d values stay with %s", all, old);
	fixture_daemon_kill(f, daemon);
	left = held_by(old);
	fixture_daemon_start(f, daemon, NULL);
	return left;
}

static void retire(const char *key)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 120}};
	for (int64_t deadline = 0; held_by(key);)
		if (!still_time(&deadline))
			fixture_fail("%d values are still sealed with %s", held_by(key), key);
	/* Nobody's call is a minute old in here. */
	assert_int_equal(utimensat(AT_FDCWD, keys_file, times, 0), 0);
	keys("retire", key);
}

static void read_all(void)
{
	int notes = 0, unknown = 0;
	for (int i = 0; i < WRITERS; i++) {
		struct writer *w = &writers[i];
		for (int n = 0; n < w->notes; n++, notes++) {
			char text[160];
			Coachhouse__V1__ReviewConversationRequest request =
				COACHHOUSE__V1__REVIEW_CONVERSATION_REQUEST__INIT;
			request.has_id = true;
			request.id = w->conversations[n];
			Coachhouse__V1__ReviewConversationReply *reply =
				fixture_call(w->person->connection,
					     "Conversations/ReviewConversation", &request);
			write_text(w, n, text, sizeof text);
			assert_string_equal(reply->note->text, text);
			fixture_free(reply);
		}
		unknown += w->unknown;
	}
	assert_int_equal(atoi(fixture_sql(f, "SELECT count(*) FROM coachhouse.note")), notes);
	print_message("  %d notes, all open; %d answers were lost and asked for again\n", notes,
		      unknown);
}

static void keys_change_under_load(void **state)
{
	char old[KEY_NAME + 1] = "";
	int middle = 0, rounds = fixture_is_long() ? 30 : 2;
	(void)state;
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]),
				 0);
	await(BEFORE);
	for (int round = 0; round < rounds; round++) {
		assert_int_equal(first_key(old), 1);
		keys("add", "");
		middle += kill_in_the_middle(round % 2 ? second : &f->daemons[0], old) > 0;
		await(WRITERS);
		retire(old);
	}
	await(WRITERS);
	stop_writers(NULL);
	for (int i = 0; i < WRITERS; i++)
		if (writers[i].faulty)
			fixture_fail("%s: %s", writers[i].fault.reason, writers[i].fault.message);
	print_message("  %d keys changed, %d times killed in the middle of it\n", rounds, middle);
	read_all();
	assert_int_equal(first_key(old), 1);
	assert_int_equal(held_by(old),
			 atoi(fixture_sql(f, "SELECT count(*) FROM coachhouse.note")));
	keys("verify", keys_file);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	snprintf(keys_file, sizeof keys_file, "%s/keys/seal.keys", f->data);
	second = fixture_daemon_add(f, NULL);
	for (int i = 0; i < WRITERS; i++) {
		struct writer *w = &writers[i];
		char name[40];
		snprintf(name, sizeof name, "Writer %c Example", 'A' + i);
		w->person = fixture_person(f, name, MEMBER);
		snprintf(name, sizeof name, "Coach %c Example", 'A' + i);
		w->coach = fixture_coach(f, name);
		/* Half of them at each daemon. */
		w->connection = fixture_connect(w->person, i % 2 ? second : &f->daemons[0]);
	}
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; i < WRITERS; i++)
		coachhouse_close(&writers[i].connection);
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(keys_change_under_load, stop_writers),
	};
	return cmocka_run_group_tests_name("rotation", tests, setup, teardown);
}
