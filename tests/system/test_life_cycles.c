/*
 * The life cycles, each transition as each person: what a row of
 * coachhouse.life_cycle allows works and leads where it says; everything else is
 * refused and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

enum { MAX_STATES = 12 };

struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *stranger, *admin;
	long long session, engagement, request, action;
};

/* One event of a thing, and the call that makes it happen. */
struct event {
	const char *thing, *name, *rpc, *format; /* the one argument is the thing's id */
};

static const struct event events[] = {
	{"session", "move", "MoveSession", "'session': %lld, 'start': '2026-11-20T09:00'"},
	{"session", "cancel", "CancelSession", "'session': %lld"},
	{"session", "attend", "CloseSession", "'session': %lld, 'outcome': 'OUTCOME_ATTENDED'"},
	{"session", "miss_mentee", "CloseSession",
	 "'session': %lld, 'outcome': 'OUTCOME_MISSED', 'missed_by': 'mentee'"},
	{"session", "miss_coach", "CloseSession",
	 "'session': %lld, 'outcome': 'OUTCOME_MISSED', 'missed_by': 'coach'"},
	{"engagement", "accept", "Accept", "'id': %lld"},
	{"engagement", "decline", "Decline", "'id': %lld"},
	{"engagement", "complete", "EndEngagement", "'engagement': %lld"},
	{"engagement", "end", "EndEngagement", "'engagement': %lld, 'reason': 'moved away'"},
	{"engagement", "pause", "ChangeEngagement",
	 "'engagement': %lld, 'event': 'ENGAGEMENT_EVENT_PAUSE'"},
	{"engagement", "resume", "ChangeEngagement",
	 "'engagement': %lld, 'event': 'ENGAGEMENT_EVENT_RESUME'"},
	{"request", "offer", "OfferRequest", "'request': %lld, 'coach': 'Lia Cycle'"},
	{"request", "decline", "Decline", "'id': %lld"},
	{"request", "withdraw", "Withdraw", "'id': %lld"},
	{"registration", "approve", "ChangeRegistration",
	 "'coach': '%lld', 'event': 'REGISTRATION_EVENT_APPROVE'"},
	{"registration", "pause", "ChangeRegistration",
	 "'coach': '%lld', 'event': 'REGISTRATION_EVENT_PAUSE'"},
	{"registration", "resume", "ChangeRegistration",
	 "'coach': '%lld', 'event': 'REGISTRATION_EVENT_RESUME'"},
	{"registration", "leave", "ChangeRegistration",
	 "'coach': '%lld', 'event': 'REGISTRATION_EVENT_LEAVE'"},
	{"registration", "lapse", "ChangeRegistration",
	 "'coach': '%lld', 'event': 'REGISTRATION_EVENT_LAPSE'"},
	{"registration", "suspend", "ChangeRegistration",
	 "'coach': '%lld', 'event': 'REGISTRATION_EVENT_SUSPEND'"},
	{"action", "done", "ChangeAction", "'action': %lld, 'event': 'ACTION_EVENT_DONE'"},
	{"action", "drop", "ChangeAction", "'action': %lld, 'event': 'ACTION_EVENT_DROP'"},
};

__attribute__((format(printf, 2, 3))) static const char *sql(const struct scene *s,
							     const char *format, ...)
{
	static char answer[500];
	char text[1500];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	const char *cell = fixture_sql(s->f, text);
	snprintf(answer, sizeof answer, "%s", cell ? cell : "");
	return answer;
}

static long long id_of(const struct scene *s, const char *thing)
{
	return !strcmp(thing, "session")      ? s->session
	       : !strcmp(thing, "engagement") ? s->engagement
	       : !strcmp(thing, "request")    ? s->request
	       : !strcmp(thing, "action")     ? s->action
					      : (long long)s->coach->id;
}

/* Begun, for what can become of it; else still to come. */
static void put_session(const struct scene *s, const char *state, bool begun)
{
	int day = begun ? 18 : 19;
	char times[80] = "NULL, ends = NULL";
	if (strcmp(state, "to_be_arranged"))
		snprintf(times, sizeof times, "'2026-11-%d 09:00Z', ends = '2026-11-%d 10:00Z'",
			 day, day);
	sql(s,
	    "UPDATE coachhouse.session SET state = '%s', closed = NULL, starts = %s"
	    " WHERE id = %lld; DELETE FROM coachhouse.participation WHERE session = %lld;",
	    state, times, s->session, s->session);
}

