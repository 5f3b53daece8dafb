/* The keys that seal what was said: changed while people write, missing, moved, copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "internal.h"
#include "keyring.h"

#define NOTE "'with': '%s', 'start': '%s', 'note': {'text': '%s', 'visible': 'VISIBILITY_US'}"
#define ACTION                                                                       \
	", 'actions': [{'action_text': {'text': '%s', 'visible': 'VISIBILITY_US'}, " \
	"'owner': 'me', 'due': '2026-12-01'}]"

static struct fixture *f;
static struct fixture_person *coach, *mentee;
static char keys_file[120];

/* --- coachd keys ------------------------------------------------------------------- */

/* Runs `coachd keys ...` as an operator does; its exit code. What it said is in `said`. */
static char said[4000];

static int keys(const char *what)
{
	char command[400];
	snprintf(command, sizeof command, "%s/coachd keys %s --data %s 2>&1", BUILD_DIR, what,
		 f->data);
	FILE *out = popen(command, "re");
	assert_non_null(out);
	said[fread(said, 1, sizeof said - 1, out)] = '\0';
	return WEXITSTATUS(pclose(out));
}

static void assert_said(const char *words)
{
	if (!strstr(said, words))
		fixture_fail("\"%s\" is not in: %s", words, said);
}

/* The name of a key in the file, from 0; its line is copied to `line`, which may be NULL. */
static const char *key_name(int number, char *line, size_t size)
{
	static char text[128];
	FILE *in = fopen(keys_file, "re");
	assert_non_null(in);
	for (int i = 0; i <= number; i++)
		if (!fgets(text, sizeof text, in))
			fixture_fail("no key %d in %s", number, keys_file);
	fclose(in);
	if (line)
		snprintf(line, size, "%s", text);
	*strchr(text, ' ') = '\0';
	return text;
}

static long held_by(const char *key)
{
	char sql[600];
	snprintf(sql, sizeof sql,
		 "SELECT (SELECT count(*) FROM coachhouse.note WHERE substring((note).box, 2, 8) = "
		 "'%s') + (SELECT count(*) FROM coachhouse.action WHERE substring((action_text)"
		 ".box, 2, 8) = '%s')",
		 key, key);
	return atol(fixture_sql(f, sql));
}

static void wait_until_none_by(const char *key)
{
	for (int64_t deadline = 0; held_by(key);)
		if (!still_time(&deadline))
			fixture_fail("%ld values are still sealed with %s", held_by(key), key);
}

/* As if the last key had been there for long. */
static void age_file(void)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 120}};
	assert_int_equal(utimensat(AT_FDCWD, keys_file, times, 0), 0);
}

static bool log_has(const char *words)
{
	char line[1024];
	bool found = false;
	FILE *log = fopen(f->daemons[0].log, "re");
	while (log && fgets(line, sizeof line, log))
		found |= strstr(line, words) != NULL;
	if (log)
		fclose(log);
	return found;
}

static void wait_for_log(const char *words)
{
	for (int64_t deadline = 0; !log_has(words);)
		if (!still_time(&deadline))
			fixture_fail("the log never says \"%s\"", words);
}

static long long write_note(const char *start, const char *text)
{
	return ask_number(
		ask(mentee, "LogConversation", NOTE ACTION, coach->email, start, text, text), "id");
}

static void assert_reads(long long id, const char *text)
{
	const json_t *read = ask(coach, "ReviewConversation", "'id': %lld", id);
	assert_string_equal(ask_text(read, "note.text"), text);
	assert_string_equal(ask_text(read, "actions.0.action_text.text"), text);
}

/* --- changing keys ----------------------------------------------------------------- */

