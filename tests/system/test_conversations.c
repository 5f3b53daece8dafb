/* What was said: who reads it, and the actions that both see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define ID "'id': %lld"
#define SESSION "'session': %lld"
#define NOTE ", 'note': {'text': '%s', 'visible': 'VISIBILITY_%s'}"
#define PAST "'with': '%s', 'start': '%s'"

struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *other, *admin;
};

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	s->f = ask_fixture("2026-11-18T11:00:00Z");
	s->admin = s->f->admin;
	s->coach = fixture_coach(s->f, "Cleo Coach");
	s->mentee = fixture_person(s->f, "Mina Mentee", MEMBER);
	s->other = fixture_person(s->f, "Olga Other", MEMBER);
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

static void mine_alone(void **state)
{
	const struct scene *s = *state;
	const json_t *logged = ask(s->mentee, "LogConversation", PAST NOTE, s->coach->email,
				   "2026-11-02T10:00", "only for me", "ME");
	long long id = ask_number(logged, "id");
	assert_string_equal(ask_text(logged, "visible"), "me");
	const json_t *mine = ask(s->mentee, "ReviewConversation", ID, id);
	assert_string_equal(ask_text(mine, "note.text"), "only for me");
	assert_int_equal(ask_number(mine, "note.author"), s->mentee->id);
	/* The other one learns that there is a record, and nothing of it. */
	const json_t *theirs = ask(s->coach, "ReviewConversation", ID, id);
	assert_null(ask_find(theirs, "note"));
	const json_t *list = ask(s->coach, "ListConversations", "%s", "");
	assert_int_equal(ask_number(list, "conversations.0.id"), id);
	assert_false(json_is_true(ask_find(list, "conversations.0.readable")));
	const json_t *session =
		ask(s->coach, "GetSession", ID, (long long)ask_number(logged, "session"));
	assert_true(json_is_true(ask_find(session, "recorded")));
	assert_int_equal(ask_count(session, "conversations"), 0);
	ask_refused(s->admin, "ReviewConversation", "NOT_FOUND", ID, id);
	ask_refused(s->other, "ReviewConversation", "NOT_FOUND", ID, id);
}

static void for_the_two_of_us(void **state)
{
	const struct scene *s = *state;
	const json_t *logged = ask(s->coach, "LogConversation", PAST NOTE, s->mentee->email,
				   "2026-11-03T10:00", "what we agreed", "US");
	long long id = ask_number(logged, "id");
	const json_t *theirs = ask(s->mentee, "ReviewConversation", ID, id);
	assert_string_equal(ask_text(theirs, "note.text"), "what we agreed");
	assert_string_equal(ask_text(theirs, "note.visible"), "us");
	assert_string_equal(ask_text(theirs, "author_name"), "Cleo Coach");
	/* By its session too. */
	theirs = ask(s->mentee, "ReviewConversation", ID, (long long)ask_number(logged, "session"));
	assert_int_equal(ask_number(theirs, "id"), id);
	ask_refused(s->admin, "ReviewConversation", "NOT_FOUND", ID, id);
	assert_int_equal(ask_count(ask(s->admin, "ListConversations", "%s", ""), "conversations"),
			 0);
	const json_t *session =
		ask(s->mentee, "GetSession", ID, (long long)ask_number(logged, "session"));
	assert_int_equal(ask_number(session, "conversations.0"), id);
}

/* Two records of one hour: each has their own. */
static void both_may_write(void **state)
{
	const struct scene *s = *state;
	const json_t *logged = ask(s->coach, "LogConversation", PAST NOTE, s->mentee->email,
				   "2026-11-04T10:00", "the coach on it", "US");
	long long session = ask_number(logged, "session");
	ask(s->mentee, "LogConversation", SESSION NOTE, session, "the mentee on it", "ME");
	ask_refused(s->mentee, "LogConversation", "RECORDED", SESSION NOTE, session, "again", "US");
	assert_string_equal(
		ask_text(ask(s->mentee, "ReviewConversation", ID, session), "note.text"),
		"the mentee on it");
	assert_string_equal(ask_text(ask(s->coach, "ReviewConversation", ID, session), "note.text"),
			    "the coach on it");
	ask_refused(s->other, "LogConversation", "NOT_FOUND", SESSION, session);
	ask_refused(s->admin, "LogConversation", "NOT_ALLOWED", SESSION NOTE, session, "no", "ME");
	/* Visibility is chosen before writing; there is no default. */
	ask_refused(s->mentee, "LogConversation", "BAD_FIELD", PAST ", 'note': {'text': 'x'}",
		    s->coach->email, "2026-11-04T12:00");
}

