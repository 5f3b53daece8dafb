#include "options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char system_file[] = "/etc/coachhouse/coachd.conf";

/* Keys of flags that are no setting; those of settings follow FIRST_SETTING. */
enum { CONFIG = 256, CHECK, PRINT, ADMIN, NAME, ORGANISATION, SECTOR, ERASURES, FIRST_SETTING };

/* What the callback of argp is given. */
struct parsing {
	struct options *options;
	const struct command *commands;
};

const char *argp_program_version = "coachd " COACHHOUSE_VERSION;

static const struct argp_option flags[] = {
	{"config", CONFIG, "FILE", 0, "Read FILE instead of /etc/coachhouse/coachd.conf", 1},
	{"check-config", CHECK, NULL, 0, "Say whether the configuration is sound, then exit", 1},
	{"print-config", PRINT, NULL, 0, "Print each setting and where it came from", 1},
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1},
	{NULL, 0, NULL, 0, "For coachd init:", 2},
	{"admin", ADMIN, "EMAIL", 0, "The first administrator's address", 2},
	{"name", NAME, "NAME", 0, "The first administrator's name", 2},
	{"organisation", ORGANISATION, "NAME", 0, "Where the first administrator works", 2},
	{"sector", SECTOR, "SECTOR", 0, "nhs, council, third, independent or other", 2},
	{NULL, 0, NULL, 0, "For coachd restore:", 3},
	{"erasures", ERASURES, "FILE", 0, "A newer list of who was erased than the backup's", 3},
	{NULL, 0, NULL, 0, "Settings, as in coachd.conf(5):", 4},
};
enum { FLAGS = sizeof flags / sizeof *flags };

static void take_file(struct options *o, const char *file, struct argp_state *state)
{
	/* We leave this folder before a reload reads the file again. */
	if (!realpath(file, o->file))
		argp_failure(state, 1, 0, "%s is not there.", file);
	o->file_given = true;
}

static void refuse_word(const struct parsing *p, const char *word, struct argp_state *state)
{
	char names[400] = "";
	size_t used = 0;

	for (const struct command *c = p->commands + 1; c->name && used < sizeof names; c++)
		used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
					 used ? ", " : "", c->name);
	argp_error(state, "\"%s\" is not understood; the commands are %s.", word, names);
}

static void take_word(const struct parsing *p, const char *word, struct argp_state *state)
{
	struct options *o = p->options;

	if (o->command != p->commands && o->count < o->command->most) {
		o->words[o->count++] = word;
		return;
	}
	for (const struct command *c = p->commands + 1; o->command == p->commands && c->name; c++)
		if (strcmp(word, c->name) == 0) {
			o->command = c;
			return;
		}
	refuse_word(p, word, state);
}

static bool is_sector(const char *word)
{
	static const char *const sectors[] = {"nhs", "council", "third", "independent", "other"};

	for (size_t i = 0; i < sizeof sectors / sizeof *sectors; i++)
		if (strcmp(word, sectors[i]) == 0)
			return true;
	return false;
}

static void check_words(const struct options *o, struct argp_state *state)
{
	const struct admin_request *init = &o->init;
	const struct command *command = o->command;
	bool any = init->email || init->name || init->organisation || init->sector;
	bool whole = init->email && init->name && init->organisation && init->sector;
	bool is_init = strcmp(command->name, "init") == 0;

	if (o->count < command->least || (is_init && !whole))
		argp_error(state, "%s needs %s.", command->name, command->usage);
	if (any && !is_init)
		argp_error(state, "--admin, --name, --organisation and --sector belong to coachd "
				  "init.");
	if (o->erasures && strcmp(command->name, "restore") != 0)
		argp_error(state, "--erasures belongs to coachd restore.");
	if (init->sector && !is_sector(init->sector))
		argp_error(state, "--sector is nhs, council, third, independent or other.");
}

static error_t take_flag(int key, char *value, struct argp_state *state)
{
	const struct parsing *p = state->input;
	struct options *o = p->options;
	const char **init[] = {&o->init.email, &o->init.name, &o->init.organisation,
			       &o->init.sector};

	switch (key) {
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case CONFIG:
		take_file(o, value, state);
		break;
	case CHECK:
		o->check = true;
		break;
	case PRINT:
		o->print = true;
		break;
	case ERASURES:
		o->erasures = value;
		break;
	case ARGP_KEY_ARG:
		take_word(p, value, state);
		break;
	case ARGP_KEY_END:
		check_words(o, state);
		break;
	default:
		if (key >= ADMIN && key <= SECTOR)
			*init[key - ADMIN] = value;
		else if (key >= FIRST_SETTING && key < FIRST_SETTING + CONFIG_SETTINGS)
			o->settings[key - FIRST_SETTING] = value;
		else
			return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* How each command is written, a line each, as argp wants it. */
static const char *list_usage(const struct command *commands)
{
	static char text[1000];
	size_t used = 0;

	for (const struct command *c = commands; c->name && used < sizeof text; c++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s%s",
					 c == commands ? "" : "\n", c->name, *c->usage ? " " : "",
					 c->usage);
	return text;
}

/* Every setting is a flag too: its name with dashes. */
void options_parse(struct options *o, const struct command *commands, int argc, char **argv)
{
	static struct argp_option all[FLAGS + CONFIG_SETTINGS + 1];
	static char names[CONFIG_SETTINGS][32];
	struct parsing parsing = {o, commands};
	const struct argp argp = {
		all,
		take_flag,
		list_usage(commands),
		"The Coachhouse daemon: coaching and mentoring, scheduled and recorded.\v"
		"Say where the data is with --data DIR, or with --database CONNINFO and --keys DIR. "
		"coachd init sets it up and prints the first administrator's invitation; coachd "
		"then runs in the foreground; coachd invite-admin helps when the last "
		"administrator's key is lost. coachd(8) says it all.",
		NULL,
		NULL,
		NULL};

	memcpy(all, flags, sizeof flags);
	for (int i = 0; i < CONFIG_SETTINGS; i++) {
		snprintf(names[i], sizeof names[i], "%s", config_settings[i].name);
		for (char *dash = names[i]; (dash = strchr(dash, '_'));)
			*dash = '-';
		all[FLAGS + i] = (struct argp_option){
			names[i], FIRST_SETTING + i,	   config_settings[i].argument,
			0,	  config_settings[i].help, 4};
	}
	snprintf(o->file, sizeof o->file, "%s", system_file);
	o->command = commands;
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &parsing);
}
