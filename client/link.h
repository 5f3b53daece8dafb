/*
 * One encrypted connection to one of the daemon's endpoints, watched through a
 * socket monitor so that its silence has a name. Inside libcoachhouse only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coachhouse.h"

enum { LINK_ENDPOINTS = 8 };

struct link {
	void *context, *socket, *monitor;
	struct coachhouse_identity identity;
	char *endpoints[LINK_ENDPOINTS]; /* within identity.endpoint, cut at its commas */
	struct coachhouse_identity told; /* endpoint and server_key to turn to; or empty */
	int count, current;
	unsigned serial; /* of the socket: names its monitor */
	bool up;	 /* the handshake is through */
	bool ever_up;
	bool missed; /* this socket met nobody, or nobody who would talk to us */
	/* What was met since link_forget. */
	int refusals;	     /* the daemon does not let us in: that socket will not try again */
	bool full;	     /* the last one because of too many clients, not of our key */
	int bad_handshakes;  /* whoever answers does not hold the daemon's key */
	int slow_handshakes; /* broken off after so long that the key cannot be the reason */
	int unreachable;
	int64_t connected_at; /* monotonic ms; 0: no handshake is under way */
	int64_t opened_at;    /* of this socket */
	int64_t patience;     /* ms, with one of several endpoints; grows with each round */
};

/* Checks the identity and copies it; opens nothing. False with a sentence. */
bool link_init(struct link *link, const struct coachhouse_identity *identity,
	       struct coachhouse_failure *failure) __attribute__((warn_unused_result));

/* Closes what is open; a zeroed link is accepted. */
void link_finish(struct link *link);

/*
 * Opens a fresh socket to the current endpoint, closing the one before. False
 * with a sentence when libzmq cannot (descriptors, memory).
 */
bool link_open(struct link *link, struct coachhouse_failure *failure)
	__attribute__((warn_unused_result));

/* The daemon's key changes, says the daemon. What is no endpoint or key is passed over. */
void link_tell(struct link *link, const char *endpoint, const char *server_key);

/*
 * Turns to the next endpoint, for the next link_open; true after a full round, after
 * which the endpoints are those that we were told of.
 */
bool link_next(struct link *link);

/*
 * Until when something may still be hoped of a socket that is not up, monotonic ms: a
 * machine that is gone says nothing. INT64_MAX: there is no other endpoint, or it is up.
 */
int64_t link_hopes_until(const struct link *link);

/* Takes what the monitor has to say. True when a connection that was up was lost. */
bool link_watch(struct link *link);

/* Forgets what was met, for a new call. */
void link_forget(struct link *link);

/* Names the state of the link as the failure of a call. */
void link_explain(const struct link *link, struct coachhouse_failure *failure);

/* Fills a failure; `reason` is "" or a token. NULL is accepted. */
void failure_set(struct coachhouse_failure *failure, Coachhouse__V1__Code code, const char *reason,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* 64 hexadecimal digits into 32 bytes; false for anything else. */
bool key_parse(const char *hex, unsigned char key[32]) __attribute__((warn_unused_result));

/* "tcp://HOST:PORT" or "ipc://PATH", several by commas. */
bool endpoint_valid(const char *endpoint) __attribute__((warn_unused_result));

/* The same; when it is false, `why` says it, without a full stop. */
bool endpoint_explain(const char *endpoint, char *why, size_t size)
	__attribute__((warn_unused_result));
