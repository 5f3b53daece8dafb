/* The place that is measured: filled once, kept, and put back after each run. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static const int64_t first_made = 400000000; /* beyond all ids that a run gives */

/* Runs a file of this folder with psql, as the owner of the cluster. */
static void run_file(const struct bench_world *w, const char *file, int64_t sessions)
{
	char command[1024];
	snprintf(command, sizeof(command),
		 "%s env PGOPTIONS='-c bench.sessions=%" PRId64
		 "' psql -X -q -v ON_ERROR_STOP=1 -h %s/run -U postgres -d coachhouse "
		 ">%s/psql.log 2>&1 <" SOURCE_DIR "/tests/bench/%s",
		 geteuid() ? "" : "runuser -u postgres --", sessions, w->fixture->data,
		 w->fixture->dir, file);
	if (system(command)) {
		snprintf(command, sizeof(command), "cat %s/psql.log >&2", w->fixture->dir);
		if (system(command))
			fputs("psql said nothing\n", stderr);
		fixture_fail("%s failed", file);
	}
}

static int64_t number(struct bench_world *w, const char *sql)
{
	const char *text = fixture_sql(w->fixture, sql);
	return text ? strtoll(text, NULL, 10) : 0;
}

/* A place need not survive a power cut while it is made. */
static void be_careless(struct bench_world *w, bool careless)
{
	static const char *const settings[][2] = {{"fsync", "off"},
						  {"full_page_writes", "off"},
						  {"autovacuum", "off"},
						  {"max_wal_size", "'16GB'"}};
	char sql[128];
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		snprintf(sql, sizeof(sql), "ALTER SYSTEM SET %s = %s", settings[i][0],
			 careless ? settings[i][1] : "DEFAULT");
		fixture_sql(w->fixture, sql);
	}
	fixture_sql(w->fixture, "SELECT pg_reload_conf()");
}

static void fill(struct bench_world *w, int64_t sessions)
{
	const time_t began = time(NULL);
	const double cpu = bench_cpu_postgres(w);
	fprintf(stderr, "bench: filling %s with %" PRId64 " sessions...\n", w->fixture->data,
		sessions);
	run_file(w, "fill.sql", sessions);
	fprintf(stderr, "bench: filled in %ld s (%.0f s of CPU)\n", (long)(time(NULL) - began),
		bench_cpu_postgres(w) - cpu);
}

static void fill_for_good(struct bench_world *w, int64_t sessions)
{
	be_careless(w, true);
	fill(w, sessions);
	be_careless(w, false);
	fixture_sql(w->fixture, "CHECKPOINT");
	sync();
}

/* PostgreSQL's user has to get there; and whoever builds as root may have taken it away. */
static void prepare_folder(const char *folder)
{
	char command[600], path[512];
	struct stat info;
	snprintf(path, sizeof(path), "%s", folder);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			fixture_fail("%s: %s", path, strerror(errno));
		if (!geteuid() && !stat(path, &info) && !(info.st_mode & 1))
			fixture_fail("%s is closed to the user postgres: choose another place, "
				     "--place /var/tmp/bench",
				     path);
		*slash = '/';
	}
	snprintf(command, sizeof(command), "chown -R --quiet postgres: %s", folder);
	if (!geteuid() && !access(folder, F_OK) && system(command))
		fixture_fail("%s failed", command);
}

/* Everybody who acts gets a key of this run. */
static void find_people(struct bench_world *w)
{
	char sql[64];
	for (int i = 0; i < BENCH_PEOPLE; i++) {
		snprintf(sql, sizeof(sql), "SELECT person FROM bench.actor WHERE n = %d", i);
		const int64_t id = number(w, sql);
		if (!id)
			break;
		w->people[i] = fixture_key(w->fixture, id);
	}
}

/* What is filled, and as much again that PostgreSQL keeps while it is: see be_careless. */
static void check_room(const char *folder, int64_t sessions)
{
	enum { EACH = 3000 };
	const double needed = (double)sessions * EACH / 1e9;
	char path[600];
	struct statvfs disk;
	snprintf(path, sizeof(path), "%s/postgresql/PG_VERSION", folder);
	if (!access(path, F_OK))
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(strrchr(folder, '/') - folder), folder);
	if (statvfs(path, &disk))
		fixture_fail("%s: %s", path, strerror(errno));
	const double room = (double)disk.f_bavail * (double)disk.f_frsize / 1e9;
	if (room >= needed)
		return;
	fprintf(stderr,
		"bench: to fill %s takes %.1f GB for a while, and %.1f are free: "
		"choose a smaller --fill or another --place\n",
		folder, needed, room);
	exit(2);
}

void bench_open(struct bench_world *w, const char *folder, int64_t sessions)
{
	if (folder) {
		prepare_folder(folder);
		check_room(folder, sessions);
	}
	w->fixture = fixture_start(&(struct fixture_options){.durable = folder, .place = folder});
	const bool filled = number(w, "SELECT count(*) FROM pg_namespace WHERE nspname = 'bench'");
	if (!filled && folder)
		fill_for_good(w, sessions);
	else if (!filled)
		fill(w, sessions);
	run_file(w, "measure.sql", 0);
	run_file(w, "computed.sql", 0);
	w->first_coach = number(w, "SELECT first_coach FROM bench.fill");
	w->coaches = (int)number(w, "SELECT coaches FROM bench.fill");
	w->sets = (w->coaches / 2 - BENCH_HOT) / BENCH_SET;
	w->sessions = number(w, "SELECT sessions FROM bench.fill");
	w->month = number(
		w,
		"SELECT extract(epoch FROM date_trunc('month', coachhouse.clock()) + interval '1 month')::bigint");
	w->first_session = first_made;
	snprintf(w->monday, sizeof(w->monday), "%s",
		 fixture_sql(w->fixture, "SELECT bench.first_monday()"));
	find_people(w);
}

void bench_close(struct bench_world *w)
{
	fixture_sql(w->fixture, "CALL bench.restore()");
	fixture_sql(w->fixture, "DROP TABLE bench.kept_week, bench.kept_given");
	fixture_stop(&w->fixture);
}

void bench_level(struct bench_world *w, const struct bench_statement *statement, int clients,
		 int each)
{
	char sql[128];
	if (statement->kind == READS)
		return;
	fixture_sql(w->fixture, "CALL bench.level()");
	if (statement->kind != BOOKS) {
		snprintf(sql, sizeof(sql), "CALL bench.make_sessions(%d, %d, %" PRId64 ", %s)",
			 clients, each, first_made, statement->kind == RECORDS ? "true" : "false");
		fixture_sql(w->fixture, sql);
	}
	fixture_sql(
		w->fixture,
		"VACUUM coachhouse.session, coachhouse.participation, coachhouse.receipt, "
		"coachhouse.conversation, coachhouse.note, coachhouse.free_week, coachhouse.given");
	fixture_sql(w->fixture, "CHECKPOINT");
}
