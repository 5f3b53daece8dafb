/* One client: what it asks, and what it keeps of the answers. */
#include "client.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "booking.pb-c.h"
#include "conversations.pb-c.h"

enum { HALF = 1800, PAST = 20000 };

/* What may be said to them; other reasons are faults. */
static const char *const expected[] = {
	"SLOT_TAKEN", "YOU_ARE_BUSY", "MENTEE_BUSY", "WRONG_STATE", "ALREADY_BOOKED",
	"NOT_FOUND",  "KEY_REUSED",   "DISK_LOW",    "DISK_FULL",
};

/* A call in the making; the request's texts live here. */
struct ask {
	struct op op;
	const char *method;
	const ProtobufCMessage *request;
	Coachhouse__V1__BookSessionRequest book;
	Coachhouse__V1__LogConversationRequest log;
	Coachhouse__V1__MoveSessionRequest move;
	Coachhouse__V1__CancelSessionRequest cancel;
	Coachhouse__V1__GetSessionRequest get;
	Coachhouse__V1__Confidential note;
	char start[32];
};

static int roll(struct client *c, int sides)
{
	return (int)(rand_r(&c->seed) % (unsigned)sides);
}

static uint64_t digest_of(const ProtobufCMessage *message)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES];
	const size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = malloc(size + 1);
	uint64_t digest = 0;
	if (!packed)
		abort();
	protobuf_c_message_pack(message, packed);
	crypto_shorthash((unsigned char *)&digest, packed, size, key);
	free(packed);
	return digest;
}

