/*
 * bench [--seconds S] [--rounds R] [--clients 1,8,32] [--csv FILE]
 * Prints, for each statement and number of clients, the median of the rounds.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

struct settings {
	double seconds;
	int rounds;
	int clients[8], n_clients;
	FILE *csv;
};

static void parse_clients(struct settings *s, const char *text)
{
	s->n_clients = 0;
	for (char *end; *text && s->n_clients < 8; text = *end ? end + 1 : end) {
		const long n = strtol(text, &end, 10);
		if (end == text || n < 1 || n > 1000) {
			fprintf(stderr,
				"bench: --clients takes numbers from 1 to 1000, by commas\n");
			exit(2);
		}
		s->clients[s->n_clients++] = (int)n;
	}
}

static struct settings parse(int argc, char **argv)
{
	struct settings s = {.seconds = 2, .rounds = 3, .clients = {1, 8, 32}, .n_clients = 3};
	const struct option options[] = {{"seconds", required_argument, NULL, 's'},
					 {"rounds", required_argument, NULL, 'r'},
					 {"clients", required_argument, NULL, 'c'},
					 {"csv", required_argument, NULL, 'o'},
					 {0}};
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 's')
			s.seconds = atof(optarg);
		else if (c == 'r')
			s.rounds = atoi(optarg);
		else if (c == 'c')
			parse_clients(&s, optarg);
		else if (c == 'o')
			s.csv = fopen(optarg, "w");
		else
			exit(2);
	}
	if (s.seconds < 1 || s.rounds < 1 || s.rounds > BENCH_MOST_ROUNDS || optind < argc) {
		fprintf(stderr, "bench: at least 1 second and 1 to %d rounds\n", BENCH_MOST_ROUNDS);
		exit(2);
	}
	return s;
}

static void populate(struct bench_world *w)
{
	char name[64];
	for (int i = 0; i < BENCH_COACHES; i++) {
		snprintf(name, sizeof(name), "Coach Number %d", i + 1);
		w->coaches[i] = fixture_coach(w->fixture, name);
	}
	for (int i = 0; i < BENCH_MENTEES; i++) {
		snprintf(name, sizeof(name), "Mentee Number %d", i + 1);
		w->mentees[i] = fixture_person(w->fixture, name);
	}
	w->first_hour = time(NULL) / 3600 + 140 * 24; /* after those of level() */
	w->last_hour = w->first_hour + 580 * 24;
	fixture_sql(w->fixture, "UPDATE coachhouse.site SET horizon_days = 730;"
				"CREATE SEQUENCE coachhouse.bench_slot;"
				"GRANT ALL ON SEQUENCE coachhouse.bench_slot TO coachhouse_server");
}

