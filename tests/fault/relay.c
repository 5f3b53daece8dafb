/* Passes bytes on, as badly as it was told. */
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proxy.h"

enum { PAIRS = 64, MOST = 1 << 18, LATE_MS = 2000, DRIBBLE_MS = 1000, TURN_MS = 50, HEAD = 5 };

/* What waits to be passed on, each part not before its time. */
struct part {
	struct part *next;
	int64_t due;
	size_t at, size;
	char bytes[];
};

/* One direction of a connection. */
struct flow {
	int from, to;
	struct part *head, *tail;
	size_t waiting;
	int64_t next_byte;
	bool ended;
	/* Of PostgreSQL's messages: */
	char *partial;
	size_t n_partial;
	bool started;
	char last;
};

struct pair {
	struct flow flows[PROXY_SIDES];
	bool used, lost, frozen;
	int target;	       /* the trap that it is for */
	int seen[PROXY_SIDES]; /* messages since then */
};

struct relay {
	struct relay_orders *orders;
	const char *target;
	bool messages;
	int listening;
	struct pair pairs[PAIRS];
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void finish_flow(struct flow *flow)
{
	while (flow->head) {
		struct part *next = flow->head->next;
		free(flow->head);
		flow->head = next;
	}
	free(flow->partial);
	close(flow->from);
}

static void end_pair(struct pair *pair, bool reset)
{
	const struct linger at_once = {.l_onoff = 1};
	for (int side = 0; side < PROXY_SIDES; side++) {
		if (reset)
			setsockopt(pair->flows[side].from, SOL_SOCKET, SO_LINGER, &at_once,
				   sizeof at_once);
		finish_flow(&pair->flows[side]);
	}
	*pair = (struct pair){.used = false};
}

static int connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof at))
		return fd;
	close(fd);
	return -1;
}

static void accept_one(struct relay *r, enum proxy_mode mode)
{
	struct pair *pair = r->pairs;
	const int client = accept4(r->listening, NULL, NULL, SOCK_CLOEXEC);
	while (pair < r->pairs + PAIRS && pair->used)
		pair++;
	if (client < 0)
		return;
	const int server =
		pair == r->pairs + PAIRS || mode == PROXY_CUT ? -1 : connect_to(r->target);
	if (server < 0) {
		close(client);
		return;
	}
	*pair = (struct pair){.used = true, .flows = {{client, server}, {server, client}}};
}

static void append(struct flow *flow, const char *bytes, size_t size, int64_t due)
{
	struct part *part = malloc(sizeof *part + size);
	if (!part)
		_exit(1);
	*part = (struct part){.due = due, .size = size};
	memcpy(part->bytes, bytes, size);
	if (flow->head)
		flow->tail->next = part;
	else
		flow->head = part;
	flow->tail = part;
	flow->waiting += size;
}

