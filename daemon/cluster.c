#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "refuse.h"

extern char **environ;

int cluster_version(const char *folder)
{
	char path[1100];
	int version = 0;
	FILE *in;

	snprintf(path, sizeof path, "%s/PG_VERSION", folder);
	in = fopen(path, "re");
	if (!in)
		return 0;
	if (fscanf(in, "%d", &version) != 1)
		version = 0;
	fclose(in);
	return version;
}

static int packaged_version(const char *path)
{
	const char *digits = strpbrk(path, "0123456789");

	return digits ? atoi(digits) : 0;
}

/* Where Debian and the PGDG packages put several versions beside each other. */
static bool find_packaged(int wanted, char *out, size_t size)
{
	glob_t found = {0};
	int best = 0;

	glob("/usr/lib/postgresql/*/bin", 0, NULL, &found);
	glob("/usr/pgsql-*/bin", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char initdb[1100];
		int version = packaged_version(found.gl_pathv[i]);
		snprintf(initdb, sizeof initdb, "%s/initdb", found.gl_pathv[i]);
		if ((wanted && version != wanted) || version <= best || access(initdb, X_OK) != 0)
			continue;
		best = version;
		snprintf(out, size, "%s", found.gl_pathv[i]);
	}
	globfree(&found);
	return best > 0;
}

/* Where else a site's own build may be. */
static bool find_built(char *out, size_t size)
{
	FILE *in = popen("exec pg_config --bindir 2>/dev/null", "re");
	char initdb[1100];
	bool found = in && fgets(out, (int)size, in);

	if (in)
		pclose(in);
	if (!found)
		return false;
	out[strcspn(out, "\n")] = '\0';
	snprintf(initdb, sizeof initdb, "%.1000s/initdb", out);
	return access(initdb, X_OK) == 0;
}

bool cluster_binaries(const char *folder, char *out, size_t size, char *error, size_t error_size)
{
	int version = cluster_version(folder);

	if (find_packaged(version, out, size) || find_built(out, size))
		return true;
	if (version)
		return refuse(error, error_size,
			      "%s was written by PostgreSQL %d, which is not installed: run apt "
			      "install postgresql-%d.",
			      folder, version, version);
	return refuse(error, error_size,
		      "PostgreSQL is not installed: run apt install postgresql, or use a server "
		      "elsewhere with --database.");
}

/* Our environment without PGPORT and its like, which would lead the server astray. */
static bool is_foreign(const char *variable)
{
	/* How the server shields itself from the killer of processes is the unit's to say. */
	return (strncmp(variable, "PG", 2) == 0 && strncmp(variable, "PG_OOM_", 7) != 0) ||
	       strncmp(variable, "NOTIFY_SOCKET", 13) == 0;
}

static char **clean_environment(void)
{
	size_t count = 0, kept = 0;
	char **clean;

	while (environ[count])
		count++;
	clean = calloc(count + 1, sizeof *clean);
	for (size_t i = 0; clean && i < count; i++)
		if (!is_foreign(environ[i]))
			clean[kept++] = environ[i];
	return clean;
}

/* What it prints goes to our log when `speaks`; its complaints always do. */
static pid_t spawn(const char *const arguments[], bool speaks)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	const struct sched_param normal = {0};
	/* We may give way to others; what we start does not. */
	const short scheduler = sched_getscheduler(0) ? POSIX_SPAWN_SETSCHEDULER : 0;
	sigset_t none, all;
	char **clean = clean_environment();
	pid_t pid = -1;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (speaks)
		posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setschedpolicy(&attributes, SCHED_OTHER);
	posix_spawnattr_setschedparam(&attributes, &normal);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF | scheduler);
	errno = posix_spawn(&pid, arguments[0], &actions, &attributes, (char **)arguments,
			    clean ? clean : environ);
	if (errno)
		pid = -1;
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(clean);
	return pid;
}

pid_t cluster_spawn(const char *binaries, const char *folder, int delay)
{
	char program[1100], data[1100], seconds[16];
	/* The shell waits, so that the loop need not; then it becomes the postmaster. */
	const char *later[] = {"/bin/sh", "-c", "sleep \"$0\"; exec \"$@\"", seconds, program, "-D",
			       data,	  NULL};

	snprintf(program, sizeof program, "%s/postgres", binaries);
	snprintf(data, sizeof data, "%s", folder);
	snprintf(seconds, sizeof seconds, "%d", delay);
	return spawn(delay > 0 ? later : later + 4, true);
}

bool cluster_run(const char *const arguments[], char *error, size_t size)
{
	pid_t pid = spawn(arguments, false);
	int status = 0;

	if (pid < 0)
		return refuse(error, size, "%s cannot be run: %s.", arguments[0], strerror(errno));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       refuse(error, size, "%s failed; what it said is above.", arguments[0]);
}

/* Ours comes last in postgresql.conf, so that it wins; postgresql.auto.conf wins over both. */
static bool include_ours(const char *folder)
{
	char path[1100];
	FILE *out;
	bool written;

	snprintf(path, sizeof path, "%s/postgresql.conf", folder);
	out = fopen(path, "ae");
	if (!out)
		return false;
	written = fputs("\ninclude_if_exists = 'coachhouse.conf'\n", out) >= 0;
	return fclose(out) == 0 && written;
}

bool cluster_make(const char *binaries, const char *folder, char *error, size_t size)
{
	char initdb[1100], fresh[1080];
	const char *remove[] = {"/bin/rm", "-rf", "--", fresh, NULL};
	const char *make[] = {initdb,
			      "-D",
			      fresh,
			      "-U",
			      "postgres",
			      "--auth=peer",
			      "--encoding=UTF8",
			      "--locale=C.UTF-8",
			      "--data-checksums",
			      "--no-instructions",
			      NULL};

	if (cluster_version(folder) > 0)
		return true;
	snprintf(initdb, sizeof initdb, "%s/initdb", binaries);
	snprintf(fresh, sizeof fresh, "%s.new", folder);
	log_info("embedded", "making a database in %s", folder);
	if (!cluster_run(remove, error, size) || !cluster_run(make, error, size))
		return false;
	if (!include_ours(fresh) || rename(fresh, folder) != 0)
		return refuse(error, size, "%s cannot be made: %s.", folder, strerror(errno));
	return true;
}

static bool is_gone(pid_t pid)
{
	pid_t reaped = waitpid(pid, NULL, WNOHANG);

	if (reaped == pid)
		return true;
	return reaped < 0 && kill(pid, 0) != 0;
}

bool cluster_end(pid_t pid, int signal, int seconds)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	kill(pid, signal);
	for (int i = 0; i < seconds * 100; i++) {
		if (is_gone(pid))
			return true;
		nanosleep(&pause, NULL);
	}
	return is_gone(pid);
}
