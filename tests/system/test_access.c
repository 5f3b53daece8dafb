/*
 * Every method as everybody: the table of methods says who may call what. A
 * method added tomorrow is tried as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "methods.h"
#include "schema.h"
#include "wire.h"

static struct fixture *f;
static const struct method *methods;
static size_t n_methods;
static char enrolment[256]; /* the endpoint */

/* One of each kind of caller whose key is accepted. */
static struct caller {
	const char *what;
	enum role role;
	struct fixture_person *person;
} callers[] = {
	{"somebody whose roles have ended", ROLE_NOBODY, NULL},
	{"a member", ROLE_MEMBER, NULL},
	{"a coach", ROLE_COACH, NULL},
	{"a manager", ROLE_MANAGER, NULL},
	{"a mentor who manages", ROLE_MANAGER, NULL},
	{"an administrator", ROLE_ADMINISTRATOR, NULL},
};
enum { CALLERS = sizeof callers / sizeof *callers };

/* An empty request of the method; the whole reply. */
static struct wire_reply call_empty(struct wire *wire, const struct method *method)
{
	static const uint8_t nothing[1];
	uint8_t id[16], header[WIRE_HEADER];
	struct wire_reply reply = {0};
	wire_id(id);
	const struct wire_frame frames[] = {
		{header, wire_header(header, id, method->name, WIRE_MS)}, {nothing, 0}};
	if (!wire_send(wire, 2, frames) || wire_receive(wire, WIRE_MS, &reply) != WIRE_REPLY ||
	    !reply.header || reply.frames != 2)
		fixture_fail("%s: no reply", method->name);
	return reply;
}

/* In the daemon's words, which name the method: the database never came to be asked. */
static bool is_refused_by_role(const struct wire_reply *reply, const struct method *method)
{
	return reply->header->code == COACHHOUSE__V1__CODE__PERMISSION_DENIED &&
	       !strcmp(reply->header->reason, "NOT_ALLOWED") &&
	       strstr(reply->header->message, method->title);
}

/* Said here once more, so that a mistake in the daemon's own words is seen. */
static bool may_call(const struct caller *caller, const struct method *method)
{
	return method->role >= ROLE_MEMBER && method->role <= ROLE_ADMINISTRATOR &&
	       caller->role >= method->role;
}

static void check_role(const struct caller *caller, struct wire *wire, const struct method *method)
{
	const bool may = may_call(caller, method);
	struct wire_reply reply = call_empty(wire, method);
	char *text = wire_text(&reply);
	if (!may && (!is_refused_by_role(&reply, method) || reply.size))
		fixture_fail("%s may call %s: %s", caller->what, method->name, text);
	if (may && (is_refused_by_role(&reply, method) ||
		    reply.header->code == COACHHOUSE__V1__CODE__UNAUTHENTICATED ||
		    reply.header->code == COACHHOUSE__V1__CODE__UNIMPLEMENTED ||
		    reply.header->code == COACHHOUSE__V1__CODE__INTERNAL))
		fixture_fail("%s may not call %s: %s", caller->what, method->name, text);
	free(text);
	wire_reply_free(&reply);
}

static void try_all(const struct fixture_daemon *daemon)
{
	int tried = 0;
	for (int i = 0; i < CALLERS; i++) {
		struct wire *wire = wire_open(daemon->endpoint, &callers[i].person->identity);
		for (size_t m = 0; m < n_methods; m++, tried++)
			check_role(&callers[i], wire, &methods[m]);
		wire_close(&wire);
	}
	print_message("  %d calls\n", tried);
}

static void each_method_asks_for_its_role(void **state)
{
	(void)state;
	try_all(&f->daemons[0]);
}

/* It reads all keys at once; the first one heard of each, and of each change. */
static void a_fresh_daemon_knows_everybody(void **state)
{
	(void)state;
	try_all(fixture_daemon_add(f, NULL));
}

/* The database says it once more, should the daemon be wrong. */
static void the_database_asks_for_the_role_too(void **state)
{
	char sql[700];
	(void)state;
	for (int i = 0; i < CALLERS; i++)
		for (enum role least = ROLE_MEMBER; least <= ROLE_MAILER; least++) {
			const struct fixture_person *person = callers[i].person;
			if ((least <= ROLE_ADMINISTRATOR && callers[i].role >= least) ||
			    least == ROLE_ENROLLING)
				continue;
			snprintf(
				sql, sizeof sql,
				"DO $$ BEGIN SET LOCAL search_path = %s; PERFORM authenticate("
				"'\\x%s', '%s', %lld, '\\x00', NULL, 'none', 1000, NULL); RAISE '%s "
				"is admitted as %s'; EXCEPTION WHEN SQLSTATE 'ZC004' THEN END $$",
				schema_search_path(), person->identity.public_key, role_name(least),
				(long long)person->id, callers[i].what, role_name(least));
			fixture_sql(f, sql);
		}
}

