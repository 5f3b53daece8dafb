/*
 * What every method and every statement of the daemon's own reads, as every role, by its
 * plans as they are prepared: nothing that grows is read from end to end, and nothing
 * more is read once four times as much has passed. Made from the table of methods and
 * the messages, so a method added tomorrow is tried as well; each must be done once.
 * COACHHOUSE_LONG: a million sessions. CLOCK: on another day.
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
#include "past.h"
#include "reads.h"
#include "town.h"
#include "ways.h"
#include "when.h"

enum {
	COHORTS = 40, /* of a hundred sessions, see plans.sql */
	MANY = 2500,
	GROWN = 4,    /* times as many, the second time */
	QUICK = 1000, /* rows of a table that a call of the quick lane may read */
	FEW = 100,    /* rows, or pages, that may come with another plan */
	TIMES = 16,   /* that a row may be read where all are */
	METHODS = 200,
};

static struct fixture *f;
static struct reads *reads;
static const struct method *methods;
static size_t n_methods;

/* Nobody yet, whose key no handshake has brought: redeems. */
static struct fixture_person fresh = {
	.identity.public_key = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"};
static struct ways_caller callers[5];
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
	{"retention", NULL, "once a day all that is kept is looked through"},
	{"erasures_made", NULL, "the whole ledger, when one is new"},
	{"keep_times", NULL, "each coach is compared once a week"},
	{"upkeep", "refused_call", "those of an hour"},
	{"upkeep", "key_change", "those of two days"},
	{"ListConversations", "performance", "one's own, of which several may be of the same time"},
	{"ListActions", "action", "one's own"},
	{"ListEngagements", "session", "those held are counted: all of an engagement"},
	{"ListPeople", "person", "a part of a name or an address, anywhere in it"},
	{"ListPeople", "contact", "the same"},
};

/* --- the walk --------------------------------------------------------------------------- */

static void see(const char *name, const char *rpc, bool quick, long blocks, json_t *read)
{
	json_object_set_new(seen[grown], name,
			    json_pack("{s:s, s:b, s:i, s:o}", "rpc", rpc, "quick", quick, "blocks",
				      (int)blocks, "read", read));
}

static bool call(const struct ways_caller *caller, const struct method *method,
		 const ProtobufCMessage *request, const char *name)
{
	long blocks;
	bool good;
	json_t *read = reads_call(reads, caller->person, method, request, &blocks, &good);
	if (name)
		see(name, method->rpc, method->lane == LANE_QUICK, blocks, read);
	else
		json_decref(read);
	if (good)
		json_object_set_new(done, method->rpc, json_true());
	return good;
}

/* What is done by none of the calls, by all that may be asked, until somebody succeeds. */
static void find_way(size_t m)
{
	static struct ways_found found[METHODS];
	static int by[METHODS];
	if (!grown && !json_object_get(done, methods[m].rpc)) {
		for (by[m] = CALLERS; by[m] > 0; by[m]--)
			if (role_suffices(callers[by[m] - 1].role, methods[m].role) &&
			    ways_find(&callers[by[m] - 1], &methods[m], &found[m]))
				break;
	}
	if (by[m])
		ways_repeat(&callers[by[m] - 1], &methods[m], &found[m]);
}

static void see_own(const char *name, json_t *read)
{
	see(name, name, false, 0, read);
}

static void walk_own(void)
{
	reads_own(reads, see_own);
	fixture_sql(f, "UPDATE retention SET period = '100 years', swept = NULL");
	see("retention", "retention", false, 0, reads_statement(reads, "SELECT upkeep()"));
	fixture_sql(f, "UPDATE retention SET period = NULL");
}

static void walk(void)
{
	for (int i = 0; i < CALLERS; i++)
		for (size_t m = 0; m < n_methods; m++)
			if (role_suffices(callers[i].role, methods[m].role))
				ways_try(&callers[i], &methods[m]);
	for (size_t m = 0; m < n_methods; m++)
		find_way(m);
	walk_own();
}

static int cohorts(void)
{
	return getenv("COACHHOUSE_LONG") ? MANY : COHORTS;
}

