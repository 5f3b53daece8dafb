#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin.h"
#include "admin_keys.h"
#include "backup.h"
#include "config.h"
#include "doctor.h"
#include "home.h"
#include "keeper.h"
#include "ledger.h"
#include "log.h"
#include "options.h"
#include "process.h"
#include "refuse.h"
#include "schema.h"
#include "seal.h"
#include "server.h"
#include "server_key.h"

enum { SENTENCE = 2400 };

/* What the callbacks of the server are given. */
struct running {
	const struct options *options;
	struct config *config;
	struct home *home;
	int64_t started; /* monotonic ms */
};

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
	const char *file = o->file;
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

/* Fills in what depends on something else; connection strings too are as a start wants them. */
static bool is_sound(struct config *config, char *error, size_t size)
{
	struct home home;

	return config_finish(config, error, size) && home_find(&home, config, error, size);
}

static void reload(void *arg)
{
	struct running *r = arg;
	struct config fresh;
	char error[SENTENCE], waits[256];

	if (!load(r->options, &fresh, error, sizeof error) ||
	    !is_sound(&fresh, error, sizeof error)) {
		log_error("config", "nothing is changed: %s", error);
		return;
	}
	config_reload(r->config, &fresh, waits, sizeof waits);
	log_set_level((enum log_level)log_level_parse(r->config->log_level));
	seal_refresh();
	log_info("config", "read again%s%s", *waits ? "; these wait for a restart: " : "", waits);
}

static void child_ended(void *arg)
{
	struct running *r = arg;

	home_revive(r->home);
}

/* Nobody who was erased is there when the doors open, whatever backup was put back. */
static bool erase_again(const struct running *r, struct ledger *ledger, int64_t clock_offset,
			char *error, size_t size)
{
	struct ledger_arrays arrays;
	long again = 0;
	bool good;

	if (!ledger_open(ledger, r->config->ledger, error, size))
		return false;
	if (!ledger->count)
		return true;
	arrays = ledger_arrays(ledger);
	good = schema_erase_again(r->home->owner, arrays.people, arrays.added, arrays.erased,
				  clock_offset, &again, error, size);

	if (again > 0)
		log_warning("ledger", "people erased again, as a backup had brought them back: %ld",
			    again);
	ledger_arrays_free(&arrays);
	return good;
}

static int serve(struct running *r, const struct server_key *key)
{
	const struct config *config = r->config;
	struct timespec now;
	struct ledger ledger;
	char error[SENTENCE];
	int code;
	struct server_options options = {
		.listen = config->listen,
		.listen_enrol = config->listen_enrol,
		.advertise = config->advertise,
		.advertise_enrol = config->advertise_enrol,
		.public_key = key->now.public_key,
		.secret_key = key->now.secret_key,
		.next_public_key = key->changing ? key->next.public_key : NULL,
		.next_secret_key = key->next.secret_key,
		.next = &key->next_doors,
		.conninfo = r->home->serving,
		.standby = r->home->standby,
		.report_lag = config->report_lag,
		.connections = config->connections,
		.depth = config->depth,
		.slow_connections = config->slow_connections,
		.max_clients = config->max_clients,
		.max_memory = config->max_memory,
		.metrics = config->metrics,
		.ledger = &ledger,
		.data = *config->postgresql ? config->postgresql : config->data,
		.disk_reserve = config->disk_reserve,
		.keeps_ballast = r->home->is_embedded && !*config->postgresql,
		.started = r->started,
		.postgresql_took = r->home->embedded.took,
		.reload = reload,
		.child = child_ended,
		.arg = r,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	options.clock_offset =
		config_clock_offset(config, now.tv_sec * 1000000 + now.tv_nsec / 1000);
	code = erase_again(r, &ledger, options.clock_offset, error, sizeof error)
		       ? server_run(&options)
		       : refuse_aloud(error);
	ledger_close(&ledger);
	return code;
}

static int run(struct config *config, const struct options *o)
{
	char error[SENTENCE], seal[1100];
	struct server_key key;
	struct home home;
	struct running running = {o, config, &home, process_ms()};
	int code = 1;

	if (!home_is_set_up(config, error, sizeof error) ||
	    !home_claim(&home, config, false, error, sizeof error))
		return refuse_aloud(error);
	process_prepare();
	process_hold_signals();
	snprintf(seal, sizeof seal, "%s/seal.keys", config->keys);
	if (seal_init(seal, error, sizeof error) &&
	    server_key_load(config, &key, error, sizeof error) &&
	    home_start(&home, error, sizeof error)) {
		code = serve(&running, &key);
		server_key_forget(&key);
	} else if (process_asked_to_stop()) {
		code = 0;
	} else {
		refuse_aloud(error);
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

static int init(struct config *config, const struct options *o)
{
	return admin_init(config, &o->init);
}

static int invite_admin(struct config *config, const struct options *o)
{
	return admin_invite(config, o->words[0]);
}

static int check_times(struct config *config, const struct options *o)
{
	return admin_check_times(config, o->words[0]);
}

static int keys(struct config *config, const struct options *o)
{
	return admin_keys(config, o->words, o->count);
}

static int server_key(struct config *config, const struct options *o)
{
	return server_key_command(config, o->words[0]);
}

static int keep_postgresql(struct config *config, const struct options *o)
{
	(void)o;
	return keeper_run(config);
}

static int backup(struct config *config, const struct options *o)
{
	return backup_run(config, o->words[0]);
}

static int restore(struct config *config, const struct options *o)
{
	return restore_run(config, o->words[0], o->erasures);
}

static int doctor(struct config *config, const struct options *o)
{
	(void)o;
	return doctor_run(config);
}

/* The first is what coachd does without a command. */
static const struct command commands[] = {
	{"", "", 0, 0, false, run},
	{"init", "--admin EMAIL --name NAME --organisation NAME --sector SECTOR", 0, 0, true, init},
	{"invite-admin", "EMAIL", 1, 1, true, invite_admin},
	{"backup", "DIR", 1, 1, true, backup},
	{"restore", "DIR [--erasures FILE]", 1, 1, true, restore},
	{"keys", "[add | retire KEY | verify FILE]", 0, 2, true, keys},
	{"check-times", "[repair]", 0, 1, true, check_times},
	{"doctor", "", 0, 0, true, doctor},
	{"server-key", "[rotate|finish]", 0, 1, true, server_key},
	{"postgresql", "", 0, 0, false, keep_postgresql},
	{0},
};

int main(int argc, char **argv)
{
	struct options o = {.command = commands};
	struct config config;
	char error[SENTENCE];
	bool sound;

	options_parse(&o, commands, argc, argv);
	if (!load(&o, &config, error, sizeof error))
		return refuse_aloud(error);
	/* A folder of keys may be one that no daemon knows yet. */
	if (o.command->run == keys && admin_keys_alone(&config, o.words))
		return keys(&config, &o);
	sound = is_sound(&config, error, sizeof error);
	if (o.print)
		config_print(&config, stdout);
	if (!sound)
		return refuse_aloud(error);
	if (o.check)
		fputs("The configuration is sound.\n", stderr);
	if (o.print || o.check)
		return 0;
	/* At a terminal: what happens by the way is of no interest unless it was asked for. */
	log_set_level(o.command->at_terminal && !is_set(&config, "log_level")
			      ? LOG_WARNING
			      : (enum log_level)log_level_parse(config.log_level));
	return o.command->run(&config, &o);
}
