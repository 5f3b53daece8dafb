/* The connections to PostgreSQL, in lanes. */
#include "pool.h"

#include <stdlib.h>

enum { QUEUE_MOST = 64, SILENT_MS = 1000 };

struct queue {
	struct pool_job *head, *tail;
	int length;
};

struct pool {
	int n;
	int64_t now; /* monotonic ms, of the last tick */
	struct connection connections[POOL_MOST];
	struct queue queues[LANES];
};

struct pool *pool_create(const struct connection_options *options,
			 const struct connection_options *standby, const long size[LANES])
{
	/* The control lane reads the keys while the others still prepare: it begins. */
	static const enum lane order[LANES] = {LANE_CONTROL, LANE_QUICK, LANE_SLOW, LANE_STANDBY};
	struct pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	for (int k = 0; k < LANES; k++) {
		const enum lane lane = order[k];
		for (long i = 0; i < size[lane] && pool->n < POOL_MOST; i++)
			connection_init(&pool->connections[pool->n++],
					lane == LANE_STANDBY ? standby : options, lane);
	}
	return pool;
}

static bool is_ready(const struct connection *c)
{
	return c->stage == STAGE_READY && !c->broken;
}

/*
 * Of the quick connections one is kept for what only reads, if there is another: it
 * never stands behind somebody's lock or the disk, for which jobs that write may wait.
 */
static const struct connection *kept(const struct pool *pool)
{
	const struct connection *last = NULL;
	int up = 0;
	for (int i = 0; i < pool->n; i++) {
		const struct connection *c = &pool->connections[i];
		if (c->lane == LANE_QUICK && is_ready(c)) {
			last = c;
			up++;
		}
	}
	return up > 1 ? last : NULL;
}

long pool_room(const struct pool *pool, enum lane lane)
{
	const struct connection *without = kept(pool);
	long room = 0;
	for (int i = 0; i < pool->n; i++) {
		if (pool->connections[i].lane == lane && &pool->connections[i] != without)
			room += connection_room(&pool->connections[i]);
	}
	return room;
}

bool pool_lane_is_up(const struct pool *pool, enum lane lane)
{
	for (int i = 0; i < pool->n; i++) {
		const struct connection *c = &pool->connections[i];
		if (c->lane == lane && is_ready(c))
			return true;
	}
	return false;
}

bool pool_is_up(const struct pool *pool)
{
	for (enum lane lane = 0; lane < LANES; lane++) {
		if (lane != LANE_STANDBY && !pool_lane_is_up(pool, lane))
			return false;
	}
	return true;
}

bool pool_is_unfit(const struct pool *pool)
{
	for (int i = 0; i < pool->n; i++) {
		if (pool->connections[i].unfit && pool->connections[i].lane != LANE_STANDBY)
			return true;
	}
	return false;
}

struct pool_figures pool_look(const struct pool *pool, enum lane lane)
{
	struct pool_figures figures = {.waiting = pool->queues[lane].length};
	for (int i = 0; i < pool->n; i++) {
		const struct connection *c = &pool->connections[i];
		if (c->lane != lane)
			continue;
		figures.up += is_ready(c);
		figures.running += c->in_flight;
		figures.losses += c->losses;
	}
	return figures;
}

/* The connection with the most room for the job, or NULL. */
static struct connection *roomiest(struct pool *pool, const struct pool_job *job)
{
	const struct connection *without = job->writes ? kept(pool) : NULL;
	struct connection *best = NULL;
	for (int i = 0; i < pool->n; i++) {
		struct connection *c = &pool->connections[i];
		if (c->lane == job->lane && c != without &&
		    connection_room(c) > (best ? connection_room(best) : 0))
			best = c;
	}
	return best;
}

enum pool_answer pool_submit(struct pool *pool, struct pool_job *job)
{
	struct queue *queue = &pool->queues[job->lane];
	struct connection *c = queue->head ? NULL : roomiest(pool, job);
	if (c) {
		if (job->starting && !job->starting(job))
			return POOL_TAKEN;
		return connection_send(c, job) ? POOL_TAKEN : POOL_AWAY;
	}
	if (!pool_lane_is_up(pool, job->lane))
		return POOL_AWAY;
	if (queue->length == QUEUE_MOST)
		return POOL_FULL;
	job->next = NULL;
	if (queue->head)
		queue->tail->next = job;
	else
		queue->head = job;
	queue->tail = job;
	queue->length++;
	return POOL_TAKEN;
}

