#include <argp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "admin.h"
#include "config.h"
#include "home.h"
#include "log.h"
#include "seal.h"
#include "server.h"

static const char system_file[] = "/etc/coachhouse/coachd.conf";

/* Keys of flags that are no setting; those of settings follow FIRST_SETTING. */
enum { CONFIG = 256, CHECK, PRINT, ADMIN, NAME, ORGANISATION, SECTOR, FIRST_SETTING };
enum { SENTENCE = 2400 };

struct options {
	char file[PATH_MAX]; /* of --config; else system_file */
	bool file_given, check, print;
	const char *settings[CONFIG_SETTINGS]; /* given as flags */
	const char *command, *email;
	struct admin_request init;
};

/* What the callbacks of the server are given. */
struct running {
	const struct options *options;
	struct config *config;
	struct home *home;
};

const char *argp_program_version = "coachd " COACHHOUSE_VERSION;

static const struct argp_option commands[] = {
	{"config", CONFIG, "FILE", 0, "Read FILE instead of /etc/coachhouse/coachd.conf", 1},
	{"check-config", CHECK, NULL, 0, "Say whether the configuration is sound, then exit", 1},
	{"print-config", PRINT, NULL, 0, "Print each setting and where it came from", 1},
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1},
	{NULL, 0, NULL, 0, "For coachd init:", 2},
	{"admin", ADMIN, "EMAIL", 0, "The first administrator's address", 2},
	{"name", NAME, "NAME", 0, "The first administrator's name", 2},
	{"organisation", ORGANISATION, "NAME", 0, "Where the first administrator works", 2},
	{"sector", SECTOR, "SECTOR", 0, "nhs, council, third, independent or other", 2},
	{NULL, 0, NULL, 0, "Settings, as in coachd.conf(5):", 3},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void take_file(struct options *o, const char *file, struct argp_state *state)
{
	/* We leave this folder before a reload reads the file again. */
	if (!realpath(file, o->file))
		argp_failure(state, 1, 0, "%s is not there.", file);
	o->file_given = true;
}

static void take_word(struct options *o, const char *word, struct argp_state *state)
{
	bool is_command = strcmp(word, "init") == 0 || strcmp(word, "invite-admin") == 0;

	if (!o->command && is_command)
		o->command = word;
	else if (o->command && strcmp(o->command, "invite-admin") == 0 && !o->email)
		o->email = word;
	else
		argp_error(state,
			   "\"%s\" is not understood; the commands are init and "
			   "invite-admin EMAIL.",
			   word);
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
	bool whole = init->email && init->name && init->organisation && init->sector;

	if (!o->command && (init->email || init->name || init->organisation || init->sector))
		argp_error(state, "--admin, --name, --organisation and --sector belong to coachd "
				  "init.");
	if (o->command && strcmp(o->command, "init") == 0 && !whole)
		argp_error(state, "init needs --admin EMAIL, --name NAME, --organisation NAME and "
				  "--sector SECTOR.");
	if (init->sector && !is_sector(init->sector))
		argp_error(state, "--sector is nhs, council, third, independent or other.");
	if (o->command && strcmp(o->command, "invite-admin") == 0 && !o->email)
		argp_error(state, "invite-admin needs the EMAIL of an administrator.");
}

static error_t take_flag(int key, char *value, struct argp_state *state)
{
	struct options *o = state->input;
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
	case ARGP_KEY_ARG:
		take_word(o, value, state);
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

/* Every setting is a flag too: its name with dashes. */
static void parse(struct options *o, int argc, char **argv)
{
	static struct argp_option all[COMMANDS + CONFIG_SETTINGS + 1];
	static char names[CONFIG_SETTINGS][32];
	const struct argp argp = {
		all,
		take_flag,
		"\ninit --admin EMAIL --name NAME --organisation NAME --sector SECTOR"
		"\ninvite-admin EMAIL",
		"The Coachhouse daemon: coaching and mentoring, scheduled and recorded.\v"
		"Say where the data is with --data DIR, or with --database CONNINFO and --keys DIR. "
		"coachd init sets it up and prints the first administrator's invitation; coachd "
		"then runs in the foreground; coachd invite-admin helps when the last "
		"administrator's key is lost.",
		NULL,
		NULL,
		NULL};

	memcpy(all, commands, sizeof commands);
	for (int i = 0; i < CONFIG_SETTINGS; i++) {
		snprintf(names[i], sizeof names[i], "%s", config_settings[i].name);
		for (char *dash = names[i]; (dash = strchr(dash, '_'));)
			*dash = '-';
		all[COMMANDS + i] = (struct argp_option){
			names[i], FIRST_SETTING + i,	   config_settings[i].argument,
			0,	  config_settings[i].help, 3};
	}
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, o);
}

