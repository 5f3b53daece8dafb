/*
 * The other daemons of the database: each names the first digits of its public key to
 * PostgreSQL, as application_name of its control connection. One that has another key is
 * logged, since people who know the one are refused by the other. Looked at every 10 s.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

enum { PEERS_DIGITS = 8 };

struct peers {
	struct pool_job job; /* must come first */
	struct pool *pool;
	const char *key; /* PEERS_DIGITS of it are said */
	int length;
	char others[80]; /* who was logged last */
	int64_t due;	 /* monotonic ms */
	bool running;
};

/* $1: our digits. A row, text: the others' digits, "" when all are as ours. */
extern const char peers_statement[];

/* `pool` and `public_key`, hexadecimal, must outlive it. */
void peers_init(struct peers *peers, struct pool *pool, const char *public_key);

/* Looks when it is due. `now`: monotonic ms. Returns when to call again. */
int64_t peers_tick(struct peers *peers, int64_t now);
