/*
 * The endpoints that clients come through: the main one and the enrolment one, the
 * same once more for the next key while the daemon's key changes; who is connected there, and what waits there to be read.
 */
#pragma once
#include <poll.h>
#include <stdbool.h>

#include "call.h"
#include "crowd.h"
#include "endpoint.h"
#include "keys.h"
#include "zap.h"

enum {
	DOORS_ITEMS = 2 * DOORS, /* to poll: monitors, then sockets */
	DOORS_MOST_ENROLLING = 256,
	/* And of the database, of the sockets themselves, of connections refused: */
	DOORS_OTHER_FILES = DOORS_MOST_ENROLLING + 512,
};

struct doors_settings {
	const char *places[DOORS]; /* NULL: it stays closed */
	const uint8_t *secret_keys[DOORS];
	long most[DOORS];  /* connections; those of a next one count with the other */
	size_t most_bytes; /* of memory, before connections are cut */
};

struct doors {
	struct doors_settings settings;
	void *sockets[DOORS], *monitors[DOORS];
	long clients[DOORS]; /* connections */
	bool look[DOORS];    /* calls may wait there: its descriptor only tells of changes */
	struct endpoint_reading reading[DOORS];
	struct crowd crowd;
};

/*
 * Raises the limit of open files to what so many clients need. For how many it is
 * enough; when they are fewer, the log says what to do. 0: for none.
 */
long doors_files(long clients);

/* Opens them. The struct must not move afterwards. False with a log line. */
bool doors_open(struct doors *doors, void *context, const struct doors_settings *settings)
	__attribute__((warn_unused_result));

/* What is not yet sent may take `linger_ms`. The settings, and who was there, stay. */
void doors_close(struct doors *doors, int linger_ms);

/* Sends a reply; `arg` is the doors. */
void doors_send(void *arg, const struct outgoing *reply);

/* Fills DOORS_ITEMS; calls are waited for only where `open` says so. */
void doors_watch(const struct doors *doors, const bool open[DOORS], struct pollfd *items);

/* Takes note of what the same items told. `idle`: they told nothing for a while; it looks itself. */
void doors_handle(struct doors *doors, const struct pollfd *items, bool idle, int64_t now);

/* Reads one call that waits there, if `look` says so. */
void doors_read(struct doors *doors, enum door door, struct calls *calls);

/* How many more may come in; and, after it was counted down, that they did. */
struct zap_room doors_room(const struct doors *doors);
void doors_admitted(struct doors *doors, const struct zap_room *left);
