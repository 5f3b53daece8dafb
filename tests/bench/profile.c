/* Where the time of a row goes: perf watches the daemon and PostgreSQL while it runs. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static pid_t recorder;

bool bench_can_profile(void)
{
	return !system("perf record -q -o /dev/null true >/dev/null 2>&1");
}

void bench_profile_start(const struct bench_world *w)
{
	char command[300];
	snprintf(
		command, sizeof(command),
		"exec perf record -q -F 999 -o %s/perf.data -p %d,$(pgrep -d, -P %d) 2>%s/perf.log",
		w->fixture->dir, (int)w->fixture->daemons[0].pid,
		(int)fixture_postgres_pid(w->fixture), w->fixture->dir);
	fflush(NULL);
	recorder = fork();
	if (recorder < 0)
		fixture_fail("no process for perf");
	if (recorder == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
}

void bench_profile_end(const struct bench_world *w)
{
	char command[300];
	kill(recorder, SIGINT);
	waitpid(recorder, NULL, 0);
	snprintf(
		command, sizeof(command),
		"cat %s/perf.log >&2; perf report -q --stdio -F overhead,comm,dso,symbol -i %s/perf.data "
		"2>/dev/null | grep . | sed 's/^/    /; 10q' | grep .",
		w->fixture->dir, w->fixture->dir);
	if (system(command))
		puts("    perf saw nothing: longer rounds show more, --seconds 5");
}
