/* coach export: a copy of all that is held about me. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "field.h"
#include "own.h"
#include "text.h"

/* A copy on its way. */
struct export
{
	struct command *command;
	bool json;
	const char *file; /* NULL: stdout */
	char temporary[4200];
	FILE *out;
	char kind[64]; /* of the items being written; "": none yet */
	size_t of_kind, items;
};

static const char *const TEXTS[] = {"note", "action_text", "performance_note"};
enum { TEXT_FIELDS = sizeof(TEXTS) / sizeof(TEXTS[0]) };

static bool is_json(const struct export *export)
{
	const char *format = command_text(export->command, "--format");
	const size_t n = export->file ? strlen(export->file) : 0;

	if (format)
		return strcmp(format, "json") == 0;
	return export->command->output == OUTPUT_JSON ||
	       (n > 5 && strcmp(export->file + n - 5, ".json") == 0);
}

static bool check_words(const struct export *export)
{
	const char *format = command_text(export->command, "--format");

	if (!format || strcmp(format, "json") == 0 || strcmp(format, "text") == 0)
		return true;
	complain("--format is json or text.");
	return false;
}

static void put(json_t *object, const char *name, const char *value)
{
	if (json_object_set_new(object, name, json_string(value)) != 0)
		abort();
}

/* What somebody wrote: the text, who can read it, or why it does not open. */
static json_t *text_object(const ProtobufCMessage *item, const char *field)
{
	char path[64];
	json_t *object = json_object();
	static const char *const PARTS[] = {"text", "visible", "unopened"};

	for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
		char *value = NULL;
		size_t size;
		FILE *out = open_memstream(&value, &size);

		if (!out)
			abort();
		snprintf(path, sizeof(path), "%s.%s", field, PARTS[i]);
		field_write(item, path, FIELD_DATA, "UTC", out);
		fclose(out);
		if (*value)
			put(object, PARTS[i], value);
		free(value);
	}
	return object;
}

static void write_json(struct export *export, const ProtobufCMessage *item)
{
	ProtobufCMessage *const *details = NULL;
	const size_t count = field_messages(item, "details", &details);
	json_t *object = json_object();
	char *text;

	for (size_t i = 0; i < count; i++)
		put(object, field_string(details[i], "name"), field_string(details[i], "value"));
	for (size_t i = 0; i < TEXT_FIELDS; i++)
		if (field_present(item, TEXTS[i]) &&
		    json_object_set_new(object, TEXTS[i], text_object(item, TEXTS[i])) != 0)
			abort();
	text = json_dumps(object, JSON_INDENT(2));
	if (!text)
		abort();
	fprintf(export->out, "%s%s", export->of_kind ? ",\n" : "\n", text);
	free(text);
	json_decref(object);
}

static void write_text(struct export *export, const ProtobufCMessage *item)
{
	ProtobufCMessage *const *details = NULL;
	const size_t count = field_messages(item, "details", &details);

	for (size_t i = 0; i < count; i++) {
		fprintf(export->out, "  %s: ", field_string(details[i], "name"));
		text_show(field_string(details[i], "value"), false, export->out);
		fputc('\n', export->out);
	}
	for (size_t i = 0; i < TEXT_FIELDS; i++) {
		json_t *text = field_present(item, TEXTS[i]) ? text_object(item, TEXTS[i]) : NULL;
		const char *name, *part;
		json_t *value;

		json_object_foreach(text, name, value)
		{
			part = json_string_value(value);
			fprintf(export->out, "  %s:\n    ", name);
			for (const char *end; (end = strchr(part, '\n')); part = end + 1) {
				char line[16100];

				snprintf(line, sizeof(line), "%.*s", (int)(end - part), part);
				text_show(line, false, export->out);
				fputs("\n    ", export->out);
			}
			text_show(part, false, export->out);
			fputc('\n', export->out);
		}
		json_decref(text);
	}
	fputc('\n', export->out);
}