static struct pool_job *dequeue(struct queue *queue)
{
	struct pool_job *job = queue->head;
	queue->head = job->next;
	queue->length--;
	return job;
}

static void fail_queue(struct queue *queue)
{
	static const struct failure away = {0};
	while (queue->head) {
		struct pool_job *job = dequeue(queue);
		job->done(job, NULL, &away);
	}
}

void pool_destroy(struct pool *pool)
{
	for (enum lane lane = 0; pool && lane < LANES; lane++)
		fail_queue(&pool->queues[lane]);
	for (int i = 0; pool && i < pool->n; i++)
		connection_finish(&pool->connections[i]);
	free(pool);
}

/* Sends what waits, as far as there is room; without any connection it fails. */
static void pump(struct pool *pool, enum lane lane)
{
	static const struct failure away = {0};
	struct queue *queue = &pool->queues[lane];
	while (queue->head) {
		struct connection *c = roomiest(pool, queue->head);
		if (!c && pool_lane_is_up(pool, lane))
			return;
		struct pool_job *job = dequeue(queue);
		if (c && job->starting && !job->starting(job))
			continue;
		if (!c || !connection_send(c, job))
			job->done(job, NULL, &away);
	}
}

int pool_watch(const struct pool *pool, struct pollfd *out)
{
	for (int i = 0; i < pool->n; i++)
		out[i] = connection_watch(&pool->connections[i]);
	return pool->n;
}

void pool_handle(struct pool *pool, int i, short revents)
{
	if (revents & POLLIN)
		pool->connections[i].heard = pool->now;
	connection_handle(&pool->connections[i], revents);
	pump(pool, pool->connections[i].lane);
}

/*
 * Where one was lost the others may be lost as well: idle ones would not notice, and
 * the rest one after the other, each with somebody's call. A report may take as long
 * as it likes: but on a standby it is only read again.
 */
static void renew_silent(struct pool *pool, bool standby)
{
	for (int i = 0; i < pool->n; i++) {
		struct connection *c = &pool->connections[i];
		if ((c->lane == LANE_STANDBY) != standby)
			continue;
		const bool silent =
			(c->lane == LANE_QUICK || standby) && pool->now - c->heard > SILENT_MS;
		c->broken = c->broken || (c->stage == STAGE_READY && (!c->head || silent));
	}
}

/* One of a lane goes ahead, and serves the sooner; the others knock where one was let in. */
static bool is_led(const struct pool *pool, const struct connection *c, bool whole)
{
	if (c->stage != STAGE_DOWN || c->broken || (whole && pool_lane_is_up(pool, c->lane)))
		return false;
	for (int i = 0; i < pool->n; i++) {
		const struct connection *other = &pool->connections[i];
		if (other->lane == c->lane && other->stage != STAGE_DOWN)
			return true;
	}
	return false;
}

int64_t pool_tick(struct pool *pool, int64_t now, bool whole)
{
	int64_t next = INT64_MAX;
	bool lost[] = {false, false}; /* of the database's, of the standby's */
	pool->now = now;
	for (int i = 0; i < pool->n; i++) {
		const struct connection *c = &pool->connections[i];
		if (c->stage == STAGE_READY && c->broken)
			lost[c->lane == LANE_STANDBY] = true;
	}
	for (int standby = 0; standby < 2; standby++)
		if (lost[standby])
			renew_silent(pool, standby);
	for (int i = 0; i < pool->n; i++) {
		struct connection *c = &pool->connections[i];
		const int64_t due = is_led(pool, c, whole) ? INT64_MAX : connection_tick(c, now);
		next = due < next ? due : next;
	}
	for (enum lane lane = 0; lane < LANES; lane++)
		pump(pool, lane);
	return next;
}