/* As the owner, with triggers off, so that any state can be tried. */
static void put(const struct scene *s, const char *thing, const char *state, bool begun)
{
	bool engaged = !strcmp(thing, "session") || !strcmp(thing, "engagement") ||
		       !strcmp(thing, "action");
	sql(s,
	    "SET session_replication_role = replica;"
	    "UPDATE coachhouse.registration SET state = 'live' WHERE person = %lld;"
	    "UPDATE coachhouse.engagement SET state = '%s' WHERE id = %lld;"
	    "UPDATE coachhouse.request SET state = 'matched', coach = %lld, engagement = %s,"
	    " offered = now(), offer_expires = '2030-01-01' WHERE id = %lld;",
	    (long long)s->coach->id, engaged ? "active" : "completed", s->engagement,
	    (long long)s->coach->id, engaged ? "engagement" : "NULL", s->request);
	if (!strcmp(thing, "session"))
		put_session(s, state, begun);
	else
		sql(s, "UPDATE coachhouse.%s SET state = '%s' WHERE %s = %lld", thing, state,
		    !strcmp(thing, "registration") ? "person" : "id", id_of(s, thing));
	sql(s, "SET session_replication_role = origin;"
	       "INSERT INTO coachhouse.participation (session, person, starts, ends, live, readers)"
	       " SELECT id, p, starts, ends, live, ARRAY[coach, mentee] FROM coachhouse.session,"
	       " unnest(ARRAY[coach, mentee]) p WHERE starts IS NOT NULL ON CONFLICT DO NOTHING");
}

static const char *state_of(const struct scene *s, const char *thing)
{
	return sql(s, "SELECT state FROM coachhouse.%s WHERE %s = %lld", thing,
		   !strcmp(thing, "registration") ? "person" : "id", id_of(s, thing));
}

/* Where the table says that this leads for this person; "" where it does not. */
static const char *expected(const struct scene *s, const struct event *event, const char *state,
			    const char *who)
{
	static char answer[100];
	/* Moving what has no time yet is to book it. */
	bool book = !strcmp(state, "to_be_arranged") && !strcmp(event->name, "move");
	snprintf(answer, sizeof answer, "%s",
		 sql(s,
		     "SELECT to_state FROM coachhouse.life_cycle WHERE thing = '%s'"
		     " AND from_state = '%s' AND event = '%s' AND '%s' = ANY (who)",
		     event->thing, state, book ? "book" : event->name, who));
	return answer;
}