/* Of any roles together: as the daemon ranks them, and administering only when it knows of that. */
static void the_database_ranks_roles_as_the_daemon_does(void **state)
{
	const struct fixture_person *person = callers[1].person;
	char sql[2000];
	(void)state;
	snprintf(
		sql, sizeof sql,
		"DO $$ DECLARE who bigint := %lld; ranks text[] := '{member,coach,manager,administrator}'; "
		"needs text; knows boolean; held coachhouse.role[]; may boolean; did boolean; "
		"BEGIN SET LOCAL search_path = %s; FOR i IN 0..63 LOOP "
		"DELETE FROM role_held WHERE person = who; INSERT INTO role_held SELECT who, r, "
		"p.organisation, '2026-01-01' FROM person p, unnest('{member,coach,mentor,manager,"
		"administrator,sponsor}'::role[]) WITH ORDINALITY u (r, n) WHERE p.id = who AND i >> "
		"(n::int - 1) & 1 = 1; FOR needs, knows IN SELECT n, k FROM unnest(ranks || "
		"'{gateway,nobody,NULL}'::text[]) n, unnest('{true,false,NULL}'::boolean[]) k LOOP "
		"held := ARRAY(SELECT role FROM role_held WHERE person = who AND (role <> "
		"'administrator' OR knows)); may := coalesce(array_position(ranks, rank_among(held)) "
		">= array_position(ranks, needs), false); BEGIN PERFORM authenticate('\\x%s', needs, "
		"who, '\\x00', NULL, 'none', 1000, NULL, as_administrator => knows); did := true; "
		"EXCEPTION WHEN SQLSTATE 'ZC004' THEN did := false; END; "
		"IF did <> may OR did AND administers() <> ('administrator' = ANY (held)) THEN "
		"RAISE '%%, of which the daemon knows %%, asks for %%: %%', held, knows, needs, did; "
		"END IF; END LOOP; END LOOP; RAISE SQLSTATE 'ZC999'; "
		"EXCEPTION WHEN SQLSTATE 'ZC999' THEN END $$",
		(long long)person->id, schema_search_path(), person->identity.public_key);
	fixture_sql(f, sql);
}

/* A key that is another person's by now is nobody's, whatever the daemon believes. */
static void the_database_checks_who_it_is(void **state)
{
	char sql[700];
	(void)state;
	snprintf(
		sql, sizeof sql,
		"DO $$ BEGIN SET LOCAL search_path = %s; PERFORM authenticate('\\x%s', 'member', %lld, "
		"'\\x00', NULL, 'none', 1000, NULL); RAISE 'taken for somebody else'; "
		"EXCEPTION WHEN SQLSTATE 'ZC003' THEN END $$",
		schema_search_path(), callers[1].person->identity.public_key,
		(long long)f->admin->id);
	fixture_sql(f, sql);
}

/* --- keys ---------------------------------------------------------------------- */

/* Whom the daemon does not know to administer yet is asked without a record of what they read. */
static void nobody_administers_unknown_to_the_daemon(void **state)
{
	char sql[900];
	(void)state;
	snprintf(sql, sizeof sql,
		 "DO $$ BEGIN SET LOCAL search_path = %s; PERFORM authenticate('\\x%s', 'member', "
		 "%lld, '\\x00', NULL, 'none', 1000, NULL, as_administrator => n) FROM "
		 "unnest('{false,NULL}'::boolean[]) n; IF administers() THEN RAISE 'administers "
		 "all the same'; END IF; PERFORM authenticate('\\x%s', 'administrator', %lld, "
		 "'\\x00', NULL, 'none', 1000, NULL, as_administrator => false); RAISE 'admitted'; "
		 "EXCEPTION WHEN SQLSTATE 'ZC004' THEN END $$",
		 schema_search_path(), f->admin->identity.public_key, (long long)f->admin->id,
		 f->admin->identity.public_key, (long long)f->admin->id);
	fixture_sql(f, sql);
}

