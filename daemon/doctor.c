#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "home.h"
#include "owner.h"
#include "schema.h"

enum { SENTENCE = 2400 };

void doctor_say(struct doctor *d, enum finding finding, const char *subject, const char *format,
		...)
{
	static const char *const words[] = {"ok", "warn", "FAIL"};
	va_list arguments;

	printf("%-5s %s: ", words[finding], subject);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	d->warnings += finding == WARN;
	d->failures += finding == FAIL;
}

/* The oldest release of each major version whose known holes are closed. */
static bool is_mended(int version)
{
	static const int mended[] = {150019, 160015, 170011, 180005};

	for (size_t i = 0; i < sizeof mended / sizeof *mended; i++)
		if (version / 10000 == mended[i] / 10000)
			return version >= mended[i];
	return version / 10000 > 18;
}

static void look_at_programs(struct doctor *d)
{
	const char *place = *d->config->postgresql ? d->config->postgresql : d->config->data;
	char folder[1100], binaries[1024], error[SENTENCE];
	int libpq = schema_libpq();

	if (is_mended(libpq))
		doctor_say(d, FINE, "libpq", "%d.%d", libpq / 10000, libpq % 10000);
	else
		doctor_say(d, WARN, "libpq",
			   "%d.%d has known holes: run apt upgrade libpq5, then restart coachd.",
			   libpq / 10000, libpq % 10000);
	if (!*d->config->data)
		return;
	snprintf(folder, sizeof folder, "%s/postgresql", place);
	if (cluster_binaries(folder, binaries, sizeof binaries, error, sizeof error))
		doctor_say(d, FINE, "PostgreSQL's programs", "%s", binaries);
	else
		doctor_say(d, FAIL, "PostgreSQL's programs", "%s", error);
}

static void look_at_schema(struct doctor *d, const struct schema_state *state)
{
	if (strcmp(state->schema, schema_last()) == 0)
		doctor_say(d, FINE, "schema", "%s", state->schema);
	else if (schema_knows(state->schema))
		doctor_say(d, WARN, "schema",
			   "%s; this coachd brings it to %s when it starts: restart it.",
			   state->schema, schema_last());
	else
		doctor_say(d, FAIL, "schema",
			   "%s, newer than this coachd, which knows %s: install the newer one.",
			   state->schema, schema_last());
}

static void look_at_server(struct doctor *d, const struct schema_state *state)
{
	if (is_mended(state->version))
		doctor_say(d, FINE, "PostgreSQL", "%s answers", state->server);
	else
		doctor_say(d, WARN, "PostgreSQL",
			   "%s answers, but has known holes: install its newest minor release and "
			   "restart it.",
			   state->server);
	if (!state->direct)
		doctor_say(d, FAIL, "PostgreSQL",
			   "a pooler is in between, such as PgBouncer, and coachd does not start "
			   "behind one: give PostgreSQL's own address.");
	/* Whatever else synchronous_commit is, it waits for our own disk. */
	if (state->machines > 1 + state->followers)
		doctor_say(
			d, FAIL, "durability",
			"no write is answered: commits wait for more standbys (%d) than follow "
			"(%d). Start what is missing, or, to go on without, run ALTER SYSTEM RESET "
			"synchronous_standby_names on the primary and reload it.",
			state->machines - 1, state->followers);
	else if (strncmp(state->durable, "on on ", 6) == 0 &&
		 strcmp(state->durable, "on on off") != 0)
		doctor_say(d, FINE, "durability",
			   state->machines == 1
				   ? "fsync, full_page_writes, synchronous_commit: on %d machine"
				   : "fsync, full_page_writes, synchronous_commit: on %d machines",
			   state->machines);
	else
		doctor_say(d, FAIL, "durability",
			   "fsync, full_page_writes and synchronous_commit are %s: what is "
			   "acknowledged could be lost; set all three on.",
			   state->durable);
}

static void look_at_standby(struct doctor *d, const struct home *home,
			    const struct schema_state *state)
{
	char error[SENTENCE];

	if (!*home->standby)
		return;
	if (schema_is_standby(home->standby, state->cluster, error, sizeof error))
		doctor_say(d, FINE, "report_database", "a standby answers");
	else
		doctor_say(d, WARN, "report_database",
			   "%s; until it is mended the primary makes the reports.", error);
}

/* Peer authentication asks who we are, so root becomes the daemon's user for the rest. */
static void look_at_database(struct doctor *d)
{
	const char *folder = *d->config->data ? d->config->data : d->config->keys;
	char error[SENTENCE];
	struct schema_state state;
	struct stat info;
	struct home home;

	if (geteuid() == 0 && (stat(folder, &info) != 0 || info.st_uid == 0 ||
			       !owner_become(folder, error, sizeof error))) {
		doctor_say(d, FAIL, "database", "not looked for, since there is no %s that is ours",
			   folder);
		return;
	}
	if (!home_find(&home, d->config, error, sizeof error)) {
		doctor_say(d, FAIL, "database", "%s", error);
		return;
	}
	if (schema_state(home.owner, &state, error, sizeof error)) {
		look_at_server(d, &state);
		look_at_schema(d, &state);
		look_at_standby(d, &home, &state);
		if (*d->config->serving && !schema_is_direct(home.serving, error, sizeof error))
			doctor_say(d, FAIL, "serving", "%s", error);
		return;
	}
	doctor_say(d, FAIL, "database", "%s. %s", error,
		   *d->config->postgresql ? "Start it: systemctl start coachhouse-postgresql."
		   : *d->config->data	  ? "Start the daemon, which starts it: systemctl start "
					    "coachd."
					  : "See whether it runs, and what pg_hba.conf says.");
}

int doctor_run(const struct config *config)
{
	struct doctor d = {.config = config};

	setvbuf(stdout, NULL, _IOLBF, 0);
	doctor_machine(&d);
	doctor_place(&d);
	look_at_programs(&d);
	look_at_database(&d);
	if (d.failures)
		printf("%d to mend, %d to see to.\n", d.failures, d.warnings);
	else if (d.warnings)
		printf("Nothing to mend, %d to see to.\n", d.warnings);
	else
		puts("All is well.");
	return d.failures ? 1 : 0;
}
