/* Dates and times as people write them. */
#include "when.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "when_text.h"
#include "zone.h"

enum { MAX_WORDS = 12, WORD = 24, REFUSED = -1 };

/* What has been read so far; 0 (or false) where nothing was said. */
struct reading {
	const char *text;
	char words[MAX_WORDS][WORD];
	int count;
	int64_t today;
	struct wall now;
	bool past;
	bool has_number; /* the day by its number: today, in 2 weeks */
	int64_t number;
	int weekday, day, month, year;
	bool has_time;
	int hour, minute;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct reading *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, r->error_size, format, args);
	va_end(args);
	return false;
}

static bool is_noise(const char *word)
{
	return strcmp(word, "at") == 0 || strcmp(word, "on") == 0 || strcmp(word, "this") == 0 ||
	       strcmp(word, "the") == 0;
}

/* Lower case words; "10 am" becomes "10am", "at" and "on" say nothing. */
static bool split(struct reading *r)
{
	const char *p = r->text;

	while (*p) {
		char *word = r->words[r->count];
		size_t n = 0;

		p += strspn(p, " ,\t");
		while (*p && !strchr(" ,\t", *p)) {
			if (r->count == MAX_WORDS || n + 1 == WORD)
				return false;
			word[n++] = (char)tolower((unsigned char)*p++);
		}
		if (n == 0 || is_noise(word))
			memset(word, 0, n);
		else if (r->count > 0 && (strcmp(word, "am") == 0 || strcmp(word, "pm") == 0) &&
			 strlen(r->words[r->count - 1]) < 8) {
			strcat(r->words[r->count - 1], word);
			memset(word, 0, n);
		} else
			r->count++;
		if (r->count == MAX_WORDS)
			return *p == '\0';
	}
	return r->count > 0;
}

/* "10am", "2:30pm", "5.30pm", "14:30", "midday": 1 word, 0 for no time. */
static int read_time(struct reading *r, const char *word)
{
	int hour, minute = 0;
	bool half, pm;

	if (strcmp(word, "midday") == 0 || strcmp(word, "noon") == 0) {
		hour = 12;
	} else if (strcmp(word, "midnight") == 0 || strcmp(word, "12am") == 0) {
		refuse(r, "\"%s\" can mean two days: write 00:00 or 11:59pm.", word);
		return REFUSED;
	} else {
		const char *p = word;

		if (!text_digits(&p, 1, 2, &hour))
			return 0;
		if ((*p == ':' || *p == '.') && (p++, !text_digits(&p, 2, 2, &minute)))
			return 0;
		pm = strcmp(p, "pm") == 0;
		half = pm || strcmp(p, "am") == 0;
		if ((*p && !half) || (!half && p - word < 4))
			return 0; /* "26" and "10" are days until they say otherwise */
		if (hour > 23 || minute > 59 || (half && (hour < 1 || hour > 12))) {
			refuse(r, "\"%s\" is not a time: write for example 10am or 14:30.", word);
			return REFUSED;
		}
		if (half)
			hour = hour % 12 + (pm ? 12 : 0);
	}
	if (r->has_time) {
		refuse(r, "\"%s\" has two times.", r->text);
		return REFUSED;
	}
	r->has_time = true;
	r->hour = hour;
	r->minute = minute;
	return 1;
}

/* "26/10/2026", "26/10", "26.10.2026", "2026-10-26". */
static int read_figures(struct reading *r, const char *word)
{
	const char *p = word;
	int first, second, third = 0;
	char mark;

	if (!text_digits(&p, 1, 4, &first) || !*p || !strchr("/.-", *p))
		return 0;
	mark = *p++;
	if (!text_digits(&p, 1, 2, &second))
		return 0;
	if (*p == mark && (p++, !text_digits(&p, mark == '-' ? 1 : 4, 4, &third)))
		return 0;
	if (*p || (mark != '/' && third == 0))
		return 0;
	r->month = second;
	r->day = mark == '-' ? third : first;
	r->year = mark == '-' ? first : third;
	if (r->day < 1 || r->month < 1 || r->month > 12) {
		refuse(r, "\"%s\" does not exist: dates are day/month/year.", word);
		return REFUSED;
	}
	return 1;
}

