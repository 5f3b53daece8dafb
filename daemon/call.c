/* The way of one call. */
#include "call.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call_log.h"
#include "call_prepare.h"
#include "call_standby.h"
#include "limit.h"
#include "metrics.h"
#include "pg_types.h"

enum {
	TRIES = 4,	      /* of a transaction that lost a race inside the database */
	QUICK_MS = 30 * 1000, /* the most that a call may take */
	SLOW_MS = 300 * 1000,
};

static struct call *take(struct calls *calls)
{
	struct call *call = calls->spare;
	if (call) {
		calls->spare = call->next;
		memset(call, 0, offsetof(struct call, params));
	} else {
		call = calloc(1, sizeof(*call));
		if (!call)
			return NULL;
		arena_init(&call->arena, LIMIT_BUDGET);
	}
	call->calls = calls;
	calls->in_flight++;
	clock_gettime(CLOCK_MONOTONIC, &call->started);
	return call;
}

static void give_back(struct call *call)
{
	struct calls *calls = call->calls;
	arena_reset(&call->arena, LIMIT_BUDGET);
	share_leave(&calls->shares, &call->place);
	call->next = calls->spare;
	calls->spare = call;
	calls->in_flight--;
}

static void log_call(const struct call *call, const struct status *status)
{
	const struct call_end end = {
		.id = call->envelope.id,
		.key = call->key,
		.person = call->person,
		.method = call->method,
		.seconds = call_seconds(&call->started),
		.retries = call->tries,
		.replayed = call->replaying,
		.status = status,
	};
	call_log(&end);
	if (call->calls->metrics)
		metrics_count(call->calls->metrics, &end);
}

/* Sends the reply and ends the call. */
static void reply(struct call *call, const struct status *status, const uint8_t *body, size_t size,
		  bool more)
{
	uint8_t header[ENVELOPE_SIZE];
	const struct moved *moved = call->door == DOOR_MAIN ? call->calls->moved : NULL;
	const struct outgoing out = {
		.door = call->door,
		.route = call->route,
		.route_size = call->route_size,
		.header = header,
		.header_size = envelope_write(&call->envelope, status, more, call_now(call->calls),
					      moved, header),
		.body = body,
		.body_size = size,
		.secret = size && call->calls->body.secret,
	};
	log_call(call, status);
	call->calls->send(call->calls->arg, &out);
	give_back(call);
}

static void refuse(struct call *call, const struct status *status)
{
	const bool final =
		status->code != CODE(UNAVAILABLE) && status->code != CODE(DEADLINE_EXCEEDED);
	if (final && call->method && call->method->access == ACCESS_WRITE)
		refusals_keep(&call->calls->refusals, call->key, call->envelope.id,
			      call->envelope.expires);
	reply(call, status, NULL, 0, false);
}

/* It was done, but there is no memory to say so; the same call finds the reply kept. */
static void unknown(struct call *call)
{
	const struct failure failure = {.unknown = true};
	struct status status;
	(void)status_of_failure(&failure, call->method->access == ACCESS_WRITE, &status);
	refuse(call, &status);
}

/*
 * Who was enrolled is known to the next handshake before they learn of it. If we
 * cannot know them yet, they ask again, with the same id, and get the reply then.
 */
static void keys_were_read(struct keys_waiter *waiter, bool good)
{
	struct call *call = (struct call *)((char *)waiter - offsetof(struct call, waiter));
	struct status status = {.code = CODE(OK)};
	if (good) {
		reply(call, &status, call->kept, call->kept_size, false);
		return;
	}
	status_set(&status, CODE(UNAVAILABLE), "DATABASE_AWAY",
		   "The database is away; try again in a moment.");
	refuse(call, &status);
}

static void reply_after_keys(struct call *call)
{
	struct buffer *body = &call->calls->body;
	call->kept = arena_copy(&call->arena, body->data, body->length);
	if (!call->kept) {
		unknown(call);
		return;
	}
	call->kept_size = body->length;
	call->waiter.read = keys_were_read;
	keys_wait(call->calls->keys, &call->waiter);
}

static enum pool_answer give(struct call *call)
{
	return call->calls->stopping ? POOL_AWAY : pool_submit(call->calls->pool, &call->job);
}

static void submit(struct call *call)
{
	struct status status;
	enum pool_answer answer = give(call);
	if (answer != POOL_TAKEN && standby_home(call))
		answer = give(call);
	switch (answer) {
	case POOL_TAKEN:
		return;
	case POOL_AWAY:
		status_set(&status, CODE(UNAVAILABLE), "DATABASE_AWAY",
			   "The database is away; try again in a moment.");
		break;
	default:
		status_set(&status, CODE(RESOURCE_EXHAUSTED), "TOO_MANY_CALLS",
			   "Too many calls of this kind wait already; try again in a moment.");
	}
	refuse(call, &status);
}

static void go(struct share_waiter *place)
{
	submit((struct call *)((char *)place - offsetof(struct call, place)));
}

/* A flood costs its sender: their calls wait and are refused, others' are not. */
static void take_turn(struct call *call)
{
	struct status status;
	const enum lane lane = call->method->lane;
	call->place.go = go;
	switch (call->shares ? share_enter(&call->calls->shares, call->client, lane, &call->place)
			     : SHARE_GO) {
	case SHARE_GO:
		submit(call);
		return;
	case SHARE_WAITS:
		return;
	case SHARE_FULL:
		status_set(&status, CODE(RESOURCE_EXHAUSTED), "TOO_MANY_CALLS",
			   "You have too many calls in hand; wait for their answers, then call "
			   "again.");
		refuse(call, &status);
	}
}

