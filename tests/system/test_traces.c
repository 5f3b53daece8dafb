/*
 * A person at a terminal: a shell that keeps its history, an editor that leaves
 * copies. What was written in it is nowhere on the machine afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "search.h"

static struct fixture *f;
static struct fixture_person *cora, *mina;
static char home[100], fifo[140], editor[140], phrase[48], said[20000];

/* As editors do: a copy of before, a swap file of now. The words come through a pipe. */
static void write_editor(void)
{
	FILE *out = fopen(editor, "we");
	assert_non_null(out);
	fprintf(out,
		"#!/bin/sh\n"
		"cp \"$1\" \"$1~\"\n"
		"while IFS= read -r line; do\n"
		"  printf '%%s\\n' \"$line\"\n"
		"  case $line in '---- Note'*) IFS= read -r words <'%s'; printf '%%s\\n' \"$words\" ;; esac\n"
		"done <\"$1~\" >\"$1\"\n"
		"cp \"$1\" \"${1%%/*}/.conversation.txt.swp\"\n",
		fifo);
	fclose(out);
	assert_int_equal(chmod(editor, 0700), 0);
}

static void set_environment(void)
{
	static const char *const names[] = {"HOME",	      "COACH_HOME",
					    "TMPDIR",	      "XDG_RUNTIME_DIR",
					    "XDG_STATE_HOME", "XDG_CONFIG_HOME"};
	char history[140], path[600];
	snprintf(home, sizeof home, "%s/home", f->dir);
	snprintf(fifo, sizeof fifo, "%s/words", home);
	snprintf(editor, sizeof editor, "%s/editor", home);
	snprintf(history, sizeof history, "%s/.bash_history", home);
	snprintf(path, sizeof path, "%s:%s", BUILD_DIR, getenv("PATH"));
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	write_editor();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		setenv(names[i], home, 1);
	setenv("HISTFILE", history, 1);
	setenv("EDITOR", editor, 1);
	setenv("VISUAL", editor, 1);
	setenv("PATH", path, 1);
}

/* Everything that the terminal shows until the shell is gone. */
static void read_terminal(int terminal)
{
	size_t used = 0;
	struct pollfd wait = {.fd = terminal, .events = POLLIN};
	while (poll(&wait, 1, FIXTURE_TIMEOUT_MS) > 0) {
		const ssize_t n = read(terminal, said + used, sizeof said - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
		said[used] = '\0';
	}
}

static void type_in_a_shell(const char *lines)
{
	int terminal, status = -1;
	fflush(NULL);
	const pid_t shell = forkpty(&terminal, NULL, NULL, NULL);
	if (shell == 0) {
		execlp("bash", "bash", "--norc", "-i", (char *)NULL);
		_exit(127);
	}
	assert_true(shell > 0);
	/* Both ends, so that nobody waits for the other. */
	const int words = open(fifo, O_RDWR | O_CLOEXEC);
	assert_int_equal(dprintf(words, "%s\n", phrase), (int)strlen(phrase) + 1);
	assert_int_equal(write(terminal, lines, strlen(lines)), (ssize_t)strlen(lines));
	read_terminal(terminal);
	assert_int_equal(waitpid(shell, &status, 0), shell);
	close(terminal);
	close(words);
}

static int64_t past_session(void)
{
	ask(mina, "LogConversation", "'start': '2026-01-19T10:00Z', 'with': '%s'", cora->email);
	json_t *logged = ask(cora, "LogConversation", "'start': '2026-01-20T10:00Z', 'with': '%s'",
			     mina->email);
	return ask_number(logged, "session");
}

static void nothing_stays_on_the_machine(void **state)
{
	static const int member[] = {MEMBER, 0};
	char line[600], typed[1000];
	(void)state;
	const struct coachhouse_invitation invitation =
		fixture_invite(f, mina->name, mina->email, member);
	coachhouse_invitation_write(&invitation, line, sizeof line);
	snprintf(typed, sizeof typed, "coach enrol '%s'\ncoach log %lld --visible me\nexit\n", line,
		 (long long)past_session());
	type_in_a_shell(typed);
	if (strcmp(fixture_sql(f, "SELECT count(*) FROM coachhouse.note"), "1"))
		fixture_fail("nothing was recorded: %s", said);
	assert_null(strstr(said, phrase));
	/* The history is there: else not finding it there says nothing. */
	assert_non_null(search_folder(home, "coach log"));
	const char *where = search_folder(f->dir, phrase);
	where = where ? where : search_folder("/dev/shm", phrase);
	where = where ? where : search_processes(phrase);
	if (where)
		fixture_fail("it stands in %s", where);
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
	set_environment();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_stays_on_the_machine)};
	return cmocka_run_group_tests_name("traces", tests, setup, fixture_teardown);
}
