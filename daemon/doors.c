/* The endpoints that clients come through. */
#include "doors.h"

#include "endpoint.h"
#include "limit.h"

bool doors_open(struct doors *doors, void *context, const struct doors_settings *settings)
{
	static const char *const domains[DOORS] = {ZAP_MAIN, ZAP_ENROLMENT};
	static const long frames[DOORS] = {LIMIT_FRAME, LIMIT_ENROLMENT};
	doors->settings = *settings;
	for (enum door door = 0; door < DOORS; door++) {
		const struct endpoint_settings endpoint = {
			.domain = domains[door],
			.secret_key = settings->secret_key,
			.max_frame = frames[door],
		};
		if (!endpoint_open(context, settings->places[door], &endpoint,
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

void doors_handle(struct doors *doors, const struct pollfd *items, bool idle)
{
	for (enum door door = 0; door < DOORS; door++) {
		if (doors->monitors[door] && (items[door].revents || idle))
			doors->clients[door] += endpoint_changes(doors->monitors[door]);
		doors->look[door] = doors->look[door] || items[DOORS + door].revents || idle;
	}
}

struct zap_room doors_room(const struct doors *doors)
{
	return (struct zap_room){
		.main = doors->clients[DOOR_MAIN] <= doors->settings.most[DOOR_MAIN],
		.enrolment = doors->clients[DOOR_ENROLMENT] <= doors->settings.most[DOOR_ENROLMENT],
	};
}
