/* The other side: pgbench, as the serving role. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "schema.h"

enum { MOST_LINES = 4000000 };

static void write_script(struct bench_world *w, const struct bench_statement *s, int clients,
			 int each, char *path, size_t size)
{
	snprintf(path, size, "%s/script.sql", w->fixture->dir);
	FILE *file = fopen(path, "we");
	if (!file)
		fixture_fail("cannot write %s", path);
	s->script(w, clients, each, file);
	if (fclose(file) || chmod(path, 0644))
		fixture_fail("cannot write %s", path);
}

/* A space would end the option. */
static void without_spaces(const char *text, char *out, size_t size)
{
	size_t n = 0;
	for (; *text && n + 1 < size; text++)
		if (*text != ' ')
			out[n++] = *text;
	out[n] = 0;
}

/* `much`: "-T 2" seconds or "-t 1" transactions each. The transactions done. */
static double run(struct bench_world *w, const char *script, int clients, const char *much,
		  struct bench_result *result)
{
	char command[2048], path[256], line[512], last[512] = "";
	double done = 0, failed = 0;
	without_spaces(schema_search_path(), path, sizeof(path));
	snprintf(command, sizeof(command),
		 "cd %s && %s env PGOPTIONS='-c search_path=%s -c timezone=UTC' $(ls -d "
		 "/usr/lib/postgresql/*/bin | tail -1)/pgbench -h %s/run -U coachhouse_server "
		 "-n -M prepared -c %d -j %d %s -D k=-1 -f %s --log --log-prefix=%s/latency "
		 "coachhouse 2>&1",
		 w->fixture->dir, geteuid() ? "" : "runuser -u postgres --", path, w->fixture->data,
		 clients, clients < 2 ? 1 : 2, much, script, w->fixture->dir);
	FILE *out = popen(command, "re");
	while (out && fgets(line, sizeof(line), out)) {
		sscanf(line, "tps = %lf", &result->per_second);
		if (sscanf(line, "number of transactions actually processed: %lf", &done) != 1)
			sscanf(line, "number of failed transactions: %lf", &failed);
		if (strstr(line, "ERROR"))
			snprintf(last, sizeof(last), "%s", line);
	}
	if (!out || pclose(out) || done < 1 || *last)
		fixture_fail("pgbench failed: %s: %s", script, last);
	return done;
}

/* What each transaction took, from pgbench's log. */
static void read_latencies(const struct bench_world *w, struct bench_result *result)
{
	char pattern[128], line[256];
	glob_t found = {0};
	size_t n = 0;
	double *all = calloc(MOST_LINES, sizeof(double)), us;
	snprintf(pattern, sizeof(pattern), "%s/latency.*", w->fixture->dir);
	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; all && i < found.gl_pathc; i++) {
		FILE *log = fopen(found.gl_pathv[i], "re");
		while (log && n < MOST_LINES && fgets(line, sizeof(line), log))
			if (sscanf(line, "%*d %*d %lf", &us) == 1)
				all[n++] = us / 1000;
		if (log)
			fclose(log);
		unlink(found.gl_pathv[i]);
	}
	globfree(&found);
	bench_percentiles(all, n, result);
	free(all);
}

/* What connections and plans cost at first is taken off: the daemon has its own already. */
static double first_cost(struct bench_world *w, const struct bench_statement *s, int clients,
			 int each, const char *script)
{
	struct bench_result unused = {0};
	const double before = bench_cpu_postgres(w);
	run(w, script, clients, "-t 1", &unused);
	read_latencies(w, &unused);
	const double cost = bench_cpu_postgres(w) - before;
	bench_level(w, s, clients, each);
	return cost;
}

void bench_pgbench(struct bench_world *w, const struct bench_statement *s, int clients, int each,
		   double seconds, struct bench_result *result)
{
	char script[128], much[32];
	const bool quick = seconds < 1; /* only whether it works */
	write_script(w, s, clients, each, script, sizeof(script));
	*result = (struct bench_result){0};
	const double once = quick ? 0 : first_cost(w, s, clients, each, script);
	snprintf(much, sizeof(much), "-%c %d", quick ? 't' : 'T', quick ? 2 : (int)seconds);
	const double before = bench_cpu_postgres(w);
	result->calls = run(w, script, clients, much, result);
	const double n = result->calls - (quick ? 0 : clients);
	result->server_us = (bench_cpu_postgres(w) - before - once) * 1e6 / (n > 0 ? n : 1);
	read_latencies(w, result);
}
