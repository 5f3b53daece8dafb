#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

#define FIELD(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)

const struct config_setting config_settings[CONFIG_SETTINGS] = {
	{"data", "DIR", "", "Keep everything in DIR, with a private PostgreSQL", 0, 0, false,
	 FIELD(data)},
	{"postgresql", "DIR", "", "The private PostgreSQL that coachd postgresql runs apart", 0, 0,
	 false, FIELD(postgresql)},
	{"database", "CONNINFO", "", "Use this PostgreSQL, as the role that owns the schema", 0, 0,
	 false, FIELD(database)},
	{"serving", "CONNINFO", "", "Serve with this connection, as the serving role", 0, 0, false,
	 FIELD(serving)},
	{"serving_role", "ROLE", "coachhouse_server", "The role that serves; it owns nothing", 0, 0,
	 false, FIELD(serving_role)},
	{"report_database", "CONNINFO", "", "Make reports on this standby of the database", 0, 0,
	 false, FIELD(report_database)},
	{"keys", "DIR", "", "The folder of server.key and seal.keys", 0, 0, false, FIELD(keys)},
	{"ledger", "FILE", "", "Who was erased, kept outside the database", 0, 0, false,
	 FIELD(ledger)},
	{"listen", "ENDPOINT", "", "Where clients connect: ipc://PATH or tcp://HOST:PORT", 0, 0,
	 false, FIELD(listen)},
	{"listen_enrol", "ENDPOINT", "", "Where invitations are redeemed", 0, 0, false,
	 FIELD(listen_enrol)},
	{"advertise", "ENDPOINT", "", "What clients are told to connect to", 0, 0, false,
	 FIELD(advertise)},
	{"advertise_enrol", "ENDPOINT", "", "What invitations say", 0, 0, false,
	 FIELD(advertise_enrol)},
	{"metrics", "PATH", "", "The socket of figures and health, or off", 0, 0, false,
	 FIELD(metrics)},
	{"listen_next", "ENDPOINT", "", "Where the next key answers while the daemon's key changes",
	 0, 0, false, FIELD(listen_next)},
	{"advertise_next", "ENDPOINT", "", "What clients are told of that", 0, 0, false,
	 FIELD(advertise_next)},
	{"log_level", "LEVEL", "info", "error, warning, info or debug", 0, 0, true,
	 FIELD(log_level)},
	{"clock", "TIME", "", "Believe that it is now TIME, such as 2026-11-17T10:00:00Z", 0, 0,
	 false, FIELD(clock)},
	{"connections", "N", "5", "Connections to PostgreSQL for quick methods", 1, 32, false,
	 FIELD(connections)},
	{"depth", "N", "16", "Calls in flight on one of them", 1, 256, false, FIELD(depth)},
	{"slow_connections", "N", "2", "Connections for reports, exports and imports", 1, 16, false,
	 FIELD(slow_connections)},
	{"report_lag", "SECONDS", "300", "How far behind it may be; else the primary makes them", 0,
	 86400, false, FIELD(report_lag)},
	{"max_clients", "N", "4096", "Connections of clients at once", 1, 60000, false,
	 FIELD(max_clients)},
	{"max_memory", "MIB", "512", "Memory beyond which connections are cut", 64, 1048576, false,
	 FIELD(max_memory)},
	{"disk_reserve", "MIB", "512", "Room on the disk below which writes are refused", 0,
	 1048576, false, FIELD(disk_reserve)},
};

static const struct config_setting *find(const char *name)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (strcmp(config_settings[i].name, name) == 0)
			return &config_settings[i];
	return NULL;
}

static bool is_number(const struct config_setting *setting)
{
	return setting->most > 0;
}

static bool parse_clock(const char *text, int64_t *seconds)
{
	struct tm when = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &when);

	if (!end || *end)
		return false;
	*seconds = timegm(&when);
	return true;
}

/* Only what one value can be wrong about by itself; config_finish sees the whole. */
static bool check(const struct config_setting *setting, const char *value, char *error, size_t size)
{
	int64_t seconds;
	const char *fault = NULL;

	if (!is_number(setting) && strlen(value) >= setting->size)
		fault = "is too long";
	else if (strcmp(setting->name, "log_level") == 0 && log_level_parse(value) < 0)
		fault = "is error, warning, info or debug";
	else if (strcmp(setting->name, "clock") == 0 && *value && !parse_clock(value, &seconds))
		fault = "is a time in UTC such as 2026-11-17T10:00:00Z";
	else if (strcmp(setting->name, "serving_role") == 0 && !*value)
		fault = "cannot be empty";
	if (!fault)
		return true;
	snprintf(error, size, "%s %s.", setting->name, fault);
	return false;
}