/* Both write of a session; who closes it last says that the mentee was not there. */
static long long written_and_missed(const struct scene *s, const char *start)
{
	const json_t *logged = ask(s->mentee, "LogConversation", PAST, s->coach->email, start);
	const long long session = ask_number(logged, "session");
	ask(s->coach, "LogConversation", SESSION, session);
	ask(s->coach, "CloseSession",
	    SESSION ", 'outcome': 'OUTCOME_MISSED', 'missed_by': 'mentee'", session);
	return session;
}

/* Also those of three sessions of one time, which the last change puts in another order. */
static void pages_leave_nothing_out(void **state)
{
	enum { MOST = 40 };
	const struct scene *s = *state;
	long long last = 0;
	int listed = 0, all;
	const long long first = written_and_missed(s, "2026-11-01T10:00");
	written_and_missed(s, "2026-11-01T10:00");
	written_and_missed(s, "2026-11-01T10:00");
	ask(s->coach, "CloseSession", SESSION ", 'outcome': 'OUTCOME_ATTENDED'", first);
	all = (int)ask_count(ask(s->coach, "ListConversations", "%s", ""), "conversations");
	for (; listed < MOST; listed++) {
		char after[40] = "";
		if (last)
			snprintf(after, sizeof after, ", 'after': %lld", last);
		const json_t *page = ask(s->coach, "ListConversations", "'limit': 1%s", after);
		if (!ask_count(page, "conversations"))
			break;
		last = ask_number(page, "conversations.0.id");
	}
	assert_true(all >= 6);
	assert_int_equal(listed, all);
}

#define ACTION \
	"{'action_text': {'text': '%s', 'visible': 'VISIBILITY_US'}, 'owner': '%s', 'due': '%s'}"

static void actions_are_seen_by_both(void **state)
{
	const struct scene *s = *state;
	const json_t *logged =
		ask(s->coach, "LogConversation",
		    PAST NOTE ", 'actions': [" ACTION "," ACTION "," ACTION "]", s->mentee->email,
		    "2026-11-05T10:00", "private", "ME", "Call the ward", "me", "2026-11-20",
		    "Write it down", "them", "2026-11-21", "Read it", "Mina", "2027-01-10");
	long long call = ask_number(logged, "actions.0"), read = ask_number(logged, "actions.2");
	const json_t *theirs =
		ask(s->mentee, "ReviewConversation", ID, (long long)ask_number(logged, "id"));
	assert_null(ask_find(theirs, "note"));
	assert_int_equal(ask_count(theirs, "actions"), 3);
	assert_string_equal(ask_text(theirs, "actions.1.action_text.text"), "Write it down");
	assert_int_equal(ask_number(theirs, "actions.1.owner"), s->mentee->id);
	assert_string_equal(ask_text(theirs, "actions.0.owner_name"), "Cleo Coach");
	/* What is due within a week is on the owner's list. */
	const json_t *todo = ask(s->mentee, "ListTodo", "%s", "");
	assert_int_equal(ask_count(todo, "todo"), 1);
	assert_string_equal(ask_text(todo, "todo.0.action_text.text"), "Write it down");
	assert_string_equal(ask_text(todo, "todo.0.due"), "2026-11-21");
	/* The next record carries the open ones forward, and closes one. */
	const json_t *next = ask(s->mentee, "PrepareConversation", "'with': '%s'", s->coach->email);
	assert_int_equal(ask_count(next, "actions"), 3);
	ask(s->mentee, "LogConversation", PAST ", 'done': [%lld]", s->coach->email,
	    "2026-11-06T10:00", call);
	assert_int_equal(ask_count(ask(s->coach, "ListActions", "'open': true"), "actions"), 2);
	/* Either of them changes an action; nobody else sees one. */
	ask(s->coach, "SetActionDue", "'action': %lld, 'due': '2026-12-01'", read);
	ask_refused(s->coach, "SetActionDue", "BAD_DATE", "'action': %lld, 'due': '2026-12-32'",
		    read);
	ask(s->coach, "ChangeAction", "'action': %lld, 'event': 'ACTION_EVENT_DROP'", read);
	ask_refused(s->mentee, "ChangeAction", "WRONG_STATE",
		    "'action': %lld, 'event': 'ACTION_EVENT_DONE'", read);
	ask_refused(s->admin, "ChangeAction", "NOT_FOUND",
		    "'action': %lld, 'event': 'ACTION_EVENT_DONE'", read);
	assert_int_equal(ask_count(ask(s->admin, "ListActions", "%s", ""), "actions"), 0);
	assert_int_equal(ask_count(ask(s->other, "ListActions", "%s", ""), "actions"), 0);
}

