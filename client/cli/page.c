/* The page on which a conversation is recorded. */
#include "page.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "field.h"
#include "json.h"
#include "text.h"
#include "when.h"

static const char NOTE_MARK[] = "---- Note";
static const char ACTIONS_MARK[] = "---- Actions";

enum { MOST_OF_NOTE = 16000 /* characters; the daemon takes no more */ };

static void write_action(const ProtobufCMessage *action, FILE *out)
{
	char *who = text_clean(field_string(action, "owner_name"), false);
	ProtobufCMessage *const *words;
	size_t written = field_messages(action, "action_text", &words);
	char *text = text_clean(written ? field_words(words[0]) : "", false);
	const char *due = field_string(action, "due");

	fprintf(out, "[ ] %s: %s%s%s%s #%lld\n", who, text, *due ? " (due " : "", due,
		*due ? ")" : "", (long long)field_number(action, "id", 0));
	free(who);
	free(text);
}

/* "Kim Day and Sam Reed" of a row of `readers`; the first one is who writes. */
static void write_names(const ProtobufCMessage *readers, bool to_you, FILE *out)
{
	const struct field_values names = field_values(readers, "names");

	if (to_you)
		fputs(names.count > 1 ? "you, " : "only you, ", out);
	for (size_t i = 0; i < names.count; i++) {
		char *name = text_clean(((char *const *)names.first)[i], false);

		fprintf(out, "%s%s", i == 0 ? "" : to_you ? ", and " : " and ", name);
		free(name);
	}
	if (to_you && names.count == 1)
		fputs(",", out);
}

static const ProtobufCMessage *readers_of(const ProtobufCMessage *prepared, const char *visible)
{
	ProtobufCMessage *const *readers;
	size_t count = field_messages(prepared, "readers", &readers);
	char label[16];

	for (size_t i = 0; i < count; i++) {
		enum_label(field_find(readers[i]->descriptor, "visible")->descriptor,
			   (int)field_number(readers[i], "visible", 0), label, sizeof(label));
		if (strcmp(label, visible) == 0)
			return readers[i];
	}
	return NULL;
}

void page_write_readers(const ProtobufCMessage *prepared, const char *visible, FILE *out)
{
	const ProtobufCMessage *readers = readers_of(prepared, visible);

	if (readers)
		write_names(readers, false, out);
}

static void write_choice(const ProtobufCMessage *prepared, const char *visible, FILE *out)
{
	const ProtobufCMessage *readers = readers_of(prepared, visible);

	fprintf(out, "    %s   ", visible);
	if (readers)
		write_names(readers, true, out);
	fputs(" can read the note\n", out);
}

/* Who reads it and what the organisation learns, of a performance conversation. */
static void write_performance(const ProtobufCMessage *prepared, FILE *out)
{
	const ProtobufCMessage *readers = readers_of(prepared, "us");

	fputs("\n\n    Performance conversation: ", out);
	if (readers)
		write_names(readers, true, out);
	fprintf(out,
		" can read it,\n    and you both sign it. Administrators learn that it took place, "
		"when,\n    how long and who has signed; not what was said.\n\n"
		"%s: write below this line ----\n\n\n",
		NOTE_MARK);
}

static void write_actions(const ProtobufCMessage *prepared, FILE *out)
{
	ProtobufCMessage *const *actions;
	size_t count = field_messages(prepared, "actions", &actions);

	fprintf(out, "%s: ", ACTIONS_MARK);
	page_write_readers(prepared, "us", out);
	fputs(" see these, whoever can read the note ----\n", out);
	for (size_t i = 0; i < count; i++)
		write_action(actions[i], out);
	fputs("\n    [x] says that it is done. A new one, without the spaces before it:\n"
	      "    [ ] me: Ring the ward manager (due fri)\n",
	      out);
}

