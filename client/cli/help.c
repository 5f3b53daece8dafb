/* Help, from the table of sentences. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "own.h"

void help_short(FILE *out)
{
	fputs("coach slots Karen --next 3             when can I have an hour with Karen?\n"
	      "coach book Karen \"tue 10am\"            book it\n"
	      "coach move 1042 \"wed 2pm\"              move session 1042\n"
	      "coach sessions                         what is coming\n"
	      "coach log 1042                         record what was said, for whom I choose\n"
	      "coach todo                             what waits for me\n"
	      "coach availability set \"Mon-Fri 09:00-12:30\"\n"
	      "coach report capacity --month 2026-11\n"
	      "\n"
	      "coach help [SENTENCE] explains; coach doctor finds what is wrong; man coach\n",
	      out);
}

static void write_blanks(const struct sentence *sentence, const struct blank *blanks, int max,
			 FILE *out)
{
	char value[256], name[320];

	for (int i = 0; i < max && blanks[i].name; i++) {
		blank_value_name(sentence, &blanks[i], value, sizeof(value));
		snprintf(name, sizeof(name), "%.*s%s%s", (int)strcspn(blanks[i].name, " "),
			 blanks[i].name, value[0] ? " " : "", value);
		fprintf(out, "  %-28s %s\n", name, blanks[i].help);
	}
}

void help_sentence(const struct sentence *sentence, FILE *out)
{
	char usage[2048];

	sentence_usage(sentence, usage, sizeof(usage));
	if (sentence->example)
		fprintf(out, "For example:  coach %s\n\n", sentence->example);
	fprintf(out, "%s\n\ncoach %s\n", sentence->says, usage);
	write_blanks(sentence, sentence->blanks, MAX_BLANKS, out);
	write_blanks(sentence, sentence->flags, MAX_FLAGS, out);
	fputs("\nWith every sentence: ", out);
	for (const struct blank *b = GLOBAL_FLAGS; b->name; b++)
		fprintf(out, "%s%s", b == GLOBAL_FLAGS ? "" : ", ", b->name);
	fputs("\n", out);
}

/* All sentences that begin with `words`, one line each. */
static int write_all(const char *words, FILE *out)
{
	const struct sentence *s;
	size_t length = strlen(words);
	int count = 0;

	for (size_t i = 0; (s = sentence_at(i)); i++)
		if (strncmp(s->words, words, length) == 0 && (!length || s->words[length] == ' ')) {
			fprintf(out, "coach %-22s %s\n", s->words, s->says);
			count++;
		}
	return count;
}

int help_run(struct command *command)
{
	char *words[MAX_GIVEN];
	const struct sentence *sentence;
	int taken = 0;

	for (int i = 0; i < command->count; i++)
		words[i] = (char *)command->given[i].text;
	if (command->count == 0) {
		write_all("", stdout);
		fputs("\ncoach help SENTENCE says more of one, for example: coach help book\n",
		      stdout);
		return EXIT_DONE;
	}
	sentence = sentence_find(words, command->count, &taken);
	if (sentence && taken == command->count) {
		help_sentence(sentence, stdout);
		return EXIT_DONE;
	}
	if (command->count == 1 && write_all(words[0], stdout) > 0)
		return EXIT_DONE;
	sentence = sentence_nearest(words[0]);
	complain("there is no \"coach %s\".\nTry: coach help %s", words[0],
		 sentence ? sentence->words : "");
	return EXIT_USAGE;
}
