/* What is printed: the table, what was to be reached, and how it grew. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char columns[] =
	"statement,clients,stack_per_second,pgbench_per_second,ratio,p50_ms,p99_ms,p999_ms,"
	"pgbench_p50_ms,pgbench_p99_ms,pgbench_p999_ms,server_us,pgbench_server_us,daemon_us,"
	"client_us,refused";

void bench_heading(void)
{
	printf("%-20s %3s %8s %8s%7s | %7s %7s %7s |%7s %7s %7s |%8s%8s%7s%7s\n", "", "", "stack",
	       "pgbench", "", "stack", "", "", "pgbench", "", "", "CPU us", "", "", "");
	printf("%-20s %3s %8s %8s%7s | %7s %7s %7s |%7s %7s %7s |%8s%8s%7s%7s\n", "statement", "n",
	       "/s", "/s", "ratio", "p50 ms", "p99", "p99.9", "p50 ms", "p99", "p99.9", "server",
	       "pgbench", "daemon", "client");
}

/* What pgbench has nothing of is left out. */
static void print_number(double number, int digits, bool there, const char *after)
{
	if (there)
		printf("%*.*f%s", digits == 2 ? 7 : 8, digits, number, after);
	else
		printf("%*s%s", digits == 2 ? 7 : 8, "-", after);
}

void bench_print(const struct bench_row *row, FILE *csv)
{
	const struct bench_result *a = &row->stack, *b = &row->pgbench;
	const bool both = b->calls > 0;
	printf("%-20s %3d %8.0f ", row->statement, row->clients, a->per_second);
	print_number(b->per_second, 0, both, "");
	print_number(row->ratio, 2, both, " |");
	printf(" %7.2f %7.2f %7.2f |", a->p50, a->p99, a->p999);
	print_number(b->p50, 2, both, " ");
	print_number(b->p99, 2, both, " ");
	print_number(b->p999, 2, both, " |");
	printf("%8.0f", a->server_us);
	print_number(b->server_us, 0, both, "");
	printf("%7.0f%7.0f\n", a->daemon_us, a->client_us);
	if (a->refused > 0) {
		printf("%24s refused %.0f of %.0f calls:", "", a->refused, a->calls);
		for (int i = 0; i < a->n_reasons; i++)
			printf(" %s", a->reasons[i]);
		printf("\n");
	}
	fflush(stdout);
	if (!csv)
		return;
	if (!ftell(csv))
		fprintf(csv, "%s\n", columns);
	fprintf(csv,
		"%s,%d,%.1f,%.1f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,%.2f,%.2f,%.2f,%.2f,%.5f\n",
		row->statement, row->clients, a->per_second, b->per_second, row->ratio, a->p50,
		a->p99, a->p999, b->p50, b->p99, b->p999, a->server_us, b->server_us, a->daemon_us,
		a->client_us, a->calls > 0 ? a->refused / a->calls : 0);
	fflush(csv);
}

static const struct bench_row *find(const struct bench_row *rows, size_t n, const char *statement,
				    int clients)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].statement, statement) && rows[i].clients == clients)
			return &rows[i];
	return NULL;
}

static void verdict(const char *what, double is, const char *sign, double first, double second)
{
	const bool more = *sign == '>';
	const bool met = more ? is >= first : is <= first,
		   best = more ? is >= second : is <= second;
	printf("  %-58s %8.2f   %s %-6g %-4s", what, is, sign, first, met ? "yes" : "NO");
	if (second != first)
		printf("   then %s %-6g %s", sign, second, best ? "yes" : "NO");
	printf("\n");
}

/* A refusal that people are told, and not an accident of the database. */
static double accidents(const struct bench_row *row)
{
	static const char *const good[] = {"SLOT_TAKEN", "MENTEE_BUSY", "YOU_ARE_BUSY"};
	double bad = 0;
	for (int i = 0; i < row->stack.n_reasons; i++) {
		bool known = false;
		for (size_t j = 0; j < sizeof(good) / sizeof(*good); j++)
			known |= !strcmp(row->stack.reasons[i], good[j]);
		bad += !known;
	}
	return bad;
}

static void hot(const struct bench_row *rows, size_t n, const char *statement, int clients)
{
	const struct bench_row *row = find(rows, n, statement, clients),
			       *spread = find(rows, n, "book", clients);
	if (!row)
		return;
	char what[96];
	snprintf(what, sizeof(what), "%s: kinds of failure that are no refusal", statement);
	verdict(what, accidents(row), "<=", 0, 0);
	if (spread)
		printf("  %-58s %8.2f   (%.0f booked/s, %.0f spread)\n",
		       "    booked for each that is booked with load spread",
		       row->stack.per_second * (1 - row->stack.refused / row->stack.calls) /
			       spread->stack.per_second,
		       row->stack.per_second * (1 - row->stack.refused / row->stack.calls),
		       spread->stack.per_second);
}

