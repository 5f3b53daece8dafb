#include "process.h"

#include <dirent.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

/*
 * What is large has pages of its own: untouched they cost nothing, and freed they
 * are gone. ZeroMQ's queues are, of which a client has several. The system has
 * 65,530 mappings for one process; who comes later shares pages.
 */
static void keep_large_apart(void)
{
	mallopt(M_MMAP_THRESHOLD, 16 * 1024);
	mallopt(M_MMAP_MAX, 40 * 1000);
}

void process_prepare(void)
{
	struct rlimit files, none = {0, 0};

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	keep_large_apart();
}

static sigset_t ours(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

void process_hold_signals(void)
{
	const sigset_t held = ours();

	sigprocmask(SIG_BLOCK, &held, NULL);
}

/* Where processors are idle nothing changes; where none is, half as much is spent on waking up. */
void process_give_way(void)
{
	const struct sched_param none = {0};
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *thread;

	while (threads && (thread = readdir(threads)))
		if (*thread->d_name != '.')
			sched_setscheduler(atoi(thread->d_name), SCHED_BATCH, &none);
	if (threads)
		closedir(threads);
}

int process_signals(void)
{
	const sigset_t set = ours();

	process_hold_signals();
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool process_asked_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

int64_t process_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
