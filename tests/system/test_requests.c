/* Asking for a coach, offers, answers: T02, T40, T42. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define ID "'id': %lld"
#define BOOK "'who': '%s', 'start': '%s'"

static int setup(void **state)
{
	*state = ask_fixture("2026-10-01T08:00:00Z");
	return 0;
}

/* A coach who answers before anything is booked. */
static const struct fixture_person *confirming(struct fixture *f, const char *name)
{
	const struct fixture_person *coach = fixture_coach(f, name);
	ask(coach, "SetProfile", "'self_selection': false");
	return coach;
}

static long long submit(const struct fixture_person *mentee, const struct fixture_person *coach)
{
	const json_t *reply = ask(mentee, "SubmitRequest", "'coach': '%s'", coach->email);
	assert_string_equal(ask_text(reply, "state"), "offered");
	return ask_number(reply, "id");
}

static const char *state_of(const struct fixture_person *person, long long session)
{
	return ask_text(ask(person, "GetSession", ID, session), "session.state");
}

static void t02_two_confirmed_at_once(void **state)
{
	struct fixture *f = *state;
	for (int round = 0; round < 5; round++) {
		const struct fixture_person *coach = confirming(f, "Con Current");
		const struct fixture_person *one = fixture_person(f, "Early Overlap", MEMBER);
		const struct fixture_person *two = fixture_person(f, "Later Overlap", MEMBER);
		long long first = ask_book(one, coach, "2026-11-17T10:00");
		long long second = ask_book(two, coach, "2026-11-17T10:30");
		assert_string_equal(state_of(one, first), "requested");
		struct ask_call calls[2] = {
			{f->admin, "Accept", "", ""},
			{fixture_person(f, "Second Admin", ADMINISTRATOR), "Accept", "", ""}};
		snprintf(calls[0].text, sizeof calls[0].text, ID, first);
		snprintf(calls[1].text, sizeof calls[1].text, ID, second);
		ask_together(calls, 2);
		assert_int_equal(ask_reasons(calls, 2, ""), 1);
		assert_int_equal(ask_reasons(calls, 2, "SLOT_TAKEN"), 1);
		bool won = !*calls[0].reason;
		assert_string_equal(state_of(one, first), won ? "booked" : "requested");
		assert_string_equal(state_of(two, second), won ? "requested" : "booked");
		/* The other one chooses again, and is accepted then. */
		const struct fixture_person *loser = won ? two : one;
		long long left = won ? second : first;
		ask(loser, "MoveSession", "'session': %lld, 'start': '2026-11-17T15:00'", left);
		ask(coach, "Accept", ID, left);
		assert_string_equal(state_of(loser, left), "booked");
	}
}

static void t40_capacity_one(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = confirming(f, "Cap Acity");
	const struct fixture_person *one = fixture_person(f, "Ask Once", MEMBER);
	const struct fixture_person *two = fixture_person(f, "Ask Also", MEMBER);
	ask(coach, "SetProfile", "'client_limit': 1");
	struct ask_call calls[2] = {
		{f->admin, "Accept", "", ""},
		{fixture_person(f, "Other Admin", ADMINISTRATOR), "Accept", "", ""}};
	snprintf(calls[0].text, sizeof calls[0].text, ID, submit(one, coach));
	snprintf(calls[1].text, sizeof calls[1].text, ID, submit(two, coach));
	ask_together(calls, 2);
	assert_int_equal(ask_reasons(calls, 2, ""), 1);
	assert_int_equal(ask_reasons(calls, 2, "CLIENT_LIMIT_REACHED"), 1);
	/* Full is full, by every way. */
	const struct fixture_person *three = fixture_person(f, "Ask Third", MEMBER);
	ask_refused(three, "BookSession", "CLIENT_LIMIT_REACHED", BOOK, coach->email,
		    "2026-11-17T10:00");
	ask_refused(three, "ListSlots", "CLIENT_LIMIT_REACHED", "'who': '%s'", coach->email);
	long long id = ask_number(ask(three, "SubmitRequest", "%s", ""), "id");
	ask_refused(f->admin, "OfferRequest", "CLIENT_LIMIT_REACHED",
		    "'request': %lld, 'coach': '%s'", id, coach->email);
}

