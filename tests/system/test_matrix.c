/*
 * Every method, as every role, with what is one's own, the counterpart's, a
 * colleague's, a stranger's, and not there: what is not one's own answers exactly
 * as what is not there, and no reply to anybody holds what was written for others.
 * Made from the table of methods, the messages and the catalogue of the database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "json.h"
#include "town.h"
#include "tries.h"

enum relation { OWN, COUNTERPARTS, COLLEAGUES, STRANGERS, RELATIONS };
enum { PEOPLE = 16 };

static const char *const relation_names[RELATIONS] = {"own", "counterpart's", "colleague's",
						      "stranger's"};

static struct fixture *f;
static const struct method *methods;
static size_t n_methods;

static struct town town;

static struct caller {
	struct fixture_person *person;
	enum role role;
	int64_t counterparts[PEOPLE], colleagues[PEOPLE];
	struct wire *wire;
	int calls[RELATIONS], lists;
} callers[4];
enum { CALLERS = sizeof callers / sizeof *callers };

static struct tries_thing *things;
static size_t n_things;
static int read_by_right; /* writings seen by those who may */

/* --- who has to do with what ------------------------------------------------------- */

static bool among(int64_t person, const int64_t people[PEOPLE])
{
	for (int i = 0; i < PEOPLE && people[i]; i++)
		if (people[i] == person)
			return true;
	return false;
}

static bool names_one_of(const struct tries_thing *thing, const int64_t people[PEOPLE])
{
	for (int i = 0; i < TRIES_PEOPLE && thing->people[i]; i++)
		if (among(thing->people[i], people))
			return true;
	return false;
}

static enum relation relation_to(const struct caller *caller, const struct tries_thing *thing)
{
	if (tries_names(thing, caller->person->id))
		return OWN;
	if (names_one_of(thing, caller->counterparts))
		return COUNTERPARTS;
	return names_one_of(thing, caller->colleagues) ? COLLEAGUES : STRANGERS;
}

static const struct tries_thing *thing_of(int64_t id)
{
	for (size_t i = 0; i < n_things; i++)
		if (things[i].id == id)
			return &things[i];
	return NULL;
}

/* --- what a reply may hold ----------------------------------------------------------- */

static void check_writing(const struct caller *caller, const char *what, const char *text)
{
	for (const char *at = text; (at = strstr(at, TOWN_READABLE));) {
		char *next = (char *)at + strlen(TOWN_READABLE);
		bool may = false;
		while (*next && *next != '.') {
			may = strtoll(next, &next, 10) == caller->person->id || may;
			next += *next == ' ';
		}
		if (!may)
			fixture_fail("%s: %s shows \"%.60s\"", caller->person->name, what, at);
		read_by_right++;
		at = next;
	}
}

/* 64-bit numbers are ids, and stand as texts. Who is here at all is no secret of the register. */
static void check_id(const struct caller *caller, const char *what, const char *text)
{
	const struct tries_thing *thing = thing_of(atoll(text));
	if (strspn(text, "0123456789") != strlen(text) || !thing || !strcmp(thing->table, "person"))
		return;
	if (caller->role != ROLE_ADMINISTRATOR && relation_to(caller, thing) != OWN)
		fixture_fail("%s: %s shows the %s %s", caller->person->name, what, thing->table,
			     text);
}

static void check_value(const struct caller *caller, const char *what, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;
	if (json_is_string(value)) {
		check_writing(caller, what, json_string_value(value));
		check_id(caller, what, json_string_value(value));
	}
	json_object_foreach((json_t *)value, key, member) check_value(caller, what, member);
	json_array_foreach(value, i, member) check_value(caller, what, member);
}

static void check_reply(const struct caller *caller, const struct method *method,
			const struct wire_reply *reply)
{
	if (reply->header->message)
		check_writing(caller, method->rpc, reply->header->message);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(method->reply, NULL, reply->size, reply->body);
	char *text = message ? json_write(message, JSON_PEOPLE, NULL, NULL) : NULL;
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;
	if (!json)
		fixture_fail("%s: the reply cannot be read", method->rpc);
	check_value(caller, method->rpc, json);
	json_decref(json);
	free(text);
	protobuf_c_message_free_unpacked(message, NULL);
}

/* The reply on one line, after what it holds was looked at. Freed by the caller. */
static char *answer(struct caller *caller, const struct method *method,
		    const ProtobufCFieldDescriptor *tried, const char *value)
{
	struct wire_reply reply = tries_ask(caller->wire, method, tried, value);
	check_reply(caller, method, &reply);
	char *text = tries_text(&reply, value);
	wire_reply_free(&reply);
	return text;
}

/* --- the tries ------------------------------------------------------------------------ */

