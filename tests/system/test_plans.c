/*
 * What every method reads, as every role, by its plans as they are prepared: nothing
 * that grows is read from end to end, and nothing more is read once four times as
 * much has passed. Made from the table of methods and the messages, so a method
 * added tomorrow is tried as well. COACHHOUSE_LONG: a million sessions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ask.h"
#include "reads.h"
#include "town.h"
#include "tries.h"

enum {
	COHORTS = 40, /* of a hundred sessions, see plans.sql */
	MANY = 2500,
	GROWN = 4,    /* times as many, the second time */
	QUICK = 1000, /* rows of a table that a call of the quick lane may read */
	FEW = 100,    /* rows, or pages, that may come with another plan */
};

static struct fixture *f;
static struct reads *reads;
static struct town town;
static const struct method *methods;
static size_t n_methods;
static struct tries_thing *things;
static size_t n_things;

static struct caller {
	struct fixture_person *person;
	enum role role;
} callers[4];
enum { CALLERS = sizeof callers / sizeof *callers };

static json_t *seen[2]; /* call -> {"lane", "blocks", "read": statement -> what -> rows} */
static json_t *done;	/* the methods that succeeded */
static int grown;	/* the second time */
static int faults;

/* Tables that do not grow with use, or a row at a time by hand. */
static const char *const still[] = {"site",	   "organisation",  "registration", "life_cycle",
				    "retention",   "retention_run", "migration",    "disclosure",
				    "person_hold", "erasure"};

/* Where more is read when there is more, and why that is so. */
static const struct {
	const char *rpc, *table, *why;
} by_nature[] = {
	{"ErasePerson", NULL, "all there is about a person"},
	{"SetZone", "session", "a coach's counted weeks are of another zone then: all are counted"},
	{"ListRetentionDue", NULL, "counts what is kept"},
	{"SetRetention", NULL, "counts what is kept"},
	{"ListConversations", NULL, "one's own, of two tables, by the time of a third"},
	{"ListActions", "action", "one's own"},
	{"ListPeople", "person", "a part of a name or an address, anywhere in it"},
	{"ListPeople", "contact", "the same"},
	{"ReportUtilisation", "person", "coaches who left, too"},
	{"ReportQuarter", "person", "the same"},
};

/* --- what fields are given -------------------------------------------------------------- */

static char start[32], from[32], to[32];
static bool all;

static void write_day(char *out, size_t size, int days, const char *hour)
{
	const time_t at = time(NULL) + days * 86400L;
	char day[16];
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	snprintf(out, size, "'%s%s'", day, hour);
}

static const char *fill(const ProtobufCFieldDescriptor *field)
{
	static const struct {
		const char *name, *value;
	} words[] = {
		{"start", start},
		{"from", from},
		{"to", to},
		{"date", from},
		{"ends_on", to},
		{"last_day", to},
		{"opens", "'09:00'"},
		{"closes", "'10:00'"},
		{"text", "'past1'"},
		{"specialism", "'returners'"},
		{"free_within_days", "28"},
		{"sessions", "6"},
		{"limit", "5"},
		{"period", "'6 years'"},
		{"email", "'new@example.org'"},
		{"name", "'New Example'"},
		{"organisation", "'Example Trust'"},
		{"token_hash", "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"},
		{"token", "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"},
		{"patterns", "[{'weekday': 1, 'opens': '09:00', 'closes': '12:00'}]"},
		{"specialisms", "['returners']"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(field->name, words[i].name))
			return words[i].value;
	return all && field->type == PROTOBUF_C_TYPE_BOOL ? "true" : NULL;
}

/* --- the walk --------------------------------------------------------------------------- */

static bool call(const struct caller *caller, const struct method *method,
		 const ProtobufCFieldDescriptor *tried, const char *value)
{
	char name[300];
	long blocks;
	bool good;
	ProtobufCMessage *request = tries_request(method, tried, value);
	json_t *read = reads_call(reads, caller->person, method, request, &blocks, &good);
	protobuf_c_message_free_unpacked(request, NULL);
	snprintf(name, sizeof name, "%s as %s, %s %s%s%.11s", method->rpc, role_name(caller->role),
		 tried ? tried->name : "", value, all ? " all" : "", start);
	json_object_set_new(seen[grown], name,
			    json_pack("{s:s, s:b, s:i, s:o}", "rpc", method->rpc, "quick",
				      method->lane == LANE_QUICK, "blocks", (int)blocks, "read",
				      read));
	if (good)
		json_object_set_new(done, method->rpc, json_true());
	return good;
}

/* The first thing of a table that is, or is not, one's own. */
static bool is_first(size_t i, int64_t person, bool own)
{
	if (tries_names(&things[i], person) != own)
		return false;
	for (size_t j = 0; j < i; j++)
		if (!strcmp(things[j].table, things[i].table) &&
		    tries_names(&things[j], person) == own)
			return false;
	return true;
}

/* A thing of each table, until one will do: one's own, or for administrators anybody's. */
static void try_things(const struct caller *caller, const struct method *method,
		       const ProtobufCFieldDescriptor *field)
{
	const bool own = caller->role != ROLE_ADMINISTRATOR;
	for (size_t i = 0; i < n_things; i++) {
		char id[24];
		if (!is_first(i, caller->person->id, own))
			continue;
		snprintf(id, sizeof id, "%lld", (long long)things[i].id);
		if (call(caller, method, field, id))
			return;
	}
}

/* After all there is, and after a thing of each kind that is listed by its time. */
static void try_after(const struct caller *caller, const struct method *method,
		      const ProtobufCFieldDescriptor *field)
{
	static const char *const tables[] = {"session", "conversation", "performance"};
	call(caller, method, field, "9000000000");
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (size_t i = 0; i < n_things; i++) {
			char id[24];
			if (strcmp(things[i].table, tables[t]) != 0 ||
			    !is_first(i, caller->person->id, true))
				continue;
			snprintf(id, sizeof id, "%lld", (long long)things[i].id);
			call(caller, method, field, id);
		}
}

/* By id until one will do, then that one by address and by name. */
static void try_people(const struct caller *caller, const struct method *method,
		       const ProtobufCFieldDescriptor *field)
{
	const struct fixture_person *const people[] = {town.olga, town.otto, town.mara, town.sara};
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		char id[24];
		snprintf(id, sizeof id, "%lld", (long long)people[i]->id);
		if (people[i] != caller->person && call(caller, method, field, id)) {
			call(caller, method, field, people[i]->email);
			call(caller, method, field, people[i]->name);
			return;
		}
	}
}

