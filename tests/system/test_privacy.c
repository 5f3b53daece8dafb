/*
 * T38: what belongs to others answers exactly as what is not there, for every
 * method that takes an id and for every kind of person; and no list names anybody
 * whom the caller does not work with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

enum { NOWHERE = 999999999 };

/* A coach with two mentees who do not know each other, and strangers. */
struct scene {
	struct fixture *f;
	const struct fixture_person *coach, *mentee, *second, *other_coach, *member, *manager;
	long long session, requested, engagement, request, conversation, action, away, key;
};

/* Every method that is about one thing, by its id. */
static const struct {
	const char *rpc, *format;
	size_t id; /* of which thing: its place in the scene */
} calls[] = {
#define THING(name) offsetof(struct scene, name)
	{"GetSession", "'id': %lld", THING(session)},
	{"MoveSession", "'session': %lld, 'start': '2026-11-30T10:00'", THING(session)},
	{"CancelSession", "'session': %lld", THING(session)},
	{"CloseSession", "'session': %lld, 'outcome': 'OUTCOME_ATTENDED'", THING(session)},
	{"DisputeSession", "'session': %lld, 'reason': 'no'", THING(session)},
	{"LogConversation", "'session': %lld", THING(session)},
	{"PrepareConversation", "'session': %lld", THING(session)},
	{"ReviewConversation", "'id': %lld", THING(conversation)},
	{"ReviewConversation", "'id': %lld", THING(session)},
	{"Accept", "'id': %lld", THING(request)},
	{"Accept", "'id': %lld", THING(engagement)},
	{"Accept", "'id': %lld", THING(requested)},
	{"Decline", "'id': %lld", THING(request)},
	{"Decline", "'id': %lld", THING(requested)},
	{"Withdraw", "'id': %lld", THING(request)},
	{"Withdraw", "'id': %lld", THING(engagement)},
	{"SetContract", "'engagement': %lld, 'sessions': 3", THING(engagement)},
	{"EndEngagement", "'engagement': %lld", THING(engagement)},
	{"ChangeAction", "'action': %lld, 'event': 'ACTION_EVENT_DONE'", THING(action)},
	{"SetActionDue", "'action': %lld, 'due': '2026-12-24'", THING(action)},
	{"CancelAway", "'away': %lld", THING(away)},
	{"RevokeKey", "'key': %lld", THING(key)},
	{"OfferRequest", "'request': %lld, 'coach': 'Other Coach'", THING(request)},
	{"GetProfile", "'coach': '%lld'", THING(second)},
};

static int setup(void **state)
{
	static struct scene scene;
	struct scene *s = *state = &scene;
	struct fixture *f = s->f = ask_fixture("2026-11-18T11:00:00Z");
	s->coach = fixture_coach(f, "Priva Coach");
	s->other_coach = fixture_coach(f, "Other Coach");
	s->mentee = fixture_person(f, "Secretive Mentee", MEMBER);
	s->second = fixture_person(f, "Second Mentee", MEMBER);
	s->member = fixture_person(f, "Mere Member", MEMBER);
	s->manager = fixture_person(f, "Man Ager", MANAGER);
	s->session = ask_book(s->mentee, s->coach, "2026-11-25T10:00");
	const json_t *logged = ask(
		s->mentee, "LogConversation",
		"'with': '%s', 'start': '2026-11-10T10:00',"
		"'note': {'text': 'confidential words', 'visible': 'VISIBILITY_US'}, 'actions': "
		"[{'action_text': {'text': 'agreed words', 'visible': 'VISIBILITY_US'}}]",
		s->coach->email);
	s->conversation = ask_number(logged, "id");
	s->action = ask_number(logged, "actions.0");
	s->engagement = ask_number(ask(s->mentee, "ListEngagements", "%s", ""), "engagements.0.id");
	ask(s->coach, "SetProfile", "'self_selection': false");
	s->requested = ask_book(s->second, s->coach, "2026-11-26T10:00");
	s->request = ask_number(ask(s->second, "ListRequests", "%s", ""), "requests.0.id");
	s->away = ask_number(ask(s->coach, "AddAway",
				 "'from': '2026-12-24', 'to': '2026-12-26',"
				 "'reason': 'an operation'"),
			     "id");
	s->key = ask_number(ask(s->mentee, "ListKeys", "%s", ""), "keys.0.id");
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	*state = s->f;
	return fixture_teardown(state);
}

