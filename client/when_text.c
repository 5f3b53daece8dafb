/* The words and figures that dates are made of. */
#include "when_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "zone.h"

bool text_digits(const char **at, int least, int most, int *out)
{
	const char *p = *at;
	int value = 0;

	while (isdigit((unsigned char)*p) && p - *at <= most)
		value = value * 10 + (*p++ - '0');
	if (p - *at < least || p - *at > most)
		return false;
	*at = p;
	*out = value;
	return true;
}

/* A name, or its first letters as long as they mean only one. */
static int find_name(const char *word, size_t least, const char *const *names, int count)
{
	size_t length = strlen(word);

	for (int i = 0; length >= least && i < count; i++)
		if (strncmp(names[i], word, length) == 0)
			return i + 1;
	return 0;
}

int text_month(const char *word)
{
	static const char *const MONTHS[] = {"january",	  "february", "march",	  "april",
					     "may",	  "june",     "july",	  "august",
					     "september", "october",  "november", "december"};

	return find_name(word, 3, MONTHS, 12);
}

int text_weekday(const char *word)
{
	static const char *const DAYS[] = {"monday", "tuesday",	 "wednesday", "thursday",
					   "friday", "saturday", "sunday"};

	return find_name(word, 3, DAYS, 7);
}

bool text_ordinal(const char *word, int *day)
{
	const char *p = word;

	if (!text_digits(&p, 1, 2, day) || *day < 1 || *day > 31)
		return false;
	return !*p || strcmp(p, "st") == 0 || strcmp(p, "nd") == 0 || strcmp(p, "rd") == 0 ||
	       strcmp(p, "th") == 0;
}

/* "", "Z", "+01:00", "+0100" or "-05". */
static bool read_offset(const char *p, char *out, size_t size)
{
	int hours, minutes = 0;
	char sign = *p;

	if (!*p || strcmp(p, "Z") == 0 || strcmp(p, "z") == 0) {
		snprintf(out, size, "%s", *p ? "Z" : "");
		return true;
	}
	p++;
	if ((sign != '+' && sign != '-') || strspn(p, "0123456789") < 2)
		return false;
	hours = (p[0] - '0') * 10 + p[1] - '0';
	p += 2;
	if (*p == ':')
		p++;
	if (*p && !text_digits(&p, 2, 2, &minutes))
		return false;
	snprintf(out, size, "%c%02d:%02d", sign, hours, minutes);
	return !*p && hours <= 14 && minutes < 60;
}

bool text_instant(const char *text, char *out, size_t size)
{
	const char *p = text + strspn(text, " ");
	int year, month, day, hour, minute, second;
	char offset[16];

	if (!text_digits(&p, 4, 4, &year) || *p++ != '-' || !text_digits(&p, 2, 2, &month) ||
	    *p++ != '-' || !text_digits(&p, 2, 2, &day) || !*p || !strchr("Tt ", *p++) ||
	    !text_digits(&p, 2, 2, &hour) || *p++ != ':' || !text_digits(&p, 2, 2, &minute))
		return false;
	if (*p == ':' && (p++, !text_digits(&p, 2, 2, &second) || second > 59))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
	    minute > 59 || !read_offset(p, offset, sizeof(offset)))
		return false;
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d%s", year, month, day, hour, minute, offset);
	return true;
}