static void try_method(const struct caller *caller, const struct method *method)
{
	call(caller, method, NULL, "");
	for (unsigned i = 0; i < method->request->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &method->request->fields[i];
		if (tries_is_id(field))
			try_things(caller, method, field);
		else if (!strcmp(field->name, "after"))
			try_after(caller, method, field);
		else if (tries_is_person(field))
			try_people(caller, method, field);
	}
}

static bool has_field(const struct method *method, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(method->request, name);
}

static bool has_choice(const struct method *method)
{
	for (unsigned i = 0; i < method->request->n_fields; i++)
		if (method->request->fields[i].type == PROTOBUF_C_TYPE_BOOL)
			return true;
	return false;
}

/* Of what is to come, of what is past, and with all choices taken. */
static void try_ways(const struct caller *caller, const struct method *method)
{
	write_day(start, sizeof start, 9, "T11:00Z");
	try_method(caller, method);
	all = has_choice(method);
	if (all)
		try_method(caller, method);
	all = false;
	if (!has_field(method, "start"))
		return;
	write_day(start, sizeof start, -9, "T11:00Z");
	try_method(caller, method);
}

static void walk(void)
{
	for (int i = 0; i < CALLERS; i++)
		for (size_t m = 0; m < n_methods; m++)
			if (role_suffices(callers[i].role, methods[m].role))
				try_ways(&callers[i], &methods[m]);
}

/* --- the past ----------------------------------------------------------------------------- */

static void fill_past(int first, int last)
{
	char sql[200], *text = NULL;
	size_t room = 0;
	FILE *in = fopen(SOURCE_DIR "/tests/system/plans.sql", "re");
	if (!in || getdelim(&text, &room, '\0', in) < 0)
		fixture_fail("plans.sql cannot be read");
	fclose(in);
	snprintf(sql, sizeof sql,
		 "SET search_path = coachhouse, pg_catalog; SET client_min_messages = warning; "
		 "SET plans.first = '%d'; SET plans.last = '%d'",
		 first, last);
	fixture_sql(f, sql);
	fixture_sql(f, text);
	fixture_sql(f, "VACUUM ANALYZE");
	free(text);
}

static int cohorts(void)
{
	return getenv("COACHHOUSE_LONG") ? MANY : COHORTS;
}

static void walk_twice(void)
{
	for (grown = 0; grown < 2; grown++) {
		seen[grown] = json_object();
		fill_past(grown ? cohorts() : 0, cohorts() * (grown ? GROWN : 1));
		walk();
	}
}

/* --- what was read -------------------------------------------------------------------------- */

/* "person: Index Scan person_name" is of this table. */
static bool is_of(const char *what, const char *table)
{
	const size_t length = strlen(table);
	return !strncmp(what, table, length) && what[length] == ':';
}

static bool is_still(const char *what)
{
	for (size_t i = 0; i < sizeof still / sizeof *still; i++)
		if (is_of(what, still[i]))
			return true;
	return false;
}

static bool is_natural(const char *rpc, const char *what)
{
	for (size_t i = 0; i < sizeof by_nature / sizeof *by_nature; i++)
		if (!strcmp(rpc, by_nature[i].rpc) &&
		    (!what || !by_nature[i].table || is_of(what, by_nature[i].table)))
			return true;
	return false;
}