static void a_new_key_takes_over(void **state)
{
	char first[128], second[128], sql[400];
	struct stat info;
	(void)state;
	const long long id = write_note("2026-10-05T10:00", "before");
	snprintf(first, sizeof first, "%s", key_name(0, NULL, 0));
	assert_int_equal(held_by(first), 2);
	snprintf(sql, sizeof sql,
		 "SELECT version FROM coachhouse.session s JOIN coachhouse.conversation c "
		 "ON c.session = s.id WHERE c.id = %lld",
		 id);
	const int version = atoi(fixture_sql(f, sql));
	assert_int_equal(keys("add"), 0);
	snprintf(second, sizeof second, "%s", key_name(1, NULL, 0));
	assert_said(second);
	assert_int_equal(stat(keys_file, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	wait_until_none_by(first);
	assert_int_equal(held_by(second), 2);
	assert_reads(id, "before");
	/* What people did is as it was: no version counts it, nothing says "changed". */
	assert_int_equal(atoi(fixture_sql(f, sql)), version);
	assert_null(fixture_sql(f, "SELECT changed FROM coachhouse.action ORDER BY id LIMIT 1"));
	write_note("2026-10-05T12:00", "after");
	assert_int_equal(held_by(second), 4);
	assert_int_equal(keys(""), 0);
	assert_said("seals         4");
}

static void an_old_key_goes_when_nothing_needs_it(void **state)
{
	char words[200], first[128], second[128];
	(void)state;
	snprintf(first, sizeof first, "%s", key_name(0, NULL, 0));
	snprintf(second, sizeof second, "%s", key_name(1, NULL, 0));
	snprintf(words, sizeof words, "retire %s", second);
	assert_int_equal(keys(words), 1);
	assert_said("4 values are still sealed with");
	snprintf(words, sizeof words, "retire %s", first);
	assert_int_equal(keys(words), 1);
	assert_said("try again in a minute");
	age_file();
	assert_int_equal(keys("retire nonesuch"), 1);
	assert_said("holds no key nonesuch");
	assert_int_equal(keys(words), 0);
	assert_string_equal(key_name(0, NULL, 0), second);
	assert_int_equal(keys("retire"), 2);
	assert_int_equal(keys("polish"), 2);
}

static void keys_are_changed_while_the_daemon_rests(void **state)
{
	(void)state;
	const long long id = write_note("2026-10-06T10:00", "resting");
	char old[128];
	snprintf(old, sizeof old, "%s", key_name(0, NULL, 0));
	fixture_daemon_stop(f, &f->daemons[0]);
	assert_int_equal(keys("add"), 0);
	assert_int_equal(keys(""), 0);
	assert_said("values wait to be sealed");
	fixture_daemon_start(f, &f->daemons[0], NULL);
	wait_until_none_by(old);
	assert_reads(id, "resting");
	age_file();
	char words[200];
	snprintf(words, sizeof words, "retire %s", old);
	fixture_daemon_stop(f, &f->daemons[0]);
	assert_int_equal(keys(words), 0);
	fixture_daemon_start(f, &f->daemons[0], NULL);
	assert_reads(id, "resting");
}

static void a_copy_is_proved(void **state)
{
	char copy[120], command[300], words[160];
	(void)state;
	snprintf(copy, sizeof copy, "%s/copy.keys", f->dir);
	snprintf(command, sizeof command, "install -m 600 %s %s", keys_file, copy);
	assert_int_equal(system(command), 0);
	snprintf(words, sizeof words, "verify %s", copy);
	assert_int_equal(keys(words), 0);
	assert_said("opens everything that is stored");
	assert_int_equal(unlink(copy), 0);
	char error[200];
	assert_true(keyring_create(copy, error, sizeof error));
	assert_int_equal(keys(words), 1);
	assert_said("missing: ");
	assert_said("does not open everything");
	assert_int_equal(chmod(copy, 0644), 0);
	assert_int_equal(keys(words), 1);
	assert_said("chmod 600");
}

/* --- what is not as it was written --------------------------------------------------- */

/* Swaps the file for one without the last note's key, and back. */
static void a_missing_key_is_named(void **state)
{
	char lines[2][128], missing[128], words[200];
	(void)state;
	const long long id = write_note("2026-10-07T10:00", "whose key is gone");
	key_name(0, lines[0], sizeof lines[0]);
	snprintf(missing, sizeof missing, "%s", key_name(0, NULL, 0));
	assert_int_equal(keys("add"), 0);
	wait_until_none_by(missing);
	snprintf(missing, sizeof missing, "%s", key_name(1, lines[1], sizeof lines[1]));
	FILE *out = fopen(keys_file, "we");
	assert_non_null(out);
	fputs(lines[0], out);
	fclose(out);
	wait_for_log("the keys were read again");
	snprintf(words, sizeof words, "values are sealed with the key %s, which seal.keys",
		 missing);
	wait_for_log(words);
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "ReviewConversation", "SEAL_KEY_MISSING", "'id': %lld", id);
	assert_non_null(strstr(failure->message, missing));
	const json_t *list = ask(mentee, "ListActions", "'open': true");
	assert_true(ask_count(list, "actions") > 0);
	assert_string_equal(ask_text(list, "actions.0.action_text.unopened"), "key_missing");
	assert_int_equal(keys(""), 1);
	assert_said("missing");
	assert_said("put the lines of the missing keys back");
	/* Nothing was touched: with the line back, all is as before. */
	out = fopen(keys_file, "ae");
	fputs(lines[1], out);
	fclose(out);
	assert_reads(id, "whose key is gone");
	assert_int_equal(keys(""), 0);
}

/* --- by whoever may do anything in the database -------------------------------------- */

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char sql[1200];
	va_list args;
	va_start(args, format);
	vsnprintf(sql, sizeof sql, format, args);
	va_end(args);
	fixture_sql(f, sql);
}

