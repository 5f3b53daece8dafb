/* Clients that book while things go wrong. */
#include "load.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"

struct load {
	struct fixture *fixture;
	struct board board;
	struct client clients[CLIENTS_MOST];
	int n;
	bool ended;
};

int64_t load_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Of a load before, or new. */
static struct fixture_person *person(struct load *load, const char *name, bool coaches)
{
	for (struct fixture_person *p = load->fixture->people; p; p = p->next)
		if (!strcmp(p->name, name))
			return p;
	return coaches ? fixture_coach(load->fixture, name)
		       : fixture_person(load->fixture, name, MEMBER);
}

static void make_people(struct load *load, int coaches)
{
	struct board *b = &load->board;
	char name[40];
	for (b->n_coaches = 0; b->n_coaches < coaches; b->n_coaches++) {
		snprintf(name, sizeof name, "Coach %c Example", 'A' + b->n_coaches);
		b->coaches[b->n_coaches] = person(load, name, true);
	}
	for (int i = 0; i < load->n; i++) {
		struct client *c = &load->clients[i];
		const struct load_options *o = &b->options;
		const char *endpoint = i % 2 && o->turned ? o->turned : o->endpoint;
		struct fixture_daemon at = {0};
		snprintf(name, sizeof name, "Client %c Example", 'A' + i);
		const struct fixture_person *who = person(load, name, false);
		c->person = who->id;
		c->number = i;
		c->seed = (unsigned)i + 1;
		c->board = b;
		snprintf(at.endpoint, sizeof at.endpoint, "%s", endpoint ? endpoint : "");
		c->connection = fixture_connect(who, endpoint ? &at : NULL);
		c->other = fixture_connect(who, endpoint ? &at : NULL);
	}
}

struct load *load_start(struct fixture *f, const struct load_options *options)
{
	struct load *load = calloc(1, sizeof *load);
	if (!load)
		fixture_fail("memory ran out");
	struct board *b = &load->board;
	load->fixture = f;
	load->n = options->clients ? options->clients : 6;
	b->options = *options;
	b->options.halves = options->halves ? options->halves : 400;
	b->options.timeout_ms = options->timeout_ms ? options->timeout_ms : 1500;
	b->first = (time(NULL) / 86400 + 3) * 86400;
	pthread_mutex_init(&b->lock, NULL);
	make_people(load, options->coaches ? options->coaches : 3);
	for (int i = 0; i < load->n; i++)
		if (pthread_create(&load->clients[i].thread, NULL, client_run, &load->clients[i]))
			fixture_fail("a thread cannot be started");
	return load;
}

int load_refusals(struct load *load, const char *reason)
{
	int n = 0;
	pthread_mutex_lock(&load->board.lock);
	for (int i = 0; i < load->board.n_said; i++)
		if (!strcmp(load->board.said[i].reason, reason))
			n = load->board.said[i].times;
	pthread_mutex_unlock(&load->board.lock);
	return n;
}

int64_t load_await(struct load *load, int64_t since, int count, int seconds)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	struct board *b = &load->board;
	const int64_t deadline = load_now() + seconds * INT64_C(1000000);
	int64_t first = 0;
	pthread_mutex_lock(&b->lock);
	b->since = since;
	b->successes = 0;
	while (b->successes < count && (!b->odd.reason[0] || b->options.planted) &&
	       load_now() < deadline) {
		pthread_mutex_unlock(&b->lock);
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&b->lock);
	}
	const struct coachhouse_failure odd = b->odd;
	const bool enough = b->successes >= count;
	first = b->first_success;
	pthread_mutex_unlock(&b->lock);
	if (odd.reason[0] && !b->options.planted)
		fixture_fail("a client was told %d %s: %s", (int)odd.code, odd.reason, odd.message);
	if (!enough)
		fixture_fail("%d of %d writes succeeded within %d s", b->successes, count, seconds);
	return first;
}

static void end_clients(struct load *load)
{
	atomic_store(&load->board.over, true);
	for (int i = 0; !load->ended && i < load->n; i++)
		pthread_join(load->clients[i].thread, NULL);
	load->ended = true;
}

void load_stop(struct load **load)
{
	if (!*load)
		return;
	end_clients(*load);
	for (int i = 0; i < (*load)->n; i++) {
		coachhouse_close(&(*load)->clients[i].connection);
		coachhouse_close(&(*load)->clients[i].other);
		history_free(&(*load)->clients[i].history);
	}
	pthread_mutex_destroy(&(*load)->board.lock);
	free(*load);
	*load = NULL;
}

struct verdict load_judge(struct load **load)
{
	struct history all = {0};
	end_clients(*load);
	struct final_state final = final_read((*load)->fixture);
	for (int i = 0; i < (*load)->n; i++)
		for (size_t j = 0; j < (*load)->clients[i].history.n; j++)
			history_add(&all, &(*load)->clients[i].history.ops[j]);
	const struct verdict verdict = checker_judge(&all, &final);
	history_free(&all);
	final_free(&final);
	load_stop(load);
	return verdict;
}
