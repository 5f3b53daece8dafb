/* People: imports, names, leaving, keys, organisations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

#define PERSON "{'line': %d, 'email': '%s', 'name': '%s', 'organisation': '%s', 'roles': '%s'}"
#define TALK \
	"{'line': %d, 'date': '%s', 'start': '%s', 'minutes': 60, 'coach': '%s', 'mentee': '%s'}"

static int setup(void **state)
{
	*state = ask_fixture("2026-11-18T11:00:00Z");
	return 0;
}

static int count(struct fixture *f, const char *table)
{
	char sql[100];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM coachhouse.%s", table);
	return atoi(fixture_sql(f, sql));
}

#define TWO                                                                             \
	"'rows': [" PERSON "," PERSON "]%s", 2, "iris@example.org", "Iris Import",      \
		"Example Trust", "coach manager", 3, "Ivan@example.org", "Ivan Import", \
		"Example Trust", ""

static void import_people(void **state)
{
	struct fixture *f = *state;
	int before = count(f, "person");
	const json_t *reply = ask(f->admin, "ImportPeople", TWO, ", 'dry_run': true");
	assert_false(json_is_true(ask_find(reply, "stored")));
	assert_string_equal(ask_text(reply, "rows.0.outcome"), "added");
	assert_int_equal(count(f, "person"), before);
	reply = ask(f->admin, "ImportPeople", TWO, "");
	assert_true(json_is_true(ask_find(reply, "stored")));
	assert_int_equal(count(f, "person"), before + 2);
	/* Again, it changes nothing. */
	reply = ask(f->admin, "ImportPeople", TWO, "");
	assert_string_equal(ask_text(reply, "rows.0.outcome"), "unchanged");
	assert_string_equal(ask_text(reply, "rows.1.outcome"), "unchanged");
	reply = ask(f->admin, "ImportPeople", "'rows': [" PERSON "]", 2, "IRIS@example.org",
		    "Iris Renamed", "Example Trust", "mentor");
	assert_string_equal(ask_text(reply, "rows.0.outcome"), "changed");
	assert_non_null(strstr(ask_text(reply, "rows.0.sentence"), "Iris Import -> Iris Renamed"));
	const json_t *people = ask(f->admin, "ListPeople", "'text': 'iris'");
	assert_string_equal(ask_text(people, "people.0.name"), "Iris Renamed");
	assert_int_equal(ask_count(people, "people.0.roles"), 4);
	assert_int_equal(count(f, "person"), before + 2);
}

/* One bad row refuses all, and each is named by its line. */
static void import_is_whole(void **state)
{
	struct fixture *f = *state;
	int before = count(f, "person");
	const json_t *reply =
		ask(f->admin, "ImportPeople",
		    "'rows': [" PERSON "," PERSON "," PERSON "," PERSON "," PERSON "]", 2,
		    "good@example.org", "Good Row", "Example Trust", "", 3, "not an address",
		    "Bad Row", "Example Trust", "", 4, "where@example.org", "Bad Place",
		    "Nowhere Trust", "", 5, "what@example.org", "Bad Role", "Example Trust",
		    "wizard", 6, "who@example.org", "", "Example Trust", "");
	assert_false(json_is_true(ask_find(reply, "stored")));
	assert_string_equal(ask_text(reply, "rows.0.outcome"), "added");
	for (int i = 1; i < 5; i++) {
		char path[40];
		snprintf(path, sizeof path, "rows.%d.outcome", i);
		assert_string_equal(ask_text(reply, path), "refused");
		snprintf(path, sizeof path, "rows.%d.line", i);
		assert_int_equal(ask_number(reply, path), i + 2);
		snprintf(path, sizeof path, "rows.%d.sentence", i);
		assert_true(strlen(ask_text(reply, path)) > 10);
	}
	assert_int_equal(count(f, "person"), before);
	ask_refused(fixture_person(f, "No Admin", MANAGER), "ImportPeople", "NOT_ALLOWED",
		    "'rows': [" PERSON "]", 2, "x@example.org", "X", "Example Trust",
		    "administrator");
}

