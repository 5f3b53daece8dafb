/*
 * What was typed: flags, settings as flags, and one command. Wrong usage ends the
 * process with code 2 and a sentence.
 */
#pragma once
#include <limits.h>
#include <stdbool.h>

#include "admin.h"
#include "config.h"

enum { COMMAND_WORDS = 3 };

struct options {
	char file[PATH_MAX]; /* of --config; else the system's */
	bool file_given, check, print;
	const char *settings[CONFIG_SETTINGS]; /* given as flags; else NULL */
	const struct command *command;
	const char *words[COMMAND_WORDS]; /* what follows it; else NULL */
	int count;
	struct admin_request init;
	const char *erasures; /* of restore */
};

/* One thing that coachd does, with how many words after its name. */
struct command {
	const char *name;  /* "" : without one */
	const char *usage; /* what follows the name, for people */
	int least, most;
	bool at_terminal; /* not what happens by the way, unless it was asked for */
	int (*run)(struct config *config, const struct options *options); /* the exit code */
};

/* Fills `options`; `commands` end with a NULL name, the first is what no word means. */
void options_parse(struct options *options, const struct command *commands, int argc, char **argv);
