/* What is measured of the daemon itself: its memory, and how soon it is there. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "people.pb-c.h"

enum { LINE = 1024 };

static double seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Resident memory in kB, without what it shares with other programs. */
static double memory_of(pid_t pid)
{
	char path[64], line[128];
	double kb = 0, part;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %lf", &part) == 1)
			kb = part;
	if (file)
		fclose(file);
	return kb;
}

static bool ask(struct coachhouse *connection)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse_reply reply;
	if (!coachhouse_call(connection, "coachhouse.v1.People/GetStatus", &request.base, NULL,
			     10000, &reply, NULL))
		return false;
	coachhouse_reply_free(&reply);
	return true;
}

/* Clients that asked once and stay. */
static double memory_of_clients(struct bench_world *w)
{
	enum { CLIENTS = 100 };
	static struct coachhouse *all[CLIENTS];
	const pid_t pid = w->fixture->daemons[0].pid;
	const double before = memory_of(pid);
	for (int i = 0; i < CLIENTS; i++) {
		all[i] = fixture_connect(w->fixture->admin, &w->fixture->daemons[0]);
		if (!ask(all[i]))
			fixture_fail("client %d was not answered", i);
	}
	const double each = (memory_of(pid) - before) / CLIENTS;
	for (int i = 0; i < CLIENTS; i++)
		coachhouse_close(&all[i]);
	return each;
}

/* Finds such a line beyond the log's first `from` bytes: reading all would take longer. */
static bool says(const char *log, long from, const char *word, char line[LINE])
{
	bool found = false;
	FILE *in = fopen(log, "re");
	if (in && fseek(in, from, SEEK_SET) == 0)
		while (!found && fgets(line, LINE, in))
			found = strstr(line, word) != NULL;
	if (in)
		fclose(in);
	return found;
}

/*
 * Milliseconds until the daemon is ready, beyond those that PostgreSQL took of them, from
 * its own start until it took connections: the daemon says how many.
 */
static double start_beyond(struct bench_world *w, double *postgres)
{
	const struct timespec pause = {.tv_nsec = 500000};
	struct fixture_daemon *daemon = &w->fixture->daemons[0];
	struct stat info;
	char line[LINE];
	fixture_sql(w->fixture, "CHECKPOINT");
	fixture_daemon_stop(w->fixture, daemon);
	const long from = stat(daemon->log, &info) ? 0 : (long)info.st_size;
	struct fixture_person *admin = w->fixture->admin;
	const double began = seconds_now();
	w->fixture->admin = NULL; /* so that it is not waited for */
	fixture_daemon_start(w->fixture, daemon, NULL);
	w->fixture->admin = admin;
	while (!says(daemon->log, from, "msg=\"ready at", line)) {
		if (seconds_now() - began > 60)
			fixture_fail("the daemon does not say that it is ready");
		nanosleep(&pause, NULL);
	}
	const double all = (seconds_now() - began) * 1000;
	const char *took = strstr(line, "PostgreSQL took ");
	*postgres = took ? strtod(took + strlen("PostgreSQL took "), NULL) : 0;
	return all - *postgres;
}

void bench_daemon(struct bench_world *w, struct bench_daemon *out)
{
	out->start_ms = start_beyond(w, &out->postgres_ms);
	while (!ask(w->fixture->admin->connection))
		;
	out->idle_kb = memory_of(w->fixture->daemons[0].pid);
	out->client_kb = memory_of_clients(w);
	out->keys = strtod(fixture_sql(w->fixture,
				       "SELECT count(*) FROM coachhouse.key WHERE revoked IS NULL"),
			   NULL);
}