static void import_conversations(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Cora Imported");
	const struct fixture_person *mentee = fixture_person(f, "Mo Imported", MEMBER);
	const struct fixture_person *other = fixture_person(f, "Om Imported", MEMBER);
	const char *c = coach->email, *m = mentee->email;
	int before = count(f, "session");
	const json_t *reply = NULL;
	for (int i = 0; i < 2; i++) {
		reply = ask(f->admin, "ImportConversations", "'rows': [" TALK "," TALK "]", 2,
			    "2026-03-02", "10:00", c, m, 3, "2026-04-02", "10:00", c, m);
		assert_true(json_is_true(ask_find(reply, "stored")));
		assert_string_equal(ask_text(reply, "rows.0.outcome"), i ? "unchanged" : "added");
		assert_int_equal(count(f, "session"), before + 2);
	}
	/* Wall time, each in its season. */
	const json_t *sessions = ask(coach, "ListSessions", "'from': '2026-03-01'");
	assert_string_equal(ask_text(sessions, "sessions.0.starts"), "2026-03-02T10:00:00Z");
	assert_string_equal(ask_text(sessions, "sessions.1.starts"), "2026-04-02T09:00:00Z");
	/* What clashes, is to come, or happened twice refuses all of it. */
	reply = ask(f->admin, "ImportConversations",
		    "'rows': [" TALK "," TALK "," TALK "," TALK "," TALK "]", 2, "2026-05-04",
		    "10:00", c, m, 3, "2026-03-02", "10:30", c, other->email, 4, "2026-12-01",
		    "10:00", c, m, 5, "2026-03-29", "01:30", c, m, 6, "2026-05-05", "10:00", c,
		    "nobody@example.org");
	assert_false(json_is_true(ask_find(reply, "stored")));
	assert_string_equal(ask_text(reply, "rows.0.outcome"), "added");
	for (int i = 1; i < 5; i++) {
		char path[40];
		snprintf(path, sizeof path, "rows.%d.outcome", i);
		assert_string_equal(ask_text(reply, path), "refused");
	}
	assert_int_equal(count(f, "session"), before + 2);
	/* They count, and say nothing. */
	const json_t *engagements = ask(mentee, "ListEngagements", "%s", "");
	assert_int_equal(ask_number(engagements, "engagements.0.sessions_held"), 2);
	assert_int_equal(ask_count(ask(mentee, "ListConversations", "%s", ""), "conversations"), 0);
}

static void zone_of_mine(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Zoned Coach");
	const struct fixture_person *mentee = fixture_person(f, "Zoned Mentee", MEMBER);
	assert_string_equal(ask_text(ask(mentee, "SetZone", "'zone': 'Europe/Madrid'"), "zone"),
			    "Europe/Madrid");
	assert_string_equal(ask_text(ask(mentee, "GetStatus", "%s", ""), "zone"), "Europe/Madrid");
	assert_string_equal(ask_text(ask(coach, "GetStatus", "%s", ""), "zone"), "Europe/London");
	/* A wall time is read in it from then on. */
	const json_t *booked = ask(mentee, "BookSession",
				   "'who': '%s', 'start': '2026-12-08T10:00'", coach->email);
	assert_string_equal(ask_text(booked, "sessions.0.starts"), "2026-12-08T09:00:00Z");
	ask_refused(mentee, "SetZone", "BAD_ZONE", "'zone': 'UTC+3'");
	ask_refused(mentee, "SetZone", "BAD_ZONE", "%s", "");
}

