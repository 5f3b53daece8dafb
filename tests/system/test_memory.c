/* What people write is not left in the daemon's memory, nor PostgreSQL's: a core file has none of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sodium.h>

#include "ask.h"
#include "search.h"

enum { ROUNDS = 20 };

static struct fixture *f;
static struct fixture_person *cora, *mina;
static char phrase[48];

static pid_t parent_of(pid_t pid)
{
	char path[40], line[400] = "";
	int parent = 0;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *in = fopen(path, "re");
	if (in && fgets(line, sizeof line, in) && strrchr(line, ')'))
		sscanf(strrchr(line, ')') + 1, " %*c %d", &parent);
	if (in)
		fclose(in);
	return parent;
}

/* The daemon, PostgreSQL, which it started, and what that started. */
static bool is_ours(pid_t pid)
{
	const pid_t daemon = f->daemons[0].pid, parent = parent_of(pid);
	return pid == daemon || parent == daemon || (parent > 1 && parent_of(parent) == daemon);
}

static int holders(const char *what)
{
	DIR *proc = opendir("/proc");
	int n = 0;
	for (const struct dirent *entry; proc && (entry = readdir(proc));) {
		const pid_t pid = atoi(entry->d_name);
		n += pid > 0 && is_ours(pid) && search_memory(pid, what);
	}
	if (proc)
		closedir(proc);
	return n;
}

static void say_it(int round)
{
	json_t *logged =
		ask(mina, "LogConversation",
		    "'start': '2026-01-%02dT10:00Z', 'with': '%s', 'note': {'text': '%s "
		    "%d', 'visible': 'VISIBILITY_US'}, 'actions': [{'action_text': {'text': "
		    "'%s', 'visible': 'VISIBILITY_US'}}]",
		    round + 1, cora->email, phrase, round, phrase);
	const long long id = (long long)ask_number(logged, "id");
	ask(cora, "ReviewConversation", "'id': '%lld'", id);
	ask(cora, "ListActions", " ");
	ask_refused(mina, "LogConversation", "",
		    "'session': '900000001', 'note': {'text': '%s', 'visible': 'VISIBILITY_ME'}",
		    phrase);
}

static void nothing_is_left_of_it(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	print_message("  sanitizers keep what is freed\n");
	skip();
#endif
	/* What is in memory is found: else not finding it says nothing. */
	if (!holders(f->data)) {
		print_message("  the memory of others cannot be read here\n");
		skip();
	}
	for (int i = 0; i < ROUNDS; i++)
		say_it(i);
	/* The last reply to go out is another one: what is in hand is no remainder. */
	for (int i = 0; i < ROUNDS; i++)
		ask(i % 2 ? mina : cora, "GetStatus", " ");
	assert_int_equal(holders(phrase), 0);
}

static int setup(void **state)
{
	uint8_t random[12];
	char hex[25];
	f = fixture_start(NULL);
	*state = f;
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	snprintf(phrase, sizeof phrase, "between us %s", hex);
	cora = fixture_coach(f, "Cora Example");
	mina = fixture_person(f, "Mina Example", MEMBER);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_left_of_it)};
	return cmocka_run_group_tests_name("memory", tests, setup, fixture_teardown);
}
