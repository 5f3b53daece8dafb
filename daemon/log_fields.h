/*
 * A line of the log as fields of the journal: MESSAGE, PRIORITY, COACHHOUSE_AREA,
 * and of the words NAME=VALUE in it those that are known, such as
 * COACHHOUSE_METHOD and COACHHOUSE_CALL.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

enum { LOG_FIELDS = 16, LOG_FIELDS_ROOM = 2400 };

struct log_fields {
	struct iovec fields[LOG_FIELDS];
	int n;
	char room[LOG_FIELDS_ROOM];
	size_t used;
};

/* `priority`: of syslog, '3' to '7'. What does not fit is left out. */
void log_fields_fill(struct log_fields *fields, char priority, const char *area, const char *text);

/* False: standard error is no stream of the journal's, or the journal does not take them. */
bool log_fields_send(const struct log_fields *fields) __attribute__((warn_unused_result));
