/* What is measured of the daemon itself: its memory, and how soon it is there. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "people.pb-c.h"

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

static size_t count(const char *file, const char *word)
{
	char line[1024];
	size_t n = 0;
	FILE *in = fopen(file, "re");
	while (in && fgets(line, sizeof(line), in))
		n += strstr(line, word) != NULL;
	if (in)
		fclose(in);
	return n;
}

/* Until a line with `word` has been added to the daemon's log; milliseconds since `began`. */
static double wait_for(const char *log, const char *word, size_t before, double began)
{
	const struct timespec pause = {.tv_nsec = 500000};
	while (count(log, word) == before) {
		if (seconds_now() - began > 60)
			fixture_fail("the daemon does not say \"%s\"", word);
		nanosleep(&pause, NULL);
	}
	return (seconds_now() - began) * 1000;
}

/* Milliseconds until the daemon is ready, beyond those that PostgreSQL took of them. */
static double start_beyond(struct bench_world *w, double *postgres)
{
	static const char starts[] = "LOG:  starting PostgreSQL",
			  there[] = "ready to accept connections", ready[] = "msg=\"ready at";
	struct fixture_daemon *daemon = &w->fixture->daemons[0];
	fixture_sql(w->fixture, "CHECKPOINT");
	fixture_daemon_stop(w->fixture, daemon);
	const size_t l = count(daemon->log, starts), n = count(daemon->log, there),
		     m = count(daemon->log, ready);
	struct fixture_person *admin = w->fixture->admin;
	const double began = seconds_now();
	w->fixture->admin = NULL; /* so that it is not waited for */
	fixture_daemon_start(w->fixture, daemon, NULL);
	w->fixture->admin = admin;
	*postgres = -wait_for(daemon->log, starts, l, began);
	*postgres += wait_for(daemon->log, there, n, began);
	return wait_for(daemon->log, ready, m, began) - *postgres;
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
