#include "embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cluster.h"
#include "config.h"
#include "disk.h"
#include "log.h"
#include "owner.h"
#include "process.h"
#include "refuse.h"

enum { DELAY_MAX = 15, SERVED = 3 }; /* seconds */

/* The lock ends with the process, however that ends; PostgreSQL does not inherit it. */
static bool take_lock(struct embedded *e, char *error, size_t size)
{
	char path[1100], holder[32] = "";

	snprintf(path, sizeof path, "%s/lock", e->data);
	e->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (e->lock < 0)
		return refuse(error, size, "%s: %s.", path, strerror(errno));
	if (flock(e->lock, LOCK_EX | LOCK_NB) == 0) {
		int length = snprintf(holder, sizeof holder, "%d\n", (int)getpid());
		if (ftruncate(e->lock, 0) == 0 && pwrite(e->lock, holder, (size_t)length, 0) > 0)
			return true;
		refuse(error, size, "%s: %s.", path, strerror(errno));
	} else {
		ssize_t length = pread(e->lock, holder, sizeof holder - 1, 0);
		holder[length > 0 ? length : 0] = '\0';
		e->busy = true;
		refuse(error, size,
		       "Another coachd (process %d) runs with %s: use that one, or stop it first.",
		       atoi(holder), e->data);
	}
	close(e->lock);
	e->lock = -1;
	return false;
}

bool embedded_claim(struct embedded *e, const char *data, char *error, size_t size)
{
	char run[1100];

	*e = (struct embedded){.lock = -1};
	snprintf(e->data, sizeof e->data, "%s", data);
	/* Such a path would need quoting in five places, each in another way. */
	if (strpbrk(data, "'\"\\,\n"))
		return refuse(error, size, "%s: choose a path without quotes, commas and \\.",
			      data);
	config_run_folder(data, e->socket, sizeof e->socket);
	snprintf(run, sizeof run, "%s/run", data);
	if (strcmp(run, e->socket) != 0)
		log_info("embedded", "the path of DATA is long: sockets are in %s", e->socket);
	return owner_become(data, error, size) && owner_make(e->socket, 0711, error, size) &&
	       take_lock(e, error, size);
}

static int64_t seconds_now(void)
{
	return process_ms() / 1000;
}

static void folder_of(const struct embedded *e, char *out, size_t size)
{
	snprintf(out, size, "%s/postgresql", e->data);
}

static bool spawn_postmaster(struct embedded *e, int delay)
{
	char folder[1100];

	folder_of(e, folder, sizeof folder);
	e->started = seconds_now() + delay;
	e->pid = cluster_spawn(e->binaries, folder, delay);
	if (e->pid > 0)
		return true;
	e->pid = 0;
	log_error("embedded", "PostgreSQL cannot be started: %s", strerror(errno));
	return false;
}

