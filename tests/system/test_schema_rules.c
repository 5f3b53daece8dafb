/* Rules about the schema as a whole, read from PostgreSQL's own catalogue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libpq-fe.h>

#include "ask.h"
#include "methods.h"
#include "schema.h"

static struct fixture *f;

#define SERVER "coachhouse_server"
/* Whatever a query finds is a fault; it is named. */
static void none(const char *what, const char *sql)
{
	const char *found = fixture_sql(f, sql);
	if (found && *found)
		fixture_fail("%s: %s", what, found);
}

/* In this file %E stands for the schema of the functions. */
static const char *of_engine(const char *sql, char *out, size_t size)
{
	size_t n = 0;
	for (; *sql && n + 64 < size; sql++) {
		if (sql[0] == '%' && sql[1] == 'E')
			n += (size_t)snprintf(out + n, size - n, "%s", schema_engine()), sql++;
		else
			out[n++] = *sql;
	}
	out[n] = '\0';
	return out;
}

static void none_of_engine(const char *what, const char *sql)
{
	char text[4096];
	none(what, of_engine(sql, text, sizeof text));
}

/* What sees across people is this list; who adds to it says here why it may. */
static const char *const definers[] = {
	"authenticate",	 /* keys, roles and receipts of whoever calls */
	"check_times",	 /* compares what is stored of free time; answers counts */
	"disclosed",	 /* what was said, to the recipient of an approved disclosure */
	"either_taken",	 /* whether one of two people is taken: a verdict */
	"engage",	 /* the request that an engagement answers, which a coach does not see */
	"erase_person",	 /* all that somebody left behind; answers counts */
	"erasures_made", /* numbers and dates of those erased, for the daemon's ledger */
	"find_person",	 /* an id by name, among those whom the caller may name */
	"kept_reply",	 /* the caller's own receipt */
	"keep_times",	 /* makes and mends what is stored of free time; answers counts */
	"known_keys",	 /* the daemon's table of keys */
	"my_traces",	 /* what the caller did, and what was done upon them */
	"note_refusal",	 /* that the caller was told no */
	"next_free",	 /* when somebody is free next; never with whom the others are */
	"note_use",	 /* when keys were used last; answers nothing */
	"preview_retention", /* how much is older than its period, to administrators; counts */
	"set_retention",     /* the same, when a period is set */
	"places_left",	     /* how many a coach can still take */
	"upkeep",	     /* what time alone changes; answers nothing */
	"redeem",	     /* an invitation, by somebody who is nobody yet */
	"seal_again",	     /* puts fresh boxes in the place of old ones; see 15_sealing.sql */
	"sealed_keys",	     /* how many values each key sealed */
	"sealed_with",	     /* boxes with their labels, to be sealed again */
	"slots_of",	     /* free times, never with whom the others are */
	"why_not",	     /* why a time cannot be booked: a verdict */
};

/* Triggers of the schema that keep what nobody writes by themselves: they answer nothing. */
#define KEEPERS                                                                                \
	"'free_taken', 'free_moved', 'hours_changed', 'exception_changed', 'buffer_changed', " \
	"'given_added', 'given_gone', 'home_changed', "                                        \
	"'nobody_in_a_settled_place'"

static void definers_are_a_closed_list(void **state)
{
	char list[1024] = "''";
	char sql[2048];
	(void)state;
	for (size_t i = 0; i < sizeof definers / sizeof *definers; i++)
		snprintf(list + strlen(list), sizeof list - strlen(list), ", '%s'", definers[i]);
	snprintf(sql, sizeof sql,
		 "SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p "
		 "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef "
		 "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND "
		 "(n.nspname <> '%s' OR p.proname NOT IN (%s)) AND NOT (n.nspname = 'coachhouse' "
		 "AND p.prorettype = 'trigger'::regtype AND p.proname IN (" KEEPERS "))",
		 schema_engine(), list);
	none("SECURITY DEFINER, and not in this test's list", sql);
	snprintf(sql, sizeof sql,
		 "SELECT string_agg(name, ', ') FROM unnest(ARRAY[%s]) name WHERE name <> '' AND "
		 "NOT EXISTS (SELECT FROM pg_proc WHERE proname = name AND prosecdef AND "
		 "pronamespace = '%s'::regnamespace)",
		 list, schema_engine());
	none("in this test's list, and not SECURITY DEFINER", sql);
}

