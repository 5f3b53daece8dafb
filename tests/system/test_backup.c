/* A backup under load, put back elsewhere: all that was acknowledged, and as closed as before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "booking.pb-c.h"
#include "internal.h"

enum { WRITERS = 3, MOST = 20000, WARM = 30 };

static struct fixture *f;
static char backup[120], restored[120], said[8192];
static int64_t note;
static struct fixture_person *zoe, *gonzo;

/* Runs `coachd ARGUMENTS`; keeps what it printed and said; its exit code. */
static int coachd(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int coachd(const char *format, ...)
{
	char arguments[1024], command[2048];
	va_list values;
	FILE *in;

	va_start(values, format);
	vsnprintf(arguments, sizeof arguments, format, values);
	va_end(values);
	snprintf(command, sizeof command,
		 "ASAN_OPTIONS=detect_leaks=0 timeout 120 %s/coachd %s 2>&1", BUILD_DIR, arguments);
	in = popen(command, "r");
	assert_non_null(in);
	said[fread(said, 1, sizeof said - 1, in)] = '\0';
	return WEXITSTATUS(pclose(in));
}

/* --- bookings all the while ------------------------------------------------------ */

static struct writer {
	pthread_t thread;
	struct fixture_person *mentee, *coach;
} writers[WRITERS];
static struct acknowledged {
	int64_t session;
	const struct writer *by;
} acknowledged[MOST];
static int count, failed;
static bool over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int known(void)
{
	pthread_mutex_lock(&lock);
	const int n = failed ? -1 : count;
	pthread_mutex_unlock(&lock);
	return n;
}

static bool keep(const struct writer *w, int64_t session)
{
	pthread_mutex_lock(&lock);
	if (session && count < MOST)
		acknowledged[count++] = (struct acknowledged){session, w};
	failed += !session;
	const bool more = !over && session && count < MOST;
	pthread_mutex_unlock(&lock);
	return more;
}

static int64_t book(const struct writer *w, int slot)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	const time_t at = (time(NULL) / 86400 + 3) * 86400 + slot * 3600L;
	struct coachhouse_reply reply;
	char start[32];
	struct tm tm;

	strftime(start, sizeof start, "%Y-%m-%dT%H:%MZ", gmtime_r(&at, &tm));
	request.who = (char *)w->coach->email;
	request.start = start;
	if (!coachhouse_call(w->mentee->connection, "coachhouse.v1.Booking/BookSession",
			     &request.base, NULL, FIXTURE_TIMEOUT_MS, &reply, NULL))
		return 0;
	const int64_t id = ((Coachhouse__V1__BookSessionReply *)reply.message)->sessions[0]->id;
	coachhouse_reply_free(&reply);
	return id;
}

static void *write_on(void *arg)
{
	const struct writer *w = arg;

	for (int slot = 0; keep(w, book(w, slot)); slot++)
		;
	return NULL;
}

static void start_writers(void)
{
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]),
				 0);
	for (int64_t deadline = 0; known() < WARM;)
		if (known() < 0 || !still_time(&deadline))
			fixture_fail("the writers cannot book");
}

static void stop_writers(void)
{
	pthread_mutex_lock(&lock);
	over = true;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	assert_int_equal(failed, 0);
}

/* --- the drill ------------------------------------------------------------------- */

/* What was acknowledged before the log stood here is in every copy that reaches so far. */
struct sample {
	int count;
	char lsn[24];
};

static void take_sample(struct sample *sample)
{
	sample->count = known();
	snprintf(sample->lsn, sizeof sample->lsn, "%s",
		 fixture_sql(f, "SELECT pg_current_wal_insert_lsn()"));
}

/* Where the copy ends, by PostgreSQL's own list. */
static void end_of_copy(char lsn[24])
{
	char path[200], *text = calloc(1, 1 << 22);

	snprintf(path, sizeof path, "%s/postgresql/backup_manifest", backup);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	assert_true(fread(text, 1, (1 << 22) - 1, in) > 0);
	fclose(in);
	const char *end = strstr(text, "\"End-LSN\": \"");
	assert_non_null(end);
	assert_int_equal(sscanf(end + 12, "%23[^\"]", lsn), 1);
	free(text);
}

static bool is_within(const char *lsn, const char *end)
{
	char sql[120];

	snprintf(sql, sizeof sql, "SELECT '%s'::pg_lsn <= '%s'::pg_lsn", lsn, end);
	return !strcmp(fixture_sql(f, sql), "t");
}

