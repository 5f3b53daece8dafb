/* What is typed and what is shown: sentences, the editor's page, CSV, tables. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "coaches.pb-c.h"
#include "command.h"
#include "csv.h"
#include "field.h"
#include "import.h"
#include "json.h"
#include "page.h"
#include "profile.h"
#include "show.h"
#include "text.h"

static const int64_t NOW = 1792398600; /* Monday 19 October 2026, 9:30am in London */

enum { MAX_ARGS = 24 };

/* Reads a line of words; those of several words stand in quotes. */
static bool parse(struct command *command, const char *line, char *error, size_t size)
{
	static char copy[1024], program[] = "coach";
	char *argv[MAX_ARGS] = {program}, *at = copy;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	*command = (struct command){.now = NOW, .profile_name = "default"};
	while (*at && argc < MAX_ARGS) {
		char end = *at == '"' ? '"' : ' ';

		at += *at == '"';
		argv[argc++] = at;
		at += strcspn(at, end == '"' ? "\"" : " ");
		if (*at)
			*at++ = '\0';
		at += strspn(at, " ");
	}
	return command_parse(command, argc, argv, error, size);
}

/* The request that a line makes, as JSON towards PostgreSQL: proto names. */
static void check_request(const char *line, const char *expected)
{
	struct command command;
	ProtobufCMessage *request;
	char error[1024] = "", *text;

	if (!parse(&command, line, error, sizeof(error)))
		fail_msg("%s: %s", line, error);
	assert_non_null(sentence_method(command.sentence));
	request = message_new(sentence_method(command.sentence)->input);
	if (!command_fill(&command, request, error, sizeof(error)) ||
	    (command.sentence->fill && !command.sentence->fill(&command, request)))
		fail_msg("%s: %s", line, error);
	text = json_write(request, JSON_SQL, NULL, NULL);
	if (strcmp(text, expected) != 0)
		fail_msg("%s:\n %s, not\n %s", line, text, expected);
	free(text);
	protobuf_c_message_free_unpacked(request, NULL);
}

static void test_requests(void **state)
{
	(void)state;
	check_request("book Karen \"tue 10am\"",
		      "{\"who\":\"Karen\",\"start\":\"2026-10-20T10:00\"}");
	check_request(
		"book --minutes 30 Karen \"tue 10am\" --kind mentoring --venue=\"Room",
		"{\"who\":\"Karen\",\"start\":\"2026-10-20T10:00\",\"minutes\":30,\"activity\":"
		"\"mentoring\",\"venue\":\"\\\"Room\"}");
	check_request(
		"book Karen \"tue 10am\" --every \"2 weeks\" --times 6 --skip-clashes --as "
		"mentee --zone Europe/Paris",
		"{\"who\":\"Karen\",\"start\":\"2026-10-20T10:00\",\"zone\":\"Europe/"
		"Paris\",\"part\":\"mentee\",\"every_days\":14,\"times\":6,\"skip_clashes\":true}");
	check_request("cancel 1042 --reason ill", "{\"session\":1042,\"reason\":\"ill\"}");
	check_request("cancel #1042", "{\"session\":1042}");
	check_request("attended 1042 --minutes 45",
		      "{\"session\":1042,\"outcome\":\"attended\",\"minutes\":45}");
	check_request("missed 1042 me",
		      "{\"session\":1042,\"outcome\":\"missed\",\"missed_by\":\"me\"}");
	check_request("approve Karen", "{\"coach\":\"Karen\",\"event\":\"approve\"}");
	check_request("coaches --free-within 4w", "{\"free_within_days\":28}");
	check_request(
		"profile set --pledge 7.5 --specialism a --specialism b --self-selection no",
		"{\"pledge_hours\":7.5,\"specialisms\":[\"a\",\"b\"],\"languages\":[],\"self_selection\":false}");
	check_request("availability set \"Mon 9-12:30\" --from mon",
		      "{\"patterns\":[{\"weekday\":1,\"opens\":\"09:00\",\"closes\":\"12:30\"}],"
		      "\"from\":\"2026-10-19\"}");
	check_request("availability open \"sat 31 oct\" 10am-1pm",
		      "{\"date\":\"2026-10-31\",\"opens\":\"10:00\",\"closes\":\"13:00\"}");
	check_request("away fri mon", "{\"from\":\"2026-10-23\",\"to\":\"2026-10-26\"}");
	check_request("away \"fri 1pm\" \"fri 5pm\"",
		      "{\"from\":\"2026-10-23T13:00\",\"to\":\"2026-10-23T17:00\"}");
	check_request("sessions --from \"1 oct\" --to \"15 oct\"",
		      "{\"from\":\"2026-10-01\",\"to\":\"2026-10-15\"}");
	check_request("sessions --from \"1 nov\"", "{\"from\":\"2026-11-01\"}");
	check_request("action due 91 \"fri 6 nov\"", "{\"action\":91,\"due\":\"2026-11-06\"}");
	check_request("report capacity --month 2026-11 --by sector",
		      "{\"from\":\"2026-11-01\",\"to\":\"2026-12-01\",\"by\":\"sector\"}");
	check_request("report capacity", "{\"from\":\"2026-10-01\",\"to\":\"2026-11-01\"}");
	check_request("report quarter", "{\"from\":\"2026-10-01\",\"to\":\"2027-01-01\"}");
	check_request("report waiting --from 2026-10-01 --to 2026-10-31",
		      "{\"from\":\"2026-10-01\",\"to\":\"2026-11-01\"}");
	check_request("people -- --odd", "{\"text\":\"--odd\"}");
}