static void check(const struct scene *s, const struct event *event, const char *state,
		  const char *who, const struct fixture_person *person)
{
	char text[200], wanted[100];
	put(s, event->thing, state, strstr("attend miss_mentee miss_coach", event->name));
	snprintf(wanted, sizeof wanted, "%s", expected(s, event, state, who));
/* The formats are those of the table above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof text, event->format, id_of(s, event->thing));
#pragma GCC diagnostic pop
	const char *reason = ask_either(person, event->rpc, NULL, "%s", text);
	const char *became = state_of(s, event->thing);
	if (*wanted ? *reason || strcmp(became, wanted) : !*reason || strcmp(became, state))
		fixture_fail("%s %s, %s by the %s: \"%s\" was expected, it is %s (%s)",
			     event->thing, state, event->name, who, wanted, became, reason);
}

/* The states of a thing, from the type of its column. */
static int states_of(const struct scene *s, const char *thing, char states[][24])
{
	int count = 0;
	char type[64];
	snprintf(type, sizeof type, "%s_state", thing);
	for (; count < MAX_STATES; count++) {
		snprintf(
			states[count], 24, "%s",
			sql(s,
			    "SELECT enumlabel FROM pg_enum WHERE enumtypid = 'coachhouse.%s'::regtype"
			    " ORDER BY enumsortorder LIMIT 1 OFFSET %d",
			    type, count));
		if (!states[count][0])
			break;
	}
	return count;
}

/* All states, all events, all people of one thing. */
static void check_thing(const struct scene *s, const char *thing)
{
	char states[MAX_STATES][24];
	int count = states_of(s, thing, states);
	bool own = !strcmp(thing, "registration");
	assert_true(count > 2);
	for (size_t e = 0; e < sizeof events / sizeof *events; e++)
		for (int i = 0; i < count && !strcmp(events[e].thing, thing); i++) {
			check(s, &events[e], states[i], own ? "owner" : "coach", s->coach);
			check(s, &events[e], states[i], "mentee", s->mentee);
			check(s, &events[e], states[i], "administrator", s->admin);
			check(s, &events[e], states[i], "stranger", s->stranger);
		}
}

static void sessions(void **state)
{
	check_thing(*state, "session");
}

static void engagements(void **state)
{
	check_thing(*state, "engagement");
}

static void requests(void **state)
{
	check_thing(*state, "request");
}

static void registrations(void **state)
{
	check_thing(*state, "registration");
}

static void actions(void **state)
{
	check_thing(*state, "action");
}

/* The trigger: nobody goes round the table, not even the owner of the database. */
static void the_trigger_holds(void **state)
{
	const struct scene *s = *state;
	put(s, "session", "cancelled", false);
	const char *caught = sql(
		s,
		"DO $$ BEGIN UPDATE coachhouse.session SET state = 'booked' WHERE id = %lld;"
		" EXCEPTION WHEN SQLSTATE 'ZC010' THEN PERFORM set_config('test.caught', 'yes', false);"
		" END $$; SELECT current_setting('test.caught', true)",
		s->session);
	assert_string_equal(caught, "yes");
	assert_string_equal(state_of(s, "session"), "cancelled");
}

/* Where nothing reaches it, a row of the table is listed here, so that none is forgotten. */
static void every_row_is_reached_or_known(void **state)
{
	const struct scene *s = *state;
	char known[1000] = "'none'";
	for (size_t e = 0; e < sizeof events / sizeof *events; e++)
		snprintf(known + strlen(known), sizeof known - strlen(known), ", '%s.%s'",
			 events[e].thing, events[e].name);
	const char *others = sql(
		s,
		"SELECT string_agg(DISTINCT thing || '.' || event, ' ' ORDER BY thing || '.' || event)"
		" FROM coachhouse.life_cycle WHERE thing || '.' || event NOT IN (%s)",
		known);
	/* Answers to an engagement take its sessions along, and a booking answers a
	 * request: see test_requests. Signatures: see test_performance;
	 * disclosures: see test_disclosure. */
	assert_string_equal(others, "disclosure.approve disclosure.end disclosure.refuse "
				    "engagement.withdraw "
				    "performance.replace performance.sign_as_manager "
				    "performance.sign_as_member "
				    "request.close request.expire request.match "
				    "session.accept session.book session.decline session.postpone "
				    "session.withdraw");
}

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-11-18T11:00:00Z");
	s->admin = s->f->admin;
	s->coach = fixture_coach(s->f, "Lia Cycle");
	s->mentee = fixture_person(s->f, "Men Tee", MEMBER);
	s->stranger = fixture_coach(s->f, "Stran Ger");
	const json_t *logged = ask(
		s->mentee, "LogConversation",
		"'with': '%s', 'start': '2026-11-18T09:00', 'actions': "
		"[{'action_text': {'text': 'Read it', 'visible': 'VISIBILITY_US'}, 'owner': 'me'}]",
		s->coach->email);
	s->session = ask_number(logged, "session");
	s->action = ask_number(logged, "actions.0");
	s->request = strtoll(sql(s, "SELECT id FROM coachhouse.request"), NULL, 10);
	s->engagement = strtoll(sql(s, "SELECT id FROM coachhouse.engagement"), NULL, 10);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions),
		cmocka_unit_test(engagements),
		cmocka_unit_test(requests),
		cmocka_unit_test(registrations),
		cmocka_unit_test(actions),

		cmocka_unit_test(the_trigger_holds),
		cmocka_unit_test(every_row_is_reached_or_known),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
