/*
 * A count of the past does not change when somebody is erased: every report of
 * the sample partnership, in every grouping, before and after. The reports are
 * read from the contract, so that tomorrow's are tried too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "ask.h"
#include "json.h"
#include "reports.pb-c.h"

enum { MOST_ERASED = 400, MOST_REPORTS = 100 };

static struct fixture *f;
static char names[MOST_ERASED][200]; /* of those erased */
static int erased;

/* --- every report, in every grouping -------------------------------------------------- */

struct report {
	const char *rpc;
	char request[300];
	char *before;
};
static struct report reports[MOST_REPORTS];
static int n_reports;

static void add_report(const char *rpc, const char *request)
{
	if (n_reports == MOST_REPORTS)
		fixture_fail("more than %d reports", MOST_REPORTS);
	reports[n_reports].rpc = rpc;
	snprintf(reports[n_reports++].request, sizeof reports->request, "%s", request);
}

/* With each value of each enum of the request, from field `at` on. */
static void add_groupings(const ProtobufCMethodDescriptor *method, unsigned at, const char *request)
{
	char more[300];
	for (; at < method->input->n_fields; at++) {
		const ProtobufCFieldDescriptor *field = &method->input->fields[at];
		const ProtobufCEnumDescriptor *words = field->descriptor;
		if (field->type != PROTOBUF_C_TYPE_ENUM)
			continue;
		for (unsigned i = 0; i < words->n_values; i++) {
			if (!words->values[i].value)
				continue;
			snprintf(more, sizeof more, "%s, '%s': '%s'", request, field->name,
				 words->values[i].name);
			add_groupings(method, at + 1, more);
		}
		return;
	}
	add_report(method->name, request);
}

static void write_day(int days_ago, char out[11])
{
	const time_t at = time(NULL) - days_ago * 86400L;
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(out, 11, "%Y-%m-%d", &tm);
}

/* A year and, with time, a quarter and a month, all of them past. */
static void find_reports(void)
{
	static const int periods[][2] = {{360, 1}, {150, 60}, {40, 10}};
	const ProtobufCServiceDescriptor *service = &coachhouse__v1__reports__descriptor;
	for (size_t p = 0; p < (fixture_is_long() ? sizeof periods / sizeof *periods : 1); p++)
		for (unsigned m = 0; m < service->n_methods; m++) {
			char from[11], to[11], request[80];
			write_day(periods[p][0], from);
			write_day(periods[p][1], to);
			snprintf(request, sizeof request, "'from': '%s', 'to': '%s'", from, to);
			add_groupings(&service->methods[m], 0, request);
		}
}

/* --- what two reports have in common ---------------------------------------------------- */

static bool is_gone(const char *name)
{
	bool gone = !strcmp(name, "somebody erased");
	for (int i = 0; i < erased && !gone; i++)
		gone = !strcmp(name, names[i]);
	return gone;
}

