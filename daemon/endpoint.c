/* The sockets that clients connect to. */
#include "endpoint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "log.h"

enum {
	SNDHWM = 512, /* replies that wait for one client */
	RCVHWM = 64,  /* calls of one client that wait for us */
	HANDSHAKE_MS = 3000,
	HEARTBEAT_MS = 15000,
	SILENCE_MS = 45000,
	BACKLOG = 1024,
	IO_THREADS = 2,
	ENFORCE_DOMAIN = 93, /* ZMQ_ZAP_ENFORCE_DOMAIN, in libzmq's draft header only */
};

void *endpoint_context(long max_clients)
{
	void *context = zmq_ctx_new();
	(void)max_clients;
	if (context)
		zmq_ctx_set(context, ZMQ_IO_THREADS, IO_THREADS);
	return context;
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
	       set(socket, ZMQ_HEARTBEAT_TIMEOUT, SILENCE_MS) &&
	       set(socket, ZMQ_HEARTBEAT_TTL, SILENCE_MS) && set(socket, ZMQ_BACKLOG, BACKLOG) &&
	       set(socket, ZMQ_LINGER, 0) && set(socket, ZMQ_IPV6, 1);
}

static bool bind_one(void *socket, const char *place)
{
	if (zmq_bind(socket, place) < 0) {
		log_error("endpoint", "cannot listen at %s: %s", place, zmq_strerror(zmq_errno()));
		return false;
	}
	if (!strncmp(place, "ipc://", 6) && chmod(place + 6, 0666) < 0)
		log_warning("endpoint", "others cannot connect to %s", place);
	return true;
}

static bool bind_all(void *socket, const char *places)
{
	char copy[1024], *rest = NULL;
	snprintf(copy, sizeof(copy), "%s", places);
	for (char *place = strtok_r(copy, ", ", &rest); place; place = strtok_r(NULL, ", ", &rest))
		if (!bind_one(socket, place))
			return false;
	return true;
}

void *endpoint_open(void *context, const char *places, const struct endpoint_settings *settings)
{
	void *socket = zmq_socket(context, ZMQ_ROUTER);
	if (!socket || !configure(socket, settings)) {
		log_error("endpoint", "cannot make a socket: %s", zmq_strerror(zmq_errno()));
		endpoint_close(socket, 0);
		return NULL;
	}
	if (bind_all(socket, places))
		return socket;
	endpoint_close(socket, 0);
	return NULL;
}

int endpoint_fd(void *socket)
{
	int fd = -1;
	size_t size = sizeof(fd);
	return socket && zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

void endpoint_last(void *socket, char *out, size_t size)
{
	if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, out, &size) < 0)
		*out = '\0';
}

void endpoint_close(void *socket, int linger_ms)
{
	if (!socket)
		return;
	set(socket, ZMQ_LINGER, linger_ms);
	zmq_close(socket);
}
