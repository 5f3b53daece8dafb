/* Whoever was erased stays so, whatever backup of the database is put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "internal.h"

#define CLOCK "2026-10-01T08:00:00Z"

static struct fixture *f;

static const char *ledger_path(void)
{
	static char path[120];
	snprintf(path, sizeof path, "%s/erasures", f->data);
	return path;
}

/* All of it; "" when there is none. */
static const char *ledger(void)
{
	static char text[4000];
	FILE *in = fopen(ledger_path(), "re");
	text[in ? fread(text, 1, sizeof text - 1, in) : 0] = '\0';
	if (in)
		fclose(in);
	return text;
}

static bool stands_in_it(int64_t person)
{
	char start[40];
	snprintf(start, sizeof start, "%lld ", (long long)person);
	const char *at = strstr(ledger(), start);
	return at && (at == ledger() || at[-1] == '\n');
}

static void wait_for_line(int64_t person)
{
	int64_t deadline = 0;
	while (!stands_in_it(person))
		if (!still_time(&deadline))
			fixture_fail("%lld is not in the ledger", (long long)person);
}

static void copy_database(const char *from, const char *to)
{
	char command[500];
	snprintf(command, sizeof command, "rm -rf %s/%s && cp -a %s/%s %s/%s", f->data, to, f->data,
		 from, f->data, to);
	if (system(command))
		fixture_fail("failed: %s", command);
}

static void stop(void)
{
	fixture_daemon_stop(f, &f->daemons[0]);
}

static void start(void)
{
	fixture_daemon_start(f, &f->daemons[0], CLOCK);
}

static const char *name_of(const struct fixture_person *person)
{
	char sql[100];
	snprintf(sql, sizeof sql, "SELECT name FROM coachhouse.person WHERE id = %lld",
		 (long long)person->id);
	return fixture_sql(f, sql);
}

static void erase(const struct fixture_person *person)
{
	ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", person->email);
	wait_for_line(person->id);
}

static void a_backup_put_back_brings_nobody_back(void **state)
{
	const struct fixture_person *coach = fixture_coach(f, "Cora Example");
	const struct fixture_person *gone = fixture_person(f, "Gonzo Example", MEMBER);
	const struct fixture_person *stays = fixture_person(f, "Stella Example", MEMBER);
	(void)state;
	const int64_t next = ask_book(gone, coach, "2026-10-20T10:00Z");
	stop();
	copy_database("postgresql", "backup");
	start();
	erase(gone);
	assert_string_equal(name_of(gone), "somebody erased");
	stop();
	copy_database("backup", "postgresql");
	start();
	assert_string_equal(name_of(gone), "somebody erased");
	assert_string_equal(name_of(stays), "Stella Example");
	assert_string_equal(fixture_sql(f, "SELECT count(*) || ' ' || bool_and(by IS NULL) FROM "
					   "coachhouse.erasure"),
			    "1 true");
	assert_string_equal(
		ask_text(ask(coach, "GetSession", "'id': %lld", (long long)next), "session.state"),
		"cancelled");
	/* Once more changes nothing. */
	char before[4000];
	snprintf(before, sizeof before, "%s", ledger());
	stop();
	start();
	assert_string_equal(ledger(), before);
}

/* After such a backup a number may be given to somebody else. */
static void somebody_new_is_somebody_else(void **state)
{
	const struct fixture_person *fresh = fixture_person(f, "Freya Example", MEMBER);
	(void)state;
	stop();
	FILE *out = fopen(ledger_path(), "ae");
	assert_non_null(out);
	fprintf(out, "%lld 2026-09-01T08:00:00.000000Z 2026-09-02T08:00:00.000000Z\n",
		(long long)fresh->id);
	fclose(out);
	start();
	assert_string_equal(name_of(fresh), "Freya Example");
}

/* The file was lost, or its last line was cut off: the database still knows. */
static void the_ledger_mends_itself(void **state)
{
	const struct fixture_person *gone = fixture_person(f, "Gita Example", MEMBER);
	struct stat found;
	(void)state;
	erase(gone);
	stop();
	const off_t length = (off_t)strlen(ledger());
	assert_int_equal(truncate(ledger_path(), length - 5), 0);
	assert_false(strchr(strrchr(ledger(), '\n') + 1, '\n'));
	start();
	wait_for_line(gone->id);
	assert_int_equal(strlen(ledger()), length);
	stop();
	assert_int_equal(unlink(ledger_path()), 0);
	start();
	wait_for_line(gone->id);
	assert_int_equal(stat(ledger_path(), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
}

/* Numbers and dates, and nothing else. */
static void the_ledger_names_nobody(void **state)
{
	(void)state;
	assert_true(strlen(ledger()) > 0);
	assert_int_equal(strspn(ledger(), "0123456789 -:.TZ\n"), strlen(ledger()));
}

static int setup(void **state)
{
	f = ask_fixture(CLOCK);
	*state = f;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backup_put_back_brings_nobody_back),
		cmocka_unit_test(somebody_new_is_somebody_else),
		cmocka_unit_test(the_ledger_mends_itself),
		cmocka_unit_test(the_ledger_names_nobody),
	};
	return cmocka_run_group_tests_name("ledger", tests, setup, fixture_teardown);
}
