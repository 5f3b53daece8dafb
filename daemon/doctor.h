/*
 * coachd doctor: looks at a place and says what is well, what to see to and what is
 * wrong, a line each, with what to do. Changes nothing. As root it sees all; as
 * the daemon's user most.
 */
#pragma once
#include "config.h"

enum finding { FINE, WARN, FAIL };

struct doctor {
	const struct config *config;
	int warnings, failures;
};

/* One line on standard output: "ok    SUBJECT: SENTENCE". */
void doctor_say(struct doctor *doctor, enum finding finding, const char *subject,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Folders, owners, keys, room, the last backup: what can be seen without PostgreSQL. */
void doctor_place(struct doctor *doctor);

/* Limits, clock, time zones: the machine. */
void doctor_machine(struct doctor *doctor);

/* All of it. The exit code: 0 also with warnings. */
int doctor_run(const struct config *config);
