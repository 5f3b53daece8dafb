/*
 * Who looked: every read by an administrator of what is about others is kept, for
 * them to see. Tried with every method of the table, on something of everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "json.h"
#include "schema.h"
#include "town.h"
#include "tries.h"

static struct fixture *f;
static struct town town;
static const struct method *methods;
static size_t n_methods;
static struct tries_thing *things;
static size_t n_things;

static long long number(const char *format, ...) __attribute__((format(printf, 1, 2)));
static long long number(const char *format, ...)
{
	char sql[600];
	va_list args;
	va_start(args, format);
	vsnprintf(sql, sizeof sql, format, args);
	va_end(args);
	const char *found = fixture_sql(f, sql);
	return found ? strtoll(found, NULL, 10) : 0;
}

static long long readings(void)
{
	return number("SELECT count(*) FROM coachhouse.reading");
}

static void the_person_sees_who_looked(void **state)
{
	(void)state;
	ask(f->admin, "ListSessions", "'who': '%s'", town.mina->email);
	const json_t *mine = ask(town.mina, "ListReadings", "'limit': 1");
	assert_string_equal(ask_text(mine, "readings.0.method"), "ListSessions");
	assert_int_equal(ask_number(mine, "readings.0.reader"), f->admin->id);
	assert_true(strlen(ask_text(mine, "readings.0.reader_name")) > 0);
	assert_int_equal(ask_number(mine, "readings.0.people"), 2); /* and her coach */
	const json_t *all = ask(f->admin, "ListReadings", "'all': true, 'limit': 1");
	assert_int_equal(ask_number(all, "readings.0.id"), ask_number(mine, "readings.0.id"));
	const json_t *by = ask(f->admin, "ListReadings", "'by': '%s', 'limit': 1", f->admin->email);
	/* That one looked at what one looked at oneself is not kept. */
	assert_int_equal(ask_number(by, "readings.0.id"), ask_number(mine, "readings.0.id"));
	/* A page, the last first. */
	const json_t *next = ask(town.mina, "ListReadings", "'after': %lld",
				 (long long)ask_number(mine, "readings.0.id"));
	assert_true(ask_number(next, "readings.0.id") < ask_number(mine, "readings.0.id"));
}

/* To stand among those who looked hides nobody who looks at them. */
static void who_looks_at_the_lookers(void **state)
{
	(void)state;
	const struct fixture_person *rita = fixture_person(f, "Rita Example", ADMINISTRATOR);
	ask(f->admin, "ListKeys", "'who': '%s'", town.sara->email);
	ask(rita, "ListKeys", "'who': '%s'", town.sara->email);
	ask(f->admin, "ListReadings", "'who': '%s'", town.sara->email);
	const json_t *hers = ask(town.sara, "ListReadings", "'limit': 1");
	assert_string_equal(ask_text(hers, "readings.0.method"), "ListReadings");
	assert_int_equal(ask_number(hers, "readings.0.reader"), f->admin->id);
}

static void others_see_nothing_of_it(void **state)
{
	(void)state;
	ask_refused(town.otto, "ListReadings", "NOT_ALLOWED", "'who': '%s'", town.olga->email);
	ask_refused(town.otto, "ListReadings", "NOT_ALLOWED", "'by': '%s'", town.olga->email);
	ask_refused(town.otto, "ListReadings", "NOT_ALLOWED", "'all': true");
	ask_refused(town.otto, "ListReadings", "NO_SUCH_PERSON", "'who': '%s'", town.mina->email);
	long long before = number("SELECT max(id) FROM coachhouse.reading");
	ask(f->admin, "ListKeys", "'who': '%s'", town.mina->email);
	const json_t *his = ask(town.otto, "ListReadings", "'limit': 1");
	assert_true(ask_number(his, "readings.0.id") <= before);
}

static void what_is_not_kept(void **state)
{
	(void)state;
	long long before = readings();
	/* What is one's own, what is nobody's, what is not there, what is refused. */
	ask(f->admin, "GetStatus", "%s", "");
	ask(f->admin, "ListKeys", "%s", "");
	ask(f->admin, "ListOrganisations", "%s", "");
	ask_refused(f->admin, "GetSession", "NOT_FOUND", "'id': " TRIES_ABSENT);
	ask_refused(f->admin, "ListSessions", "NO_SUCH_PERSON", "'who': 'Nobody Example'");
	ask(f->admin, "ListPeople", "'text': 'nobody at all'");
	/* And whatever anybody else reads by right. */
	ask(town.otto, "ListSessions", "%s", "");
	ask(town.olga, "ListEngagements", "%s", "");
	ask(town.mara, "ListManagers", "%s", "");
	assert_int_equal(readings(), before);
	/* An administrator who is coached reads their own. */
	ask(f->admin, "LogConversation", "'with': '%s', 'start': '2026-03-03T10:00Z'",
	    town.sven->email);
	before = readings();
	ask(f->admin, "ListSessions", "%s", "");
	ask(f->admin, "ListEngagements", "%s", "");
	assert_int_equal(readings(), before);
}

static void a_report_is_kept_without_names(void **state)
{
	(void)state;
	ask(f->admin, "ReportCapacity", "'from': '2026-01-01', 'to': '2026-02-01'");
	assert_int_equal(number("SELECT people FROM coachhouse.reading WHERE method = "
				"'ReportCapacity' ORDER BY id DESC LIMIT 1"),
			 0);
}

/* --- every method ------------------------------------------------------------------ */