void page_write(const ProtobufCMessage *prepared, const char *visible, const char *zone, FILE *out)
{
	char *with = text_clean(field_string(prepared, "with_name"), false), when[256];
	int64_t starts, minutes = field_number(prepared, "minutes", 60);

	fprintf(out, "Conversation with %s", with);
	if (field_time(prepared, "starts", &starts)) {
		when_write_range(starts, starts + minutes * 60, zone, when, sizeof(when));
		fprintf(out, ", %s", when);
	}
	free(with);
	if (!readers_of(prepared, "me")) {
		write_performance(prepared, out);
		return;
	}
	fprintf(out, "\n\nVisible: %s\n\n", visible);
	write_choice(prepared, "me", out);
	write_choice(prepared, "us", out);
	fprintf(out,
		"    Nobody else can, administrators included. Choose before you write.\n\n"
		"%s: write below this line ----\n\n\n",
		NOTE_MARK);
	write_actions(prepared, out);
}

static void trim(char **text)
{
	size_t n;

	*text += strspn(*text, " \t\r\n");
	n = strlen(*text);
	while (n > 0 && isspace((unsigned char)(*text)[n - 1]))
		(*text)[--n] = '\0';
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

const char *page_note_field(const ProtobufCMessage *request)
{
	return field_find(request->descriptor, "note") ? "note" : "performance_note";
}

bool page_set_note(ProtobufCMessage *request, const char *text, const char *visible, char *error,
		   size_t size)
{
	char *copy = strdup(text), *from = copy;
	ProtobufCMessage *note;
	bool good = true;

	while (*from && from[strspn(from, " \t\r")] == '\n')
		from += strspn(from, " \t\r") + 1;
	for (size_t n = strlen(from); n > 0 && isspace((unsigned char)from[n - 1]);)
		from[--n] = '\0';
	if (characters(from) > MOST_OF_NOTE) {
		snprintf(error, size, "The note has %zu characters; %d is the most.",
			 characters(from), MOST_OF_NOTE);
		good = false;
	} else if (*from) {
		const char *field = page_note_field(request);

		note = message_new(field_find(request->descriptor, field)->descriptor);
		field_give(request, field, note);
		good = field_set(note, "text", from, error, size) &&
		       field_set(note, "visible", visible, error, size);
	}
	free(copy);
	return good;
}

/* Cuts " (due DATE)" off the end of an action; false for a day that is none. */
static bool cut_due(const struct page_reader *reader, char *text, char *out, size_t out_size,
		    char *error, size_t size)
{
	char *open = strrchr(text, '('), *close = strrchr(text, ')');
	char date[64];

	out[0] = '\0';
	if (!open || !close || close < open || close[1] || strncasecmp(open, "(due ", 5) != 0)
		return true;
	snprintf(date, sizeof(date), "%.*s", (int)(close - open - 5), open + 5);
	*open = '\0';
	return when_date(date, reader->now, reader->zone, false, out, out_size, error, size);
}

/* Cuts " #1042" off the end. */
static bool cut_id(char *text, char *out, size_t size)
{
	char *mark = strrchr(text, '#');

	if (!mark || !mark[1] || mark[1 + strspn(mark + 1, "0123456789")])
		return false;
	snprintf(out, size, "%s", mark + 1);
	*mark = '\0';
	return true;
}

static bool add_action(const struct page_reader *reader, char *text, ProtobufCMessage *request,
		       char *error, size_t size)
{
	const ProtobufCFieldDescriptor *field = field_find(request->descriptor, "actions");
	ProtobufCMessage *action, *sealed;
	char *colon = strchr(text, ':'), *what, due[32];

	if (!colon || colon == text) {
		snprintf(
			error, size,
			"\"%.80s\" names nobody: write for example \"[ ] me: Ring the ward manager "
			"(due fri)\".",
			text);
		return false;
	}
	*colon = '\0';
	what = colon + 1;
	trim(&text);
	if (!cut_due(reader, what, due, sizeof(due), error, size))
		return false;
	trim(&what);
	if (!*what) {
		snprintf(error, size, "An action of %.60s says nothing.", text);
		return false;
	}
	action = message_new(field->descriptor);
	field_give(request, "actions", action);
	sealed = message_new(field_find(field->descriptor, "action_text")->descriptor);
	field_give(action, "action_text", sealed);
	return field_set(sealed, "text", what, error, size) &&
	       field_set(sealed, "visible", "us", error, size) &&
	       field_set(action, "owner", text, error, size) &&
	       (!*due || field_set(action, "due", due, error, size));
}

/* "[ ] WHO: TEXT (due DATE)" is new; "[x] ... #ID" is done; "[ ] ... #ID" stays as it is. */
static bool read_action(const struct page_reader *reader, char *line, ProtobufCMessage *request,
			char *error, size_t size)
{
	char id[32], *text;
	bool done;

	if (line[0] == '-' && line[1] == ' ')
		line += 2;
	done = strncasecmp(line, "[x]", 3) == 0;
	if (!done && strncmp(line, "[ ]", 3) != 0 && strncmp(line, "[]", 2) != 0) {
		snprintf(
			error, size,
			"\"%.80s\" is no action: write for example \"[ ] me: Ring the ward manager "
			"(due fri)\".",
			line);
		return false;
	}
	text = strchr(line, ']') + 1;
	trim(&text);
	if (cut_id(text, id, sizeof(id)))
		return !done || field_set(request, "done", id, error, size);
	if (done) {
		snprintf(error, size,
			 "\"%.80s\" is marked as done, but has no number: a new action begins with "
			 "[ ].",
			 line);
		return false;
	}
	return add_action(reader, text, request, error, size);
}

bool page_read_actions(const struct page_reader *reader, const char *text,
		       ProtobufCMessage *request, char *error, size_t size)
{
	char *copy = strdup(text), *rest = NULL, *line;
	bool good = true;

	for (line = strtok_r(copy, "\n", &rest); line && good; line = strtok_r(NULL, "\n", &rest)) {
		/* what begins with a space explains the page */
		if (isspace((unsigned char)line[0]))
			continue;
		trim(&line);
		if (*line)
			good = read_action(reader, line, request, error, size);
	}
	free(copy);
	return good;
}

/* The last line that begins with `mark`, or NULL. */
static char *find_mark(char *text, const char *mark)
{
	char *found = NULL;

	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, mark, strlen(mark)) == 0)
			found = line;
	}
	return found;
}

