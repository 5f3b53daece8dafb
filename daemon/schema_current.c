/* Whether a start has anything to do in the database. */
#include <libpq-fe.h>
#include <stdio.h>

#include "schema.h"

/* The migrations, if all else is as schema_migrate leaves it: see there what is looked at. */
static const char sql[] =
	"SELECT m.name FROM coachhouse.migration m WHERE pg_backend_pid() = $1 AND (SELECT NOT "
	"(r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, current_user, 'MEMBER')) AND "
	"has_database_privilege(r.oid, current_database(), 'CONNECT') AND NOT "
	"has_database_privilege('public', current_database(), 'TEMPORARY') AND "
	"has_schema_privilege(r.oid, n.oid, 'USAGE') FROM pg_roles r, pg_namespace n "
	"WHERE r.rolname = $2 AND n.nspname = $3) AND (SELECT count(*) <= 2 AND "
	"max(e.used) = max(e.used) FILTER (WHERE e.name = $3) FROM coachhouse.engine e)";

bool schema_is_current(const char *conninfo, const char *serving)
{
	char pid[16];
	const char *values[] = {pid, serving, schema_engine()};
	PGconn *db = schema_connect(conninfo);
	PGresult *applied;
	bool good;
	int count = 0;

	snprintf(pid, sizeof pid, "%d", PQbackendPID(db));
	applied = PQexecParams(db, sql, 3, NULL, values, NULL, NULL, 0);
	good = PQresultStatus(applied) == PGRES_TUPLES_OK;
	for (const struct sql_file *file = sql_schema; good && file->name; file++, count++)
		good = schema_is_applied(applied, file->name);
	good = good && PQntuples(applied) == count;
	PQclear(applied);
	PQfinish(db);
	return good;
}
