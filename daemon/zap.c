/* Who may connect: the ZeroMQ Authentication Protocol (RFC 27), version 1.0. */
#include "zap.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "log.h"

/* The frames of a question, as RFC 27 orders them. */
enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS, FRAMES };

struct frame {
	char data[256];
	size_t size; /* larger than data: cut off */
};

#define PLACE "inproc://zeromq.zap.01"

enum { TURN = 16 }; /* answers: a change costs as much processor as a sixth of a handshake */

static void *make_socket(void *context)
{
	const int none = 0;
	void *socket = zmq_socket(context, ZMQ_REP);
	if (socket)
		zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof(none));
	return socket;
}

bool zap_open(struct zap *zap, void *context)
{
	*zap = (struct zap){.context = context, .socket = make_socket(context)};
	if (zap->socket && zmq_bind(zap->socket, PLACE) == 0)
		return true;
	log_error("zap", "cannot answer handshakes: %s", zmq_strerror(zmq_errno()));
	zap_close(zap);
	return false;
}

void zap_close(struct zap *zap)
{
	if (zap->socket)
		zmq_close(zap->socket);
	if (zap->before)
		zmq_close(zap->before);
	*zap = (struct zap){0};
}

/* Where there is nothing for another socket, this one goes on. */
static void change_turns(struct zap *zap)
{
	void *next = make_socket(zap->context);
	zap->answered = 0;
	if (!next)
		return;
	zmq_unbind(zap->socket, PLACE);
	if (zmq_bind(next, PLACE) < 0) {
		zmq_close(next);
		if (zmq_bind(zap->socket, PLACE) < 0)
			log_error("zap", "cannot answer handshakes: %s", zmq_strerror(zmq_errno()));
		return;
	}
	if (zap->before)
		zmq_close(zap->before);
	zap->before = zap->socket;
	zap->socket = next;
}

static bool is(const struct frame *frame, const char *text)
{
	return frame->size == strlen(text) && !memcmp(frame->data, text, frame->size);
}

static bool may_enter(const struct frame *question, int n, const struct keys *keys)
{
	if (n != FRAMES || !is(&question[VERSION], "1.0") || !is(&question[MECHANISM], "CURVE") ||
	    question[CREDENTIALS].size != KEY_SIZE)
		return false;
	if (is(&question[DOMAIN], ZAP_ENROLMENT))
		return true;
	return is(&question[DOMAIN], ZAP_MAIN) &&
	       keys_find(keys, (const uint8_t *)question[CREDENTIALS].data);
}

/* Reads one question; -1 when none waits. Frames beyond the last are counted only. */
static int read_question(void *socket, struct frame question[FRAMES])
{
	struct frame spare, *frame;
	int n = 0, more = 1;
	size_t size = sizeof(more);
	while (more) {
		frame = n < FRAMES ? &question[n] : &spare;
		const int got = zmq_recv(socket, frame->data, sizeof(frame->data), ZMQ_DONTWAIT);
		if (got < 0)
			return -1;
		frame->size = (size_t)got;
		n++;
		if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) < 0)
			return -1;
	}
	return n;
}

/* The client is told 400 and 500 apart: its key, or the crowd. */
static void answer(void *socket, const struct frame *request, bool known, bool admit,
		   const uint8_t *key)
{
	char user[2 * KEY_SIZE + 1] = "";
	const char *code = admit ? "200" : known ? "500" : "400";
	const char *text = admit ? "OK" : known ? "No room" : "Unknown key";
	if (admit)
		keys_write(key, user);
	log_debug("zap", "%s key=%.8s", admit ? "let in:" : "refused:", admit ? user : "-");
	zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
	zmq_send(socket, request->data, request->size, ZMQ_SNDMORE);
	zmq_send(socket, code, 3, ZMQ_SNDMORE);
	zmq_send(socket, text, strlen(text), ZMQ_SNDMORE);
	zmq_send(socket, user, strlen(user), ZMQ_SNDMORE);
	zmq_send(socket, "", 0, 0);
}

