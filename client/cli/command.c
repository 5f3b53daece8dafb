/* Reading what was typed into a sentence with its blanks filled. */
#include "command.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "when.h"
#include "zone.h"

/* Where reading stands. */
struct typed {
	struct command *command;
	char **words;
	int count, at;
	int filled; /* blanks that are filled */
	char *error;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct typed *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->error, t->size, format, args);
	va_end(args);
	return false;
}

/* "-5" and "-" are values, "-o" and "--to" are flags. */
static bool looks_like_flag(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]);
}

/* Other spellings of the global flags. */
static const char *settle_name(const char *name)
{
	static const char *const SAME[][2] = {{"--help", "-h"},
					      {"--version", "-V"},
					      {"--quiet", "-q"},
					      {"--verbose", "-v"},
					      {"--output", "-o"},
					      {"-p", "--profile"},
					      {"-y", "--yes"},
					      {"--no-colour", "--no-color"},
					      {"--color=never", "--no-color"}};

	for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++)
		if (strcmp(name, SAME[i][0]) == 0)
			return SAME[i][1];
	return name;
}

/*
 * The words before the first flag that is not global: among them are the
 * sentence's own.
 */
static int leading_words(int argc, char **argv, char **words, int max)
{
	int count = 0;

	for (int i = 1; i < argc && count < max; i++) {
		const char *name = settle_name(argv[i]);
		const struct blank *flag;

		if (strcmp(argv[i], "--") == 0)
			break;
		if (!looks_like_flag(argv[i])) {
			words[count++] = argv[i];
			continue;
		}
		flag = sentence_flag(NULL, name, strcspn(name, "="));
		if (!flag && count > 0)
			break;
		if (flag && strchr(flag->name, ' ') && !strchr(name, '='))
			i++;
	}
	return count;
}

/* "report" alone: what it can go on with. */
static bool refuse_words(struct typed *t, const char *word)
{
	const struct sentence *nearest = sentence_nearest(word), *s;
	char possible[256] = "";
	size_t length = strlen(word), used = 0;

	for (size_t i = 0; (s = sentence_at(i)) && used < sizeof(possible); i++)
		if (strncmp(s->words, word, length) == 0 && s->words[length] == ' ')
			used += (size_t)snprintf(possible + used, sizeof(possible) - used, "%s%s",
						 used ? ", " : "", s->words + length + 1);
	if (used)
		return refuse(t, "\"coach %s\" goes on with one of: %s.\nTry: coach help %s", word,
			      possible, word);
	if (nearest)
		return refuse(t, "There is no \"coach %.40s\".\nTry: coach %.*s", word,
			      (int)strcspn(nearest->words, " "), nearest->words);
	return refuse(t, "There is no \"coach %.40s\".\nTry: coach help", word);
}

static bool read_seconds(struct typed *t, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!*text || *end || !(seconds > 0 && seconds <= 3600))
		return refuse(t, "--timeout wants seconds, not \"%.40s\".", text);
	t->command->timeout_ms = (int)(seconds * 1000);
	return true;
}

static bool read_limit(struct typed *t, const char *name, const char *text)
{
	char *end;

	t->command->limit = strtol(text, &end, 10);
	if (!*text || *end || t->command->limit < 1 || t->command->limit > 1000000)
		return refuse(t, "%s wants how many, not \"%.40s\".", name, text);
	return true;
}

static bool read_call(struct typed *t, const char *text)
{
	size_t n = 0;

	for (; n < 16 && isxdigit((unsigned char)text[2 * n]); n++) {
		char pair[3] = {text[2 * n], text[2 * n + 1], '\0'};

		if (!isxdigit((unsigned char)pair[1]))
			break;
		t->command->call[n] = (uint8_t)strtoul(pair, NULL, 16);
	}
	if (n != 16 || text[32])
		return refuse(t, "--call wants the 32 digits that were printed.");
	return true;
}

static bool read_zone(struct typed *t, const char *text)
{
	if (!zone_known(text))
		return refuse(t, "There is no zone \"%.40s\": write for example Europe/London.",
			      text);
	t->command->zone_flag = text;
	return true;
}

/* Global flags without a value. */
static bool set_switch(struct command *c, const char *name)
{
	const struct {
		const char *name;
		bool *value;
	} SWITCHES[] = {{"-h", &c->help},
			{"-V", &c->version},
			{"-q", &c->quiet},
			{"-v", &c->verbose},
			{"--yes", &c->yes}};
	static const struct {
		const char *name;
		enum output output;
	} OUTPUTS[] = {{"--json", OUTPUT_JSON}, {"--csv", OUTPUT_CSV}, {"--plain", OUTPUT_PLAIN}};

	for (size_t i = 0; i < sizeof(SWITCHES) / sizeof(SWITCHES[0]); i++)
		if (strcmp(name, SWITCHES[i].name) == 0)
			return *SWITCHES[i].value = true;
	for (size_t i = 0; i < sizeof(OUTPUTS) / sizeof(OUTPUTS[0]); i++)
		if (strcmp(name, OUTPUTS[i].name) == 0) {
			c->output = OUTPUTS[i].output;
			return true;
		}
	return strcmp(name, "--no-color") == 0;
}

static bool is_named(const struct blank *blank, const char *name)
{
	size_t n = strcspn(blank->name, " ");

	return strlen(name) == n && strncmp(blank->name, name, n) == 0;
}