/* The same start for every round: each mentee has a hundred sessions to come. */
static void level(struct bench_world *w)
{
	static const char fill[] =
		"SET search_path = coachhouse; TRUNCATE participation, session, receipt CASCADE;"
		"INSERT INTO engagement (activity, coach, mentee, state, started)"
		" SELECT 'coaching', c.person, m.id, 'active', clock() FROM registration c, person m"
		" WHERE m.name LIKE 'Mentee Number %' AND c.state = 'live' ON CONFLICT DO NOTHING;"
		"INSERT INTO session (engagement, activity, coach, mentee, coach_organisation,"
		"  mentee_organisation, state, starts, ends, zone, minutes)"
		" SELECT e.id, 'coaching', e.coach, e.mentee, p.organisation, p.organisation, 'booked',"
		"  s.at, s.at + interval '1 hour', 'UTC', 60"
		" FROM (SELECT e.*, dense_rank() OVER (ORDER BY coach) - 1 AS c,"
		"  dense_rank() OVER (ORDER BY mentee) - 1 AS m FROM engagement e) e"
		" JOIN person p ON p.id = e.mentee CROSS JOIN generate_series(0, 1) k,"
		" LATERAL (SELECT date_trunc('hour', clock()) + make_interval(days => (2 + k * 50 + c)::int,"
		"  hours => (m % 24)::int) + CASE WHEN m >= 24 THEN interval '30 days' ELSE '0' END) s (at);"
		"INSERT INTO participation (session, person, starts, ends, live, readers)"
		" SELECT s.id, p, s.starts, s.ends, true, ARRAY[s.coach, s.mentee]"
		" FROM session s, unnest(ARRAY[s.coach, s.mentee]) p ON CONFLICT DO NOTHING;"
		"DELETE FROM session s WHERE (SELECT count(*) FROM participation p WHERE p.session = s.id) = 0;";
	fixture_sql(w->fixture, fill);
	fixture_sql(w->fixture, "SELECT setval('coachhouse.bench_slot', 1)");
	w->next_slot = 1;
	fixture_sql(w->fixture, "VACUUM ANALYZE");
	fixture_sql(w->fixture, "CHECKPOINT");
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(const struct bench_result *results, int n, size_t offset)
{
	double values[BENCH_MOST_ROUNDS];
	for (int i = 0; i < n; i++)
		memcpy(&values[i], (const char *)&results[i] + offset, sizeof(double));
	qsort(values, (size_t)n, sizeof(double), by_size);
	return values[n / 2];
}

#define MEDIAN(results, n, field) median((results), (n), offsetof(struct bench_result, field))

static void measure(struct bench_world *w, const struct bench_statement *statement, int clients,
		    const struct settings *s)
{
	struct bench_result stack[BENCH_MOST_ROUNDS], plain[BENCH_MOST_ROUNDS];
	double ratios[BENCH_MOST_ROUNDS];
	for (int i = 0; i < s->rounds; i++) {
		if (statement->writes)
			level(w);
		stack[i] = bench_stack(w, statement, clients, s->seconds);
		if (statement->writes)
			level(w);
		plain[i] = bench_pgbench(w, statement, clients, s->seconds);
		ratios[i] = stack[i].per_second / plain[i].per_second;
	}
	qsort(ratios, (size_t)s->rounds, sizeof(double), by_size);
	const double r[] = {MEDIAN(stack, s->rounds, per_second),
			    MEDIAN(plain, s->rounds, per_second),
			    ratios[s->rounds / 2],
			    MEDIAN(stack, s->rounds, p50),
			    MEDIAN(stack, s->rounds, p99),
			    MEDIAN(stack, s->rounds, p999),
			    MEDIAN(plain, s->rounds, p50),
			    MEDIAN(stack, s->rounds, server_us),
			    MEDIAN(plain, s->rounds, server_us),
			    MEDIAN(stack, s->rounds, daemon_us),
			    MEDIAN(stack, s->rounds, client_us),
			    MEDIAN(stack, s->rounds, refused)};
	printf("%-20s %4d %8.0f %8.0f %6.2f %7.2f %7.2f %7.2f %7.2f %7.0f %7.0f %7.0f %7.0f %6.1f%%\n",
	       statement->name, clients, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9],
	       r[10], r[11] * 100);
	fflush(stdout);
	if (s->csv) {
		fprintf(s->csv, "\"%s\",%d", statement->name, clients);
		for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++)
			fprintf(s->csv, ",%g", r[i]);
		fputc('\n', s->csv);
	}
}

static void conditions(const struct bench_world *w, const struct settings *s)
{
	struct utsname machine;
	uname(&machine);
	printf("%ld cores, Linux %s; PostgreSQL %s, fsync on; daemon, PostgreSQL and clients on this "
	       "machine.\n%d rounds of %g s each side, in turn; medians. CPU in microseconds for each "
	       "request.\n\n",
	       sysconf(_SC_NPROCESSORS_ONLN), machine.release,
	       fixture_sql(w->fixture, "SHOW server_version"), s->rounds, s->seconds);
	printf("%-20s %4s %8s %8s %6s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "", "", "stack",
	       "pgbench", "", "p50", "p99", "p99.9", "pgbench", "server", "server", "daemon",
	       "client", "");
	printf("%-20s %4s %8s %8s %6s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "statement", "n",
	       "/s", "/s", "ratio", "ms", "ms", "ms", "mean ms", "stack", "pgbench", "", "",
	       "refused");
}

int main(int argc, char **argv)
{
	struct settings s = parse(argc, argv);
	struct bench_world world = {0};
	world.fixture = fixture_start(&(struct fixture_options){.durable = true});
	populate(&world);
	level(&world);
	conditions(&world, &s);
	if (s.csv)
		fputs("statement,clients,stack_per_second,pgbench_per_second,ratio,p50_ms,p99_ms,p999_ms,"
		      "pgbench_mean_ms,server_us_stack,server_us_pgbench,daemon_us,client_us,refused\n",
		      s.csv);
	for (size_t i = 0; i < bench_n_statements; i++)
		for (int c = 0; c < s.n_clients; c++)
			measure(&world, &bench_statements[i], s.clients[c], &s);
	if (s.csv)
		fclose(s.csv);
	fixture_stop(&world.fixture);
	return 0;
}
