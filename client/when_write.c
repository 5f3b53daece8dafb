/* Dates and times as we write them: times as GOV.UK does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "when.h"
#include "zone.h"

static const char *const DAYS[] = {"",	       "Monday", "Tuesday",  "Wednesday",
				   "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const MONTHS[] = {"",	"January",  "February", "March",  "April",
				     "May",	"June",	    "July",	"August", "September",
				     "October", "November", "December"};

/* 10am, 5:30pm, midday, midnight. */
static void write_time(const struct wall *wall, char *out, size_t size)
{
	int hour = wall->hour % 12 ? wall->hour % 12 : 12;
	const char *half = wall->hour < 12 ? "am" : "pm";

	if (wall->minute == 0 && wall->hour % 12 == 0)
		snprintf(out, size, "%s", wall->hour ? "midday" : "midnight");
	else if (wall->minute == 0)
		snprintf(out, size, "%d%s", hour, half);
	else
		snprintf(out, size, "%d:%02d%s", hour, wall->minute, half);
}

static void write_long_day(const struct wall *wall, char *out, size_t size)
{
	snprintf(out, size, "%s %d %s %d", DAYS[wall->weekday], wall->day, MONTHS[wall->month],
		 wall->year);
}

static bool same_day(const struct wall *a, const struct wall *b)
{
	return a->day == b->day && a->month == b->month && a->year == b->year;
}

/* In autumn an hour happens twice; then the zone alone does not say which one. */
static bool happens_twice(int64_t at, const char *zone)
{
	struct wall before, here, after;

	zone_wall(at - 3600, zone, &before);
	zone_wall(at, zone, &here);
	zone_wall(at + 3600, zone, &after);
	return before.hour == here.hour || after.hour == here.hour;
}

static void write_zone(int64_t at, const char *zone, char *out, size_t size)
{
	const char *slash = strrchr(zone, '/');
	struct wall wall;
	int n = snprintf(out, size, "%s", slash ? slash + 1 : zone);

	for (char *c = out; *c; c++)
		if (*c == '_')
			*c = ' ';
	if (!happens_twice(at, zone) || n < 0 || (size_t)n >= size)
		return;
	zone_wall(at, zone, &wall);
	snprintf(out + n, size - (size_t)n, ", UTC%+d", wall.offset / 3600);
}

static bool is_midnight(const struct wall *wall)
{
	return wall->hour == 0 && wall->minute == 0 && wall->second == 0;
}

/* From midnight to midnight: the last day is the one before. */
static void write_whole_days(const struct wall *from, const struct wall *to, const char *place,
			     char *out, size_t size)
{
	char day[64], last[64];
	struct wall before;

	day_of(day_number(to->year, to->month, to->day) - 1, &before);
	write_long_day(from, day, sizeof(day));
	write_long_day(&before, last, sizeof(last));
	if (same_day(from, &before))
		snprintf(out, size, "%s, all day (%s)", day, place);
	else
		snprintf(out, size, "%s to %s (%s)", day, last, place);
}

void when_write_range(int64_t starts, int64_t ends, const char *zone, char *out, size_t size)
{
	struct wall from, to;
	char day[64], last[64], opens[16], closes[16], place[80];

	zone_wall(starts, zone, &from);
	zone_wall(ends, zone, &to);
	write_long_day(&from, day, sizeof(day));
	write_long_day(&to, last, sizeof(last));
	write_time(&from, opens, sizeof(opens));
	write_time(&to, closes, sizeof(closes));
	write_zone(starts, zone, place, sizeof(place));
	if (is_midnight(&from) && is_midnight(&to))
		write_whole_days(&from, &to, place, out, size);
	else if (same_day(&from, &to))
		snprintf(out, size, "%s, %s to %s (%s)", day, opens, closes, place);
	else
		snprintf(out, size, "%s, %s to %s, %s (%s)", day, opens, last, closes, place);
}

void when_write(int64_t at, const char *zone, char *out, size_t size)
{
	struct wall wall;
	char time[16];

	zone_wall(at, zone, &wall);
	write_time(&wall, time, sizeof(time));
	snprintf(out, size, "%.3s %d %.3s %d, %s", DAYS[wall.weekday], wall.day, MONTHS[wall.month],
		 wall.year, time);
}

void when_write_iso(int64_t at, const char *zone, char *out, size_t size)
{
	struct wall w;

	zone_wall(at, zone, &w);
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", w.year, w.month, w.day,
		 w.hour, w.minute, w.second, w.offset < 0 ? '-' : '+', abs(w.offset) / 3600,
		 abs(w.offset) / 60 % 60);
}

void when_write_day(int64_t at, const char *zone, char *out, size_t size)
{
	struct wall w;

	zone_wall(at, zone, &w);
	snprintf(out, size, "%04d-%02d-%02d", w.year, w.month, w.day);
}

bool when_write_date(const char *date, char *out, size_t size)
{
	int year, month, day, read = 0;
	struct wall wall;

	if (sscanf(date, "%4d-%2d-%2d%n", &year, &month, &day, &read) != 3 || read != 10 ||
	    date[10] || month < 1 || month > 12)
		return false;
	day_of(day_number(year, month, day), &wall);
	snprintf(out, size, "%.3s %d %.3s %d", DAYS[wall.weekday], wall.day, MONTHS[wall.month],
		 wall.year);
	return true;
}

void when_shift_day(const char *date, int days, char out[11])
{
	int year = 1970, month = 1, day = 1;
	struct wall wall;

	if (sscanf(date, "%4d-%2d-%2d", &year, &month, &day) != 3)
		year = 1970, month = day = 1;
	day_of(day_number(year, month, day) + days, &wall);
	snprintf(out, 11, "%04u-%02u-%02u", (unsigned)wall.year % 10000, (unsigned)wall.month % 100,
		 (unsigned)wall.day % 100);
}