void bench_goals(const struct bench_row *rows, size_t n, const struct bench_daemon *daemon)
{
	static const struct {
		const char *statement, *sign;
		double first, second;
	} ratios[] = {{"book", ">=", 0.95, 0.95},
		      {"list my sessions", ">=", 0.9, 1},
		      {"slots / computed", ">=", 3.6, 8},
		      {"trivial / select $1", ">=", 0.55, 0.55}};
	char what[96];
	int most = 0;
	for (size_t i = 0; i < n; i++)
		most = rows[i].clients > most ? rows[i].clients : most;
	printf("\nTo be reached:\n");
	for (size_t i = 0; i < sizeof(ratios) / sizeof(*ratios); i++) {
		const struct bench_row *row = find(rows, n, ratios[i].statement, most);
		snprintf(what, sizeof(what), "%s, %d clients: stack / pgbench", ratios[i].statement,
			 most);
		if (row)
			verdict(what, row->ratio, ratios[i].sign, ratios[i].first,
				ratios[i].second);
	}
	const struct bench_row *many = find(rows, n, "trivial", most),
			       *alone = find(rows, n, "trivial", 1);
	snprintf(what, sizeof(what), "trivial, %d clients: CPU of the daemon, us", most);
	if (many)
		verdict(what, many->stack.daemon_us, "<=", 20, 8);
	if (alone)
		verdict("trivial, a lone client: latency added to libpq's, us",
			(alone->stack.p50 - alone->pgbench.p50) * 1000, "<=", 100, 70);
	hot(rows, n, "book, 10 coaches", most);
	hot(rows, n, "book, 1 coach", most);
	snprintf(what, sizeof(what), "the daemon with %.0f keys: MB idle", daemon->keys);
	verdict(what, daemon->idle_kb / 1024, "<=", 15, 15);
	verdict("the daemon: kB for each client", daemon->client_kb, "<=", 32, 32);
	snprintf(what, sizeof(what), "ready, ms beyond PostgreSQL's own %.0f", daemon->postgres_ms);
	verdict(what, daemon->start_ms, "<=", 100, 100);
}

/* The rows of a table that was kept; of its columns only what grows. */
static size_t read_csv(const char *file, struct bench_row *rows, size_t most)
{
	char line[512];
	size_t n = 0;
	FILE *in = fopen(file, "re");
	if (!in) {
		fprintf(stderr, "bench: %s cannot be read: %s\n", file, strerror(errno));
		exit(2);
	}
	if (!fgets(line, sizeof(line), in) || strncmp(line, columns, strlen(columns))) {
		fprintf(stderr, "bench: %s is no table that --csv wrote\n", file);
		exit(2);
	}
	while (n < most && fgets(line, sizeof(line), in)) {
		char *comma = strrchr(line, ',');
		struct bench_row *row = &rows[n];
		/* A statement's name may hold a comma: the numbers are counted from the end. */
		for (int i = 0; comma && i < 14; i++) {
			*comma = '\0';
			if (i == 2)
				row->stack.daemon_us = atof(comma + 1);
			else if (i == 4)
				row->stack.server_us = atof(comma + 1);
			comma = strrchr(line, ',');
		}
		if (!comma || !atoi(comma + 1))
			continue;
		row->clients = atoi(comma + 1);
		*comma = '\0';
		snprintf(row->statement, sizeof(row->statement), "%.39s", line);
		n++;
	}
	fclose(in);
	return n;
}

int bench_compare(const char *smaller, const char *larger)
{
	static const char *const must[] = {"book", "list my sessions", "slots, 4 weeks",
					   "search 50 coaches", "report capacity"};
	static struct bench_row small[128], large[128];
	const size_t n = read_csv(smaller, small, 128), m = read_csv(larger, large, 128);
	int missed = 0, compared = 0;
	printf("CPU of server and daemon for each request, us\n%-20s %3s %9s %9s %6s\n",
	       "statement", "n", "smaller", "larger", "times");
	for (size_t i = 0; i < m; i++) {
		const struct bench_row *old = find(small, n, large[i].statement, large[i].clients);
		if (!old)
			continue;
		const double a = old->stack.server_us + old->stack.daemon_us,
			     b = large[i].stack.server_us + large[i].stack.daemon_us;
		bool counts = false;
		for (size_t j = 0; j < sizeof(must) / sizeof(*must); j++)
			counts |= !strcmp(must[j], large[i].statement);
		const bool good = b <= 1.10 * a;
		missed += counts && !good;
		compared++;
		printf("%-20s %3d %9.0f %9.0f %6.2f   %s\n", large[i].statement, large[i].clients,
		       a, b, b / a, counts ? good ? "<= 1.10 yes" : "<= 1.10 NO" : "");
	}
	if (!compared) {
		fprintf(stderr, "bench: %s and %s have no row in common\n", smaller, larger);
		exit(2);
	}
	return missed > 0;
}
