/*
 * What no honest client sends: it costs its sender one error or the connection,
 * and nobody else anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "bytes.h"
#include "methods.h"
#include "people.pb-c.h"
#include "wire.h"

enum { SPARE = 100, SEED = 26 };

static struct fixture *f;
static struct fixture_person *mina; /* honest */
static struct fixture_person *mal;  /* not so, but a member */
static unsigned seed = SEED;

/* --- bytes ---------------------------------------------------------------------- */

static struct bytes header, body;

static void noise(struct bytes *b, size_t size)
{
	for (b->n = 0; b->n < size; b->n++)
		b->data[b->n] = (uint8_t)rand_r(&seed);
}

/* A header as it should be, for a method of this name. */
static void good_header(const char *method)
{
	uint8_t id[16];
	wire_id(id);
	header.n = wire_header(header.data, id, method, WIRE_MS);
}

/* A booking that would succeed, were its start not past. */
static void good_booking(void)
{
	good_header("Booking/BookSession");
	body.n = 0;
	word(&body, 1, "Cora");
	word(&body, 2, "2020-01-01T10:00Z");
}

/* --- sending ---------------------------------------------------------------------- */

static int sent;
static const char *reason; /* that the next are refused with; NULL: any */

/* The next client is answered as ever. */
static void check_the_next(const char *after)
{
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse_reply reply = {0};
	struct coachhouse_failure failure;
	if (!coachhouse_call(mina->connection, "coachhouse.v1.People/GetStatus", &request.base,
			     NULL, FIXTURE_TIMEOUT_MS, &reply, &failure))
		fixture_fail("after %s: %s %s", after, failure.reason, failure.message);
	coachhouse_reply_free(&reply);
}

static void expect_error_at(const char *endpoint, const char *what, int n,
			    const struct wire_frame *frames)
{
	struct wire *wire = wire_open(endpoint, &mal->identity);
	struct wire_reply reply = {0};
	wire_shake_hands(wire, WIRE_MS);
	if (!wire_send(wire, n, frames))
		fixture_fail("%s cannot be sent", what);
	const enum wire_outcome outcome = wire_receive(wire, WIRE_MS, &reply);
	if (outcome != WIRE_LOST &&
	    (outcome != WIRE_REPLY || !reply.header || reply.frames != 2 || reply.size ||
	     reply.header->code == COACHHOUSE__V1__CODE__OK ||
	     reply.header->code == COACHHOUSE__V1__CODE__INTERNAL || !reply.header->reason ||
	     !*reply.header->reason || !reply.header->message || !*reply.header->message))
		fixture_fail("%s: outcome %d, code %d %s", what, (int)outcome,
			     reply.header ? (int)reply.header->code : -1,
			     reply.header && reply.header->reason ? reply.header->reason : "");
	if (reason && (outcome != WIRE_REPLY || strcmp(reply.header->reason, reason)))
		fixture_fail("%s is not refused with %s", what, reason);
	wire_reply_free(&reply);
	/* One error, not two. */
	if (outcome == WIRE_REPLY && sent % 16 == 0 && wire_receive(wire, 20, NULL) == WIRE_REPLY)
		fixture_fail("%s is answered twice", what);
	wire_close(&wire);
	if (sent++ % 8 == 0)
		check_the_next(what);
}

static void expect_error(const char *what)
{
	const struct wire_frame frames[] = {{header.data, header.n}, {body.data, body.n}};
	expect_error_at(f->daemons[0].endpoint, what, 2, frames);
}

/* --- the garbage ------------------------------------------------------------------ */

static void random_frames(void)
{
	static const uint8_t spare[SPARE];
	for (int i = 0; i < 60; i++) {
		struct wire_frame frames[12] = {{header.data, 0}, {body.data, 0}};
		const int n = 1 + rand_r(&seed) % 12;
		noise(&header, (size_t)(rand_r(&seed) % 600));
		noise(&body, (size_t)(rand_r(&seed) % 3000));
		frames[0].size = header.n;
		frames[1].size = body.n;
		for (int j = 2; j < n; j++)
			frames[j] = (struct wire_frame){spare, (size_t)(rand_r(&seed) % SPARE)};
		expect_error_at(f->daemons[0].endpoint, "noise", n, frames);
	}
}

static void random_requests(void)
{
	size_t n;
	const struct method *methods = methods_all(&n);
	for (size_t m = 0; m < n; m++) {
		noise(&body, 40 + (size_t)(rand_r(&seed) % 400));
		body.data[0] = 0xff; /* a field that no message has */
		good_header(methods[m].name);
		expect_error(methods[m].name);
	}
}

