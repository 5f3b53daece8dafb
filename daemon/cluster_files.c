/* The settings of a cluster, and what a killed daemon left running in it. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cluster.h"
#include "log.h"

enum { STATUS_LINE = 8 }; /* of postmaster.pid, since PostgreSQL 10 */

static bool holds(const char *path, const char *text)
{
	FILE *in = fopen(path, "re");
	bool same = in != NULL;

	while (same && *text)
		same = getc(in) == (unsigned char)*text++;
	same = same && getc(in) == EOF;
	if (in)
		fclose(in);
	return same;
}

/* Replaces a file as a whole, so that a start never reads half of one. */
static bool replace(const char *folder, const char *name, const char *text)
{
	char path[1100], fresh[1200];
	FILE *out;
	bool written;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	if (holds(path, text))
		return true;
	out = fopen(fresh, "we");
	if (!out)
		return false;
	written = fputs(text, out) >= 0 && fflush(out) == 0 && fsync(fileno(out)) == 0;
	return fclose(out) == 0 && written && rename(fresh, path) == 0;
}

static long clamp(long value, long least, long most)
{
	return value < least ? least : value > most ? most : value;
}

/*
 * Durability is PostgreSQL's own defaults. The log holds what the server does
 * (LOG, FATAL, PANIC: in this order of severity), never a statement, a parameter or a refused booking.
 */
static void settings(const char *socket, bool shared, char *out, size_t size)
{
	long memory = sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024);

	snprintf(out, size,
		 "# Written by coachd at each start; put your own settings in\n"
		 "# postgresql.auto.conf (ALTER SYSTEM), which wins.\n"
		 "listen_addresses = ''\n"
		 "port = 5432\n"
		 "unix_socket_directories = '%s'\n"
		 "unix_socket_permissions = %s\n"
		 "max_connections = 80\n"
		 "shared_buffers = %ldMB\n"
		 "effective_cache_size = %ldMB\n"
		 "maintenance_work_mem = 64MB\n"
		 "max_wal_size = 1GB\n"
		 "min_wal_size = 80MB\n"
		 "checkpoint_timeout = 15min\n"
		 "wal_compression = on\n"
		 "random_page_cost = 1.1\n"
		 "jit = off\n"
		 "timezone = 'UTC'\n"
		 "log_timezone = 'UTC'\n"
		 "logging_collector = off\n"
		 "log_destination = 'stderr'\n"
		 "log_line_prefix = 'postgresql[%%p] '\n"
		 "log_min_messages = %s\n"
		 "log_min_error_statement = panic\n"
		 "log_error_verbosity = terse\n"
		 "log_statement = 'none'\n"
		 "log_duration = off\n"
		 "log_min_duration_statement = -1\n"
		 "log_parameter_max_length = 0\n"
		 "log_parameter_max_length_on_error = 0\n"
		 "log_lock_waits = off\n"
		 "log_autovacuum_min_duration = -1\n"
		 "log_checkpoints = off\n",
		 socket, shared ? "0770" : "0700", clamp(memory / 8, 32, 2048),
		 clamp(memory / 2, 64, 65536), log_level() >= LOG_INFO ? "log" : "fatal");
}

bool cluster_configure(const char *folder, const char *socket, const char *server, char *error,
		       size_t size)
{
	const struct passwd *user = getpwuid(geteuid());
	char text[3000], ident[1000];

	if (!user) {
		snprintf(error, size, "User id %u has no name here; PostgreSQL needs one.",
			 (unsigned)geteuid());
		return false;
	}
	if (!*server)
		server = user->pw_name;
	settings(socket, strcmp(server, user->pw_name) != 0, text, sizeof text);
	snprintf(ident, sizeof ident,
		 "coachhouse \"%.200s\" postgres\n"
		 "coachhouse \"%.200s\" coachhouse\n"
		 "coachhouse \"%.200s\" coachhouse_server\n",
		 user->pw_name, server, server);
	if (replace(folder, "coachhouse.conf", text) && replace(folder, "pg_ident.conf", ident) &&
	    replace(folder, "pg_hba.conf",
		    "# Written by coachd: the users that run it, on the socket, and nobody else.\n"
		    "local all all peer map=coachhouse\n"
		    "local replication postgres peer map=coachhouse\n"))
		return true;
	snprintf(error, size, "The settings in %s cannot be written: %s.", folder, strerror(errno));
	return false;
}