/* "Anybody" first, then somebody: the one open request goes to them. */
static void naming_a_coach_later(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = confirming(f, "Named Later");
	const struct fixture_person *mentee = fixture_person(f, "Any Body", MEMBER);
	const json_t *asked = ask(mentee, "SubmitRequest", "%s", "");
	assert_string_equal(ask_text(asked, "state"), "submitted");
	long long id = ask_number(asked, "id");
	assert_int_equal(submit(mentee, coach), id);
	ask(coach, "Accept", ID, id);
	/* What is offered already stays with whom it was offered to. */
	const struct fixture_person *other = fixture_person(f, "Any Other", MEMBER);
	id = submit(other, coach);
	ask(other, "SubmitRequest", "'coach': '%s'", confirming(f, "Too Late")->email);
	ask(coach, "Accept", ID, id);
}

static void paused_engagements_book_nothing(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Paul Pause");
	const struct fixture_person *mentee = fixture_person(f, "Wai Ting", MEMBER);
	long long session = ask_book(mentee, coach, "2026-11-17T10:00");
	long long id = ask_number(ask(mentee, "ListEngagements", "%s", ""), "engagements.0.id");
	ask(coach, "ChangeEngagement", "'engagement': %lld, 'event': 'ENGAGEMENT_EVENT_PAUSE'", id);
	ask_refused(mentee, "BookSession", "WRONG_STATE", BOOK, coach->email, "2026-11-18T10:00");
	ask_refused(coach, "BookSession", "WRONG_STATE", BOOK, mentee->email, "2026-11-18T10:00");
	assert_string_equal(state_of(mentee, session), "booked");
	ask(mentee, "ChangeEngagement", "'engagement': %lld, 'event': 'ENGAGEMENT_EVENT_RESUME'",
	    id);
	ask_book(mentee, coach, "2026-11-18T10:00");
}

static void t40_asking_twice(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = confirming(f, "Twice Asked");
	const struct fixture_person *mentee = fixture_person(f, "Rep Eater", MEMBER);
	long long id = submit(mentee, coach);
	const json_t *again = ask(mentee, "SubmitRequest", "'coach': '%s'", coach->email);
	assert_int_equal(ask_number(again, "id"), id);
	assert_true(json_is_true(ask_find(again, "already_open")));
	const json_t *open = ask(mentee, "ListRequests", "'open': true");
	assert_int_equal(ask_count(open, "requests"), 1);
	ask(coach, "Accept", ID, id);
	ask_refused(coach, "Accept", "WRONG_STATE", ID, id);
	ask_refused(mentee, "SubmitRequest", "NOT_OFFERED",
		    "'coach': '%s', 'activity': 'ACTIVITY_MENTORING'", coach->email);
	/* Working together already: no second engagement of the kind. */
	ask_refused(mentee, "SubmitRequest", "ENGAGED", "'coach': '%s'", coach->email);
	const json_t *engagements = ask(mentee, "ListEngagements", "%s", "");
	assert_int_equal(ask_count(engagements, "engagements"), 1);
	assert_string_equal(ask_text(engagements, "engagements.0.state"), "active");
	/* Two at once make one. */
	const struct fixture_person *other = fixture_person(f, "Double Click", MEMBER);
	struct fixture_person *same = ask_through(f, other, &f->daemons[0]);
	struct ask_call calls[2] = {{other, "SubmitRequest", "", ""},
				    {same, "SubmitRequest", "", ""}};
	ask_together(calls, 2);
	assert_int_equal(ask_reasons(calls, 2, ""), 2);
	assert_int_equal(ask_count(ask(other, "ListRequests", "%s", ""), "requests"), 1);
}

/* Nobody else is refused because of it. */
static void check_free(struct fixture *f, const struct fixture_person *coach, const char *start)
{
	const struct fixture_person *other = fixture_person(f, "Next Please", MEMBER);
	const json_t *booked = ask(other, "BookSession", BOOK, coach->email, start);
	assert_true(ask_number(booked, "id") > 0);
}

