/* What the owner does besides migrating: administrators, connection strings. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "durable.h"
#include "schema.h"

/* As the owner, where the engine's functions are found by their names. */
static PGconn *open_engine(const char *conninfo)
{
	PGconn *db = schema_connect(conninfo);
	const char *path[] = {schema_search_path()};

	PQclear(PQexecParams(db, "SELECT set_config('search_path', $1, false)", 1, NULL, path, NULL,
			     NULL, 0));
	return db;
}

void schema_explain(const PGconn *db, char *out, size_t size)
{
	const char *said = PQerrorMessage(db);
	size_t used = (size_t)snprintf(out, size, "The database cannot be reached: ");

	for (const char *c = said; *c && used + 4 < size; c++)
		if (*c != '\n')
			out[used++] = *c;
		else if (c[1])
			used += (size_t)snprintf(out + used, size - used, "; ");
	out[used] = '\0';
	snprintf(out + used, size - used,
		 PQconnectionNeedsPassword(db)
			 ? ". Write it into a passfile that this user owns and nobody else can "
			   "read: coachd(8), A DATABASE OF YOUR OWN."
			 : ". See whether it runs there, and what its log and pg_hba.conf say.");
}

/* What PostgreSQL said, on one line. */
static void blame(PGconn *db, const PGresult *result, char *error, size_t size)
{
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (!said)
		said = PQerrorMessage(db);
	snprintf(error, size, "%.*s", (int)strcspn(said, "\n"), said);
}

/* Calls one function of the engine as the owner; the last of `count` values is 32 bytes. */
static bool call(const char *conninfo, const char *sql, int count, const char *const *values,
		 char *error, size_t size)
{
	int lengths[8] = {0}, formats[8] = {0};
	PGconn *db = open_engine(conninfo);
	PGresult *result;
	bool good;

	lengths[count - 1] = 32;
	formats[count - 1] = 1;
	result = PQexecParams(db, sql, count, NULL, values, lengths, formats, 0);
	good = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (!good)
		blame(db, result, error, size);
	PQclear(result);
	PQfinish(db);
	return good;
}

bool schema_first_administrator(const char *conninfo, const struct schema_admin *admin, char *error,
				size_t size)
{
	const char *values[] = {admin->email, admin->name, admin->organisation, admin->sector,
				(const char *)admin->token_hash};

	return call(conninfo, "SELECT first_administrator($1, $2, $3, $4, $5)", 5, values, error,
		    size);
}

bool schema_erase_again(const char *conninfo, const char *people, const char *added,
			const char *erased, int64_t clock_offset, long *again, char *error,
			size_t size)
{
	char offset[48];
	const char *values[] = {people, added, erased}, *clock[] = {offset};
	PGconn *db = open_engine(conninfo);
	PGresult *result;
	bool good;

	snprintf(offset, sizeof offset, "%lld microseconds", (long long)clock_offset);
	PQclear(PQexecParams(db, "SELECT set_config('coachhouse.clock_offset', $1, false)", 1, NULL,
			     clock, NULL, NULL, 0));
	result = PQexecParams(db, "SELECT erase_again($1, $2, $3)", 3, NULL, values, NULL, NULL, 0);
	good = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (good)
		*again = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	else
		blame(db, result, error, size);
	PQclear(result);
	PQfinish(db);
	return good;
}

bool schema_check_times(const char *conninfo, bool repair, struct schema_times *found, char *error,
			size_t size)
{
	char after[24];
	const char *values[] = {after, repair ? "t" : "f"};
	long *const sums[] = {&found->coaches, &found->wrong, &found->weeks, &found->counts};
	PGconn *db = open_engine(conninfo);
	PGresult *result;
	bool good;

	snprintf(after, sizeof after, "%lld", (long long)found->last);
	result = PQexecParams(db,
			      "SELECT coalesce(max(coach), 0), count(*), count(*) FILTER (WHERE "
			      "weeks + counts > 0), coalesce(sum(weeks), 0), coalesce(sum(counts), "
			      "0) FROM check_times($1, 20, $2)",
			      2, NULL, values, NULL, NULL, 0);
	good = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (good) {
		found->last = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
		for (int i = 0; i < 4; i++)
			*sums[i] += strtol(PQgetvalue(result, 0, i + 1), NULL, 10);
	} else {
		blame(db, result, error, size);
	}
	PQclear(result);
	PQfinish(db);
	return good;
}

const char *schema_last(void)
{
	const struct sql_file *last = sql_schema;

	while (last->name && last[1].name)
		last++;
	return last->name;
}

int schema_libpq(void)
{
	return PQlibVersion();
}