/* Recovery after a crash may take minutes: as long as it lives, it is waited for. */
static bool wait_until_ready(struct embedded *e, char *error, size_t size)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	char folder[1100];

	folder_of(e, folder, sizeof folder);
	for (long i = 1; !cluster_is_ready(folder, e->pid); i++) {
		if (waitpid(e->pid, NULL, WNOHANG) == e->pid) {
			e->pid = 0;
			return refuse(error, size,
				      "PostgreSQL in %s/postgresql did not start; what it said is "
				      "above.",
				      e->data);
		}
		if (process_asked_to_stop())
			return refuse(error, size, "Stopped before PostgreSQL was ready.");
		if (i % 2500 == 0)
			log_info("embedded", "waiting for PostgreSQL, which recovers");
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool run_sql(PGconn *db, const char *sql, bool *any)
{
	PGresult *result = PQexec(db, sql);
	ExecStatusType status = PQresultStatus(result);

	if (any)
		*any = PQntuples(result) > 0;
	PQclear(result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* The owner of the schema is no superuser; only this function is one, on the socket. */
bool embedded_make_database(const struct embedded *e, char *error, size_t size)
{
	char conninfo[1400];
	bool role = false, database = false, made;
	PGconn *db;

	snprintf(conninfo, sizeof conninfo, "host='%s' port=5432 dbname=postgres user=postgres",
		 e->socket);
	db = PQconnectdb(conninfo);
	made = run_sql(db, "SELECT 1 FROM pg_roles WHERE rolname = 'coachhouse'", &role) &&
	       (role || run_sql(db, "CREATE ROLE coachhouse LOGIN CREATEROLE", NULL)) &&
	       run_sql(db, "SELECT 1 FROM pg_database WHERE datname = 'coachhouse'", &database) &&
	       (database || run_sql(db, "CREATE DATABASE coachhouse OWNER coachhouse", NULL));
	if (!made)
		refuse(error, size, "PostgreSQL in %s: %s", e->data, PQerrorMessage(db));
	PQfinish(db);
	return made;
}

bool embedded_binaries(struct embedded *e, char *error, size_t size)
{
	char folder[1100];

	folder_of(e, folder, sizeof folder);
	return cluster_binaries(folder, e->binaries, sizeof e->binaries, error, size);
}

bool embedded_start(struct embedded *e, char *error, size_t size)
{
	char folder[1100];
	int64_t begun;

	folder_of(e, folder, sizeof folder);
	e->fresh = cluster_version(folder) == 0;
	if (!cluster_binaries(folder, e->binaries, sizeof e->binaries, error, size) ||
	    !cluster_make(e->binaries, folder, error, size) ||
	    !cluster_clear(folder, error, size) ||
	    !cluster_configure(folder, e->socket, e->server, error, size))
		return false;
	disk_relieve(e->data);
	begun = process_ms();
	if (!spawn_postmaster(e, 0))
		return refuse(error, size, "%s/postgres cannot be started: %s.", e->binaries,
			      strerror(errno));
	if (!wait_until_ready(e, error, size))
		return false;
	e->took = process_ms() - begun;
	disk_ballast(e->data, DISK_RESERVE);
	return true;
}

bool embedded_revive(struct embedded *e)
{
	int64_t lived = seconds_now() - e->started;
	char folder[1100];

	if (e->pid > 0 && waitpid(e->pid, NULL, WNOHANG) != e->pid)
		return false;
	/* One that could not even be started ends with a SIGCHLD too: not at once again. */
	if (e->pid == 0 && lived < 0)
		return false;
	/*
	 * One that never took connections is given more time each try: its files
	 * may be in use or the disk full. People wait for one that did, which may
	 * have removed the file that says so when it ended.
	 */
	folder_of(e, folder, sizeof folder);
	const bool served = lived >= SERVED || cluster_is_ready(folder, e->pid);
	e->delay = lived > DELAY_MAX ? 0 : served || !e->delay ? 1 : e->delay * 2;
	cluster_end_stragglers(folder);
	disk_relieve(e->data);
	if (e->delay > DELAY_MAX)
		e->delay = DELAY_MAX;
	log_error("embedded", "PostgreSQL ended; another is started in %d seconds", e->delay);
	return spawn_postmaster(e, e->delay);
}

void embedded_stop(struct embedded *e)
{
	/* Whoever has just left is given a moment to be gone: else each is reported as cut off. */
	if (e->pid > 0 && !cluster_end(e->pid, SIGTERM, 1) && !cluster_end(e->pid, SIGINT, 60) &&
	    !cluster_end(e->pid, SIGQUIT, 20))
		log_error("embedded", "PostgreSQL (process %d) does not stop", (int)e->pid);
	e->pid = 0;
	if (e->lock >= 0)
		close(e->lock);
	e->lock = -1;
}

void embedded_conninfo(const struct embedded *e, const char *role, char *out, size_t size)
{
	snprintf(out, size, "host='%s' port=5432 dbname=coachhouse user=%s", e->socket, role);
}