static void names(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *zoe = fixture_coach(f, "Zoë Ångström");
	fixture_coach(f, "Karen Alder");
	fixture_coach(f, "Karen Birch");
	const struct fixture_person *mentee = fixture_person(f, "Nell Namer", MEMBER);
	const json_t *profile = ask(mentee, "GetProfile", "'coach': 'zoe angstrom'");
	assert_int_equal(ask_number(profile, "id"), zoe->id);
	profile = ask(mentee, "GetProfile", "'coach': '%lld'", (long long)zoe->id);
	assert_string_equal(ask_text(profile, "name"), "Zoë Ångström");
	const struct coachhouse_failure *failure =
		ask_refused(mentee, "GetProfile", "AMBIGUOUS_NAME", "'coach': 'karen'");
	assert_non_null(strstr(failure->message, "Karen Alder"));
	assert_non_null(strstr(failure->message, "Karen Birch"));
	ask(mentee, "GetProfile", "'coach': 'birch'");
	/* What is typed is never a pattern. */
	static const char *const odd[] = {"%",	 "_aren", "Kar%", "", " ", "99999999999999999999",
					  "\\\\"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		ask_refused(mentee, "GetProfile", "NO_SUCH_PERSON", "'coach': '%s'", odd[i]);
	/* An address is found by those alone who work with its owner. */
	ask_refused(zoe, "BookSession", "NO_SUCH_PERSON",
		    "'who': '%s', 'start': '2026-11-20T10:00'", mentee->email);
	ask_book(mentee, zoe, "2026-11-20T10:00");
	ask_book(zoe, mentee, "2026-11-21T10:00");
}

static void leaving(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Lea Ver");
	const struct fixture_person *mentee = fixture_person(f, "Stay Er", MEMBER);
	const struct fixture_person *asks = fixture_person(f, "Ask Er", MEMBER);
	char sql[120];
	snprintf(sql, sizeof sql,
		 "UPDATE coachhouse.role_held SET starts_on = '2026-01-01' WHERE person = %lld",
		 (long long)coach->id);
	fixture_sql(f, sql);
	ask_book(mentee, coach, "2026-11-25T10:00");
	ask(asks, "SubmitRequest", "'coach': '%s'", coach->email);
	ask_refused(mentee, "EndPerson", "NOT_ALLOWED", "'who': '%s'", coach->email);
	ask_refused(f->admin, "EndPerson", "LAST_ADMINISTRATOR", "'who': 'me'");
	ask_refused(f->admin, "EndPerson", "BAD_DATE", "'who': '%s', 'last_day': 'soon'",
		    coach->email);
	const json_t *left =
		ask(f->admin, "EndPerson", "'who': '%s', 'last_day': '2026-11-17'", coach->email);
	assert_int_equal(ask_number(left, "keys_revoked"), 1);
	assert_int_equal(ask_count(left, "hand_over"), 3);
	char kinds[100] = "";
	for (int i = 0; i < 3; i++) {
		char path[40];
		snprintf(path, sizeof path, "hand_over.%d.kind", i);
		strcat(strcat(kinds, ask_text(left, path)), " ");
	}
	assert_non_null(strstr(kinds, "engagement"));
	assert_non_null(strstr(kinds, "session"));
	assert_non_null(strstr(kinds, "request"));
	/* The key stops at the next call; nobody books or offers any more. */
	assert_string_not_equal(ask_either(coach, "GetStatus", NULL, "%s", ""), "");
	ask_refused(mentee, "BookSession", "", "'who': '%s', 'start': '2026-11-26T10:00'",
		    coach->email);
	const json_t *people = ask(f->admin, "ListPeople", "'text': 'Lea Ver'");
	assert_string_equal(ask_text(people, "people.0.left_on"), "2026-11-17");
	assert_false(json_is_true(ask_find(people, "people.0.enrolled")));
	assert_int_equal(ask_count(people, "people.0.roles"), 0);
	/* What was booked stays until somebody sees to it. */
	const json_t *sessions = ask(mentee, "ListSessions", "%s", "");
	assert_string_equal(ask_text(sessions, "sessions.0.state"), "booked");
}

/* A last day to come: nothing after it, everything until then. */
static void leaving_later(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *coach = fixture_coach(f, "Les Ver");
	const struct fixture_person *mentee = fixture_person(f, "Sta Yer", MEMBER);
	const json_t *left =
		ask(f->admin, "EndPerson", "'who': '%s', 'last_day': '2026-11-24'", coach->email);
	assert_int_equal(ask_number(left, "keys_revoked"), 0);
	ask(coach, "GetStatus", "%s", "");
	ask_book(mentee, coach, "2026-11-24T23:00");
	ask_refused(mentee, "BookSession", "TOO_FAR", "'who': '%s', 'start': '2026-11-25T10:00'",
		    coach->email);
	struct fixture_daemon *later = fixture_daemon_add(f, "2026-11-25T08:00:00Z");
	ask_refused(ask_through(f, coach, later), "GetStatus", "NOT_ALLOWED", "%s", "");
	fixture_daemon_stop(f, later);
}

static void revoked_key(void **state)
{
	struct fixture *f = *state;
	const struct fixture_person *person = fixture_person(f, "Key Holder", MEMBER);
	const struct fixture_person *other = fixture_person(f, "Other Holder", MEMBER);
	const json_t *keys = ask(person, "ListKeys", "%s", "");
	long long key = ask_number(keys, "keys.0.id");
	ask_refused(other, "RevokeKey", "NOT_FOUND", "'key': %lld", key);
	ask(other, "GetStatus", "%s", "");
	ask(f->admin, "RevokeKey", "'key': %lld", key);
	const char *reason = ask_either(person, "GetStatus", NULL, "%s", "");
	assert_true(!strcmp(reason, "UNKNOWN_KEY") || !strcmp(reason, "KEY_NOT_ACCEPTED"));
}

static void organisations(void **state)
{
	struct fixture *f = *state;
	const json_t *added =
		ask(f->admin, "AddOrganisation",
		    "'name': 'Moor Hospice', 'sector': 'SECTOR_THIRD', 'locality': 'Moor'");
	assert_true(ask_number(added, "id") > 0);
	ask_refused(f->admin, "AddOrganisation", "ALREADY_EXISTS",
		    "'name': 'MOOR HOSPICE', 'sector': 'SECTOR_NHS'");
	ask_refused(f->admin, "EndOrganisation", "BAD_DATE",
		    "'organisation': 'Moor', 'ends_on': '2026-02-30'");
	ask(f->admin, "EndOrganisation", "'organisation': 'Moor', 'ends_on': '2026-12-31'");
	ask_refused(f->admin, "EndOrganisation", "NO_SUCH_ORGANISATION",
		    "'organisation': 'Heath', 'ends_on': '2026-12-31'");
	const json_t *list = ask(f->admin, "ListOrganisations", "%s", "");
	assert_string_equal(ask_text(list, "organisations.1.ends_on"), "2026-12-31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(import_people),
		cmocka_unit_test(import_is_whole),
		cmocka_unit_test(import_conversations),
		cmocka_unit_test(zone_of_mine),
		cmocka_unit_test(names),
		cmocka_unit_test(leaving),
		cmocka_unit_test(leaving_later),
		cmocka_unit_test(revoked_key),
		cmocka_unit_test(organisations),
	};
	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
