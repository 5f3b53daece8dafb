/* coach import: rows of a CSV file, all of them or none. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "csv.h"
#include "field.h"
#include "import.h"
#include "own.h"
#include "show.h"

enum { PIECE_ROWS = 200, PIECE_BYTES = 60000 };

/* An import on its way. */
struct import {
	struct command *command;
	const ProtobufCMethodDescriptor *method;
	struct import_rows rows;
	uint8_t (*tokens)[32];	   /* one a row, with --invite */
	ProtobufCMessage *results; /* a reply that gathers the rows of all pieces */
	const char *invitations;   /* the file that they go to */
};

/* Lends the next rows to a request, as many as fit into one call. */
static size_t lend(const struct import *import, size_t from, ProtobufCMessage *request)
{
	size_t bytes = 0, at = from;

	for (; at < import->rows.count && at - from < PIECE_ROWS; at++) {
		bytes += protobuf_c_message_get_packed_size(import->rows.rows[at]) + 8;
		if (bytes > PIECE_BYTES && at > from)
			break;
		field_give(request, "rows", import->rows.rows[at]);
	}
	return at;
}

/* Sends all pieces once; the replies' rows are gathered. */
static int send_all(struct import *import, bool dry_run)
{
	const ProtobufCFieldDescriptor *rows = field_find(import->method->output, "rows");
	char error[256];
	int code = EXIT_DONE;

	for (size_t at = 0; code == EXIT_DONE && at < import->rows.count;) {
		ProtobufCMessage *request = message_new(import->method->input);
		struct coachhouse_reply reply = {0};

		at = lend(import, at, request);
		if (!field_set(request, "dry_run", dry_run ? "yes" : "no", error, sizeof(error)))
			complain("%s", error);
		randombytes_buf(import->command->call, sizeof(import->command->call));
		code = command_call(import->command, import->command->sentence->method, request,
				    &reply);
		field_forget(request, "rows");
		protobuf_c_message_free_unpacked(request, NULL);
		if (code != EXIT_DONE)
			break;
		field_append(import->results, reply.message, rows);
		/* the rest of the reply, such as where to enrol, is the same in each */
		field_append(reply.message, import->results, rows);
		protobuf_c_message_free_unpacked(import->results, NULL);
		import->results = reply.message;
	}
	return code;
}

/* How many rows had an outcome ("added"). */
static int count_outcome(const ProtobufCMessage *results, const char *outcome)
{
	ProtobufCMessage *const *rows = NULL;
	size_t count = field_messages(results, "rows", &rows);
	int found = 0;

	for (size_t i = 0; i < count; i++) {
		char *cell = show_cell(rows[i], "outcome", FIELD_DATA, "UTC");

		found += strcmp(cell, outcome) == 0;
		free(cell);
	}
	return found;
}

static void say_counts(const struct import *import, const char *what)
{
	fprintf(stderr, "%s%d added, %d changed, %d as they were, %d refused.\n", what,
		count_outcome(import->results, "added"), count_outcome(import->results, "changed"),
		count_outcome(import->results, "unchanged"),
		count_outcome(import->results, "refused"));
}

static void forget_results(struct import *import)
{
	protobuf_c_message_free_unpacked(import->results, NULL);
	import->results = message_new(import->method->output);
}

/* A token for each row; only their hashes travel. */
static void make_tokens(struct import *import)
{
	uint8_t hash[32];

	import->tokens = calloc(import->rows.count + 1, sizeof(*import->tokens));
	if (!import->tokens)
		abort();
	for (size_t i = 0; i < import->rows.count; i++) {
		coachhouse_make_token(import->tokens[i], hash);
		field_set_bytes(import->rows.rows[i], "token_hash", hash, sizeof(hash));
	}
}

/* A device is everybody's, and stays so. */
static bool for_me_alone(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && (!S_ISREG(info.st_mode) || fchmod(fd, 0600) == 0);
}