static long long id_in(const struct scene *s, size_t place)
{
	if (place == THING(second))
		return s->second->id;
	return *(const long long *)((const char *)s + place);
}

/* The formats are those of the table above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void same_as_absent(const struct scene *s, const struct fixture_person *person)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		char text[200], id[32];
		long long theirs = id_in(s, calls[i].id);
		snprintf(text, sizeof text, calls[i].format, theirs);
		struct coachhouse_failure real = *ask_refused(person, calls[i].rpc, "", "%s", text);
		snprintf(text, sizeof text, calls[i].format, (long long)NOWHERE);
		struct coachhouse_failure none = *ask_refused(person, calls[i].rpc, "", "%s", text);
		/* A sentence may repeat what was typed. */
		snprintf(id, sizeof id, "\"%lld\"", theirs);
		char *typed = strstr(real.message, id);
		if (typed && strstr(none.message, "\"999999999\""))
			*typed = *strstr(none.message, "\"999999999\"") = '\0';
		if (real.code != none.code || strcmp(real.reason, none.reason) ||
		    strcmp(real.message, none.message))
			fixture_fail("%s tells %s that %lld is there: %s (%s), not %s (%s)",
				     calls[i].rpc, person->name, theirs, real.reason, real.message,
				     none.reason, none.message);
	}
}

#pragma GCC diagnostic pop

static void t38_as_if_not_there(void **state)
{
	const struct scene *s = *state;
	same_as_absent(s, s->member);
	same_as_absent(s, s->manager);
	same_as_absent(s, s->other_coach);
}

/* The two mentees of one coach know nothing of each other. */
static void t38_nor_by_the_same_coach(void **state)
{
	const struct scene *s = *state;
	ask_refused(s->second, "GetSession", "NOT_FOUND", "'id': %lld", s->session);
	ask_refused(s->second, "CancelSession", "NOT_FOUND", "'session': %lld", s->session);
	ask_refused(s->second, "SetContract", "NOT_FOUND", "'engagement': %lld, 'sessions': 3",
		    s->engagement);
	ask_refused(s->mentee, "Withdraw", "NOT_FOUND", "'id': %lld", s->request);
	ask_refused(s->mentee, "Accept", "NOT_FOUND", "'id': %lld", s->requested);
}

/* What every list and page says to this person. */
static char *everything(const struct scene *s, const struct fixture_person *person)
{
	static const char *const lists[] = {"GetStatus",	 "ListSessions", "ListTodo",
					    "ListConversations", "ListActions",	 "ListEngagements",
					    "ListRequests",	 "ListCoaches",	 "ListKeys",
					    "ListOrganisations"};
	json_t *all = json_array();
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		json_array_append(all, ask(person, lists[i], "%s", ""));
	json_array_append(all, ask(person, "ListSessions", "'from': '2026-01-01', 'all': true"));
	json_array_append(all, ask(person, "ListSlots", "'who': 'Priva'"));
	json_array_append(all, ask(person, "GetProfile", "'coach': 'Priva'"));
	json_array_append(all, ask(person, "ListCoaches", "'free_within_days': 28"));
	json_array_append(all, ask(person, "ListEngagements", "'who': 'Priva', 'all': true"));
	(void)s;
	char *text = json_dumps(all, 0);
	json_decref(all);
	assert_non_null(text);
	return text;
}

