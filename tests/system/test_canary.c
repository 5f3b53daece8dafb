/*
 * What people write is nowhere but with those who may read it: phrases that
 * exist once in the world are looked for in everything that is written down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "config.h"
#include "json.h"
#include "methods.h"
#include "search.h"
#include "wire.h"

static struct fixture *f;
static struct fixture_person *coach, *mina, *stranger;
static int64_t private_session, shared_session;

/* The phrases, and one that is no secret: it shows that the search finds. */
static char for_me[48], for_us[48], agreed[48], marker[48];

static void make_phrase(char out[48], const char *word)
{
	uint8_t random[12];
	char hex[25];
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	snprintf(out, 48, "%s %s", word, hex);
}

/* --- searching --------------------------------------------------------------------- */

static bool dump_holds(const char *phrase)
{
	char command[500], run[128];
	config_run_folder(f->data, run, sizeof run);
	snprintf(command, sizeof command, "%spg_dump -h '%s' -U postgres coachhouse",
		 geteuid() ? "" : "cd / && runuser -u postgres -- ", run);
	FILE *dump = popen(command, "re");
	const bool found = dump && search_stream(dump, phrase);
	if (!dump || pclose(dump))
		fixture_fail("%s failed", command);
	return found;
}

static void assert_nowhere(const char *phrase)
{
	const char *where = search_folder(f->dir, phrase);
	if (!where)
		where = search_folder("/dev/shm", phrase);
	if (!where)
		where = search_processes(phrase);
	if (!where && dump_holds(phrase))
		where = "the dump";
	if (where)
		fixture_fail("\"%s\" stands in %s", phrase, where);
}

/* --- the command line ----------------------------------------------------------------- */

static char home[100], output[200];

/* All that `coach` writes of itself is below `home`, which is searched as well. */
static void set_environment(void)
{
	char path[140];
	static const char *const names[] = {"HOME",	      "COACH_HOME",
					    "TMPDIR",	      "XDG_RUNTIME_DIR",
					    "XDG_STATE_HOME", "XDG_CONFIG_HOME"};
	snprintf(home, sizeof home, "%s/home", f->dir);
	snprintf(output, sizeof output, "%s/out", f->dir);
	assert_int_equal(mkdir(home, 0700), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%zu", home, i);
		assert_int_equal(mkdir(path, 0700), 0);
		setenv(names[i], path, 1);
	}
}

static int pipe_with(const char *words)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], words, strlen(words)), (ssize_t)strlen(words));
	close(ends[1]);
	return ends[0];
}

/* Starts `coach`; `note` and `actions` come through pipes: no file of ours holds them. */
static pid_t start_coach(const char *const arguments[], const char *note, const char *actions)
{
	const int first = pipe_with(note), second = pipe_with(actions);
	fflush(NULL);
	const pid_t pid = fork();
	if (pid == 0) {
		const int out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(first, 0);
		dup2(out, 1);
		dup2(out, 2);
		dup2(second, 9);
		execv(BUILD_DIR "/coach", (char *const *)arguments);
		_exit(127);
	}
	close(first);
	close(second);
	return pid;
}

static void finish_coach(pid_t pid)
{
	int status = -1;
	char said[2000] = "";
	assert_int_equal(waitpid(pid, &status, 0), pid);
	FILE *in = fopen(output, "re");
	if (in) {
		said[fread(said, 1, sizeof said - 1, in)] = '\0';
		fclose(in);
	}
	unlink(output);
	if (status)
		fixture_fail("coach ended with %#x: %s", (unsigned)status, said);
}

/* Mina as the command line knows her: with another key, enrolled by it. */
static void enrol_by_command(void)
{
	static const int member[] = {MEMBER, 0};
	char line[600];
	const struct coachhouse_invitation invitation =
		fixture_invite(f, mina->name, mina->email, member);
	coachhouse_invitation_write(&invitation, line, sizeof line);
	const char *const arguments[] = {"coach", "enrol", line, NULL};
	finish_coach(start_coach(arguments, "", ""));
}

/* --- the tests ------------------------------------------------------------------------ */

static int count(const char *sql)
{
	return atoi(fixture_sql(f, sql));
}

static void hold(bool on)
{
	char sql[80];
	snprintf(sql, sizeof sql, "SELECT pg_advisory_%slock(%lld)", on ? "" : "un",
		 (long long)coach->id);
	fixture_sql(f, sql);
}

static void wait_until_in_flight(void)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	for (int i = 0; i < 2000; i++, nanosleep(&pause, NULL))
		if (count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
			return;
	fixture_fail("coach never called");
}