/* Changes with whatever changes, what is written of calls aside. */
static void fingerprint(char out[40])
{
	const char *sum = fixture_sql(
		f,
		"SELECT md5(string_agg(query_to_xml(format('SELECT * FROM coachhouse.%I t ORDER BY "
		"t::text', relname), true, false, '')::text, '' ORDER BY relname)) FROM pg_class "
		"WHERE relnamespace = 'coachhouse'::regnamespace AND relkind = 'r' "
		"AND relname NOT IN ('receipt', 'key_use')");
	snprintf(out, 40, "%s", sum);
}

typedef void (*try_field)(struct caller *caller, const struct method *method,
			  const ProtobufCFieldDescriptor *field);

static void try_all(struct caller *caller, bool (*fits)(const ProtobufCFieldDescriptor *field),
		    try_field try)
{
	for (size_t m = 0; m < n_methods; m++)
		for (unsigned i = 0; i < methods[m].request->n_fields; i++)
			if (role_suffices(caller->role, methods[m].role) &&
			    fits(&methods[m].request->fields[i]))
				try(caller, &methods[m], &methods[m].request->fields[i]);
}

static void try_others(struct caller *caller, const struct method *method,
		       const ProtobufCFieldDescriptor *field)
{
	char before[40], after[40], id[24];
	char *absent = answer(caller, method, field, TRIES_ABSENT);
	fingerprint(before);
	for (size_t i = 0; i < n_things; i++) {
		const enum relation relation = relation_to(caller, &things[i]);
		if (relation == OWN)
			continue;
		snprintf(id, sizeof id, "%lld", (long long)things[i].id);
		char *text = answer(caller, method, field, id);
		if (strcmp(text, absent))
			fixture_fail("%s: %s.%s = %s, a %s %s: \"%s\" instead of \"%s\"",
				     caller->person->name, method->rpc, field->name, id,
				     relation_names[relation], things[i].table, text, absent);
		caller->calls[relation]++;
		free(text);
	}
	fingerprint(after);
	if (strcmp(before, after))
		fixture_fail("%s changed with %s what is not theirs", caller->person->name,
			     method->rpc);
	free(absent);
}

static void what_is_others_is_not_there(void **state)
{
	(void)state;
	for (int i = 0; i < CALLERS; i++)
		if (callers[i].role != ROLE_ADMINISTRATOR)
			try_all(&callers[i], tries_is_id, try_others);
}