static void definers_pin_their_search_path(void **state)
{
	(void)state;
	none_of_engine(
		"no pinned search_path, or one that others can write to",
		"SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p WHERE prosecdef "
		"AND pronamespace IN ('%E'::regnamespace, 'coachhouse'::regnamespace) AND NOT EXISTS "
		"(SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%' AND c NOT LIKE '%public%' "
		"AND c NOT LIKE '%$user%' AND c LIKE '%pg_temp')");
}

/* What may be called by everybody on the server, or written to by who serves. */
static void serving_role_owns_nothing(void **state)
{
	(void)state;
	none("the serving role bypasses something",
	     "SELECT rolname FROM pg_roles WHERE rolname = '" SERVER
	     "' AND (rolsuper OR rolbypassrls "
	     "OR rolcreaterole OR rolcreatedb OR rolreplication)");
	none("the serving role is a member of",
	     "SELECT string_agg(roleid::regrole::text, ', ') FROM pg_auth_members "
	     "WHERE member = '" SERVER "'::regrole");
	none("the serving role owns", "SELECT string_agg(relname, ', ') FROM pg_class "
				      "WHERE relowner = '" SERVER "'::regrole");
	none("the serving role owns", "SELECT string_agg(proname, ', ') FROM pg_proc "
				      "WHERE proowner = '" SERVER "'::regrole");
	none("the serving role owns", "SELECT string_agg(nspname, ', ') FROM pg_namespace "
				      "WHERE nspowner = '" SERVER "'::regrole");
	none_of_engine("the serving role may create in",
		       "SELECT string_agg(nspname, ', ') FROM pg_namespace WHERE nspname IN "
		       "('coachhouse', '%E', 'public') AND has_schema_privilege('" SERVER
		       "', oid, 'CREATE')");
	none("the serving role may truncate, or make triggers or references on",
	     "SELECT string_agg(c.relname, ', ') FROM pg_class c WHERE relnamespace = "
	     "'coachhouse'::regnamespace AND relkind IN ('r', 'p') AND "
	     "has_table_privilege('" SERVER "', c.oid, 'TRUNCATE, TRIGGER, REFERENCES')");
	none("the serving role may change what is only appended",
	     "SELECT string_agg(p, ', ') FROM unnest('{UPDATE,DELETE,SELECT}'::text[]) p WHERE "
	     "has_table_privilege('" SERVER "', 'coachhouse.receipt', p) OR (p <> 'DELETE' AND "
	     "has_any_column_privilege('" SERVER "', 'coachhouse.receipt', p))");
}

static void functions_are_not_everybodys(void **state)
{
	(void)state;
	none("somebody else may use the schema",
	     "SELECT string_agg(nspname, ', ') FROM pg_namespace, aclexplode(nspacl) a WHERE (nspname "
	     "= 'coachhouse' OR nspname LIKE 'engine%') AND a.grantee = 0");
}

#define TABLES \
	"FROM pg_class c WHERE relnamespace = 'coachhouse'::regnamespace AND relkind IN ('r', 'p') "

static void every_table_has_row_security(void **state)
{
	(void)state;
	none("no row security on",
	     "SELECT string_agg(relname, ', ') " TABLES
	     "AND NOT relrowsecurity AND relname NOT IN ('site', 'life_cycle', 'migration', 'engine')");
	none("row security without a policy (nobody sees anything) on",
	     "SELECT string_agg(relname, ', ') " TABLES "AND relrowsecurity AND NOT EXISTS "
	     "(SELECT FROM pg_policy WHERE polrelid = c.oid)");
	none("what has no row security can be changed",
	     "SELECT string_agg(relname, ', ') " TABLES "AND NOT relrowsecurity AND "
	     "(has_table_privilege('" SERVER "', c.oid, 'INSERT, UPDATE, DELETE') OR "
	     "has_any_column_privilege('" SERVER "', c.oid, 'INSERT, UPDATE'))");
}

static bool holds_confidential(const ProtobufCMessageDescriptor *message, const char *name)
{
	for (unsigned i = 0; i < message->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		const ProtobufCMessageDescriptor *inner =
			field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
		if (inner &&
		    (!strcmp(inner->short_name, "Confidential") ? !strcmp(field->name, name)
								: holds_confidential(inner, name)))
			return true;
	}
	return false;
}

/*
 * So that a newer key reaches each: a column of type sealed has an index by key
 * and a unique one of its binding, and its name is the field's that is bound to it.
 */
