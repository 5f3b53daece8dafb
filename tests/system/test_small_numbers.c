/*
 * What two reports say beside each other: from those by organisation and by sector
 * nobody works out a number of fewer people than the site lets be told. Random
 * populations; what is hidden is reckoned as a reader would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

enum { TRIALS = 60, LONG_TRIALS = 1500, SECTORS = 4, ORGANISATIONS = 9, FEWEST = 5 };

static const char *const sectors[SECTORS] = {"nhs", "council", "third", "independent"};

static struct fixture *f;
static struct fixture_person *mentee;
static unsigned seed;

/* What a report tells: how many wait, or -1 when it keeps that to itself. */
struct told {
	int all, sector[SECTORS], organisation[ORGANISATIONS];
};

static int sector_of(int organisation)
{
	return organisation % SECTORS;
}

static void populate(int people[ORGANISATIONS])
{
	char sql[400];
	fixture_sql(f, "DELETE FROM coachhouse.request");
	for (int i = 0; i < ORGANISATIONS; i++) {
		people[i] = rand_r(&seed) % 3 ? (int)(rand_r(&seed) % 9) : 0;
		snprintf(
			sql, sizeof sql,
			"INSERT INTO coachhouse.request (mentee, organisation, activity, state, "
			"submitted) SELECT %lld, o.id, 'coaching', 'submitted', '2026-11-18T09:00Z' "
			"FROM coachhouse.organisation o, generate_series(1, %d) WHERE name = "
			"'Organisation %d'",
			(long long)mentee->id, people[i], i);
		fixture_sql(f, sql);
	}
}

static int figure(const json_t *line)
{
	return json_is_true(json_object_get(line, "suppressed"))
		       ? -1
		       : (int)json_integer_value(json_object_get(line, "waiting"));
}

static void read_report(struct told *told, const char *by)
{
	const json_t *line, *made = ask(f->admin, "ReportWaiting",
					"'from': '2026-11-01', 'to': '2026-12-01', 'by': '%s'", by);
	size_t i;
	told->all = figure(ask_find(made, "total"));
	json_array_foreach(ask_find(made, "lines"), i, line)
	{
		const char *name = json_string_value(json_object_get(line, "name"));
		for (int s = 0; s < SECTORS; s++)
			if (!strcmp(name, sectors[s]))
				told->sector[s] = figure(line);
		if (!strncmp(name, "Organisation ", 13))
			told->organisation[atoi(name + 13)] = figure(line);
	}
}

/* A sector is known when it is told, or when all of it is. */
static int known(const struct told *told, int sector)
{
	int sum = 0;
	if (told->sector[sector] >= 0)
		return told->sector[sector];
	for (int i = sector; i < ORGANISATIONS; i += SECTORS) {
		if (told->organisation[i] < 0)
			return -1;
		sum += told->organisation[i];
	}
	return sum;
}

static void check_rest(int whole, int rest, const char *of)
{
	if (whole >= 0 && rest && rest < FEWEST)
		fixture_fail("%d people of %s can be worked out", rest, of);
}

static void check(const struct told *told)
{
	int all = told->all;
	for (int s = 0; s < SECTORS; s++) {
		const int sector = known(told, s);
		int rest = sector;
		for (int i = s; i < ORGANISATIONS; i += SECTORS)
			if (told->organisation[i] >= 0) {
				rest -= told->organisation[i];
				check_rest(0, told->organisation[i], "an organisation");
				all -= sector < 0 ? told->organisation[i] : 0;
			}
		check_rest(sector, rest, sectors[s]);
		check_rest(sector, sector, sectors[s]);
		all -= sector >= 0 ? sector : 0;
	}
	check_rest(told->all, all, "all");
}

static void nobody_is_worked_out(void **state)
{
	const int trials = fixture_is_long() ? LONG_TRIALS : TRIALS;
	int people[ORGANISATIONS], hidden = 0, shown = 0;
	(void)state;
	print_message("  seed %u\n", seed);
	for (int i = 0; i < trials; i++, ask_forget()) {
		struct told told = {0};
		populate(people);
		read_report(&told, "GROUP_BY_ORGANISATION");
		read_report(&told, "GROUP_BY_SECTOR");
		check(&told);
		for (int k = 0; k < ORGANISATIONS; k++) {
			hidden += told.organisation[k] < 0;
			shown += told.organisation[k] >= FEWEST;
			if (told.organisation[k] >= 0)
				assert_int_equal(told.organisation[k], people[k]);
		}
	}
	print_message("  %d populations; of the organisations' lines %d shown, %d hidden\n", trials,
		      shown, hidden);
	assert_true(shown > trials / 2);
}

static int setup(void **state)
{
	f = ask_fixture("2026-11-20T08:00:00Z");
	*state = f;
	seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : 20261122;
	mentee = fixture_person(f, "Wai Ting", MEMBER);
	/* One stands for all who wait: who they are is not told. */
	fixture_sql(f, "DROP INDEX coachhouse.request_open");
	for (int i = 0; i < ORGANISATIONS; i++) {
		char upper[20] = "";
		for (int c = 0; sectors[sector_of(i)][c]; c++)
			upper[c] = (char)(sectors[sector_of(i)][c] - 'a' + 'A');
		ask(f->admin, "AddOrganisation", "'name': 'Organisation %d', 'sector': 'SECTOR_%s'",
		    i, upper);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_is_worked_out)};
	return cmocka_run_group_tests_name("small_numbers", tests, setup, fixture_teardown);
}
