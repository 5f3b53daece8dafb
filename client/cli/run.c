/* The way of one sentence: request, call, reply, what is shown. */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "field.h"
#include "show.h"

int command_connect(struct command *command)
{
	struct coachhouse_failure failure;
	char error[4400];
	bool absent;

	if (!profile_load(command->profile_name, &command->profile, &absent, error,
			  sizeof(error))) {
		complain("%s", error);
		return absent ? EXIT_REFUSED : EXIT_FAILED;
	}
	command->connection = coachhouse_connect(&command->profile.identity, &failure);
	if (!command->connection) {
		complain("%s", failure.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static void say_waiting(union sigval value)
{
	static const char TEXT[] = "coach: waiting for the daemon (Ctrl-C stops)...\n";

	(void)value;
	if (write(STDERR_FILENO, TEXT, sizeof(TEXT) - 1) < 0)
		return;
}

/* After a second without an answer a terminal says so. */
static bool watch_start(timer_t *timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD,
				 .sigev_notify_function = say_waiting};
	const struct itimerspec second = {.it_value.tv_sec = 1};

	return isatty(STDERR_FILENO) && timer_create(CLOCK_MONOTONIC, &event, timer) == 0 &&
	       timer_settime(*timer, 0, &second, NULL) == 0;
}

int command_call(struct command *command, const char *method, const ProtobufCMessage *request,
		 struct coachhouse_reply *reply)
{
	struct coachhouse_failure failure = {0};
	char name[128];
	timer_t timer;
	bool watched = watch_start(&timer), good;

	snprintf(name, sizeof(name), "coachhouse.v1.%s", method);
	if (command->verbose)
		fprintf(stderr, "coach: %s to %s\n", name, command->profile.identity.endpoint);
	good = coachhouse_call(command->connection, name, request, command->call,
			       command->timeout_ms, reply, &failure);
	if (watched)
		timer_delete(timer);
	return good ? EXIT_DONE : complain_failure(command, &failure);
}

int command_confirm(struct command *command, const char *question)
{
	char answer[16] = "";

	if (command->yes)
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO)) {
		complain("this cannot be taken back.\nTry: the same with --yes");
		return EXIT_USAGE;
	}
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return EXIT_DONE;
	fputs("Nothing was changed.\n", stderr);
	return EXIT_FAILED;
}

/* "End all roles of {1} on {2}?" with what was typed in the blanks. */
static int ask(struct command *command)
{
	char question[1024] = "";
	size_t used = 0;

	for (const char *c = command->sentence->asks; *c && used + 1 < sizeof(question); c++) {
		if (c[0] != '{') {
			question[used++] = *c;
			continue;
		}
		used += (size_t)snprintf(
			question + used, sizeof(question) - used, "%s",
			command_text(command, command->sentence->blanks[c[1] - '1'].name));
		c += 2;
	}
	return command_confirm(command, question);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcasecmp(text + n - m, end) == 0;
}

bool command_open(struct command *command)
{
	if (!command->file) {
		command->out = stdout;
		return true;
	}
	if (command->output == OUTPUT_TABLE && ends_with(command->file, ".csv"))
		command->output = OUTPUT_CSV;
	if (command->output == OUTPUT_TABLE && ends_with(command->file, ".json"))
		command->output = OUTPUT_JSON;
	command->out = fopen(command->file, "we");
	if (!command->out)
		complain("%s cannot be written: %s.", command->file, strerror(errno));
	return command->out != NULL;
}

/* The one repeated field of a list's reply, if the request can go on with `after`. */
static const ProtobufCFieldDescriptor *list_field(const ProtobufCMethodDescriptor *method)
{
	const ProtobufCMessageDescriptor *output = method->output;

	if (!field_find(method->input, "after") || output->n_fields != 1)
		return NULL;
	return output->fields[0].label == PROTOBUF_C_LABEL_REPEATED ? &output->fields[0] : NULL;
}