static void sealed_columns_can_be_sealed_again(void **state)
{
	static const char columns[] =
		"SELECT %s FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.atttypid "
		"= 'coachhouse.sealed'::regtype AND c.relkind IN ('r', 'p') %s";
	static const char *const wanted[] = {
		"AND NOT EXISTS (SELECT FROM pg_index i WHERE indrelid = c.oid AND indisunique AND "
		"indpred IS NULL AND pg_get_indexdef(indexrelid) LIKE format('%%USING btree (((%s)"
		".binding))', a.attname))",
		"AND NOT EXISTS (SELECT FROM pg_index i WHERE indrelid = c.oid AND indpred IS NULL "
		"AND pg_get_indexdef(indexrelid) LIKE format('%%(%s).box, 2, 8), ((%s).binding))', "
		"a.attname, a.attname))"};
	char sql[800], names[400];
	size_t n;
	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(sql, sizeof sql, columns, "string_agg(c.relname, ', ')", wanted[i]);
		none(i ? "no index by key, as in sealing_keys.sql, on"
		       : "no unique index of the binding on",
		     sql);
	}
	const struct method *methods = methods_all(&n);
	snprintf(sql, sizeof sql, columns, "string_agg(a.attname, ' ')", "");
	snprintf(names, sizeof names, "%s", fixture_sql(f, sql));
	for (char *rest = names, *name; (name = strsep(&rest, " "));) {
		bool found = false;
		for (size_t i = 0; i < n; i++)
			found |= holds_confidential(methods[i].reply, name);
		if (!found)
			fixture_fail(
				"no reply has a Confidential field %s, as its column is called",
				name);
	}
}

/* A view is as its owner would see it, unless it says otherwise. */
static void views_see_as_their_caller(void **state)
{
	(void)state;
	none("a view that sees as its owner",
	     "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind IN ('v', 'm') "
	     "AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') "
	     "AND NOT coalesce(reloptions::text LIKE '%security_invoker=true%' "
	     "OR reloptions::text LIKE '%security_invoker=on%' "
	     "OR reloptions::text LIKE '%security_invoker}%', false)");
}

/* A policy that read another table would be refused by a statement that writes it. */
static void policies_look_at_their_row_only(void **state)
{
	(void)state;
	none("a policy that reads a table",
	     "SELECT string_agg(tablename || '.' || policyname, ', ') FROM pg_policies WHERE "
	     "schemaname = 'coachhouse' AND "
	     "regexp_replace(concat(qual, ' ', with_check), 'DISTINCT FROM', '', 'g') "
	     "~* '\\mFROM\\M'");
	none("a policy that depends on another table",
	     "SELECT string_agg(p.polname || ': ' || d.refobjid::regclass::text, ', ') FROM pg_policy p "
	     "JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND "
	     "d.refclassid = 'pg_class'::regclass AND d.refobjid <> p.polrelid");
}

/* Run as the serving role; `before` sets who asks. */
static const char *as_server(const char *before, const char *sql)
{
	static char result[200];
	fixture_sql(f, "BEGIN");
	fixture_sql(f, "SET LOCAL ROLE " SERVER);
	if (*before)
		fixture_sql(f, before);
	const char *found = fixture_sql(f, sql);
	snprintf(result, sizeof result, "%s", found ? found : "");
	fixture_sql(f, "ROLLBACK");
	return result;
}

static void without_a_caller_nothing_is_seen(void **state)
{
	char tables[2048], sql[200];
	(void)state;
	snprintf(tables, sizeof tables, "%s",
		 fixture_sql(f, "SELECT string_agg(relname, ' ') " TABLES "AND relrowsecurity AND "
				"has_any_column_privilege('" SERVER "', c.oid, 'SELECT')"));
	for (char *rest = tables, *table; (table = strsep(&rest, " "));) {
		snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.%s", table);
		if (strcmp(as_server("", sql), "0") ||
		    strcmp(as_server("SELECT set_config('coachhouse.me', '', true)", sql), "0"))
			fixture_fail("%s is seen though nobody asks", table);
	}
	assert_string_not_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.session"), "0");
}

