/* coach log: the record of a conversation, written in an editor or taken from files. */
#include "own.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "csv.h"
#include "draft.h"
#include "field.h"
#include "page.h"
#include "show.h"
#include "when.h"

/* What a log needs on its way. */
struct log {
	struct command *command;
	const char *method;
	bool performance;
	ProtobufCMessage *request;
	struct draft draft;
	char error[1024];
};

static bool fail(struct log *log, const char *sentence)
{
	snprintf(log->error, sizeof(log->error), "%s", sentence);
	return false;
}

static const char *visible(const struct command *command)
{
	const char *text = command_text(command, "--visible");

	return text ? text : "me";
}

/* Of a performance conversation both read the note. */
static const char *note_visible(const struct log *log)
{
	return log->performance ? "us" : visible(log->command);
}

static void choose_method(struct log *log)
{
	const char *kind = command_text(log->command, "--kind");

	log->performance = command_text(log->command, "--replaces") ||
			   (kind && strcmp(kind, "performance") == 0);
	log->method =
		log->performance ? "Conversations/LogPerformance" : log->command->sentence->method;
	log->request = message_new(
		log->performance
			? coachhouse_method("coachhouse.v1.Conversations/LogPerformance")->input
			: sentence_method(log->command->sentence)->input);
}

/* What a performance conversation has none of; and the kind of any other. */
static bool fill_kind(struct log *log)
{
	static const char *const NOT_THERE[] = {"SESSION", "--as", "--visible", "--actions-file"};
	const struct command *c = log->command;
	const char *kind = command_text(c, "--kind");

	for (size_t i = 0; log->performance && i < sizeof(NOT_THERE) / sizeof(NOT_THERE[0]); i++)
		if (command_text(c, NOT_THERE[i])) {
			snprintf(
				log->error, sizeof(log->error),
				"A performance conversation has no %s: both of you read it and "
				"sign it.\nTry: coach log --past START --with WHO --kind performance",
				NOT_THERE[i]);
			return false;
		}
	if (kind && !log->performance)
		return field_set(log->request, "activity", kind, log->error, sizeof(log->error));
	return true;
}

static bool fill_past(struct log *log, const char *past)
{
	char start[64], error[512];

	if (!when_start(past, log->command->now, command_zone(log->command), true, start,
			sizeof(start), error, sizeof(error)))
		return fail(log, error);
	return field_set(log->request, "start", start, log->error, sizeof(log->error));
}

/* A session by its number, or a time in the past and a person, or what is corrected. */
static bool fill_subject(struct log *log)
{
	const struct command *c = log->command;
	const char *session = command_text(c, "SESSION"), *past = command_text(c, "--past");
	const char *with = command_text(c, "--with"), *replaces = command_text(c, "--replaces");

	if (!fill_kind(log))
		return false;
	if (strcmp(visible(c), "me") != 0 && strcmp(visible(c), "us") != 0)
		return fail(log, "--visible is me or us.");
	if (replaces && !with)
		return field_set(log->request, "replaces", replaces, log->error,
				 sizeof(log->error)) &&
		       (!past || fill_past(log, past));
	if (replaces)
		return fail(log, "--replaces says with whom already: leave out --with.");
	if (session && !past && !with)
		return field_set(log->request, "session", session, log->error, sizeof(log->error));
	if (session || !past || !with)
		return fail(log, "Which conversation? Its session's number, or --past START --with "
				 "WHO.\nTry: coach todo");
	return fill_past(log, past) &&
	       field_set(log->request, "with", with, log->error, sizeof(log->error));
}

/* What says of which conversation it is, from the one request to the other. */
static bool copy_subject(struct log *log, ProtobufCMessage *request)
{
	static const char *const NAMES[] = {"session", "with", "start", "zone", "replaces"};

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		char number[32];
		const char *text = field_string(log->request, NAMES[i]);

		snprintf(number, sizeof(number), "%lld",
			 (long long)field_number(log->request, NAMES[i], 0));
		if (!field_find(log->request->descriptor, NAMES[i]) ||
		    !field_present(log->request, NAMES[i]))
			continue;
		if (!field_set(request, NAMES[i], *text ? text : number, log->error,
			       sizeof(log->error)))
			return false;
	}
	return !log->performance ||
	       field_set(request, "kind", "performance", log->error, sizeof(log->error));
}

/* Said before anything is written or sent, where no page shows it. */
static void show_readers(const struct log *log, const ProtobufCMessage *prepared)
{
	if (log->command->quiet)
		return;
	fputs("The note can be read by ", stderr);
	page_write_readers(prepared, note_visible(log), stderr);
	if (!log->performance) {
		fputs(", actions by ", stderr);
		page_write_readers(prepared, "us", stderr);
	}
	fputs("; by nobody else, administrators included.\n", stderr);
}

