/* Prints, for each statement and number of clients, the medians of the rounds. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

enum { MOST_ROWS = 128, MADE_A_SECOND = 4000 };

struct settings {
	double seconds;
	int rounds;
	int clients[8], n_clients;
	int64_t sessions;
	char place[512];
	const char *fill, *only;
	FILE *csv;
	bool smoke, brief, compare, profile;
};

static const char help[] =
	"bench [OPTION...]                 each statement through the full stack and by pgbench\n"
	"bench --compare SMALLER.csv LARGER.csv   how CPU for each request grew\n\n"
	"  --full             1, 8 and 32 clients, five rounds of 2 s; else 1 and 32, two of 1 s\n"
	"  --fill NUMBER      past sessions, from 20k to 20m: 1m unless said; filled once\n"
	"  --place DIR        where filled places are kept; else build/bench\n"
	"  --clients LIST     numbers from 1 to 32, by commas\n"
	"  --rounds NUMBER    1 to 9\n"
	"  --seconds NUMBER   of each side in a round, 0.1 to 60\n"
	"  --only WORD        statements with this in their name:\n";
static const char more_help[] =
	"  --csv FILE         the table for programs, and for --compare\n"
	"  --profile          what took the time of each row, by perf\n"
	"  --smoke            whether all of it works: a small place, thrown away\n"
	"  --help\n";

static void wrong(const char *sentence)
{
	fprintf(stderr, "bench: %s\n", sentence);
	exit(2);
}

static void name_statements(FILE *out)
{
	for (size_t i = 0; i < bench_n_statements; i++)
		fprintf(out, "                     %s\n", bench_statements[i].name);
}

static void print_help(void)
{
	fputs(help, stdout);
	name_statements(stdout);
	fputs(more_help, stdout);
	exit(0);
}

/* Before an hour of measuring, not after it. */
static FILE *open_csv(const char *file)
{
	FILE *csv = fopen(file, "we");
	if (!csv) {
		fprintf(stderr, "bench: %s cannot be written: %s\n", file, strerror(errno));
		exit(2);
	}
	return csv;
}

static void check_only(const char *word)
{
	for (size_t i = 0; i < bench_n_statements; i++)
		if (strstr(bench_statements[i].name, word))
			return;
	fprintf(stderr, "bench: no statement has \"%s\" in its name; they are\n", word);
	name_statements(stderr);
	exit(2);
}

static void parse_clients(struct settings *s, const char *text)
{
	s->n_clients = 0;
	for (char *end; *text && s->n_clients < 8; text = *end ? end + 1 : end) {
		const long n = strtol(text, &end, 10);
		if (end == text || n < 1 || n > BENCH_CLIENTS)
			wrong("--clients takes numbers from 1 to 32, by commas");
		s->clients[s->n_clients++] = (int)n;
	}
}

/* 20000, 20k or 1m sessions; each its own folder in the place. */
static void parse_fill(struct settings *s, const char *text)
{
	char *end;
	s->sessions = strtoll(text, &end, 10);
	if (*end == 'k' || *end == 'm')
		s->sessions *= *end++ == 'k' ? 1000 : 1000000;
	if (*end || s->sessions < 20000 || s->sessions > 20000000)
		wrong("--fill takes a number of past sessions from 20k to 20m, as 1m");
	s->fill = text;
}

/* Short: under three minutes. Full: every number of clients, five rounds. Smoke: whether all works. */
static void parse_kind(struct settings *s, int c)
{
	s->smoke = c == 'S';
	s->brief = c == 0;
	s->seconds = c == 'f' ? 2 : s->smoke ? 0.1 : 1;
	s->rounds = c == 'f' ? 5 : s->smoke ? 1 : 2;
	parse_clients(s, c == 'f' ? "1,8,32" : s->smoke ? "2" : "1,32");
	if (s->smoke)
		parse_fill(s, "20k");
}