static void t42_denied_never_blocks(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = confirming(f, "Den Ied");
	const struct fixture_person *declined = fixture_person(f, "Dec Lined", MEMBER);
	const struct fixture_person *withdrawn = fixture_person(f, "With Drawn", MEMBER);
	const struct fixture_person *pending = fixture_person(f, "Pen Ding", MEMBER);
	long long id = ask_book(declined, coach, "2026-11-17T10:00");
	ask(coach, "Decline", ID ", 'reason': 'away with the school run'", id);
	assert_string_equal(state_of(declined, id), "declined");
	ask_book(withdrawn, coach, "2026-11-17T11:00");
	const json_t *requests = ask(withdrawn, "ListRequests", "'open': true");
	ask(withdrawn, "Withdraw", ID, (long long)ask_number(requests, "requests.0.id"));
	ask_book(pending, coach, "2026-11-17T12:00");
	ask(coach, "SetProfile", "'self_selection': true");
	check_free(f, coach, "2026-11-17T10:00");
	check_free(f, coach, "2026-11-17T11:00");
	check_free(f, coach, "2026-11-17T12:00"); /* by policy, waiting blocks nobody */
}

/* A fortnight later the offer has gone, and what nobody came to blocks nobody. */
static void t42_expired_and_missed(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = confirming(f, "Ex Pired");
	const struct fixture_person *mentee = fixture_person(f, "Long Silence", MEMBER);
	long long id = submit(mentee, coach);
	struct fixture_daemon *later = fixture_daemon_add(f, "2026-10-20T08:00:00Z");
	struct fixture_person *then = ask_through(f, coach, later);
	/* That daemon may have noticed already, and let the request wait again. */
	const char *reason = ask_either(then, "Accept", NULL, ID, id);
	assert_true(!strcmp(reason, "OFFER_EXPIRED") || !strcmp(reason, "WRONG_STATE"));
	assert_int_equal(ask_count(ask(then, "ListTodo", "%s", ""), "todo"), 0);
	/* It keeps no place either, and may be offered again. */
	ask(coach, "SetProfile", "'client_limit': 1, 'self_selection': true");
	const struct fixture_person *other = fixture_person(f, "Not Blocked", MEMBER);
	struct fixture_person *other_then = ask_through(f, other, later);
	long long missed = ask_book(other_then, coach, "2026-10-20T10:00");
	struct fixture_daemon *evening = fixture_daemon_add(f, "2026-10-20T18:00:00Z");
	struct fixture_person *coach_then = ask_through(f, coach, evening);
	ask(coach_then, "CloseSession",
	    "'session': %lld, 'outcome': 'OUTCOME_MISSED', 'missed_by': 'mentee'", missed);
	assert_string_equal(state_of(coach, missed), "mentee_missed");
	struct fixture_person *other_evening = ask_through(f, other, evening);
	ask(other_evening, "LogConversation",
	    "'with': '%s', 'start': '2026-10-20T10:30', 'minutes': 30", coach->email);
	fixture_daemon_stop(f, later);
	fixture_daemon_stop(f, evening);
}

static void an_offer_goes_round(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *first = fixture_coach(f, "First Choice");
	const struct fixture_person *second = fixture_coach(f, "Second Choice");
	const struct fixture_person *mentee = fixture_person(f, "Wait Ing", MEMBER);
	long long id = ask_number(ask(mentee, "SubmitRequest", "%s", ""), "id");
	ask_refused(first, "Accept", "NOT_FOUND", ID, id);
	ask_refused(mentee, "Accept", "NOT_ALLOWED", ID, id);
	const json_t *offer =
		ask(f->admin, "OfferRequest", "'request': %lld, 'coach': '%s'", id, first->email);
	assert_string_equal(ask_text(offer, "state"), "offered");
	assert_memory_equal(ask_text(offer, "expires"), "2026-10-15T08:", 14);
	const json_t *todo = ask(first, "ListTodo", "%s", "");
	assert_string_equal(ask_text(todo, "todo.0.kind"), "answer_request");
	assert_string_equal(ask_text(todo, "todo.0.with_name"), "Wait Ing");
	ask_refused(second, "Decline", "NOT_FOUND", ID, id);
	ask(first, "Decline", ID ", 'reason': 'no room'", id);
	/* Who declined no longer sees it; the mentee does, and waits since the beginning. */
	assert_int_equal(ask_count(ask(first, "ListRequests", "%s", ""), "requests"), 0);
	const json_t *mine = ask(mentee, "ListRequests", "'open': true");
	assert_string_equal(ask_text(mine, "requests.0.state"), "submitted");
	ask_refused(first, "Accept", "WRONG_STATE", ID, id);
	ask(f->admin, "OfferRequest", "'request': %lld, 'coach': '%s'", id, second->email);
	const json_t *accepted = ask(second, "Accept", ID, id);
	assert_string_equal(ask_text(accepted, "state"), "active");
	mine = ask(mentee, "ListRequests", "%s", "");
	assert_string_equal(ask_text(mine, "requests.0.state"), "matched");
	assert_string_equal(ask_text(mine, "requests.0.coach_name"), "Second Choice");
	ask_refused(mentee, "Withdraw", "WRONG_STATE", ID, id);
}