/* PostgreSQL's processes, and they alone, work in the folder of their cluster. */
static bool works_in(const char *pid, const char *folder)
{
	char link[64], where[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/%.20s/cwd", pid);
	length = readlink(link, where, sizeof where - 1);
	if (length < 0)
		return false;
	where[length] = '\0';
	return strcmp(where, folder) == 0;
}

/* Somebody who still works in the folder; 0: nobody. */
static pid_t straggler(const char *folder)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;

	for (const struct dirent *entry; proc && !found && (entry = readdir(proc));)
		if (isdigit((unsigned char)entry->d_name[0]) && works_in(entry->d_name, folder))
			found = atoi(entry->d_name);
	if (proc)
		closedir(proc);
	return found;
}

void cluster_end_stragglers(const char *folder)
{
	char real[PATH_MAX];
	DIR *proc = realpath(folder, real) ? opendir("/proc") : NULL;

	for (const struct dirent *entry; proc && (entry = readdir(proc));)
		if (isdigit((unsigned char)entry->d_name[0]) && works_in(entry->d_name, real))
			kill(atoi(entry->d_name), SIGQUIT);
	if (proc)
		closedir(proc);
}

static pid_t recorded(const char *file)
{
	FILE *in = fopen(file, "re");
	int pid = 0;

	if (!in)
		return 0;
	if (fscanf(in, "%d", &pid) != 1)
		pid = 0;
	fclose(in);
	return pid;
}

bool cluster_is_ready(const char *folder, pid_t pid)
{
	char file[1100], line[1100] = "";
	FILE *in;

	snprintf(file, sizeof file, "%s/postmaster.pid", folder);
	if (recorded(file) != pid)
		return false;
	in = fopen(file, "re");
	if (!in)
		return false;
	for (int i = 0; i < STATUS_LINE; i++)
		if (!fgets(line, sizeof line, in))
			line[0] = '\0';
	fclose(in);
	return strncmp(line, "ready", 5) == 0;
}

static bool end_postmaster(pid_t pid)
{
	log_warning("embedded", "stopping PostgreSQL (process %d), which a killed coachd left",
		    (int)pid);
	return cluster_end(pid, SIGINT, 60) || cluster_end(pid, SIGQUIT, 20);
}

/* Backends notice within moments that their postmaster is gone. */
static pid_t wait_for_stragglers(const char *folder)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	pid_t left = straggler(folder);

	for (int i = 0; left && i < 1000; i++) {
		nanosleep(&pause, NULL);
		left = straggler(folder);
	}
	return left;
}

bool cluster_clear(const char *folder, char *error, size_t size)
{
	char file[1100], word[16], real[PATH_MAX];
	pid_t pid, left;

	snprintf(file, sizeof file, "%s/postmaster.pid", folder);
	pid = recorded(file);
	if (pid <= 0 || !realpath(folder, real))
		return true;
	snprintf(word, sizeof word, "%d", (int)pid);
	if (works_in(word, real) && !end_postmaster(pid)) {
		snprintf(error, size,
			 "PostgreSQL (process %d) in %s does not stop: end it by hand.", (int)pid,
			 folder);
		return false;
	}
	left = wait_for_stragglers(real);
	if (left) {
		snprintf(error, size, "Process %d still works in %s: end it, then start again.",
			 (int)left, folder);
		return false;
	}
	/* Another process may have its number by now, and PostgreSQL would refuse to start. */
	unlink(file);
	return true;
}
