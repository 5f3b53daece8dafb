/*
 * A process between two that talk over a stream, and a bad one: it drops, holds
 * back, dribbles and loses. Between the daemon and PostgreSQL it knows messages,
 * and ends or freezes a connection after the n-th of them. Bytes are passed on
 * as they are, so it can be between a client and the daemon as well.
 */
#pragma once
#include "fixture.h"

enum proxy_mode {
	PROXY_PASS,
	PROXY_CUT,   /* connections are reset, new ones refused */
	PROXY_HOLE,  /* both sides believe in the connection; nothing arrives */
	PROXY_SLOW,  /* one byte a second */
	PROXY_DELAY, /* all arrives, two seconds late */
	PROXY_LIE,   /* PostgreSQL: errors while committing are left out */
};

/* Whose messages are counted. */
enum proxy_side { FROM_DAEMON, FROM_POSTGRES, PROXY_SIDES };

struct proxy;

/* To a socket of a path; clients use proxy_endpoint. */
struct proxy *proxy_of_daemon(const char *socket);
const char *proxy_endpoint(const struct proxy *proxy);

/* To the first daemon's PostgreSQL; another daemon is told proxy_folder. */
struct proxy *proxy_of_postgres(struct fixture *f);
const char *proxy_folder(const struct proxy *proxy);

/* What holds for all connections from now on. */
void proxy_set(struct proxy *proxy, enum proxy_mode mode);

/*
 * Once: the connection that makes the next call is cut after message `n` of that
 * side since the call began (0: before the first), or frozen until proxy_thaw.
 */
void proxy_arm(struct proxy *proxy, enum proxy_side side, int n, bool freeze);

/* Whether that has come about. */
bool proxy_fired(const struct proxy *proxy);

/* Disarms; cuts what is frozen. */
void proxy_thaw(struct proxy *proxy);

/* The process ends; NULL is accepted. */
void proxy_stop(struct proxy **proxy);