static void accepted_sessions_are_booked_or_arranged(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = confirming(f, "Acc Epter");
	const struct fixture_person *mentee = fixture_person(f, "Two Wishes", MEMBER);
	const struct fixture_person *other = fixture_person(f, "Quick One", MEMBER);
	long long lost = ask_book(mentee, coach, "2026-11-17T10:00");
	long long kept = ask_book(mentee, coach, "2026-11-18T10:00");
	ask(f->admin, "BookSession", BOOK ", 'mentee': '%s'", coach->email, "2026-11-17T10:00",
	    other->email);
	const json_t *accepted = ask(coach, "Accept", ID, kept);
	assert_int_equal(ask_number(accepted, "sessions_booked.0"), kept);
	assert_int_equal(ask_number(accepted, "sessions_to_arrange.0"), lost);
	assert_string_equal(state_of(mentee, lost), "to_be_arranged");
	assert_string_equal(ask_text(accepted, "state"), "active");
}

static void who_may_ask_for_whom(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Cora Asked");
	const struct fixture_person *mentee = fixture_person(f, "Ask Ed", MEMBER);
	char sql[200];
	ask_refused(mentee, "SubmitRequest", "NO_SUCH_PERSON", "'mentee': '%s'", f->admin->email);
	ask_refused(mentee, "SubmitRequest", "NOT_ALLOWED", "'mentee': '%s'", coach->email);
	ask_refused(coach, "SubmitRequest", "ONESELF", "'coach': '%s'", coach->email);
	ask_refused(coach, "BookSession", "ONESELF", BOOK ", 'part': 'PART_MENTEE'", coach->email,
		    "2026-11-17T10:00");
	const json_t *reply = ask(f->admin, "SubmitRequest", "'mentee': '%s'", mentee->email);
	ask_refused(f->admin, "OfferRequest", "ONESELF", "'request': %lld, 'coach': '%s'",
		    (long long)ask_number(ask(coach, "SubmitRequest", "%s", ""), "id"),
		    coach->email);
	/* A line manager is no coach of their own staff. */
	snprintf(sql, sizeof sql,
		 "INSERT INTO coachhouse.manages VALUES (%lld, %lld, '2026-01-01')",
		 (long long)coach->id, (long long)mentee->id);
	fixture_sql(f, sql);
	ask_refused(mentee, "BookSession", "LINE_MANAGER", BOOK, coach->email, "2026-11-17T10:00");
	ask(f->admin, "OfferRequest", "'request': %lld, 'coach': '%s'",
	    (long long)ask_number(reply, "id"), coach->email);
	ask_refused(coach, "Accept", "LINE_MANAGER", ID, (long long)ask_number(reply, "id"));
	ask_refused(mentee, "BookSession", "NOT_OFFERED", BOOK ", 'activity': 'ACTIVITY_MENTORING'",
		    coach->email, "2026-11-17T10:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t02_two_confirmed_at_once),
		cmocka_unit_test(t40_capacity_one),
		cmocka_unit_test(naming_a_coach_later),
		cmocka_unit_test(paused_engagements_book_nothing),
		cmocka_unit_test(t40_asking_twice),
		cmocka_unit_test(t42_denied_never_blocks),
		cmocka_unit_test(t42_expired_and_missed),
		cmocka_unit_test(an_offer_goes_round),
		cmocka_unit_test(accepted_sessions_are_booked_or_arranged),
		cmocka_unit_test(who_may_ask_for_whom),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