/* "26 oct 2026", "26th October", "oct 26": up to 3 words. */
static int read_written(struct reading *r, int at)
{
	const char *first = r->words[at], *second = at + 1 < r->count ? r->words[at + 1] : "";
	const char *third = at + 2 < r->count ? r->words[at + 2] : "";
	int month = text_month(first), day, year;

	if (month ? !text_ordinal(second, &day)
		  : !text_ordinal(first, &day) || !(month = text_month(second)))
		return 0;
	r->day = day;
	r->month = month;
	if (!text_digits(&third, 4, 4, &year) || *third)
		return 2;
	r->year = year;
	return 3;
}

/* The same day some months later, or the last day of that month. */
static int64_t add_months(const struct wall *from, int months)
{
	int index = from->year * 12 + from->month - 1 + months;
	int last = days_in_month(index / 12, index % 12 + 1);

	return day_number(index / 12, index % 12 + 1, from->day < last ? from->day : last);
}

/* "in 2 weeks", "3 days ago". */
static int read_distance(struct reading *r, int at)
{
	bool ahead = strcmp(r->words[at], "in") == 0;
	int amount_at = at + ahead, sign = ahead ? 1 : -1, days;
	char amount[2 * WORD + 2];
	int words = 1;

	if (amount_at >= r->count)
		return 0;
	snprintf(amount, sizeof(amount), "%s", r->words[amount_at]);
	if (when_days(amount) < 0 && amount_at + 1 < r->count) {
		snprintf(amount, sizeof(amount), "%s %s", r->words[amount_at],
			 r->words[amount_at + 1]);
		words = 2;
	}
	days = when_days(amount);
	if (days < 0 || (!ahead && (amount_at + words >= r->count ||
				    strcmp(r->words[amount_at + words], "ago") != 0)))
		return 0;
	r->has_number = true;
	r->number = strstr(amount, "month") ? add_months(&r->now, sign * days / 30)
					    : r->today + sign * days;
	return words + 1;
}

/* "end of march", "end of month", "end of year". */
static int read_end(struct reading *r, int at)
{
	const char *what = at + 2 < r->count ? r->words[at + 2] : "";
	int month = text_month(what), year = r->now.year;

	if (!*what || strcmp(r->words[at], "end") != 0 || strcmp(r->words[at + 1], "of") != 0)
		return 0;
	if (strcmp(what, "month") == 0)
		month = r->now.month;
	else if (strcmp(what, "year") == 0)
		month = 12;
	if (!month)
		return 0;
	if (!r->past && month < r->now.month)
		year++;
	if (r->past && month >= r->now.month)
		year--;
	r->has_number = true;
	r->number = day_number(year, month, days_in_month(year, month));
	return 3;
}

static int read_near(struct reading *r, const char *word)
{
	static const char *const NEAR[] = {"yesterday", "today", "tomorrow"};

	for (int i = 0; i < 3; i++)
		if (strcmp(word, NEAR[i]) == 0) {
			r->has_number = true;
			r->number = r->today + i - 1;
			return 1;
		}
	return 0;
}

/* How many words were understood from `at`; 0 for none, -1 when refused. */
static int read_one(struct reading *r, int at)
{
	const char *word = r->words[at];
	int n;

	if (strcmp(word, "last") == 0) {
		r->past = true;
		return 1;
	}
	if (strcmp(word, "next") == 0) {
		refuse(r, "\"next\" can mean two days: write for example \"tue 10am\" or "
			  "\"3 nov 10am\".");
		return REFUSED;
	}
	if ((n = read_time(r, word)) != 0)
		return n;
	if (r->has_number || r->day)
		n = 0;
	else if ((n = read_near(r, word)) == 0 && (n = read_end(r, at)) == 0 &&
		 (n = read_distance(r, at)) == 0 && (n = read_written(r, at)) == 0)
		n = read_figures(r, word);
	if (n == 0 && !r->weekday && (r->weekday = text_weekday(word)) != 0)
		return 1;
	return n;
}

/* Whether the time on `number` is still to come; a day alone is, until it is over. */
static bool is_ahead(const struct reading *r, int64_t number)
{
	int now = r->now.hour * 60 + r->now.minute;

	if (number != r->today || !r->has_time)
		return number >= r->today;
	return r->hour * 60 + r->minute > now;
}

static bool is_behind(const struct reading *r, int64_t number)
{
	return r->has_time ? !is_ahead(r, number) : number <= r->today;
}

