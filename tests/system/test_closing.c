/* What became of a session, disputes, what is to be done, versions: T46. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define ID "'id': %lld"
#define SESSION "'session': %lld"
#define ATTENDED SESSION ", 'outcome': 'OUTCOME_ATTENDED'"
#define MISSED SESSION ", 'outcome': 'OUTCOME_MISSED', 'missed_by': '%s'"

/* The two as they are now, the evening of the day after, and ten days on. */
struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *coach_then, *mentee_then, *coach_late,
		*mentee_late;
	struct fixture_daemon *then, *late;
};

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-11-16T08:00:00Z");
	s->coach = fixture_coach(s->f, "Cora Closer");
	s->mentee = fixture_person(s->f, "Maya Mentee", MEMBER);
	s->then = fixture_daemon_add(s->f, "2026-11-17T20:00:00Z");
	s->late = fixture_daemon_add(s->f, "2026-11-27T20:00:00Z");
	s->coach_then = ask_through(s->f, s->coach, s->then);
	s->mentee_then = ask_through(s->f, s->mentee, s->then);
	s->coach_late = ask_through(s->f, s->coach, s->late);
	s->mentee_late = ask_through(s->f, s->mentee, s->late);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

/* Its line of the list of things to do, or "". */
static const char *todo_of(const struct fixture_person *person, long long id)
{
	const json_t *todo = ask(person, "ListTodo", "%s", "");
	for (size_t i = 0; i < ask_count(todo, "todo"); i++) {
		char path[40];
		snprintf(path, sizeof path, "todo.%zu.id", i);
		if (ask_number(todo, path) != id)
			continue;
		snprintf(path, sizeof path, "todo.%zu.kind", i);
		return ask_text(todo, path);
	}
	return "";
}

static void attended(void **state)
{
	const struct scene *s = *state;
	long long id = ask_book(s->mentee, s->coach, "2026-11-17T09:00");
	ask_refused(s->coach, "CloseSession", "NOT_YET", ATTENDED, id);
	assert_string_equal(todo_of(s->coach, id), "");
	assert_string_equal(todo_of(s->coach_then, id), "close_session");
	assert_string_equal(todo_of(s->mentee_then, id), "close_session");
	/* Begun: it is neither moved nor cancelled any more. */
	ask_refused(s->coach_then, "MoveSession", "IN_THE_PAST",
		    SESSION ", 'start': '2026-11-20T09:00'", id);
	ask_refused(s->coach_then, "CancelSession", "IN_THE_PAST", SESSION, id);
	ask_refused(s->coach_then, "CloseSession", "OUTCOME_MISSING", SESSION, id);
	ask_refused(s->f->admin, "CloseSession", "NOT_ALLOWED", ATTENDED, id);
	const json_t *closed = ask(s->coach_then, "CloseSession", ATTENDED ", 'minutes': 75", id);
	assert_string_equal(ask_text(closed, "state"), "attended");
	assert_int_equal(ask_number(closed, "minutes"), 75);
	assert_string_equal(todo_of(s->mentee_then, id), "record_conversation");
	ask(s->mentee_then, "LogConversation",
	    SESSION ", 'note': {'text': 'well', 'visible': 'VISIBILITY_US'}", id);
	assert_string_equal(todo_of(s->mentee_then, id), "");
	assert_string_equal(todo_of(s->coach_then, id), "");
}

