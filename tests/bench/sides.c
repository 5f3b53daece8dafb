/* The two sides: threads of clients, and pgbench. */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "schema.h"

static double seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* utime + stime of a process; with `children`, of those it has waited for too. */
static double cpu_of(long pid, bool children)
{
	char path[64], line[1024];
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	unsigned long own[2] = {0};
	long waited[2] = {0};
	const char *end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (end)
		sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
		       &own[0], &own[1], &waited[0], &waited[1]);
	fclose(file);
	const double ticks = (double)own[0] + (double)own[1] +
			     (children ? (double)waited[0] + (double)waited[1] : 0);
	return ticks / (double)sysconf(_SC_CLK_TCK);
}

double bench_cpu_process(pid_t pid)
{
	return cpu_of(pid, false);
}

static long parent_of(long pid)
{
	char path[64], line[1024];
	long parent = 0;
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	const char *end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (end)
		sscanf(end + 2, "%*c %ld", &parent);
	fclose(file);
	return parent;
}

double bench_cpu_postgres(const struct bench_world *world)
{
	char path[160];
	long postmaster = 0;
	snprintf(path, sizeof(path), "%s/postgresql/postmaster.pid", world->fixture->data);
	FILE *file = fopen(path, "r");
	if (!file || fscanf(file, "%ld", &postmaster) != 1)
		fixture_fail("no postmaster.pid");
	fclose(file);
	double sum = cpu_of(postmaster, true);
	DIR *proc = opendir("/proc");
	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		const long pid = strtol(entry->d_name, NULL, 10);
		if (pid > 0 && parent_of(pid) == postmaster)
			sum += cpu_of(pid, true);
	}
	closedir(proc);
	return sum;
}

struct client {
	pthread_t thread;
	struct bench_world *world;
	const struct bench_statement *statement;
	int number;
	double until;
	double *latencies; /* milliseconds */
	size_t n, room, refused;
};

static uint64_t next_random(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	uint64_t z = *state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	struct bench_world *w = c->world;
	const int n = c->number % BENCH_MENTEES;
	struct coachhouse *connection = fixture_connect(w->mentees[n], &w->fixture->daemons[0]);
	uint64_t random = (uint64_t)time(NULL) * 1000 + (uint64_t)c->number;
	c->statement->call(w, connection, n, next_random(&random)); /* connects */
	for (double before = seconds_now(); before < c->until && c->n < c->room;) {
		if (!c->statement->call(w, connection, n, next_random(&random)))
			c->refused++;
		const double after = seconds_now();
		c->latencies[c->n++] = (after - before) * 1000;
		before = after;
	}
	coachhouse_close(&connection);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double client_cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Puts the latencies of all clients together and sorts them. */
static void summarise(struct client *clients, int n, struct bench_result *result, double seconds)
{
	size_t total = 0, refused = 0;
	for (int i = 0; i < n; i++)
		total += clients[i].n;
	double *all = calloc(total + 1, sizeof(double));
	total = 0;
	for (int i = 0; i < n; i++) {
		memcpy(all + total, clients[i].latencies, clients[i].n * sizeof(double));
		total += clients[i].n;
		refused += clients[i].refused;
	}
	qsort(all, total, sizeof(double), by_size);
	const double count = total ? (double)total : 1;
	result->per_second = (double)total / seconds;
	result->p50 = all[total / 2];
	result->p99 = all[total * 99 / 100];
	result->p999 = all[total * 999 / 1000];
	result->refused = (double)refused / count;
	result->server_us *= 1e6 / count;
	result->daemon_us *= 1e6 / count;
	result->client_us *= 1e6 / count;
	free(all);
}

struct bench_result bench_stack(struct bench_world *world, const struct bench_statement *statement,
				int clients, double seconds)
{
	struct client *all = calloc((size_t)clients, sizeof(*all));
	struct bench_result result = {0};
	const pid_t daemon = world->fixture->daemons[0].pid;
	const double postgres = bench_cpu_postgres(world), server = bench_cpu_process(daemon),
		     own = client_cpu(), start = seconds_now();
	for (int i = 0; i < clients; i++) {
		all[i] = (struct client){.world = world,
					 .statement = statement,
					 .number = i,
					 .until = start + seconds,
					 .room = 1000000};
		all[i].latencies = calloc(all[i].room, sizeof(double));
		pthread_create(&all[i].thread, NULL, client_run, &all[i]);
	}
	for (int i = 0; i < clients; i++)
		pthread_join(all[i].thread, NULL);
	result.server_us = bench_cpu_postgres(world) - postgres;
	result.daemon_us = bench_cpu_process(daemon) - server;
	result.client_us = client_cpu() - own;
	summarise(all, clients, &result, seconds_now() - start);
	for (int i = 0; i < clients; i++)
		free(all[i].latencies);
	free(all);
	return result;
}

/* One script for each of eight mentees: pgbench picks one for each transaction. */
static void write_scripts(struct bench_world *w, const struct bench_statement *s, char *arguments,
			  size_t size)
{
	static char text[32768];
	char path[128];
	int used = 0;
	for (int i = 0; i < BENCH_MENTEES; i++) {
		snprintf(path, sizeof(path), "%s/script%d.sql", w->fixture->dir, i);
		FILE *file = fopen(path, "w");
		s->script(w, i, text, sizeof(text));
		if (!file || fputs(text, file) < 0 || fclose(file))
			fixture_fail("cannot write %s", path);
		chmod(path, 0644);
		used += snprintf(arguments + used, size - (size_t)used, " -f %s", path);
	}
}

/* A space would end the option. */
static void without_spaces(const char *text, char *out, size_t size)
{
	size_t n = 0;
	for (; *text && n + 1 < size; text++)
		if (*text != ' ')
			out[n++] = *text;
	out[n] = 0;
}

struct bench_result bench_pgbench(struct bench_world *world,
				  const struct bench_statement *statement, int clients,
				  double seconds)
{
	static char command[8192], scripts[4096];
	char line[512], path[256];
	struct bench_result result = {0};
	double transactions = 0, failed = 0;
	write_scripts(world, statement, scripts, sizeof(scripts));
	without_spaces(schema_search_path(), path, sizeof(path));
	snprintf(command, sizeof(command),
		 "%s env PGOPTIONS='-c search_path=%s -c timezone=UTC' $(ls -d "
		 "/usr/lib/postgresql/*/bin | tail -1)/pgbench -h %s/run -U coachhouse_server "
		 "-n -M prepared -c %d -j %d -T %d %s coachhouse",
		 geteuid() ? "" : "runuser -u postgres --", path, world->fixture->data, clients,
		 clients < 2 ? 1 : 2, (int)seconds, scripts);
	const double postgres = bench_cpu_postgres(world);
	FILE *out = popen(command, "r");
	while (out && fgets(line, sizeof(line), out)) {
		sscanf(line, "latency average = %lf", &result.p50);
		sscanf(line, "tps = %lf", &result.per_second);
		if (sscanf(line, "number of transactions actually processed: %lf", &transactions) !=
		    1)
			sscanf(line, "number of failed transactions: %lf", &failed);
	}
	if (!out || pclose(out) || transactions < 1)
		fixture_fail("pgbench failed: %s", command);
	result.server_us = (bench_cpu_postgres(world) - postgres) * 1e6 / transactions;
	return result;
}
