/*
 * What clients did and what they were told, and what the database holds in the
 * end. Filled by the load and by final.c; judged by checker.c, which knows no more.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
	OP_BOOK,
	OP_LOG, /* makes a session in the past, with a record of it */
	OP_MOVE,
	OP_CANCEL,
	OP_READ,
};

enum op_outcome {
	OP_UNKNOWN, /* it may have been done or not, or be done yet */
	OP_OK,
	OP_REFUSED,
};

/* One attempt. The same id again is another attempt at the same call. */
struct op {
	uint8_t id[16];
	enum op_kind kind;
	enum op_outcome outcome;
	int64_t client;		/* the person who called */
	uint64_t asked, answer; /* digests of the request, and of the reply when OK */
	int64_t invoked, ended; /* monotonic microseconds */
	int64_t other;		/* book, log: with whom */
	int64_t starts;		/* book, log, move: when; seconds since 1970 */
	int64_t session;	/* move, cancel, read: asked; book, log: told */
	/* Told, when OK: */
	int64_t told_starts;
	int version; /* 0: not told */
	bool live;   /* its time is taken */
	bool absent; /* read: "there is no such session" */
};

struct history {
	struct op *ops;
	size_t n, room;
};

/* A session of the database, with how many records of conversations it has. */
struct final_session {
	int64_t id, coach, mentee, starts, ends;
	int records;
	bool live;
};

/* One person's claim on a time. */
struct final_claim {
	int64_t session, person, starts, ends;
	bool live;
};

struct final_state {
	struct final_session *sessions;
	struct final_claim *claims;
	size_t n_sessions, n_claims;
};

/* Appends a copy. Aborts when memory runs out. */
void history_add(struct history *history, const struct op *op);
void history_free(struct history *history);
void final_free(struct final_state *final);
