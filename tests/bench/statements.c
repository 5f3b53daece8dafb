/* What is measured. The scripts run the daemon's own statements, embedded. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "booking.pb-c.h"
#include "methods.h"

/* What the daemon prepares. */
static const char *method_sql(const char *rpc)
{
	static bool known;
	char error[300];
	size_t n;
	if (!known && !methods_init(error, sizeof(error)))
		abort();
	known = true;
	const struct method *methods = methods_all(&n);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(methods[i].rpc, rpc))
			return methods[i].sql;
	abort();
}

/* Copies `sql` on one line, its $n replaced by values[n - 1]. */
static void bind(char *out, size_t size, const char *sql, const char *const *values)
{
	size_t n = strlen(out);
	while (*sql && n + 200 < size) {
		if (sql[0] == '-' && sql[1] == '-') {
			sql += strcspn(sql, "\n");
		} else if (*sql == '$') {
			char *end;
			const long parameter = strtol(sql + 1, &end, 10);
			n += (size_t)snprintf(out + n, size - n, "%s", values[parameter - 1]);
			sql = end;
		} else {
			out[n++] = *sql == '\n' ? ' ' : *sql;
			sql++;
		}
	}
	out[n] = 0;
}

/* The two statements of a call in one pipeline, as the daemon sends them. */
static void script(const struct bench_world *w, int n, const char *rpc, const char *const *values,
		   bool writes, char *out, size_t size)
{
	const struct fixture_person *me = w->mentees[n];
	int used = snprintf(
		out, size,
		"\\set r random(1, 9000000000000000000)\n"
		"\\set c random(0, %d)\n"
		"\\startpipeline\n"
		"SELECT authenticate('\\x%s'::bytea, 'member', %" PRId64
		", decode(lpad(to_hex(:r::bigint), 32, '0'), 'hex'), %s, '%s', 10000, NULL);\n",
		BENCH_COACHES - 1, me->identity.public_key, me->id,
		writes ? "sha256('request'::bytea)" : "NULL::bytea", rpc);
	bind(out + used, size - (size_t)used, method_sql(rpc), values);
	used += (int)strlen(out + used);
	snprintf(out + used, size - (size_t)used, ";\n\\endpipeline\n");
}

static bool call(struct coachhouse *connection, const char *method, const void *request)
{
	struct coachhouse_reply reply;
	struct coachhouse_failure failure;
	if (!coachhouse_call(connection, method, request, NULL, 10000, &reply, &failure))
		return false;
	coachhouse_reply_free(&reply);
	return true;
}

/* Each booking has an hour of its own, so that none is refused. */
static bool call_book(struct bench_world *w, struct coachhouse *connection, int n, uint64_t r)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	char who[24], start[32];
	(void)n, (void)r;
	const int64_t slot = atomic_fetch_add(&w->next_slot, 1),
		      hours = w->last_hour - w->first_hour + 1;
	const time_t at = (w->first_hour + slot % hours) * 3600;
	struct tm day;
	snprintf(who, sizeof(who), "%" PRId64, w->coaches[slot / hours % BENCH_COACHES]->id);
	strftime(start, sizeof(start), "%Y-%m-%dT%H:%MZ", gmtime_r(&at, &day));
	request.who = who;
	request.start = start;
	request.has_minutes = true;
	request.minutes = 60;
	return call(connection, "coachhouse.v1.Booking/BookSession", &request.base);
}

/* One of the fifty, since pgbench has no arrays. */
static void coach_choice(const struct bench_world *w, const char *index, char *out, size_t size)
{
	int used = snprintf(out, size, "(('{");
	for (int i = 0; i < BENCH_COACHES; i++)
		used += snprintf(out + used, size - (size_t)used, "%s%" PRId64, i ? "," : "",
				 w->coaches[i]->id);
	snprintf(out + used, size - (size_t)used, "}'::text[])[1 + (%s)::int])", index);
}

