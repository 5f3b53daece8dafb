/*
 * Three machines of Patroni and one etcd, on the loopback, each with an address of its
 * own: what systemd/patroni.yml makes of a fixture's PostgreSQL.
 */
#pragma once
#include "fixture.h"

enum { NODES = 3 };

struct patroni_node {
	char name[2], address[24], folder[96], config[96], log[96];
	pid_t pid; /* of Patroni; 0: does not run */
};

struct patroni {
	struct fixture *f;
	struct patroni_node nodes[NODES];
	int port; /* etcd's; after it its peers', PostgreSQL's and Patroni's own */
};

/* Whether Patroni and etcd are installed. */
bool patroni_is_here(void);

/* A fixture whose only daemon is served by the three, once all of them follow one. */
void patroni_start(struct patroni *p);
void patroni_stop(struct patroni *p);

/* Starts what does not run; waits until one is the primary, and the others follow it. */
void patroni_heal(struct patroni *p);

/* SIGKILL to the primary's Patroni and to all of its PostgreSQL. */
void patroni_kill_primary(struct patroni *p);