static void actions_stay_between_the_two(void **state)
{
	const struct scene *s = *state;
	const json_t *logged =
		ask(s->coach, "LogConversation", PAST ", 'actions': [" ACTION "]", s->mentee->email,
		    "2026-11-09T10:00", "Between us", "me", "2026-12-01");
	long long action = ask_number(logged, "actions.0");
	/* Not even the coach closes it with somebody else's record. */
	ask(s->other, "LogConversation", PAST ", 'done': [%lld]", s->coach->email,
	    "2026-11-09T12:00", action);
	ask(s->coach, "LogConversation", PAST ", 'done': [%lld]", s->other->email,
	    "2026-11-09T13:00", action);
	const json_t *open =
		ask(s->coach, "ListActions", "'open': true, 'after': %lld", action - 1);
	assert_int_equal(ask_number(open, "actions.0.id"), action);
	const json_t *next = ask(s->coach, "PrepareConversation", "'with': '%s'", s->other->email);
	assert_int_equal(ask_count(next, "actions"), 0);
	ask_refused(s->coach, "LogConversation", "BAD_OWNER", PAST ", 'actions': [" ACTION "]",
		    s->mentee->email, "2026-11-10T10:00", "Theirs", "Olga", "2026-12-01");
	/* An action for one alone is none. */
	ask_refused(s->coach, "LogConversation", "BAD_ACTION",
		    PAST
		    ", 'actions': [{'action_text': {'text': 'x', 'visible': 'VISIBILITY_ME'}}]",
		    s->mentee->email, "2026-11-10T10:00");
}

static void only_what_took_place(void **state)
{
	const struct scene *s = *state;
	ask_refused(s->coach, "LogConversation", "NOT_YET", PAST, s->mentee->email,
		    "2026-11-18T10:30");
	long long id = ask_book(s->mentee, s->coach, "2026-11-25T10:00");
	ask_refused(s->mentee, "LogConversation", "NOT_YET", SESSION, id);
	ask(s->mentee, "CancelSession", SESSION, id);
	struct fixture_daemon *later = fixture_daemon_add(s->f, "2026-11-26T11:00:00Z");
	struct fixture_person *then = ask_through(s->f, s->mentee, later);
	ask_refused(then, "LogConversation", "WRONG_STATE", SESSION, id);
	fixture_daemon_stop(s->f, later);
}

/* A conversation elsewhere claims its time like any session. */
static void nobody_was_in_two_places(void **state)
{
	const struct scene *s = *state;
	ask(s->mentee, "LogConversation", PAST, s->coach->email, "2026-11-11T10:00");
	ask_refused(s->mentee, "LogConversation", "YOU_ARE_BUSY", PAST, s->coach->email,
		    "2026-11-11T10:30");
	const struct coachhouse_failure *failure =
		ask_refused(s->other, "LogConversation", "SLOT_TAKEN", PAST, s->coach->email,
			    "2026-11-11T10:30");
	assert_null(strstr(failure->message, "Mina"));
	ask(s->other, "LogConversation", PAST, s->coach->email, "2026-11-11T11:00");
}

static void the_long_and_the_odd(void **state)
{
	const struct scene *s = *state;
	static const char odd[] =
		"Zoë said: “100 %” – \\u0041\\n\\ttabs, 日本語, 👩‍⚕️; drop table";
	const json_t *logged = ask(s->mentee, "LogConversation", PAST NOTE, s->coach->email,
				   "2026-11-12T10:00", odd, "US");
	const json_t *read =
		ask(s->coach, "ReviewConversation", ID, (long long)ask_number(logged, "id"));
	assert_non_null(strstr(ask_text(read, "note.text"), "👩‍⚕️; drop table"));
	assert_non_null(strstr(ask_text(read, "note.text"), "A\n\ttabs"));
	char text[17001];
	memset(text, 'x', 16000);
	text[16000] = '\0';
	logged = ask(s->mentee, "LogConversation", PAST NOTE, s->coach->email, "2026-11-12T12:00",
		     text, "ME");
	read = ask(s->mentee, "ReviewConversation", ID, (long long)ask_number(logged, "id"));
	assert_string_equal(ask_text(read, "note.text"), text);
	memset(text, 'x', 17000);
	text[17000] = '\0';
	ask_refused(s->mentee, "LogConversation", "BAD_FIELD", PAST NOTE, s->coach->email,
		    "2026-11-12T14:00", text, "ME");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mine_alone),
		cmocka_unit_test(for_the_two_of_us),
		cmocka_unit_test(both_may_write),
		cmocka_unit_test(pages_leave_nothing_out),
		cmocka_unit_test(actions_are_seen_by_both),
		cmocka_unit_test(actions_stay_between_the_two),
		cmocka_unit_test(only_what_took_place),
		cmocka_unit_test(nobody_was_in_two_places),
		cmocka_unit_test(the_long_and_the_odd),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
