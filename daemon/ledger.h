/*
 * The ledger of erasures: a file outside the database, one line for each person
 * erased, "NUMBER ADDED ERASED", numbers and dates only. A backup of the
 * database from before an erasure would bring the person back: so the daemon
 * keeps this file, which is only appended to, and erases again at start whoever
 * stands in it. ADDED, when the person was added, tells them from somebody new
 * who was given the same number after such a backup was put back.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

enum { LEDGER_DATE = 32 };

struct ledger_line {
	int64_t person;
	char added[LEDGER_DATE], erased[LEDGER_DATE]; /* 2026-11-17T10:00:00.000000Z */
};

struct ledger {
	struct pool_job job; /* must come first */
	struct pool *pool;
	const char *path;
	struct ledger_line *lines; /* in order of number */
	size_t count, room;
	bool reading, again;
	int64_t due;	/* monotonic ms: when to look again */
	int told;	/* how many the database told of last, and all of them stand here */
	char known[24]; /* the same, for the statement */
	const char *known_value;
	int known_length;
};

/* For the control lane: those erased, unless there are as many as $1 says. */
extern const char ledger_statement[];

/*
 * Reads the file, or makes an empty one for its owner alone; the end of a line
 * that was cut off is dropped. False with a sentence. `path` must outlive it.
 */
bool ledger_open(struct ledger *ledger, const char *path, char *error, size_t size)
	__attribute__((warn_unused_result));
void ledger_close(struct ledger *ledger);

/* Whether a file is such a ledger; changes nothing. False with a sentence. */
bool ledger_check(const char *path, char *error, size_t size) __attribute__((warn_unused_result));

/* Whoever stands in it as PostgreSQL writes arrays, "{1005,1006}"; freed by the caller. */
struct ledger_arrays {
	char *people, *added, *erased; /* NULL: memory ran out */
};
struct ledger_arrays ledger_arrays(const struct ledger *ledger);
void ledger_arrays_free(struct ledger_arrays *arrays);

/*
 * From now on it takes over what the database tells, and waits until that is on
 * the disk. `pool` must outlive it.
 */
void ledger_follow(struct ledger *ledger, struct pool *pool);

/* Looks soon: something was erased. */
void ledger_refresh(struct ledger *ledger);

/* Looks when it is due. `now`: monotonic ms. Returns when to call again. */
int64_t ledger_tick(struct ledger *ledger, int64_t now);
