/* coachd.conf: the whole input is the file. */
#include "config.h"
#include "fuzz.h"

#include <libpq-fe.h>

static const char secret[] = "QzQz";

static int count(const char *text, char c)
{
	int n = 0;
	for (; *text; text++)
		n += *text == c;
	return n;
}

/* Whether it is in what PostgreSQL would take for a password, and nothing of it elsewhere. */
static bool is_secret(const char *conninfo)
{
	bool found = false;
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		if (o->val && strstr(o->val, secret))
			found = strstr(o->keyword, "password");
	}
	PQconninfoFree(options);
	return found && count(conninfo, 'Q') == 2;
}

/* Every setting is printed, on a line; what is only a password is not. */
static void check_print(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	require(out);
	config_print(config, out);
	fclose(out);
	require(count(text, '\n') >= CONFIG_SETTINGS);
	char *line = strstr(text, "database = ");
	require(line);
	line[strcspn(line, "\n")] = '\0';
	require(!is_secret(config->database) || !strstr(line, secret));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = {data, size};
	static struct config before, config, other;
	char error[1024] = "", waits[1024];
	const char *file = fuzz_file(&in);
	config_defaults(&before);
	config = before;
	if (!config_load(&config, file, true, error, sizeof(error))) {
		require(!memcmp(&config, &before, sizeof(config)));
		require(!strncmp(error, file, strlen(file)) && error[strlen(file)] == ':');
		return 0;
	}
	check_print(&config);
	strcpy(config.database, config.serving);
	check_print(&config);
	other = before;
	config_reload(&other, &config, waits, sizeof(waits));
	require(!strcmp(other.log_level, config.log_level) && strlen(waits) < sizeof(waits));
	require(config.connections >= 1 && config.connections <= 32);
	if (config_finish(&config, error, sizeof(error)))
		require(*config.listen && *config.listen_enrol && *config.advertise &&
			*config.keys == '/' && (*config.data == '/' || *config.database));
	else
		require(*error && strlen(error) < sizeof(error));
	return 0;
}