static void cut_off(void)
{
	good_booking();
	const struct bytes *const parts[] = {&header, &body};
	for (int part = 0; part < 2; part++)
		for (size_t i = 0; i < parts[part]->n; i += 3) {
			good_booking();
			struct wire_frame frames[] = {{header.data, header.n}, {body.data, body.n}};
			frames[part].size = i;
			expect_error_at(f->daemons[0].endpoint, "what was cut off", 2, frames);
		}
}

static void too_large(void)
{
	static const size_t sizes[] = {64 * 1024, 64 * 1024 + 1, 1 << 20, BYTES - 100};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		good_booking();
		text(&body, 5, header.data, sizes[i] - body.n - 5);
		expect_error("a large request");
	}
	good_booking();
	text(&header, 4, body.data, 600);
	expect_error("a large header");
	noise(&header, BYTES - 100);
	expect_error("a huge header");
}

static void wrong_numbers_of_frames(void)
{
	static struct wire_frame frames[10000];
	static const int counts[] = {1, 3, 4, 100, 10000};
	/* The first two would be a whole call, and so would the first, with nothing after it. */
	good_header("People/GetStatus");
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		frames[i] = i ? (struct wire_frame){body.data, 0}
			      : (struct wire_frame){header.data, header.n};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		expect_error_at(f->daemons[0].endpoint, "a wrong number of frames", counts[i],
				frames);
}

static void deep_nesting(void)
{
	static uint8_t deep[120000];
	good_header("Conversations/LogConversation");
	body.n = 0;
	for (int i = 0; i < 10000; i++)
		tag(&body, 9, GROUP);
	expect_error("10,000 open groups");
	/* From the inside out: each level stands in field 8 of the one around it. */
	size_t at = sizeof deep;
	for (int i = 0; i < 10000; i++) {
		uint8_t level[8];
		struct bytes *b = &body;
		const size_t size = sizeof deep - at;
		b->n = 0;
		tag(b, 8, LENGTH);
		varint(b, size);
		if (b->n > sizeof level || at < b->n)
			break;
		at -= b->n;
		memcpy(deep + at, b->data, b->n);
	}
	const size_t size = sizeof deep - at;
	memcpy(body.data, deep + at, size);
	body.n = size;
	expect_error("10,000 levels");
}

static void bad_texts(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} texts[] = {
		{"a\0b", 3},	 {"\0", 1},	      {"\xff", 1},
		{"\xc0\x80", 2}, {"\xed\xa0\x80", 3}, {"\xf4\x90\x80\x80", 4},
		{"\xe2\x82", 2}, {"\x80", 1},	      {"\xf8\x88\x80\x80\x80", 5},
		{"\x1b[2J", 4},	 {"a\nb", 3},	      {"\x7f", 1},
	};
	reason = "BAD_FIELD"; /* before the database could say it */
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (unsigned field = 1; field <= 2; field++) {
			good_booking();
			body.n = 0;
			text(&body, field, texts[i].bytes, texts[i].size);
			word(&body, 3 - field, "2020-01-01T10:00Z");
			expect_error("a text that is none");
		}
	reason = NULL;
}

static void bad_values(void)
{
	static const uint64_t enums[] = {0, 3, 99, 1ULL << 40, UINT64_MAX};
	static const uint64_t numbers[] = {0, UINT64_MAX, 1ULL << 31, INT64_MAX, 1ULL << 63};
	for (size_t i = 0; i < 5; i++) {
		good_booking();
		number(&body, 4, enums[i]); /* an activity */
		expect_error("an enum value that is none");
		good_booking();
		number(&body, 3, numbers[i]); /* minutes */
		expect_error("minutes that are none");
		good_header("Booking/GetSession");
		body.n = 0;
		number(&body, 1, numbers[i]);
		expect_error("an id that is none");
	}
	good_booking();
	number(&body, 99, 1);
	expect_error("a field that the message has not");
	good_booking();
	number(&body, 1, 7);
	expect_error("a number for a text");
	good_booking();
	word(&body, 1, "Cora");
	expect_error("the same field twice");
	good_booking();
	number(&body, 0, 7);
	expect_error("field 0");
	good_booking();
	memset(body.data, 0xff, 20);
	expect_error("a number without an end");
}

static void bad_headers(void)
{
	static const char *const names[] = {"",
					    "Booking",
					    "Booking/",
					    "Booking/Nothing",
					    "coachhouse.v2.Booking/BookSession",
					    "../../etc/passwd",
					    "%s%n%s%n",
					    "Enrolment/Redeem"};
	static const int64_t seconds[] = {INT64_MAX, INT64_MIN, -1, 253402300800, 0};
	uint8_t id[20] = {1};
	body.n = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		good_header(names[i]);
		expect_error("an unknown method");
	}
	for (size_t size = 0; size <= 20; size += 5) {
		header.n = 0;
		text(&header, 1, id, size);
		word(&header, 2, "coachhouse.v1.People/GetStatus");
		number(&header, 5, 1);
		expect_error("an id of another length");
	}
	for (int i = 0; i < 5; i++) {
		struct bytes *when = &body;
		when->n = 0;
		number(when, 1, (uint64_t)seconds[i]);
		number(when, 2, i % 2 ? UINT64_MAX : 4000000000);
		header.n = 0;
		text(&header, 1, id, 16);
		word(&header, 2, "coachhouse.v1.Booking/BookSession");
		text(&header, 3, when->data, when->n);
		number(&header, 5, i == 2 ? 7 : 1);
		body.n = 0;
		expect_error("a time that is none");
	}
}

