/* Showing a reply, as the parts of its sentence say. */
#include "show.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "json.h"
#include "text.h"

static bool has_columns(const struct part *part)
{
	return part->columns[0].field != NULL;
}

/* What is a line for people is data when there is something in it. */
static bool has_data(const struct part *part, const ProtobufCMessage *reply)
{
	return has_columns(part) &&
	       (part->of || !part->line || field_present(reply, part->columns[0].field));
}

void csv_write(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void write_data_row(const struct command *c, const struct part *part,
			   const ProtobufCMessage *row)
{
	for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++) {
		char *cell = show_cell(row, part->columns[i].field, FIELD_DATA, command_zone(c));

		if (i > 0)
			fputc(c->output == OUTPUT_CSV ? ',' : '\t', c->out);
		if (c->output == OUTPUT_CSV)
			csv_write(cell, c->out);
		else
			text_show(cell, false, c->out);
		free(cell);
	}
	fputs(c->output == OUTPUT_CSV ? "\r\n" : "\n", c->out);
}

/* CSV begins with the names of the contract, which stay; headings may be reworded. */
static void write_data(const struct command *c, const struct part *part,
		       ProtobufCMessage *const *rows, size_t count, const ProtobufCMessage *total)
{
	if (c->output == OUTPUT_CSV) {
		for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++) {
			const char *name = part->columns[i].field;

			fprintf(c->out, "%s%.*s", i ? "," : "", (int)strcspn(name, "~!"), name);
		}
		fputs("\r\n", c->out);
	}
	for (size_t i = 0; i < count; i++)
		write_data_row(c, part, rows[i]);
	if (total)
		write_data_row(c, part, total);
}

static void write_record(const struct command *c, const struct part *part,
			 const ProtobufCMessage *message)
{
	int width = 0;

	for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++)
		if ((int)strlen(part->columns[i].heading) > width)
			width = (int)strlen(part->columns[i].heading);
	for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++) {
		char *cell =
			show_cell(message, part->columns[i].field, FIELD_PEOPLE, command_zone(c));

		if (strchr(cell, '\n'))
			fprintf(c->out, "%s:\n%s%s", part->columns[i].heading, cell,
				cell[strlen(cell) - 1] == '\n' ? "" : "\n");
		else if (cell[0])
			fprintf(c->out, "%s:%*s%s\n", part->columns[i].heading,
				width + 1 - (int)strlen(part->columns[i].heading), "", cell);
		free(cell);
	}
}

/* Columns in which no row has anything say nothing. */
static bool is_used(const char *path, ProtobufCMessage *const *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *cell = show_cell(rows[i], path, FIELD_PEOPLE, "UTC");
		bool used = cell[0] != '\0';

		free(cell);
		if (used)
			return true;
	}
	return false;
}

/* Between words, so that no line is much longer than the width of a column. */
static void break_lines(char *text)
{
	enum { WIDTH = 36 };
	char *space = NULL;
	int width = 0;

	for (char *c = text; *c; c++) {
		width += (*c & 0xc0) != 0x80;
		if (*c == ' ')
			space = c;
		if (width > WIDTH && space) {
			*space = '\n';
			width = 0;
			for (const char *d = space + 1; d <= c; d++)
				width += (*d & 0xc0) != 0x80;
			space = NULL;
		}
	}
}

static void add_row(struct libscols_table *table, const struct part *part, const bool *used,
		    const ProtobufCMessage *row, const char *zone, const char *first, bool terminal)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	size_t at = 0;

	for (int i = 0; line && i < MAX_COLUMNS && part->columns[i].field; i++) {
		char *cell, *flat;

		if (!used[i])
			continue;
		cell = show_cell(row, part->columns[i].field,
				 part->total ? FIELD_FIGURES : FIELD_PEOPLE, zone);
		flat = text_clean(at == 0 && !cell[0] && first ? first : cell, false);
		if (part->columns[i].breaks && terminal)
			break_lines(flat);
		free(cell);
		if (scols_line_refer_data(line, at++, flat) != 0)
			free(flat);
	}
}

