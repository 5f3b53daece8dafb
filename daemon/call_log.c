/* One line for each call. */
#include "call_log.h"

#include <inttypes.h>
#include <string.h>

#include "keys.h"
#include "log.h"

/* What would only fill the log: reading, and the refusals of a flood, which are counted. */
static bool is_routine(const struct call_end *end)
{
	if (end->status->code == CODE(OK))
		return end->method && end->method->access == ACCESS_READ;
	return !strcmp(end->status->reason, "TOO_MANY_CALLS");
}

double call_seconds(const struct timespec *started)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - started->tv_sec) +
	       (double)(now.tv_nsec - started->tv_nsec) / 1e9;
}

void call_log(const struct call_end *end)
{
	const uint8_t *id = end->id;
	const char *reason = end->status->reason;
	char key[2 * KEY_SIZE + 1];
	keys_write(end->key, key);
	log_write(is_routine(end) ? LOG_DEBUG : LOG_INFO, "call",
		  "id=%02x%02x%02x%02x method=%s person=%" PRId64
		  " key=%.8s ms=%.1f code=%d reason=%s",
		  id[0], id[1], id[2], id[3], end->method ? end->method->rpc : "-", end->person,
		  key, end->seconds * 1e3, (int)end->status->code, *reason ? reason : "-");
}