/* At both ends of the world, at each hour, on the days around a role's first and last. */
static void roles_are_held_by_the_sites_day(void **state)
{
	char sql[900];
	(void)state;
	snprintf(
		sql, sizeof sql,
		"DO $$ DECLARE wrong int; BEGIN SET LOCAL search_path = %s; SET LOCAL timezone = "
		"'UTC'; FOR hour IN 0..23 LOOP PERFORM set_config('coachhouse.clock_offset', "
		"(current_date + make_interval(hours => hour) - now())::text, true); "
		"UPDATE site SET zone = CASE WHEN hour %% 2 = 0 THEN 'Pacific/Kiritimati' ELSE "
		"'Pacific/Pago_Pago' END; SELECT count(*) INTO wrong FROM generate_series(-3, 3) a, "
		"generate_series(-3, 4) b WHERE held_today(current_date + a, CASE WHEN b < 4 THEN "
		"current_date + b END) IS DISTINCT FROM (current_date + a <= today() AND (b = 4 OR "
		"current_date + b >= today())); IF wrong > 0 THEN RAISE '%% wrong at %%', wrong, "
		"hour; END IF; END LOOP; RAISE SQLSTATE 'ZC000'; EXCEPTION WHEN SQLSTATE 'ZC000' "
		"THEN END $$",
		schema_search_path());
	fixture_sql(f, sql);
}

static void assert_not_admitted(const char *endpoint, const struct coachhouse_identity *identity,
				const char *whose)
{
	struct wire *wire = wire_open(endpoint, identity);
	const enum wire_outcome outcome = wire_shake_hands(wire, WIRE_MS);
	if (outcome != WIRE_REFUSED && outcome != WIRE_LOST)
		fixture_fail("%s was admitted (%d)", whose, (int)outcome);
	wire_close(&wire);
}

static void unknown_keys_are_not_admitted(void **state)
{
	struct coachhouse_identity identity = f->admin->identity, wrong = f->admin->identity;
	(void)state;
	coachhouse_make_keys(identity.public_key, identity.secret_key);
	assert_not_admitted(f->daemons[0].endpoint, &identity, "an unknown key");
	assert_not_admitted(f->daemons[0].endpoint, NULL, "no key");
	assert_not_admitted(enrolment, NULL, "no key, at the enrolment endpoint");
	coachhouse_make_keys(wrong.server_key, identity.secret_key);
	assert_not_admitted(f->daemons[0].endpoint, &wrong, "one who expects another daemon");
	/* The public half of a known key, without its secret. */
	snprintf(identity.public_key, sizeof identity.public_key, "%s",
		 f->admin->identity.public_key);
	assert_not_admitted(f->daemons[0].endpoint, &identity, "a key without its secret");
}

static void revoked_keys_are_nobodys(void **state)
{
	struct fixture_person *rita = fixture_person(f, "Rita Example", ADMINISTRATOR);
	(void)state;
	struct wire *wire = wire_open(f->daemons[0].endpoint, &rita->identity);
	assert_int_equal(wire_shake_hands(wire, WIRE_MS), WIRE_UP);
	json_t *status = ask(rita, "GetStatus", " ");
	ask(f->admin, "RevokeKey", "'key': '%lld'", (long long)ask_number(status, "key"));
	for (size_t m = 0; m < n_methods; m++) {
		struct wire_reply reply = call_empty(wire, &methods[m]);
		const bool enrolling = methods[m].role == ROLE_ENROLLING;
		if (reply.size ||
		    (reply.header->code != COACHHOUSE__V1__CODE__UNAUTHENTICATED && !enrolling) ||
		    reply.header->code == COACHHOUSE__V1__CODE__OK)
			fixture_fail("%s with a revoked key: %d %s", methods[m].name,
				     (int)reply.header->code, reply.header->reason);
		wire_reply_free(&reply);
	}
	wire_close(&wire);
	assert_not_admitted(f->daemons[0].endpoint, &rita->identity, "a revoked key");
}

/* The call after the one that ended them. */
static void roles_end_at_once(void **state)
{
	struct fixture_person *emil = fixture_person(f, "Emil Example", ADMINISTRATOR);
	char sql[200];
	(void)state;
	struct wire *wire = wire_open(f->daemons[0].endpoint, &emil->identity);
	const struct method *list = methods_find("coachhouse.v1.People/ListPeople");
	struct wire_reply reply = call_empty(wire, list);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__OK);
	wire_reply_free(&reply);
	/* Without the notice that the daemon would get, it still believes in the role. */
	snprintf(sql, sizeof sql,
		 "SET session_replication_role = replica; DELETE FROM coachhouse.role_held WHERE "
		 "person = %lld AND role = 'administrator'; RESET session_replication_role",
		 (long long)emil->id);
	fixture_sql(f, sql);
	reply = call_empty(wire, list);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__PERMISSION_DENIED);
	assert_int_equal(reply.size, 0);
	wire_reply_free(&reply);
	wire_close(&wire);
}

/* --- the enrolment endpoint -------------------------------------------------------- */