static bool apply_flags(const struct options *o, struct config *config, char *error, size_t size)
{
	char sentence[SENTENCE / 2];

	for (int i = 0; i < CONFIG_SETTINGS; i++)
		if (o->settings[i] && !config_set(config, config_settings[i].name, o->settings[i],
						  "flag", sentence, sizeof sentence)) {
			snprintf(error, size, "flag %s", sentence);
			return false;
		}
	return true;
}

/* What init kept beside the data is the weakest; then the site's file, environment, flags. */
static bool load(const struct options *o, struct config *config, char *error, size_t size)
{
	const char *file = o->file_given ? o->file : system_file;
	char kept[1100] = "";

	config_defaults(config);
	if (!config_load(config, file, o->file_given, error, size) ||
	    !apply_flags(o, config, error, size) || !config_folders(config, error, size))
		return false;
	if (*config->data || *config->keys)
		snprintf(kept, sizeof kept, "%s/coachd.conf",
			 *config->data ? config->data : config->keys);
	config_defaults(config);
	return (!*kept || config_load(config, kept, false, error, size)) &&
	       config_load(config, file, o->file_given, error, size) &&
	       apply_flags(o, config, error, size);
}

static int fail(const char *error)
{
	fprintf(stderr, "coachd: %s\n", error);
	return 1;
}

static void reload(void *arg)
{
	struct running *r = arg;
	struct config fresh;
	char error[SENTENCE], waits[256];

	if (!load(r->options, &fresh, error, sizeof error) ||
	    !config_finish(&fresh, error, sizeof error)) {
		log_error("config", "nothing is changed: %s", error);
		return;
	}
	config_reload(r->config, &fresh, waits, sizeof waits);
	log_set_level((enum log_level)log_level_parse(r->config->log_level));
	log_info("config", "read again%s%s", *waits ? "; these wait for a restart: " : "", waits);
}

static void child_ended(void *arg)
{
	struct running *r = arg;

	if (r->home->is_embedded)
		embedded_revive(&r->home->embedded);
}

/* A socket each for thousands of clients; no core file with the keys in it. */
static void prepare_process(void)
{
	struct rlimit files, none = {0, 0};

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/* From here a signal waits for the loop, so that PostgreSQL is never left behind. */
static void hold_signals(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGCHLD);
	sigprocmask(SIG_BLOCK, &held, NULL);
}

static bool asked_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

static int serve(struct running *r, const struct seal_server *keys)
{
	const struct config *config = r->config;
	struct timespec now;
	struct server_options options = {
		.listen = config->listen,
		.listen_enrol = config->listen_enrol,
		.advertise = config->advertise,
		.advertise_enrol = config->advertise_enrol,
		.public_key = keys->public_key,
		.secret_key = keys->secret_key,
		.conninfo = r->home->serving,
		.connections = config->connections,
		.depth = config->depth,
		.slow_connections = config->slow_connections,
		.max_clients = config->max_clients,
		.reload = reload,
		.child = child_ended,
		.arg = r,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	options.clock_offset =
		config_clock_offset(config, now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return server_run(&options);
}

static int run(const struct options *o, struct config *config)
{
	char error[SENTENCE], seal[1100];
	struct seal_server keys;
	struct home home;
	struct running running = {o, config, &home};
	int code = 1;

	if (!home_is_set_up(config, error, sizeof error) ||
	    !home_claim(&home, config, false, error, sizeof error))
		return fail(error);
	prepare_process();
	hold_signals();
	snprintf(seal, sizeof seal, "%s/seal.keys", config->keys);
	if (seal_init(seal, error, sizeof error) &&
	    seal_server_load(config->keys, &keys, error, sizeof error) &&
	    home_start(&home, error, sizeof error)) {
		code = serve(&running, &keys);
		seal_server_forget(&keys);
	} else if (asked_to_stop()) {
		code = 0;
	} else {
		fail(error);
	}
	home_stop(&home);
	seal_finish();
	return code;
}

static bool is_set(const struct config *config, const char *name)
{
	for (int i = 0; i < CONFIG_SETTINGS; i++)
		if (strcmp(config_settings[i].name, name) == 0)
			return strcmp(config->origin[i], "default") != 0;
	return false;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct config config;
	char error[SENTENCE];
	bool sound;

	parse(&o, argc, argv);
	if (!load(&o, &config, error, sizeof error))
		return fail(error);
	sound = config_finish(&config, error, sizeof error);
	if (o.print)
		config_print(&config, stdout);
	if (!sound)
		return fail(error);
	if (o.check)
		fputs("The configuration is sound.\n", stderr);
	if (o.print || o.check)
		return 0;
	log_set_level((enum log_level)log_level_parse(config.log_level));
	if (!o.command)
		return run(&o, &config);
	/* At a terminal: what happens by the way is of no interest unless it was asked for. */
	if (!is_set(&config, "log_level"))
		log_set_level(LOG_WARNING);
	if (strcmp(o.command, "init") == 0)
		return admin_init(&config, &o.init);
	return admin_invite(&config, o.email);
}