/* Takes a flag's value to where it belongs. */
static bool keep_flag(struct typed *t, const struct blank *flag, const char *text)
{
	struct command *c = t->command;

	if (is_named(flag, "--timeout"))
		return read_seconds(t, text);
	if (is_named(flag, "--limit") || (is_named(flag, "--next")))
		return read_limit(t, is_named(flag, "--next") ? "--next" : "--limit", text);
	if (is_named(flag, "--call"))
		return read_call(t, text);
	if (is_named(flag, "--zone"))
		return read_zone(t, text);
	if (is_named(flag, "--profile"))
		c->profile_name = text;
	else if (is_named(flag, "-o"))
		c->file = text;
	else if (!set_switch(c, flag->name)) {
		if (c->count == MAX_GIVEN)
			return refuse(t, "Too many flags.");
		c->given[c->count++] = (struct given){flag, text};
	}
	return true;
}

/* "--next [N]": the value may be left out. */
static const char *optional_value(struct typed *t)
{
	const char *next = t->at + 1 < t->count ? t->words[t->at + 1] : "";

	if (!isdigit((unsigned char)*next))
		return "1";
	t->at++;
	return next;
}

static bool read_flag(struct typed *t)
{
	const struct sentence *sentence = t->command->sentence;
	const char *name = settle_name(t->words[t->at]);
	size_t length = strcspn(name, "=");
	const struct blank *flag = sentence_flag(sentence, name, length);
	const char *text = "";

	if (!flag && sentence)
		return refuse(t, "\"coach %s\" has no %.*s.\nTry: coach help %s", sentence->words,
			      (int)length, name, sentence->words);
	if (!flag)
		return refuse(t, "There is no %.*s.\nTry: coach help", (int)length, name);
	if (!blank_takes_value(sentence ? sentence : BOOKING_SENTENCES, flag)) {
		if (name[length])
			return refuse(t, "%.*s takes no value.", (int)length, name);
	} else if (name[length]) {
		text = name + length + 1;
	} else if (strstr(flag->name, " [")) {
		text = optional_value(t);
	} else if (t->at + 1 < t->count && (!looks_like_flag(t->words[t->at + 1]))) {
		text = t->words[++t->at];
	} else {
		return refuse(t, "%.*s wants a value.\nTry: coach help %s", (int)length, name,
			      sentence ? sentence->words : "");
	}
	return keep_flag(t, flag, text);
}

static bool read_blank(struct typed *t)
{
	const struct sentence *s = t->command->sentence;
	const struct blank *blank = &s->blanks[t->filled];
	char usage[1024];

	if (t->filled == MAX_BLANKS || !blank->name || t->command->count == MAX_GIVEN) {
		sentence_usage(s, usage, sizeof(usage));
		return refuse(t,
			      "\"%.40s\" is one word too many: names and times of several words "
			      "stand in quotes.\nTry: coach %s",
			      t->words[t->at], s->example ? s->example : usage);
	}
	t->command->given[t->command->count++] = (struct given){blank, t->words[t->at]};
	if (!blank->repeats)
		t->filled++;
	return true;
}

/* Whether a blank that must be filled is not; with `alone` all may be empty. */
static bool check_blanks(struct typed *t)
{
	struct command *c = t->command;
	const struct blank *missing = &c->sentence->blanks[t->filled];
	char usage[1024];

	if (t->filled == MAX_BLANKS || !missing->name || missing->name[0] == '[' || c->help)
		return true;
	if (t->filled == 0 && c->sentence->alone) {
		c->sentence = sentence_named(c->sentence->alone);
		return true;
	}
	sentence_usage(c->sentence, usage, sizeof(usage));
	return refuse(t, "%s is missing: %s.\nTry: coach %s", missing->name, missing->help,
		      c->sentence->example ? c->sentence->example : usage);
}

bool command_parse(struct command *command, int argc, char **argv, char *error, size_t size)
{
	char *words[8];
	int count = leading_words(argc, argv, words, 8), skip = 0;
	struct typed t = {command, argv, argc, 1, 0, error, size};
	bool flags = true;

	if (count > 0) {
		command->sentence = sentence_find(words, count, &skip);
		if (!command->sentence)
			return refuse_words(&t, words[0]);
	}
	for (; t.at < argc; t.at++) {
		char *word = argv[t.at];
		bool good = true;

		if (flags && strcmp(word, "--") == 0)
			flags = false;
		else if (flags && looks_like_flag(word))
			good = read_flag(&t);
		else if (skip > 0)
			skip--;
		else if (command->sentence)
			good = read_blank(&t);
		if (!good)
			return false;
	}
	return !command->sentence || check_blanks(&t);
}

const char *command_text(const struct command *command, const char *name)
{
	for (int i = command->count - 1; i >= 0; i--) {
		const char *own =
			command->given[i].blank->name + (*command->given[i].blank->name == '[');

		if (strncmp(own, name, strlen(name)) == 0 &&
		    (own[strlen(name)] == '\0' || strchr(" ].", own[strlen(name)])))
			return command->given[i].text;
	}
	return NULL;
}

const char *command_zone(const struct command *command)
{
	if (command->zone_flag)
		return command->zone_flag;
	return command->profile.zone[0] ? command->profile.zone : "Europe/London";
}