/* Nobody learns who is here by asking: by id, by address, by name. */
static void try_stranger(struct caller *caller, const struct method *method,
			 const ProtobufCFieldDescriptor *field, const struct fixture_person *person)
{
	char id[24];
	snprintf(id, sizeof id, "%lld", (long long)person->id);
	const char *const pairs[][2] = {{id, "900000001"},
					{person->email, "nobody@example.net"},
					{person->name, "Nobody Example"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char *text = answer(caller, method, field, pairs[i][0]);
		char *absent = answer(caller, method, field, pairs[i][1]);
		if (strcmp(text, absent))
			fixture_fail("%s: %s.%s = %s: \"%s\" instead of \"%s\"",
				     caller->person->name, method->rpc, field->name, pairs[i][0],
				     text, absent);
		free(text);
		free(absent);
	}
	caller->calls[among(person->id, caller->colleagues) ? COLLEAGUES : STRANGERS] += 3;
}

static void try_strangers(struct caller *caller, const struct method *method,
			  const ProtobufCFieldDescriptor *field)
{
	const struct fixture_person *const people[] = {town.mina, town.sara};
	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		try_stranger(caller, method, field, people[i]);
}

static void strangers_are_not_here(void **state)
{
	(void)state;
	for (int i = 0; i < CALLERS; i++)
		if (callers[i].role != ROLE_ADMINISTRATOR)
			try_all(&callers[i], tries_is_person, try_strangers);
}

static void lists_hold_what_is_ones_own(void **state)
{
	(void)state;
	for (int i = 0; i < CALLERS; i++)
		for (size_t m = 0; m < n_methods; m++)
			if (methods[m].access == ACCESS_READ &&
			    role_suffices(callers[i].role, methods[m].role)) {
				free(answer(&callers[i], &methods[m], NULL, TRIES_ABSENT));
				callers[i].lists++;
			}
}

/* For each id field one of the caller's own must be there: else the tries above try nothing. */
static char missing[4000];

static void note_missing(struct caller *caller, const struct method *method,
			 const ProtobufCFieldDescriptor *field)
{
	const size_t used = strlen(missing);
	char name[120];
	(void)caller;
	snprintf(name, sizeof name, " %s.%s ", method->rpc, field->name);
	/* Marks what is done; an id that is not there is passed over. */
	if (field->label != PROTOBUF_C_LABEL_REPEATED && !strstr(missing, name))
		snprintf(missing + used, sizeof missing - used, "%s", name);
}

/* A write is tried until one succeeds, a read with all of them. */
static void find_own(struct caller *caller, const struct method *method,
		     const ProtobufCFieldDescriptor *field)
{
	char name[120], id[24];
	snprintf(name, sizeof name, " %s.%s ", method->rpc, field->name);
	char *at = strstr(missing, name), *absent = answer(caller, method, field, TRIES_ABSENT);
	for (size_t i = 0; (at || method->access == ACCESS_READ) && i < n_things; i++) {
		if (relation_to(caller, &things[i]) != OWN)
			continue;
		snprintf(id, sizeof id, "%lld", (long long)things[i].id);
		char *text = answer(caller, method, field, id);
		if (at && strcmp(text, absent)) {
			memset(at + 1, '-', strlen(name) - 2);
			at = NULL;
		}
		caller->calls[OWN]++;
		free(text);
	}
	free(absent);
}

static void what_is_ones_own_is_there(void **state)
{
	(void)state;
	missing[0] = '\0';
	for (int i = 0; i < CALLERS; i++)
		if (callers[i].role != ROLE_ADMINISTRATOR)
			try_all(&callers[i], tries_is_id, note_missing);
	for (int i = 0; i < CALLERS; i++)
		if (callers[i].role != ROLE_ADMINISTRATOR)
			try_all(&callers[i], tries_is_id, find_own);
	if (strspn(missing, " -") != strlen(missing))
		fixture_fail("nobody has anything for%s (make one in this test's set-up)", missing);
	assert_true(read_by_right > 0);
}

/* Administrators may ask for everything; of what was written they are shown nothing. */
static void try_everything(struct caller *caller, const struct method *method,
			   const ProtobufCFieldDescriptor *field)
{
	char id[24];
	for (size_t i = 0; i < n_things; i++) {
		const bool person = !strcmp(things[i].table, "person");
		if (person != tries_is_person(field) || tries_names(&things[i], caller->person->id))
			continue;
		snprintf(id, sizeof id, "%lld", (long long)things[i].id);
		free(answer(caller, method, field, id));
		caller->calls[relation_to(caller, &things[i])]++;
	}
}

static bool is_id_or_person(const ProtobufCFieldDescriptor *field)
{
	return tries_is_id(field) || tries_is_person(field);
}

static void administrators_read_nothing_written(void **state)
{
	(void)state;
	for (int i = 0; i < CALLERS; i++)
		if (callers[i].role == ROLE_ADMINISTRATOR)
			try_all(&callers[i], is_id_or_person, try_everything);
	for (int i = 0; i < CALLERS; i++)
		print_message("  %-13s %5d own, %5d counterpart's, %5d colleague's, %5d "
			      "stranger's, %3d lists\n",
			      role_name(callers[i].role), callers[i].calls[OWN],
			      callers[i].calls[COUNTERPARTS], callers[i].calls[COLLEAGUES],
			      callers[i].calls[STRANGERS], callers[i].lists);
	print_message("  %zu methods, %zu things, %d writings shown to those who may read them\n",
		      n_methods, n_things, read_by_right);
}

/* --- who calls ------------------------------------------------------------------------- */

static void read_people(int64_t out[PEOPLE], const char *sql)
{
	char *text;
	const char *found = fixture_sql(f, sql);
	for (int i = 0; i < PEOPLE && found && *found; i++, found = text + (*text == ','))
		out[i] = strtoll(found, &text, 10);
}

static void meet(struct caller *caller, struct fixture_person *person, enum role role)
{
	char sql[500];
	*caller = (struct caller){.person = person, .role = role};
	caller->wire = wire_open(f->daemons[0].endpoint, &person->identity);
	snprintf(sql, sizeof sql,
		 "SELECT string_agg(DISTINCT (coach + mentee - %1$lld)::text, ',') "
		 "FROM coachhouse.engagement WHERE %1$lld IN (coach, mentee)",
		 (long long)person->id);
	read_people(caller->counterparts, sql);
	snprintf(sql, sizeof sql,
		 "SELECT string_agg(p.id::text, ',') FROM coachhouse.person p JOIN "
		 "coachhouse.person me ON me.organisation = p.organisation AND me.id = %lld",
		 (long long)person->id);
	read_people(caller->colleagues, sql);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	town = town_people(f);
	meet(&callers[0], town.otto, ROLE_MEMBER);
	meet(&callers[1], town.olga, ROLE_COACH);
	meet(&callers[2], town.mara, ROLE_MANAGER);
	meet(&callers[3], f->admin, ROLE_ADMINISTRATOR);
	fixture_methods();
	methods = methods_all(&n_methods);
	things = tries_things(f, &n_things);
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; i < CALLERS; i++)
		wire_close(&callers[i].wire);
	free(things);
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_hold_what_is_ones_own),
		cmocka_unit_test(what_is_others_is_not_there),
		cmocka_unit_test(strangers_are_not_here),
		cmocka_unit_test(what_is_ones_own_is_there),
		cmocka_unit_test(administrators_read_nothing_written),
	};
	return cmocka_run_group_tests_name("matrix", tests, setup, teardown);
}
