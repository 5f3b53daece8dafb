/* Rounds of a fault. */
#include "rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { MOST_ROUNDS = 1000, USUAL_ROUNDS = 100 };

static int by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void print_row(const char *name, const struct verdict *v, int64_t *after, int rounds)
{
	const size_t *found = v->findings;
	size_t other = 0;
	qsort(after, (size_t)rounds, sizeof *after, by_value);
	for (enum finding i = 0; i < FINDINGS; i++)
		if (i != LOST && i != DOUBLED && i != OVERLAP && i != UNEQUAL)
			other += found[i];
	print_message("  %s: %d rounds; %zu acknowledged, %zu refused, %zu unknown at first, %zu "
		      "never asked about; %zu lost, %zu doubled, %zu overlaps, %zu unequal, %zu "
		      "other; success after %.2f s (median), %.2f s (max); longest call %.2f s\n",
		      name, rounds, v->acknowledged, v->refused, v->resolved + v->unknown,
		      v->unknown, found[LOST], found[DOUBLED], found[OVERLAP], found[UNEQUAL],
		      other, (double)after[rounds / 2] / 1e6, (double)after[rounds - 1] / 1e6,
		      (double)v->longest / 1e6);
}

static void inflict(const struct fault *fault)
{
	const int ms = fault->least +
		       (int)(arc4random_uniform(1000)) * (fault->most - fault->least) / 1000;
	const struct timespec a_while = {ms / 1000, ms % 1000 * 1000000L};
	fault->begin();
	if (ms)
		nanosleep(&a_while, NULL);
}

bool rounds_are_many(void)
{
	return getenv("COACHHOUSE_LONG");
}

static int rounds_of(const struct fault *fault)
{
	return !rounds_are_many() ? 1 : fault->rounds ? fault->rounds : USUAL_ROUNDS;
}

void rounds_run(struct fixture *f, const struct fault *fault, const char *endpoint,
		const char *turned, struct load **load)
{
	static int64_t after[MOST_ROUNDS];
	const struct load_options options = {
		.endpoint = endpoint, .turned = turned, .timeout_ms = CALL_MS};
	const int rounds = rounds_of(fault);
	*load = load_start(f, &options);
	/* At any time that a clock may show. */
	fixture_sql(f, "UPDATE coachhouse.role_held SET starts_on = '2020-01-01'");
	load_await(*load, load_now(), 10, ROUND_SECONDS);
	for (int round = 0; round < rounds; round++) {
		inflict(fault);
		const int64_t since = load_now();
		if (fault->end)
			fault->end();
		after[round] = load_await(*load, since, 10, ROUND_SECONDS) - since;
	}
	const struct verdict v = load_judge(load);
	print_row(fault->name, &v, after, rounds);
	verdict_print(&v, stdout);
	assert_true(verdict_is_clean(&v));
	/* Every call ends when it said it would. */
	assert_true(v.longest < (CALL_MS + 1000) * 1000);
}
