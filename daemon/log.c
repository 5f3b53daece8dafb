#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log_fields.h"

static enum log_level threshold = LOG_INFO;

static const struct {
	const char *word;
	char priority; /* of syslog, which journald reads */
} levels[] = {
	[LOG_ERROR] = {"error", '3'},
	[LOG_WARNING] = {"warning", '4'},
	[LOG_INFO] = {"info", '6'},
	[LOG_DEBUG] = {"debug", '7'},
};

void log_set_level(enum log_level level)
{
	threshold = level;
}

enum log_level log_level(void)
{
	return threshold;
}

int log_level_parse(const char *word)
{
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strcmp(word, levels[i].word) == 0)
			return (int)i;
	return -1;
}

/* Quotes for logfmt; a line break in `text` must not start a line of its own. */
static size_t quote(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text && used + 3 < size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\' || c == '\n')
			out[used++] = '\\';
		out[used++] = c == '\n' ? 'n' : c < 0x20 || c == 0x7f ? ' ' : *text;
	}
	return used;
}

static void write_line(enum log_level level, const char *area, const char *text)
{
	char line[2200];
	size_t used = (size_t)snprintf(line, sizeof line, "<%c>area=%.32s msg=\"",
				       levels[level].priority, area);

	used += quote(text, line + used, sizeof line - used - 2);
	line[used++] = '"';
	line[used++] = '\n';
	/* One write, so that lines of two processes do not mix. Nowhere to report a failure. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

void log_write(enum log_level level, const char *area, const char *format, ...)
{
	int kept = errno;
	char text[1024];
	struct log_fields fields;
	va_list arguments;

	if (level > threshold)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	log_fields_fill(&fields, levels[level].priority, area, text);
	if (!log_fields_send(&fields))
		write_line(level, area, text);
	errno = kept;
}