/* Few bytes that would become much memory. */
static void huge_counts(void)
{
	good_header("Conversations/LogConversation");
	body.n = 0;
	for (int i = 0; i < 30000; i++)
		text(&body, 9, "", 0);
	expect_error("30,000 actions");
	body.n = 0;
	for (int i = 0; i < 20000; i++)
		number(&body, 10, 1);
	good_header("Conversations/LogConversation");
	expect_error("20,000 numbers");
	good_header("Conversations/LogConversation");
	static uint8_t packed[60000];
	memset(packed, 1, sizeof packed);
	body.n = 0;
	text(&body, 10, packed, sizeof packed);
	expect_error("60,000 numbers, packed");
	good_header("Conversations/LogConversation");
	body.n = 0;
	tag(&body, 8, LENGTH);
	varint(&body, UINT64_MAX);
	expect_error("a length beyond the end");
}

static void all_of_it(void)
{
	random_frames();
	random_requests();
	cut_off();
	too_large();
	wrong_numbers_of_frames();
	deep_nesting();
	bad_texts();
	bad_values();
	bad_headers();
	huge_counts();
	check_the_next("all of it");
}

static void each_costs_its_sender_one_error(void **state)
{
	(void)state;
	sent = 0;
	all_of_it();
	print_message("  %d messages\n", sent);
}

static void also_where_any_key_is_let_in(void **state)
{
	static const int member[] = {MEMBER, 0};
	(void)state;
	const struct coachhouse_invitation invitation =
		fixture_invite(f, "Nobody Example", "nobody@example.org", member);
	static const size_t sizes[] = {0, 10, 1000, 4096, 4097, 65536};
	good_header("Enrolment/Redeem");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		noise(&body, sizes[i]);
		const struct wire_frame frames[] = {
			{header.data, header.n}, {body.data, body.n}, {body.data, body.n}};
		for (int n = 1; n <= 3; n++)
			expect_error_at(invitation.endpoint, "noise for an enrolment", n, frames);
	}
}

/* --- memory --------------------------------------------------------------------------- */

static long resident_kb(void)
{
	char path[40];
	long pages = 0;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)f->daemons[0].pid);
	FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%*d %ld", &pages) != 1)
		fixture_fail("%s cannot be read", path);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Asks for much, many times, and never reads. */
static void one_who_does_not_read(void)
{
	struct wire *wire = wire_open(f->daemons[0].endpoint, &mal->identity);
	assert_int_equal(wire_shake_hands(wire, WIRE_MS), WIRE_UP);
	for (int i = 0; i < 3000; i++) {
		good_header("People/ListOrganisations");
		const struct wire_frame frames[] = {{header.data, header.n}, {body.data, 0}};
		assert_true(wire_send(wire, 2, frames));
	}
	check_the_next("one who does not read");
	wire_close(&wire);
}

static void memory_returns_to_where_it_was(void **state)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	const int rounds = fixture_is_long() ? 30 : 2;
#ifdef __SANITIZE_ADDRESS__
	const long spare = 400 * 1024; /* what was freed is kept apart for a while */
#else
	const long spare = 4 * 1024;
#endif
	(void)state;
	one_who_does_not_read();
	all_of_it();
	const long before = resident_kb();
	for (int i = 0; i < rounds; i++) {
		all_of_it();
		one_who_does_not_read();
	}
	long after = resident_kb();
	for (int i = 0; i < 500 && after > before + spare; i++) {
		nanosleep(&pause, NULL);
		after = resident_kb();
	}
	print_message("  %ld kB, after %d messages %ld kB\n", before, sent, after);
	assert_true(after <= before + spare);
}

static int setup(void **state)
{
	f = fixture_start(NULL);
	*state = f;
	mina = fixture_person(f, "Mina Example", MEMBER);
	mal = fixture_person(f, "Mal Example", MEMBER);
	fixture_coach(f, "Cora Example");
	fixture_methods();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_costs_its_sender_one_error),
		cmocka_unit_test(also_where_any_key_is_let_in),
		cmocka_unit_test(memory_returns_to_where_it_was),
	};
	return cmocka_run_group_tests_name("garbage", tests, setup, fixture_teardown);
}
