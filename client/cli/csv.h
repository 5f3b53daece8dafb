/* Reading comma-separated values (RFC 4180). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { CSV_CELLS = 32 };

/* A file in memory; the cells of the row that was read last point into it. */
struct csv {
	char *text, *at;
	int line, next_line; /* where the row begins; where the next one does */
	char *cells[CSV_CELLS];
	size_t count;
};

/*
 * Takes the text of a whole file (NUL-terminated, to be freed by csv_finish);
 * a byte order mark is skipped.
 */
void csv_init(struct csv *csv, char *text);

/* Reads a file, or standard input for "-"; false with a sentence. */
bool csv_load(struct csv *csv, const char *path, char *error, size_t size)
	__attribute__((warn_unused_result));

/* The next row that is not empty: 1, 0 at the end, -1 with a sentence that names the line. */
int csv_next(struct csv *csv, char *error, size_t size) __attribute__((warn_unused_result));

void csv_finish(struct csv *csv);

/* A whole file as text, at most 16 MiB and without NUL; "-": standard input. NULL with a sentence. */
char *file_read(const char *path, char *error, size_t size);
