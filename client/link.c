/* The connection under the calls, and why it is silent. */
#include "link.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum {
	MAX_REPLY = 2 << 20,
	RECONNECT_MS = 100, /* libzmq adds up to as much again, at random, and doubles it */
	RECONNECT_MAX_MS = 5000,
	HEARTBEAT_MS = 3000, /* and half of both where there is another daemon to turn to */
	HEARTBEAT_TIMEOUT_MS = 6000,
	PATIENCE_MS = 1000, /* with an endpoint that says nothing, before the next one */
	PATIENCE_MAX_MS = 8000,
	SLOW_MS = 2000, /* a handshake that ends later met no wrong key: that is seen at once */
	FULL = 500,	/* the daemon's answer when it has no room for more clients */
	EVENTS = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_CLOSED |
		 ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
		 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
		 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
};

void failure_set(struct coachhouse_failure *failure, Coachhouse__V1__Code code, const char *reason,
		 const char *format, ...)
{
	if (!failure)
		return;
	va_list args;
	va_start(args, format);
	failure->code = code;
	snprintf(failure->reason, sizeof failure->reason, "%s", reason);
	vsnprintf(failure->message, sizeof failure->message, format, args);
	va_end(args);
}

bool key_parse(const char *hex, unsigned char key[32])
{
	size_t length;
	return strlen(hex) == 64 && !sodium_hex2bin(key, 32, hex, 64, NULL, &length, NULL) &&
	       length == 32;
}