static void script_book(const struct bench_world *w, int n, char *out, size_t size)
{
	char who[1024], start[256], index[128];
	const int64_t hours = w->last_hour - w->first_hour + 1;
	snprintf(index, sizeof(index), "nextval('coachhouse.bench_slot') / %" PRId64 " %% %d",
		 hours, BENCH_COACHES);
	coach_choice(w, index, who, sizeof(who));
	snprintf(start, sizeof(start),
		 "to_char(to_timestamp((%" PRId64 " + currval('coachhouse.bench_slot') %% %" PRId64
		 ") * 3600), 'YYYY-MM-DD\"T\"HH24') || chr(58) || '00Z'",
		 w->first_hour, hours);
	const char *const values[] = {who,	    start,	     "60",	   "NULL::activity",
				      "NULL::text", "NULL::text",    "NULL::text", "NULL::int",
				      "NULL::int",  "NULL::boolean", "NULL::text", "NULL::text"};
	script(w, n, "BookSession", values, true, out, size);
}

static bool call_list(struct bench_world *w, struct coachhouse *connection, int n, uint64_t r)
{
	Coachhouse__V1__ListSessionsRequest request = COACHHOUSE__V1__LIST_SESSIONS_REQUEST__INIT;
	(void)w, (void)n, (void)r;
	request.has_limit = true;
	request.limit = 20;
	return call(connection, "coachhouse.v1.Booking/ListSessions", &request.base);
}

static void script_list(const struct bench_world *w, int n, char *out, size_t size)
{
	const char *const values[] = {"NULL::text", "NULL::text", "NULL::boolean", "NULL::text",
				      "NULL::text", "21",	  "NULL::bigint"};
	script(w, n, "ListSessions", values, false, out, size);
}

static bool call_slots(struct bench_world *w, struct coachhouse *connection, int n, uint64_t r)
{
	Coachhouse__V1__ListSlotsRequest request = COACHHOUSE__V1__LIST_SLOTS_REQUEST__INIT;
	char who[24];
	(void)n;
	snprintf(who, sizeof(who), "%" PRId64, w->coaches[r % BENCH_COACHES]->id);
	request.who = who;
	return call(connection, "coachhouse.v1.Booking/ListSlots", &request.base);
}

static void script_slots(const struct bench_world *w, int n, char *out, size_t size)
{
	char who[1024];
	coach_choice(w, ":c::int", who, sizeof(who));
	const char *const values[] = {who,	    "NULL::text", "NULL::text", "NULL::int",
				      "NULL::text", "NULL::text", "101",	"NULL::bigint"};
	script(w, n, "ListSlots", values, false, out, size);
}

/* The least a call can be: a session that is not there. */
static bool call_trivial(struct bench_world *w, struct coachhouse *connection, int n, uint64_t r)
{
	Coachhouse__V1__GetSessionRequest request = COACHHOUSE__V1__GET_SESSION_REQUEST__INIT;
	struct coachhouse_reply reply;
	struct coachhouse_failure failure;
	(void)w, (void)n, (void)r;
	request.has_id = true;
	request.id = 1;
	return !coachhouse_call(connection, "coachhouse.v1.Booking/GetSession", &request.base, NULL,
				10000, &reply, &failure) &&
	       failure.code == COACHHOUSE__V1__CODE__NOT_FOUND;
}

static void script_trivial(const struct bench_world *w, int n, char *out, size_t size)
{
	(void)w, (void)n;
	snprintf(out, size, "\\set r random(1, 1000)\nSELECT :r::bigint;\n");
}

const struct bench_statement bench_statements[] = {
	{"book a session", call_book, script_book, true},
	{"list my sessions", call_list, script_list, false},
	{"free slots, 4 weeks", call_slots, script_slots, false},
	{"trivial / select $1", call_trivial, script_trivial, false},
};
const size_t bench_n_statements = sizeof(bench_statements) / sizeof(bench_statements[0]);
