/* The daemon's own key, and how it changes. */
#include "server_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "home.h"
#include "refuse.h"

enum { PATH = 1200, SENTENCE = 2400 };

static const char now[] = "server", next[] = "server.next", making[] = "server.making";

static void path_of(const struct config *config, const char *name, const char *ending,
		    char out[PATH])
{
	snprintf(out, PATH, "%s/%s.%s", config->keys, name, ending);
}

bool server_key_load(const struct config *config, struct server_key *key, char *error, size_t size)
{
	char path[PATH];

	*key = (struct server_key){0};
	path_of(config, next, "key", path);
	key->changing = access(path, F_OK) == 0;
	if (seal_server_load(config->keys, now, &key->now, error, size) &&
	    (!key->changing || (seal_server_load(config->keys, next, &key->next, error, size) &&
				config_next(config, &key->next_doors, error, size))))
		return true;
	server_key_forget(key);
	return false;
}

void server_key_forget(struct server_key *key)
{
	seal_server_forget(&key->now);
	seal_server_forget(&key->next);
}

const char *server_key_public(const struct server_key *key)
{
	return key->changing ? key->next.public_key : key->now.public_key;
}

const char *server_key_enrol_endpoint(const struct server_key *key, const struct config *config)
{
	return key->changing ? key->next_doors.enrol_endpoint : config->advertise_enrol;
}

static int show(const struct config *config, const struct server_key *key)
{
	char path[PATH], day[32] = "";
	struct stat info;
	struct tm when;

	printf("%s\n", key->now.public_key);
	if (!key->changing)
		return 0;
	path_of(config, next, "key", path);
	if (stat(path, &info) == 0 && localtime_r(&info.st_mtime, &when))
		strftime(day, sizeof day, "%Y-%m-%d", &when);
	printf("next %s since %s at %s\n", key->next.public_key, day, key->next_doors.listen);
	return 0;
}

/* In two steps, so that there is never half a key: a link is there or is not. */
static bool make_next(const struct config *config, char *error, size_t size)
{
	static const char *const endings[] = {"pub", "key"};
	char made[PATH], path[PATH];
	bool linked = true;

	for (int i = 0; i < 2; i++) {
		path_of(config, making, endings[i], made);
		unlink(made);
	}
	if (!seal_server_create(config->keys, making, error, size))
		return false;
	for (int i = 0; i < 2 && linked; i++) {
		path_of(config, making, endings[i], made);
		path_of(config, next, endings[i], path);
		if (i == 0)
			unlink(path); /* left from a time that was interrupted */
		linked = link(made, path) == 0;
	}
	if (!linked)
		refuse(error, size, "%s cannot be made: %s.", path, strerror(errno));
	for (int i = 0; i < 2; i++) {
		path_of(config, making, endings[i], made);
		unlink(made);
	}
	return linked;
}

static int rotate(const struct config *config, struct server_key *key, char *error, size_t size)
{
	struct config_next doors;

	if (key->changing)
		refuse(error, size,
		       "The daemon's key is changing already: coachd server-key finish ends that.");
	else if (config_next(config, &doors, error, size) && make_next(config, error, size) &&
		 server_key_load(config, key, error, size)) {
		fprintf(stderr,
			"Restart the daemon: the next key answers at %s and %s, and whoever calls "
			"is told. In 90 days, or when everybody has called: coachd server-key "
			"finish.\n",
			doors.listen, doors.listen_enrol);
		puts(key->next.public_key);
		return 0;
	}
	return 1;
}

/* The public half is only for people to look at: the daemon works it out. */
static int finish(const struct config *config, struct server_key *key, char *error, size_t size)
{
	char from[PATH], to[PATH];

	path_of(config, next, "key", from);
	path_of(config, now, "key", to);
	if (!key->changing) {
		refuse(error, size,
		       "The daemon's key is not changing: coachd server-key rotate begins that.");
	} else if (rename(from, to) != 0) {
		refuse(error, size, "%s cannot take the place of %s: %s.", from, to,
		       strerror(errno));
	} else {
		path_of(config, next, "pub", from);
		path_of(config, now, "pub", to);
		if (rename(from, to) != 0)
			unlink(to);
		fprintf(stderr,
			"Restart the daemon: it has the next key alone, and the one of before is "
			"gone from here. Destroy its copies in backups. Whoever did not call since "
			"it was made needs a new invitation.\n");
		return server_key_load(config, key, error, size) ? show(config, key) : 1;
	}
	return 1;
}

int server_key_command(const struct config *config, const char *word)
{
	char error[SENTENCE] = "";
	struct server_key key;
	struct home home;
	int code = 1;

	if (word && strcmp(word, "rotate") != 0 && strcmp(word, "finish") != 0)
		refuse(error, sizeof error,
		       "server-key has rotate and finish, not \"%.40s\"; alone it shows the key.",
		       word);
	else if (home_is_set_up(config, error, sizeof error) &&
		 home_claim(&home, config, true, error, sizeof error)) {
		*error = '\0'; /* that another one runs there is no harm */
		if (server_key_load(config, &key, error, sizeof error))
			code = !word ? show(config, &key)
			       : strcmp(word, "rotate") == 0
				       ? rotate(config, &key, error, sizeof error)
				       : finish(config, &key, error, sizeof error);
		server_key_forget(&key);
		home_stop(&home);
	}
	if (*error)
		fprintf(stderr, "coachd: %s\n", error);
	return code;
}
