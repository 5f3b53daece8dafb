/* Lines and cells made of a message's fields. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "json.h"
#include "show.h"
#include "text.h"
#include "when.h"

/* "starts..ends" in full, with its zone. */
static void write_range(const ProtobufCMessage *message, const char *path, const char *zone,
			FILE *out)
{
	const char *dots = strstr(path, "..");
	char first[64], text[256];
	int64_t starts, ends;

	snprintf(first, sizeof(first), "%.*s", (int)(dots - path), path);
	if (!field_time(message, first, &starts) || !field_time(message, dots + 2, &ends))
		return;
	when_write_range(starts, ends, zone, text, sizeof(text));
	fputs(text, out);
}

static void write_weekday(const ProtobufCMessage *message, const char *path, FILE *out)
{
	static const char *const DAYS[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	int64_t day = field_number(message, path, 0);

	if (day >= 1 && day <= 7)
		fputs(DAYS[day - 1], out);
}

/* What to type about something that waits. */
static void write_next(const ProtobufCMessage *message, const char *path, FILE *out)
{
	static const struct {
		const char *label, *next;
	} NEXT[] = {{"close_session", "coach attended %lld"},
		    {"answer_request", "coach accept %lld"},
		    {"offer_request", "coach offer %lld COACH"},
		    {"approve_coach", "coach approve %lld"},
		    {"new_key", "coach keys confirm %lld, or revoke it"},
		    {"action_due", "coach action done %lld"},
		    {"record_conversation", "coach log %lld"},
		    {"arrange_session", "coach move %lld START"},
		    {"sign_conversation", "coach sign %lld"},
		    {"approve_disclosure", "coach disclosure approve %lld"},
		    {"read_disclosure", "coach disclosure read %lld"},
		    {"disclosure_notice", "coach disclosures"}};
	const ProtobufCFieldDescriptor *field = field_find(message->descriptor, path);
	char label[64], *text = NULL;

	enum_label(field->descriptor, (int)field_number(message, path, 0), label, sizeof(label));
	for (size_t i = 0; i < sizeof(NEXT) / sizeof(NEXT[0]); i++)
		if (strcmp(label, NEXT[i].label) == 0)
			text = strdup(NEXT[i].next);
	char *mark = text ? strstr(text, "%lld") : NULL;

	if (mark)
		fprintf(out, "%.*s%lld%s", (int)(mark - text), text,
			(long long)field_number(message, "id", 0), mark + 4);
	else if (text)
		fputs(text, out);
	free(text);
}

/* A last day, of a field that holds the day after it. */
static void write_day_before(const ProtobufCMessage *message, const char *path,
			     enum field_style style, FILE *out)
{
	char day[32], text[32];

	if (!field_present(message, path))
		return;
	when_shift_day(field_string(message, path), -1, day);
	fputs(style != FIELD_DATA && when_write_date(day, text, sizeof(text)) ? text : day, out);
}

/* Why a cell of a report is empty. */
static void write_absent(const ProtobufCMessage *message, const char *path, FILE *out)
{
	size_t n = strlen(path);

	if (field_number(message, "suppressed", 0))
		fputs("fewer than 5", out);
	else if (n > 7 && strcmp(path + n - 7, "percent") == 0)
		fputs("n/a", out);
}

static void write_form(const ProtobufCMessage *message, const char *path, enum field_style style,
		       const char *zone, FILE *out)
{
	char bare[64];
	size_t n = strlen(path);

	snprintf(bare, sizeof(bare), "%.*s", (int)n - 1, path);
	if (strstr(path, ".."))
		write_range(message, path, zone, out);
	else if (path[n - 1] == '~')
		write_weekday(message, bare, out);
	else if (path[n - 1] == '!')
		write_next(message, bare, out);
	else if (path[n - 1] == '-')
		write_day_before(message, bare, style, out);
	else if (field_present(message, path))
		field_write(message, path, style, zone, out);
	else
		write_absent(message, path, out);
}

/* A spreadsheet would take a text that begins like a formula for one. */
static void disarm(const ProtobufCMessage *message, const char *path, char **text)
{
	const ProtobufCFieldDescriptor *field = field_find(message->descriptor, path);
	char *safe;

	if (!field || field_is_number(field) || !**text || !strchr("=+-@\t\r", **text))
		return;
	if (asprintf(&safe, "'%s", *text) < 0)
		abort();
	free(*text);
	*text = safe;
}

char *show_cell(const ProtobufCMessage *message, const char *path, enum field_style style,
		const char *zone)
{
	char *text = NULL, *clean;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	write_form(message, path, style, zone, out);
	fclose(out);
	if (style == FIELD_DATA) {
		disarm(message, path, &text);
		return text;
	}
	clean = text_clean(text, true);
	free(text);
	return clean;
}

/* "?late", "?state=requested" */
static bool holds(const char *condition, const ProtobufCMessage *message)
{
	const char *equals = strchr(condition, '=');
	char name[64], *cell;
	bool same;

	if (!equals)
		return field_number(message, condition, 0) != 0;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - condition), condition);
	cell = show_cell(message, name, FIELD_DATA, "UTC");
	same = strcmp(cell, equals + 1) == 0;
	free(cell);
	return same;
}

/* "{^state}", "{starts..ends}", "{?late}"; false when there is nothing in it. */
static bool write_field(const char *path, const ProtobufCMessage *message, const char *zone,
			FILE *out)
{
	char *cell;
	bool present;

	if (path[0] == '?')
		return holds(path + 1, message);
	cell = show_cell(message, path + (path[0] == '^'), FIELD_PEOPLE, zone);
	present = cell[0] != '\0';
	if (path[0] == '^')
		cell[0] = (char)toupper((unsigned char)cell[0]);
	fputs(cell, out);
	free(cell);
	return present;
}

/* Up to the end of the line or of its [part]; false when a field in it was absent. */
static bool write_until(const char **line, char end, const ProtobufCMessage *message,
			const char *zone, FILE *out)
{
	bool whole = true;
	char path[64];

	for (; **line && **line != end; (*line)++) {
		if (**line == '[') {
			char *text = NULL;
			size_t size = 0;
			FILE *part = open_memstream(&text, &size);

			if (!part)
				abort();
			(*line)++;
			bool present = write_until(line, ']', message, zone, part);
			fclose(part);
			if (present)
				fputs(text, out);
			free(text);
		} else if (**line == '{') {
			size_t n = strcspn(*line, "}");

			snprintf(path, sizeof(path), "%.*s", (int)n - 1, *line + 1);
			whole = write_field(path, message, zone, out) && whole;
			*line += n;
		} else {
			fputc(**line, out);
		}
	}
	return whole;
}

void show_line(const char *line, const ProtobufCMessage *message, const char *zone, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *part = open_memstream(&text, &size);

	if (!part)
		abort();
	write_until(&line, '\0', message, zone, part);
	fclose(part);
	if (text[0])
		fprintf(out, "%s\n", text);
	free(text);
}