/* False: the other side is gone. */
static bool pass_on(struct flow *flow, int64_t now, enum proxy_mode mode)
{
	while (flow->head && flow->head->due <= now) {
		struct part *part = flow->head;
		const bool slow = mode == PROXY_SLOW;
		if (slow && now < flow->next_byte)
			return true;
		const ssize_t sent =
			send(flow->to, part->bytes + part->at, slow ? 1 : part->size - part->at,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN;
		if (slow)
			flow->next_byte = now + DRIBBLE_MS;
		flow->waiting -= (size_t)sent;
		part->at += (size_t)sent;
		if (part->at < part->size)
			continue;
		flow->head = part->next;
		free(part);
	}
	return true;
}

/* --- PostgreSQL's messages ------------------------------------------------------- */

static size_t message_size(const struct flow *flow, bool typed)
{
	uint32_t length;
	if (flow->n_partial < HEAD)
		return SIZE_MAX;
	memcpy(&length, flow->partial + typed, sizeof length);
	return ntohl(length) + typed;
}

static void spring(struct relay *r, struct pair *pair)
{
	const bool freeze = atomic_load(&r->orders->trap) == TRAP_FREEZE;
	for (int side = 0; side < PROXY_SIDES; side++)
		pass_on(&pair->flows[side], INT64_MAX, PROXY_PASS);
	pair->frozen = freeze;
	pair->lost = !freeze;
	atomic_store(&r->orders->fired, true);
	if (!freeze)
		atomic_store(&r->orders->trap, TRAP_NONE);
}

/* The connection that makes the next call is the one. */
static void choose(struct relay *r, struct pair *pair, enum proxy_side side, char type)
{
	const int trap = atomic_load(&r->orders->number);
	bool taken = false;
	for (int i = 0; i < PAIRS; i++)
		taken |= r->pairs[i].used && r->pairs[i].target == trap;
	if (taken || side != FROM_DAEMON || type != 'B' || atomic_load(&r->orders->fired) ||
	    atomic_load(&r->orders->trap) == TRAP_NONE)
		return;
	pair->target = trap;
	pair->seen[FROM_DAEMON] = pair->seen[FROM_POSTGRES] = 0;
}

static bool is_due(const struct relay *r, const struct pair *pair)
{
	return pair->target == atomic_load(&r->orders->number) &&
	       atomic_load(&r->orders->trap) != TRAP_NONE &&
	       pair->seen[atomic_load(&r->orders->side)] >= atomic_load(&r->orders->n);
}

/* One whole message; false when it sprang the trap. */
static bool one_message(struct relay *r, struct pair *pair, enum proxy_side side, size_t size)
{
	struct flow *flow = &pair->flows[side];
	const char type = flow->started || side == FROM_POSTGRES ? flow->partial[0] : 0;
	const bool hidden = atomic_load(&r->orders->mode) == PROXY_LIE && side == FROM_POSTGRES &&
			    type == 'E' && flow->last == 'C';
	flow->started = true;
	flow->last = type;
	choose(r, pair, side, type);
	if (is_due(r, pair)) {
		spring(r, pair);
		return false;
	}
	if (!hidden)
		append(flow, flow->partial, size, 0);
	pair->seen[side]++;
	flow->n_partial -= size;
	memmove(flow->partial, flow->partial + size, flow->n_partial);
	if (is_due(r, pair)) {
		spring(r, pair);
		return false;
	}
	return true;
}

static void take_messages(struct relay *r, struct pair *pair, enum proxy_side side,
			  const char *bytes, size_t size)
{
	struct flow *flow = &pair->flows[side];
	flow->partial = realloc(flow->partial, flow->n_partial + size);
	if (!flow->partial)
		_exit(1);
	memcpy(flow->partial + flow->n_partial, bytes, size);
	flow->n_partial += size;
	size_t whole;
	do
		whole = message_size(flow, flow->started || side == FROM_POSTGRES);
	while (whole <= flow->n_partial && one_message(r, pair, side, whole));
}

/* --- the loop --------------------------------------------------------------------- */

static void take(struct relay *r, struct pair *pair, enum proxy_side side, enum proxy_mode mode)
{
	static char bytes[1 << 16];
	struct flow *flow = &pair->flows[side];
	const ssize_t size = recv(flow->from, bytes, sizeof bytes, MSG_DONTWAIT);
	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0)
		flow->ended = true;
	else if (mode == PROXY_HOLE)
		pair->lost = true;
	else if (r->messages)
		take_messages(r, pair, side, bytes, (size_t)size);
	else
		append(flow, bytes, (size_t)size, mode == PROXY_DELAY ? now_ms() + LATE_MS : 0);
}

/* A connection ends when either side has ended and what it said was passed on. */
static bool is_over(const struct relay *r, const struct pair *pair, enum proxy_mode mode)
{
	if (mode == PROXY_CUT)
		return true;
	if (pair->frozen)
		return atomic_load(&r->orders->trap) == TRAP_NONE;
	if (mode == PROXY_HOLE)
		return false;
	for (int side = 0; side < PROXY_SIDES; side++)
		if (pair->flows[side].ended && !pair->flows[side].head)
			return true;
	return pair->lost;
}

static void serve_pair(struct relay *r, struct pair *pair, const short *revents,
		       enum proxy_mode mode)
{
	for (int side = 0; side < PROXY_SIDES; side++)
		if (revents[side] && !pair->frozen && !pair->lost)
			take(r, pair, side, mode);
	for (int side = 0; side < PROXY_SIDES && mode != PROXY_HOLE; side++)
		if (!pair->frozen && !pass_on(&pair->flows[side], now_ms(), mode))
			pair->lost = true;
	if (is_over(r, pair, mode))
		end_pair(pair, mode == PROXY_CUT);
}

static bool listens(const struct pair *pair, int side)
{
	const struct flow *flow = &pair->flows[side];
	return pair->used && !pair->frozen && !pair->lost && !flow->ended && flow->waiting < MOST;
}

static void turn(struct relay *r)
{
	struct pollfd items[1 + 2 * PAIRS] = {{.fd = r->listening, .events = POLLIN}};
	bool waits = false;
	for (int i = 0; i < 2 * PAIRS; i++) {
		const struct pair *pair = &r->pairs[i / 2];
		waits |= pair->used && (pair->flows[i % 2].head || pair->lost);
		items[1 + i] =
			(struct pollfd){.fd = listens(pair, i % 2) ? pair->flows[i % 2].from : -1,
					.events = POLLIN};
	}
	poll(items, 1 + 2 * PAIRS, waits ? TURN_MS : 1000);
	const enum proxy_mode mode = (enum proxy_mode)atomic_load(&r->orders->mode);
	for (int i = 0; i < PAIRS; i++) {
		const short revents[] = {items[1 + 2 * i].revents, items[2 + 2 * i].revents};
		if (r->pairs[i].used)
			serve_pair(r, &r->pairs[i], revents, mode);
	}
	if (items[0].revents)
		accept_one(r, mode);
}

static void woken(int signal)
{
	(void)signal;
}

void relay_run(int listening, const char *target, bool messages, struct relay_orders *orders)
{
	static struct relay r;
	const struct sigaction wake = {.sa_handler = woken};
	sigaction(SIGUSR1, &wake, NULL);
	r = (struct relay){
		.orders = orders, .target = target, .messages = messages, .listening = listening};
	for (;;)
		turn(&r);
}
