/* What is sealed in the database, as the owner sees it: boxes, never what is in them. */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "schema.h"

enum { AT_ONCE = 256 };

/* The columns of sealed_with(). */
enum { PLACE, FIELD, AUTHOR, VISIBLE, BOX, BINDING };

struct reading {
	PGconn *db;
	const struct schema_sealed *hear;
	char *error;
	size_t size;
};

static int64_t number(const PGresult *rows, int row, int column)
{
	uint64_t value = 0;

	if (PQgetlength(rows, row, column) == sizeof value)
		memcpy(&value, PQgetvalue(rows, row, column), sizeof value);
	return (int64_t)be64toh(value);
}

/* NULL with a sentence. */
static PGresult *run(struct reading *r, const char *sql, int n, const char *const *values,
		     const int *lengths)
{
	static const int binary[] = {1, 1, 1, 1};
	PGresult *result = PQexecParams(r->db, sql, n, NULL, values, lengths, binary, 1);

	if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK)
		return result;
	snprintf(r->error, r->size, "PostgreSQL: %.*s",
		 (int)strcspn(PQresultErrorMessage(result), "\n"), PQresultErrorMessage(result));
	PQclear(result);
	return NULL;
}

static void tell_box(struct reading *r, const PGresult *rows, int row)
{
	const struct schema_box box = {
		.field = PQgetvalue(rows, row, FIELD),
		.visible = PQgetvalue(rows, row, VISIBLE),
		.author = number(rows, row, AUTHOR),
		.box = (const unsigned char *)PQgetvalue(rows, row, BOX),
		.size = (size_t)PQgetlength(rows, row, BOX),
		.binding = (const unsigned char *)PQgetvalue(rows, row, BINDING),
	};

	r->hear->box(r->hear->arg, &box);
}

/* All that a key sealed, some at a time. */
static bool tell_boxes(struct reading *r, const char *key, int length)
{
	const uint32_t most = htonl(AT_ONCE);
	char place[160] = "", binding[16] = "";
	const char *values[] = {key, place, binding, (const char *)&most};
	int lengths[] = {length, 0, sizeof binding, sizeof most}, n = AT_ONCE;

	while (n > 0) {
		PGresult *rows = run(r,
				     "SELECT place, field, author, visible, box, binding FROM "
				     "sealed_with($1, $2::text, $3, $4)",
				     4, values, lengths);
		if (!rows)
			return false;
		n = PQntuples(rows);
		for (int i = 0; i < n; i++)
			tell_box(r, rows, i);
		if (n > 0) {
			lengths[1] =
				snprintf(place, sizeof place, "%s", PQgetvalue(rows, n - 1, PLACE));
			memcpy(binding, PQgetvalue(rows, n - 1, BINDING), sizeof binding);
		}
		PQclear(rows);
	}
	return true;
}

static bool tell_keys(struct reading *r)
{
	PGresult *keys = run(r, "SELECT key, boxes FROM sealed_keys()", 0, NULL, NULL);
	bool good = keys != NULL;

	for (int i = 0; i < PQntuples(keys); i++) {
		char name[SCHEMA_KEY + 1];
		snprintf(name, sizeof name, "%.*s", PQgetlength(keys, i, 0),
			 PQgetvalue(keys, i, 0));
		r->hear->key(r->hear->arg, name, number(keys, i, 1));
	}
	for (int i = 0; good && r->hear->box && i < PQntuples(keys); i++)
		good = tell_boxes(r, PQgetvalue(keys, i, 0), PQgetlength(keys, i, 0));
	PQclear(keys);
	return good;
}

bool schema_sealed(const char *conninfo, const struct schema_sealed *hear, char *error, size_t size)
{
	struct reading r = {schema_connect(conninfo), hear, error, size};
	const char *path[] = {schema_search_path()};
	/* One moment for all of it: a daemon may be sealing anew meanwhile. */
	PGresult *begun = run(&r, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL, NULL);
	PGresult *set = begun ? PQexecParams(r.db, "SELECT set_config('search_path', $1, true)", 1,
					     NULL, path, NULL, NULL, 0)
			      : NULL;
	bool good = set && tell_keys(&r);

	PQclear(begun);
	PQclear(set);
	PQfinish(r.db);
	return good;
}