static bool one_endpoint_valid(const char *at, size_t length)
{
	if (length > 6 && !strncmp(at, "ipc://", 6))
		return true;
	if (length < 9 || strncmp(at, "tcp://", 6))
		return false;
	const char *end = at + length, *colon = end;
	while (colon > at + 6 && *colon != ':')
		colon--;
	for (const char *c = colon + 1; c < end; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return colon > at + 6 && colon + 1 < end;
}

bool endpoint_explain(const char *endpoint, char *why, size_t size)
{
	int count = 0;
	for (const char *at = endpoint; at; count++) {
		const size_t length = strcspn(at, ",");
		if (!one_endpoint_valid(at, length)) {
			snprintf(why, size,
				 "\"%.*s\" is no endpoint; tcp://HOST:PORT and ipc://PATH are, "
				 "several with a comma and no space in between",
				 (int)length, at);
			return false;
		}
		at = at[length] ? at + length + 1 : NULL;
	}
	if (count > LINK_ENDPOINTS)
		snprintf(why, size, "%d endpoints are more than the %d that a client can keep",
			 count, LINK_ENDPOINTS);
	return count <= LINK_ENDPOINTS;
}

bool endpoint_valid(const char *endpoint)
{
	char why[300];
	return endpoint_explain(endpoint, why, sizeof why);
}

static void cut_endpoints(struct link *link)
{
	char *rest = link->identity.endpoint, *one;
	link->count = link->current = 0;
	while ((one = strsep(&rest, ",")))
		link->endpoints[link->count++] = one;
}

bool link_init(struct link *link, const struct coachhouse_identity *identity,
	       struct coachhouse_failure *failure)
{
	unsigned char key[32];
	char why[400];
	*link = (struct link){.identity = *identity};
	const char *wrong = !key_parse(identity->server_key, key)   ? "the daemon's key"
			    : !key_parse(identity->public_key, key) ? "the public key"
			    : !key_parse(identity->secret_key, key) ? "the secret key"
								    : NULL;
	sodium_memzero(key, sizeof key);
	if (wrong) {
		failure_set(failure, COACHHOUSE__V1__CODE__INVALID_ARGUMENT, "BAD_KEY",
			    "%s is not 64 hexadecimal digits; enrol again.", wrong);
		return false;
	}
	if (!endpoint_explain(identity->endpoint, why, sizeof why)) {
		failure_set(failure, COACHHOUSE__V1__CODE__INVALID_ARGUMENT, "BAD_ENDPOINT", "%s.",
			    why);
		return false;
	}
	cut_endpoints(link);
	link->patience = PATIENCE_MS;
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_sockets(struct link *link)
{
	if (link->socket) {
		zmq_socket_monitor(link->socket, NULL, 0);
		zmq_close(link->socket);
	}
	if (link->monitor)
		zmq_close(link->monitor);
	link->socket = link->monitor = NULL;
	link->up = link->missed = false;
	link->connected_at = 0;
}

void link_finish(struct link *link)
{
	close_sockets(link);
	if (link->context)
		zmq_ctx_term(link->context);
	link->context = NULL;
	sodium_memzero(link->identity.secret_key, sizeof link->identity.secret_key);
}

static bool set_number(void *socket, int option, int value)
{
	return !zmq_setsockopt(socket, option, &value, sizeof value);
}

static bool set_key(void *socket, int option, const char *hex)
{
	unsigned char key[32];
	bool set = key_parse(hex, key) && !zmq_setsockopt(socket, option, key, sizeof key);
	sodium_memzero(key, sizeof key);
	return set;
}

/*
 * IMMEDIATE: nothing is queued for a daemon that is not there, so that no call
 * arrives after its caller was told that it failed.
 */
static bool set_options(struct link *link)
{
	int64_t most = MAX_REPLY;
	const int part = link->count > 1 ? 2 : 1;
	void *s = link->socket;
	return set_number(s, ZMQ_IMMEDIATE, 1) && set_number(s, ZMQ_LINGER, 0) &&
	       set_number(s, ZMQ_IPV6, 1) && set_number(s, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
	       set_number(s, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
	       set_number(s, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS / part) &&
	       set_number(s, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS / part) &&
	       !zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &most, sizeof most) &&
	       set_key(s, ZMQ_CURVE_SERVERKEY, link->identity.server_key) &&
	       set_key(s, ZMQ_CURVE_PUBLICKEY, link->identity.public_key) &&
	       set_key(s, ZMQ_CURVE_SECRETKEY, link->identity.secret_key);
}

/* Unlimited, since libzmq's own thread would wait for room while nobody reads. */
static bool open_monitor(struct link *link)
{
	char address[48];
	snprintf(address, sizeof address, "inproc://coachhouse-monitor-%u", link->serial++);
	if (zmq_socket_monitor(link->socket, address, EVENTS))
		return false;
	link->monitor = zmq_socket(link->context, ZMQ_PAIR);
	return link->monitor && set_number(link->monitor, ZMQ_RCVHWM, 0) &&
	       set_number(link->monitor, ZMQ_LINGER, 0) && !zmq_connect(link->monitor, address);
}

bool link_open(struct link *link, struct coachhouse_failure *failure)
{
	close_sockets(link);
	if (!link->context)
		link->context = zmq_ctx_new();
	link->socket = link->context ? zmq_socket(link->context, ZMQ_DEALER) : NULL;
	if (link->socket && set_options(link) && open_monitor(link) &&
	    !zmq_connect(link->socket, link->endpoints[link->current])) {
		link->opened_at = now_ms();
		return true;
	}
	failure_set(failure, COACHHOUSE__V1__CODE__UNAVAILABLE, "NO_SOCKET",
		    "a connection to %s cannot be opened: %s.", link->endpoints[link->current],
		    zmq_strerror(errno));
	close_sockets(link);
	return false;
}

void link_tell(struct link *link, const char *endpoint, const char *server_key)
{
	unsigned char key[32];
	if (!endpoint || strlen(endpoint) >= sizeof link->told.endpoint ||
	    !endpoint_valid(endpoint) || !server_key || !key_parse(server_key, key))
		return;
	strcpy(link->told.endpoint, endpoint);
	strcpy(link->told.server_key, server_key);
}

/* A fresh identity: what was met before says nothing of it. */
static void turn_to_told(struct link *link)
{
	strcpy(link->identity.endpoint, link->told.endpoint);
	strcpy(link->identity.server_key, link->told.server_key);
	link->told.endpoint[0] = '\0';
	cut_endpoints(link);
	link_forget(link);
}

bool link_next(struct link *link)
{
	link->current = (link->current + 1) % link->count;
	if (link->current == 0 && link->told.endpoint[0])
		turn_to_told(link);
	if (link->current == 0 && link->patience < PATIENCE_MAX_MS)
		link->patience *= 2;
	return link->current == 0;
}

int64_t link_hopes_until(const struct link *link)
{
	const bool waits = link->count > 1 && link->socket && !link->up;
	return waits ? link->opened_at + link->patience : INT64_MAX;
}

/* A daemon with too much to do ends handshakes too, but only when their time is over. */
static void take_bad_handshake(struct link *link)
{
	if (link->connected_at && now_ms() - link->connected_at >= SLOW_MS)
		link->slow_handshakes++;
	else
		link->bad_handshakes++;
}

static bool take_event(struct link *link, int event, int value)
{
	bool was_up = link->up;
	switch (event) {
	case ZMQ_EVENT_CONNECTED:
		link->connected_at = now_ms();
		return false;
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		link->up = link->ever_up = true;
		link->patience = PATIENCE_MS;
		link->missed = false;
		link->connected_at = 0;
		link_forget(link);
		return false;
	case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
	case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
		take_bad_handshake(link);
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
		link->refusals++;
		link->full = value == FULL;
		break;
	case ZMQ_EVENT_CLOSED:
		link->unreachable++;
		link->bad_handshakes = 0; /* it was a daemon that came and went */
		break;
	}
	link->up = false;
	link->missed = true;
	link->connected_at = 0;
	return was_up;
}

bool link_watch(struct link *link)
{
	bool lost = false;
	for (;;) {
		zmq_msg_t message;
		uint16_t event = 0;
		int32_t value = 0;
		zmq_msg_init(&message);
		int size = zmq_msg_recv(&message, link->monitor, ZMQ_DONTWAIT);
		if (size >= (int)(sizeof event + sizeof value)) {
			memcpy(&event, zmq_msg_data(&message), sizeof event);
			memcpy(&value, (char *)zmq_msg_data(&message) + sizeof event, sizeof value);
		}
		bool more = size >= 0 && zmq_msg_more(&message);
		zmq_msg_close(&message);
		if (size < 0)
			return lost;
		/* An event is two frames; the second is an address that we know. */
		if (more)
			lost |= take_event(link, event, value);
	}
}

void link_forget(struct link *link)
{
	link->refusals = link->bad_handshakes = link->slow_handshakes = link->unreachable = 0;
}

void link_explain(const struct link *link, struct coachhouse_failure *failure)
{
	const char *where = link->endpoints[link->current];
	if (link->refusals && link->full)
		failure_set(failure, COACHHOUSE__V1__CODE__UNAVAILABLE, "TOO_MANY_CLIENTS",
			    "The daemon at %s has as many clients as it takes; try again later.",
			    where);
	else if (link->refusals)
		failure_set(failure, COACHHOUSE__V1__CODE__UNAUTHENTICATED, "KEY_NOT_ACCEPTED",
			    "The daemon at %s does not accept this key; ask an administrator for a "
			    "new invitation.",
			    where);
	else if (link->slow_handshakes || (link->connected_at && !link->bad_handshakes))
		failure_set(failure, COACHHOUSE__V1__CODE__UNAVAILABLE, "NOBODY_THERE",
			    "What is at %s takes connections and does not go on: it may have too "
			    "much to do, or stand still. Try again in a minute.",
			    where);
	else if (link->bad_handshakes && link->ever_up)
		failure_set(failure, COACHHOUSE__V1__CODE__UNAVAILABLE, "NOBODY_THERE",
			    "What answers at %s does not answer as the daemon did: it may be "
			    "starting. If this lasts, it may have another key now.",
			    where);
	else if (link->bad_handshakes)
		failure_set(
			failure, COACHHOUSE__V1__CODE__UNAUTHENTICATED, "WRONG_SERVER_KEY",
			"What answers at %s does not hold the daemon's key as this machine knows "
			"it: the key was changed and this machine did not call meanwhile, or it "
			"is another daemon. Ask an administrator which; a new invitation gives "
			"the key of now.",
			where);
	else
		failure_set(failure, COACHHOUSE__V1__CODE__UNAVAILABLE, "NOBODY_THERE",
			    "Nobody answers at %s; check that coachd runs there.", where);
}