/* By the real command, and looked for while the call is in flight. */
static void log_with(int64_t session, const char *visible, const char *note, const char *actions)
{
	char number[24];
	snprintf(number, sizeof number, "%lld", (long long)session);
	const char *const arguments[] = {"coach",     "log",	     number, "--visible",
					 visible,     "--note-file", "-",    "--actions-file",
					 "/dev/fd/9", "--yes",	     NULL};
	hold(true);
	const pid_t pid = start_coach(arguments, note, actions);
	wait_until_in_flight();
	assert_nowhere(note);
	hold(false);
	finish_coach(pid);
}

static void what_is_written_is_nowhere(void **state)
{
	char actions[100];
	(void)state;
	snprintf(actions, sizeof actions, "[ ] me: %s (due 2099-01-05)\n", agreed);
	log_with(private_session, "me", for_me, "");
	log_with(shared_session, "us", for_us, actions);
	assert_int_equal(count("SELECT count(*) FROM coachhouse.note"), 2);
	assert_int_equal(count("SELECT count(*) FROM coachhouse.action"), 1);
	fixture_sql(f, "CHECKPOINT");
	assert_nowhere(for_me);
	assert_nowhere(for_us);
	assert_nowhere(agreed);
}

/* A call that is refused leaves no more of it than one that succeeds. */
static void nor_is_what_was_refused(void **state)
{
	char *large = malloc(20000);
	(void)state;
	ask_refused(mina, "LogConversation", "",
		    "'session': '900000001', 'note': {'text': '%s', 'visible': 'VISIBILITY_ME'}",
		    for_me);
	ask_refused(mina, "LogConversation", "", "'session': '%s', 'start': '%s', 'zone': '%s'",
		    "1", "when", "where");
	assert_non_null(large);
	memset(large, 'x', 20000);
	memcpy(large, for_me, strlen(for_me));
	large[19999] = '\0';
	ask_refused(mina, "LogConversation", "BAD_FIELD",
		    "'session': '%lld', 'note': {'text': '%s', 'visible': 'VISIBILITY_ME'}",
		    (long long)private_session, large);
	free(large);
	fixture_sql(f, "CHECKPOINT");
	assert_nowhere(for_me);
}

/* The last line of the file of sealing keys, without its end. */
static void last_key(char line[80])
{
	char path[140];
	snprintf(path, sizeof path, "%s/keys/seal.keys", f->data);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	while (fgets(line, 80, in))
		line[strcspn(line, "\n")] = '\0';
	fclose(in);
}

/* Sealed again with another key, all of it is as hidden as before; so is the key. */
static void nor_does_another_key_show_it(void **state)
{
	const char *const phrases[] = {for_me, for_us, agreed};
	char command[300], line[80], folder[120], sql[300];
	(void)state;
	snprintf(command, sizeof command, "%s/coachd keys add --data %s >/dev/null 2>&1", BUILD_DIR,
		 f->data);
	assert_int_equal(system(command), 0);
	last_key(line);
	line[9 + 30] = '\0'; /* of its secret, enough to be found by */
	snprintf(
		sql, sizeof sql,
		"SELECT (SELECT count(*) FROM coachhouse.note WHERE substring((note).box, 2, 8) <> "
		"'%.8s') + (SELECT count(*) FROM coachhouse.action WHERE "
		"substring((action_text).box, 2, 8) <> '%.8s')",
		line, line);
	const struct timespec pause = {.tv_nsec = 10000000};
	for (int i = 0; i < 3000 && count(sql); i++)
		nanosleep(&pause, NULL);
	assert_int_equal(count(sql), 0);
	fixture_sql(f, "CHECKPOINT");
	for (int i = 0; i < 3; i++)
		assert_nowhere(phrases[i]);
	snprintf(folder, sizeof folder, "%s/postgresql", f->data);
	assert_null(search_folder(folder, line + 9));
	assert_null(search_processes(line + 9));
	assert_false(dump_holds(line + 9));
}

/* What is no secret is found by the same search, in the files and in the dump. */
static void the_search_finds(void **state)
{
	char folder[120];
	(void)state;
	fixture_sql(f, "CHECKPOINT");
	snprintf(folder, sizeof folder, "%s/postgresql/base", f->data);
	assert_non_null(search_folder(folder, marker));
	snprintf(folder, sizeof folder, "%s/postgresql/pg_wal", f->data);
	assert_non_null(search_folder(folder, marker));
	assert_true(dump_holds(marker));
	setenv("COACHHOUSE_MARKER", marker, 1);
	const pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/sleep", "sleep", "20", (char *)NULL);
		_exit(127);
	}
	const struct timespec pause = {.tv_nsec = 10000000};
	for (int i = 0; i < 500 && !search_processes(marker); i++)
		nanosleep(&pause, NULL);
	assert_non_null(search_processes(marker));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unsetenv("COACHHOUSE_MARKER");
}