/* Backs up under load; how many bookings were acknowledged before the copy ended. */
static int back_up(void)
{
	static struct sample samples[MOST];
	const char *const arguments[] = {"coachd", "backup", backup, "--data", f->data, NULL};
	char end[24], log[120];
	int n = 0, status = -1;

	snprintf(log, sizeof log, "%s/backup.log", f->dir);
	const pid_t pid = process_start(f, arguments, log);
	for (int64_t deadline = 0; n < MOST && still_time(&deadline); n++) {
		take_sample(&samples[n]);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	assert_int_equal(status, 0);
	end_of_copy(end);
	for (; n >= 0; n--)
		if (is_within(samples[n].lsn, end))
			return samples[n].count;
	return 0;
}

static void copy(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void copy(const char *format, ...)
{
	char command[800] = "cp -a ";
	va_list values;

	va_start(values, format);
	vsnprintf(command + 6, sizeof command - 6, format, values);
	va_end(values);
	assert_int_equal(system(command), 0);
}

/* Clients know the daemon by its key, so they go where we send them. */
static void start_restored(void)
{
	struct fixture_daemon *daemon = &f->daemons[1];
	const char *const arguments[] = {"coachd",   "--data",	       restored,
					 "--listen", daemon->endpoint, NULL};

	snprintf(daemon->endpoint, sizeof daemon->endpoint, "ipc://%s/restored.sock", f->dir);
	snprintf(daemon->log, sizeof daemon->log, "%s/restored.log", f->dir);
	daemon->pid = process_start(f, arguments, daemon->log);
}

/* After the backup was made; the list of those erased goes along beside it. */
static void erase_gonzo(void)
{
	char path[120], start[40], text[4000] = "";

	ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", gonzo->email);
	snprintf(path, sizeof path, "%s/erasures", f->data);
	snprintf(start, sizeof start, "%lld ", (long long)gonzo->id);
	for (int64_t deadline = 0; !strstr(text, start) && still_time(&deadline);) {
		FILE *in = fopen(path, "re");
		text[in ? fread(text, 1, sizeof text - 1, in) : 0] = '\0';
		if (in)
			fclose(in);
	}
	assert_non_null(strstr(text, start));
}

static void a_backup_under_load_holds_what_was_acknowledged(void **state)
{
	int extra = 0;

	(void)state;
	start_writers();
	const int before = known(), sure = back_up(), after = known();
	stop_writers();
	print_message("  acknowledged: %d when the backup began, %d when its copy ended, %d when "
		      "it was done\n",
		      before, sure, after);
	assert_true(sure > before);
	erase_gonzo();
	/* What is no list of erasures would bring them back without a word. */
	assert_int_not_equal(
		coachd("restore %s --data %s --erasures %s", backup, restored, f->data), 0);
	assert_non_null(strstr(said, "is no file"));
	assert_int_not_equal(coachd("restore %s --data %s --erasures %s/coachhouse.backup", backup,
				    restored, backup),
			     0);
	assert_non_null(strstr(said, "coachhouse.backup:1 is no line of the ledger"));
	assert_int_equal(
		coachd("restore %s --data %s --erasures %s/erasures", backup, restored, f->data),
		0);
	copy("%s/keys %s", f->data, restored);
	start_restored();
	for (int i = 0; i < WRITERS; i++)
		writers[i].mentee = ask_through(f, writers[i].mentee, &f->daemons[1]);
	for (int i = 0; i < count; i++) {
		const char *reason = ask_either(acknowledged[i].by->mentee, "GetSession", NULL,
						"'id': %lld", (long long)acknowledged[i].session);
		if (i < sure)
			assert_string_equal(reason, "");
		extra += !*reason && i >= sure;
	}
	print_message("  restored: all %d, and %d more\n", sure, extra);
}

static void who_was_erased_since_stays_erased(void **state)
{
	(void)state;
	const struct fixture_person *admin = ask_through(f, f->admin, &f->daemons[1]);
	assert_int_equal(ask_count(ask(admin, "ListPeople", "'text': 'Gonzo'"), "people"), 0);
	assert_int_equal(ask_count(ask(admin, "ListPeople", "'text': 'Zoë'"), "people"), 1);
}

static void keys_are_not_in_it(void **state)
{
	char command[600];

	(void)state;
	snprintf(command, sizeof command,
		 "set -- $(cut -d' ' -f2 %s/keys/seal.keys) $(cat %s/keys/server.key); "
		 "grep -rqiF -e $1 -e $2 %s",
		 f->data, f->data, backup);
	assert_int_equal(WEXITSTATUS(system(command)), 1);
	snprintf(command, sizeof command, "grep -rqiF 'what Zoe noted' %s %s/postgresql", backup,
		 f->data);
	assert_int_equal(WEXITSTATUS(system(command)), 1);
}

static void notes_open_with_the_key_only(void **state)
{
	char aside[240];

	(void)state;
	struct fixture_person *reader = ask_through(f, zoe, &f->daemons[1]);
	assert_string_equal(
		ask_text(ask(reader, "ReviewConversation", "'id': %lld", (long long)note),
			 "note.text"),
		"what Zoe noted");
	fixture_daemon_stop(f, &f->daemons[1]);
	/* A key of the same form that sealed nothing here. */
	snprintf(aside, sizeof aside, "%s/keys/seal.keys", restored);
	FILE *out = fopen(aside, "w");
	assert_non_null(out);
	fputs("other ", out);
	for (int i = 0; i < 32; i++)
		fputs("5a", out);
	fputs("\n", out);
	fclose(out);
	start_restored();
	const struct coachhouse_failure *failure = ask_refused(
		reader, "ReviewConversation", "SEAL_KEY_MISSING", "'id': %lld", (long long)note);
	print_message("  without the key: %s\n", failure->message);
	fixture_daemon_stop(f, &f->daemons[1]);
	copy("%s/keys/seal.keys %s/keys/", f->data, restored);
	start_restored();
	ask(reader, "ReviewConversation", "'id': %lld", (long long)note);
}

/* Each of them names what is wrong and changes nothing. */
static void what_cannot_be_restored_is_refused(void **state)
{
	char place[200];

	(void)state;
	assert_int_equal(coachd("restore %s --data %s", backup, f->data), 1);
	assert_non_null(strstr(said, "is not empty (postgresql is in it)"));
	assert_int_equal(coachd("backup %s --data %s", backup, f->data), 1);
	assert_non_null(strstr(said, "is not empty; give a new folder"));
	snprintf(place, sizeof place, "%s/elsewhere", f->dir);
	assert_int_equal(coachd("restore %s/data --data %s", f->dir, place), 1);
	assert_non_null(strstr(said, "is no backup, or one that was not finished"));
	assert_int_equal(coachd("restore %s --database dbname=x --keys %s", backup, place), 1);
	assert_int_equal(access(place, F_OK), -1);
}

/* Spoils a copy of the backup, of which `database` says how it is copied. */
static void spoil(const char *database, const char *script)
{
	char command[900];

	snprintf(command, sizeof command,
		 "mkdir %s.bad && cd %s.bad && cp ../backup/coachhouse.backup "
		 "../backup/erasures . && "
		 "%s ../backup/postgresql . && %s",
		 backup, backup, database, script);
	assert_int_equal(system(command), 0);
	assert_int_equal(coachd("restore %s.bad --data %s/elsewhere", backup, f->dir), 1);
	snprintf(command, sizeof command, "rm -r %s.bad", backup);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "%s/elsewhere/postgresql", f->dir);
	assert_int_equal(access(command, F_OK), -1);
}

static void what_is_broken_or_newer_is_refused(void **state)
{
	(void)state;
	spoil("ln -s", "sed -i 's/^schema = .*/schema = 9999_tomorrow/' coachhouse.backup");
	assert_non_null(strstr(said, "install the newer coachd"));
	spoil("ln -s", "sed -i 's/^format = 1/format = 2/' coachhouse.backup");
	assert_non_null(strstr(said, "is newer than this one"));
	spoil("cp -R", "printf x | dd of=postgresql/base/1/1259 bs=1 seek=9000 conv=notrunc "
		       "status=none");
	assert_non_null(strstr(said, "is damaged; what pg_verifybackup found is above"));
	spoil("ln -s", "echo '1 x' >>erasures");
	assert_non_null(strstr(said, "erasures is not as it was saved"));
}

static void a_stopped_place_is_backed_up_too(void **state)
{
	(void)state;
	fixture_daemon_stop(f, &f->daemons[1]);
	snprintf(backup, sizeof backup, "%s/second", f->dir);
	assert_int_equal(coachd("backup %s --data %s", backup, restored), 0);
	assert_int_equal(coachd("restore %s --data %s/third", backup, f->dir), 0);
}

static const char *an_hour_ago(void)
{
	static char text[32];
	const time_t at = time(NULL) / 3600 * 3600 - 7200;
	struct tm tm;

	strftime(text, sizeof text, "%Y-%m-%dT%H:%MZ", gmtime_r(&at, &tm));
	return text;
}

static int set_up(void **state)
{
	*state = f = fixture_start(NULL);
	fixture_sql(f, "UPDATE coachhouse.role_held SET starts_on = '2020-01-01'");
	snprintf(backup, sizeof backup, "%s/backup", f->dir);
	snprintf(restored, sizeof restored, "%s/restored", f->dir);
	for (int i = 0; i < WRITERS; i++) {
		writers[i].coach = fixture_coach(f, "Coach Example");
		writers[i].mentee = fixture_person(f, "Mentee Example", MEMBER);
	}
	zoe = fixture_person(f, "Zoë Example", MEMBER);
	gonzo = fixture_person(f, "Gonzo Example", MEMBER);
	note = ask_number(ask(zoe, "LogConversation",
			      "'with': '%s', 'start': '%s', 'note': {'text': 'what Zoe noted', "
			      "'visible': 'VISIBILITY_ME'}",
			      writers[0].coach->email, an_hour_ago()),
			  "id");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backup_under_load_holds_what_was_acknowledged),
		cmocka_unit_test(who_was_erased_since_stays_erased),
		cmocka_unit_test(keys_are_not_in_it),
		cmocka_unit_test(notes_open_with_the_key_only),
		cmocka_unit_test(what_cannot_be_restored_is_refused),
		cmocka_unit_test(what_is_broken_or_newer_is_refused),
		cmocka_unit_test(a_stopped_place_is_backed_up_too),
	};

	return cmocka_run_group_tests(tests, set_up, fixture_teardown);
}
