/* What people may ask about themselves: put right, held, erased. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"

static struct fixture *f;

#define NOTHING "%s", ""

static const char *sql_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *sql_of(const char *format, ...)
{
	char sql[2000];
	va_list args;
	va_start(args, format);
	vsnprintf(sql, sizeof sql, format, args);
	va_end(args);
	return fixture_sql(f, sql);
}

/* The tables in which a word stands, as text or as bytes; "" when in none. */
static const char *tables_with(const char *word)
{
	const char *found = sql_of(
		"SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class c, LATERAL "
		"query_to_xml(format('SELECT FROM coachhouse.%%I t WHERE strpos(lower(t::text), lower(%%L)) > 0 "
		"OR strpos(t::text, %%L) > 0 LIMIT 1', c.relname, '%s', encode('%s', 'hex')), true, true, '') x "
		"WHERE c.relkind = 'r' AND c.relnamespace = 'coachhouse'::regnamespace AND x::text LIKE '%%<row%%'",
		word, word);
	return found;
}

static void a_wrong_address_is_put_right(void **state)
{
	static const int member[] = {MEMBER, 0};
	(void)state;
	fixture_invite(f, "Tippo Wrong", "tipo@example.org", member);
	const json_t *changed = ask(f->admin, "ChangePerson",
				    "'who': 'tipo@example.org', 'name': 'Tippi Right', 'email': "
				    "'tippi@example.org'");
	assert_string_equal(ask_text(changed, "email"), "tippi@example.org");
	assert_string_equal(ask_text(changed, "name"), "Tippi Right");
	assert_int_equal(ask_number(changed, "invitations_ended"), 1);
	/* Whoever got the old mail cannot enrol with it. */
	assert_string_equal(sql_of("SELECT count(*) FROM coachhouse.invitation WHERE person = %lld "
				   "AND used IS NULL AND expires > coachhouse.clock()",
				   (long long)ask_number(changed, "id")),
			    "0");
	/* It is on record who did it, and upon whom. */
	assert_string_equal(sql_of("SELECT person = %lld FROM coachhouse.receipt WHERE method LIKE "
				   "'%%ChangePerson' AND subject = %lld",
				   (long long)f->admin->id, (long long)ask_number(changed, "id")),
			    "t");
	ask_refused(f->admin, "ChangePerson", "ALREADY_EXISTS",
		    "'who': 'tippi@example.org', 'email': '%s'", f->admin->email);
	ask_refused(f->admin, "ChangePerson", "BAD_EMAIL",
		    "'who': 'tippi@example.org', 'email': 'nowhere'");
	ask_refused(f->admin, "ChangePerson", "NOTHING_TO_CHANGE", "'who': 'tippi@example.org'");
}

static void ones_own_name_is_ones_own(void **state)
{
	const struct fixture_person *coach = fixture_coach(f, "Named Coach");
	const struct fixture_person *member = fixture_person(f, "Mispelt Membr", MEMBER);
	(void)state;
	const json_t *changed = ask(member, "ChangePerson", "'name': 'Misspelt Member'");
	assert_string_equal(ask_text(changed, "name"), "Misspelt Member");
	assert_string_equal(ask_text(ask(member, "GetStatus", NOTHING), "name"), "Misspelt Member");
	ask_refused(member, "ChangePerson", "NO_NAME", "'name': ' '");
	ask_refused(member, "ChangePerson", "NOT_ALLOWED", "'email': 'new@example.org'");
	ask_refused(member, "ChangePerson", "NOT_ALLOWED", "'who': '%s', 'name': 'Mine'",
		    coach->email);
	assert_string_equal(ask_text(ask(coach, "GetStatus", NOTHING), "name"), "Named Coach");
}

/* --- holds ------------------------------------------------------------------------- */

static void nothing_is_erased_on_hold(void **state)
{
	const struct fixture_person *held = fixture_person(f, "Helga Held", MEMBER);
	(void)state;
	ask_refused(f->admin, "PlaceHold", "NO_REASON", "'who': '%s'", held->email);
	ask_refused(f->admin, "PlaceHold", "NAMED", "'who': '%s', 'reason': 'claim of helga held'",
		    held->email);
	ask(f->admin, "PlaceHold", "'who': '%s', 'reason': 'claim 17'", held->email);
	ask_refused(f->admin, "PlaceHold", "ON_HOLD", "'who': '%s', 'reason': 'once more'",
		    held->email);
	const struct coachhouse_failure *refused = ask_refused(
		f->admin, "ErasePerson", "ON_HOLD", "'who': '%s', 'reason': 'asked'", held->email);
	assert_string_equal(
		refused->message,
		"A hold lies on this person since 1 October 2026: nothing is erased until it is lifted.");
	ask_refused(f->admin, "LiftHold", "NO_REASON", "'who': '%s'", held->email);
	ask(f->admin, "LiftHold", "'who': '%s', 'reason': 'settled'", held->email);
	ask_refused(f->admin, "LiftHold", "NOT_ON_HOLD", "'who': '%s', 'reason': 'settled'",
		    held->email);
	const json_t *holds = ask(f->admin, "ListHolds", NOTHING);
	assert_string_equal(ask_text(holds, "holds.0.reason"), "claim 17");
	assert_string_equal(ask_text(holds, "holds.0.lifted_by"), f->admin->name);
	assert_string_equal(ask_text(holds, "holds.0.lift_reason"), "settled");
	assert_int_equal(ask_count(ask(f->admin, "ListHolds", "'lasting': true"), "holds"), 0);
	ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", held->email);
}