static void t38_no_list_names_others(void **state)
{
	const struct scene *s = *state;
	char *second = everything(s, s->second), *member = everything(s, s->member),
	     *other = everything(s, s->other_coach), *mentee = everything(s, s->mentee);
	assert_non_null(strstr(mentee, "Secretive Mentee")); /* so that the check can fail */
	assert_null(strstr(second, "Secretive"));
	assert_null(strstr(mentee, "Second Mentee"));
	assert_null(strstr(member, "Mentee"));
	assert_null(strstr(other, "Mentee"));
	assert_null(strstr(member, "confidential words"));
	assert_null(strstr(second, "an operation"));
	free(second);
	free(member);
	free(other);
	free(mentee);
}

/* People who are not in the register cannot be found by strangers, by any of their names. */
static void t38_names_cannot_be_guessed(void **state)
{
	const struct scene *s = *state;
	const char *const names[] = {"Secretive Mentee", "Secretive", s->mentee->email};
	static const char *const rpcs[] = {"ListSessions", "ListEngagements", "ListConversations",
					   "ListKeys", "BookSession"};
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 5; j++)
			ask_refused(s->other_coach, rpcs[j], "NO_SUCH_PERSON", "'who': '%s'%s",
				    names[i], j == 4 ? ", 'start': '2026-11-25T10:00'" : "");
	ask_refused(s->other_coach, "SetAvailability", "NOT_ALLOWED", "'coach': 'Priva'");
	ask_refused(s->other_coach, "GetAvailability", "NOT_ALLOWED", "'coach': 'Priva'");
	ask_refused(s->other_coach, "ChangeRegistration", "NOT_ALLOWED",
		    "'coach': 'Priva', 'event': 'REGISTRATION_EVENT_PAUSE'");
}

/* Administrators see that, never what: in no reply of theirs is a word of it. */
static void administrators_never_read_it(void **state)
{
	const struct scene *s = *state;
	const struct fixture_person *admin = s->f->admin;
	ask_refused(admin, "ReviewConversation", "NOT_FOUND", "'id': %lld", s->conversation);
	ask_refused(admin, "ChangeAction", "NOT_FOUND",
		    "'action': %lld, 'event': 'ACTION_EVENT_DONE'", s->action);
	ask_refused(admin, "PrepareConversation", "NOT_FOUND", "'session': %lld", s->session);
	char *all = everything(s, admin);
	assert_null(strstr(all, "words"));
	free(all);
	const json_t *session = ask(admin, "GetSession", "'id': %lld", s->session);
	assert_string_equal(ask_text(session, "session.mentee_name"), "Secretive Mentee");
	assert_int_equal(ask_count(session, "conversations"), 0);
	const json_t *hours = ask(admin, "GetAvailability", "'coach': 'Priva'");
	assert_int_equal(ask_count(hours, "away"), 1);
	assert_null(ask_find(hours, "away.0.reason"));
}

/* A row that is mine to change is not mine to give to a third person; acts name who acts. */
static void what_is_mine_stays_mine(void **state)
{
	const struct scene *s = *state;
	const char *columns = fixture_sql(
		s->f, "SELECT string_agg(conrelid::regclass || '.' || attname, ', ') FROM "
		      "pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY "
		      "(conkey) WHERE contype = 'f' AND confrelid = 'coachhouse.person'::regclass "
		      "AND has_column_privilege('coachhouse_server', conrelid, attnum, 'UPDATE') "
		      "AND attname NOT LIKE '%\\_by' AND conrelid::regclass || '.' || attname <> "
		      "'coachhouse.request.coach'"); /* whom it is offered to next */
	if (columns)
		fixture_fail("the serving role may change whose a row is: %s", columns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t38_as_if_not_there),
		cmocka_unit_test(t38_nor_by_the_same_coach),
		cmocka_unit_test(t38_no_list_names_others),
		cmocka_unit_test(t38_names_cannot_be_guessed),
		cmocka_unit_test(administrators_never_read_it),
		cmocka_unit_test(what_is_mine_stays_mine),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
