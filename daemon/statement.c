/* What every write and every read does, around the statement of its file. */
#include "statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_write(const struct method *method, const char *sql, FILE *out)
{
	const bool has_id = protobuf_c_message_descriptor_get_field_by_name(method->reply, "id");
	fprintf(out,
		"%s\n, kept AS (INSERT INTO receipt SELECT r.* FROM reply, "
		"receipt_for(record_send(reply), %s) r) SELECT reply.* FROM reply",
		sql, has_id ? "reply.id" : "NULL::bigint");
}

/* 64-bit numbers are ids, and an id is one thing: so whom an answer is about can be found. */
static bool is_id(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_INT64 && field->label != PROTOBUF_C_LABEL_REPEATED &&
	       strcmp(field->name, "after");
}

static void add_shown(const struct method *method, FILE *out)
{
	const char *before = "(SELECT array_agg(ARRAY[";
	for (unsigned i = 0; i < method->row->n_fields; i++) {
		if (!is_id(&method->row->fields[i]))
			continue;
		fprintf(out, "%sanswer.\"%s\"::bigint", before, method->row->fields[i].name);
		before = ", ";
	}
	fputs(*before == ',' ? "]) FROM answer)" : "NULL::bigint[]", out);
}

static void add_asked(const struct method *method, FILE *out)
{
	const char *before = "ARRAY[";
	for (unsigned i = 0; i < method->request->n_fields; i++) {
		if (!is_id(&method->request->fields[i]))
			continue;
		fprintf(out, "%s$%u::bigint", before, i + 1);
		before = ", ";
	}
	fputs(*before == ',' ? "]" : "'{}'::bigint[]", out);
}

/*
 * One statement, so that an administrator's read and its record stand or fall
 * together; for everybody else `kept` is a comparison, and quick reads have a plain one:
 * what is never run is set up all the same (15 to 25 us). The order of `answer` stays:
 * it is joined with one row.
 */
static void add_read(const struct method *method, const char *sql, FILE *out)
{
	fprintf(out,
		"WITH answer AS MATERIALIZED (%s\n), kept AS MATERIALIZED (SELECT CASE WHEN "
		"administers() THEN record_reading('%s', (SELECT count(*) FROM answer), ",
		sql, method->rpc);
	add_shown(method, out);
	fputs(", ", out);
	add_asked(method, out);
	fputs(") END) SELECT answer.* FROM kept, answer", out);
}

char *statement_make(const struct method *method, const char *sql)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (method->access == ACCESS_WRITE)
		add_write(method, sql, out);
	else
		add_read(method, sql, out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}
