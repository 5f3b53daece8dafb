/* What is measured of what changes something. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "booking.pb-c.h"
#include "conversations.pb-c.h"
#include "script.h"
#include "statements.h"

static const char note[] =
	"We looked at the last two weeks: which evenings stayed free, and what was said when they "
	"did not. Two colleagues have taken over the rota; nobody has noticed a difference, which "
	"is the best of signs and a little hard to bear. Agreed to leave the list alone until the "
	"end of the month, and to ask the team then, in these words: what would you rather keep? "
	"Next time: the letter, and who should read it first. It was good to laugh about the map.";

bool call_make(struct bench_call *c, const char *method, const void *request)
{
	struct coachhouse_reply reply;
	if (!coachhouse_call(c->connection, method, request, NULL, 60000, &reply, &c->failure))
		return false;
	coachhouse_reply_free(&reply);
	return true;
}

struct hour {
	char coach[24], start[32];
};

/* As hour_to_book of measure.sql has it. */
static void write_hour(const struct bench_world *w, int64_t s, struct hour *out)
{
	struct tm day = {.tm_min = (int)(915 + 5 * (s % BENCH_DAY)), .tm_isdst = 0};
	sscanf(w->monday, "%d-%d-%d", &day.tm_year, &day.tm_mon, &day.tm_mday);
	day.tm_year -= 1900;
	day.tm_mon -= 1;
	day.tm_mday += (int)(s / BENCH_DAY / 5 * 7 + s / BENCH_DAY % 5);
	timegm(&day);
	strftime(out->start, sizeof(out->start), "%Y-%m-%dT%H:%M", &day);
}

static struct hour own_hour(const struct bench_call *c)
{
	const struct bench_world *w = c->world;
	const int64_t s = c->number % BENCH_SLOTS,
		      actor = c->number / BENCH_SLOTS % BENCH_LIVES * c->clients + c->client;
	struct hour hour;
	write_hour(w, s, &hour);
	snprintf(hour.coach, sizeof(hour.coach), "%" PRId64,
		 w->first_coach + BENCH_SET * (actor % w->sets) +
			 (s + 4 * (actor / w->sets)) % BENCH_SET);
	return hour;
}

/* Two ask for each hour; the second is refused. */
static struct hour hot_hour(const struct bench_call *c, int coaches)
{
	struct bench_world *w = c->world;
	const int64_t s = atomic_fetch_add(&w->next, 1) / 2;
	struct hour hour;
	write_hour(w, s % BENCH_SLOTS, &hour);
	snprintf(hour.coach, sizeof(hour.coach), "%" PRId64,
		 w->first_coach + w->coaches / 2 - 1 - (s + s / BENCH_SLOTS) % coaches);
	return hour;
}

static bool book(struct bench_call *c, struct hour hour)
{
	Coachhouse__V1__BookSessionRequest request = COACHHOUSE__V1__BOOK_SESSION_REQUEST__INIT;
	request.who = hour.coach;
	request.start = hour.start;
	request.has_minutes = true;
	request.minutes = 5;
	return call_make(c, "coachhouse.v1.Booking/BookSession", &request);
}

bool call_book(struct bench_call *c)
{
	return book(c, own_hour(c));
}

bool call_book_ten(struct bench_call *c)
{
	return book(c, hot_hour(c, BENCH_HOT));
}

bool call_book_one(struct bench_call *c)
{
	return book(c, hot_hour(c, 1));
}

void script_book(const struct bench_world *w, int clients, int each, FILE *out)
{
	char coach[256], start[256];
	script_coach(w, coach, sizeof(coach));
	script_start(w, start, sizeof(start));
	const char *const values[] = {coach,	    start,	     "5",	   "NULL::activity",
				      "NULL::text", "NULL::text",    "NULL::text", "NULL::int",
				      "NULL::int",  "NULL::boolean", "NULL::text", "NULL::text"};
	script_begin(clients, each, out);
	script_call(w, "BookSession", "member", values, out);
}

/* Each client has sixteen sessions, one with each coach, and moves them on in turn. */
bool call_move(struct bench_call *c)
{
	Coachhouse__V1__MoveSessionRequest request = COACHHOUSE__V1__MOVE_SESSION_REQUEST__INIT;
	struct bench_call later = *c;
	later.number += BENCH_SET;
	struct hour hour = own_hour(&later);
	request.has_session = true;
	request.session = c->world->first_session + c->client * c->each + c->number % BENCH_SET;
	request.start = hour.start;
	return call_make(c, "coachhouse.v1.Booking/MoveSession", &request);
}

void script_move(const struct bench_world *w, int clients, int each, FILE *out)
{
	char session[128], start[256];
	snprintf(session, sizeof(session), "%" PRId64 " + %d * :client_id + :k %% %d",
		 w->first_session, each, BENCH_SET);
	script_start(w, start, sizeof(start));
	const char *const values[] = {session,	    start,	 "NULL::int",
				      "NULL::text", "NULL::int", "NULL::text"};
	script_begin(clients, each, out);
	fprintf(out, "\\set i :client_id\n\\set s (:s + %d) %% %d\n", BENCH_SET, BENCH_SLOTS);
	script_call(w, "MoveSession", "member", values, out);
}

bool call_cancel(struct bench_call *c)
{
	Coachhouse__V1__CancelSessionRequest request = COACHHOUSE__V1__CANCEL_SESSION_REQUEST__INIT;
	request.has_session = true;
	request.session = c->world->first_session + c->client * c->each + c->number;
	request.reason = (char *)"cannot come";
	return call_make(c, "coachhouse.v1.Booking/CancelSession", &request);
}

static void write_session(const struct bench_world *w, char *out, size_t size)
{
	snprintf(out, size, "%" PRId64 " + :session", w->first_session);
}

void script_cancel(const struct bench_world *w, int clients, int each, FILE *out)
{
	char session[64];
	write_session(w, session, sizeof(session));
	const char *const values[] = {session, "'cannot come'", "NULL::int"};
	script_begin(clients, each, out);
	script_call(w, "CancelSession", "member", values, out);
}

bool call_log(struct bench_call *c)
{
	Coachhouse__V1__LogConversationRequest request =
		COACHHOUSE__V1__LOG_CONVERSATION_REQUEST__INIT;
	Coachhouse__V1__Confidential text = COACHHOUSE__V1__CONFIDENTIAL__INIT;
	request.has_session = true;
	request.session = c->world->first_session + c->client * c->each + c->number;
	request.note = &text;
	text.text = (char *)note;
	text.has_visible = true;
	text.visible = COACHHOUSE__V1__VISIBILITY__VISIBILITY_US;
	return call_make(c, "coachhouse.v1.Conversations/LogConversation", &request);
}

/* A box as large as the daemon's. */
void script_log(const struct bench_world *w, int clients, int each, FILE *out)
{
	char session[64], me[2048], box[4096];
	const int length = 33 + 16 + (int)(sizeof(note) / 256 + 1) * 256;
	write_session(w, session, sizeof(session));
	script_me(w, me, sizeof(me));
	snprintf(box, sizeof(box),
		 "ROW(decode('01' || repeat('30', %d), 'hex'), %s, 'us', "
		 "decode(lpad(to_hex(:r::bigint), 32, '0'), 'hex'))",
		 length - 1, me);
	const char *const values[] = {session,	     "NULL::text",     "NULL::text", "NULL::int",
				      "NULL::text",  "NULL::activity", "NULL::text", box,
				      "NULL::jsonb", "NULL::bigint[]"};
	script_begin(clients, each, out);
	script_call(w, "LogConversation", "member", values, out);
}