/* --- erasing ------------------------------------------------------------------------- */

#define NOTE "'note': {'text': '%s', 'visible': 'VISIBILITY_US'}"
#define ACTION "{'owner': '%s', 'action_text': {'text': '%s', 'visible': 'VISIBILITY_US'}}"

/* A coach and a mentee with something of everything, past and to come. */
struct pair {
	struct fixture_person *coach, *mentee;
	int64_t past, next, of_coach, of_mentee;
};

static struct pair live(const char *coach, const char *mentee)
{
	struct pair p = {.coach = fixture_coach(f, coach),
			 .mentee = fixture_person(f, mentee, MEMBER)};
	ask(p.coach, "SetProfile", "'specialisms': ['xylophones']");
	ask(p.mentee, "SubmitRequest", "'activity': 'ACTIVITY_MENTORING'");
	const json_t *logged =
		ask(p.mentee, "LogConversation",
		    "'start': '2026-09-20T10:00Z', 'with': '%s', " NOTE ", 'actions': [" ACTION "]",
		    p.coach->email, "mentee wrote", "them", "asked of the coach");
	p.past = ask_number(logged, "session");
	p.of_mentee = ask_number(logged, "id");
	logged = ask(p.coach, "LogConversation",
		     "'session': %lld, " NOTE ", 'actions': [" ACTION "]", (long long)p.past,
		     "coach wrote", "them", "asked of the mentee");
	p.of_coach = ask_number(logged, "id");
	p.next = ask_number(ask(p.mentee, "BookSession",
				"'who': '%s', 'start': '2026-10-20T10:00Z', 'venue': 'at home'",
				p.coach->email),
			    "sessions.0.id");
	ask(p.coach, "AddAway",
	    "'from': '2026-11-01', 'to': '2026-11-02', 'reason': 'zither lessons'");
	return p;
}

/* Counts of the past, for whoever would report them. */
static const char *past(const struct pair *p)
{
	static char kept[300];
	snprintf(
		kept, sizeof kept, "%s",
		sql_of("SELECT concat_ws(' ', count(*), sum(minutes), count(recorded), count(DISTINCT mentee), "
		       "count(DISTINCT coach), (SELECT count(*) FROM coachhouse.conversation WHERE session = %1$lld), "
		       "(SELECT count(*) FROM coachhouse.participation WHERE session = %1$lld)) "
		       "FROM coachhouse.session WHERE id = %1$lld",
		       (long long)p->past));
	return kept;
}

static void all_that_is_personal_goes(void **state)
{
	const struct pair p = live("Carla Vanishing", "Max Staying");
	char before[300];
	(void)state;
	snprintf(before, sizeof before, "%s", past(&p));
	const json_t *would =
		ask(f->admin, "ErasePerson", "'who': '%s', 'dry_run': true", p.coach->email);
	assert_null(ask_find(would, "id"));
	assert_int_equal(ask_number(would, "sessions_cancelled"), 1);
	assert_string_equal(ask_text(ask(p.coach, "GetStatus", NOTHING), "name"),
			    "Carla Vanishing");
	ask_refused(f->admin, "ErasePerson", "NO_REASON", "'who': '%s'", p.coach->email);
	ask_refused(f->admin, "ErasePerson", "ONESELF", "'who': 'me', 'reason': 'asked'");

	const json_t *erased =
		ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", p.coach->email);
	assert_int_equal(ask_number(erased, "id"), p.coach->id);
	assert_int_equal(ask_number(erased, "sessions_cancelled"), 1);
	assert_int_equal(ask_number(erased, "engagements_ended"), 1);
	assert_int_equal(ask_number(erased, "notes"), 1);
	assert_int_equal(ask_number(erased, "actions"), 1);
	assert_int_equal(ask_number(erased, "keys"), 1);
	assert_string_equal(tables_with("Vanishing"), "");
	assert_string_equal(tables_with(p.coach->email), "");
	assert_string_equal(tables_with("xylophones"), "");
	assert_string_equal(tables_with("zither"), "");
	assert_string_equal(tables_with("at home"), "");
	assert_string_equal(sql_of("SELECT count(*) FROM coachhouse.key WHERE person = %lld",
				   (long long)p.coach->id),
			    "0");
	assert_string_equal(past(&p), before);
	/* The search does find what is there. */
	assert_string_not_equal(tables_with("Staying"), "");

	/* The key opens nothing; nobody is called that any more. */
	ask_refused(p.coach, "GetStatus", "", NOTHING);
	ask_refused(f->admin, "ErasePerson", "NO_SUCH_PERSON", "'who': '%lld', 'reason': 'again'",
		    (long long)p.coach->id);
	ask_refused(p.mentee, "BookSession", "NO_SUCH_PERSON",
		    "'who': 'somebody erased', 'start': '2026-10-27T10:00Z'");
	const json_t *list =
		ask(f->admin, "ListErasures", "'after': %lld", (long long)p.coach->id - 1);
	assert_int_equal(ask_number(list, "erasures.0.id"), p.coach->id);
	assert_string_equal(ask_text(list, "erasures.0.reason"), "asked");
}

