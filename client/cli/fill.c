/* Filling a request from what was given, by the names of its fields. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "command.h"
#include "field.h"
#include "when.h"
#include "zone.h"

/* "tomorrow", "in 2 weeks", "3 days ago": counted from now, whatever was read before. */
static bool counts_from_now(const char *text)
{
	static const char *const WORDS[] = {"today", "tomorrow", "yesterday", "in "};
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (strncasecmp(text, WORDS[i], strlen(WORDS[i])) == 0)
			return true;
	return length > 4 && strcasecmp(text + length - 4, " ago") == 0;
}

/* The start of a day that was already read: "--to" is looked for from "--from" on. */
static int64_t base_of(const struct command *command, const struct given *given,
		       const ProtobufCMessage *request)
{
	const char *from = "";
	int year, month, day;

	if (strcmp(given->blank->field, "to") == 0 && field_find(request->descriptor, "from") &&
	    !counts_from_now(given->text))
		from = field_string(request, "from");
	if (sscanf(from, "%4d-%2d-%2d", &year, &month, &day) != 3)
		return command->now;
	return day_number(year, month, day) * 86400;
}

static int64_t number_of(const char *date)
{
	int year = 1970, month = 1, day = 1;

	if (sscanf(date, "%4d-%2d-%2d", &year, &month, &day) != 3)
		return 0;
	return day_number(year, month, day);
}

static bool names_year(const char *text)
{
	for (; *text; text++)
		if (strspn(text, "0123456789") >= 4)
			return true;
	return false;
}

/* "15 nov" said a week later is a slip more often than next year, which has to be written. */
static bool is_near(const struct given *given, const char *read, int64_t now, char *error,
		    size_t size)
{
	enum { NINE_MONTHS = 275 };
	enum blank_kind kind = given->blank->kind;
	const char *text = given->text;
	char date[11], day[32], here[32];

	if (kind != BLANK_DATE && kind != BLANK_START && kind != BLANK_EITHER)
		return true;
	snprintf(date, sizeof(date), "%.10s", read);
	when_write_day(now, "UTC", here, sizeof(here));
	if (names_year(text) || counts_from_now(text) || strncmp(date, here, 4) == 0 ||
	    number_of(date) - now / 86400 <= NINE_MONTHS ||
	    !when_write_date(date, day, sizeof(day)))
		return true;
	snprintf(error, size, "\"%.60s\" would be %s: write the year if you mean it.", text, day);
	return false;
}

/* The last or the next such day, whichever is nearer. */
static bool nearest(const char *text, int64_t now, const char *zone, char *out, size_t size,
		    char *error, size_t error_size)
{
	char last[32], today[32];
	int64_t here;

	if (!when_date(text, now, zone, false, out, size, error, error_size) ||
	    !when_date(text, now, zone, true, last, sizeof(last), error, error_size))
		return false;
	when_write_day(now, zone, today, sizeof(today));
	here = number_of(today);
	if (here - number_of(last) < number_of(out) - here)
		snprintf(out, size, "%s", last);
	return true;
}

/* "17:00-19:00" into the fields opens and closes. */
static bool fill_hours(ProtobufCMessage *request, const char *text, char *error, size_t size)
{
	char opens[6], closes[6];

	if (!when_hours(text, opens, closes)) {
		snprintf(error, size, "\"%.60s\" is not hours: write for example 17:00-19:00.",
			 text);
		return false;
	}
	return field_set(request, "opens", opens, error, size) &&
	       field_set(request, "closes", closes, error, size);
}

static bool read_days(const char *text, char *out, size_t size, char *error, size_t error_size)
{
	int days = when_days(text);

	snprintf(out, size, "%d", days);
	if (days < 0)
		snprintf(error, error_size,
			 "\"%.60s\" is not a length of time: write for example \"2 weeks\" or 4w.",
			 text);
	return days >= 0;
}

