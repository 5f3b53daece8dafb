/* Reading comma-separated values (RFC 4180). */
#include "csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What it holds, or where that cannot be known the most that is read. */
static size_t room_for(FILE *file)
{
	enum { MOST = 16 << 20 };
	struct stat info;

	if (fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode) && info.st_size < MOST)
		return (size_t)info.st_size;
	return MOST;
}

char *file_read(const char *path, char *error, size_t size)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	const size_t most = file ? room_for(file) : 0;
	char *text = file ? malloc(most + 1) : NULL;
	size_t n;

	if (!text) {
		snprintf(error, size, "%s cannot be read: %s.", path, strerror(errno));
		return NULL;
	}
	n = fread(text, 1, most + 1, file);
	if (ferror(file) || n > most || memchr(text, '\0', n)) {
		snprintf(error, size,
			 ferror(file) ? "%s cannot be read."
			 : n > most   ? "%s is larger than 16 MiB: cut it in two."
				      : "%s is no text file: save it as text, or CSV, in UTF-8.",
			 path);
		free(text);
		text = NULL;
	} else {
		text[n] = '\0';
		text = realloc(text, n + 1);
	}
	if (file != stdin)
		fclose(file);
	return text;
}

void csv_init(struct csv *csv, char *text)
{
	*csv = (struct csv){.text = text, .at = text, .next_line = 1};
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		csv->at += 3;
}

bool csv_load(struct csv *csv, const char *path, char *error, size_t size)
{
	char *text = file_read(path, error, size);

	*csv = (struct csv){0};
	if (text)
		csv_init(csv, text);
	return text != NULL;
}

/* Takes the quotes away in place and returns what follows the closing one, or NULL. */
static char *read_quoted(struct csv *csv, char *cell)
{
	char *to = cell, *from = cell + 1;

	for (; *from; from++) {
		if (*from == '\n')
			csv->next_line++;
		if (*from != '"') {
			*to++ = *from;
		} else if (from[1] == '"') {
			*to++ = *from++;
		} else {
			*to = '\0';
			return from + 1;
		}
	}
	return NULL;
}

/* One cell; fills what ended it: ',', '\n' or '\0'. */
static bool read_cell(struct csv *csv, char *end)
{
	char *cell = csv->at, *after;

	if (*cell == '"') {
		after = read_quoted(csv, cell);
		if (!after || !strchr(",\r\n", *after))
			return false;
	} else {
		after = cell + strcspn(cell, ",\r\n");
	}
	*end = *after == '\r' ? '\n' : *after;
	csv->at = after;
	if (*after == '\r' && after[1] == '\n')
		csv->at++;
	if (*csv->at)
		csv->at++;
	if (*end == '\n')
		csv->next_line++;
	*after = '\0';
	if (csv->count < CSV_CELLS)
		csv->cells[csv->count] = cell;
	csv->count++;
	return true;
}

static bool is_empty(const struct csv *csv)
{
	for (size_t i = 0; i < csv->count; i++)
		if (*csv->cells[i])
			return false;
	return true;
}

int csv_next(struct csv *csv, char *error, size_t size)
{
	char end;

	while (*csv->at) {
		csv->count = 0;
		csv->line = csv->next_line;
		do {
			if (!read_cell(csv, &end)) {
				snprintf(
					error, size,
					"Line %d has a quote that is not closed, or text after it.",
					csv->line);
				return -1;
			}
		} while (end == ',');
		if (csv->count > CSV_CELLS) {
			snprintf(error, size, "Line %d has more than %d columns.", csv->line,
				 CSV_CELLS);
			return -1;
		}
		if (!is_empty(csv))
			return 1;
	}
	return 0;
}

void csv_finish(struct csv *csv)
{
	free(csv->text);
	*csv = (struct csv){0};
}