static void test_words(void **state)
{
	struct command c;
	char error[1024];
	(void)state;

	assert_true(parse(&c, "slots --next", error, sizeof(error)));
	assert_int_equal(c.limit, 1);
	assert_true(parse(&c, "slots Karen --next 3 --json", error, sizeof(error)));
	assert_int_equal(c.limit, 3);
	assert_int_equal(c.output, OUTPUT_JSON);
	assert_true(parse(&c, "--profile mia slots -o x.csv", error, sizeof(error)));
	assert_string_equal(c.profile_name, "mia");
	assert_string_equal(c.file, "x.csv");
	assert_string_equal(c.sentence->words, "slots");
	assert_true(parse(&c, "review", error, sizeof(error)));
	assert_string_equal(c.sentence->words, "conversations");
	assert_true(parse(&c, "away", error, sizeof(error)));
	assert_string_equal(c.sentence->words, "availability");
	assert_true(parse(&c, "book --help", error, sizeof(error)));
	assert_true(c.help);
	assert_true(parse(&c, "", error, sizeof(error)));
	assert_null(c.sentence);
	assert_true(
		parse(&c, "log --past \"fri 3pm\" --with Sam --note-file -", error, sizeof(error)));
	assert_string_equal(command_text(&c, "--past"), "fri 3pm");
	assert_string_equal(command_text(&c, "--note-file"), "-");
	assert_null(command_text(&c, "SESSION"));
}

static void test_words_refused(void **state)
{
	static const char *const BAD[][2] = {
		{"bok Karen", "coach book"},
		{"report", "capacity, utilisation, waiting, quarter"},
		{"book Karen tue 10am", "quotes"},
		{"book Karen", "START is missing"},
		{"slots --foo", "no --foo"},
		{"slots --from", "wants a value"},
		{"slots --from --to", "wants a value"},
		{"slots --zone Mars/Base", "no zone"},
		{"slots --timeout soon", "seconds"},
		{"slots --limit 0", "--limit"},
		{"people --json=id", "takes no value"},
		{"slots --call 12", "--call"},
		{"zzzzzzzzzz", "coach help"},
	};
	struct command c;
	char error[1024];
	(void)state;

	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		error[0] = '\0';
		if (parse(&c, BAD[i][0], error, sizeof(error)))
			fail_msg("%s was accepted", BAD[i][0]);
		if (!strstr(error, BAD[i][1]))
			fail_msg("%s: %s", BAD[i][0], error);
	}
}