static char *after_line(char *line)
{
	char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool read_visible(const char *head, const char **out, char *error, size_t size)
{
	const char *line = strstr(head, "Visible:");
	char word[16] = "";

	if (line)
		sscanf(line + 8, " %15[a-zA-Z]", word);
	*out = strcasecmp(word, "us") == 0 ? "us" : "me";
	if (strcasecmp(word, "us") == 0 || strcasecmp(word, "me") == 0)
		return true;
	snprintf(error, size, "The line \"Visible:\" must say me or us.");
	return false;
}

bool page_read(const struct page_reader *reader, const char *text, ProtobufCMessage *request,
	       char *error, size_t size)
{
	char *copy = strdup(text), *note = find_mark(copy, NOTE_MARK);
	char *actions = find_mark(copy, ACTIONS_MARK);
	const char *visible;
	bool good = false;

	if (note && !field_find(request->descriptor, "actions")) {
		good = page_set_note(request, after_line(note), "us", error, size);
	} else if (!note || !actions || actions < note) {
		snprintf(error, size,
			 "The lines \"%s\" and \"%s\" must stay on the page, in this order.",
			 NOTE_MARK, ACTIONS_MARK);
	} else {
		note[0] = '\0';
		actions[0] = '\0';
		good = read_visible(copy, &visible, error, size) &&
		       page_set_note(request, after_line(note + 1), visible, error, size) &&
		       page_read_actions(reader, after_line(actions + 1), request, error, size);
	}
	free(copy);
	return good;
}

static bool on_path(const char *name)
{
	char path[512];
	const char *folders = getenv("PATH");

	for (; folders && *folders; folders += folders[0] == ':') {
		size_t n = strcspn(folders, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)n, folders, name);
		if (access(path, X_OK) == 0)
			return true;
		folders += n;
	}
	return false;
}

const char *page_editor(void)
{
	static const char *const NAMES[] = {"VISUAL", "EDITOR"};

	for (int i = 0; i < 2; i++) {
		const char *editor = getenv(NAMES[i]);

		if (editor && *editor)
			return editor;
	}
	return on_path("nano") ? "nano" : on_path("vi") ? "vi" : NULL;
}