/* What the other wrote is theirs, about somebody without a name. */
static void what_others_wrote_is_theirs(void **state)
{
	const struct pair p = live("Cleo Leaving", "Mona Writing");
	(void)state;
	ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", p.coach->email);
	const json_t *mine =
		ask(p.mentee, "ReviewConversation", "'id': %lld", (long long)p.of_mentee);
	assert_string_equal(ask_text(mine, "note.text"), "mentee wrote");
	assert_string_equal(ask_text(mine, "coach_name"), "somebody erased");
	assert_string_equal(ask_text(mine, "actions.0.state"), "dropped");
	const json_t *theirs =
		ask(p.mentee, "ReviewConversation", "'id': %lld", (long long)p.of_coach);
	assert_null(ask_find(theirs, "note"));
	assert_int_equal(ask_count(theirs, "actions"), 0);
	const json_t *next = ask(p.mentee, "GetSession", "'id': %lld", (long long)p.next);
	assert_string_equal(ask_text(next, "session.state"), "cancelled");
	/* And the time is free again. */
	const struct fixture_person *other = fixture_coach(f, "Otto Other");
	ask(p.mentee, "BookSession", "'who': '%s', 'start': '2026-10-20T10:00Z'", other->email);
}

/* A note to somebody on whom a hold lies stays until that is lifted. */
static void a_hold_covers_what_both_have(void **state)
{
	const struct pair p = live("Cyra Going", "Mila Held");
	(void)state;
	ask(f->admin, "PlaceHold", "'who': '%s', 'reason': 'claim 18'", p.mentee->email);
	const json_t *erased =
		ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", p.coach->email);
	assert_int_equal(ask_number(erased, "notes"), 0);
	assert_string_equal(tables_with("Going"), "");
	const json_t *note =
		ask(p.mentee, "ReviewConversation", "'id': %lld", (long long)p.of_coach);
	assert_string_equal(ask_text(note, "note.text"), "coach wrote");
}

/* A mentee who asks, is asked for, waits: all of it ends. */
static void a_mentee_goes_as_well(void **state)
{
	const struct pair p = live("Cosima Remaining", "Milo Vanished");
	(void)state;
	const json_t *erased =
		ask(f->admin, "ErasePerson", "'who': '%s', 'reason': 'asked'", p.mentee->email);
	assert_int_equal(ask_number(erased, "requests_ended"), 1);
	assert_string_equal(tables_with("Vanished"), "");
	const json_t *sessions = ask(p.coach, "ListSessions", "'from': '2026-09-01', 'all': true");
	assert_int_equal(ask_count(sessions, "sessions"), 2);
	assert_string_equal(ask_text(sessions, "sessions.0.mentee_name"), "somebody erased");
	assert_string_equal(
		ask_text(ask(f->admin, "ListPeople", "'text': 'erased'"), "people.0.name"), "");
}

static int setup(void **state)
{
	f = ask_fixture("2026-10-01T08:00:00Z");
	*state = f;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_address_is_put_right),
		cmocka_unit_test(ones_own_name_is_ones_own),
		cmocka_unit_test(nothing_is_erased_on_hold),
		cmocka_unit_test(all_that_is_personal_goes),
		cmocka_unit_test(what_others_wrote_is_theirs),
		cmocka_unit_test(a_hold_covers_what_both_have),
		cmocka_unit_test(a_mentee_goes_as_well),
	};
	return cmocka_run_group_tests_name("rights", tests, setup, fixture_teardown);
}
