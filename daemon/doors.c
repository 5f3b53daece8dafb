/* The endpoints that clients come through. */
#include "doors.h"

#include <sys/resource.h>

#include "limit.h"
#include "log.h"

enum { MOST_PARTS = 1000 }; /* of a message; whoever sends more means harm */

/* At the limit libzmq would spin, and nobody could come in. */
long doors_files(long clients)
{
	const rlim_t needed = (rlim_t)clients + DOORS_OTHER_FILES;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return clients;
	if (files.rlim_cur < needed) {
		files.rlim_cur = files.rlim_max < needed ? files.rlim_max : needed;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= needed)
		return clients;
	const long room = (long)files.rlim_cur - DOORS_OTHER_FILES;
	log_warning("doors",
		    "%lu open files are room for %ld clients, not for max_clients = %ld: set "
		    "LimitNOFILE of the unit to %lu (in a shell: ulimit -n), or max_clients lower",
		    (unsigned long)files.rlim_cur, room > 0 ? room : 0, clients,
		    (unsigned long)needed);
	return room > 0 ? room : 0;
}

bool doors_open(struct doors *doors, void *context, const struct doors_settings *settings)
{
	doors->settings = *settings;
	crowd_init(&doors->crowd, settings->most_bytes);
	for (enum door door = 0; door < DOORS; door++) {
		const struct endpoint_settings endpoint = {
			.domain = door_enrols(door) ? ZAP_ENROLMENT : ZAP_MAIN,
			.secret_key = settings->secret_keys[door],
			.max_frame = door_enrols(door) ? LIMIT_ENROLMENT : LIMIT_FRAME,
		};
		if (settings->places[door] &&
		    !endpoint_open(context, settings->places[door], &endpoint,
				   &doors->sockets[door], &doors->monitors[door]))
			return false;
	}
	return true;
}

void doors_close(struct doors *doors, int linger_ms)
{
	for (enum door door = 0; door < DOORS; door++)
		endpoint_close(doors->sockets[door], linger_ms);
	for (enum door door = 0; door < DOORS; door++)
		endpoint_close(doors->monitors[door], 0);
	for (enum door door = 0; door < DOORS; door++)
		doors->sockets[door] = doors->monitors[door] = NULL;
	crowd_finish(&doors->crowd);
}

void doors_send(void *arg, const struct outgoing *reply)
{
	struct doors *doors = arg;
	if (!doors->sockets[reply->door])
		return;
	doors->look[reply->door] = true; /* sending may have taken note of what came in */
	endpoint_send(doors->sockets[reply->door], reply);
}

void doors_watch(const struct doors *doors, const bool open[DOORS], struct pollfd *items)
{
	for (enum door door = 0; door < DOORS; door++) {
		items[door] =
			(struct pollfd){.fd = endpoint_fd(doors->monitors[door]), .events = POLLIN};
		items[DOORS + door] =
			(struct pollfd){.fd = open[door] ? endpoint_fd(doors->sockets[door]) : -1,
					.events = POLLIN};
	}
}

static void hear(struct doors *doors, enum door door, int64_t now)
{
	bool came;
	int fd;
	while (endpoint_event(doors->monitors[door], &came, &fd)) {
		doors->clients[door] += came ? 1 : -1;
		if (came)
			crowd_came(&doors->crowd, door, fd, now);
		else
			crowd_went(&doors->crowd, fd);
	}
}

void doors_handle(struct doors *doors, const struct pollfd *items, bool idle, int64_t now)
{
	for (enum door door = 0; door < DOORS; door++) {
		if (doors->monitors[door] && (items[door].revents || idle))
			hear(doors, door, now);
		doors->look[door] = doors->look[door] || items[DOORS + door].revents || idle;
	}
}

void doors_read(struct doors *doors, enum door door, struct calls *calls)
{
	struct endpoint_reading *reading = &doors->reading[door];
	doors->look[door] = endpoint_read(doors->sockets[door], door, calls, reading);
	crowd_heard(&doors->crowd, reading->fd, reading->key);
	if (reading->skipped > MOST_PARTS)
		crowd_cut(&doors->crowd, reading->fd, CROWD_ENDLESS);
}

/* Both are too many: some are counted twice for a while, and some have not shaken hands. */
static long inside(const struct doors *doors, enum door door)
{
	const long counted = crowd_size(&doors->crowd, door), here = doors->clients[door];
	return counted < here ? counted : here;
}

struct zap_room doors_room(const struct doors *doors)
{
	const long *most = doors->settings.most;
	return (struct zap_room){
		.main = most[DOOR_MAIN] - inside(doors, DOOR_MAIN) - inside(doors, DOOR_NEXT),
		.enrolment = most[DOOR_ENROLMENT] - inside(doors, DOOR_ENROLMENT) -
			     inside(doors, DOOR_NEXT_ENROLMENT),
	};
}

void doors_admitted(struct doors *doors, const struct zap_room *left)
{
	const struct zap_room had = doors_room(doors);
	doors->crowd.young[DOOR_MAIN] += had.main - left->main;
	doors->crowd.young[DOOR_ENROLMENT] += had.enrolment - left->enrolment;
}
