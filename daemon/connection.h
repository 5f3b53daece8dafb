/*
 * One connection to PostgreSQL: pipelined, never blocking. Each job is a few
 * statements and a Sync, one implicit transaction; answers come first in, first
 * out. Connects again on its own after a pause that grows.
 */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cells.h"
#include "connection_hosts.h"
#include "methods.h"

/* A prepared statement. */
struct pool_statement {
	const char *name, *sql;
	const uint32_t *types;
	int n_types;
	unsigned lanes; /* 1 << lane for each lane that prepares it */
};

/* One statement of a job; `name` is one of the prepared ones. */
struct pool_step {
	const char *name;
	int n;
	const char *const *values; /* NULL: NULL */
	const int *lengths, *formats;
};

/* Work for one transaction. Stays the caller's, untouched until `done`. */
struct pool_job {
	struct pool_job *next; /* the pool's */
	enum lane lane;
	bool writes; /* so it may wait for locks and for the disk */
	struct pool_step steps[3];
	int n_steps;
	/* Called just before it is sent; false: it is not wanted any more. May be NULL. */
	bool (*starting)(struct pool_job *job);
	/*
	 * Called once, after the Sync: with the rows of the last step, or with a
	 * failure. Both live until it returns. It may submit further jobs.
	 */
	void (*done)(struct pool_job *job, const struct rows *rows, const struct failure *failure);
};

/* What all connections share. */
struct connection_options {
	const char *conninfo;
	struct hosts *hosts;  /* its host names */
	const char *settings; /* "-c name=value ...", with spaces in values escaped */
	const struct pool_statement *statements;
	size_t n_statements;
	const char *listen; /* a statement run on the control lane once connected, or NULL */
	long depth;	    /* jobs in flight on one connection of the quick lane */
	/*
	 * The columns that a statement gives. False: they are not those of the
	 * contract, and the connection must not serve.
	 */
	bool (*described)(void *arg, size_t statement, int n, const char *const *names,
			  const uint32_t *types);
	void (*notified)(void *arg); /* a notification came */
	void *arg;
};

enum stage { STAGE_DOWN, STAGE_CONNECTING, STAGE_PREPARING, STAGE_READY };

struct connection {
	const struct connection_options *options;
	enum lane lane;
	enum stage stage;
	struct pg_conn *pg;
	int64_t due;   /* monotonic ms: when to connect, or to give up connecting */
	int64_t pause; /* ms */
	int64_t heard; /* monotonic ms: when PostgreSQL last said something; the pool's */
	uint64_t losses;
	short events; /* what to poll for */
	bool broken;  /* to be given up by connection_tick */
	bool unfit;   /* the statements do not suit this database */

	struct pool_job *head, *tail;
	long in_flight, depth;
	int step; /* of the head, or of the preparation, now answered */
	struct pg_result *answer;
	struct failure failure;
	bool failed;
	struct cell *cells;
	size_t n_cells;
};

void connection_init(struct connection *c, const struct connection_options *options,
		     enum lane lane);

/* Begins to connect, or to look for its host; sets when to look again. connection_tick's. */
void connection_start(struct connection *c, int64_t now);

/* Closes it. Jobs in flight end with an unknown failure. */
void connection_finish(struct connection *c);

/* Connects when that is due, gives up what hangs; returns when it wants to be called again. */
int64_t connection_tick(struct connection *c, int64_t now);

/* What to poll for; fd -1: nothing. */
struct pollfd connection_watch(const struct connection *c);
void connection_handle(struct connection *c, short revents);

/* Sends a job; the connection must have room. False: it broke, and the job was not taken. */
bool connection_send(struct connection *c, struct pool_job *job)
	__attribute__((warn_unused_result));

static inline long connection_room(const struct connection *c)
{
	return c->stage == STAGE_READY && !c->broken ? c->depth - c->in_flight : 0;
}