static void enrolment_takes_one_method(void **state)
{
	struct coachhouse_identity fresh = f->admin->identity;
	(void)state;
	coachhouse_make_keys(fresh.public_key, fresh.secret_key);
	const struct coachhouse_identity *const who[] = {&fresh, &f->admin->identity};
	for (int i = 0; i < 2; i++) {
		struct wire *wire = wire_open(enrolment, who[i]);
		for (size_t m = 0; m < n_methods; m++) {
			struct wire_reply reply = call_empty(wire, &methods[m]);
			const bool refused =
				reply.header->code == COACHHOUSE__V1__CODE__PERMISSION_DENIED;
			if (refused == (methods[m].role == ROLE_ENROLLING) || reply.size)
				fixture_fail("the enrolment endpoint answers %s with %d %s",
					     methods[m].name, (int)reply.header->code,
					     reply.header->reason);
			wire_reply_free(&reply);
		}
		wire_close(&wire);
	}
}

/* Nobody but a gateway speaks for somebody else. */
static void sign_ins_are_the_gateways(void **state)
{
	Coachhouse__V1__CallHeader header = COACHHOUSE__V1__CALL_HEADER__INIT;
	uint8_t packed[WIRE_HEADER], id[16];
	struct wire_reply reply = {0};
	(void)state;
	wire_id(id);
	header.has_id = header.has_version = header.has_sign_in = true;
	header.id = header.sign_in = (ProtobufCBinaryData){.data = id, .len = sizeof id};
	header.version = 1;
	header.method = (char *)"coachhouse.v1.People/GetStatus";
	struct wire *wire = wire_open(f->daemons[0].endpoint, &f->admin->identity);
	const struct wire_frame frames[] = {
		{packed, coachhouse__v1__call_header__pack(&header, packed)}, {id, 0}};
	assert_true(wire_send(wire, 2, frames));
	assert_int_equal(wire_receive(wire, WIRE_MS, &reply), WIRE_REPLY);
	assert_int_equal(reply.header->code, COACHHOUSE__V1__CODE__PERMISSION_DENIED);
	wire_reply_free(&reply);
	wire_close(&wire);
}

/* Every row names a role, so that nothing is open to all by mistake. */
static void no_method_is_without_a_role(void **state)
{
	(void)state;
	for (size_t m = 0; m < n_methods; m++)
		if (methods[m].role == ROLE_NOBODY || !methods[m].sql)
			fixture_fail("%s has no role or no statement", methods[m].name);
}

/* The daemon has read the keys again when it admits who enrolled after the change. */
static void end_the_roles_of(const struct fixture_person *person)
{
	char sql[200];
	snprintf(sql, sizeof sql,
		 "UPDATE coachhouse.role_held SET starts_on = '2026-01-01', ends_on = '2026-01-02' "
		 "WHERE person = %lld",
		 (long long)person->id);
	fixture_sql(f, sql);
	fixture_person(f, "Last Example", MEMBER);
}

static int setup(void **state)
{
	static const int member[] = {MEMBER, 0};
	f = fixture_start(NULL);
	*state = f;
	callers[0].person = fixture_person(f, "Enda Example", COACH, ADMINISTRATOR);
	callers[1].person = fixture_person(f, "Mina Example", MEMBER);
	callers[2].person = fixture_coach(f, "Cora Example");
	callers[3].person = fixture_person(f, "Mara Example", MANAGER);
	callers[4].person = fixture_person(f, "Nora Example", MENTOR, MANAGER, MEMBER);
	callers[5].person = f->admin;
	end_the_roles_of(callers[0].person);
	const struct coachhouse_invitation invitation =
		fixture_invite(f, "Nobody Example", "nobody@example.org", member);
	snprintf(enrolment, sizeof enrolment, "%s", invitation.endpoint);
	fixture_methods();
	methods = methods_all(&n_methods);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_method_is_without_a_role),
		cmocka_unit_test(unknown_keys_are_not_admitted),
		cmocka_unit_test(revoked_keys_are_nobodys),
		cmocka_unit_test(roles_end_at_once),
		cmocka_unit_test(enrolment_takes_one_method),
		cmocka_unit_test(sign_ins_are_the_gateways),
		cmocka_unit_test(the_database_checks_who_it_is),
		cmocka_unit_test(the_database_asks_for_the_role_too),
		cmocka_unit_test(the_database_ranks_roles_as_the_daemon_does),
		cmocka_unit_test(nobody_administers_unknown_to_the_daemon),
		cmocka_unit_test(roles_are_held_by_the_sites_day),
		cmocka_unit_test(each_method_asks_for_its_role),
		cmocka_unit_test(a_fresh_daemon_knows_everybody),
	};
	return cmocka_run_group_tests_name("access", tests, setup, fixture_teardown);
}