/* The same id must not serve two different calls. */
static int prepare(struct log *log, struct coachhouse_reply *reply)
{
	uint8_t kept[16];
	ProtobufCMessage *request;
	int code = EXIT_USAGE;

	memcpy(kept, log->command->call, sizeof(kept));
	randombytes_buf(log->command->call, sizeof(kept));
	request = message_new(
		coachhouse_method("coachhouse.v1.Conversations/PrepareConversation")->input);
	if (copy_subject(log, request))
		code = command_call(log->command, "Conversations/PrepareConversation", request,
				    reply);
	else
		complain("%s", log->error);
	memcpy(log->command->call, kept, sizeof(kept));
	protobuf_c_message_free_unpacked(request, NULL);
	return code;
}

static bool read_files(struct log *log, const char *note, const char *actions)
{
	const struct page_reader reader = {log->command->now, command_zone(log->command)};
	char *text;
	bool good = true;

	if (note && actions && strcmp(note, "-") == 0 && strcmp(actions, "-") == 0)
		return fail(log, "Only one of --note-file and --actions-file can be -.");
	if (note) {
		text = file_read(note, log->error, sizeof(log->error));
		good = text && page_set_note(log->request, text, note_visible(log), log->error,
					     sizeof(log->error));
		free(text);
	}
	if (good && actions) {
		text = file_read(actions, log->error, sizeof(log->error));
		good = text && page_read_actions(&reader, text, log->request, log->error,
						 sizeof(log->error));
		free(text);
	}
	return good;
}

static bool write_draft(struct log *log, const ProtobufCMessage *prepared)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool good;

	if (!out)
		abort();
	page_write(prepared, visible(log->command), command_zone(log->command), out);
	fclose(out);
	good = draft_create(&log->draft, text, log->error, sizeof(log->error));
	free(text);
	return good;
}

static bool edit(struct log *log, const ProtobufCMessage *prepared)
{
	const struct page_reader reader = {log->command->now, command_zone(log->command)};
	const char *kept = command_text(log->command, "--draft"), *editor = page_editor();
	char *text;
	bool good;

	if (!editor || !isatty(STDIN_FILENO))
		return fail(log, "There is no terminal or no editor to write in.\n"
				 "Try: --note-file FILE, or --note-file - for what is piped in");
	if (kept ? !draft_open(&log->draft, kept, log->error, sizeof(log->error))
		 : !write_draft(log, prepared))
		return false;
	if (!draft_edit(&log->draft, editor, log->error, sizeof(log->error)))
		return false;
	text = file_read(log->draft.path, log->error, sizeof(log->error));
	good = text && page_read(&reader, text, log->request, log->error, sizeof(log->error));
	free(text);
	return good;
}

static bool is_empty(const ProtobufCMessage *request)
{
	return !field_present(request, page_note_field(request)) &&
	       !field_present(request, "actions") && !field_present(request, "done");
}

static int send_log(struct log *log)
{
	struct coachhouse_reply reply = {0};
	int code;

	if (is_empty(log->request)) {
		complain("nothing was written, so nothing was recorded.\n"
			 "Try: coach attended SESSION, to say only that it took place");
		draft_remove(&log->draft);
		return EXIT_FAILED;
	}
	code = command_call(log->command, log->method, log->request, &reply);
	if (code == EXIT_DONE) {
		draft_remove(&log->draft);
		code = command_open(log->command) ? show_reply(log->command, reply.message)
						  : EXIT_FAILED;
	}
	coachhouse_reply_free(&reply);
	return code;
}

/* What was written and not recorded is kept, and how to carry on is said. */
static void keep_draft(const struct log *log)
{
	const struct command *c = log->command;

	fputs("Not recorded; what you wrote is kept, for you alone.\nTry: coach log ", stderr);
	if (command_text(c, "SESSION"))
		fputs(command_text(c, "SESSION"), stderr);
	else if (command_text(c, "--replaces"))
		fprintf(stderr, "--replaces %s", command_text(c, "--replaces"));
	else
		fprintf(stderr, "--past \"%s\" --with \"%s\"", command_text(c, "--past"),
			command_text(c, "--with"));
	fprintf(stderr, "%s --draft %s\n",
		log->performance && !command_text(c, "--replaces") ? " --kind performance" : "",
		log->draft.path);
}

/* The page in an editor, or the files that were named. */
static bool write_it(struct log *log, const ProtobufCMessage *prepared)
{
	const char *note = command_text(log->command, "--note-file");
	const char *actions = command_text(log->command, "--actions-file");

	if (!note && !actions)
		return edit(log, prepared);
	show_readers(log, prepared);
	return read_files(log, note, actions);
}

int log_run(struct command *command)
{
	struct log log = {.command = command};
	struct coachhouse_reply prepared = {0};
	int code = command_connect(command);

	if (code != EXIT_DONE)
		return code;
	choose_method(&log);
	code = EXIT_USAGE;
	if (!fill_subject(&log) ||
	    !command_fill(command, log.request, log.error, sizeof(log.error)))
		complain("%s", log.error);
	else if ((code = prepare(&log, &prepared)) != EXIT_DONE)
		;
	else if (!write_it(&log, prepared.message)) {
		complain("%s", log.error);
		code = EXIT_USAGE;
	} else {
		code = send_log(&log);
	}
	if (code != EXIT_DONE && log.draft.path[0])
		keep_draft(&log);
	coachhouse_reply_free(&prepared);
	protobuf_c_message_free_unpacked(log.request, NULL);
	return code;
}
