/* The sockets that clients connect to. */
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "log.h"
#include "refuse.h"

enum {
	SNDHWM = 512, /* replies that wait for one client */
	RCVHWM = 64,  /* calls of one client that wait for us */
	HANDSHAKE_MS =
		10000, /* a stranger holds 4 kB as long; shorter, thousands who come at once start again */
	/* What libzmq stops a timer by is a walk past all that end sooner: these are late, and few. */
	HEARTBEAT_MS = 35000,
	ANSWER_MS = 10000,
	SILENCE_MS = HEARTBEAT_MS + ANSWER_MS,
	BACKLOG = 65535,     /* the system has a limit of its own: somaxconn */
	SKIP_AT_ONCE = 1000, /* parts of a message that has too many */
	/* In libzmq's draft header only: */
	ENFORCE_DOMAIN = 93, /* ZMQ_ZAP_ENFORCE_DOMAIN */
	ZERO_COPY_RECV = 10, /* on, each handshake leaves 12 kB that its client keeps */
};

/*
 * Handshakes may take one processor in two, and no more: the rest is for calls and
 * PostgreSQL. One thread serves ten thousand clients.
 */
static int io_threads(void)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	return processors >= 4 ? 2 : 1;
}

void *endpoint_context(void)
{
	void *context = zmq_ctx_new();
	if (context) {
		zmq_ctx_set(context, ZMQ_IO_THREADS, io_threads());
		zmq_ctx_set(context, ZERO_COPY_RECV, 0);
	}
	return context;
}

void endpoint_context_finish(void *context)
{
	if (context)
		zmq_ctx_term(context);
}

static bool set(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

static bool configure(void *socket, const struct endpoint_settings *settings)
{
	const int64_t max_frame = settings->max_frame;
	set(socket, ENFORCE_DOMAIN, 1); /* where it is known; the self-test proves the rest */
	return set(socket, ZMQ_CURVE_SERVER, 1) &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, settings->secret_key, 32) == 0 &&
	       zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, settings->domain, strlen(settings->domain)) ==
		       0 &&
	       zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_frame, sizeof(max_frame)) == 0 &&
	       set(socket, ZMQ_ROUTER_MANDATORY, 1) && set(socket, ZMQ_SNDHWM, SNDHWM) &&
	       set(socket, ZMQ_RCVHWM, RCVHWM) && set(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
	       set(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) &&
	       set(socket, ZMQ_HEARTBEAT_TIMEOUT, ANSWER_MS) &&
	       set(socket, ZMQ_HEARTBEAT_TTL, SILENCE_MS) && set(socket, ZMQ_BACKLOG, BACKLOG) &&
	       set(socket, ZMQ_LINGER, 0) && set(socket, ZMQ_IPV6, 1);
}

static bool bind_to(void *socket, const char *place)
{
	if (zmq_bind(socket, place) < 0) {
		log_error("endpoint", "cannot listen at %s: %s%s", place, zmq_strerror(zmq_errno()),
			  refuse_listening(zmq_errno()));
		return false;
	}
	if (!strncmp(place, "ipc://", 6) && chmod(place + 6, 0666) < 0)
		log_warning("endpoint", "others cannot connect to %s", place);
	return true;
}

/* Read once at the start: before, its descriptor tells nothing. */
static void *open_monitor(void *context, void *socket, const char *name)
{
	static unsigned opened; /* several sockets have one name while the daemon's key changes */
	char place[64];
	bool came;
	int fd;
	snprintf(place, sizeof(place), "inproc://%s.%u", name, opened++);
	void *monitor = zmq_socket(context, ZMQ_PAIR);
	if (monitor && set(monitor, ZMQ_LINGER, 0) &&
	    zmq_socket_monitor(socket, place, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) == 0 &&
	    zmq_connect(monitor, place) == 0) {
		endpoint_event(monitor, &came, &fd);
		return monitor;
	}
	log_error("endpoint", "cannot count clients: %s", zmq_strerror(zmq_errno()));
	endpoint_close(monitor, 0);
	return NULL;
}

/* The monitor comes before the first client. */
bool endpoint_open(void *context, const char *place, const struct endpoint_settings *settings,
		   void **socket, void **monitor)
{
	*monitor = NULL;
	*socket = zmq_socket(context, ZMQ_ROUTER);
	if (!*socket || !configure(*socket, settings)) {
		log_error("endpoint", "cannot make a socket: %s", zmq_strerror(zmq_errno()));
		return false;
	}
	*monitor = open_monitor(context, *socket, settings->domain);
	return *monitor && bind_to(*socket, place);
}

enum { ROUTE, HEADER, BODY, KEPT };