bool schema_knows(const char *migration)
{
	for (const struct sql_file *file = sql_schema; file->name; file++)
		if (strcmp(file->name, migration) == 0)
			return true;
	return false;
}

bool schema_state(const char *conninfo, struct schema_state *state, char *error, size_t size)
{
	static const char sql[] =
		"SELECT coalesce(max(name), ''), split_part(current_setting('server_version'), "
		"' ', 1), concat_ws(' ', current_setting('fsync'), "
		"current_setting('full_page_writes'), current_setting('synchronous_commit')), " DURABLE_MACHINES
		", (SELECT system_identifier FROM pg_control_system()), pg_backend_pid(), "
		"(SELECT count(*) FROM pg_stat_replication) FROM coachhouse.migration";
	PGconn *db = schema_connect(conninfo);
	PGresult *result = PQstatus(db) == CONNECTION_OK ? PQexec(db, sql) : NULL;
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK;

	if (good) {
		snprintf(state->schema, sizeof state->schema, "%s", PQgetvalue(result, 0, 0));
		snprintf(state->server, sizeof state->server, "%s", PQgetvalue(result, 0, 1));
		snprintf(state->durable, sizeof state->durable, "%s", PQgetvalue(result, 0, 2));
		state->machines = atoi(PQgetvalue(result, 0, 3));
		snprintf(state->cluster, sizeof state->cluster, "%s", PQgetvalue(result, 0, 4));
		state->direct = atoi(PQgetvalue(result, 0, 5)) == PQbackendPID(db);
		state->followers = atoi(PQgetvalue(result, 0, 6));
		state->version = PQserverVersion(db);
	} else {
		snprintf(error, size, "The database does not answer: %.*s",
			 (int)strcspn(PQerrorMessage(db), "\n"), PQerrorMessage(db));
	}
	PQclear(result);
	PQfinish(db);
	return good;
}

bool schema_is_standby(const char *conninfo, const char *cluster, char *error, size_t size)
{
	static const char sql[] =
		"SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'it is no standby, but a primary' "
		"WHEN system_identifier::text <> $2 THEN 'it is a standby of another database' "
		"WHEN to_regnamespace($1) IS NULL "
		"THEN 'it has not got this version''s functions yet' ELSE '' END "
		"FROM pg_control_system()";
	const char *const values[] = {schema_engine(), cluster};
	PGconn *db = schema_connect(conninfo);
	PGresult *result = NULL;

	if (PQstatus(db) == CONNECTION_OK)
		result = PQexecParams(db, sql, 2, NULL, values, NULL, NULL, 0);
	const bool answers = PQntuples(result) > 0;
	const bool good = answers && !*PQgetvalue(result, 0, 0);

	if (answers)
		snprintf(error, size, "%s", PQgetvalue(result, 0, 0));
	else
		snprintf(error, size, "it does not answer: %.*s",
			 (int)strcspn(PQerrorMessage(db), "\n"), PQerrorMessage(db));
	PQclear(result);
	PQfinish(db);
	return good;
}

bool schema_has_people(const char *conninfo)
{
	PGconn *db = schema_connect(conninfo);
	PGresult *result = PQexec(db, "SELECT FROM coachhouse.person LIMIT 1");
	bool some = PQntuples(result) > 0;

	PQclear(result);
	PQfinish(db);
	return some;
}

bool schema_invite_administrator(const char *conninfo, const char *email,
				 const unsigned char *token_hash, char *error, size_t size)
{
	const char *values[] = {email, (const char *)token_hash};

	return call(conninfo, "SELECT invite_administrator($1, $2)", 2, values, error, size);
}

/* Appends key='value' as conninfo writes it; false when there is no room. */
static bool append(char *out, size_t size, const char *key, const char *value)
{
	size_t used = strlen(out);

	used += (size_t)snprintf(out + used, size - used, "%s%s='", used ? " " : "", key);
	for (; *value && used + 3 < size; value++) {
		if (*value == '\'' || *value == '\\')
			out[used++] = '\\';
		out[used++] = *value;
	}
	if (*value || used + 2 > size)
		return false;
	strcpy(out + used, "'");
	return true;
}

bool schema_conninfo(const char *conninfo, const char *role, char *out, size_t size)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	bool good = options != NULL;

	out[0] = '\0';
	for (PQconninfoOption *o = options; good && o->keyword; o++)
		if (o->val && *o->val && strcmp(o->keyword, "user") != 0)
			good = append(out, size, o->keyword, o->val);
	PQconninfoFree(options);
	return good && append(out, size, "user", role);
}
