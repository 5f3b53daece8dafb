/* What becomes of one call, from its first send to its answer or its deadline. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "call.h"

enum {
	CONTRACT_VERSION = 1,
	FIRST_CONTACT_MS = 2000, /* how long a daemon that was never met may take to appear */
	NOT_ACCEPTED_MS = 1000,	 /* another daemon may hear of a new key a little later */
	WRONG_KEY_TIMES = 3,	 /* one broken handshake may be a daemon that is stopping */
	REOPEN_MS = 100,
	BACKOFF_MS = 50,
	BACKOFF_MAX_MS = 1000,
	CLOCK_SLACK_US = 1000000,
};

enum verdict { WAITING, DONE, FAILED };

static int64_t monotonic_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

/* Until the daemon has told us its time, ours is the best guess; see take_reply. */
static int64_t daemon_now_us(const struct coachhouse *c)
{
	struct timespec now;
	if (c->clock_known)
		return monotonic_us() + c->clock_ahead;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t expires_us(const struct call *call)
{
	return daemon_now_us(call->connection) + (call->deadline - monotonic_ms()) * 1000;
}

/* A second time on its way cannot harm what only reads. */
static bool only_reads(const ProtobufCMethodDescriptor *method)
{
	static const char *const verbs[] = {"Get", "List", "Prepare", "Report", "Review"};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (!strncmp(method->name, verbs[i], strlen(verbs[i])))
			return true;
	return false;
}

/* Does nothing, and is tried again, while there is nobody to send to. */
static void send_call(struct call *call)
{
	struct coachhouse *c = call->connection;
	Coachhouse__V1__CallHeader header = COACHHOUSE__V1__CALL_HEADER__INIT;
	Google__Protobuf__Timestamp expires = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	uint8_t packed[256];
	/* One for all sendings: the daemon knows by it those that come after a refusal. */
	if (!call->expires)
		call->expires = expires_us(call);
	expires.seconds = call->expires / 1000000;
	expires.nanos = (int32_t)(call->expires % 1000000) * 1000;
	header.has_id = header.has_version = true;
	header.id = (ProtobufCBinaryData){.data = call->id, .len = sizeof call->id};
	header.method = (char *)call->name;
	header.expires = &expires;
	header.version = CONTRACT_VERSION;
	header.has_again = header.again = call->again || call->unanswered;
	size_t size = coachhouse__v1__call_header__pack(&header, packed);
	if (zmq_send(c->link.socket, packed, size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return;
	call->unanswered++;
	call->send_at = NEVER;
	if (zmq_send(c->link.socket, call->body, call->size, ZMQ_DONTWAIT) < 0)
		call->reopen_at = monotonic_ms();
}

/* In microseconds; what no clock says wraps round. */
static int64_t read_time(const Google__Protobuf__Timestamp *time)
{
	return (int64_t)((uint64_t)time->seconds * 1000000U) + time->nanos / 1000;
}

static void learn_clock(struct coachhouse *c, const Google__Protobuf__Timestamp *now)
{
	if (!now)
		return;
	c->clock_ahead = read_time(now) - monotonic_us();
	c->clock_known = true;
}

static void send_again(struct call *call)
{
	call->backoff = call->backoff ? call->backoff * 2 : BACKOFF_MS;
	if (call->backoff > BACKOFF_MAX_MS)
		call->backoff = BACKOFF_MAX_MS;
	uint32_t jitter = randombytes_uniform((uint32_t)call->backoff / 2 + 1);
	call->send_at = monotonic_ms() + call->backoff / 2 + jitter;
}

/* "minutes: at least 15." after the sentence, unless it says so already. */
static void add_fields(struct coachhouse_failure *failure,
		       const Coachhouse__V1__ReplyHeader *header)
{
	for (size_t i = 0; i < header->n_fields; i++) {
		const Coachhouse__V1__FieldViolation *one = header->fields[i];
		size_t length = strlen(failure->message);
		if (one->field && one->sentence && !strstr(failure->message, one->sentence))
			snprintf(failure->message + length, sizeof failure->message - length,
				 " %s: %s", one->field, one->sentence);
	}
}

/* Says how the call ended without an answer. */
static enum verdict give_up(struct call *call)
{
	struct link *link = &call->connection->link;
	if (call->unanswered && !only_reads(call->method))
		failure_set(call->failure, COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED,
			    "OUTCOME_UNKNOWN",
			    "No answer came within %" PRId64 " ms of %s being sent, so it may have "
			    "been done or not; look before you try again.",
			    call->deadline - call->started, call->method->name);
	else if (call->unavailable)
		return FAILED; /* the daemon's own sentence stands */
	else if (!link->up)
		link_explain(link, call->failure);
	else
		failure_set(call->failure, COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED, "TIMED_OUT",
			    "%s was not answered within %" PRId64 " ms; try again.",
			    call->method->name, call->deadline - call->started);
	return FAILED;
}

/* Of this sending only: one before it that lost its answer may have been done. */
static bool says_little(const Coachhouse__V1__ReplyHeader *header)
{
	return header->code == COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED ||
	       (header->reason && !strcmp(header->reason, "TOO_MANY_CALLS"));
}

/* Of an earlier call with this id, which gave up too soon to hear it: ours is not answered. */
static bool is_late(const struct call *call, const Coachhouse__V1__ReplyHeader *header)
{
	return header->expires && read_time(header->expires) < call->expires;
}

static enum verdict take_failure(struct call *call, const Coachhouse__V1__ReplyHeader *header)
{
	if (is_late(call, header))
		return WAITING;
	int64_t wrong_by = expires_us(call) - call->expires;
	/* Refused because we guessed the daemon's clock wrong: now we know it. */
	if (header->code == COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED &&
	    llabs(wrong_by) > CLOCK_SLACK_US) {
		call->unanswered--;
		call->expires = 0;
		call->send_at = monotonic_ms();
		return WAITING;
	}
	if (call->unanswered > 1 && says_little(header))
		return give_up(call);
	if (call->failure) {
		failure_set(call->failure, header->code, header->reason ? header->reason : "", "%s",
			    header->message ? header->message : "The daemon gave no reason.");
		add_fields(call->failure, header);
	}
	if (header->code != COACHHOUSE__V1__CODE__UNAVAILABLE)
		return FAILED;
	call->unavailable = true;
	/* Most say that nothing was done; one says that the database went in the middle. */
	if (strcmp(header->reason ? header->reason : "", "OUTCOME_UNKNOWN"))
		call->unanswered--;
	if (call->connection->link.count > 1) {
		link_next(&call->connection->link);
		call->reopen_at = monotonic_ms();
	}
	send_again(call);
	return WAITING;
}

static enum verdict take_reply(struct call *call, const Coachhouse__V1__ReplyHeader *header,
			       const uint8_t *body, size_t size)
{
	learn_clock(call->connection, header->now);
	if (header->moved)
		link_tell(&call->connection->link, header->moved->endpoint,
			  header->moved->server_key);
	if (header->progress)
		return WAITING;
	if (header->has_code && header->code != COACHHOUSE__V1__CODE__OK)
		return take_failure(call, header);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(call->method->output, NULL, size, body);
	if (!message) {
		failure_set(call->failure, COACHHOUSE__V1__CODE__INTERNAL, "BAD_REPLY",
			    "The daemon's reply to %s cannot be read; check that both programs are "
			    "of one version.",
			    call->method->name);
		return FAILED;
	}
	call->reply->message = message;
	call->reply->more = header->more;
	call->reply->now = daemon_now_us(call->connection);
	return DONE;
}

/* Two frames; what has fewer or more, or answers another call, is passed over. */
static enum verdict receive(struct call *call)
{
	zmq_msg_t frames[2];
	int count = 0;
	bool more = true;
	enum verdict verdict = WAITING;
	for (; more; count++) {
		zmq_msg_t spare, *frame = count < 2 ? &frames[count] : &spare;
		zmq_msg_init(frame);
		more = zmq_msg_recv(frame, call->connection->link.socket, ZMQ_DONTWAIT) >= 0 &&
		       zmq_msg_more(frame);
		if (frame == &spare)
			zmq_msg_close(&spare);
	}
	Coachhouse__V1__ReplyHeader *header = NULL;
	if (count == 2)
		header = coachhouse__v1__reply_header__unpack(NULL, zmq_msg_size(&frames[0]),
							      zmq_msg_data(&frames[0]));
	if (header && header->has_id && header->id.len == sizeof call->id &&
	    !memcmp(header->id.data, call->id, sizeof call->id))
		verdict = take_reply(call, header, zmq_msg_data(&frames[1]),
				     zmq_msg_size(&frames[1]));
	coachhouse__v1__reply_header__free_unpacked(header, NULL);
	while (count--)
		if (count < 2)
			zmq_msg_close(&frames[count]);
	return verdict;
}

static enum verdict refused(struct call *call, int64_t now)
{
	struct link *link = &call->connection->link;
	if (call->refused_since == NEVER)
		call->refused_since = now;
	if (now - call->refused_since < NOT_ACCEPTED_MS) {
		link_next(link);
		call->reopen_at = now + REOPEN_MS;
		return WAITING;
	}
	return give_up(call);
}

/* Judges a link that is down: wait, turn to the next endpoint, or say why not. */
static enum verdict judge(struct call *call, bool lost)
{
	struct link *link = &call->connection->link;
	int64_t now = monotonic_ms();
	if (lost && call->unanswered && call->send_at == NEVER)
		call->send_at = now;
	if (link->up || call->reopen_at != NEVER || (!link->missed && now < link_hopes_until(link)))
		return WAITING;
	if (link->refusals)
		return refused(call, now);
	/* Whom we met has the right key: what breaks now is a daemon that comes and goes. */
	bool wrong_key = link->bad_handshakes >= WRONG_KEY_TIMES * link->count;
	bool never_met = (link->unreachable || wrong_key) && !link->ever_up && !call->unanswered;
	if (never_met && now - call->started >= FIRST_CONTACT_MS)
		return give_up(call);
	if (link->count > 1 || link->told.endpoint[0])
		call->reopen_at = link_next(link) ? now + REOPEN_MS : now;
	return WAITING;
}

static void sooner(int64_t *until, int64_t at)
{
	if (at != NEVER && at < *until)
		*until = at;
}

/* One turn of the wait: whatever comes first of reply, news of the link, time. */
static enum verdict turn(struct call *call, int64_t now)
{
	struct link *link = &call->connection->link;
	/* News of a loss comes before its end: what is sent in between goes with the old connection. */
	bool due = call->send_at != NEVER && call->send_at <= now, sending = due && link->up;
	int64_t until = call->deadline;
	sooner(&until, due ? NEVER : call->send_at);
	sooner(&until, call->reopen_at);
	sooner(&until, link_hopes_until(link));
	if ((link->unreachable || link->bad_handshakes) && !link->ever_up)
		sooner(&until, call->started + FIRST_CONTACT_MS);
	zmq_pollitem_t items[] = {
		{.socket = link->socket, .events = ZMQ_POLLIN | (sending ? ZMQ_POLLOUT : 0)},
		{.socket = link->monitor, .events = ZMQ_POLLIN},
	};
	zmq_poll(items, 2, until > now ? until - now : 0);
	enum verdict verdict = WAITING;
	if (items[0].revents & ZMQ_POLLIN)
		verdict = receive(call);
	if (verdict == WAITING)
		verdict = judge(call, link_watch(link));
	if (verdict == WAITING && link->up && items[0].revents & ZMQ_POLLOUT)
		send_call(call);
	return verdict;
}

/* Whoever was silent for so long may be cut off: the next call goes elsewhere. */
static enum verdict run_out(struct call *call)
{
	struct link *link = &call->connection->link;
	const enum verdict verdict = give_up(call);
	if (link->count > 1 && call->unanswered) {
		link_next(link);
		link->up = false;
	}
	return verdict;
}

bool call_run(struct call *call)
{
	struct link *link = &call->connection->link;
	enum verdict verdict = WAITING;
	if (link->socket)
		link_watch(link); /* what happened between the calls is past */
	link_forget(link);
	/* A fresh socket tries at once; an old one waits ever longer between its tries. */
	if (!link->up)
		call->reopen_at = call->started;
	else
		send_call(call);
	while (verdict == WAITING) {
		int64_t now = monotonic_ms();
		if (call->reopen_at != NEVER && call->reopen_at <= now) {
			call->reopen_at = NEVER;
			if (call->unanswered && call->send_at == NEVER)
				call->send_at = now;
			if (!link_open(link, call->failure))
				return false;
		}
		verdict = now < call->deadline ? turn(call, now) : run_out(call);
	}
	return verdict == DONE;
}