/* A heading, or an array, for each kind. */
static void begin_kind(struct export *export, const char *kind)
{
	if (strcmp(kind, export->kind) == 0)
		return;
	if (export->json)
		fprintf(export->out, "%s\"%s\": [", *export->kind ? "\n],\n" : "{\n", kind);
	else
		fprintf(export->out, "%s\n\n", kind);
	snprintf(export->kind, sizeof(export->kind), "%s", kind);
	export->of_kind = 0;
}

static void write_item(struct export *export, const ProtobufCMessage *item)
{
	begin_kind(export, field_string(item, "kind"));
	if (export->json)
		write_json(export, item);
	else
		write_text(export, item);
	export->of_kind++;
	export->items++;
}

/* Page by page, until one is empty. */
static int write_all(struct export *export)
{
	struct command *command = export->command;
	ProtobufCMessage *request = message_new(sentence_method(command->sentence)->input);
	ProtobufCMessage *const *items;
	size_t count = 1;
	int code = EXIT_DONE;

	while (code == EXIT_DONE && count > 0) {
		struct coachhouse_reply reply = {0};
		char after[32], error[128];

		randombytes_buf(command->call, sizeof(command->call));
		code = command_call(command, command->sentence->method, request, &reply);
		count = code == EXIT_DONE ? field_messages(reply.message, "items", &items) : 0;
		for (size_t i = 0; i < count; i++)
			write_item(export, items[i]);
		if (count > 0) {
			snprintf(after, sizeof(after), "%lld",
				 (long long)field_number(items[count - 1], "id", 0));
			if (!field_set(request, "after", after, error, sizeof(error)))
				complain("%s", error);
		}
		coachhouse_reply_free(&reply);
	}
	protobuf_c_message_free_unpacked(request, NULL);
	if (code == EXIT_DONE && export->json)
		fputs(*export->kind ? "\n]\n}\n" : "{}\n", export->out);
	return code;
}

/* Beside the file, for me alone: what is there stays until the copy is whole. */
static int open_file(struct export *export)
{
	char question[4300];
	int fd, code;

	if (!export->file) {
		export->out = stdout;
		return EXIT_DONE;
	}
	if (access(export->file, F_OK) == 0) {
		snprintf(question, sizeof(question), "Replace %s?", export->file);
		code = command_confirm(export->command, question);
		if (code != EXIT_DONE)
			return code;
	}
	snprintf(export->temporary, sizeof(export->temporary), "%.4000s.XXXXXX", export->file);
	fd = mkostemp(export->temporary, O_CLOEXEC);
	export->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (export->out)
		return EXIT_DONE;
	complain("%s cannot be written: %s.", export->file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return EXIT_FAILED;
}

static int close_file(struct export *export, int code)
{
	bool good = fflush(export->out) == 0 && !ferror(export->out);

	if (export->file) {
		good = fsync(fileno(export->out)) == 0 && good;
		good = fclose(export->out) == 0 && good;
		if (code == EXIT_DONE && good)
			good = rename(export->temporary, export->file) == 0;
	}
	if (!good && code == EXIT_DONE) {
		complain("the copy could not be written: %s.", strerror(errno));
		code = EXIT_FAILED;
	}
	if (export->file && code != EXIT_DONE)
		unlink(export->temporary);
	else if (export->file && !export->command->quiet)
		fprintf(stderr, "%zu items are in %s, which only you can read.\n", export->items,
			export->file);
	return code;
}

int export_run(struct command *command)
{
	struct export export = {.command = command, .file = command_text(command, "--output")};
	int code;

	if (!export.file)
		export.file = command->file;
	if (!check_words(&export))
		return EXIT_USAGE;
	export.json = is_json(&export);
	code = command_connect(command);
	if (code == EXIT_DONE)
		code = open_file(&export);
	return code == EXIT_DONE ? close_file(&export, write_all(&export)) : code;
}