static void test_values_refused(void **state)
{
	static const char *const BAD[][2] = {
		{"book Karen blah", "START"},
		{"book Karen \"tue 10am\" --minutes ten", "--minutes: \"ten\""},
		{"book Karen \"tue 10am\" --kind chess", "coaching, mentoring"},
		{"book Karen \"tue 10am\" --every often", "2 weeks"},
		{"cancel abc", "whole number"},
		{"cancel 99999999999999999999", "whole number"},
		{"profile set --self-selection maybe", "yes or no"},
		{"profile set --pledge nan", "number"},
		{"attended 12 --minutes 3000000000", "whole number"},
		{"availability open sat 9", "17:00-19:00"},
	};
	struct command c;
	char error[1024];
	(void)state;

	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		ProtobufCMessage *request;

		assert_true(parse(&c, BAD[i][0], error, sizeof(error)));
		request = message_new(sentence_method(c.sentence)->input);
		error[0] = '\0';
		assert_false(command_fill(&c, request, error, sizeof(error)));
		if (!strstr(error, BAD[i][1]))
			fail_msg("%s: %s", BAD[i][0], error);
		protobuf_c_message_free_unpacked(request, NULL);
	}
}

/* The names of the fields in braces of a line must be the contract's. */
static void check_line(const struct sentence *s, const char *line,
		       const ProtobufCMessageDescriptor *type)
{
	for (const char *at = strchr(line, '{'); at; at = strchr(at + 1, '{')) {
		char path[64];
		size_t n;

		at += 1 + (at[1] == '^' || at[1] == '?');
		n = strcspn(at, "}");
		n = strstr(at, "..") && strstr(at, "..") < at + n ? (size_t)(strstr(at, "..") - at)
								  : n;
		snprintf(path, sizeof(path), "%.*s", (int)n, at);
		path[strcspn(path, "-=")] = '\0';
		if (!field_find(type, path))
			fail_msg("coach %s shows %s, which %s has not", s->words, path, type->name);
	}
}

static void check_part(const struct sentence *s, const struct part *part,
		       const ProtobufCMessageDescriptor *output)
{
	const ProtobufCFieldDescriptor *of = part->of ? field_find(output, part->of) : NULL;
	const ProtobufCMessageDescriptor *type = part->of && of ? of->descriptor : output;

	if (part->of && !of)
		fail_msg("coach %s shows %s, which is no field", s->words, part->of);
	if (part->line)
		check_line(s, part->line, type);
	for (int i = 0; i < MAX_COLUMNS && part->columns[i].field; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%.*s", (int)strcspn(part->columns[i].field, "~!-"),
			 part->columns[i].field);
		if (!field_find(type, path))
			fail_msg("coach %s has a column %s, which %s has not", s->words, path,
				 type->name);
	}
}

/* The table names methods and fields by text: each must be there. */
static void test_table(void **state)
{
	const struct sentence *s;
	(void)state;

	for (size_t i = 0; (s = sentence_at(i)); i++) {
		const ProtobufCMethodDescriptor *method = sentence_method(s);

		assert_true(s->method || s->run);
		assert_non_null(s->says);
		if (s->alone)
			assert_non_null(sentence_named(s->alone));
		if (!s->method)
			continue;
		if (!method)
			fail_msg("coach %s calls %s, which is no method", s->words, s->method);
		for (int b = 0; b < MAX_BLANKS + MAX_FLAGS; b++) {
			const struct blank *blank =
				b < MAX_BLANKS ? &s->blanks[b] : &s->flags[b - MAX_BLANKS];

			if (blank->field && !field_find(method->input, blank->field))
				fail_msg("coach %s fills %s, which is no field", s->words,
					 blank->field);
			if (blank->name)
				assert_non_null(blank->help);
		}
		for (int p = 0; p < MAX_PARTS; p++)
			check_part(s, &s->parts[p], method->output);
	}
}