static void missed_and_put_right(void **state)
{
	const struct scene *s = *state;
	long long id = ask_book(s->mentee, s->coach, "2026-11-17T11:00");
	ask_refused(s->coach_then, "CloseSession", "WHO_MISSING",
		    SESSION ", 'outcome': 'OUTCOME_MISSED'", id);
	ask_refused(s->coach_then, "CloseSession", "NO_SUCH_PERSON", MISSED, id, "Nobody Here");
	const json_t *closed = ask(s->coach_then, "CloseSession", MISSED, id, "Maya");
	assert_string_equal(ask_text(closed, "state"), "mentee_missed");
	/* "me" is whoever says it. */
	long long own = ask_book(s->mentee, s->coach, "2026-11-17T13:00");
	closed = ask(s->coach_then, "CloseSession", MISSED, own, "me");
	assert_string_equal(ask_text(closed, "state"), "coach_missed");
	closed = ask(s->mentee_then, "CloseSession", ATTENDED, id);
	assert_string_equal(ask_text(closed, "state"), "attended");
	/* After a week it stands. */
	ask_refused(s->mentee_late, "CloseSession", "TOO_LATE", MISSED, id, "me");
}

/* Put right to attended, when the time has been used otherwise: still in one place only. */
static void put_right_into_a_clash(void **state)
{
	const struct scene *s = *state;
	long long id = ask_book(s->mentee, s->coach, "2026-11-17T15:00");
	ask(s->coach_then, "CloseSession", MISSED, id, "mentee");
	ask(s->mentee_then, "LogConversation", "'with': '%s', 'start': '2026-11-17T15:30'",
	    s->coach->email);
	ask_refused(s->coach_then, "CloseSession", "SLOT_TAKEN", ATTENDED, id);
	const json_t *session = ask(s->coach_then, "GetSession", ID, id);
	assert_string_equal(ask_text(session, "session.state"), "mentee_missed");
}

static void disputes(void **state)
{
	const struct scene *s = *state;
	long long id = ask_book(s->mentee, s->coach, "2026-11-17T17:00");
	ask_refused(s->mentee_then, "DisputeSession", "WRONG_STATE", SESSION, id);
	ask(s->coach_then, "CloseSession", MISSED, id, "mentee");
	ask_refused(s->coach_then, "DisputeSession", "NOT_ALLOWED", SESSION, id);
	ask_refused(s->f->admin, "DisputeSession", "NOT_ALLOWED", SESSION, id);
	ask_refused(s->mentee_late, "DisputeSession", "TOO_LATE", SESSION, id);
	ask(s->mentee_then, "DisputeSession", SESSION ", 'reason': 'I was there'", id);
	const json_t *session = ask(s->coach_then, "GetSession", ID, id);
	assert_true(json_is_true(ask_find(session, "disputed")));
	assert_string_equal(ask_text(session, "reason"), "I was there");
}

static void late_cancellation(void **state)
{
	const struct scene *s = *state;
	long long soon = ask_book(s->mentee, s->coach, "2026-11-16T18:00");
	long long later = ask_book(s->mentee, s->coach, "2026-11-19T18:00");
	const json_t *cancelled =
		ask(s->mentee, "CancelSession", SESSION ", 'reason': 'ill'", soon);
	assert_true(json_is_true(ask_find(cancelled, "late")));
	cancelled = ask(s->coach, "CancelSession", SESSION, later);
	assert_false(json_is_true(ask_find(cancelled, "late")));
	ask_refused(s->coach, "CancelSession", "WRONG_STATE", SESSION, later);
	const json_t *sessions =
		ask(s->mentee, "ListSessions", "'from': '2026-11-16', 'to': '2026-11-16'");
	assert_int_equal(ask_count(sessions, "sessions"), 0);
	sessions = ask(s->mentee, "ListSessions",
		       "'from': '2026-11-16', 'to': '2026-11-16', 'all': true");
	assert_string_equal(ask_text(sessions, "sessions.0.state"), "cancelled");
}

