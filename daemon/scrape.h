/*
 * A local socket for those who watch over the daemon: just enough HTTP for
 * "curl --unix-socket PATH http://coachd/metrics". Few at a time, each for two
 * seconds, nothing blocks: whoever is slow here costs themselves.
 */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

enum { SCRAPE_CLIENTS = 8, SCRAPE_ITEMS = 1 + SCRAPE_CLIENTS, SCRAPE_REQUEST = 2048 };

struct scrape_client {
	int fd; /* -1: nobody */
	int64_t due;
	char request[SCRAPE_REQUEST];
	size_t got, sent;
	struct buffer answer; /* empty until the request has been read */
};

struct scrape {
	int listening; /* -1: no */
	char path[108];
	struct scrape_client clients[SCRAPE_CLIENTS];
	void (*metrics)(void *arg, struct buffer *out);
	const char *(*not_ready)(void *arg); /* NULL: it serves */
	void *arg;
};

/*
 * Listens at `path`, for the daemon's user and group; a socket that is left there
 * is replaced. "" listens nowhere. False with a log line. `metrics`, `not_ready`
 * and `arg` are the caller's to set.
 */
bool scrape_open(struct scrape *scrape, const char *path) __attribute__((warn_unused_result));
void scrape_close(struct scrape *scrape);

/* Fills SCRAPE_ITEMS; the same go back to scrape_handle. */
void scrape_watch(const struct scrape *scrape, struct pollfd *items);

/* `now`: monotonic ms. Ends those whose time is up, too. */
void scrape_handle(struct scrape *scrape, const struct pollfd *items, int64_t now);