static struct libscols_table *new_table(const struct command *c, const struct part *part,
					const ProtobufCMessageDescriptor *descriptor,
					const bool *used, bool headings)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		abort();
	for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++) {
		const ProtobufCFieldDescriptor *field =
			field_find(descriptor, part->columns[i].field);

		int flags = field && field_is_number(field) ? SCOLS_FL_RIGHT
			    : part->columns[i].breaks	    ? SCOLS_FL_WRAP
							    : 0;

		struct libscols_column *column =
			used[i] ? scols_table_new_column(
					  table, headings ? part->columns[i].heading : "", 0, flags)
				: NULL;

		if (column && part->columns[i].breaks) {
			scols_column_set_safechars(column, "\n");
			scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
						  scols_wrapnl_nextchunk, NULL);
		}
	}
	scols_table_enable_noheadings(table, !headings);
	if (!isatty(fileno(c->out)))
		scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_table_set_stream(table, c->out);
	return table;
}

void show_table(const struct command *command, const struct part *part,
		ProtobufCMessage *const *rows, size_t count, const ProtobufCMessage *total)
{
	bool used[MAX_COLUMNS] = {false};
	/* a report is a page to read: its columns are named wherever it goes */
	bool terminal = isatty(fileno(command->out)), headings = part->total || terminal;
	const ProtobufCMessage *any = count ? rows[0] : total;
	struct libscols_table *table;

	if (!any)
		return;
	for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++)
		used[i] = is_used(part->columns[i].field, rows, count) ||
			  (total && field_present(total, part->columns[i].field));
	table = new_table(command, part, any->descriptor, used, headings);
	for (size_t i = 0; i < count; i++)
		add_row(table, part, used, rows[i], command_zone(command), NULL, terminal);
	if (total)
		add_row(table, part, used, total, command_zone(command), "Total", terminal);
	scols_print_table(table);
	scols_unref_table(table);
}

/* Lines for people; a file that wants data gets columns where there are any. */
static void show_part(const struct command *c, const struct part *part,
		      const ProtobufCMessage *reply)
{
	ProtobufCMessage *const self = (ProtobufCMessage *)reply;
	ProtobufCMessage *const *rows = &self, *const *total = NULL;
	size_t count = part->of ? field_messages(reply, part->of, &rows) : 1;
	const ProtobufCMessage *last = NULL;

	if (part->total && field_messages(reply, part->total, &total) == 1)
		last = total[0];
	if (c->output != OUTPUT_TABLE && has_columns(part))
		write_data(c, part, rows, count, last);
	else if (part->line)
		for (size_t i = 0; i < count; i++)
			show_line(part->line, rows[i], command_zone(c), c->out);
	else if (part->record && count == 1)
		write_record(c, part, rows[0]);
	else
		show_table(c, part, rows, count, last);
}

static int show_json(const struct command *command, const ProtobufCMessage *reply)
{
	char *text = json_write(reply, JSON_PEOPLE, NULL, NULL);

	if (!text) {
		complain("the reply could not be written as JSON.");
		return EXIT_FAILED;
	}
	fprintf(command->out, "%s\n", text);
	free(text);
	return EXIT_DONE;
}

int show_reply(struct command *command, const ProtobufCMessage *reply)
{
	const struct sentence *sentence = command->sentence;
	ProtobufCMessage *const *rows;
	bool data = false, first = true;

	if (command->output == OUTPUT_JSON)
		return show_json(command, reply);
	for (int i = 0; i < MAX_PARTS; i++)
		data = data ||
		       (command->output != OUTPUT_TABLE && has_columns(&sentence->parts[i]));
	for (int i = 0; i < MAX_PARTS; i++) {
		const struct part *part = &sentence->parts[i];

		if ((!part->line && !has_columns(part)) || (data && !has_data(part, reply)))
			continue;
		if (data && !first)
			fputs(command->output == OUTPUT_CSV ? "\r\n" : "\n", command->out);
		show_part(command, part, reply);
		first = false;
	}
	if (sentence->empty && command->output == OUTPUT_TABLE && !command->quiet &&
	    field_messages(reply, sentence->parts[0].of, &rows) == 0)
		fprintf(stderr, "%s\n", sentence->empty);
	return EXIT_DONE;
}
