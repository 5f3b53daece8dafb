/*
 * The sockets that clients connect to, with every option that keeps one client's
 * fault from being everybody's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call.h"

struct endpoint_settings {
	const char *domain;	   /* of zap.h */
	const uint8_t *secret_key; /* 32 bytes */
	long max_frame;		   /* bytes; a longer frame costs its sender the connection */
};

/* The context of all sockets; made after signals are blocked, so that its threads get none. */
void *endpoint_context(void);

/* Waits for sockets that linger; all must be closed. NULL is accepted. */
void endpoint_context_finish(void *context);

/*
 * A ROUTER bound to `place`, and the socket that hears of connections made and
 * ended there, to be read whenever its descriptor says so. Sockets of the file
 * system let any user connect: the keys decide. False with a log line; what was
 * opened is the caller's to close even then.
 */
bool endpoint_open(void *context, const char *place, const struct endpoint_settings *settings,
		   void **socket, void **monitor) __attribute__((warn_unused_result));

/* What became of reading. */
struct endpoint_reading {
	int fd;	      /* whose the last message was; -1: not known */
	char key[9];  /* the first digits of their key */
	long skipped; /* its parts that nobody asked for, so far */
	bool inside;  /* it goes on: more of it is skipped by the next reading */
};

/*
 * Hands one call to `calls`. A message of many parts is refused once, and skipped
 * a thousand parts at a time, so that it holds nobody up. False: none waits.
 */
bool endpoint_read(void *socket, enum door door, struct calls *calls,
		   struct endpoint_reading *reading);

/* A client that has gone or does not read loses its reply, and nobody else does. */
void endpoint_send(void *socket, const struct outgoing *reply);

/*
 * The descriptor to poll for reading: it tells of changes, after which the socket
 * is to be read until nothing is left. -1 for NULL.
 */
int endpoint_fd(void *socket);

/* Reads one event of a monitor: a connection came, or went. False: there is none. */
bool endpoint_event(void *monitor, bool *came, int *fd);

/* Where it was bound last, as others can connect to it on this machine. */
void endpoint_last(void *socket, char *out, size_t size);

/* `linger_ms`: how long replies that were not sent yet may still take. NULL is accepted. */
void endpoint_close(void *socket, int linger_ms);