/* A call that waited past its time never touches the database. */
static bool starting(struct pool_job *job)
{
	struct call *call = (struct call *)job;
	const int64_t now = call_now(call->calls);
	struct status status;
	if (call_is_expired(call, now, &status)) {
		refuse(call, &status);
		return false;
	}
	int64_t left = call->method->lane == LANE_SLOW ? SLOW_MS : QUICK_MS;
	if (call->envelope.expires && (call->envelope.expires - now) / 1000 < left)
		left = (call->envelope.expires - now) / 1000;
	pg_put32(call->left_be, (uint32_t)left);
	/* By the clock that PostgreSQL sees too, if it is ours: our messages may wait there. */
	pg_put64(call->until_be, (uint64_t)(now - call->calls->clock_offset + left * 1000 -
					    PG_EPOCH * US_PER_SECOND));
	return true;
}

/* The reply of before, of a call that was made before. */
static void replay(struct call *call)
{
	/* The key is first of `authenticate` too; the id, fourth there, comes second here. */
	call->replaying = true;
	call->values[1] = call->values[3];
	call->lengths[1] = call->lengths[3];
	call->job.steps[0] = (struct pool_step){"kept_reply", KEPT_PARAMETERS, call->values,
						call->lengths, call->job.steps[0].formats};
	call->job.n_steps = 1;
	submit(call);
}

/*
 * Of a write that was sent before, perhaps through another daemon: before we say that
 * it was refused, that sending must be unable to do it, if it still is on its way.
 */
static bool must_note(const struct call *call, const struct failure *failure)
{
	const bool by_rule =
		!strcmp(failure->sqlstate, "ZC010") || !strncmp(failure->sqlstate, "23", 2);
	return by_rule && call->envelope.again && call->envelope.expires && !call->noting &&
	       call->method->access == ACCESS_WRITE;
}

static void note_refusal(struct call *call, const struct status *status)
{
	static const int of[REFUSAL_PARAMETERS] = {0, 3, 4, 9}; /* those of `authenticate` */
	for (int i = 0; i < REFUSAL_PARAMETERS; i++) {
		call->note[i] = call->values[of[i]];
		call->note_lengths[i] = call->lengths[of[i]];
	}
	call->refused = *status;
	call->noting = true;
	call->job.steps[0] = (struct pool_step){"note_refusal", REFUSAL_PARAMETERS, call->note,
						call->note_lengths, call->job.steps[0].formats};
	call->job.n_steps = 1;
	submit(call);
}

static void failed(struct call *call, const struct failure *failure)
{
	const bool write = call->method->access == ACCESS_WRITE;
	struct status status;
	const enum verdict verdict = status_of_failure(failure, write, &status);
	guesses_note(&call->calls->guesses, call->origin, call->started.tv_sec, &status);
	if (verdict == VERDICT_REPLAY && !call->calls->stopping)
		replay(call);
	else if (verdict == VERDICT_RETRY && ++call->tries < TRIES && !call->calls->stopping)
		submit(call);
	else if (must_note(call, failure))
		note_refusal(call, &status);
	else
		refuse(call, &status);
}

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct call *call = (struct call *)job;
	struct buffer *body = &call->calls->body;
	struct status status = {.code = CODE(OK)};
	bool more = false, good;
	if (standby_next(call, rows, failure)) {
		submit(call);
		return;
	}
	if (failure) {
		failed(call, failure);
		return;
	}
	if (call->noting && !call->replaying) {
		refuse(call, &call->refused);
		return;
	}
	buffer_clear(body);
	if (call->no_room && !call->replaying)
		good = status_set(&status, CODE(RESOURCE_EXHAUSTED), "DISK_LOW",
				  "The daemon's disk is nearly full, so nothing is written for "
				  "now; tell whoever runs it, and try again later.");
	else if (call->replaying)
		good = codec_kept(call->method, rows->cells, body, &status);
	else
		good = codec_reply(call->method, rows, call->limit, body, &more, &status);
	if (!good && body->no_memory && call->method->access == ACCESS_WRITE)
		unknown(call);
	else if (!good)
		refuse(call, &status);
	else if (call->method->role == ROLE_ENROLLING)
		reply_after_keys(call);
	else
		reply(call, &status, body->data, body->length, more);
	if (body->secret)
		buffer_clear(body);
}

void calls_handle(struct calls *calls, const struct incoming *in)
{
	struct status status;
	uint8_t key[KEY_SIZE];
	if (!in->user_id || !keys_parse(in->user_id, key) || in->route_size > ROUTE_SIZE)
		return; /* nobody whom the handshake proved */
	struct call *call = take(calls);
	if (!call)
		return;
	call->door = in->door;
	call->origin = door_enrols(in->door) ? guesses_place(in->address) : 0;
	memcpy(call->route, in->route, in->route_size);
	call->route_size = in->route_size;
	memcpy(call->key, key, KEY_SIZE);
	call->job.starting = starting;
	call->job.done = done;
	if (!call_prepare(call, in, &status)) {
		refuse(call, &status);
		return;
	}
	standby_prepare(call);
	take_turn(call);
}

bool calls_init(struct calls *calls, char *error, size_t size)
{
	const ProtobufCMessageDescriptor *requests[128] = {
		&coachhouse__v1__call_header__descriptor};
	size_t n;
	const struct method *methods = methods_all(&n);
	for (size_t i = 0; i < n && i + 2 < sizeof(requests) / sizeof(*requests); i++)
		requests[i + 1] = methods[i].request;
	*calls = (struct calls){0};
	return limit_init(requests, error, size);
}

void calls_finish(struct calls *calls)
{
	while (calls->spare) {
		struct call *call = calls->spare;
		calls->spare = call->next;
		arena_reset(&call->arena, 0);
		free(call);
	}
	shares_finish(&calls->shares);
	buffer_finish(&calls->body);
}