/* --- who reads it ---------------------------------------------------------------------- */

/* A read with every id in it that `id` could be, and a long period. */
static ProtobufCMessage *make_request(const struct method *method, int64_t id)
{
	char text[600] = "{", error[200];
	for (unsigned i = 0; i < method->request->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &method->request->fields[i];
		const size_t used = strlen(text);
		const char *comma = used > 1 ? ", " : "";
		if (id && field->type == PROTOBUF_C_TYPE_INT64 && strcmp(field->name, "after"))
			snprintf(text + used, sizeof text - used, "%s\"%s\": \"%lld\"", comma,
				 field->name, (long long)id);
		else if (!strcmp(field->name, "from") || !strcmp(field->name, "to"))
			snprintf(text + used, sizeof text - used, "%s\"%s\": \"2026-%s\"", comma,
				 field->name, field->name[0] == 'f' ? "01-01" : "12-31");
		else if (!strcmp(field->name, "all"))
			snprintf(text + used, sizeof text - used, "%s\"all\": true", comma);
	}
	strcat(text, "}");
	ProtobufCMessage *request = json_read(method->request, text, error, sizeof error);
	if (!request)
		fixture_fail("%s: %s", text, error);
	return request;
}

/* Whether any reading method gives the phrase to that person, whatever id is asked for. */
static bool can_read(const struct fixture_person *person, const char *phrase)
{
	char ids[400];
	size_t n;
	bool found = false;
	const struct method *methods = methods_all(&n);
	snprintf(ids, sizeof ids, "0 %s",
		 fixture_sql(
			 f, "SELECT string_agg(id::text, ' ') FROM (SELECT id FROM "
			    "coachhouse.session UNION SELECT id FROM coachhouse.conversation UNION "
			    "SELECT id FROM coachhouse.action) i"));
	struct wire *wire = wire_open(f->daemons[0].endpoint, &person->identity);
	for (char *rest = ids, *id; (id = strsep(&rest, " "));)
		for (size_t m = 0; m < n; m++) {
			uint8_t call[16];
			if (methods[m].access != ACCESS_READ)
				continue;
			wire_id(call);
			ProtobufCMessage *request = make_request(&methods[m], atoll(id));
			struct wire_reply reply = wire_ask(wire, call, methods[m].name, request);
			found |= search_bytes((char *)reply.body, reply.size, phrase) ||
				 (reply.header->message && strstr(reply.header->message, phrase));
			wire_reply_free(&reply);
			protobuf_c_message_free_unpacked(request, NULL);
		}
	wire_close(&wire);
	return found;
}

static void it_is_read_by_those_it_is_for(void **state)
{
	(void)state;
	assert_true(can_read(mina, for_me));
	assert_true(can_read(mina, for_us));
	assert_true(can_read(mina, agreed));
	assert_false(can_read(coach, for_me));
	assert_true(can_read(coach, for_us));
	assert_true(can_read(coach, agreed));
}

static void it_is_read_by_nobody_else(void **state)
{
	const char *const phrases[] = {for_me, for_us, agreed};
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(can_read(f->admin, phrases[i]));
		assert_false(can_read(stranger, phrases[i]));
	}
}

static int64_t past_session(const char *start)
{
	json_t *logged =
		ask(coach, "LogConversation", "'start': '%s', 'with': '%s'", start, mina->email);
	return ask_number(logged, "session");
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	make_phrase(for_me, "private");
	make_phrase(for_us, "shared");
	make_phrase(agreed, "agreed");
	make_phrase(marker, "marker");
	coach = fixture_coach(f, "Cora Example");
	mina = fixture_person(f, "Mina Example", MEMBER);
	stranger = fixture_person(f, "Sten Example", MEMBER);
	ask(coach, "AddAway", "'from': '2099-07-01', 'to': '2099-07-02', 'reason': '%s'", marker);
	ask(mina, "LogConversation", "'start': '2026-01-19T10:00Z', 'with': '%s'", coach->email);
	private_session = past_session("2026-01-20T10:00Z");
	shared_session = past_session("2026-01-21T10:00Z");
	set_environment();
	enrol_by_command();
	fixture_methods();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_nowhere),
		cmocka_unit_test(nor_is_what_was_refused),
		cmocka_unit_test(nor_does_another_key_show_it),
		cmocka_unit_test(the_search_finds),
		cmocka_unit_test(it_is_read_by_those_it_is_for),
		cmocka_unit_test(it_is_read_by_nobody_else),
	};
	return cmocka_run_group_tests_name("canary", tests, setup, fixture_teardown);
}
