/*
 * The connections to PostgreSQL, in lanes: the quick one shares pipelines, the
 * slow one and the control one give each job a connection. Nothing here blocks.
 */
#pragma once
#include <poll.h>
#include <stdbool.h>

#include "connection.h"

enum { POOL_MOST = 128 }; /* connections */

struct pool;

/*
 * NULL when memory ran out. `standby`: the options of its lane, else unused. Both must
 * outlive the pool. Nothing is connected yet.
 */
struct pool *pool_create(const struct connection_options *options,
			 const struct connection_options *standby, const long size[LANES]);
void pool_destroy(struct pool *pool);

enum pool_answer {
	POOL_TAKEN, /* `done` will be called, later */
	POOL_AWAY,  /* no connection of the lane is up */
	POOL_FULL,  /* too many wait already */
};

/* Sends a job, or lets it wait for a connection of its lane. */
enum pool_answer pool_submit(struct pool *pool, struct pool_job *job)
	__attribute__((warn_unused_result));

/* How many jobs the lane would send at once, though all of them write. */
long pool_room(const struct pool *pool, enum lane lane);

/* Whether the lane has a connection that is up; whether every lane but the standby's has one. */
bool pool_lane_is_up(const struct pool *pool, enum lane lane);
bool pool_is_up(const struct pool *pool);

/* Whether a statement of another lane than the standby's does not suit (it was logged). */
bool pool_is_unfit(const struct pool *pool);

struct pool_figures {
	long up, running, waiting; /* connections; jobs sent and not */
	uint64_t losses;	   /* connections lost or refused, since the start */
};
struct pool_figures pool_look(const struct pool *pool, enum lane lane);

/* Fills at most POOL_MOST; index i goes back to pool_handle. */
int pool_watch(const struct pool *pool, struct pollfd *out);
void pool_handle(struct pool *pool, int i, short revents);

/*
 * Connects and gives up where due; all of a lane only when `whole`, else its first. `now`:
 * monotonic ms. Returns when to call again.
 */
int64_t pool_tick(struct pool *pool, int64_t now, bool whole);