/* What was typed as the text that the field takes. */
static bool read_text(const struct command *c, const struct given *given,
		      const ProtobufCMessage *request, char *out, size_t size, char *error,
		      size_t error_size)
{
	int64_t now = base_of(c, given, request);
	bool relative = now != c->now;
	const char *zone = relative ? "UTC" : command_zone(c), *text = given->text;
	char day[32];

	switch (given->blank->kind) {
	case BLANK_DATE:
		return when_date(text, now, zone, false, out, size, error, error_size);
	case BLANK_NEAREST:
		return nearest(text, now, zone, out, size, error, error_size);
	case BLANK_LAST:
		if (relative ? !when_date(text, now, zone, false, day, sizeof(day), error,
					  error_size)
			     : !nearest(text, now, zone, day, sizeof(day), error, error_size))
			return false;
		when_shift_day(day, 1, out);
		return true;
	case BLANK_START:
		return when_start(text, now, zone, false, out, size, error, error_size);
	case BLANK_PAST:
		return when_start(text, now, zone, true, out, size, error, error_size);
	case BLANK_EITHER:
		return when_date(text, now, zone, false, out, size, error, error_size) ||
		       when_start(text, now, zone, false, out, size, error, error_size);
	case BLANK_DAYS:
		return read_days(text, out, size, error, error_size);
	default:
		return true;
	}
}

static bool fill_one(const struct command *c, const struct given *given, ProtobufCMessage *request,
		     char *error, size_t size)
{
	const struct blank *blank = given->blank;
	const ProtobufCFieldDescriptor *field = field_find(request->descriptor, blank->field);
	const char *text = given->text;
	char read[64], why[512];

	if (blank->kind == BLANK_HOURS)
		return fill_hours(request, text, error, size);
	if (field && field->type == PROTOBUF_C_TYPE_BOOL && !blank_takes_value(c->sentence, blank))
		text = "yes";
	if (!read_text(c, given, request, read, sizeof(read), why, sizeof(why)) ||
	    !is_near(given, read, base_of(c, given, request), why, sizeof(why)) ||
	    !field_set(request, blank->field, blank->kind == BLANK_AUTO ? text : read, why,
		       sizeof(why))) {
		snprintf(error, size, "%.*s: %s", (int)strcspn(blank->name, " "), blank->name, why);
		return false;
	}
	return true;
}

/* "event=approve" */
static bool fill_constant(ProtobufCMessage *request, const char *set, char *error, size_t size)
{
	char name[64];
	size_t n = strcspn(set, "=");

	snprintf(name, sizeof(name), "%.*s", (int)n, set);
	return field_set(request, name, set + n + 1, error, size);
}

/* What is shown is what is booked: a wall time travels with the zone it was read in. */
static bool fill_zone(const struct command *c, ProtobufCMessage *request, char *error, size_t size)
{
	const char *zone = c->zone_flag ? c->zone_flag : c->profile.zone;

	if (!field_find(request->descriptor, "zone") || !*zone ||
	    (c->sentence->own_zone && !c->zone_flag))
		return true;
	return field_set(request, "zone", zone, error, size);
}

bool command_fill(const struct command *command, ProtobufCMessage *request, char *error,
		  size_t size)
{
	const struct sentence *sentence = command->sentence;

	if (sentence->set && !fill_constant(request, sentence->set, error, size))
		return false;
	/* in the order of the table, so that "from" is known when "to" is read */
	for (int b = 0; b < MAX_BLANKS + MAX_FLAGS; b++) {
		const struct blank *blank =
			b < MAX_BLANKS ? &sentence->blanks[b] : &sentence->flags[b - MAX_BLANKS];

		for (int i = 0; blank->field && i < command->count; i++)
			if (command->given[i].blank == blank &&
			    !fill_one(command, &command->given[i], request, error, size))
				return false;
	}
	return fill_zone(command, request, error, size);
}
