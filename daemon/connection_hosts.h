/*
 * Names of database hosts, looked up aside: libpq would do it itself, and wait
 * for the answer in the middle of the loop. Addresses and sockets need no look.
 * Of several hosts the one after that which failed is tried first: a machine that
 * is gone says nothing, and each try would wait for it before it came to the next.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { HOSTS_MOST = 16, HOSTS_TEXT = 4096 };

struct look_up;

struct hosts {
	int n;
	struct {
		char name[256], port[16];
		bool is_name;
	} given[HOSTS_MOST];
	struct look_up *asked[HOSTS_MOST]; /* the answers too, until they are asked again */
	int first;			   /* of `given`, that is tried */
	bool asking;
	bool too_many;	  /* more than HOSTS_MOST were given */
	int64_t known_at; /* monotonic ms; 0: never */
	/* What libpq is told, an entry for each address; "" as `hosts`: nothing, it knows. */
	char hosts[HOSTS_TEXT], addresses[HOSTS_TEXT], ports[HOSTS_TEXT];
};

/*
 * Takes host and port of a connection string, else of the environment, as libpq does; not
 * those of a service file. False: it cannot be understood.
 */
bool hosts_init(struct hosts *hosts, const char *conninfo) __attribute__((warn_unused_result));

/* What is still being looked up is left to end by itself. */
void hosts_finish(struct hosts *hosts);

enum hosts_answer { HOSTS_READY, HOSTS_ASKING, HOSTS_NOBODY };

/* This one was lost or did not answer. */
void hosts_failed(struct hosts *hosts, const char *host);

/* Never waits. `now`: monotonic ms. NOBODY: no name has an address; ask again later. */
enum hosts_answer hosts_look(struct hosts *hosts, int64_t now);
