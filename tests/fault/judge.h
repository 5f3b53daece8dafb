/* Between the files of the checker. */
#pragma once
#include "checker.h"

enum { CELL = 900 }; /* seconds: times are compared in quarters of an hour */

/* A call: the attempts with one id and one request; or a read. */
struct call {
	const struct op *first, *told; /* told: the first OK, or NULL */
	enum op_outcome outcome;
	bool used; /* a session was put down to it */
};

/* A person was taken in this quarter, as clients knew it for that while. */
struct cell {
	int64_t person, cell, from, to;
};

struct checker {
	struct verdict verdict;
	const struct final_state *final;
	struct call *calls;
	size_t n_calls;
	struct call **creates; /* OK: by session */
	size_t n_creates;
	struct call **wishes; /* all that would create: by client, other, starts */
	size_t n_wishes;
	struct cell *cells;
	size_t n_cells;
};

/* Counts a finding; the first of a kind is kept in words. */
void found(struct checker *c, enum finding finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int compare(int64_t a, int64_t b);

/* NULL: there is none. The sessions are sorted. */
const struct final_session *find_final(const struct final_state *final, int64_t id);

/* As qsort, also of nothing. */
void sort(void *array, size_t n, size_t size, int (*order)(const void *, const void *));

/* `n` zeroed elements, and one more. */
void *make(size_t n, size_t size);

/* Nobody is in two places: as clients knew it at each instant, and in the end. */
void check_instants(struct checker *c);
void check_claims(struct checker *c);