/* Whoever is gone has no name, and it does not matter when the report was made. */
static void take_out(json_t *value)
{
	const char *key;
	json_t *part;
	size_t i;
	if (json_is_object(value)) {
		json_object_del(value, "made");
		json_object_foreach(value, key, part)
		{
			if (!strcmp(key, "name") && json_is_string(part) &&
			    is_gone(json_string_value(part)))
				json_string_set(part, "");
			else
				take_out(part);
		}
	}
	json_array_foreach(value, i, part) take_out(part);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Line by line in an order of its own; freed by the caller. */
static char *figures(const struct report *report)
{
	json_t *reply = json_deep_copy(ask(f->admin, report->rpc, "%s", report->request));
	const json_t *lines = json_object_get(reply, "lines");
	const size_t n = json_array_size(lines);
	char **texts = calloc(n + 2, sizeof *texts), *all = NULL;
	size_t size;
	assert_non_null(texts);
	take_out(reply);
	for (size_t i = 0; i < n; i++)
		texts[i] = json_dumps(json_array_get(lines, i), JSON_SORT_KEYS);
	qsort(texts, n, sizeof *texts, by_text);
	FILE *out = open_memstream(&all, &size);
	assert_non_null(out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s\n", texts[i]);
		free(texts[i]);
	}
	json_object_del(reply, "lines");
	char *rest = json_dumps(reply, JSON_SORT_KEYS);
	fprintf(out, "%s\n", rest);
	fclose(out);
	free(rest);
	free(texts);
	json_decref(reply);
	ask_forget();
	return all;
}

/* --- the test ----------------------------------------------------------------------- */

static void check_all(const char *after)
{
	for (int i = 0; i < n_reports; i++) {
		char *now = figures(&reports[i]);
		if (!reports[i].before)
			reports[i].before = now;
		else if (strcmp(reports[i].before, now))
			fixture_fail("%s %s changed when %s was erased:\n%s\nwas\n%s",
				     reports[i].rpc, reports[i].request, after, now,
				     reports[i].before);
		else
			free(now);
	}
}

/* Before is compared without the names of those who will be gone. */
static void read_before(const char *const *ids, int n)
{
	for (erased = 0; erased < n; erased++) {
		char sql[100];
		snprintf(sql, sizeof sql, "SELECT name FROM coachhouse.person WHERE id = %s",
			 ids[erased]);
		snprintf(names[erased], sizeof *names, "%s", fixture_sql(f, sql));
	}
	check_all("nobody");
}

/* Some of every state of the register, some who wait for a first session, some of neither. */
static int choose(const char **ids)
{
	static char text[MOST_ERASED * 8];
	char sql[600];
	int n = 0;
	snprintf(
		sql, sizeof sql,
		"SELECT string_agg(id::text, ' ' ORDER BY place, md5(id::text)) FROM (SELECT p.id, "
		"row_number() OVER (PARTITION BY r.state, q.mentee IS NULL ORDER BY md5(p.id::text)) "
		"AS place FROM coachhouse.person p LEFT JOIN coachhouse.registration r ON r.person = "
		"p.id LEFT JOIN (SELECT DISTINCT mentee FROM coachhouse.request WHERE state = 'matched' "
		"AND first_attended IS NULL) q ON q.mentee = p.id WHERE p.id <> %lld) x%s",
		(long long)f->admin->id, fixture_is_long() ? "" : " WHERE place <= 3");
	snprintf(text, sizeof text, "%s", fixture_sql(f, sql));
	for (char *rest = text, *id; n < MOST_ERASED && (id = strsep(&rest, " "));)
		ids[n++] = id;
	return n;
}

static void no_digit_changes(void **state)
{
	const char *ids[MOST_ERASED];
	const int n = choose(ids), every = fixture_is_long() ? 8 : n;
	(void)state;
	read_before(ids, n);
	for (int i = 0; i < n; i++) {
		ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", ids[i]);
		if ((i + 1) % every == 0 || i == n - 1)
			check_all(names[i]);
	}
	/* Figures there were: else nothing was compared. */
	assert_non_null(strstr(reports[0].before, "supply_hours"));
	print_message("  %d people, %d reports\n", n, n_reports);
}

static void load_sample(void)
{
	FILE *in = fopen(SOURCE_DIR "/sql/samples/partnership.sql", "re");
	static char text[200000];
	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	fixture_sql(f, text);
	fixture_sql(f, "RESET ALL");
	/* Some were matched long ago and have not met yet. */
	fixture_sql(
		f, "UPDATE coachhouse.request SET first_attended = NULL, first_booked = NULL WHERE "
		   "id IN (SELECT r.id FROM coachhouse.request r JOIN coachhouse.engagement e ON "
		   "e.id = r.engagement WHERE r.state = 'matched' AND e.state = 'active' AND "
		   "r.submitted < now() - interval '60 days' ORDER BY r.id LIMIT 6)");
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	load_sample();
	find_reports();
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; i < n_reports; i++)
		free(reports[i].before);
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_digit_changes)};
	return cmocka_run_group_tests_name("counts", tests, setup, teardown);
}
