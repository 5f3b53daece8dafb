#include "schema.h"

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "log.h"
#include "process.h"

enum { OLDEST_SERVER = 150000, PATIENCE = 30 };

/* One piece of work on the schema: the connection, whom it serves, where to complain. */
struct work {
	PGconn *db;
	const char *serving;
	char *quoted; /* `serving` as SQL writes it */
	char *error;
	size_t size;
	bool busy; /* what went wrong is that somebody else held a lock */
};

static bool refuse(const struct work *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(const struct work *w, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(w->error, w->size, format, arguments);
	va_end(arguments);
	return false;
}

const char *schema_engine(void)
{
	static char name[sizeof "engine_" + 8];
	uint8_t all[DIGEST_SIZE * 2] = {0};

	if (name[0])
		return name;
	/* A digest of digests: of what came before and of the next file. */
	for (const struct sql_file *file = sql_functions; file->name; file++) {
		digest(file->text, strlen(file->text), all + DIGEST_SIZE);
		digest(all, sizeof all, all);
	}
	snprintf(name, sizeof name, "engine_%02x%02x%02x%02x", all[0], all[1], all[2], all[3]);
	return name;
}

const char *schema_search_path(void)
{
	static char path[80];

	snprintf(path, sizeof path, "%s, coachhouse, pg_catalog, pg_temp", schema_engine());
	return path;
}

/* Keeps what PostgreSQL said, after `what`. Gives NULL, for callers that return a result. */
static PGresult *blame(struct work *w, PGresult *result, const char *what)
{
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	w->busy = state && strcmp(state, "55P03") == 0;
	if (!said)
		said = PQerrorMessage(w->db);
	snprintf(w->error, w->size, "%s%.*s%s%.*s%s", what, (int)strcspn(said, "\n"), said,
		 context ? " (" : "", context ? (int)strcspn(context, "\n") : 0,
		 context ? context : "", context ? ")" : "");
	PQclear(result);
	return NULL;
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* One statement with up to three parameters; NULL ends them. NULL: `error` says why. */
static PGresult *query(struct work *w, const char *sql, const char *a, const char *b, const char *c)
{
	const char *values[] = {a, b, c};
	int count = !a ? 0 : !b ? 1 : !c ? 2 : 3;
	PGresult *result = PQexecParams(w->db, sql, count, NULL, values, NULL, NULL, 0);

	return is_good(result) ? result : blame(w, result, "PostgreSQL: ");
}

static bool run(struct work *w, const char *sql)
{
	PGresult *result = PQexec(w->db, sql);

	if (!is_good(result))
		result = blame(w, result, "PostgreSQL: ");
	PQclear(result);
	return result != NULL;
}

/* Runs statements in which %1$I is `engine`, %2$I the serving role, %3$I the database. */
static bool run_format(struct work *w, const char *format, const char *engine)
{
	PGresult *text = query(w, "SELECT format($1, $2::text, $3::text, current_database())",
			       format, engine, w->serving);
	bool done = text && run(w, PQgetvalue(text, 0, 0));

	PQclear(text);
	return done;
}

static void hear(void *arg, const char *message)
{
	(void)arg;
	log_debug("schema", "%.*s", (int)strcspn(message, "\n"), message);
}

/* A pooler gives each client a number of its own, and what we prepare or lock to somebody else. */
static bool is_direct(struct work *w)
{
	PGresult *pid = query(w, "SELECT pg_backend_pid()", NULL, NULL, NULL);
	bool direct = pid && atoi(PQgetvalue(pid, 0, 0)) == PQbackendPID(w->db);

	if (pid && !direct)
		refuse(w, "The database is reached through a pooler, such as PgBouncer: give the "
			  "address of PostgreSQL itself; coachd keeps a few connections and shares "
			  "them among all clients.");
	PQclear(pid);
	return direct;
}

PGconn *schema_connect(const char *conninfo)
{
	const char *const keywords[] = {"connect_timeout", "dbname", NULL};
	const char *const values[] = {"10", conninfo, NULL};

	return PQconnectdbParams(keywords, values, 1);
}

bool schema_is_direct(const char *conninfo, char *error, size_t size)
{
	struct work w = {.db = schema_connect(conninfo), .error = error, .size = size};
	const bool good = PQstatus(w.db) != CONNECTION_OK || is_direct(&w);

	PQfinish(w.db);
	return good;
}

static bool open_work(struct work *w, const char *conninfo)
{
	PGresult *quoted;

	w->db = schema_connect(conninfo);
	if (PQstatus(w->db) != CONNECTION_OK) {
		schema_explain(w->db, w->error, w->size);
		return false;
	}
	PQsetNoticeProcessor(w->db, hear, NULL);
	if (!is_direct(w))
		return false;
	if (PQserverVersion(w->db) < OLDEST_SERVER)
		return refuse(w, "PostgreSQL %d is too old: use 15 or newer.",
			      PQserverVersion(w->db) / 10000);
	if (!run(w, "SET client_min_messages = warning; SET lock_timeout = '60s'; "
		    "SET statement_timeout = 0; SET timezone = 'UTC'"))
		return false;
	quoted = query(w, "SELECT quote_ident($1)", w->serving, NULL, NULL);
	w->quoted = quoted ? strdup(PQgetvalue(quoted, 0, 0)) : NULL;
	PQclear(quoted);
	return w->quoted != NULL;
}

static void close_work(struct work *w)
{
	free(w->quoted);
	PQfinish(w->db);
}

/* The text of a file, with the site's name for the serving role. Caller frees. */
static char *with_role(const struct work *w, const char *text)
{
	static const char token[] = "coachhouse_server";
	size_t count = 0, used = 0, name = strlen(w->quoted);
	char *out;

	for (const char *at = text; (at = strstr(at, token)); at++)
		count++;
	out = malloc(strlen(text) + count * name + 1);
	if (!out)
		return NULL;
	for (const char *at; (at = strstr(text, token)); text = at + sizeof token - 1) {
		memcpy(out + used, text, (size_t)(at - text));
		used += (size_t)(at - text);
		memcpy(out + used, w->quoted, name);
		used += name;
	}
	strcpy(out + used, text);
	return out;
}

/* PostgreSQL counts characters, from 1. */
static int line_of(const char *text, long position)
{
	int line = 1;

	for (; *text && position > 1; text++) {
		line += *text == '\n';
		position -= (text[1] & 0xc0) != 0x80;
	}
	return line;
}

static bool run_file(struct work *w, const char *folder, const struct sql_file *file)
{
	char *text = with_role(w, file->text), place[200];
	PGresult *result;
	const char *position;

	if (!text)
		return refuse(w, "No memory for sql/%s/%s.sql.", folder, file->name);
	result = PQexec(w->db, text);
	if (!is_good(result)) {
		position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
		snprintf(place, sizeof place, "sql/%s/%s.sql:%d: ", folder, file->name,
			 position ? line_of(text, strtol(position, NULL, 10)) : 1);
		result = blame(w, result, place);
	}
	PQclear(result);
	free(text);
	return result != NULL;
}

/* Ends the transaction; keeps the sentence of what went wrong before. */
static bool end(struct work *w, bool good)
{
	if (good)
		return run(w, "COMMIT");
	PQclear(PQexec(w->db, "ROLLBACK"));
	return false;
}

static bool make_serving_role(struct work *w)
{
	PGresult *role = query(w,
			       "SELECT rolsuper OR rolbypassrls, pg_has_role(oid, current_user, "
			       "'MEMBER'), has_database_privilege(oid, current_database(), "
			       "'CONNECT') AND NOT has_database_privilege('public', "
			       "current_database(), 'TEMPORARY') FROM pg_roles WHERE rolname = $1",
			       w->serving, NULL, NULL);
	bool known = role && PQntuples(role) > 0, good = role != NULL;
	bool granted = known && *PQgetvalue(role, 0, 2) == 't';
	char said[300];

	if (known && *PQgetvalue(role, 0, 0) == 't')
		good = refuse(w,
			      "The role %s bypasses row security: run ALTER ROLE %s NOSUPERUSER "
			      "NOBYPASSRLS, or serve with another, serving_role.",
			      w->serving, w->quoted);
	else if (known && *PQgetvalue(role, 0, 1) == 't')
		good = refuse(w,
			      "The role %s owns the schema, or is a member of the role that does: "
			      "serve with another, serving_role.",
			      w->serving);
	PQclear(role);
	if (good && !known && !run_format(w, "CREATE ROLE %2$I LOGIN", "")) {
		snprintf(said, sizeof said, "%s", w->error);
		good = refuse(
			w,
			"There is no role %s and %s may not make it (%s): let an administrator "
			"of PostgreSQL run CREATE ROLE %s LOGIN.",
			w->serving, PQuser(w->db), said, w->quoted);
	}
	return good && (granted || run_format(w,
					      "GRANT CONNECT ON DATABASE %3$I TO %2$I; "
					      "REVOKE TEMPORARY ON DATABASE %3$I FROM PUBLIC",
					      ""));
}

bool schema_is_applied(const PGresult *applied, const char *name)
{
	for (int i = 0; i < PQntuples(applied); i++)
		if (strcmp(PQgetvalue(applied, i, 0), name) == 0)
			return true;
	return false;
}

static bool check_age(struct work *w, const PGresult *applied)
{
	const char *last = schema_last();

	for (int i = 0; i < PQntuples(applied); i++)
		if (strcmp(PQgetvalue(applied, i, 0), last) > 0)
			return refuse(w,
				      "The database is at %s, newer than this coachd, which knows "
				      "%s: install the newer coachd.",
				      PQgetvalue(applied, i, 0), last);
	return true;
}

static bool apply(struct work *w, const struct sql_file *file)
{
	PGresult *done;

	log_info("schema", "applying %s", file->name);
	/* Whoever comes after us in the queue for a table waits as long as we do. */
	if (!run(w, "BEGIN; SET LOCAL lock_timeout = '2s'") || !run_file(w, "schema", file))
		return end(w, false);
	done = query(w, "INSERT INTO coachhouse.migration (name) VALUES ($1)", file->name, NULL,
		     NULL);
	PQclear(done);
	return end(w, done != NULL);
}

/* Steps aside for those who use what is to be changed, and comes back, for a minute. */
static bool apply_patiently(struct work *w, const struct sql_file *file)
{
	const struct timespec pause = {.tv_nsec = 200000000};

	for (int tries = 1; !apply(w, file); tries++) {
		if (!w->busy || tries == PATIENCE || process_asked_to_stop())
			return false;
		log_info("schema", "%s waits for others to finish with what it changes",
			 file->name);
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Bodies are checked when all functions are there: they may call each other in any order. */
static bool make_functions(struct work *w, const char *engine)
{
	PGresult *checked;
	bool good = run_format(w, "CREATE SCHEMA %1$I", engine);

	for (const struct sql_file *file = sql_functions; good && file->name; file++)
		good = run(w, "SET LOCAL check_function_bodies = off") &&
		       run_file(w, "functions", file);
	if (!good || !run(w, "SET LOCAL check_function_bodies = on"))
		return false;
	checked = query(w,
			"SELECT CASE l.lanname WHEN 'sql' THEN fmgr_sql_validator(p.oid) "
			"WHEN 'plpgsql' THEN plpgsql_validator(p.oid) END FROM pg_proc p "
			"JOIN pg_language l ON l.oid = p.prolang "
			"WHERE p.pronamespace = $1::text::regnamespace",
			engine, NULL, NULL);
	PQclear(checked);
	return checked != NULL;
}

/*
 * Only the daemon's own machine makes administrators; the serving role never
 * does. A view that asks as its owner would see past row security.
 */
static const char grants[] =
	"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %1$I FROM PUBLIC;"
	"GRANT USAGE ON SCHEMA %1$I TO %2$I;"
	"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %1$I TO %2$I;"
	"DO $$ DECLARE f regprocedure; v record; BEGIN "
	"FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = %1$L::regnamespace "
	"AND p.proname IN ('first_administrator', 'invite_administrator') LOOP "
	"EXECUTE format('REVOKE ALL ON FUNCTION %%s FROM %%I', f, %2$L); END LOOP; "
	"FOR v IN SELECT c.oid::regclass AS name, c.reloptions && '{security_invoker=true,"
	"security_invoker=on}' AS good FROM pg_class c WHERE c.relkind = 'v' "
	"AND c.relnamespace = %1$L::regnamespace LOOP "
	"IF v.good IS NOT TRUE THEN RAISE 'the view %% is not security_invoker', v.name; END IF; "
	"EXECUTE format('GRANT SELECT ON %%s TO %%I', v.name, %2$L); END LOOP; END $$";

/* Of what is there already nothing is written. */
static bool make_engine(struct work *w)
{
	const char *engine = schema_engine();
	PGresult *there, *noted = NULL;
	bool good;

	if (!run(w, "BEGIN"))
		return false;
	there = query(w,
		      "SELECT set_config('search_path', $1, true), n.oid, "
		      "has_schema_privilege($3, n.oid, 'USAGE') FROM (SELECT 1) o LEFT JOIN "
		      "pg_namespace n ON n.nspname = $2",
		      schema_search_path(), engine, w->serving);
	good = there && (!PQgetisnull(there, 0, 1) || make_functions(w, engine)) &&
	       (*PQgetvalue(there, 0, 2) == 't' || run_format(w, grants, engine));
	PQclear(there);
	if (good)
		noted = query(w,
			      "INSERT INTO coachhouse.engine (name) VALUES ($1) ON CONFLICT (name) "
			      "DO UPDATE SET used = now() WHERE engine.used < (SELECT max(used) "
			      "FROM coachhouse.engine)",
			      engine, NULL, NULL);
	PQclear(noted);
	return end(w, noted != NULL);
}

/* Ours and the last before it stay; never one that a trigger or a policy has come to need. */
static void drop_old_engines(struct work *w)
{
	PGresult *old = query(w,
			      "SELECT e.name FROM (SELECT name FROM coachhouse.engine "
			      "ORDER BY used DESC OFFSET 2) e WHERE NOT EXISTS (SELECT FROM "
			      "pg_depend d JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass "
			      "AND d.refobjid = p.oid WHERE p.pronamespace = "
			      "to_regnamespace(e.name) AND d.classid IN ('pg_trigger'::regclass, "
			      "'pg_policy'::regclass, 'pg_attrdef'::regclass, "
			      "'pg_constraint'::regclass))",
			      NULL, NULL, NULL);

	for (int i = 0; i < PQntuples(old); i++)
		if (!run_format(w,
				"BEGIN; DROP SCHEMA IF EXISTS %1$I CASCADE; "
				"DELETE FROM coachhouse.engine WHERE name = %1$L; COMMIT",
				PQgetvalue(old, i, 0))) {
			PQclear(PQexec(w->db, "ROLLBACK"));
			log_warning("schema", "old functions stay: %s", w->error);
		}
	PQclear(old);
}

bool schema_migrate(const char *conninfo, const char *serving, char *error, size_t size)
{
	struct work w = {.serving = serving, .error = error, .size = size};
	bool good = open_work(&w, conninfo) && run(&w, "SELECT pg_advisory_lock(67, 111)") &&
		    make_serving_role(&w) &&
		    run(&w, "CREATE SCHEMA IF NOT EXISTS coachhouse; "
			    "CREATE TABLE IF NOT EXISTS coachhouse.migration (name text PRIMARY "
			    "KEY, applied timestamptz NOT NULL DEFAULT now()); "
			    "CREATE TABLE IF NOT EXISTS coachhouse.engine (name text PRIMARY KEY, "
			    "used timestamptz NOT NULL DEFAULT now())");
	PGresult *applied =
		good ? query(&w, "SELECT name FROM coachhouse.migration", NULL, NULL, NULL) : NULL;

	good = applied && check_age(&w, applied);
	for (const struct sql_file *file = sql_schema; good && file->name; file++)
		good = schema_is_applied(applied, file->name) || apply_patiently(&w, file);
	PQclear(applied);
	good = good && make_engine(&w);
	if (good)
		drop_old_engines(&w);
	close_work(&w);
	return good;
}
