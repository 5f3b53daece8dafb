/* What was typed: one sentence with its blanks filled. */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "coachhouse.h"
#include "profile.h"
#include "sentence.h"

enum output { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_PLAIN, OUTPUT_JSON };

/* Exit codes; coach(1) lists them. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CONFLICT = 3,
	EXIT_REFUSED = 4,
	EXIT_ABSENT = 5,
	EXIT_UNREACHABLE = 6,
	EXIT_TIMEOUT = 7,
};

enum { MAX_GIVEN = 64 };

struct given {
	const struct blank *blank;
	const char *text; /* "" for a switch */
};

struct command {
	const struct sentence *sentence; /* NULL: none was named */
	struct given given[MAX_GIVEN];
	int count;
	bool help, version, quiet, verbose, yes;
	enum output output;
	const char *profile_name;
	const char *zone_flag;
	const char *file;
	int timeout_ms;
	int64_t limit;	  /* of a list; 0: all of it */
	uint8_t call[16]; /* the call's id */
	int64_t now;	  /* seconds since 1970 */
	struct profile profile;
	struct coachhouse *connection;
	FILE *out;
	uint8_t token[32]; /* of an invitation on its way */
};

/*
 * Reads what was typed; points into `argv`. False with up to two lines of what
 * is wrong with it.
 */
bool command_parse(struct command *command, int argc, char **argv, char *error, size_t size)
	__attribute__((warn_unused_result));

/* The text given for "--month" or "WHO" (the name without its value), or NULL. */
const char *command_text(const struct command *command, const char *name);

/* The zone to read and show times in: --zone, the profile's, or UTC. */
const char *command_zone(const struct command *command);

/*
 * Fills a request from what was given, by the names of its fields. False with a
 * sentence.
 */
bool command_fill(const struct command *command, ProtobufCMessage *request, char *error,
		  size_t size) __attribute__((warn_unused_result));

/* Does it; an exit code. */
int command_run(struct command *command);

/* Loads the profile and prepares the connection; an exit code. */
int command_connect(struct command *command);

/*
 * One call of the sentence's method or another; says that it waits after a
 * second. On failure says why on stderr and returns an exit code.
 */
int command_call(struct command *command, const char *method, const ProtobufCMessage *request,
		 struct coachhouse_reply *reply);

/*
 * Keeps the daemon's next key, if it told us of one and answers there. What is not
 * kept now is kept another time; false says why not, in up to two lines.
 */
bool command_follow(struct command *command, char *error, size_t size);

/*
 * Asks before something that cannot be taken back; without a terminal --yes
 * must stand for the answer. An exit code.
 */
int command_confirm(struct command *command, const char *question);

/* Opens what -o names, or stdout, as command->out; false when it has said why. */
bool command_open(struct command *command);

/* Up to three lines on stderr: what, why, what to type next. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* The failure of a call, with what to type next; the exit code that fits. */
int complain_failure(const struct command *command, const struct coachhouse_failure *failure);
