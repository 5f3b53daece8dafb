/* One client of the load. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "load.h"

enum { CLIENTS_MOST = 32, COACHES_MOST = 8, MINE = 12, SAID = 32 };

/* What the clients share. */
struct board {
	struct load_options options;
	struct fixture_person *coaches[COACHES_MOST];
	int n_coaches;
	int64_t first; /* the first half hour that is booked */
	atomic_bool over;
	pthread_mutex_t lock; /* of what follows */
	int64_t since, first_success;
	int successes;		     /* sent after `since` */
	int64_t shown[CLIENTS_MOST]; /* a session of each, for others to try */
	struct {
		char reason[64];
		int times;
	} said[SAID];
	int n_said;
	struct coachhouse_failure odd; /* what no client should be told */
};

/* A session that this client booked and knows. */
struct mine {
	int64_t session;
	int version;
};

struct client {
	pthread_t thread;
	struct board *board;
	struct coachhouse *connection;
	struct coachhouse
		*other; /* another one, for what is not to meet late answers of the first */
	int64_t person;
	int number;
	unsigned seed;
	struct history history;
	struct mine mine[MINE];
	int n_mine;
};

/* Until the board says that it is over. */
void *client_run(void *client);