/* Whoever is named in a reply was read about, except in a report. */
static void check_names(const struct method *method, const char *text, long long last)
{
	const struct fixture_person *const people[] = {town.otto, town.olga, town.mara, town.paul,
						       town.mina, town.cora, town.sara, town.sven};
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		if (!strstr(text, people[i]->name))
			continue;
		const bool report = !strncmp(method->rpc, "Report", 6);
		if (!number("SELECT count(*) FROM coachhouse.reading WHERE id > %lld AND method = "
			    "'%s' AND reader = %lld",
			    last, method->rpc, (long long)f->admin->id) ||
		    (!report && !number("SELECT count(*) FROM coachhouse.reading_about WHERE "
					"reading > %lld AND person = %lld",
					last, (long long)people[i]->id)))
			fixture_fail("%s shows %s, and it was not kept: %s", method->rpc,
				     people[i]->name, text);
	}
}

static int shown;

static void try_one(struct wire *wire, const struct method *method,
		    const ProtobufCFieldDescriptor *field, const char *value)
{
	const long long last = number("SELECT coalesce(max(id), 0) FROM coachhouse.reading");
	struct wire_reply reply = tries_ask(wire, method, field, value);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(method->reply, NULL, reply.size, reply.body);
	char *text = message ? json_write(message, JSON_PEOPLE, NULL, NULL) : NULL;
	if (text && strstr(text, "Example\"")) {
		check_names(method, text, last);
		shown++;
	}
	free(text);
	protobuf_c_message_free_unpacked(message, NULL);
	wire_reply_free(&reply);
}

static void every_read_is_kept(void **state)
{
	struct wire *wire = wire_open(f->daemons[0].endpoint, &f->admin->identity);
	(void)state;
	for (size_t m = 0; m < n_methods; m++) {
		if (methods[m].access != ACCESS_READ)
			continue;
		try_one(wire, &methods[m], NULL, TRIES_ABSENT);
		for (unsigned i = 0; i < methods[m].request->n_fields; i++) {
			const ProtobufCFieldDescriptor *field = &methods[m].request->fields[i];
			for (size_t t = 0; t < n_things; t++) {
				char id[24];
				const bool person = !strcmp(things[t].table, "person");
				snprintf(id, sizeof id, "%lld", (long long)things[t].id);
				if (person ? tries_is_person(field) : tries_is_id(field))
					try_one(wire, &methods[m], field, id);
			}
		}
	}
	wire_close(&wire);
	print_message("  %d replies that name somebody\n", shown);
	assert_true(shown > 50);
}

/* --- that it holds --------------------------------------------------------------------- */

/* What cannot be kept is not shown. */
static void no_record_no_answer(void **state)
{
	(void)state;
	fixture_sql(f, "REVOKE INSERT ON coachhouse.reading FROM coachhouse_server");
	const char *reason =
		ask_either(f->admin, "ListSessions", NULL, "'who': '%s'", town.mina->email);
	fixture_sql(f, "GRANT INSERT ON coachhouse.reading TO coachhouse_server");
	assert_string_not_equal(reason, "");
	ask(f->admin, "ListSessions", "'who': '%s'", town.mina->email);
}

static void nobody_changes_it(void **state)
{
	(void)state;
	assert_int_equal(
		number("SELECT count(*) FROM (VALUES ('reading'), ('reading_about')) t (n), "
		       "(VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p (what) WHERE "
		       "has_table_privilege('coachhouse_server', 'coachhouse.' || n, what)"),
		0);
	assert_int_equal(number("SELECT count(*) FROM pg_attribute WHERE attrelid IN "
				"('coachhouse.reading'::regclass, "
				"'coachhouse.reading_about'::regclass) AND attnum > 0 AND "
				"has_column_privilege('coachhouse_server', attrelid, attnum, "
				"'UPDATE')"),
			 0);
}

/* Every table of things with people stands in the view that says whom they are about. */
static void everything_concerns_somebody(void **state)
{
	char sql[900];
	(void)state;
	snprintf(sql, sizeof sql,
		 "SELECT string_agg(c.relname, ', ') FROM pg_class c WHERE c.relnamespace = "
		 "'coachhouse'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('person', "
		 "'reading') AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND "
		 "a.attname = 'id' AND a.atttypid = 'bigint'::regtype) AND EXISTS (SELECT FROM "
		 "pg_constraint k WHERE k.conrelid = c.oid AND k.confrelid IN "
		 "('coachhouse.person'::regclass, 'coachhouse.registration'::regclass)) AND "
		 "pg_get_viewdef('%s.concern'::regclass) !~ ('\\m' || c.relname || '\\M')",
		 schema_engine());
	const char *missing = fixture_sql(f, sql);
	if (missing && *missing)
		fixture_fail("sql/functions/67_reading.sql does not say whom these concern: %s",
			     missing);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	town = town_people(f);
	fixture_methods();
	methods = methods_all(&n_methods);
	things = tries_things(f, &n_things);
	return 0;
}

static int teardown(void **state)
{
	free(things);
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_read_is_kept),
		cmocka_unit_test(the_person_sees_who_looked),
		cmocka_unit_test(who_looks_at_the_lookers),
		cmocka_unit_test(others_see_nothing_of_it),
		cmocka_unit_test(what_is_not_kept),
		cmocka_unit_test(a_report_is_kept_without_names),
		cmocka_unit_test(no_record_no_answer),
		cmocka_unit_test(nobody_changes_it),
		cmocka_unit_test(everything_concerns_somebody),
	};
	return cmocka_run_group_tests_name("audit", tests, setup, teardown);
}
