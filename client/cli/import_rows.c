/* The rows of a file to import, as messages. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "csv.h"
#include "field.h"
#include "import.h"
#include "text.h"
#include "when.h"

/* "E-mail" and "email", "Kind" and "activity" are the same column. */
static void field_name(const char *heading, char *out, size_t size)
{
	static const char *const SAME[][2] = {{"kind", "activity"},
					      {"role", "roles"},
					      {"e_mail", "email"},
					      {"start_time", "start"},
					      {"organization", "organisation"}};
	size_t n = 0;

	heading += strspn(heading, " ");
	for (; *heading && n + 1 < size; heading++)
		out[n++] = isalnum((unsigned char)*heading) ? (char)tolower((unsigned char)*heading)
							    : '_';
	while (n > 0 && out[n - 1] == '_')
		n--;
	out[n] = '\0';
	for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++)
		if (strcmp(out, SAME[i][0]) == 0)
			snprintf(out, size, "%s", SAME[i][1]);
}

/* The columns that a person may fill: not the line, not a token's hash. */
static bool is_column(const ProtobufCFieldDescriptor *field)
{
	return field && field->type != PROTOBUF_C_TYPE_BYTES && strcmp(field->name, "line") != 0;
}

static void refuse_column(const char *heading, const ProtobufCMessageDescriptor *descriptor,
			  char *error, size_t size)
{
	size_t used;

	if (strpbrk(heading, ";\t")) {
		snprintf(error, size, "The columns are not separated by commas: save it as CSV.");
		return;
	}
	used = (size_t)snprintf(error, size, "There is no column \"%.40s\"; there are:", heading);
	for (unsigned f = 0; f < descriptor->n_fields && used < size; f++)
		if (is_column(&descriptor->fields[f]))
			used += (size_t)snprintf(error + used, size - used, " %s",
						 descriptor->fields[f].name);
}

static bool read_heading(struct csv *csv, const ProtobufCMessageDescriptor *descriptor,
			 const ProtobufCFieldDescriptor *fields[CSV_CELLS], char *error,
			 size_t size)
{
	char name[64];
	int code = csv_next(csv, error, size);

	if (code == 0)
		snprintf(error, size, "The file is empty.");
	if (code <= 0)
		return false;
	for (size_t i = 0; i < csv->count; i++) {
		field_name(csv->cells[i], name, sizeof(name));
		fields[i] = field_find(descriptor, name);
		if (is_column(fields[i]))
			continue;
		refuse_column(csv->cells[i], descriptor, error, size);
		return false;
	}
	return true;
}

/* Dates and times as people write them, where the contract wants them so. */
static bool settle_cell(const char *name, const char *text, const struct command *c, char *out,
			size_t size, char *error, size_t error_size)
{
	char clock[6];

	snprintf(out, size, "%s", text);
	if (strcmp(name, "date") == 0)
		return when_date(text, c->now, command_zone(c), true, out, size, error, error_size);
	if (strcmp(name, "start") != 0)
		return true;
	if (!when_clock(text, clock)) {
		snprintf(error, error_size, "\"%.40s\" is not a time: write for example 10:00.",
			 text);
		return false;
	}
	snprintf(out, size, "%s", clock);
	return true;
}

/* The daemon would refuse the rest by its place in a call; here it has a line. */
static bool is_plain(const char *cell)
{
	char *clean = text_clean(cell, false);
	bool same = strcmp(clean, cell) == 0;

	free(clean);
	return same;
}

/* One row as a message; false with a sentence. */
static bool fill_row(const struct csv *csv, const ProtobufCFieldDescriptor *const *fields,
		     size_t columns, const struct command *command, ProtobufCMessage *row,
		     char *error, size_t size)
{
	char line[16], text[1024], why[200];

	snprintf(line, sizeof(line), "%d", csv->line);
	if (!field_set(row, "line", line, error, size))
		return false;
	if (csv->count != columns) {
		snprintf(error, size, "it has %zu columns, the heading %zu", csv->count, columns);
		return false;
	}
	for (size_t i = 0; i < columns; i++) {
		const char *cell = csv->cells[i] + strspn(csv->cells[i], " ");

		if (!is_plain(cell)) {
			snprintf(error, size, "%s: ends of line, control characters, or not UTF-8",
				 fields[i]->name);
			return false;
		}
		if (*cell && (!settle_cell(fields[i]->name, cell, command, text, sizeof(text), why,
					   sizeof(why)) ||
			      !field_set(row, fields[i]->name, text, why, sizeof(why)))) {
			snprintf(error, size, "%s: %s", fields[i]->name, why);
			return false;
		}
	}
	return true;
}

static void *grown(void *array, size_t count, size_t width)
{
	void *out = (count & (count - 1)) ? array : realloc(array, (count ? 2 * count : 1) * width);

	if (!out)
		abort();
	return out;
}

static void add_row(struct import_rows *out, ProtobufCMessage *row)
{
	out->rows = grown(out->rows, out->count, sizeof(*out->rows));
	out->rows[out->count++] = row;
}

static void add_refusal(struct import_rows *out, int line, const char *sentence)
{
	out->refusals = grown(out->refusals, out->refused, sizeof(*out->refusals));
	out->refusals[out->refused].line = line;
	snprintf(out->refusals[out->refused++].sentence, sizeof(out->refusals->sentence), "%s",
		 sentence);
}

bool import_read(struct import_rows *out, const ProtobufCMessageDescriptor *descriptor,
		 const char *path, const struct command *command, char *error, size_t size)
{
	const ProtobufCFieldDescriptor *fields[CSV_CELLS];
	size_t columns;
	struct csv csv;
	char why[256];
	int code = -1;

	*out = (struct import_rows){0};
	if (!csv_load(&csv, path, error, size))
		return false;
	if (read_heading(&csv, descriptor, fields, error, size)) {
		columns = csv.count;
		while ((code = csv_next(&csv, error, size)) == 1) {
			ProtobufCMessage *row = message_new(descriptor);

			if (fill_row(&csv, fields, columns, command, row, why, sizeof(why))) {
				add_row(out, row);
				continue;
			}
			add_refusal(out, csv.line, why);
			protobuf_c_message_free_unpacked(row, NULL);
		}
		if (code == 0 && out->count + out->refused == 0) {
			snprintf(error, size, "The file has a heading and no rows.");
			code = -1;
		}
	}
	csv_finish(&csv);
	return code == 0;
}

void import_add_refusals(const struct import_rows *rows, ProtobufCMessage *reply)
{
	const ProtobufCFieldDescriptor *field = field_find(reply->descriptor, "rows");
	char line[16], error[128];

	for (size_t i = 0; i < rows->refused; i++) {
		ProtobufCMessage *row = message_new(field->descriptor);

		snprintf(line, sizeof(line), "%d", rows->refusals[i].line);
		if (!field_set(row, "line", line, error, sizeof(error)) ||
		    !field_set(row, "outcome", "refused", error, sizeof(error)) ||
		    !field_set(row, "sentence", rows->refusals[i].sentence, error, sizeof(error)))
			complain("%s", error);
		field_give(reply, "rows", row);
	}
}

void import_rows_finish(struct import_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		protobuf_c_message_free_unpacked(rows->rows[i], NULL);
	free(rows->rows);
	free(rows->refusals);
	*rows = (struct import_rows){0};
}