static const struct option options[] = {{"full", no_argument, NULL, 'f'},
					{"smoke", no_argument, NULL, 'S'},
					{"fill", required_argument, NULL, 'n'},
					{"place", required_argument, NULL, 'p'},
					{"seconds", required_argument, NULL, 's'},
					{"rounds", required_argument, NULL, 'r'},
					{"clients", required_argument, NULL, 'c'},
					{"only", required_argument, NULL, 'w'},
					{"csv", required_argument, NULL, 'o'},
					{"compare", no_argument, NULL, 'C'},
					{"profile", no_argument, NULL, 'P'},
					{"help", no_argument, NULL, 'h'},
					{0}};

static struct settings parse(int argc, char **argv)
{
	struct settings s = {0};
	const char *csv = NULL;
	parse_kind(&s, 0);
	parse_fill(&s, "1m");
	snprintf(s.place, sizeof(s.place), "%s", SOURCE_DIR "/build/bench");
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'f' || c == 'S')
			parse_kind(&s, c);
		else if (c == 'n')
			parse_fill(&s, optarg);
		else if (c == 'p')
			snprintf(s.place, sizeof(s.place), "%s", optarg);
		else if (c == 's')
			s.seconds = atof(optarg);
		else if (c == 'r')
			s.rounds = atoi(optarg);
		else if (c == 'c')
			parse_clients(&s, optarg);
		else if (c == 'w')
			s.only = optarg;
		else if (c == 'o')
			csv = optarg;
		else if (c == 'C')
			s.compare = true;
		else if (c == 'P')
			s.profile = true;
		else if (c == 'h')
			print_help();
		else
			wrong("--help names the options");
	}
	if (s.seconds < 0.1 || s.seconds > 60 || s.rounds < 1 || s.rounds > BENCH_ROUNDS)
		wrong("0.1 to 60 seconds, and 1 to 9 rounds");
	if (s.only)
		check_only(s.only);
	if (s.compare && optind + 2 != argc)
		wrong("--compare takes two tables (CSV), of a smaller and a larger fill");
	if (!s.compare && optind != argc)
		wrong("only options are taken; --help names them");
	if (s.profile && !bench_can_profile())
		wrong("--profile needs perf, and the right to use it: as root, with linux-perf");
	if (csv)
		s.csv = open_csv(csv);
	return s;
}

static double median(const struct bench_result *results, int n, size_t offset)
{
	double values[BENCH_ROUNDS];
	for (int i = 0; i < n; i++) {
		double v;
		int at = i;
		memcpy(&v, (const char *)&results[i] + offset, sizeof(double));
		for (; at > 0 && values[at - 1] > v; at--)
			values[at] = values[at - 1];
		values[at] = v;
	}
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static struct bench_result medians(const struct bench_result *results, int n)
{
	static const size_t offsets[] = {
		offsetof(struct bench_result, per_second), offsetof(struct bench_result, p50),
		offsetof(struct bench_result, p99),	   offsetof(struct bench_result, p999),
		offsetof(struct bench_result, server_us),  offsetof(struct bench_result, daemon_us),
		offsetof(struct bench_result, client_us)};
	struct bench_result out = {0};
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		const double value = median(results, n, offsets[i]);
		memcpy((char *)&out + offsets[i], &value, sizeof(value));
	}
	for (int i = 0; i < n; i++) {
		out.calls += results[i].calls;
		out.refused += results[i].refused;
		for (int j = 0; j < results[i].n_reasons; j++)
			bench_reason(&out, results[i].reasons[j]);
	}
	return out;
}

/* How many sessions, or hours, each client has in a round. */
static int each_of(const struct bench_statement *statement, int clients, double seconds)
{
	const int shared = (int)(MADE_A_SECOND * (seconds + 1)) / clients,
		  most = BENCH_LIVES * BENCH_SLOTS;
	if (statement->kind == MOVES)
		return BENCH_SET;
	if (statement->hot)
		return 2 * BENCH_SLOTS / clients;
	if (statement->kind == BOOKS || shared > most)
		return most;
	return shared;
}