static bool set_number(struct config *config, const struct config_setting *setting,
		       const char *value, char *error, size_t size)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (end == value || *end || errno || number < setting->least || number > setting->most) {
		snprintf(error, size, "%s is a number from %ld to %ld.", setting->name,
			 setting->least, setting->most);
		return false;
	}
	memcpy((char *)config + setting->offset, &number, sizeof number);
	return true;
}

bool config_set(struct config *config, const char *name, const char *value, const char *origin,
		char *error, size_t size)
{
	const struct config_setting *setting = find(name);

	if (!setting) {
		snprintf(error, size,
			 "There is no setting \"%.40s\"; coachd --print-config lists them.", name);
		return false;
	}
	if (!check(setting, value, error, size))
		return false;
	if (!is_number(setting))
		snprintf((char *)config + setting->offset, setting->size, "%s", value);
	else if (!set_number(config, setting, value, error, size))
		return false;
	snprintf(config->origin[setting - config_settings], sizeof *config->origin, "%s", origin);
	return true;
}

void config_defaults(struct config *config)
{
	char error[256];

	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (!config_set(config, config_settings[i].name, config_settings[i].value,
				"default", error, sizeof error))
			log_error("config", "a default is refused: %s", error);
}

/* What the callbacks of inih share; it does not tell them the line by itself. */
struct reading {
	struct config config;
	FILE *in;
	const char *file;
	int line;
	bool failed;
	char *error;
	size_t size;
};

static void blame(struct reading *r, const char *sentence)
{
	if (!r->failed)
		snprintf(r->error, r->size, "%s:%d: %s", r->file, r->line, sentence);
	r->failed = true;
}

/* Gives inih one line without its indentation, which it would take for a continuation. */
static char *next_line(char *line, int room, void *stream)
{
	struct reading *r = stream;
	char text[4096];

	if (r->failed || !fgets(text, sizeof text, r->in))
		return NULL;
	r->line++;
	const char *start = text + strspn(text, " \t");
	if (strlen(start) >= (size_t)room) {
		blame(r, "The line is too long; give a long value in the environment instead.");
		return NULL;
	}
	return strcpy(line, start);
}

static int take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	char sentence[512], origin[160];

	(void)section;
	snprintf(origin, sizeof origin, "%.140s:%d", r->file, r->line);
	if (config_set(&r->config, name, value, origin, sentence, sizeof sentence))
		return 1;
	blame(r, sentence);
	return 0;
}

static bool read_file(struct reading *r, bool required)
{
	int line;

	r->in = fopen(r->file, "re");
	if (!r->in) {
		if (!required && errno == ENOENT)
			return true;
		snprintf(r->error, r->size, "%s cannot be read: %s.", r->file, strerror(errno));
		return false;
	}
	line = ini_parse_stream(next_line, r, take, r);
	if (ferror(r->in) && !r->failed) {
		snprintf(r->error, r->size, "%s cannot be read: %s.", r->file, strerror(errno));
		r->failed = true;
	}
	if (line > 0 && !r->failed) {
		r->line = line;
		blame(r, "A line is NAME = VALUE, or a comment that starts with #.");
	}
	fclose(r->in);
	return !r->failed;
}

static bool read_environment(struct config *config, char *error, size_t size)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		char variable[64] = "COACHD_", sentence[512];
		size_t used = strlen(variable);
		for (const char *c = config_settings[i].name; *c; c++)
			variable[used++] = (char)toupper((unsigned char)*c);
		variable[used] = '\0';
		const char *value = getenv(variable);
		if (!value || config_set(config, config_settings[i].name, value, variable, sentence,
					 sizeof sentence))
			continue;
		snprintf(error, size, "%s: %s", variable, sentence);
		return false;
	}
	return true;
}

bool config_load(struct config *config, const char *file, bool required, char *error, size_t size)
{
	struct reading r = {.config = *config, .file = file, .error = error, .size = size};

	if (!read_file(&r, required) || !read_environment(&r.config, error, size))
		return false;
	*config = r.config;
	return true;
}

void config_reload(struct config *config, const struct config *fresh, char *waits, size_t size)
{
	size_t used = 0;

	waits[0] = '\0';
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct config_setting *setting = &config_settings[i];
		char *ours = (char *)config + setting->offset;
		const char *theirs = (const char *)fresh + setting->offset;
		/* Nothing is meant by the bytes after the end of a text. */
		if (is_number(setting) ? memcmp(ours, theirs, setting->size) == 0
				       : strcmp(ours, theirs) == 0)
			continue;
		if (setting->reload) {
			memcpy(ours, theirs, setting->size);
			strcpy(config->origin[i], fresh->origin[i]);
		} else if (used < size) {
			used += (size_t)snprintf(waits + used, size - used, "%s%s",
						 used ? ", " : "", setting->name);
		}
	}
}

int64_t config_clock_offset(const struct config *config, int64_t now)
{
	int64_t seconds;

	if (!config->clock[0] || !parse_clock(config->clock, &seconds))
		return 0;
	return seconds * 1000000 - now;
}