/* How many it was. */
static long answer_all(void *socket, const struct keys *keys, struct zap_room *room,
		       struct zap_counts *counts)
{
	struct frame question[FRAMES];
	long answered = 0;
	int n;
	while ((n = read_question(socket, question)) >= 0) {
		long *left = is(&question[DOMAIN], ZAP_MAIN) ? &room->main : &room->enrolment;
		const bool known = may_enter(question, n, keys), admit = known && *left > 0;
		*left -= admit;
		if (n <= REQUEST || question[REQUEST].size > sizeof(question[REQUEST].data))
			question[REQUEST].size = 0;
		++*(admit ? &counts->admitted : known ? &counts->crowded : &counts->unknown);
		answer(socket, &question[REQUEST], known, admit,
		       (const uint8_t *)question[CREDENTIALS].data);
		answered++;
	}
	return answered;
}

void zap_handle(struct zap *zap, const struct keys *keys, struct zap_room *room,
		struct zap_counts *counts)
{
	const long late = zap->before ? answer_all(zap->before, keys, room, counts) : 0;
	zap->answered += answer_all(zap->socket, keys, room, counts);
	if (zap->answered >= TURN && !late)
		change_turns(zap);
}

/* The probe comes from this machine: "any address" is reached at home. */
static void reachable(const char *endpoint, char *out, size_t size)
{
	const char *port = strrchr(endpoint, ':');
	if (!strncmp(endpoint, "tcp://0.0.0.0:", 14))
		snprintf(out, size, "tcp://127.0.0.1%s", port);
	else if (!strncmp(endpoint, "tcp://[::]:", 11))
		snprintf(out, size, "tcp://[::1]%s", port);
	else
		snprintf(out, size, "%s", endpoint);
}

static bool set_probe(void *socket, const uint8_t *server_key, uint8_t key[KEY_SIZE])
{
	char public_key[41], secret_key[41];
	const int none = 0, ipv6 = 1;
	return zmq_curve_keypair(public_key, secret_key) == 0 && zmq_z85_decode(key, public_key) &&
	       zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof(none)) == 0 &&
	       zmq_setsockopt(socket, ZMQ_IPV6, &ipv6, sizeof(ipv6)) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, KEY_SIZE) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, 41) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 41) == 0;
}

bool zap_probe_start(struct zap_probe *probe, void *context, const char *endpoint,
		     const uint8_t server_key[KEY_SIZE])
{
	char home[320], events_at[64 + 2 * KEY_SIZE] = "inproc://coachhouse.probe.";
	reachable(endpoint, home, sizeof(home));
	probe->socket = zmq_socket(context, ZMQ_DEALER);
	probe->monitor = zmq_socket(context, ZMQ_PAIR);
	const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
	const bool set = probe->socket && set_probe(probe->socket, server_key, probe->key);
	/* Named by the key: the name of a probe before may not be free yet. */
	keys_write(probe->key, events_at + strlen(events_at));
	if (set && probe->monitor && zmq_socket_monitor(probe->socket, events_at, events) == 0 &&
	    zmq_connect(probe->monitor, events_at) == 0 && zmq_connect(probe->socket, home) == 0)
		return true;
	log_error("zap", "cannot try the main endpoint: %s", zmq_strerror(zmq_errno()));
	zap_probe_finish(probe);
	return false;
}

enum zap_verdict zap_probe_read(struct zap_probe *probe)
{
	uint8_t event[6];
	char endpoint[320];
	if (zmq_recv(probe->monitor, event, sizeof(event), ZMQ_DONTWAIT) != sizeof(event))
		return ZAP_WAITING;
	zmq_recv(probe->monitor, endpoint, sizeof(endpoint), ZMQ_DONTWAIT);
	uint16_t kind;
	memcpy(&kind, event, sizeof(kind));
	return kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? ZAP_ADMITTED : ZAP_REFUSED;
}

void zap_probe_finish(struct zap_probe *probe)
{
	if (probe->socket) {
		zmq_socket_monitor(probe->socket, NULL, 0);
		zmq_close(probe->socket);
	}
	if (probe->monitor)
		zmq_close(probe->monitor);
	*probe = (struct zap_probe){0};
}