/* A change names what was seen; a stale one changes nothing. */
static void versions(void **state)
{
	const struct scene *s = *state;
	long long id = ask_book(s->mentee, s->coach, "2026-11-20T09:00");
	ask(s->coach, "MoveSession", SESSION ", 'start': '2026-11-20T11:00', 'version': 1", id);
	const struct coachhouse_failure *failure =
		ask_refused(s->mentee, "MoveSession", "STALE_VERSION",
			    SESSION ", 'start': '2026-11-20T15:00', 'version': 1", id);
	assert_int_equal(failure->code, COACHHOUSE__V1__CODE__ABORTED);
	ask_refused(s->mentee, "CancelSession", "STALE_VERSION", SESSION ", 'version': 1", id);
	const json_t *session = ask(s->mentee, "GetSession", ID, id);
	assert_string_equal(ask_text(session, "session.starts"), "2026-11-20T11:00:00Z");
	assert_int_equal(ask_number(session, "session.version"), 2);
	long long profile = ask_number(ask(s->coach, "GetProfile", "%s", ""), "version");
	ask(s->coach, "SetProfile", "'specialisms': ['stroke care'], 'version': %lld", profile);
	ask_refused(s->coach, "SetProfile", "STALE_VERSION",
		    "'specialisms': ['other'], 'version': %lld", profile);
	long long engagement = ask_number(session, "session.engagement");
	ask(s->coach, "SetContract", "'engagement': %lld, 'sessions': 6, 'version': 1", engagement);
	ask_refused(s->mentee, "SetContract", "STALE_VERSION",
		    "'engagement': %lld, 'sessions': 4, 'version': 1", engagement);
	const json_t *engagements = ask(s->mentee, "ListEngagements", "%s", "");
	assert_int_equal(ask_number(engagements, "engagements.0.sessions_agreed"), 6);
}

static int receipts(struct fixture *f, long long id)
{
	char sql[120];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.receipt WHERE subject = %lld",
		 id);
	return atoi(fixture_sql(f, sql));
}

/* Booked, moved twice, attended: one session in every figure, four entries in the audit. */
static void t46_counts_once(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *coach = fixture_coach(s->f, "Ona Count");
	const struct fixture_person *mentee = fixture_person(s->f, "Onne Mentee", MEMBER);
	const struct fixture_person *then = ask_through(s->f, coach, s->then);
	const struct fixture_person *admin = ask_through(s->f, s->f->admin, s->then);
	long long id = ask_book(mentee, coach, "2026-11-18T09:00");
	ask(mentee, "MoveSession", SESSION ", 'start': '2026-11-19T09:00'", id);
	ask(coach, "MoveSession", SESSION ", 'start': '2026-11-17T09:00'", id);
	ask(then, "CloseSession", ATTENDED, id);
	assert_int_equal(receipts(s->f, id), 4);
	const json_t *sessions = ask(then, "ListSessions", "'from': '2026-11-01', 'all': true");
	assert_int_equal(ask_count(sessions, "sessions"), 1);
	const json_t *engagements = ask(then, "ListEngagements", "%s", "");
	assert_int_equal(ask_number(engagements, "engagements.0.sessions_held"), 1);
	assert_int_equal(ask_number(engagements, "engagements.0.sessions_booked"), 0);
	const json_t *report =
		ask(admin, "ReportUtilisation", "'from': '2026-11-01', 'to': '2026-12-01'");
	for (size_t i = 0; i < ask_count(report, "lines"); i++) {
		char path[60];
		snprintf(path, sizeof path, "lines.%zu.name", i);
		if (strcmp(ask_text(report, path), "Ona Count"))
			continue;
		snprintf(path, sizeof path, "lines.%zu.delivered_hours", i);
		assert_true(ask_real(report, path) == 1.0);
		snprintf(path, sizeof path, "lines.%zu.committed_hours", i);
		assert_true(ask_real(report, path) == 1.0);
		return;
	}
	fail_msg("the coach is not in the report");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attended),
		cmocka_unit_test(missed_and_put_right),
		cmocka_unit_test(put_right_into_a_clash),
		cmocka_unit_test(disputes),
		cmocka_unit_test(late_cancellation),
		cmocka_unit_test(versions),
		cmocka_unit_test(t46_counts_once),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
