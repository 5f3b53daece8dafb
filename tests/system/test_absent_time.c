/*
 * How long it takes to be told "no such thing": the same for what is others' and
 * for what is not there, method by method. Asked in turn, so that what else the
 * machine does falls on both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <time.h>

#include "town.h"
#include "tries.h"

enum { PAIRS = 40, LONG_PAIRS = 400, FIELDS = 200, SHOWN = 8 };

static struct fixture *f;
static struct town town;
static struct tries_thing *things;
static size_t n_things;
static int pairs;

/* Microseconds, of one field of one method asked by one caller. */
struct times {
	char name[120];
	double *others, *absent;
	int n;
	double gap, chance;
};

static struct times *fields[FIELDS];
static int n_fields;

static double asked_us(struct wire *wire, const struct method *method,
		       const ProtobufCFieldDescriptor *field, const char *value)
{
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	struct wire_reply reply = tries_ask(wire, method, field, value);
	clock_gettime(CLOCK_MONOTONIC, &to);
	wire_reply_free(&reply);
	return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static struct times *new_times(const struct fixture_person *caller, const struct method *method,
			       const ProtobufCFieldDescriptor *field)
{
	struct times *t = calloc(1, sizeof *t);
	if (!t || n_fields == FIELDS)
		fixture_fail("memory ran out");
	t->others = calloc((size_t)pairs, sizeof *t->others);
	t->absent = calloc((size_t)pairs, sizeof *t->absent);
	assert_true(t->others && t->absent);
	snprintf(t->name, sizeof t->name, "%s.%s by %s", method->rpc, field->name, caller->name);
	fields[n_fields++] = t;
	return t;
}

/* Whichever comes first finds colder caches: they take turns at that too. */
static void ask_pair(struct times *t, struct wire *wire, const struct method *method,
		     const ProtobufCFieldDescriptor *field, const char *theirs, const char *none)
{
	const bool swap = t->n % 2;
	const double first = asked_us(wire, method, field, swap ? none : theirs);
	const double second = asked_us(wire, method, field, swap ? theirs : none);
	t->others[t->n] = swap ? second : first;
	t->absent[t->n++] = swap ? first : second;
}

static void try_ids(const struct fixture_person *caller, struct wire *wire,
		    const struct method *method, const ProtobufCFieldDescriptor *field)
{
	struct times *t = new_times(caller, method, field);
	char theirs[24], none[24];
	for (size_t i = 0; t->n < pairs; i = (i + 1) % n_things) {
		if (tries_names(&things[i], caller->id))
			continue;
		snprintf(theirs, sizeof theirs, "%lld", (long long)things[i].id);
		snprintf(none, sizeof none, "%d", 900000 + t->n);
		ask_pair(t, wire, method, field, theirs, none);
	}
}

static void try_people(const struct fixture_person *caller, struct wire *wire,
		       const struct method *method, const ProtobufCFieldDescriptor *field)
{
	struct times *t = new_times(caller, method, field);
	char id[24];
	snprintf(id, sizeof id, "%lld", (long long)town.mina->id);
	const char *const values[][2] = {{id, "900000001"},
					 {town.mina->email, "nobody@example.net"},
					 {town.mina->name, "Nora Example"}};
	while (t->n < pairs) {
		const char *const *pair = values[t->n % 3];
		ask_pair(t, wire, method, field, pair[0], pair[1]);
	}
}

static void try_all(const struct fixture_person *caller, enum role role)
{
	struct wire *wire = wire_open(f->daemons[0].endpoint, &caller->identity);
	size_t n_methods;
	const struct method *methods = methods_all(&n_methods);
	for (size_t m = 0; m < n_methods; m++)
		for (unsigned i = 0; i < methods[m].request->n_fields; i++) {
			const ProtobufCFieldDescriptor *field = &methods[m].request->fields[i];
			if (methods[m].role != role) /* each method by the least who may call it */
				continue;
			if (tries_is_id(field))
				try_ids(caller, wire, &methods[m], field);
			else if (tries_is_person(field))
				try_people(caller, wire, &methods[m], field);
		}
	wire_close(&wire);
}

/* --- what the times say -------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double median(const double *values, int n)
{
	double sorted[LONG_PAIRS];
	memcpy(sorted, values, (size_t)n * sizeof *values);
	qsort(sorted, (size_t)n, sizeof *sorted, by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* How often what is others' took longer than what is not there (Mann and Whitney): 0.5 tells nothing. */
static double chance(const struct times *t)
{
	double longer = 0;
	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < t->n; k++)
			longer += t->others[i] > t->absent[k]	? 1
				  : t->others[i] < t->absent[k] ? 0
								: 0.5;
	return longer / t->n / t->n;
}

/* Six standard deviations of it when both take as long. */
static double by_mere_chance(int n)
{
	return 6 * sqrt((2 * n + 1) / (12.0 * n * n));
}

static int by_chance(const void *a, const void *b)
{
	const struct times *left = *(struct times *const *)a, *right = *(struct times *const *)b;
	const double l = fabs(left->chance - 0.5), r = fabs(right->chance - 0.5);
	return (l < r) - (l > r);
}

static void it_takes_as_long(void **state)
{
	int slower = 0;
	(void)state;
	try_all(town.otto, ROLE_MEMBER);
	try_all(town.olga, ROLE_COACH);
	try_all(town.mara, ROLE_MANAGER);
	for (int i = 0; i < n_fields; i++) {
		struct times *t = fields[i];
		t->gap = median(t->others, t->n) - median(t->absent, t->n);
		t->chance = chance(t);
		slower += t->gap > 0;
	}
	qsort(fields, (size_t)n_fields, sizeof *fields, by_chance);
	print_message("  %d fields, %d pairs each; others' slower by the median in %d\n"
		      "  others' µs  absent µs     gap  others' longer\n",
		      n_fields, pairs, slower);
	for (int i = 0; i < n_fields && i < SHOWN; i++) {
		const struct times *t = fields[i];
		print_message("  %10.0f %10.0f %7.0f  %14.2f  %s\n", median(t->others, t->n),
			      median(t->absent, t->n), t->gap, t->chance, t->name);
	}
	for (int i = 0; i < n_fields; i++)
		if (fabs(fields[i]->chance - 0.5) > by_mere_chance(fields[i]->n))
			fixture_fail("%s: it shows in the time what is others' (%.2f)",
				     fields[i]->name, fields[i]->chance);
}

static int setup(void **state)
{
	pairs = fixture_is_long() ? LONG_PAIRS : PAIRS;
	f = fixture_start(NULL);
	*state = f;
	town = town_people(f);
	things = tries_things(f, &n_things);
	fixture_methods();
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; i < n_fields; i++) {
		free(fields[i]->others);
		free(fields[i]->absent);
		free(fields[i]);
	}
	free(things);
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_takes_as_long)};
	return cmocka_run_group_tests_name("absent_time", tests, setup, teardown);
}
