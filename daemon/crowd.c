/* Who is connected, and who must go. */
#include "crowd.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "log.h"
#include "metrics_now.h"

enum {
	TICK_MS = 250,
	TRIM_MS = 2000,
	HANDSHAKE_MS = 11000, /* whoever is there for longer has shaken hands */
	ENROLLING_MS = 60 * 1000,
	MUCH = 64 * 1024, /* bytes between two ticks; heartbeats are far less */
	QUIET = 4,	  /* ticks */
	GROWTH = 16 * 1024 * 1024,
};

struct visitor {
	bool here, heard; /* heard: a whole message came since the last tick */
	enum door door;
	char key[9]; /* its first digits, once something was heard */
	ino_t inode; /* a descriptor is used again and again */
	int64_t since;
	uint64_t received; /* bytes; at the last tick */
	int unread, unsent;
	long quiet; /* ticks without a whole message, while memory is short */
};

void crowd_init(struct crowd *crowd, size_t most_bytes)
{
	*crowd = (struct crowd){.most_bytes = most_bytes};
}

void crowd_finish(struct crowd *crowd)
{
	free(crowd->visitors);
	crowd->visitors = NULL;
	crowd->room = 0;
}

static ino_t inode_of(int fd)
{
	struct stat info;
	return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

static struct visitor *find(const struct crowd *crowd, int fd)
{
	struct visitor *v = fd >= 0 && (size_t)fd < crowd->room ? &crowd->visitors[fd] : NULL;
	return v && v->here ? v : NULL;
}

static bool make_room(struct crowd *crowd, size_t needed)
{
	size_t room = crowd->room ? crowd->room : 256;
	while (room < needed)
		room *= 2;
	struct visitor *visitors = reallocarray(crowd->visitors, room, sizeof(*visitors));
	if (!visitors)
		return false;
	for (size_t i = crowd->room; i < room; i++)
		visitors[i] = (struct visitor){0};
	crowd->visitors = visitors;
	crowd->room = room;
	return true;
}

void crowd_came(struct crowd *crowd, enum door door, int fd, int64_t now)
{
	if (fd < 0 || ((size_t)fd >= crowd->room && !make_room(crowd, (size_t)fd + 1)))
		return;
	crowd->visitors[fd] =
		(struct visitor){.here = true, .door = door, .inode = inode_of(fd), .since = now};
}

void crowd_went(struct crowd *crowd, int fd)
{
	struct visitor *v = find(crowd, fd);
	if (v)
		v->here = false;
}

void crowd_heard(struct crowd *crowd, int fd, const char *key)
{
	struct visitor *v = find(crowd, fd);
	if (!v)
		return;
	v->heard = true;
	memcpy(v->key, key, sizeof(v->key));
}

/* Those let in of late are counted although some are settled by now: rather too many than none. */
long crowd_size(const struct crowd *crowd, enum door door)
{
	return crowd->settled[door] + crowd->young[door] + crowd->young_before[door];
}

const char *crowd_word(enum crowd_why why)
{
	static const char *const words[CROWD_WHYS] = {
		[CROWD_ENDLESS] = "endless", [CROWD_LINGERED] = "lingered",
		[CROWD_UNHEARD] = "unheard", [CROWD_UNREADING] = "unreading",
		[CROWD_SILENT] = "silent",
	};
	return words[why];
}

/* Without lingering: what is on its way to somebody who does not read is dropped too. */
void crowd_cut(struct crowd *crowd, int fd, enum crowd_why why)
{
	const struct linger none = {.l_onoff = 1};
	struct visitor *v = find(crowd, fd);
	if (!v || !v->inode || inode_of(fd) != v->inode)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	if (shutdown(fd, SHUT_RDWR) < 0)
		return;
	crowd->cuts[why]++;
	v->here = false;
	log_write(why == CROWD_LINGERED ? LOG_DEBUG : LOG_WARNING, "crowd",
		  "a connection was cut: reason=%s key=%s", crowd_word(why),
		  *v->key ? v->key : "-");
}

/* Bytes that ever came; 0 for sockets of the file system, which do not tell. */
static uint64_t received(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return 0;
	return info.tcpi_bytes_received;
}

/* Compares with the last tick, and takes note for the next. */
static bool must_go(struct visitor *v, int fd, enum crowd_why *why)
{
	const struct visitor before = *v;
	v->received = received(fd);
	if (ioctl(fd, SIOCINQ, &v->unread) < 0)
		v->unread = 0;
	if (ioctl(fd, SIOCOUTQ, &v->unsent) < 0)
		v->unsent = 0;
	v->quiet = before.heard ? 0 : before.quiet + 1;
	v->heard = false;
	*why = CROWD_UNHEARD;
	if (!before.heard && (v->received > before.received + MUCH || (before.unread && v->unread)))
		return true;
	*why = CROWD_UNREADING;
	return before.unsent && v->unsent >= before.unsent;
}

static bool look_at_all(struct crowd *crowd, bool cutting)
{
	bool cut = false;
	for (size_t fd = 0; fd < crowd->room; fd++) {
		struct visitor *v = &crowd->visitors[fd];
		enum crowd_why why;
		if (v->here && must_go(v, (int)fd, &why) && cutting) {
			crowd_cut(crowd, (int)fd, why);
			cut = true;
		}
	}
	return cut;
}

/* A message without an end that comes slowly: nothing whole was ever heard from its sender. */
static void cut_the_silent(struct crowd *crowd)
{
	for (size_t fd = 0; fd < crowd->room; fd++)
		if (crowd->visitors[fd].here && crowd->visitors[fd].quiet >= QUIET)
			crowd_cut(crowd, (int)fd, CROWD_SILENT);
}

/* What clients that have left held is free, but ours until it is given back: twice as much again. */
static void trim(struct crowd *crowd, int64_t now)
{
	if (crowd->memory <= crowd->trimmed + GROWTH && now < crowd->trim_due)
		return;
	crowd->trim_due = now + TRIM_MS;
	malloc_trim(0);
	crowd->memory = crowd->trimmed = (size_t)metrics_memory();
}

/*
 * Memory is short, or soon will be. First those who send or do not read; if there
 * are none and it grows all the same, everybody who is silent: who means well
 * connects again and asks with the same id.
 */
static void relieve(struct crowd *crowd, int64_t now)
{
	trim(crowd, now);
	const bool short_of = crowd->memory > crowd->most_bytes;
	if (look_at_all(crowd, short_of) || !short_of)
		return;
	if (!crowd->puzzled) {
		crowd->puzzled = crowd->memory;
	} else if (crowd->memory > crowd->puzzled + GROWTH) {
		cut_the_silent(crowd);
		crowd->puzzled = 0;
	}
}

static void count(struct crowd *crowd, int64_t now)
{
	for (enum door door = 0; door < DOORS; door++)
		crowd->settled[door] = 0;
	for (size_t fd = 0; fd < crowd->room; fd++) {
		const struct visitor *v = &crowd->visitors[fd];
		if (!v->here)
			continue;
		crowd->settled[v->door] += now - v->since >= HANDSHAKE_MS;
		if (door_enrols(v->door) && now - v->since >= ENROLLING_MS)
			crowd_cut(crowd, (int)fd, CROWD_LINGERED);
	}
	if (now < crowd->young_due)
		return;
	for (enum door door = 0; door < DOORS; door++) {
		crowd->young_before[door] = crowd->young[door];
		crowd->young[door] = 0;
	}
	crowd->young_due = now + HANDSHAKE_MS;
}

int64_t crowd_tick(struct crowd *crowd, int64_t now)
{
	if (now < crowd->due)
		return crowd->due;
	count(crowd, now);
	crowd->memory = (size_t)metrics_memory();
	if (crowd->memory > crowd->most_bytes / 4 * 3)
		relieve(crowd, now);
	else
		crowd->trimmed = 0;
	if (crowd->memory < crowd->most_bytes)
		crowd->puzzled = 0;
	crowd->due = now + TICK_MS;
	return crowd->due;
}
