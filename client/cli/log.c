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

/* A session by its number, or a time in the past and a person. */
static bool fill_subject(struct log *log)
{
	const struct command *c = log->command;
	const char *session = command_text(c, "SESSION"), *past = command_text(c, "--past");
	const char *with = command_text(c, "--with");
	char start[64], error[512];

	if (strcmp(visible(c), "me") != 0 && strcmp(visible(c), "us") != 0)
		return fail(log, "--visible is me or us.");
	if (session && !past && !with)
		return field_set(log->request, "session", session, log->error, sizeof(log->error));
	if (session || !past || !with)
		return fail(log, "Which conversation? Its session's number, or --past START --with "
				 "WHO.\nTry: coach todo");
	if (!when_start(past, c->now, command_zone(c), true, start, sizeof(start), error,
			sizeof(error)))
		return fail(log, error);
	return field_set(log->request, "start", start, log->error, sizeof(log->error)) &&
	       field_set(log->request, "with", with, log->error, sizeof(log->error));
}

/* The same id must not serve two different calls. */
static int prepare(struct log *log, struct coachhouse_reply *reply)
{
	const char *session = command_text(log->command, "SESSION");
	const char *with = command_text(log->command, "--with");
	uint8_t kept[16];
	ProtobufCMessage *request;
	int code = EXIT_USAGE;

	memcpy(kept, log->command->call, sizeof(kept));
	randombytes_buf(log->command->call, sizeof(kept));
	request = message_new(
		coachhouse_method("coachhouse.v1.Conversations/PrepareConversation")->input);
	if (field_set(request, session ? "session" : "with", session ? session : with, log->error,
		      sizeof(log->error)))
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
		good = text && page_set_note(log->request, text, visible(log->command), log->error,
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
	return !field_present(request, "note") && !field_present(request, "actions") &&
	       !field_present(request, "done");
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
	code = command_call(log->command, log->command->sentence->method, log->request, &reply);
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
	else
		fprintf(stderr, "--past \"%s\" --with \"%s\"", command_text(c, "--past"),
			command_text(c, "--with"));
	fprintf(stderr, " --draft %s\n", log->draft.path);
}

int log_run(struct command *command)
{
	const char *note = command_text(command, "--note-file");
	const char *actions = command_text(command, "--actions-file");
	struct log log = {.command = command};
	struct coachhouse_reply prepared = {0};
	int code = command_connect(command);

	if (code != EXIT_DONE)
		return code;
	log.request = message_new(sentence_method(command->sentence)->input);
	code = EXIT_USAGE;
	if (!fill_subject(&log) ||
	    !command_fill(command, log.request, log.error, sizeof(log.error)))
		complain("%s", log.error);
	else if ((code = note || actions ? EXIT_DONE : prepare(&log, &prepared)) != EXIT_DONE)
		;
	else if (!(note || actions ? read_files(&log, note, actions)
				   : edit(&log, prepared.message))) {
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