/* Notes and actions: not even who administers. */
static void administrators_see_no_content(void **state)
{
	static const char admin[] = "SELECT set_config('coachhouse.me', '%lld', true), "
				    "set_config('coachhouse.rank', 'administrator', true)";
	char who[200];
	(void)state;
	snprintf(who, sizeof who, admin, (long long)f->admin->id);
	assert_string_not_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.note"), "0");
	assert_string_not_equal(fixture_sql(f, "SELECT count(*) FROM coachhouse.action"), "0");
	assert_string_equal(as_server(who, "SELECT count(*) FROM coachhouse.note"), "0");
	assert_string_equal(as_server(who, "SELECT count(*) FROM coachhouse.action"), "0");
	assert_string_not_equal(as_server(who, "SELECT count(*) FROM coachhouse.session"), "0");
}

/* --- every method's statement ----------------------------------------------- */

static PGconn *database(void)
{
	fixture_sql(f, "SELECT 1");
	return f->database;
}

static void run(const char *sql)
{
	PGresult *result = PQexec(database(), sql);
	const ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fixture_fail("%s: %s", sql, PQresultErrorMessage(result));
	PQclear(result);
}

static void become_server(void)
{
	char path[200];
	snprintf(path, sizeof path, "SET search_path = %s", schema_search_path());
	run(path);
	run("SET ROLE " SERVER);
	run("SET plan_cache_mode = force_generic_plan");
}