static char *as_text(int64_t at, char out[32])
{
	const time_t when = at;
	struct tm tm;
	gmtime_r(&when, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%MZ", &tm);
	return out;
}

/* --- answers ------------------------------------------------------------------- */

static void note_success(struct board *b, const struct op *op)
{
	pthread_mutex_lock(&b->lock);
	if (op->invoked >= b->since && b->successes++ == 0)
		b->first_success = op->ended;
	pthread_mutex_unlock(&b->lock);
}

static void note_refusal(struct board *b, const struct coachhouse_failure *failure)
{
	bool known = false;
	int i = 0;
	for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
		known |= !strcmp(failure->reason, expected[e]);
	pthread_mutex_lock(&b->lock);
	while (i < b->n_said && strcmp(b->said[i].reason, failure->reason))
		i++;
	if (i < SAID) {
		snprintf(b->said[i].reason, sizeof b->said[i].reason, "%s", failure->reason);
		b->said[i].times++;
		b->n_said += i == b->n_said;
	}
	if (!known && !b->odd.reason[0])
		b->odd = *failure;
	pthread_mutex_unlock(&b->lock);
}

static bool is_unknown(const struct coachhouse_failure *failure)
{
	return failure->code == COACHHOUSE__V1__CODE__UNAVAILABLE ||
	       failure->code == COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED;
}

static void told_session(struct op *op, const Coachhouse__V1__Session *s)
{
	op->session = s->id;
	op->version = s->version;
	op->told_starts = s->starts ? s->starts->seconds : 0;
	op->live = s->state == COACHHOUSE__V1__SESSION_STATE__SESSION_STATE_BOOKED ||
		   s->state == COACHHOUSE__V1__SESSION_STATE__SESSION_STATE_ATTENDED;
}

static void take_answer(struct op *op, const ProtobufCMessage *message)
{
	op->outcome = OP_OK;
	op->answer = digest_of(message);
	op->live = op->kind != OP_CANCEL;
	if (op->kind == OP_BOOK) {
		const Coachhouse__V1__BookSessionReply *booked = (const void *)message;
		told_session(op, booked->sessions[0]);
	} else if (op->kind == OP_LOG) {
		op->session = ((const Coachhouse__V1__LogConversationReply *)message)->session;
		op->told_starts = op->starts;
	} else if (op->kind == OP_MOVE) {
		const Coachhouse__V1__MoveSessionReply *moved = (const void *)message;
		op->version = moved->version;
		op->told_starts = moved->starts->seconds;
	} else if (op->kind == OP_CANCEL) {
		const Coachhouse__V1__CancelSessionReply *gone = (const void *)message;
		op->version = gone->version;
		op->told_starts = gone->starts->seconds;
	} else {
		told_session(op, ((const Coachhouse__V1__GetSessionReply *)message)->session);
	}
}

static void call(struct client *c, struct coachhouse *connection, struct ask *ask,
		 const uint8_t id[16])
{
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure = {0};
	struct op *op = &ask->op;
	op->invoked = load_now();
	const bool good = coachhouse_call(connection, ask->method, ask->request, id,
					  c->board->options.timeout_ms, &reply, &failure);
	op->ended = load_now();
	if (good) {
		take_answer(op, reply.message);
		coachhouse_reply_free(&reply);
		return;
	}
	op->outcome = is_unknown(&failure) ? OP_UNKNOWN : OP_REFUSED;
	if (op->outcome == OP_REFUSED) {
		note_refusal(c->board, &failure);
		nanosleep(&(const struct timespec){.tv_nsec = 2000000}, NULL); /* as people do */
	}
	if (op->kind == OP_READ && !strcmp(failure.reason, "NOT_FOUND")) {
		op->outcome = OP_OK;
		op->absent = true;
	}
}

/* Once more from the start, with the same id; the planted slip takes a fresh one. */
static void attempt(struct client *c, struct coachhouse *connection, struct ask *ask)
{
	struct op *op = &ask->op;
	uint8_t id[16];
	memcpy(id, op->id, sizeof id);
	if (c->board->options.slip)
		randombytes_buf(id, sizeof id);
	op->outcome = OP_UNKNOWN;
	op->answer = 0;
	if (op->kind == OP_BOOK || op->kind == OP_LOG)
		op->session = 0;
	call(c, connection, ask, id);
	history_add(&c->history, op);
}

/* Until it is known what became of it; some never ask. False: it is not known. */
static bool settle(struct client *c, struct ask *ask)
{
	const bool patient = roll(c, 5) > 0;
	randombytes_buf(ask->op.id, sizeof ask->op.id);
	do
		attempt(c, c->connection, ask);
	while (ask->op.outcome == OP_UNKNOWN && patient && !atomic_load(&c->board->over));
	if (ask->op.outcome == OP_OK)
		note_success(c->board, &ask->op);
	return ask->op.outcome != OP_UNKNOWN;
}

/* What was answered is asked again, as by somebody who did not hear. */
static void ask_again(struct client *c, const struct ask *done)
{
	struct ask again = *done;
	attempt(c, c->connection, &again);
}

/* --- what they ask ------------------------------------------------------------------- */

static void ask_for(struct ask *ask, struct client *c, enum op_kind kind, const char *method,
		    const ProtobufCMessage *request)
{
	ask->op.kind = kind;
	ask->op.client = c->person;
	ask->op.asked = digest_of(request);
	ask->method = method;
	ask->request = request;
}

static void keep(struct client *c, const struct op *op)
{
	if (c->n_mine < MINE)
		c->mine[c->n_mine++] = (struct mine){op->session, op->version};
	pthread_mutex_lock(&c->board->lock);
	c->board->shown[c->number] = op->session;
	pthread_mutex_unlock(&c->board->lock);
}

static int64_t some_half(struct client *c)
{
	return c->board->first + (int64_t)roll(c, c->board->options.halves) * HALF;
}

static void prepare_booking(struct client *c, struct ask *ask, int64_t starts)
{
	const struct fixture_person *coach = c->board->coaches[roll(c, c->board->n_coaches)];
	coachhouse__v1__book_session_request__init(&ask->book);
	ask->book.who = (char *)coach->email;
	ask->book.start = as_text(starts, ask->start);
	ask->op.other = coach->id;
	ask->op.starts = starts;
	ask_for(ask, c, OP_BOOK, "coachhouse.v1.Booking/BookSession", &ask->book.base);
}

/* The same id for something else must be refused, and must not do it. */
static void misuse_id(struct client *c, const struct ask *done)
{
	struct ask other = {0};
	prepare_booking(c, &other, some_half(c));
	memcpy(other.op.id, done->op.id, sizeof other.op.id);
	if (other.op.asked != done->op.asked)
		attempt(c, c->other, &other);
}

static void book(struct client *c)
{
	struct ask ask = {0};
	prepare_booking(c, &ask, some_half(c));
	if (!settle(c, &ask) || ask.op.outcome != OP_OK)
		return;
	keep(c, &ask.op);
	if (roll(c, 8) == 0)
		ask_again(c, &ask);
	if (roll(c, 20) == 0)
		misuse_id(c, &ask);
}

static void record(struct client *c)
{
	struct ask ask = {0};
	const struct fixture_person *coach = c->board->coaches[roll(c, c->board->n_coaches)];
	coachhouse__v1__log_conversation_request__init(&ask.log);
	coachhouse__v1__confidential__init(&ask.note);
	ask.op.starts = c->board->first - 5 * 86400 - (int64_t)roll(c, PAST) * HALF;
	ask.op.other = coach->id;
	ask.log.with = (char *)coach->email;
	ask.log.start = as_text(ask.op.starts, ask.start);
	ask.log.has_minutes = true;
	ask.log.minutes = 60;
	ask.note.text = (char *)"We spoke about the week.";
	ask.note.has_visible = true;
	ask.note.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_ME;
	ask.log.note = &ask.note;
	ask_for(&ask, c, OP_LOG, "coachhouse.v1.Conversations/LogConversation", &ask.log.base);
	if (settle(c, &ask) && ask.op.outcome == OP_OK && roll(c, 4) == 0)
		ask_again(c, &ask);
}

static void prepare_move(struct client *c, struct ask *ask, int64_t session, int version)
{
	coachhouse__v1__move_session_request__init(&ask->move);
	ask->op.session = session;
	ask->op.starts = some_half(c);
	ask->move.has_session = true;
	ask->move.session = session;
	ask->move.has_version = version > 0;
	ask->move.version = version;
	ask->move.start = as_text(ask->op.starts, ask->start);
	ask_for(ask, c, OP_MOVE, "coachhouse.v1.Booking/MoveSession", &ask->move.base);
}

static void prepare_cancelling(struct client *c, struct ask *ask, int64_t session)
{
	coachhouse__v1__cancel_session_request__init(&ask->cancel);
	ask->op.session = session;
	ask->cancel.has_session = true;
	ask->cancel.session = session;
	ask_for(ask, c, OP_CANCEL, "coachhouse.v1.Booking/CancelSession", &ask->cancel.base);
}

static void change(struct client *c, bool cancel)
{
	struct ask ask = {0};
	const int i = roll(c, c->n_mine);
	if (cancel)
		prepare_cancelling(c, &ask, c->mine[i].session);
	else
		prepare_move(c, &ask, c->mine[i].session, c->mine[i].version);
	const bool known = settle(c, &ask);
	if (known && ask.op.outcome == OP_OK && roll(c, 8) == 0)
		ask_again(c, &ask);
	if (known && !cancel && ask.op.outcome == OP_OK)
		c->mine[i].version = ask.op.version;
	else if (!known || cancel)
		c->mine[i] = c->mine[--c->n_mine];
}

static void read_one(struct client *c)
{
	struct ask ask = {0};
	const int64_t session = c->mine[roll(c, c->n_mine)].session;
	coachhouse__v1__get_session_request__init(&ask.get);
	ask.get.has_id = true;
	ask.get.id = ask.op.session = session;
	ask_for(&ask, c, OP_READ, "coachhouse.v1.Booking/GetSession", &ask.get.base);
	randombytes_buf(ask.op.id, sizeof ask.op.id);
	if (!c->board->options.read) {
		call(c, c->connection, &ask, ask.op.id);
	} else {
		ask.op.invoked = load_now();
		ask.op.outcome = c->board->options.read(c->board->options.arg, session, &ask.op)
					 ? OP_OK
					 : OP_UNKNOWN;
		ask.op.ended = load_now();
	}
	ask.op.session = session;
	history_add(&c->history, &ask.op);
}

/* What is another's: must be refused. */
static void trespass(struct client *c)
{
	struct ask ask = {0};
	const int victim = roll(c, CLIENTS_MOST);
	pthread_mutex_lock(&c->board->lock);
	const int64_t session = victim == c->number ? 0 : c->board->shown[victim];
	pthread_mutex_unlock(&c->board->lock);
	if (!session)
		return;
	if (roll(c, 2))
		prepare_cancelling(c, &ask, session);
	else
		prepare_move(c, &ask, session, 0);
	settle(c, &ask);
}

void *client_run(void *arg)
{
	struct client *c = arg;
	while (!atomic_load(&c->board->over)) {
		const int what = roll(c, 100);
		if (what < 8)
			record(c);
		else if (what < 16)
			trespass(c);
		else if (c->n_mine && what < 30)
			read_one(c);
		else if (c->n_mine && what < 50)
			change(c, false);
		else if (c->n_mine && (what < 65 || c->n_mine == MINE))
			change(c, true);
		else
			book(c);
	}
	return NULL;
}
