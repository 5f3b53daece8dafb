/*
 * What the database gives back, without a word of libpq: cells of rows, and
 * failures. The codec and the status table know only these.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* One value in PostgreSQL's binary format. */
struct cell {
	const char *data;
	int length;    /* -1: NULL */
	uint32_t type; /* the type's oid */
};

/* The answer of one statement, row by row: cells[row * n_columns + column]. */
struct rows {
	int n_rows, n_columns;
	const struct cell *cells;
};

/* Why there is no answer. All text ends in 0 and may be cut off. */
struct failure {
	char sqlstate[6]; /* "": the connection was lost */
	char constraint[64];
	char message[512];
	char detail[128];
	char hint[64];
	bool unknown; /* it may have been committed all the same */
};
