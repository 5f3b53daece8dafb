/* The other side: pgbench, as the serving role. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "schema.h"

enum { MOST_LINES = 4000000 };

static const double WARM = 0.6; /* seconds */

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

struct window {
	double start, end; /* seconds since 1970 */
	double cpu;	   /* of PostgreSQL, in it */
	double *latencies; /* of the transactions that ended in it, milliseconds */
	size_t n;
};

static double clock_now(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wait_seconds(double seconds)
{
	const struct timespec t = {(time_t)seconds,
				   (long)((seconds - (double)(time_t)seconds) * 1e9)};
	nanosleep(&t, NULL);
}

static void make_command(const struct bench_world *w, const char *script, int clients,
			 const char *much, char *out, size_t size)
{
	char path[256];
	without_spaces(schema_search_path(), path, sizeof(path));
	snprintf(out, size,
		 "cd %s && %s env PGOPTIONS='-c search_path=%s -c timezone=UTC' $(ls -d "
		 "/usr/lib/postgresql/*/bin | tail -1)/pgbench -h %s/run -U coachhouse_server "
		 "-n -M prepared -c %d -j %d %s -D k=-1 -f %s --log --log-prefix=%s/latency "
		 "coachhouse 2>&1",
		 w->fixture->dir, geteuid() ? "" : "runuser -u postgres --", path, w->fixture->data,
		 clients, clients < 2 ? 1 : 2, much, script, w->fixture->dir);
}

/* What it costs to connect and to plan is over when the window opens. */
static void run(struct bench_world *w, const char *script, int clients, double seconds,
		struct window *window)
{
	char command[2048], much[32], line[512], last[512] = "";
	const bool quick = seconds < 1; /* only whether it works */
	double done = 0;
	snprintf(much, sizeof(much), "-%c %d", quick ? 't' : 'T', quick ? 2 : (int)(seconds + 1.5));
	make_command(w, script, clients, much, command, sizeof(command));
	FILE *out = popen(command, "re");
	wait_seconds(quick ? 0 : WARM);
	window->start = clock_now(CLOCK_REALTIME);
	window->cpu = -bench_cpu_postgres(w);
	wait_seconds(quick ? 0 : seconds);
	window->cpu += bench_cpu_postgres(w);
	window->end = clock_now(CLOCK_REALTIME);
	while (out && fgets(line, sizeof(line), out)) {
		sscanf(line, "number of transactions actually processed: %lf", &done);
		if (strstr(line, "ERROR"))
			snprintf(last, sizeof(last), "%s", line);
	}
	if (!out || pclose(out) || done < 1 || *last)
		fixture_fail("pgbench failed: %s: %s", script, last);
	if (quick)
		window->end = clock_now(CLOCK_REALTIME);
}

/* Lines of pgbench's log: client, number, microseconds, script, and when it ended. */
static void read_log(const char *file, struct window *window)
{
	char line[256];
	double us, seconds, fraction;
	FILE *log = fopen(file, "re");
	while (log && window->n < MOST_LINES && fgets(line, sizeof(line), log)) {
		if (sscanf(line, "%*d %*d %lf %*d %lf %lf", &us, &seconds, &fraction) != 3)
			continue;
		const double at = seconds + fraction / 1e6;
		if (at >= window->start && at < window->end)
			window->latencies[window->n++] = us / 1000;
	}
	if (log)
		fclose(log);
	unlink(file);
}

static void read_logs(const struct bench_world *w, struct window *window)
{
	char pattern[128];
	glob_t found = {0};
	window->n = 0;
	window->latencies = calloc(MOST_LINES, sizeof(double));
	if (!window->latencies)
		fixture_fail("memory ran out");
	snprintf(pattern, sizeof(pattern), "%s/latency.*", w->fixture->dir);
	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_log(found.gl_pathv[i], window);
	globfree(&found);
}

void bench_pgbench(struct bench_world *w, const struct bench_statement *s, int clients, int each,
		   double seconds, struct bench_result *result)
{
	char script[128];
	struct window window;
	write_script(w, s, clients, each, script, sizeof(script));
	run(w, script, clients, seconds, &window);
	read_logs(w, &window);
	const double n = window.n ? (double)window.n : 1;
	*result = (struct bench_result){.calls = (double)window.n,
					.per_second = n / (window.end - window.start),
					.server_us = window.cpu * 1e6 / n};
	bench_percentiles(window.latencies, window.n, result);
	free(window.latencies);
}