/* Asks for the next page: at most 100 rows, and no more than were wanted. */
static void next_page(const struct command *command, ProtobufCMessage *request, const char *list,
		      const ProtobufCMessage *so_far)
{
	ProtobufCMessage *const *rows = NULL;
	size_t count = so_far ? field_messages(so_far, list, &rows) : 0;
	char text[32], error[128];
	int64_t left = command->limit ? command->limit - (int64_t)count : 100;

	snprintf(text, sizeof(text), "%lld", (long long)(left < 100 ? left : 100));
	if (!field_set(request, "limit", text, error, sizeof(error)))
		complain("%s", error);
	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)field_number(rows[count - 1], "id", 0));
	if (!field_set(request, "after", text, error, sizeof(error)))
		complain("%s", error);
}

/* Gathers the pages of a list into one reply. */
static int call_pages(struct command *command, ProtobufCMessage *request,
		      const ProtobufCFieldDescriptor *list, struct coachhouse_reply *whole)
{
	struct coachhouse_reply page;
	ProtobufCMessage *const *rows;
	int code;

	next_page(command, request, list->name, NULL);
	code = command_call(command, command->sentence->method, request, whole);
	while (code == EXIT_DONE && whole->more &&
	       (!command->limit ||
		(int64_t)field_messages(whole->message, list->name, &rows) < command->limit)) {
		next_page(command, request, list->name, whole->message);
		randombytes_buf(command->call, sizeof(command->call));
		code = command_call(command, command->sentence->method, request, &page);
		if (code != EXIT_DONE) {
			coachhouse_reply_free(whole);
			break;
		}
		whole->more = page.more;
		field_append(whole->message, page.message, list);
		coachhouse_reply_free(&page);
	}
	return code;
}

/* Times are read and shown in the zone that the daemon knows, from the next sentence on. */
static void keep_zone(struct command *command, const ProtobufCMessage *reply)
{
	struct profile *profile = &command->profile;
	const char *zone = field_string(reply, "zone");
	char error[1024];

	if (!*zone || strcmp(zone, profile->zone) == 0)
		return;
	snprintf(profile->zone, sizeof(profile->zone), "%s", zone);
	if (!profile_save(command->profile_name, profile, error, sizeof(error)))
		complain("%s", error);
}

static int call_and_show(struct command *command, ProtobufCMessage *request)
{
	const ProtobufCFieldDescriptor *list = list_field(sentence_method(command->sentence));
	struct coachhouse_reply reply = {0};
	int code;

	code = list ? call_pages(command, request, list, &reply)
		    : command_call(command, command->sentence->method, request, &reply);
	if (code != EXIT_DONE)
		return code;
	if (command->sentence->keeps_zone)
		keep_zone(command, reply.message);
	if (!command_open(command))
		code = EXIT_FAILED;
	else if (command->sentence->show)
		code = command->sentence->show(command, reply.message);
	else
		code = show_reply(command, reply.message);
	coachhouse_reply_free(&reply);
	if (command->out && fflush(command->out) != 0 && code == EXIT_DONE) {
		complain("the output could not be written: %s.", strerror(errno));
		code = EXIT_FAILED;
	}
	return code;
}

int command_run(struct command *command)
{
	const struct sentence *sentence = command->sentence;
	ProtobufCMessage *request;
	char error[1024];
	int code;

	if (sentence->run)
		return sentence->run(command);
	code = command_connect(command);
	if (code != EXIT_DONE)
		return code;
	request = message_new(sentence_method(sentence)->input);
	if (!command_fill(command, request, error, sizeof(error))) {
		complain("%s", error);
		code = EXIT_USAGE;
	} else if (sentence->fill && !sentence->fill(command, request)) {
		code = EXIT_USAGE;
	} else {
		/* A dry run changes nothing. */
		code = sentence->asks && !command_text(command, "--dry-run") ? ask(command)
									     : EXIT_DONE;
		if (code == EXIT_DONE)
			code = call_and_show(command, request);
	}
	protobuf_c_message_free_unpacked(request, NULL);
	return code;
}
