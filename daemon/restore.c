#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "cluster.h"
#include "home.h"
#include "ledger.h"
#include "manifest.h"
#include "owner.h"
#include "process.h"
#include "refuse.h"
#include "schema.h"

enum { SENTENCE = 2400 };

/* Keys and a newer ledger may have been put back first; what a start left is empty. */
static bool may_stay(const char *name)
{
	static const char *const harmless[] = {
		".",	       "..",	   "keys",	  "lock",    "run",
		"coachd.conf", "erasures", "last-backup", "ballast", "postgresql.new"};

	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (strcmp(name, harmless[i]) == 0)
			return true;
	return false;
}

static bool is_free(const char *place, char *error, size_t size)
{
	DIR *dir = opendir(place);
	const struct dirent *entry;
	bool is_free = dir || errno == ENOENT;

	if (!is_free)
		return refuse(error, size, "%s: %s.", place, strerror(errno));
	while (dir && is_free && (entry = readdir(dir)))
		is_free = may_stay(entry->d_name) ||
			  refuse(error, size,
				 "%s is not empty (%s is in it): restore into a new folder, then "
				 "put it in the place of the old one.",
				 place, entry->d_name);
	if (dir)
		closedir(dir);
	return is_free;
}

static bool check(const char *folder, struct manifest *m, char *error, size_t size)
{
	char ledger[2200], found[65];

	snprintf(ledger, sizeof ledger, "%s/erasures", folder);
	if (!manifest_read(folder, m, error, size) || !manifest_digest(ledger, found, error, size))
		return false;
	if (strcmp(found, m->erasures) != 0)
		return refuse(error, size, "%s is not as it was saved: use another backup.",
			      ledger);
	return schema_knows(m->schema) ||
	       refuse(error, size,
		      "%s is at %s, made by coachd %s; this is %s, which does not know that: "
		      "install the newer coachd.",
		      folder, m->schema, m->coachd, COACHHOUSE_VERSION);
}

/* Copied as whoever may read the backup; then it belongs to whoever will run it. */
static bool copy_cluster(const char *folder, const char *place, char *error, size_t size)
{
	char from[2200], to[1100];
	const char *clear[] = {"/bin/rm", "-rf", "--", to, NULL};
	const char *copy[] = {
		"/bin/cp", "-R", "--preserve=mode,timestamps", "--reflink=auto", "--", from,
		to,	   NULL};

	snprintf(from, sizeof from, "%s/postgresql", folder);
	snprintf(to, sizeof to, "%s/postgresql.new", place);
	if (!cluster_run(clear, error, size) || !cluster_run(copy, error, size))
		return false;
	return geteuid() != 0 || owner_give(to, place, error, size);
}

/* The copy is looked at, not the original: that finds what copying spoilt as well. */
static bool verify(const char *folder, const char *place, char *error, size_t size)
{
	char binaries[1024], program[1100], copy[1100];
	const char *look[] = {program, "--quiet", "--exit-on-error", copy, NULL};
	const char *clear[] = {"/bin/rm", "-rf", "--", copy, NULL};

	snprintf(copy, sizeof copy, "%s/postgresql.new", place);
	if (!cluster_binaries(copy, binaries, sizeof binaries, error, size))
		return false;
	snprintf(program, sizeof program, "%s/pg_verifybackup", binaries);
	if (cluster_run(look, error, size))
		return true;
	return cluster_run(clear, error, size) &&
	       refuse(error, size,
		      "%s is damaged; what pg_verifybackup found is above. Use another backup.",
		      folder);
}

/*
 * What was erased since the backup was made is erased again by the next start. Both
 * were looked at; the end of a line that was being written is nothing yet.
 */
static bool join_ledgers(const char *folder, const char *newer, const struct config *config,
			 char *error, size_t size)
{
	static const char script[] =
		"umask 077; grep -hsxE '[0-9]+ [0-9TZ:.-]+Z [0-9TZ:.-]+Z' -- \"$@\" | "
		"LC_ALL=C sort -u -o \"$0\"";
	char saved[1200];
	const char *join[] = {"/bin/sh",      "-c",  script, config->ledger,
			      config->ledger, saved, newer,  NULL};

	snprintf(saved, sizeof saved, "%s/erasures", folder);
	return cluster_run(join, error, size) &&
	       (geteuid() != 0 || owner_give(config->ledger, config->data, error, size));
}

/* The endpoints that clients know, unless this place has chosen others. */
static bool keep_endpoints(const char *folder, const char *data, char *error, size_t size)
{
	char from[2200], to[1200];
	const char *copy[] = {"/bin/cp", "--no-clobber", "--", from, to, NULL};

	snprintf(from, sizeof from, "%s/coachd.conf", folder);
	snprintf(to, sizeof to, "%s/coachd.conf", data);
	return access(from, F_OK) != 0 || (cluster_run(copy, error, size) &&
					   (geteuid() != 0 || owner_give(to, data, error, size)));
}

/* A start that recovers, and a look at what there is, prove it. */
static bool prove(struct embedded *e, char *error, size_t size)
{
	char copy[1100], whole[1100], conninfo[1400];
	struct schema_state state;
	bool good;

	snprintf(copy, sizeof copy, "%s/postgresql.new", e->data);
	snprintf(whole, sizeof whole, "%s/postgresql", e->data);
	if (rename(copy, whole) != 0)
		return refuse(error, size, "%s: %s.", whole, strerror(errno));
	process_hold_signals();
	embedded_conninfo(e, "postgres", conninfo, sizeof conninfo);
	good = embedded_start(e, error, size) && schema_state(conninfo, &state, error, size);
	embedded_stop(e);
	return good;
}

int restore_run(const struct config *config, const char *folder, const char *erasures)
{
	const char *place = *config->postgresql ? config->postgresql : config->data;
	char error[SENTENCE], whole[1000];
	struct manifest m;
	struct embedded e;

	if (!*config->data)
		return refuse_aloud(
			"Say where to: --data DIR. A backup of coachd's own PostgreSQL does "
			"not go into another one.");
	if ((erasures && !ledger_check(erasures, error, sizeof error)) ||
	    (access(config->ledger, F_OK) == 0 &&
	     !ledger_check(config->ledger, error, sizeof error)) ||
	    !owner_whole_path(folder, whole, sizeof whole, error, sizeof error) ||
	    !check(whole, &m, error, sizeof error) || !is_free(place, error, sizeof error) ||
	    !owner_prepare(config->data, error, sizeof error) ||
	    !owner_prepare(place, error, sizeof error) ||
	    !copy_cluster(whole, place, error, sizeof error) ||
	    !join_ledgers(whole, erasures, config, error, sizeof error) ||
	    !keep_endpoints(whole, config->data, error, sizeof error) ||
	    !home_claim_cluster(&e, config, error, sizeof error) ||
	    !verify(whole, place, error, sizeof error) || !prove(&e, error, sizeof error))
		return refuse_aloud(error);
	printf("%s is as it was at %s or moments later (schema %s). Put the copy of the keys into "
	       "%s, then start coachd; what was sealed with a key that is not there stays closed.\n",
	       config->data, m.began, m.schema, config->keys);
	return 0;
}