/* The manual lists every sentence as it is used; `coach completion manual` prints them. */
static void test_manual(void **state)
{
	const struct sentence *s;
	char error[256], usage[2048], *manual;
	(void)state;

	manual = file_read(SOURCE_DIR "/client/coach.1.scd", error, sizeof(error));
	if (!manual)
		fail_msg("%s", error);
	for (size_t i = 0; (s = sentence_at(i)); i++) {
		char line[2200];

		sentence_usage(s, usage, sizeof(usage));
		snprintf(line, sizeof(line), "*coach %s*%s\n", s->words, usage + strlen(s->words));
		if (!strstr(manual, line))
			fail_msg("coach.1.scd lacks the line %s", line);
	}
	free(manual);
}

static ProtobufCMessage *message(const char *type, const char *json)
{
	const ProtobufCMethodDescriptor *method = coachhouse_method(type);
	char error[256];
	ProtobufCMessage *out;

	assert_non_null(method);
	out = json_read(method->output, json, error, sizeof(error));
	if (!out)
		fail_msg("%s", error);
	return out;
}

/* Shows a reply as the sentence would, in a file. */
static void check_shown(const char *line, const char *json, const char *expected)
{
	struct command command;
	char error[1024], name[128], *text;
	char path[] = "/tmp/coach-test-XXXXXX";
	int fd = mkstemp(path);
	ProtobufCMessage *reply;

	assert_true(fd >= 0);
	assert_true(parse(&command, line, error, sizeof(error)));
	command.quiet = true;
	command.out = fdopen(fd, "w");
	snprintf(name, sizeof(name), "coachhouse.v1.%s", command.sentence->method);
	reply = message(name, json);
	assert_int_equal(show_reply(&command, reply), EXIT_DONE);
	fclose(command.out);
	text = file_read(path, error, sizeof(error));
	unlink(path);
	if (strcmp(text, expected) != 0)
		fail_msg("%s shows\n%s\nnot\n%s", line, text, expected);
	free(text);
	protobuf_c_message_free_unpacked(reply, NULL);
}

static const char SESSION[] =
	"{\"sessions\":[{\"id\":\"1042\",\"starts\":\"2026-10-26T10:00:00Z\",\"ends\":\"2026-10-26T11:00:00Z\","
	"\"minutes\":60,\"state\":\"SESSION_STATE_BOOKED\",\"coachName\":\"Zo\xc3\xab \\u001b[31mHart\",\"menteeName\":\"=cmd, Lee\","
	"\"activity\":\"ACTIVITY_COACHING\"}]}";

static const char CAPACITY[] =
	"{\"period\":{\"from\":\"2026-11-01\",\"to\":\"2026-12-01\",\"zone\":\"Europe/London\","
	"\"definition\":\"R1 capacity, version 1\",\"made\":\"2026-11-22T14:02:00Z\","
	"\"asOf\":\"2026-11-22T14:00:00Z\",\"behindSeconds\":120}}";

