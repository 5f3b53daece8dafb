/*
 * Who may connect. libzmq asks here, within the process, for each handshake; the
 * answer comes from the keys in memory, at once. The main endpoint takes known
 * keys, the enrolment endpoint any key. What is admitted is named by its key:
 * the User-Id of every later message.
 */
#pragma once
#include "keys.h"

/* The domains of the two endpoints' sockets. */
#define ZAP_MAIN "coachhouse.main"
#define ZAP_ENROLMENT "coachhouse.enrolment"

/*
 * Where libzmq asks. What it asked with, 10 kB, it keeps as long as the client
 * stays, or until the socket that answered is closed: so these take turns.
 */
struct zap {
	void *context, *socket;
	void *before; /* the one whose turn was before: its last answers are on their way */
	long answered;
};

/*
 * Must be open before any socket that it guards, since libzmq lets everybody in
 * where nobody answers; in a change of turns our sockets let nobody in. False with a log line.
 */
bool zap_open(struct zap *zap, void *context) __attribute__((warn_unused_result));
void zap_close(struct zap *zap);

/*
 * How many more may come in, counted down: who crowds the enrolment endpoint keeps
 * nobody from the main one.
 */
struct zap_room {
	long main, enrolment;
};

/* How often; a flood of strangers is not worth a line of the log each. */
struct zap_counts {
	uint64_t admitted, unknown, crowded;
};

/* Answers all who wait; where there is no room each is refused, and told so. Adds to `counts`. */
void zap_handle(struct zap *zap, const struct keys *keys, struct zap_room *room,
		struct zap_counts *counts);

/*
 * The proof that it works: a connection with a key that was made up on the spot,
 * and that must be refused.
 */
struct zap_probe {
	void *socket, *monitor;
	uint8_t key[KEY_SIZE];
};

enum zap_verdict { ZAP_WAITING, ZAP_REFUSED, ZAP_ADMITTED };

/* `endpoint`: where the main socket is bound. `monitor` is then to be polled for reading. */
bool zap_probe_start(struct zap_probe *probe, void *context, const char *endpoint,
		     const uint8_t server_key[KEY_SIZE]) __attribute__((warn_unused_result));
enum zap_verdict zap_probe_read(struct zap_probe *probe);
void zap_probe_finish(struct zap_probe *probe);