/* All keys open all values but `broken` of them. */
static void assert_broken(int broken, const char *how)
{
	char command[140];
	snprintf(command, sizeof command, "verify %s", keys_file);
	const int code = keys(command);
	long opened = 0, all = 0, one, of;
	for (const char *line = said; (line = strstr(line, "  opens ")); line++)
		if (sscanf(line, "  opens %ld of %ld", &one, &of) == 2)
			opened += one, all += of;
	if (all - opened != broken || code != (broken != 0))
		fixture_fail("%s: %ld of %ld open, code %d: %s", how, opened, all, code, said);
}

/* What the schema forbids by itself must not be what protects it here. */
static void lift_constraints(const char *table)
{
	run("DO $$ DECLARE c name; BEGIN "
	    "FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'coachhouse.%s'::regclass "
	    "AND contype = 'c' LOOP EXECUTE format('ALTER TABLE coachhouse.%s DROP CONSTRAINT %%I', "
	    "c); END LOOP; END $$",
	    table, table);
}

/* Does it, sees that it does not open, and puts it back. */
static void break_it(const char *table, const char *column, const char *what, const char *how)
{
	run("CREATE TABLE public.kept AS SELECT ctid AS at, %s AS value FROM coachhouse.%s", column,
	    table);
	run("WITH one AS (SELECT ctid AS at FROM coachhouse.%s ORDER BY (%s).binding LIMIT 1) "
	    "UPDATE coachhouse.%s t SET %s FROM one WHERE t.ctid = one.at",
	    table, column, table, what);
	assert_broken(1, how);
	run("UPDATE coachhouse.%s t SET %s = k.value FROM public.kept k WHERE (k.value).binding = "
	    "(t.%s).binding",
	    table, column, column);
	run("DROP TABLE public.kept");
	assert_broken(0, "put back");
}

/* Two of each kind that no other test in here writes. */
static void write_the_rest(void)
{
	const struct fixture_person *manager = fixture_person(f, "Magda Example", MANAGER),
				    *member = fixture_person(f, "Stan Example", MEMBER);
	ask(f->admin, "SetManager", "'who': '%s', 'manager': '%s', 'from': '2026-01-01'",
	    member->email, manager->email);
	for (int day = 2; day < 4; day++)
		ask(manager, "LogPerformance",
		    "'with': '%s', 'start': '2026-11-0%dT10:00', 'performance_note': {'text': 'x', "
		    "'visible': 'VISIBILITY_US'}",
		    member->email, day);
}