/* E-mail address, name and invitation of each, into a file for me alone. */
static int write_invitations(const struct import *import)
{
	int fd = open(import->invitations, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	char line[600];
	bool good = out != NULL && for_me_alone(fd);

	if (good)
		fputs("email,name,invitation\r\n", out);
	for (size_t i = 0; good && i < import->rows.count; i++) {
		good = invitation_line(import->results, import->tokens[i], line, sizeof(line));
		csv_write(field_string(import->rows.rows[i], "email"), out);
		fputc(',', out);
		csv_write(field_string(import->rows.rows[i], "name"), out);
		fprintf(out, ",%s\r\n", good ? line : "");
	}
	if (out && fclose(out) != 0)
		good = false;
	if (good)
		fprintf(stderr, "The invitations are in %s; each works once.\n",
			import->invitations);
	else
		complain("%s could not be written: %s.\nTry: the import again, which makes new "
			 "invitations",
			 import->invitations, strerror(errno));
	return good ? EXIT_DONE : EXIT_FAILED;
}

/* The real run, after a dry one without a refusal. */
static int store(struct import *import)
{
	char question[160];
	int code;

	snprintf(question, sizeof(question), "Add %d and change %d?",
		 count_outcome(import->results, "added"),
		 count_outcome(import->results, "changed"));
	code = command_confirm(import->command, question);
	if (code != EXIT_DONE)
		return code;
	if (import->invitations)
		make_tokens(import);
	forget_results(import);
	code = send_all(import, false);
	if (code != EXIT_DONE)
		return code;
	if (count_outcome(import->results, "refused") > 0) {
		say_counts(import, "Something changed meanwhile: ");
		return EXIT_CONFLICT;
	}
	say_counts(import, "Done: ");
	return import->invitations ? write_invitations(import) : EXIT_DONE;
}

static int run_import(struct import *import)
{
	struct command *command = import->command;
	bool dry_run = command_text(command, "--dry-run") != NULL;
	int code = send_all(import, true);

	if (code != EXIT_DONE)
		return code;
	import_add_refusals(&import->rows, import->results);
	if (command_open(command))
		show_reply(command, import->results);
	fflush(command->out);
	if (count_outcome(import->results, "refused") > 0) {
		say_counts(import, "Nothing was stored. There are: ");
		complain("some lines are refused.\nTry: mend them, and the same again");
		return EXIT_FAILED;
	}
	if (dry_run) {
		say_counts(import, "Nothing was stored. It would be: ");
		return EXIT_DONE;
	}
	return store(import);
}

/* -o names where the invitations go; the table is shown as ever. */
static bool take_invite(struct import *import)
{
	struct command *command = import->command;

	if (!command_text(command, "--invite"))
		return true;
	if (!command->file) {
		complain(
			"--invite wants a file for the invitations.\nTry: --invite -o invitations.csv");
		return false;
	}
	import->invitations = command->file;
	command->file = NULL;
	return true;
}

int import_run(struct command *command)
{
	struct import import = {.command = command};
	char error[1024];
	int code = EXIT_USAGE;

	import.method = sentence_method(command->sentence);
	if (!take_invite(&import))
		return EXIT_USAGE;
	if (!import_read(&import.rows, field_find(import.method->input, "rows")->descriptor,
			 command_text(command, "FILE.csv"), command, error, sizeof(error)))
		complain("%s", error);
	else
		code = command_connect(command);
	if (code == EXIT_DONE) {
		import.results = message_new(import.method->output);
		code = run_import(&import);
		protobuf_c_message_free_unpacked(import.results, NULL);
	}
	if (import.tokens)
		sodium_memzero(import.tokens, import.rows.count * sizeof(*import.tokens));
	free(import.tokens);
	import_rows_finish(&import.rows);
	return code;
}

int import_template_run(struct command *command)
{
	const char *kind = command_text(command, "--template");

	if (kind && strcmp(kind, "people") == 0)
		fputs("email,name,organisation,roles,zone\r\n"
		      "sam.reed@alder.example,Sam Reed,Alder Trust,coach mentor,Europe/London\r\n",
		      stdout);
	else if (kind && strcmp(kind, "conversations") == 0)
		fputs("date,start,minutes,coach,mentee,kind,outcome,zone\r\n"
		      "2026-04-21,10:00,60,sam.reed@alder.example,kim.day@alder.example,coaching,"
		      "attended,Europe/London\r\n",
		      stdout);
	else
		complain(
			"import what?\nTry: coach import people FILE.csv, or coach import --template "
			"people|conversations");
	return kind ? EXIT_DONE : EXIT_USAGE;
}
