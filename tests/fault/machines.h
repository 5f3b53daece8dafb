/*
 * A place of two machines: a PostgreSQL and a daemon on each. One PostgreSQL is the
 * primary, the other its synchronous standby; each daemon finds whichever is the
 * primary. Where we may, each machine has a network of its own, and a cable that
 * can be pulled.
 */
#pragma once
#include "fixture.h"

enum { MACHINES = 2 };

struct machine {
	struct fixture_daemon *daemon;
	char folder[96], socket[96], address[32]; /* of its PostgreSQL */
	int network;				  /* a descriptor; 0: everybody's */
	pid_t postgres;
};

struct machines {
	struct fixture *f;
	struct machine machine[MACHINES];
	int primary;
	bool networked, paired;
	int home;	    /* our own network */
	char programs[96];  /* PostgreSQL's */
	char endpoint[256]; /* of both daemons */
	char turned[256];   /* the other one first */
};

/*
 * Gives this program, and what it starts, a network apart. Before anything else.
 * False: we may not, or there is no ip(8); then machines share the one there is.
 */
bool machines_network(void);

/* A fixture whose only daemon becomes those of two machines, paired. */
void machines_start(struct machines *m, bool networked);
void machines_stop(struct machines *m);

/*
 * Starts what does not run, and makes of the machine that is not the primary a
 * synchronous standby, from nothing unless it is one.
 */
void machines_pair(struct machines *m);

/* Ends the primary's PostgreSQL, as a loss of power does. */
void machines_kill_primary(struct machines *m);

/* The standby is the primary from now on. Returns before it is. */
void machines_promote(struct machines *m);

/* Pulls the cable of a machine, or puts it back. */
void machines_cable(struct machines *m, int machine, bool there);

/* What this thread begins from now on begins on that machine; MACHINES: where we were. */
void machines_go_to(struct machines *m, int machine);

/* Runs SQL on the PostgreSQL of a machine, as its owner. */
void machines_sql(struct machines *m, int machine, const char *sql);

static inline int machines_standby(const struct machines *m)
{
	return 1 - m->primary;
}