static void walk_twice(void)
{
	for (grown = 0; grown < 2; grown++) {
		seen[grown] = json_object();
		past_fill(f, grown ? cohorts() : 0, cohorts() * (grown ? GROWN : 1), cohorts() / 4);
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
	static json_t *told;
	char text[300], once[600];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	faults++;
	snprintf(once, sizeof once, "%.*s %s", (int)strcspn(call, " "), call, statement);
	if (!told)
		told = json_object();
	if (json_object_get(told, once))
		return;
	json_object_set_new(told, once, json_true());
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

static double rows_in(const char *what)
{
	char sql[200];
	snprintf(
		sql, sizeof sql,
		"SELECT greatest(0, reltuples)::bigint::text FROM pg_class WHERE oid = to_regclass('coachhouse.%.*s')",
		(int)strcspn(what, ":"), what);
	const char *rows = fixture_sql(f, sql);
	return rows ? strtod(rows, NULL) : 0;
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
		if (is_still(what))
			continue;
		if (is_natural(rpc, what)) {
			if (rows > TIMES * rows_in(what) + FEW)
				fault(name, statement, "%s: %.0f rows: read for each of others",
				      what, rows);
			continue;
		}
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
	assert_int_equal(faults, 0);
}

/* Plans of what is refused say little: whoever adds a method gives it what it needs. */
static void every_method_is_done(void **state)
{
	int refused = 0;
	(void)state;
	for (size_t i = 0; i < n_methods; i++)
		if (!json_object_get(done, methods[i].rpc)) {
			print_error("  refused however it was asked: %s\n", methods[i].rpc);
			refused++;
		}
	assert_int_equal(refused, 0);
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

/* All believe that it is `clock`. */
static const char *begin(const char *clock, time_t *now)
{
	static char offset[64];
	int64_t at;
	if (!when_read_instant(clock, &at))
		fixture_fail("CLOCK=%s: write 2027-03-28T10:00:00Z", clock);
	*now = (time_t)at;
	f = ask_fixture(clock);
	snprintf(offset, sizeof offset, "%lld seconds", (long long)(at - time(NULL)));
	fixture_sql(f, "ALTER SYSTEM SET autovacuum = off");
	fixture_sql(f, "SELECT pg_reload_conf()::text");
	return offset;
}

static int setup(void **state)
{
	const char *clock = getenv("CLOCK");
	char error[300], sql[200];
	time_t now;
	const char *offset = begin(clock ? clock : "2026-11-24T10:00:00Z", &now);
	*state = f;
	const struct town town = town_people_at(f, now);
	const struct fixture_person *const named[WAYS_PEOPLE] = {town.olga, town.otto, town.mara,
								 town.sara, town.paul, town.cora,
								 town.mina, town.sven};
	callers[0] = (struct ways_caller){town.otto, ROLE_MEMBER};
	callers[1] = (struct ways_caller){town.olga, ROLE_COACH};
	callers[2] = (struct ways_caller){town.mara, ROLE_MANAGER};
	callers[3] = (struct ways_caller){f->admin, ROLE_ADMINISTRATOR};
	callers[4] = (struct ways_caller){&fresh, ROLE_ENROLLING};
	if (!methods_init(error, sizeof error))
		fixture_fail("%s", error);
	methods = methods_all(&n_methods);
	town_waits(f, &town);
	snprintf(sql, sizeof sql, "SET coachhouse.clock_offset = '%s'", offset);
	fixture_sql(f, sql);
	ways_start(f, named, now, call);
	reads = reads_open(f, offset);
	done = json_object();
	walk_twice();
	return 0;
}

static int teardown(void **state)
{
	reads_close(&reads);
	ways_finish();
	json_decref(seen[0]);
	json_decref(seen[1]);
	json_decref(done);
	methods_finish();
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_grows_is_read_through),
		cmocka_unit_test(every_method_is_done),
		cmocka_unit_test(no_more_pages_are_read),
		cmocka_unit_test(lists_name_people_by_the_index),
	};
#ifdef __SANITIZE_ADDRESS__
	puts("Plans are PostgreSQL's: the sanitizers see nothing of them.");
	return 0;
#endif
	return cmocka_run_group_tests_name("plans", tests, setup, teardown);
}