static void measure(struct bench_world *w, const struct bench_statement *statement, int clients,
		    const struct settings *s, struct bench_row *row)
{
	struct bench_result stack[BENCH_ROUNDS] = {0}, plain[BENCH_ROUNDS] = {0},
			    ratio[BENCH_ROUNDS];
	const int each = each_of(statement, clients, s->seconds);
	for (int i = 0; i < s->rounds; i++) {
		bench_level(w, statement, clients, each);
		const bool watched = s->profile && i == s->rounds - 1;
		if (watched)
			bench_profile_start(w);
		bench_stack(w, statement, clients, each, s->seconds, &stack[i]);
		if (watched)
			bench_profile_end(w);
		if (statement->script) {
			bench_level(w, statement, clients, each);
			bench_pgbench(w, statement, clients, each, s->seconds, &plain[i]);
			ratio[i].per_second = stack[i].per_second / plain[i].per_second;
		}
	}
	snprintf(row->statement, sizeof(row->statement), "%s", statement->name);
	row->clients = clients;
	row->stack = medians(stack, s->rounds);
	row->pgbench = medians(plain, s->rounds);
	row->ratio = statement->script
			     ? median(ratio, s->rounds, offsetof(struct bench_result, per_second))
			     : 0;
}

static void conditions(struct bench_world *w, const struct settings *s)
{
	struct utsname machine;
	double load[3] = {0};
	uname(&machine);
	getloadavg(load, 3);
	printf("%ld cores, load %.2f before, Linux %s", sysconf(_SC_NPROCESSORS_ONLN), load[0],
	       machine.release);
	printf("; PostgreSQL %s", fixture_sql(w->fixture, "SHOW server_version"));
	printf(", fsync %s", fixture_sql(w->fixture, "SHOW fsync"));
	printf(", commit %s", fixture_sql(w->fixture, "SHOW synchronous_commit"));
	printf(", shared_buffers %s", fixture_sql(w->fixture, "SHOW shared_buffers"));
	printf(".\n%s sessions",
	       fixture_sql(w->fixture, "SELECT count(*) FROM coachhouse.session"));
	printf(", database %s",
	       fixture_sql(w->fixture, "SELECT pg_size_pretty(pg_database_size('coachhouse'))"));
	printf(", filled %s.\n", fixture_sql(w->fixture, "SELECT at::date::text FROM bench.fill"));
	printf("Daemon, PostgreSQL and clients on this machine. %d rounds of %g s each side, in "
	       "turn; medians.\nCPU in microseconds for each request, by the kernel's accounts.\n\n",
	       s->rounds, s->seconds);
}

static bool wanted(const struct bench_statement *statement, int clients, const struct settings *s)
{
	/* One administrator has no more than a few reports in hand: the rest is refused. */
	if (clients > (statement->administrator ? 4 : statement->heavy ? 8 : BENCH_CLIENTS))
		return false;
	if (statement->many && s->brief && !s->only && clients == 1)
		return false;
	if (statement->hot && clients != s->clients[s->n_clients - 1])
		return false;
	return !s->only || strstr(statement->name, s->only);
}

/* Smoke: nothing but those who all ask the same may be refused. */
static int run(struct bench_world *w, const struct settings *s)
{
	static struct bench_row rows[MOST_ROWS];
	size_t n = 0;
	int bad = 0;
	struct bench_daemon daemon;
	conditions(w, s);
	bench_heading();
	for (size_t i = 0; i < bench_n_statements; i++) {
		for (int c = 0; c < s->n_clients && n < MOST_ROWS; c++) {
			if (!wanted(&bench_statements[i], s->clients[c], s))
				continue;
			measure(w, &bench_statements[i], s->clients[c], s, &rows[n]);
			bench_print(&rows[n], s->csv);
			bad += rows[n].stack.refused > 0 && !bench_statements[i].hot;
			n++;
		}
	}
	bench_daemon(w, &daemon);
	if (!s->smoke)
		bench_goals(rows, n, &daemon);
	if (s->csv && fclose(s->csv))
		wrong("the table could not be written whole");
	return s->smoke && bad;
}

int main(int argc, char **argv)
{
	static struct bench_world world;
	const struct settings s = parse(argc, argv);
	char place[600];
	if (s.compare)
		return bench_compare(argv[optind], argv[optind + 1]);
	snprintf(place, sizeof(place), "%s/%s", s.place, s.fill);
	bench_open(&world, s.smoke ? NULL : place, s.sessions);
	const int result = run(&world, &s);
	bench_close(&world);
	return result;
}
