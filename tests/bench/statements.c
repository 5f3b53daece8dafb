/* What is measured, and how what only reads is asked. */
#include "statements.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "booking.pb-c.h"
#include "coaches.pb-c.h"
#include "reports.pb-c.h"
#include "script.h"

enum { SPECIALISM = 50 /* coaches of each */ };

static bool call_list(struct bench_call *c)
{
	Coachhouse__V1__ListSessionsRequest request = COACHHOUSE__V1__LIST_SESSIONS_REQUEST__INIT;
	request.has_limit = true;
	request.limit = 20;
	return call_make(c, "coachhouse.v1.Booking/ListSessions", &request);
}

static void script_list(const struct bench_world *w, int clients, int each, FILE *out)
{
	const char *const values[] = {"NULL::text", "NULL::text", "NULL::boolean", "NULL::text",
				      "NULL::text", "21",	  "NULL::bigint"};
	(void)each;
	script_begin(clients, 0, out);
	script_call(w, "ListSessions", "member", values, out);
}

static bool call_slots(struct bench_call *c)
{
	Coachhouse__V1__ListSlotsRequest request = COACHHOUSE__V1__LIST_SLOTS_REQUEST__INIT;
	char who[24];
	snprintf(who, sizeof(who), "%" PRId64,
		 c->world->first_coach + (int64_t)(c->random % (uint64_t)c->world->coaches));
	request.who = who;
	return call_make(c, "coachhouse.v1.Booking/ListSlots", &request);
}

static void begin_slots(const struct bench_world *w, int clients, char *who, size_t size, FILE *out)
{
	script_begin(clients, 0, out);
	fprintf(out, "\\set c random(0, %d)\n", w->coaches - 1);
	snprintf(who, size, "(%" PRId64 " + :c::int)::text", w->first_coach);
}

static void script_slots(const struct bench_world *w, int clients, int each, FILE *out)
{
	char who[64];
	const char *const values[] = {who,	    "NULL::text", "NULL::text", "NULL::int",
				      "NULL::text", "NULL::text", "101",	"NULL::bigint"};
	(void)each;
	begin_slots(w, clients, who, sizeof(who), out);
	script_call(w, "ListSlots", "member", values, out);
}

/* As ListSlots.sql, with patterns expanded for each search; see computed.sql. */
static const char computed[] =
	"SELECT extract(epoch FROM s.starts)::bigint AS id, s.starts, s.ends, p.coach, "
	"(SELECT name FROM person WHERE id = p.coach) AS coach_name, "
	"other_name(p.coach, p.mentee) AS with_name "
	"FROM pair_of($1, NULL, NULL, NULL) p, LATERAL (SELECT greatest(clock(), to_timestamp(1))) z (first), "
	"LATERAL computed.slots_of(p.coach, p.mentee, z.first, z.first + interval '4 weeks', 60, "
	"false, 101) s";

static void script_computed(const struct bench_world *w, int clients, int each, FILE *out)
{
	char who[64];
	const char *const values[] = {who};
	(void)each;
	begin_slots(w, clients, who, sizeof(who), out);
	script_pipeline(w, "ListSlots", "member", computed, values, out);
}

static bool call_search(struct bench_call *c)
{
	Coachhouse__V1__ListCoachesRequest request = COACHHOUSE__V1__LIST_COACHES_REQUEST__INIT;
	char specialism[32];
	snprintf(specialism, sizeof(specialism), "specialism %03d",
		 (int)(c->random % (uint64_t)(c->world->coaches / SPECIALISM)));
	request.specialism = specialism;
	request.has_free_within_days = request.has_limit = true;
	request.free_within_days = 28;
	request.limit = SPECIALISM;
	return call_make(c, "coachhouse.v1.Coaches/ListCoaches", &request);
}

static void script_search(const struct bench_world *w, int clients, int each, FILE *out)
{
	const char *const values[] = {"('specialism ' || lpad(:c::text, 3, '0'))", "28",
				      "NULL::activity", "51", "NULL::bigint"};
	(void)each;
	script_begin(clients, 0, out);
	fprintf(out, "\\set c random(0, %d)\n", w->coaches / SPECIALISM - 1);
	script_call(w, "ListCoaches", "member", values, out);
}

static void write_month(const struct bench_world *w, char from[16], char to[16])
{
	struct tm day;
	const time_t at = w->month;
	gmtime_r(&at, &day);
	strftime(from, 16, "%Y-%m-%d", &day);
	day.tm_mon++;
	timegm(&day);
	strftime(to, 16, "%Y-%m-%d", &day);
}

static bool call_capacity(struct bench_call *c)
{
	Coachhouse__V1__ReportCapacityRequest request =
		COACHHOUSE__V1__REPORT_CAPACITY_REQUEST__INIT;
	char from[16], to[16];
	write_month(c->world, from, to);
	request.from = from;
	request.to = to;
	return call_make(c, "coachhouse.v1.Reports/ReportCapacity", &request);
}

static void script_capacity(const struct bench_world *w, int clients, int each, FILE *out)
{
	char from[16], to[16], quoted[2][32];
	const char *const values[] = {quoted[0], quoted[1], "NULL::text", "NULL::text"};
	(void)each;
	write_month(w, from, to);
	snprintf(quoted[0], sizeof(quoted[0]), "'%s'", from);
	snprintf(quoted[1], sizeof(quoted[1]), "'%s'", to);
	script_begin(clients, 0, out);
	script_call(w, "ReportCapacity", "administrator", values, out);
}

/* The least a call can be: a session that is not there. */
static bool call_trivial(struct bench_call *c)
{
	Coachhouse__V1__GetSessionRequest request = COACHHOUSE__V1__GET_SESSION_REQUEST__INIT;
	struct coachhouse_reply reply;
	request.has_id = true;
	request.id = 1;
	if (coachhouse_call(c->connection, "coachhouse.v1.Booking/GetSession", &request.base, NULL,
			    10000, &reply, &c->failure))
		fixture_fail("session 1 is there");
	return c->failure.code == COACHHOUSE__V1__CODE__NOT_FOUND;
}

static void script_trivial(const struct bench_world *w, int clients, int each, FILE *out)
{
	const char *const values[] = {"1::bigint"};
	(void)each;
	script_begin(clients, 0, out);
	script_call(w, "GetSession", "member", values, out);
}

static void script_select(const struct bench_world *w, int clients, int each, FILE *out)
{
	(void)w, (void)clients, (void)each;
	fputs("\\set r random(1, 1000)\nSELECT :r::bigint;\n", out);
}

const struct bench_statement bench_statements[] = {
	{"book", call_book, script_book, BOOKS},
	{"move", call_move, script_move, MOVES, .many = true},
	{"cancel", call_cancel, script_cancel, CHANGES, .many = true},
	{"log a conversation", call_log, script_log, RECORDS, .many = true},
	{"list my sessions", call_list, script_list, READS},
	{"slots, 4 weeks", call_slots, script_slots, READS},
	{"slots / computed", call_slots, script_computed, READS, .many = true},
	{"search 50 coaches", call_search, script_search, READS, .heavy = true},
	{"report capacity", call_capacity, script_capacity, READS, .heavy = true,
	 .administrator = true},
	{"trivial", call_trivial, script_trivial, READS},
	{"trivial / select $1", call_trivial, script_select, READS, .many = true},
	{"book, 10 coaches", call_book_ten, NULL, BOOKS, .hot = BENCH_HOT},
	{"book, 1 coach", call_book_one, NULL, BOOKS, .hot = 1},
};
const size_t bench_n_statements = sizeof(bench_statements) / sizeof(bench_statements[0]);