/* The identity frame may have lost who it was (libzmq 4.3.4); the last one has it. */
static void hand_over(zmq_msg_t *parts, int n, enum door door, struct calls *calls,
		      struct endpoint_reading *reading)
{
	zmq_msg_t *last = &parts[n > BODY ? BODY : HEADER];
	const struct incoming in = {
		.door = door,
		.route = zmq_msg_data(&parts[ROUTE]),
		.route_size = zmq_msg_size(&parts[ROUTE]),
		.frames = n - 1,
		.header = zmq_msg_data(&parts[HEADER]),
		.header_size = zmq_msg_size(&parts[HEADER]),
		.body = zmq_msg_data(&parts[BODY]),
		.body_size = zmq_msg_size(&parts[BODY]),
		.address = zmq_msg_gets(last, "Peer-Address"),
		.user_id = zmq_msg_gets(last, "User-Id"),
	};
	reading->fd = zmq_msg_get(last, ZMQ_SRCFD);
	snprintf(reading->key, sizeof(reading->key), "%s", in.user_id ? in.user_id : "");
	calls_handle(calls, &in);
	explicit_bzero(zmq_msg_data(&parts[BODY]), zmq_msg_size(&parts[BODY]));
}

/* Drops parts until the message ends, or so many that others must have their turn. */
static bool skip(void *socket, struct endpoint_reading *reading)
{
	zmq_msg_t spare;
	zmq_msg_init(&spare);
	for (int i = 0; i < SKIP_AT_ONCE && reading->inside; i++) {
		if (zmq_msg_recv(&spare, socket, ZMQ_DONTWAIT) < 0)
			reading->inside = false;
		else
			reading->inside = zmq_msg_more(&spare);
		reading->skipped++;
	}
	zmq_msg_close(&spare);
	return true;
}

/* Reads one message: route, header, body; what comes after is skipped. */
bool endpoint_read(void *socket, enum door door, struct calls *calls,
		   struct endpoint_reading *reading)
{
	zmq_msg_t parts[KEPT];
	int n = 0;
	bool more = true;
	if (reading->inside)
		return skip(socket, reading);
	*reading = (struct endpoint_reading){.fd = -1};
	for (int i = 0; i < KEPT; i++)
		zmq_msg_init(&parts[i]);
	while (more && n < KEPT && zmq_msg_recv(&parts[n], socket, ZMQ_DONTWAIT) >= 0)
		more = zmq_msg_more(&parts[n++]);
	reading->inside = more && n == KEPT;
	if (n > HEADER && (!more || reading->inside))
		hand_over(parts, n + reading->inside, door, calls, reading);
	for (int i = 0; i < KEPT; i++)
		zmq_msg_close(&parts[i]);
	return n > 0;
}

/* By ZeroMQ, on a thread of its own, when it has sealed the message for the wire. */
static void forget(void *data, void *size)
{
	explicit_bzero(data, (size_t)size);
	free(data);
}

/* A copy of our own for ZeroMQ to send, wiped when it has. */
static bool send_secret(void *socket, const void *data, size_t size)
{
	zmq_msg_t message;
	void *copy = malloc(size);
	if (!copy || zmq_msg_init_data(&message, copy, size, forget, (void *)size)) {
		free(copy);
		return zmq_send(socket, data, size, ZMQ_DONTWAIT) >= 0;
	}
	memcpy(copy, data, size);
	if (zmq_msg_send(&message, socket, ZMQ_DONTWAIT) >= 0)
		return true;
	zmq_msg_close(&message);
	return false;
}

static bool send_body(void *socket, const struct outgoing *reply)
{
	if (reply->secret)
		return send_secret(socket, reply->body, reply->body_size);
	return zmq_send(socket, reply->body, reply->body_size, ZMQ_DONTWAIT) >= 0;
}

void endpoint_send(void *socket, const struct outgoing *reply)
{
	const int flags = ZMQ_DONTWAIT | ZMQ_SNDMORE;
	if (zmq_send(socket, reply->route, reply->route_size, flags) < 0) {
		log_debug("endpoint", "a reply found nobody: %s", zmq_strerror(zmq_errno()));
		return;
	}
	if (zmq_send(socket, reply->header, reply->header_size, flags) < 0 ||
	    !send_body(socket, reply))
		log_warning("endpoint", "a reply was cut off: %s", zmq_strerror(zmq_errno()));
}

int endpoint_fd(void *socket)
{
	int fd = -1;
	size_t size = sizeof(fd);
	return socket && zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

/* An event is two frames: its number and value, then the endpoint. */
bool endpoint_event(void *monitor, bool *came, int *fd)
{
	uint8_t event[6];
	char place[256];
	uint16_t kind;
	int32_t value;
	if (zmq_recv(monitor, event, sizeof(event), ZMQ_DONTWAIT) != sizeof(event))
		return false;
	zmq_recv(monitor, place, sizeof(place), ZMQ_DONTWAIT);
	memcpy(&kind, event, sizeof(kind));
	memcpy(&value, event + sizeof(kind), sizeof(value));
	*came = kind == ZMQ_EVENT_ACCEPTED;
	*fd = value;
	return true;
}

void endpoint_last(void *socket, char *out, size_t size)
{
	if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, out, &size) < 0)
		*out = '\0';
}

/* An event that finds its reader gone would leak (libzmq): nothing tells of the rest. */
void endpoint_close(void *socket, int linger_ms)
{
	if (!socket)
		return;
	zmq_socket_monitor(socket, NULL, 0);
	set(socket, ZMQ_LINGER, linger_ms);
	zmq_close(socket);
}
