/*
 * Logging: fields of the journal where systemd runs us (log_fields.h), else one
 * logfmt line on standard error, with a "<n>" priority prefix. Lines carry a request id, a person and a duration; never what
 * people wrote, never a name, an address or a key in full.
 */
#pragma once
#include <stdarg.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Lines below `level` are dropped. Called at start and on reload. */
void log_set_level(enum log_level level);

/* For PostgreSQL's own lines, which go to the same place. */
enum log_level log_level(void);

/* Parses "error", "warning", "info", "debug"; -1 for any other word. */
int log_level_parse(const char *word);

/*
 * Writes `<n>area=AREA msg="..."`, or its fields. `area` names the subject ("server", "keys",
 * "embedded"), so that no line is anonymous. Keeps errno.
 */
void log_write(enum log_level level, const char *area, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(area, ...) log_write(LOG_ERROR, area, __VA_ARGS__)
#define log_warning(area, ...) log_write(LOG_WARNING, area, __VA_ARGS__)
#define log_info(area, ...) log_write(LOG_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_write(LOG_DEBUG, area, __VA_ARGS__)
