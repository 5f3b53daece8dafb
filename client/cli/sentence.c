/* Finding sentences by their words, and writing how they are used. */
#include "sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coachhouse.h"
#include "field.h"

const struct blank GLOBAL_FLAGS[] = {
	{"--profile P", NULL, "who I am, of several on this machine"},
	{"--json", NULL, "the reply in protobuf's JSON mapping"},
	{"--csv", NULL, "comma-separated values, ISO times"},
	{"--plain", NULL, "tab-separated values, no headings"},
	{"--limit N", NULL, "at most so many rows of a list"},
	{"--zone Z", NULL, "read and show times in this zone, Europe/London"},
	{"-o FILE", NULL, "into a file; .csv and .json choose the form"},
	{"--timeout S", NULL, "give up after so many seconds; 10 unless told"},
	{"--yes", NULL, "do not ask"},
	{"--call ID", NULL, "the same call as one whose outcome is unknown"},
	{"--no-color", NULL, "no colour"},
	{"-q", NULL, "no hints, only data and errors"},
	{"-v", NULL, "say what is sent where"},
	{"-h", NULL, "this help"},
	{"-V", NULL, "the version"},
	{0},
};

const struct sentence *sentence_at(size_t index)
{
	static const struct sentence *const SUBJECTS[] = {
		BOOKING_SENTENCES, CONVERSATION_SENTENCES, COACH_SENTENCES,  ENGAGEMENT_SENTENCES,
		REPORT_SENTENCES,  PEOPLE_SENTENCES,	   RIGHTS_SENTENCES, OVERSIGHT_SENTENCES};

	for (size_t i = 0; i < sizeof(SUBJECTS) / sizeof(SUBJECTS[0]); i++)
		for (const struct sentence *s = SUBJECTS[i]; s->words; s++)
			if (index-- == 0)
				return s;
	return NULL;
}

const struct sentence *sentence_named(const char *words)
{
	const struct sentence *s;

	for (size_t i = 0; (s = sentence_at(i)); i++)
		if (strcmp(s->words, words) == 0)
			return s;
	return NULL;
}

const struct sentence *sentence_find(char *const *words, int count, int *taken)
{
	char joined[256] = "";
	const struct sentence *found = NULL, *s;
	size_t used = 0;

	for (int i = 0; i < count && i < 3; i++) {
		int n = snprintf(joined + used, sizeof(joined) - used, "%s%s", i ? " " : "",
				 words[i]);

		used += (size_t)n;
		if (used >= sizeof(joined))
			break;
		s = sentence_named(joined);
		if (s) {
			found = s;
			*taken = i + 1;
		}
	}
	return found;
}

/* How many letters must change to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n >= 64)
		return 64;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t change = corner + (a[i] != b[j]);

			corner = row[j + 1];
			row[j + 1] = row[j + 1] < row[j] ? row[j + 1] + 1 : row[j] + 1;
			if (change < row[j + 1])
				row[j + 1] = change;
		}
	}
	return row[n];
}

const struct sentence *sentence_nearest(const char *word)
{
	const struct sentence *best = NULL, *s;
	size_t least = strlen(word) / 2 + 1;

	for (size_t i = 0; (s = sentence_at(i)); i++) {
		char verb[64];
		size_t d;

		snprintf(verb, sizeof(verb), "%.*s", (int)strcspn(s->words, " "), s->words);
		d = distance(word, verb);
		if (strncmp(verb, word, strlen(word)) == 0)
			d = 1;
		if (d < least) {
			least = d;
			best = s;
		}
	}
	return best;
}

const ProtobufCMethodDescriptor *sentence_method(const struct sentence *sentence)
{
	char name[128];

	if (!sentence->method)
		return NULL;
	snprintf(name, sizeof(name), "coachhouse.v1.%s", sentence->method);
	return coachhouse_method(name);
}

static const ProtobufCFieldDescriptor *field_of(const struct sentence *sentence,
						const struct blank *blank)
{
	const ProtobufCMethodDescriptor *method = sentence_method(sentence);

	return method && blank->field ? field_find(method->input, blank->field) : NULL;
}

bool blank_takes_value(const struct sentence *sentence, const struct blank *blank)
{
	const ProtobufCFieldDescriptor *field = field_of(sentence, blank);

	return strchr(blank->name, ' ') || (field && field->type == PROTOBUF_C_TYPE_ENUM);
}

void blank_value_name(const struct sentence *sentence, const struct blank *blank, char *out,
		      size_t size)
{
	const ProtobufCFieldDescriptor *field = field_of(sentence, blank);
	const char *space = strchr(blank->name, ' ');

	if (space)
		snprintf(out, size, "%s", space + 1);
	else if (field && field->type == PROTOBUF_C_TYPE_ENUM)
		enum_labels(field->descriptor, "|", out, size);
	else
		out[0] = '\0';
}

static bool is_flag(const struct blank *blank, const char *name, size_t length)
{
	return strcspn(blank->name, " ") == length && strncmp(blank->name, name, length) == 0;
}

const struct blank *sentence_flag(const struct sentence *sentence, const char *name, size_t length)
{
	for (int i = 0; sentence && i < MAX_FLAGS && sentence->flags[i].name; i++)
		if (is_flag(&sentence->flags[i], name, length))
			return &sentence->flags[i];
	for (const struct blank *b = GLOBAL_FLAGS; b->name; b++)
		if (is_flag(b, name, length))
			return b;
	return NULL;
}

void sentence_usage(const struct sentence *sentence, char *out, size_t size)
{
	char value[256];
	FILE *text = fmemopen(out, size, "w");

	if (!text)
		return;
	fputs(sentence->words, text);
	for (int i = 0; i < MAX_BLANKS && sentence->blanks[i].name; i++)
		fprintf(text, " %s%s", sentence->blanks[i].name,
			sentence->blanks[i].repeats ? "..." : "");
	for (int i = 0; i < MAX_FLAGS && sentence->flags[i].name; i++) {
		const struct blank *flag = &sentence->flags[i];

		blank_value_name(sentence, flag, value, sizeof(value));
		fprintf(text, " [%.*s%s%s]%s", (int)strcspn(flag->name, " "), flag->name,
			value[0] ? " " : "", value, flag->repeats ? "..." : "");
	}
	fclose(text);
}
