/* What other programs want of the table: bash's completion, the manual's list. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "help.h"
#include "own.h"

static void write_flags(const struct blank *flags, int max)
{
	for (int i = 0; i < max && flags[i].name; i++)
		printf(" %.*s", (int)strcspn(flags[i].name, " "), flags[i].name);
}

/* Words that may follow `words`, which is none or the first word of sentences. */
static void write_next_words(const char *words)
{
	const struct sentence *s;
	size_t length = strlen(words);
	char seen[2048] = " ", word[66];

	for (size_t i = 0; (s = sentence_at(i)); i++) {
		const char *rest = s->words + length + (length > 0);

		if (length && (strncmp(s->words, words, length) != 0 || s->words[length] != ' '))
			continue;
		snprintf(word, sizeof(word), " %.*s ", (int)strcspn(rest, " "), rest);
		if (strstr(seen, word))
			continue;
		strncat(seen, word + 1, sizeof(seen) - strlen(seen) - 1);
		printf(" %.*s", (int)strlen(word) - 2, word + 1);
	}
}

/* One case for what may follow a flag that takes one of a few values. */
static void write_values(const struct sentence *sentence)
{
	char value[256];

	for (int i = 0; i < MAX_FLAGS && sentence->flags[i].name; i++) {
		const struct blank *flag = &sentence->flags[i];

		blank_value_name(sentence, flag, value, sizeof(value));
		if (!strchr(value, '|'))
			continue;
		for (char *c = value; *c; c++)
			if (*c == '|')
				*c = ' ';
		printf("\t\"%s \"*\"%.*s \") words='%s' ;;\n", sentence->words,
		       (int)strcspn(flag->name, " "), flag->name, value);
	}
}

/* "action", "report": words that only go on to others. */
static void write_openings(void)
{
	const struct sentence *s;
	char word[64], last[64] = "";

	for (size_t i = 0; (s = sentence_at(i)); i++) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(s->words, " "), s->words);
		if (sentence_named(word) || strcmp(word, last) == 0)
			continue;
		printf("\t'%s ') words='", word);
		write_next_words(word);
		puts("' ;;");
		snprintf(last, sizeof(last), "%s", word);
	}
}

int completion_manual_run(struct command *command)
{
	(void)command;
	help_manual(stdout);
	return EXIT_DONE;
}

int completion_run(struct command *command)
{
	const struct sentence *s;

	(void)command;
	puts("# Completion of coach's sentences for bash; printed by `coach completion bash`.\n"
	     "_coach() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} line=\"${COMP_WORDS[*]:1:COMP_CWORD-1} \" words=\n"
	     "\tcase $line in");
	for (size_t i = 0; (s = sentence_at(i)); i++)
		write_values(s);
	fputs("\t' ') words='", stdout);
	write_next_words("");
	puts("' ;;");
	for (int length = 2; length > 0; length--) /* the longest words first */
		for (size_t i = 0; (s = sentence_at(i)); i++) {
			if ((strchr(s->words, ' ') != NULL) != (length == 2))
				continue;
			printf("\t\"%s \"*) words='", s->words);
			if (length == 1)
				write_next_words(s->words);
			write_flags(s->flags, MAX_FLAGS);
			write_flags(GLOBAL_FLAGS, 32);
			puts("' ;;");
		}
	write_openings();
	puts("\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	     "\t[[ ${COMPREPLY:-} || $cur == -* ]] && return\n"
	     "\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	     "\tcompopt -o filenames 2>/dev/null || :\n"
	     "}\n"
	     "complete -F _coach coach");
	return EXIT_DONE;
}

/* scdoc takes these for its own. */
static void write_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (strchr("*_\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

void help_manual(FILE *out)
{
	const struct sentence *s;
	char usage[2048];

	for (size_t i = 0; (s = sentence_at(i)); i++) {
		sentence_usage(s, usage, sizeof(usage));
		fprintf(out, "*coach %s*%s\n\t", s->words, usage + strlen(s->words));
		write_escaped(s->says, out);
		fputc('\n', out);
		for (int f = 0; f < MAX_FLAGS && s->flags[f].name; f++) {
			fprintf(out, "%s_%.*s_: ", f ? "" : "\n\t",
				(int)strcspn(s->flags[f].name, " "), s->flags[f].name);
			write_escaped(s->flags[f].help, out);
			fputs(f + 1 < MAX_FLAGS && s->flags[f + 1].name ? "; " : ".\n", out);
		}
		fputc('\n', out);
	}
}
