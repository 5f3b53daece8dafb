/*
 * The sockets that clients connect to, with every option that keeps one client's
 * fault from being everybody's.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct endpoint_settings {
	const char *domain;	   /* of zap.h */
	const uint8_t *secret_key; /* 32 bytes */
	long max_frame;		   /* bytes; a longer frame costs its sender the connection */
};

/* The context of all sockets; made after signals are blocked, so that its threads get none. */
void *endpoint_context(long max_clients);

/*
 * A ROUTER bound to `places`, one endpoint or several by commas. Sockets of the
 * file system let any user connect: the keys decide. NULL with a log line.
 */
void *endpoint_open(void *context, const char *places, const struct endpoint_settings *settings);

/*
 * The descriptor to poll for reading: it tells of changes, after which the socket
 * is to be read until nothing is left. -1 for NULL.
 */
int endpoint_fd(void *socket);

/* Where it was bound last, as others can connect to it on this machine. */
void endpoint_last(void *socket, char *out, size_t size);

/* `linger_ms`: how long replies that were not sent yet may still take. NULL is accepted. */
void endpoint_close(void *socket, int linger_ms);