static void prepare(const struct method *method)
{
	PGresult *result = PQprepare(database(), method->rpc, method->sql,
				     (int)method->request->n_fields, method->types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fixture_fail("%s: %s", method->rpc, PQresultErrorMessage(result));
	PQclear(result);
}

static void every_statement_has_a_generic_plan(void **state)
{
	size_t n;
	(void)state;
	const struct method *methods = methods_all(&n);
	become_server();
	for (size_t i = 0; i < n; i++) {
		char sql[400];
		int length = snprintf(sql, sizeof sql, "EXPLAIN (COSTS OFF) EXECUTE \"%s\"",
				      methods[i].rpc);
		prepare(&methods[i]);
		for (unsigned j = 0; j < methods[i].request->n_fields; j++)
			length += snprintf(sql + length, sizeof sql - (size_t)length, "%sNULL",
					   j ? ", " : " (");
		snprintf(sql + length, sizeof sql - (size_t)length, "%s",
			 methods[i].request->n_fields ? ")" : "");
		run(sql);
	}
	run("DEALLOCATE ALL");
	run("RESET ALL");
	run("RESET ROLE");
	assert_true(n >= 50);
}

/* How many columns a named row type (or an array of it) has; 0: it has no name. */
static int columns_of_type(Oid type)
{
	char sql[400];
	snprintf(
		sql, sizeof sql,
		"SELECT count(*) FROM pg_type t JOIN pg_type e ON e.oid = CASE WHEN t.typelem <> 0 "
		"AND t.typlen = -1 THEN t.typelem ELSE t.oid END JOIN pg_attribute a ON a.attrelid = "
		"e.typrelid AND a.attnum > 0 AND NOT a.attisdropped WHERE t.oid = %u",
		type);
	return atoi(fixture_sql(f, sql));
}

static const char *name_of_type(uint32_t type)
{
	char sql[60];
	snprintf(sql, sizeof sql, "SELECT format_type(%u, NULL)", type);
	return fixture_sql(f, sql);
}

/*
 * How many columns the rows without a name have that a read gives for `person`;
 * 0: it gives none. `id` stands for every id and every person asked for.
 */
static int columns_of_answer(const struct method *method, const char *field, int64_t person,
			     int64_t id)
{
	char sql[8000], values[400] = "", types[800] = "", who[200];
	for (unsigned i = 0; i < method->request->n_fields; i++) {
		const uint32_t type = method->types[i];
		char value[40] = "NULL";
		if (type == 20 && strcmp(method->request->fields[i].name, "after"))
			snprintf(value, sizeof value, "%lld", (long long)id);
		snprintf(values + strlen(values), sizeof values - strlen(values), "%s%s",
			 i ? ", " : "", value);
		snprintf(types + strlen(types), sizeof types - strlen(types), "%s%s", i ? ", " : "",
			 type ? name_of_type(type) : "unknown");
	}
	snprintf(sql, sizeof sql,
		 "PREPARE answer%s%s%s AS SELECT count(*) FROM jsonb_object_keys((SELECT CASE "
		 "jsonb_typeof(j) WHEN 'array' THEN j -> 0 WHEN 'object' THEN j ELSE '{}' END "
		 "FROM (%s) answer, to_jsonb(answer.\"%s\") j WHERE j IS NOT NULL LIMIT 1))",
		 *types ? " (" : "", types, *types ? ")" : "", method->sql, field);
	snprintf(who, sizeof who,
		 "SELECT set_config('coachhouse.me', '%lld', false), "
		 "set_config('coachhouse.rank', 'administrator', false)",
		 (long long)person);
	run(who);
	run(sql);
	snprintf(sql, sizeof sql, "EXECUTE answer%s%s%s", *values ? " (" : "", values,
		 *values ? ")" : "");
	const int n = atoi(fixture_sql(f, sql));
	run("DEALLOCATE answer");
	return n;
}

static void check_nested(const struct method *method, const PGresult *description,
			 const ProtobufCFieldDescriptor *field, const int64_t *asked, int n_asked)
{
	const ProtobufCMessageDescriptor *message = field->descriptor;
	const int column = PQfnumber(description, field->name);
	assert_int_not_equal(column, -1);
	int columns = columns_of_type(PQftype(description, column));
	for (int i = 0; !columns && method->access == ACCESS_READ && i < n_asked; i += 2)
		columns = columns_of_answer(method, field->name, asked[i], asked[i + 1]);
	/* A sealed value has parts of its own. */
	if (!strcmp(message->short_name, "Confidential"))
		assert_int_equal(columns, 4);
	else if (columns != (int)message->n_fields)
		fixture_fail("%s: %s has %d columns and the message %s %u fields (0: no row of it "
			     "was seen; make one in this test's set-up)",
			     method->rpc, field->name, columns, message->short_name,
			     message->n_fields);
}

static bool is_row(const ProtobufCFieldDescriptor *field)
{
	const ProtobufCMessageDescriptor *message =
		field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
	return message && strcmp(message->short_name, "Timestamp") &&
	       strcmp(message->short_name, "TimeRange");
}

static int64_t session, conversation;
static struct fixture_person *coach, *mentee;

/* Rows without names match their message by order, so at least their number must fit. */
static void nested_rows_are_as_long_as_their_messages(void **state)
{
	const int64_t asked[] = {coach->id, session, coach->id, conversation, mentee->id, session};
	int checked = 0;
	size_t n;
	(void)state;
	const struct method *methods = methods_all(&n);
	become_server();
	for (size_t i = 0; i < n; i++) {
		prepare(&methods[i]);
		PGresult *description = PQdescribePrepared(database(), methods[i].rpc);
		for (unsigned j = 0; j < methods[i].row->n_fields; j++)
			if (is_row(&methods[i].row->fields[j])) {
				check_nested(&methods[i], description, &methods[i].row->fields[j],
					     asked, 6);
				checked++;
			}
		PQclear(description);
	}
	run("DEALLOCATE ALL");
	run("RESET ALL");
	run("RESET ROLE");
	print_message("  %d nested fields of %zu methods\n", checked, n);
	assert_true(checked >= 15);
}

/* --- something of everything --------------------------------------------------- */

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	coach = fixture_coach(f, "Cora Example");
	mentee = fixture_person(f, "Mina Example", MEMBER);
	json_t *logged = ask(mentee, "LogConversation",
			     "'start': '2026-01-20T10:00Z', 'with': '%s', 'note': {'text': 'said', "
			     "'visible': 'VISIBILITY_US'}, 'actions': [{'action_text': {'text': "
			     "'agreed', 'visible': 'VISIBILITY_US'}}]",
			     coach->email);
	session = ask_number(logged, "session");
	conversation = ask_number(logged, "id");
	ask(coach, "AddOpening", "'date': '2099-06-01', 'opens': '09:00', 'closes': '10:00'");
	ask(coach, "AddAway", "'from': '2099-07-01', 'to': '2099-07-02'");
	fixture_methods();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definers_are_a_closed_list),
		cmocka_unit_test(definers_pin_their_search_path),
		cmocka_unit_test(serving_role_owns_nothing),
		cmocka_unit_test(functions_are_not_everybodys),
		cmocka_unit_test(every_table_has_row_security),
		cmocka_unit_test(sealed_columns_can_be_sealed_again),
		cmocka_unit_test(views_see_as_their_caller),
		cmocka_unit_test(policies_look_at_their_row_only),
		cmocka_unit_test(without_a_caller_nothing_is_seen),
		cmocka_unit_test(administrators_see_no_content),
		cmocka_unit_test(every_statement_has_a_generic_plan),
		cmocka_unit_test(nested_rows_are_as_long_as_their_messages),
	};
	return cmocka_run_group_tests_name("schema_rules", tests, setup, fixture_teardown);
}
