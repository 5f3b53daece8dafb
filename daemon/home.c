#include "home.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connection_hosts.h"
#include "owner.h"
#include "refuse.h"
#include "schema.h"

bool home_is_set_up(const struct config *config, char *error, size_t size)
{
	char path[1100];

	snprintf(path, sizeof path, "%s/server.key", config->keys);
	if (access(path, F_OK) == 0 || errno == EACCES)
		return true;
	snprintf(error, size,
		 "There is no %s: run coachd init %s %s --admin EMAIL --name NAME --organisation "
		 "NAME --sector SECTOR first, or put the keys there, from your backup or from "
		 "another daemon of this database.",
		 path, *config->data ? "--data" : "--database CONNINFO --keys",
		 *config->data ? config->data : config->keys);
	return false;
}

/* The sockets' folder, when they are in the one that we choose. */
static bool make_run_folder(const struct config *config, char *error, size_t size)
{
	char run[1100];

	config_run_folder(config->keys, run, sizeof run);
	if (strncmp(config->listen, "ipc://", 6) != 0 ||
	    strncmp(config->listen + 6, run, strlen(run)) != 0)
		return true;
	return owner_make(run, 0711, error, size);
}

/* Keys that systemd hands over are in a folder of root's, which we only read. */
static bool claim_keys(const struct config *config, char *error, size_t size)
{
	char path[1100];

	snprintf(path, sizeof path, "%s/server.key", config->keys);
	if (geteuid() != 0 && access(path, R_OK) == 0)
		return true;
	return owner_become(config->keys, error, size);
}

bool home_claim(struct home *home, const struct config *config, bool joins, char *error,
		size_t size)
{
	*home = (struct home){.config = config, .is_embedded = *config->data != '\0'};
	home->embedded.lock = -1;
	if (!home->is_embedded)
		return claim_keys(config, error, size) && make_run_folder(config, error, size);
	if (!embedded_claim(&home->embedded, config->data, error, size)) {
		home->is_running = home->embedded.busy;
		if (!joins || !home->is_running)
			return false;
	}
	if (*config->postgresql) {
		home->is_running = true;
		config_run_folder(config->postgresql, home->embedded.socket,
				  sizeof home->embedded.socket);
	}
	return true;
}

bool home_claim_cluster(struct embedded *e, const struct config *config, char *error, size_t size)
{
	const struct passwd *server;
	struct stat info;
	char name[64];

	*e = (struct embedded){.lock = -1};
	if (!*config->postgresql)
		return embedded_claim(e, config->data, error, size);
	if (stat(config->data, &info) != 0 || !(server = getpwuid(info.st_uid)))
		return refuse(error, size,
			      "%s, the folder of the daemon that this PostgreSQL is for, is not "
			      "there: make it first.",
			      config->data);
	/* Its place is taken by the next user that is looked up. */
	snprintf(name, sizeof name, "%s", server->pw_name);
	if (!embedded_claim(e, config->postgresql, error, size))
		return false;
	strcpy(e->server, name);
	return true;
}

/* Always as the role that was looked at: another might see past row security. */
static bool as_serving(const struct config *config, const char *name, const char *conninfo,
		       char *out, size_t out_size, char *error, size_t size)
{
	struct hosts hosts;

	if (schema_conninfo(conninfo, config->serving_role, out, out_size))
		return (hosts_init(&hosts, out) && !hosts.too_many) ||
		       refuse(error, size, "%s names more than %d hosts: leave some out.", name,
			      HOSTS_MOST);
	return refuse(error, size,
		      "%s is not a connection string that libpq understands, such as \"host=db1 "
		      "dbname=coachhouse\".",
		      name);
}

static bool find_database(struct home *home, char *error, size_t size)
{
	const struct config *config = home->config;

	if (home->is_embedded) {
		embedded_conninfo(&home->embedded, "coachhouse", home->owner, sizeof home->owner);
		embedded_conninfo(&home->embedded, config->serving_role, home->serving,
				  sizeof home->serving);
		return true;
	}
	snprintf(home->owner, sizeof home->owner, "%s", config->database);
	return as_serving(config, "database", config->database, home->serving, sizeof home->serving,
			  error, size) &&
	       (!*config->serving || as_serving(config, "serving", config->serving, home->serving,
						sizeof home->serving, error, size)) &&
	       (!*config->report_database ||
		as_serving(config, "report_database", config->report_database, home->standby,
			   sizeof home->standby, error, size));
}

bool home_find(struct home *home, const struct config *config, char *error, size_t size)
{
	*home = (struct home){.config = config, .is_embedded = *config->data != '\0'};
	home->embedded.lock = -1;
	config_run_folder(*config->postgresql ? config->postgresql : config->data,
			  home->embedded.socket, sizeof home->embedded.socket);
	return find_database(home, error, size);
}

/* Nobody asks as a superuser, and nothing is locked, unless something is missing. */
static bool complete_database(const struct home *home, char *error, size_t size)
{
	const char *serving = home->config->serving_role;
	const bool ours = home->is_embedded && !home->is_running;

	if (!home->embedded.fresh && schema_is_current(home->owner, serving))
		return true;
	return (!ours || embedded_make_database(&home->embedded, error, size)) &&
	       schema_migrate(home->owner, serving, error, size);
}

bool home_start(struct home *home, char *error, size_t size)
{
	if (home->is_embedded && !home->is_running && !embedded_start(&home->embedded, error, size))
		return false;
	return find_database(home, error, size) && complete_database(home, error, size) &&
	       (!*home->config->serving || schema_is_direct(home->serving, error, size));
}

void home_revive(struct home *home)
{
	if (home->is_embedded && !home->is_running)
		embedded_revive(&home->embedded);
}

void home_stop(struct home *home)
{
	if (home->is_embedded)
		embedded_stop(&home->embedded);
}
