/* A line of the log as fields of the journal. */
#include "log_fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every line would be said to come from this file. It has its own names for levels, too. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

/* The words of our lines that are worth a search; a closed list, all short. */
static const char *const words[][2] = {
	{"id", "CALL"},
	{"method", "METHOD"},
	{"person", "PERSON"},
	{"key", "KEY"},
	{"ms", "MS"},
	{"code", "CODE"},
	{"reason", "REASON"},
	{"statement", "STATEMENT"},
	{"sqlstate", "SQLSTATE"},
	{"constraint", "CONSTRAINT"},
};

static void add(struct log_fields *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct log_fields *f, const char *format, ...)
{
	char *at = f->room + f->used;
	const size_t room = sizeof f->room - f->used;
	va_list arguments;

	va_start(arguments, format);
	const int length = vsnprintf(at, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room || f->n == LOG_FIELDS)
		return;
	f->fields[f->n++] = (struct iovec){at, (size_t)length};
	f->used += (size_t)length;
}

static void add_word(struct log_fields *f, const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const size_t name = strlen(words[i][0]);
		if (length > name + 1 && word[name] == '=' && !strncmp(word, words[i][0], name)) {
			add(f, "COACHHOUSE_%s=%.*s", words[i][1], (int)(length - name - 1),
			    word + name + 1);
			return;
		}
	}
}

void log_fields_fill(struct log_fields *f, char priority, const char *area, const char *text)
{
	f->n = 0;
	f->used = 0;
	add(f, "MESSAGE=%s", text);
	add(f, "PRIORITY=%c", priority);
	add(f, "SYSLOG_IDENTIFIER=coachd");
	add(f, "COACHHOUSE_AREA=%s", area);
	for (const char *word = text; *word; word += strspn(word, " \n")) {
		const size_t length = strcspn(word, " \n");
		add_word(f, word, length);
		word += length;
	}
}

/* Whether standard error is a stream of the journal's, as systemd says it. */
static bool goes_to_journal(void)
{
	unsigned long device, inode;
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat info;

	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

bool log_fields_send(const struct log_fields *f)
{
	/* Without its socket the journal's library would say that all is well. */
	return goes_to_journal() && access("/run/systemd/journal/socket", W_OK) == 0 &&
	       sd_journal_sendv(f->fields, f->n) >= 0;
}