/* For each column in the database that holds sealed values. */
static void what_was_moved_or_relabelled_stays_shut(void **state)
{
	char places[400], table[64], what[300];
	int count = 0;
	(void)state;
	write_the_rest();
	snprintf(places, sizeof places, "%s",
		 fixture_sql(f,
			     "SELECT string_agg(c.relname || '.' || a.attname, ' ') FROM "
			     "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE atttypid "
			     "= 'coachhouse.sealed'::regtype AND c.relkind = 'r'"));
	for (char *rest = places, *place; (place = strsep(&rest, " ")); count++) {
		snprintf(table, sizeof table, "%.*s", (int)strcspn(place, "."), place);
		const char *column = strchr(place, '.') + 1;
		snprintf(what, sizeof what, "SELECT count(*) FROM coachhouse.%s", table);
		if (atoi(fixture_sql(f, what)) < 2)
			fixture_fail("write two of %s in write_the_rest()", place);
		lift_constraints(table);
		snprintf(what, sizeof what, "%s.author = %lld", column, (long long)coach->id);
		break_it(table, column, what, "another author");
		snprintf(what, sizeof what,
			 "%s.visible = CASE (t.%s).visible WHEN 'me' THEN 'us' ELSE "
			 "'me' END::coachhouse.visibility",
			 column, column);
		break_it(table, column, what, "another visibility");
		snprintf(what, sizeof what,
			 "%s.box = (SELECT (o.%s).box FROM coachhouse.%s o ORDER BY (o.%s).binding "
			 "DESC LIMIT 1)",
			 column, column, table, column);
		break_it(table, column, what, "the box of another row");
		snprintf(what, sizeof what,
			 "%s.box = set_byte((t.%s).box, 100, get_byte((t.%s).box, 100) # 1)",
			 column, column, column);
		break_it(table, column, what, "one bit");
		/* The whole value beside itself: its binding is there once. */
		snprintf(
			what, sizeof what,
			"SELECT count(*) FROM pg_index WHERE indrelid = 'coachhouse.%s'::regclass "
			"AND indisunique AND pg_get_indexdef(indexrelid) LIKE '%%((%s).binding)%%'",
			table, column);
		assert_string_equal(fixture_sql(f, what), "1");
	}
	assert_true(count >= 3);
	print_message("  %d columns, each moved and relabelled\n", count);
}

/* As another kind of text, by the same author, for the same readers. */
static void nor_does_it_open_as_something_else(void **state)
{
	(void)state;
	run("CREATE TABLE public.kept AS SELECT note AS value FROM coachhouse.note n WHERE (note).visible = "
	    "'us' LIMIT 1");
	run("DELETE FROM coachhouse.note WHERE (note).binding = (SELECT (value).binding FROM public.kept)");
	run("UPDATE coachhouse.action SET action_text = (SELECT value FROM public.kept) WHERE id = "
	    "(SELECT min(id) FROM coachhouse.action)");
	assert_broken(1, "a note as an action");
}

/* What its reader sees: this one is marked, the others are as they were. */
static void a_list_shows_the_rest(void **state)
{
	(void)state;
	const json_t *list = ask(mentee, "ListActions", "%s", "");
	assert_string_equal(ask_text(list, "actions.0.action_text.unopened"), "broken");
	assert_string_equal(ask_text(list, "actions.0.action_text.text"), "");
	assert_string_equal(ask_text(list, "actions.1.action_text.text"), "after");
	assert_null(ask_find(list, "actions.1.action_text.unopened"));
	/* Alone, it is refused. */
	const long long id = write_note("2026-10-08T10:00", "altered");
	run("UPDATE coachhouse.note SET note.box = set_byte((note).box, 60, get_byte((note).box, 60) # "
	    "1) WHERE conversation = %lld",
	    id);
	ask_refused(mentee, "ReviewConversation", "SEAL_BROKEN", "'id': %lld", id);
	assert_true(log_has("does not open: altered, moved or relabelled"));
	/* Nor does a newer key make anything of it. */
	char old[128];
	snprintf(old, sizeof old, "%s", key_name(1, NULL, 0));
	assert_int_equal(keys("add"), 0);
	for (int64_t deadline = 0; held_by(old) != 2;)
		if (!still_time(&deadline))
			fixture_fail("%ld values are still sealed with %s", held_by(old), old);
	wait_for_log("2 values of older keys do not open");
	ask_refused(mentee, "LogConversation", "BAD_FIELD",
		    "'with': '%s', 'start': '2026-10-09T10:00', 'note': {'text': 'x', 'visible': "
		    "'VISIBILITY_US', 'unopened': 'UNOPENED_BROKEN'}",
		    coach->email);
}

static int setup(void **state)
{
	f = ask_fixture("2026-11-18T11:00:00Z");
	*state = f;
	snprintf(keys_file, sizeof keys_file, "%s/keys/seal.keys", f->data);
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_key_takes_over),
		cmocka_unit_test(an_old_key_goes_when_nothing_needs_it),
		cmocka_unit_test(keys_are_changed_while_the_daemon_rests),
		cmocka_unit_test(a_copy_is_proved),
		cmocka_unit_test(a_missing_key_is_named),
		cmocka_unit_test(what_was_moved_or_relabelled_stays_shut),
		cmocka_unit_test(nor_does_it_open_as_something_else),
		cmocka_unit_test(a_list_shows_the_rest),
	};
	return cmocka_run_group_tests_name("sealing", tests, setup, fixture_teardown);
}