static void fault(const char *call, const char *statement, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void fault(const char *call, const char *statement, const char *format, ...)
{
	char text[300];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (faults++ < 40)
		print_error("  %s: %s, in: %s\n", call, text, statement);
}

/* What a statement read of the table that `what` is of, however it did. */
static double rows_of(const json_t *read, const char *statement, const char *what)
{
	char table[80];
	const char *other;
	json_t *count;
	double rows = 0;
	snprintf(table, sizeof table, "%.*s", (int)strcspn(what, ":"), what);
	json_object_foreach(json_object_get(read, statement), other, count) if (is_of(other, table))
		rows += json_number_value(count);
	return rows;
}

/* One fault is told of a statement: others follow from it. */
static void check_statement(const char *name, const json_t *now, const json_t *before,
			    const char *statement)
{
	const json_t *read = json_object_get(now, "read");
	const char *rpc = json_string_value(json_object_get(now, "rpc")), *what;
	const bool quick = json_is_true(json_object_get(now, "quick"));
	json_t *count;
	json_object_foreach(json_object_get(read, statement), what, count)
	{
		const double rows = rows_of(read, statement, what);
		const double less = rows_of(json_object_get(before, "read"), statement, what);
		if (is_still(what) || is_natural(rpc, what))
			continue;
		if (strstr(what, ": Seq Scan") && json_number_value(count) > 0)
			fault(name, statement, "%s: no index serves", what);
		else if (before && rows > less * 1.25 + FEW)
			fault(name, statement, "%s: reads %.0f rows, then %.0f", what, less, rows);
		else if (quick && rows > QUICK)
			fault(name, statement, "%s: reads %.0f rows", what, rows);
		else
			continue;
		return;
	}
}

static void nothing_that_grows_is_read_through(void **state)
{
	const char *name, *statement;
	json_t *now, *counts;
	(void)state;
	faults = 0;
	json_object_foreach(seen[1], name, now)
		json_object_foreach(json_object_get(now, "read"), statement, counts)
			check_statement(name, now, json_object_get(seen[0], name), statement);
	print_message("  %zu calls of %zu methods, %zu of which were done\n",
		      json_object_size(seen[1]), n_methods, json_object_size(done));
	for (size_t i = 0; i < n_methods; i++)
		if (!json_object_get(done, methods[i].rpc))
			print_message("  refused however it was asked: %s\n", methods[i].rpc);
	assert_int_equal(faults, 0);
}

/* An index that is entered in its middle reads pages, and no more rows than it gives. */
static void no_more_pages_are_read(void **state)
{
	const char *name;
	json_t *now;
	(void)state;
	faults = 0;
	json_object_foreach(seen[1], name, now)
	{
		const json_t *before = json_object_get(seen[0], name);
		const long pages = (long)json_integer_value(json_object_get(now, "blocks"));
		const long less = (long)json_integer_value(json_object_get(before, "blocks"));
		const char *rpc = json_string_value(json_object_get(now, "rpc"));
		if (before && !is_natural(rpc, NULL) && pages > less * 3 / 2 + FEW)
			fault(name, "all of it", "takes %ld pages, then %ld", less, pages);
	}
	assert_int_equal(faults, 0);
}

/* The names in a list come from the index alone. */
static void lists_name_people_by_the_index(void **state)
{
	const char *name, *statement, *what;
	json_t *now, *counts, *count;
	int named = 0;
	(void)state;
	faults = 0;
	json_object_foreach(seen[1], name, now)
		json_object_foreach(json_object_get(now, "read"), statement, counts)
			json_object_foreach(counts, what, count)
	{
		if (strncmp(name, "ListSessions", strlen("ListSessions")) != 0 ||
		    !strstr(statement, "session_line") || !is_of(what, "person"))
			continue;
		named += json_number_value(count) > 0;
		if (!strstr(what, "Index Only Scan"))
			fault(name, statement, "%s", what);
	}
	assert_int_equal(faults, 0);
	assert_true(named > 0);
}

static int setup(void **state)
{
	char error[300];
	f = fixture_start(NULL);
	*state = f;
	town = town_people(f);
	callers[0] = (struct caller){town.otto, ROLE_MEMBER};
	callers[1] = (struct caller){town.olga, ROLE_COACH};
	callers[2] = (struct caller){town.mara, ROLE_MANAGER};
	callers[3] = (struct caller){f->admin, ROLE_ADMINISTRATOR};
	if (!methods_init(error, sizeof error))
		fixture_fail("%s", error);
	methods = methods_all(&n_methods);
	things = tries_things(f, &n_things);
	reads = reads_open(f);
	done = json_object();
	tries_filler = fill;
	write_day(from, sizeof from, -14, "");
	write_day(to, sizeof to, 14, "");
	walk_twice();
	return 0;
}

static int teardown(void **state)
{
	reads_close(&reads);
	json_decref(seen[0]);
	json_decref(seen[1]);
	json_decref(done);
	free(things);
	methods_finish();
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_grows_is_read_through),
		cmocka_unit_test(no_more_pages_are_read),
		cmocka_unit_test(lists_name_people_by_the_index),
	};
#ifdef __SANITIZE_ADDRESS__
	puts("Plans are PostgreSQL's: the sanitizers see nothing of them.");
	return 0;
#endif
	return cmocka_run_group_tests_name("plans", tests, setup, teardown);
}