static int64_t nearest_weekday(const struct reading *r)
{
	int step = r->past ? -1 : 1;
	int64_t number = r->today;
	struct wall wall;

	for (;; number += step) {
		day_of(number, &wall);
		if (wall.weekday == r->weekday &&
		    (r->past ? is_behind(r, number) : is_ahead(r, number)))
			return number;
	}
}

/* "26 oct" of the nearest year that has one; INT64_MIN when none of 8 has. */
static int64_t nearest_date(const struct reading *r)
{
	for (int i = 0; i <= 8; i++) {
		int year = r->now.year + (r->past ? -i : i);
		int64_t number = day_number(year, r->month, r->day);

		if (r->day <= days_in_month(year, r->month) &&
		    (r->past ? is_behind(r, number) : is_ahead(r, number)))
			return number;
	}
	return INT64_MIN;
}

static const char *const MONTH_NAMES[] = {"",	     "January",	 "February", "March",  "April",
					  "May",     "June",	 "July",     "August", "September",
					  "October", "November", "December"};
static const char *const DAY_NAMES[] = {"",	    "Monday", "Tuesday",  "Wednesday",
					"Thursday", "Friday", "Saturday", "Sunday"};

/* Makes one day of what was said. */
static bool settle(struct reading *r, struct wall *out)
{
	int64_t number = r->number;

	if (r->day && r->year && r->day > days_in_month(r->year, r->month))
		return refuse(r, "%d %s %d does not exist.", r->day, MONTH_NAMES[r->month],
			      r->year);
	if (r->day && r->year)
		number = day_number(r->year, r->month, r->day);
	else if (r->day)
		number = nearest_date(r);
	else if (!r->has_number && r->weekday)
		number = nearest_weekday(r);
	else if (!r->has_number)
		return refuse(r, "\"%s\" has no day: write for example \"tue 10am\".", r->text);
	if (number == INT64_MIN)
		return refuse(r, "%d %s does not exist.", r->day, MONTH_NAMES[r->month]);
	day_of(number, out);
	if (r->weekday && r->weekday != out->weekday)
		return refuse(r, "%d %s %d is a %s, not a %s.", out->day, MONTH_NAMES[out->month],
			      out->year, DAY_NAMES[out->weekday], DAY_NAMES[r->weekday]);
	return true;
}

static bool read_words(struct reading *r, int64_t now, const char *zone)
{
	zone_wall(now, zone, &r->now);
	r->today = day_number(r->now.year, r->now.month, r->now.day);
	if (!split(r))
		return refuse(r,
			      "\"%.60s\" is not a day: write for example \"tue 10am\" or "
			      "\"26 oct 2:30pm\".",
			      r->text);
	for (int at = 0, n; at < r->count; at += n) {
		n = read_one(r, at);
		if (n < 0)
			return false;
		if (n == 0)
			return refuse(r,
				      "\"%s\" in \"%.60s\" is not understood: write for example "
				      "\"tue 10am\" or \"26 oct 2:30pm\".",
				      r->words[at], r->text);
	}
	return true;
}

bool when_start(const char *text, int64_t now, const char *zone, bool past, char *out, size_t size,
		char *error, size_t error_size)
{
	struct reading r = {.text = text, .past = past, .error = error, .error_size = error_size};
	struct wall day;

	if (text_instant(text, out, size))
		return true;
	if (!read_words(&r, now, zone))
		return false;
	if (!r.has_time)
		return refuse(&r, "\"%.60s\" has no time: write for example \"%.60s 10am\".", text,
			      text);
	if (!settle(&r, &day))
		return false;
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d", day.year, day.month, day.day, r.hour,
		 r.minute);
	return true;
}

bool when_date(const char *text, int64_t now, const char *zone, bool past, char *out, size_t size,
	       char *error, size_t error_size)
{
	struct reading r = {.text = text, .past = past, .error = error, .error_size = error_size};
	struct wall day = {0};

	if (!read_words(&r, now, zone))
		return false;
	if (r.has_time)
		return refuse(&r,
			      "\"%.60s\" has a time, where a day is wanted: write for example "
			      "\"26 oct\".",
			      text);
	if (!settle(&r, &day))
		return false;
	snprintf(out, size, "%04d-%02d-%02d", day.year, day.month, day.day);
	return true;
}