static void test_shown(void **state)
{
	(void)state;
	check_shown(
		"book Karen \"tue 10am\"", SESSION,
		"Booked: Monday 26 October 2026, 10am to 11am (London). Zo\xc3\xab ?[31mHart with "
		"=cmd, Lee (session 1042).\n");
	check_shown(
		"sessions --csv", SESSION,
		"id,starts,minutes,coach_name,mentee_name,activity,state,venue\r\n"
		"1042,2026-10-26T10:00:00+00:00,60,Zo\xc3\xab \x1b[31mHart,\"'=cmd, Lee\",coaching,"
		"booked,\r\n");
	check_shown(
		"sessions --plain --zone Asia/Kolkata", SESSION,
		"1042\t2026-10-26T15:30:00+05:30\t60\tZo\xc3\xab ?[31mHart\t'=cmd, Lee\tcoaching\t"
		"booked\t\n");
	check_shown(
		"sessions", SESSION,
		"1042 Mon 26 Oct 2026, 10am 60 Zo\xc3\xab ?[31mHart =cmd, Lee coaching booked\n");
	check_shown("cancel 1042", "{\"id\":\"1042\",\"late\":true}",
		    "Cancelled: session 1042.\nIt was less than 24 hours before.\n");
	check_shown("cancel 1042", "{\"id\":\"1042\",\"late\":false}",
		    "Cancelled: session 1042.\n");
	check_shown(
		"todo",
		"{\"todo\":[{\"id\":\"7\",\"kind\":\"TODO_KIND_ACTION_DUE\",\"due\":\"2026-10-26\"}]}",
		"7 action due Mon 26 Oct 2026 coach action done 7\n");
	check_shown("sessions", "{}", "");
	/* A report of a standby says as of when it is, to spreadsheets after the table. */
	check_shown("report capacity", CAPACITY,
		    "R1 capacity, version 1: Sun 1 Nov 2026 to Mon 30 Nov 2026, Europe/London\n"
		    "Made Sun 22 Nov 2026, 2:02pm. As of Sun 22 Nov 2026, 2pm, at most 120 s "
		    "behind.\n");
	check_shown(
		"report capacity --csv", CAPACITY,
		"name,state,coaches,supply_hours,free_hours,pledge_left_hours,real_hours,"
		"places,not_closed,not_closed_hours\r\n\r\nperiod.as_of,period.behind_seconds\r\n"
		"2026-11-22T14:00:00+00:00,120\r\n");
	/* A text that does not open says so in its place, here and on the page to write on. */
	check_shown("actions",
		    "{\"actions\":[{\"id\":\"7\",\"action_text\":{\"visible\":\"VISIBILITY_US\","
		    "\"unopened\":\"UNOPENED_BROKEN\"}}]}",
		    "7 (this one cannot be opened; tell your administrator)\n");
}

static void test_shown_report(void **state)
{
	(void)state;
	check_shown(
		"report waiting --month 2026-10",
		"{\"period\":{\"from\":\"2026-10-01\",\"to\":\"2026-11-01\",\"zone\":\"Europe/London\","
		"\"definition\":\"R3\",\"made\":\"2026-10-19T09:00:00Z\"},"
		"\"lines\":[{\"name\":\"Alder\",\"completed\":3,\"completedMedianDays\":4.5},"
		"{\"name\":\"Birch\",\"suppressed\":true}],\"total\":{\"completed\":5}}",
		"R3: Thu 1 Oct 2026 to Sat 31 Oct 2026, Europe/London\n"
		"Name     Completed  Median days   90% within      Longest Still waitin"
		"g Their median       Oldest Median of all Within target %\n"
		"Alder            3          4.5                                       "
		"                                                      n/a\n"
		"Birch fewer than 5 fewer than 5 fewer than 5 fewer than 5  fewer than "
		"5 fewer than 5 fewer than 5  fewer than 5    fewer than 5\n"
		"Total            5                                                    "
		"                                                      n/a\n"
		"Made Mon 19 Oct 2026, 10am.\n");
}

