/* The configuration as text, for operators to show to others: without passwords. */
#include <string.h>

#include "config.h"

static const char blank[] = " \t\r\n\f\v";

/* Prints `text` up to `end`, or three stars in its place. */
static const char *print_part(const char *text, const char *end, bool secret, FILE *out)
{
	if (secret)
		fputs("***", out);
	else
		fwrite(text, 1, (size_t)(end - text), out);
	return end;
}

static bool holds(const char *text, const char *end, const char *word)
{
	return memmem(text, (size_t)(end - text), word, strlen(word)) != NULL;
}

/*
 * Where the user and password end in what follows "://"; NULL when there are none.
 * PostgreSQL takes the first '@'. Who forgot to encode one in a password is met too.
 */
static const char *end_of_user(const char *name)
{
	const size_t query = strcspn(name, "?"), path = strcspn(name, "@/");
	const char *last = memrchr(name, '@', query);

	return last || name[path] != '@' ? last : name + path;
}

/* postgresql://USER:PASSWORD@HOST/NAME?KEY=VALUE&... */
static void print_uri(const char *text, FILE *out)
{
	const char *name = strstr(text, "://") + 3, *at = end_of_user(name);
	const char *colon = at ? memchr(name, ':', (size_t)(at - name)) : NULL;

	if (colon) {
		print_part(text, colon + 1, false, out);
		text = print_part(colon + 1, at, true, out);
	}
	text = print_part(text, text + strcspn(text, "?"), false, out);
	while (*text) {
		const char *end = text + 1 + strcspn(text + 1, "&");
		const char *value = memchr(text, '=', (size_t)(end - text));

		value = value ? value + 1 : end;
		/* A key may be written with percent signs, to no purpose but this one. */
		const bool secret = holds(text, value, "password") || holds(text, value, "%");
		print_part(text, value, false, out);
		text = print_part(value, end, secret, out);
	}
}

/* As PostgreSQL reads it: in quotes or up to a blank; a backslash takes what follows. */
static const char *end_of_value(const char *value)
{
	const bool quoted = *value == '\'';

	for (value += quoted; *value; value++) {
		if (quoted ? *value == '\'' : strchr(blank, *value) != NULL)
			return value + quoted;
		if (*value == '\\' && value[1])
			value++;
	}
	return value;
}

/* KEY = VALUE KEY = 'VALUE' ...; what is of another form is not shown. */
static void print_pairs(const char *text, FILE *out)
{
	while (*text) {
		const char *key = text + strspn(text, blank);
		const char *equals = key + strcspn(key, " \t\r\n\f\v=");

		equals += strspn(equals, blank);
		if (*equals != '=') {
			fputs(*key ? "***" : "", out);
			return;
		}
		const char *value = equals + 1 + strspn(equals + 1, blank);
		const char *end = end_of_value(value);
		const bool secret = holds(key, equals, "password") || holds(value, end, "://");
		print_part(text, value, false, out);
		text = print_part(value, end, secret, out);
	}
}

static bool is_conninfo(const char *name)
{
	return strcmp(name, "database") == 0 || strcmp(name, "serving") == 0 ||
	       strcmp(name, "report_database") == 0;
}

static void print_text(const char *name, const char *text, FILE *out)
{
	if (!is_conninfo(name))
		fputs(text, out);
	else if (strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0)
		print_uri(text, out);
	else
		print_pairs(text, out);
}

void config_print(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct config_setting *setting = &config_settings[i];
		const char *at = (const char *)config + setting->offset;
		long number;

		fprintf(out, "%s = ", setting->name);
		if (setting->most > 0) {
			memcpy(&number, at, sizeof number);
			fprintf(out, "%ld", number);
		} else {
			print_text(setting->name, at, out);
		}
		fprintf(out, " ; %s\n", config->origin[i]);
	}
}
