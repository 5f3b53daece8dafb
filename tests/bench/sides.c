/* The one side: clients of the library, a thread and a connection each. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

enum { MOST_CALLS = 1000000 };

struct client {
	pthread_t thread;
	const struct bench_statement *statement;
	struct bench_call call;
	int life; /* that the connection is of */
	double seconds;
	pthread_barrier_t *start, *end;
	double *latencies; /* milliseconds */
	size_t n;
	struct bench_result result; /* its refusals */
};

static double seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	uint64_t z = *state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* The person that the client is at this call. */
static void become(struct client *c)
{
	struct bench_call *call = &c->call;
	struct bench_world *w = call->world;
	const bool one =
		c->statement->kind == READS || c->statement->kind == MOVES || c->statement->hot;
	const int life = one ? 0 : (int)(call->number / BENCH_SLOTS) % BENCH_LIVES;
	if (call->connection && life == c->life)
		return;
	coachhouse_close(&call->connection);
	c->life = life;
	call->connection = fixture_connect(c->statement->administrator
						   ? w->fixture->admin
						   : w->people[life * call->clients + call->client],
					   &w->fixture->daemons[0]);
}

void bench_reason(struct bench_result *r, const char *reason)
{
	int i = 0;
	while (i < r->n_reasons && strcmp(r->reasons[i], reason))
		i++;
	if (i == r->n_reasons && i < BENCH_REASONS)
		memcpy(r->reasons[r->n_reasons++], reason, sizeof(r->reasons[i]));
}

/* By its token, or by the beginning of its sentence. */
static void refused(struct bench_result *r, const struct coachhouse_failure *failure)
{
	char reason[BENCH_REASON];
	snprintf(reason, sizeof(reason), "%.*s", BENCH_REASON - 1,
		 failure->reason[0] ? failure->reason : failure->message);
	r->refused++;
	bench_reason(r, reason);
}

static void ask(struct client *c, uint64_t *random)
{
	c->call.random = next_random(random);
	become(c);
	if (!c->statement->call(&c->call))
		refused(&c->result, &c->call.failure);
	c->call.number++;
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	uint64_t random = (uint64_t)time(NULL) * 1000 + (uint64_t)c->call.client;
	ask(c, &random); /* connects */
	c->result.refused = c->result.n_reasons = 0;
	pthread_barrier_wait(c->start);
	double before = seconds_now();
	const double until = before + c->seconds;
	while (before < until && c->n < MOST_CALLS &&
	       (c->statement->kind == READS || c->statement->kind == MOVES ||
		c->call.number < c->call.each)) {
		ask(c, &random);
		const double after = seconds_now();
		c->latencies[c->n++] = (after - before) * 1000;
		before = after;
	}
	pthread_barrier_wait(c->end);
	coachhouse_close(&c->call.connection);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void bench_percentiles(double *latencies, size_t n, struct bench_result *result)
{
	if (!n)
		return;
	qsort(latencies, n, sizeof(double), by_size);
	result->p50 = latencies[n / 2];
	result->p99 = latencies[n * 99 / 100];
	result->p999 = latencies[n * 999 / 1000];
}

/* Puts together what all clients saw. */
static void summarise(struct client *clients, int n, struct bench_result *result)
{
	size_t total = 0;
	double *all = calloc((size_t)n * MOST_CALLS, sizeof(double));
	if (!all)
		fixture_fail("memory ran out");
	for (int i = 0; i < n; i++) {
		memcpy(all + total, clients[i].latencies, clients[i].n * sizeof(double));
		total += clients[i].n;
		result->refused += clients[i].result.refused;
		for (int j = 0; j < clients[i].result.n_reasons; j++)
			bench_reason(result, clients[i].result.reasons[j]);
	}
	bench_percentiles(all, total, result);
	result->calls = (double)total;
	free(all);
}

static void start_client(struct client *c, struct bench_world *world, int number, int clients,
			 int each)
{
	c->call.world = world;
	c->call.client = number;
	c->call.clients = clients;
	c->call.each = each;
	c->latencies = calloc(MOST_CALLS, sizeof(double));
	if (!c->latencies || pthread_create(&c->thread, NULL, client_run, c))
		fixture_fail("no thread for a client");
}

void bench_stack(struct bench_world *world, const struct bench_statement *statement, int clients,
		 int each, double seconds, struct bench_result *result)
{
	static struct client all[BENCH_CLIENTS];
	pthread_barrier_t start, end;
	const pid_t daemon = world->fixture->daemons[0].pid;
	pthread_barrier_init(&start, NULL, (unsigned)clients + 1);
	pthread_barrier_init(&end, NULL, (unsigned)clients + 1);
	world->next = 0;
	for (int i = 0; i < clients; i++) {
		all[i] = (struct client){
			.statement = statement, .seconds = seconds, .start = &start, .end = &end};
		start_client(&all[i], world, i, clients, each);
	}
	pthread_barrier_wait(&start);
	const double postgres = bench_cpu_postgres(world), server = bench_cpu_process(daemon),
		     own = bench_cpu_own(), began = seconds_now();
	pthread_barrier_wait(&end);
	*result = (struct bench_result){.per_second = seconds_now() - began,
					.client_us = bench_cpu_own() - own,
					.daemon_us = bench_cpu_process(daemon) - server,
					.server_us = bench_cpu_postgres(world) - postgres};
	for (int i = 0; i < clients; i++)
		pthread_join(all[i].thread, NULL);
	summarise(all, clients, result);
	const double n = result->calls > 0 ? result->calls : 1;
	result->per_second = n / result->per_second;
	result->client_us *= 1e6 / n;
	result->daemon_us *= 1e6 / n;
	result->server_us *= 1e6 / n;
	for (int i = 0; i < clients; i++)
		free(all[i].latencies);
	pthread_barrier_destroy(&start);
	pthread_barrier_destroy(&end);
}
