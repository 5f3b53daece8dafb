/* Lengths of time, the hours of a week, and the periods of reports. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "when.h"
#include "when_text.h"
#include "zone.h"

int when_days(const char *text)
{
	static const struct {
		const char *word;
		int days;
	} UNITS[] = {{"d", 1},	 {"day", 1},  {"days", 1},  {"w", 7},	   {"wk", 7},
		     {"wks", 7}, {"week", 7}, {"weeks", 7}, {"month", 30}, {"months", 30}};
	char *end;
	long amount;

	text += strspn(text, " ");
	if (!isdigit((unsigned char)*text))
		return -1;
	amount = strtol(text, &end, 10);
	end += strspn(end, " ");
	for (size_t i = 0; amount <= 1000 && i < sizeof(UNITS) / sizeof(UNITS[0]); i++)
		if (strcasecmp(end, UNITS[i].word) == 0)
			return (int)amount * UNITS[i].days;
	return -1;
}

bool when_read_instant(const char *text, int64_t *out)
{
	char whole[64], sign = '+';
	int year, month, day, hour, minute, hours = 0, minutes = 0;

	if (!text_instant(text, whole, sizeof(whole)) || strlen(whole) < 17 ||
	    sscanf(whole, "%4d-%2d-%2dT%2d:%2d%c%2d:%2d", &year, &month, &day, &hour, &minute,
		   &sign, &hours, &minutes) < 6)
		return false;
	*out = day_number(year, month, day) * 86400 + hour * 3600 + minute * 60 -
	       (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
	return true;
}

bool when_clock(const char *text, char out[6])
{
	const char *p = text;
	int hour, minute = 0;
	bool pm;

	if (!text_digits(&p, 1, 2, &hour))
		return false;
	if ((*p == ':' || *p == '.') && (p++, !text_digits(&p, 2, 2, &minute)))
		return false;
	pm = strcasecmp(p, "pm") == 0;
	if (*p && !pm && strcasecmp(p, "am") != 0)
		return false;
	if (*p && (hour < 1 || hour > 12))
		return false;
	if (*p)
		hour = hour % 12 + (pm ? 12 : 0);
	if (hour == 24 && minute == 0)
		hour = 0;
	if (hour > 23 || minute > 59)
		return false;
	snprintf(out, 6, "%02u:%02u", (unsigned)hour % 24, (unsigned)minute % 60);
	return true;
}

bool when_hours(const char *text, char opens[6], char closes[6])
{
	char first[16], last[16];
	size_t n = strcspn(text, "-");

	if (text[n] != '-' || n >= sizeof(first) || strlen(text + n + 1) >= sizeof(last))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)n, text);
	snprintf(last, sizeof(last), "%s", text + n + 1);
	return when_clock(first, opens) && when_clock(last, closes);
}

/* "Mon" or "Mon-Fri". */
static bool read_days(char *text, int *first, int *last)
{
	char *dash = strchr(text, '-');

	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (dash)
		*dash++ = '\0';
	*first = text_weekday(text);
	*last = dash ? text_weekday(dash) : *first;
	return *first && *last;
}

/* One part, "Mon-Fri 09:00-12:30": its days, and the hours on each. */
static int read_pattern(char *part, struct when_pattern *out, int max)
{
	struct when_pattern hours = {0};
	char *days, *clock, *rest = NULL;
	int first, last, count = 0;

	days = strtok_r(part, " \t", &rest);
	clock = strtok_r(NULL, " \t", &rest);
	if (!days || !clock || strtok_r(NULL, " \t", &rest) || !read_days(days, &first, &last) ||
	    !when_hours(clock, hours.opens, hours.closes))
		return -1;
	for (int day = first;; day = day % 7 + 1) {
		if (count == max)
			return -1;
		out[count] = hours;
		out[count++].weekday = day;
		if (day == last)
			return count;
	}
}

int when_patterns(const char *text, struct when_pattern *out, int max, char *error,
		  size_t error_size)
{
	char copy[1024], shown[1024], *part, *rest = NULL;
	int count = 0;

	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy)) {
		snprintf(
			error, error_size,
			"That is more than %zu characters: say the hours in fewer words, days with "
			"the same hours as in \"Mon-Fri 09:00-12:30\".",
			sizeof(copy) - 1);
		return -1;
	}
	for (part = strtok_r(copy, ",;", &rest); part; part = strtok_r(NULL, ",;", &rest)) {
		int n;

		part += strspn(part, " ");
		snprintf(shown, sizeof(shown), "%s", part);
		n = read_pattern(part, out + count, max - count);
		if (n < 0 && count == max) {
			snprintf(error, error_size,
				 "More than %d spans of hours in a week are too many: join some.",
				 max);
			return -1;
		}
		if (n < 0) {
			snprintf(error, error_size,
				 "\"%.80s\" is not days and hours: write for example \"Mon-Fri "
				 "09:00-12:30, Wed 14:00-19:00\".",
				 shown);
			return -1;
		}
		count += n;
	}
	if (count == 0)
		snprintf(error, error_size,
			 "No hours given: write for example \"Mon-Fri 09:00-12:30\".");
	return count ? count : -1;
}

/* From the first day of a month to the first day some months later. */
static void write_months(int year, int month, int months, char from[11], char to[11])
{
	int end = year * 12 + month - 1 + months;

	snprintf(from, 11, "%04u-%02u-01", (unsigned)year % 10000, (unsigned)month % 100);
	snprintf(to, 11, "%04u-%02u-01", (unsigned)(end / 12) % 10000,
		 (unsigned)(end % 12 + 1) % 100);
}

bool when_period(const char *month, const char *quarter, const char *year, char from[11],
		 char to[11], char *error, size_t error_size)
{
	const char *text = month ? month : quarter ? quarter : year ? year : "";
	const char *p = text;
	int y = 0, part = 1, months = 12;
	bool good = text_digits(&p, 4, 4, &y) && y >= 1970;

	if (good && month) {
		good = *p++ == '-' && text_digits(&p, 2, 2, &part) && part >= 1 && part <= 12;
		months = 1;
	} else if (good && quarter) {
		good = *p++ == '-' && tolower((unsigned char)*p++) == 'q' &&
		       text_digits(&p, 1, 1, &part) && part >= 1 && part <= 4;
		part = part * 3 - 2;
		months = 3;
	}
	if (!good || *p) {
		snprintf(error, error_size, "\"%.40s\" is not a %s: write for example %s.", text,
			 month	   ? "month"
			 : quarter ? "quarter"
				   : "year",
			 month	   ? "2026-11"
			 : quarter ? "2026-Q4"
				   : "2026");
		return false;
	}
	write_months(y, part, months, from, to);
	return true;
}
