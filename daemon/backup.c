#include "backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cluster.h"
#include "home.h"
#include "manifest.h"
#include "owner.h"
#include "process.h"
#include "refuse.h"
#include "schema.h"

enum { SENTENCE = 2400 };

/* Beside the database, and not the database user's: copied while we may still read it. */
static bool copy_beside(const char *from, const char *folder, const char *name, char *error,
			size_t size)
{
	char to[1200];
	const char *copy[] = {"/bin/cp", "--preserve=timestamps", "--", from, to, NULL};

	snprintf(to, sizeof to, "%s/%s", folder, name);
	return access(from, F_OK) != 0 || cluster_run(copy, error, size);
}

/* Makes the folder, as the user that will fill it. */
static bool prepare(const struct config *config, const char *folder, char *error, size_t size)
{
	const char *place = *config->postgresql ? config->postgresql : config->data;
	char kept[1100];

	if (!*config->data)
		return refuse(error, size,
			      "The database is not coachd's own: back it up with the tools of "
			      "that PostgreSQL (pg_basebackup, pgBackRest), and %s with it.",
			      config->ledger);
	if (mkdir(folder, 0700) != 0 && (errno != EEXIST || !owner_is_empty(folder)))
		return refuse(error, size, "%s: %s; give a new folder.", folder,
			      errno == EEXIST ? "it is not empty" : strerror(errno));
	snprintf(kept, sizeof kept, "%s/coachd.conf", config->data);
	return copy_beside(config->ledger, folder, "erasures", error, size) &&
	       copy_beside(kept, folder, "coachd.conf", error, size) &&
	       (geteuid() != 0 || owner_give(folder, place, error, size));
}

/* The write-ahead log is sent along until the copy ends, so that it is whole by itself. */
static bool copy_cluster(const struct embedded *e, const char *folder, char *error, size_t size)
{
	char program[1100], to[1100];
	const char *copy[] = {program, "-h",	   e->socket, "-p",	"5432",
			      "-U",    "postgres", "-D",      to,	"--no-password",
			      "-c",    "fast",	   "-X",      "stream", NULL};

	snprintf(program, sizeof program, "%s/pg_basebackup", e->binaries);
	snprintf(to, sizeof to, "%s/postgresql", folder);
	return cluster_run(copy, error, size);
}

static bool describe(const struct embedded *e, const char *folder, struct manifest *m, char *error,
		     size_t size)
{
	struct schema_state state;
	char conninfo[1400], ledger[1200];

	embedded_conninfo(e, "postgres", conninfo, sizeof conninfo);
	snprintf(ledger, sizeof ledger, "%s/erasures", folder);
	if (!schema_state(conninfo, &state, error, size) ||
	    !manifest_digest(ledger, m->erasures, error, size))
		return false;
	snprintf(m->coachd, sizeof m->coachd, "%s", COACHHOUSE_VERSION);
	snprintf(m->schema, sizeof m->schema, "%s", state.schema);
	snprintf(m->postgresql, sizeof m->postgresql, "%s", state.server);
	return true;
}

static void note_time(struct manifest *m)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(m->began, sizeof m->began, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
}

/* While a daemon runs, PostgreSQL does too; else we start it for as long as it takes. */
static bool make(struct embedded *e, const char *folder, struct manifest *m, char *error,
		 size_t size)
{
	if (!e->busy && !embedded_start(e, error, size))
		return false;
	*m = (struct manifest){.format = MANIFEST_FORMAT};
	note_time(m);
	return embedded_binaries(e, error, size) && copy_cluster(e, folder, error, size) &&
	       describe(e, folder, m, error, size) && manifest_write(folder, m, error, size);
}

/* For coachd doctor, which says how old the last one is. */
static void leave_mark(const struct embedded *e, const struct manifest *m)
{
	char path[1100];
	FILE *out;

	snprintf(path, sizeof path, "%s/last-backup", e->data);
	out = fopen(path, "we");
	if (out) {
		fprintf(out, "%s\n", m->began);
		fclose(out);
	}
}

int backup_run(const struct config *config, const char *folder)
{
	char error[SENTENCE], whole[1000];
	struct manifest manifest;
	struct embedded e;
	bool made;

	if (!owner_whole_path(folder, whole, sizeof whole, error, sizeof error) ||
	    !prepare(config, whole, error, sizeof error))
		return refuse_aloud(error);
	if (!home_claim_cluster(&e, config, error, sizeof error) && !e.busy)
		return refuse_aloud(error);
	process_hold_signals();
	made = make(&e, whole, &manifest, error, sizeof error);
	if (made)
		leave_mark(&e, &manifest);
	embedded_stop(&e);
	if (!made)
		return refuse_aloud(error);
	printf("%s holds everything up to %s, and what came while it was made (schema %s). The "
	       "keys are not in it: keep a copy of %s elsewhere.\n",
	       whole, manifest.began, manifest.schema, config->keys);
	return 0;
}
