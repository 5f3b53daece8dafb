/* The scripts of pgbench: what the daemon would send, embedded. */
#include "script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"

static const struct method *find_method(const char *rpc)
{
	char error[300];
	size_t n;
	static bool known;
	if (!known && !methods_init(error, sizeof(error)))
		fixture_fail("%s", error);
	known = true;
	const struct method *methods = methods_all(&n);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(methods[i].rpc, rpc))
			return &methods[i];
	fixture_fail("there is no method %s", rpc);
}

void script_begin(int clients, int each, FILE *out)
{
	fputs("\\set r random(1, 9000000000000000000)\n\\set k :k + 1\n", out);
	if (each)
		fprintf(out,
			"\\set s :k %% %d\n\\set i :k / %d %% %d * %d + :client_id\n"
			"\\set session %d * :client_id + :k\n",
			BENCH_SLOTS, BENCH_SLOTS, BENCH_LIVES, clients, each);
	else
		fputs("\\set i :client_id\n", out);
}

/* On one line, its $n replaced. */
static void put_sql(const char *sql, const char *const *values, FILE *out)
{
	while (*sql) {
		if (sql[0] == '-' && sql[1] == '-') {
			sql += strcspn(sql, "\n");
		} else if (*sql == '$' && sql[1] >= '1' && sql[1] <= '9') {
			char *end;
			fputs(values[strtol(sql + 1, &end, 10) - 1], out);
			sql = end;
		} else {
			putc(*sql == '\n' ? ' ' : *sql, out);
			sql++;
		}
	}
}

/* An array of all actors' ids, or keys, at the actor's place. */
static void put_actor(const struct bench_world *w, bool keys, FILE *out)
{
	fputs("('{", out);
	for (int i = 0; i < BENCH_PEOPLE && w->people[i]; i++) {
		fputs(i ? "," : "", out);
		if (keys)
			fprintf(out, "\\\\x%s", w->people[i]->identity.public_key);
		else
			fprintf(out, "%" PRId64, w->people[i]->id);
	}
	fprintf(out, "}'::%s[])[1 + :i::int]", keys ? "bytea" : "bigint");
}

void script_me(const struct bench_world *world, char *out, size_t size)
{
	FILE *file = fmemopen(out, size, "w");
	if (!file)
		fixture_fail("memory ran out");
	put_actor(world, false, file);
	fclose(file);
}

void script_pipeline(const struct bench_world *world, const char *rpc, const char *role,
		     const char *sql, const char *const *values, FILE *out)
{
	const struct method *method = find_method(rpc);
	const bool administers = !strcmp(role, "administrator");
	fputs("\\startpipeline\nSELECT authenticate(", out);
	if (administers)
		fprintf(out, "'\\x%s'::bytea", world->fixture->admin->identity.public_key);
	else
		put_actor(world, true, out);
	fprintf(out, ", '%s', ", role);
	if (administers)
		fprintf(out, "%" PRId64, world->fixture->admin->id);
	else
		put_actor(world, false, out);
	fprintf(out,
		", decode(lpad(to_hex(:r::bigint), 32, '0'), 'hex'), %s, '%s', 10000, NULL, NULL, NULL, %s);\n",
		method->access == ACCESS_WRITE ? "sha256('request'::bytea)" : "NULL::bytea",
		method->name, administers ? "true" : "false");
	put_sql(sql, values, out);
	fputs(";\n\\endpipeline\n", out);
}

void script_call(const struct bench_world *world, const char *rpc, const char *role,
		 const char *const *values, FILE *out)
{
	const struct method *method = find_method(rpc);
	const bool plain = method->plain && strcmp(role, "administrator") != 0;
	script_pipeline(world, rpc, role, plain ? method->plain : method->sql, values, out);
}

void script_coach(const struct bench_world *world, char *out, size_t size)
{
	snprintf(out, size,
		 "(%" PRId64
		 " + %d * (:i::int %% %d) + (:s::int + 4 * (:i::int / %d)) %% %d)::text",
		 world->first_coach, BENCH_SET, world->sets, world->sets, BENCH_SET);
}

/* A colon before letters would be a variable of pgbench. */
void script_start(const struct bench_world *world, char *out, size_t size)
{
	snprintf(
		out, size,
		"replace(to_char(date '%s' + :s::int / %d / 5 * 7 + :s::int / %d %% 5 + "
		"make_interval(mins => 915 + 5 * (:s::int %% %d)), 'YYYY-MM-DD\"T\"HH24.MI'), '.', chr(58))",
		world->monday, BENCH_DAY, BENCH_DAY, BENCH_DAY);
}