static void test_text(void **state)
{
	static const char *const EXAMPLES[][2] = {
		{"plain", "plain"},
		{"a\x1b[2Jb", "a?[2Jb"},
		{"tab\tline\n", "tab line "},
		{"\xc2\x9b"
		 "31m",
		 "?31m"},
		{"\xe2\x80\xaexyz", "?xyz"},
		{"\xff\xfe", "??"},
		{"\xed\xa0\x80", "???"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		{"\xc0\xaf", "??"},
		{"cut\xe2\x82", "cut??"},
		{"\x7f\r\a", "??"},
		{"\xd9\x85\xd8\xb1\xd9\x8a\xd9\x85", "\xd9\x85\xd8\xb1\xd9\x8a\xd9\x85"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(EXAMPLES) / sizeof(EXAMPLES[0]); i++) {
		char *clean = text_clean(EXAMPLES[i][0], false);

		assert_string_equal(clean, EXAMPLES[i][1]);
		free(clean);
	}
}

static const struct page_reader READER = {NOW, "Europe/London"};

static char *page_request(const char *page)
{
	const ProtobufCMethodDescriptor *method =
		coachhouse_method("coachhouse.v1.Conversations/LogConversation");
	ProtobufCMessage *request = message_new(method->input);
	char error[512], *out = NULL;

	if (page_read(&READER, page, request, error, sizeof(error)))
		out = json_write(request, JSON_SQL, NULL, NULL);
	else
		out = strdup(error);
	protobuf_c_message_free_unpacked(request, NULL);
	return out;
}

static void check_page(const char *page, const char *expected)
{
	char *got = page_request(page);

	if (strcmp(got, expected) != 0)
		fail_msg("%s\n gives %s\n not %s", page, got, expected);
	free(got);
}

#define HEAD "Conversation with Sam\n\nVisible: me\n    us  explained\n---- Note: below ----\n"
#define TAIL "\n---- Actions: both ----\n"

static void test_page_read(void **state)
{
	(void)state;
	check_page(HEAD "\n\nFirst line.\n\n[ ] me: stays in the note\n# so does this\n\n" TAIL,
		   "{\"note\":{\"text\":\"First line.\\n\\n[ ] me: stays in the note\\n# so does "
		   "this\",\"visible\":\"me\"},\"actions\":[],\"done\":[]}");
	check_page(
		"Visible: US\n---- Note\nx\n" TAIL "[ ] me: Ring the ward (due fri)\n"
		"- [ ] Sam: Send: the plan\n[x] Sam: Old one #2044\n[ ] me: Open still #2045\n"
		"    [ ] me: an example\n",
		"{\"note\":{\"text\":\"x\",\"visible\":\"us\"},\"actions\":[{\"action_text\":{\"text\":"
		"\"Ring the ward\",\"visible\":\"us\"},\"owner\":\"me\",\"due\":\"2026-10-23\"},"
		"{\"action_text\":{\"text\":\"Send: the plan\",\"visible\":\"us\"},\"owner\":\"Sam\"}],"
		"\"done\":[2044]}");
	check_page(HEAD "\n \n" TAIL, "{\"actions\":[],\"done\":[]}");
	check_page(
		HEAD "x" TAIL "[ ] me: Ring (due someday)\n",
		"\"someday\" in \"someday\" is not understood: write for example \"tue 10am\" or \"26 "
		"oct 2:30pm\".");
	check_page(
		HEAD "x" TAIL "[x] me: Ring\n",
		"\"[x] me: Ring\" is marked as done, but has no number: a new action begins with [ ].");
	check_page(HEAD "x" TAIL "Ring\n",
		   "\"Ring\" is no action: write for example \"[ ] me: Ring the "
		   "ward manager (due fri)\".");
	check_page("Visible: all\n---- Note\n" TAIL, "The line \"Visible:\" must say me or us.");
	check_page(
		"Visible: me\nnothing else\n",
		"The lines \"---- Note\" and \"---- Actions\" must stay on the page, in this order.");
}

/* A page that nobody touched records nothing; what is carried forward can be marked. */
static void test_page_round(void **state)
{
	ProtobufCMessage *prepared = message(
		"coachhouse.v1.Conversations/PrepareConversation",
		"{\"session\":\"1\",\"withName\":\"Sam Reed\",\"myName\":\"Kim Day\",\"minutes\":60,"
		"\"starts\":\"2026-10-26T10:00:00Z\",\"actions\":[{\"id\":\"2044\",\"ownerName\":\"Sam "
		"Reed\",\"due\":\"2026-11-03\",\"actionText\":{\"text\":\"Draft it\"}}],\"readers\":["
		"{\"visible\":\"VISIBILITY_ME\",\"names\":[\"Kim Day\"]},{\"visible\":\"VISIBILITY_US\","
		"\"names\":[\"Kim Day\",\"Sam Reed\"]}]}");
	char *text = NULL, *mark;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	(void)state;

	page_write(prepared, "me", "Europe/London", out);
	fclose(out);
	assert_non_null(strstr(text, "Monday 26 October 2026, 10am to 11am (London)"));
	assert_non_null(strstr(text, "only you, Kim Day, can read the note"));
	assert_non_null(strstr(text, "you, Kim Day, and Sam Reed can read the note"));
	assert_non_null(strstr(text, "Actions: Kim Day and Sam Reed see these"));
	assert_non_null(strstr(text, "[ ] Sam Reed: Draft it (due 2026-11-03) #2044"));
	check_page(text, "{\"actions\":[],\"done\":[]}");
	mark = strstr(text, "[ ] Sam Reed");
	mark[1] = 'x';
	check_page(text, "{\"actions\":[],\"done\":[2044]}");
	free(text);
	protobuf_c_message_free_unpacked(prepared, NULL);
}

static void test_csv(void **state)
{
	struct csv csv;
	char error[256];
	(void)state;

	csv_init(&csv, strdup("\xef\xbb\xbf"
			      "a,b\r\n\r\n\"x, \"\"y\"\"\nz\",2\n,\nlast,"));
	assert_int_equal(csv_next(&csv, error, sizeof(error)), 1);
	assert_int_equal(csv.count, 2);
	assert_string_equal(csv.cells[0], "a");
	assert_string_equal(csv.cells[1], "b");
	assert_int_equal(csv_next(&csv, error, sizeof(error)), 1);
	assert_int_equal(csv.line, 3);
	assert_string_equal(csv.cells[0], "x, \"y\"\nz");
	assert_int_equal(csv_next(&csv, error, sizeof(error)), 1);
	assert_int_equal(csv.line, 6);
	assert_string_equal(csv.cells[0], "last");
	assert_string_equal(csv.cells[1], "");
	assert_int_equal(csv_next(&csv, error, sizeof(error)), 0);
	csv_finish(&csv);
	csv_init(&csv, strdup("a\n\"open\nb\n"));
	assert_int_equal(csv_next(&csv, error, sizeof(error)), 1);
	assert_int_equal(csv_next(&csv, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "Line 2"));
	csv_finish(&csv);
}

static char *written(const char *text)
{
	static char path[] = "/tmp/coach-csv-XXXXXX";
	int fd;

	strcpy(path, "/tmp/coach-csv-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void test_import_rows(void **state)
{
	const ProtobufCMessageDescriptor *row =
		field_find(
			coachhouse_method("coachhouse.v1.Conversations/ImportConversations")->input,
			"rows")
			->descriptor;
	struct command command = {.now = NOW};
	struct import_rows rows;
	char error[512], *text, *path;
	(void)state;

	path = written("Date,Start,Minutes,Coach,Mentee,Kind\r\n"
		       "21/04/2026,10am,60,sam@alder.example,kim@alder.example,coaching\r\n"
		       "31/04/2026,10:00,60,a,b,coaching\r\n2026-04-21,10:00,sixty,a,b,coaching\r\n"
		       "2026-04-21,10:00,60,a,b\r\n");
	assert_true(import_read(&rows, row, path, &command, error, sizeof(error)));
	unlink(path);
	assert_int_equal(rows.count, 1);
	text = json_write(rows.rows[0], JSON_SQL, NULL, NULL);
	assert_string_equal(
		text,
		"{\"line\":2,\"date\":\"2026-04-21\",\"start\":\"10:00\",\"minutes\":60,"
		"\"coach\":\"sam@alder.example\",\"mentee\":\"kim@alder.example\",\"activity\":"
		"\"coaching\"}");
	free(text);
	assert_int_equal(rows.refused, 3);
	assert_int_equal(rows.refusals[1].line, 4);
	assert_non_null(strstr(rows.refusals[1].sentence, "minutes: \"sixty\""));
	import_rows_finish(&rows);
	path = written("date,shoe size\r\n");
	assert_false(import_read(&rows, row, path, &command, error, sizeof(error)));
	assert_non_null(strstr(error, "no column \"shoe size\""));
	unlink(path);
	import_rows_finish(&rows);
	path = written("date\r\n");
	assert_false(import_read(&rows, row, path, &command, error, sizeof(error)));
	unlink(path);
	import_rows_finish(&rows);
}

static void test_profile(void **state)
{
	char home[] = "/tmp/coach-home-XXXXXX", path[128], error[4400];
	struct profile in = {.zone = "Europe/London", .name = "Kim\nendpoint = evil"}, out;
	bool absent;
	(void)state;

	assert_non_null(mkdtemp(home));
	setenv("COACH_HOME", home, 1);
	strcpy(in.identity.endpoint, "ipc:///run/x");
	coachhouse_make_keys(in.identity.public_key, in.identity.secret_key);
	strcpy(in.identity.server_key, in.identity.public_key);
	assert_false(profile_load("kim", &out, &absent, error, sizeof(error)));
	assert_true(absent);
	assert_true(profile_save("kim", &in, error, sizeof(error)));
	assert_true(profile_load("kim", &out, &absent, error, sizeof(error)));
	assert_string_equal(out.identity.secret_key, in.identity.secret_key);
	assert_string_equal(out.identity.endpoint, "ipc:///run/x");
	memset(in.identity.endpoint, 'x', 255);
	assert_true(profile_save("kim", &in, error, sizeof(error)));
	assert_true(profile_load("kim", &out, &absent, error, sizeof(error)));
	snprintf(path, sizeof(path), "sed -i s/xxx/yyyy/ %s/kim.conf", home);
	assert_int_equal(system(path), 0);
	assert_false(profile_load("kim", &out, &absent, error, sizeof(error)));
	assert_non_null(strstr(error, "endpoint has more than 255 characters"));
	snprintf(path, sizeof(path), "%s/kim.conf", home);
	chmod(path, 0644);
	assert_false(profile_load("kim", &out, &absent, error, sizeof(error)));
	assert_false(absent);
	assert_non_null(strstr(error, "chmod 600"));
	assert_false(profile_load("../kim", &out, &absent, error, sizeof(error)));
	unlink(path);
	rmdir(home);
}

/* Every digit of a number that no report holds has its room. */
static void test_large_numbers(void **state)
{
	Coachhouse__V1__SetProfileRequest message = COACHHOUSE__V1__SET_PROFILE_REQUEST__INIT;
	const double numbers[] = {1e63, -1.7e308};

	(void)state;
	message.has_pledge_hours = 1;
	for (size_t i = 0; i < 4; i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		message.pledge_hours = numbers[i / 2];
		field_write(&message.base, "pledge_hours", i % 2 ? FIELD_PEOPLE : FIELD_DATA, "UTC",
			    out);
		fclose(out);
		assert_true(strtod(text, NULL) == message.pledge_hours);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),      cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_refused), cmocka_unit_test(test_values_refused),
		cmocka_unit_test(test_table),	      cmocka_unit_test(test_manual),
		cmocka_unit_test(test_shown),	      cmocka_unit_test(test_shown_report),
		cmocka_unit_test(test_text),	      cmocka_unit_test(test_page_read),
		cmocka_unit_test(test_page_round),    cmocka_unit_test(test_csv),
		cmocka_unit_test(test_import_rows),   cmocka_unit_test(test_profile),
		cmocka_unit_test(test_large_numbers),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
