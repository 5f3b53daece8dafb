/* Wall clocks of IANA zones, and days of the calendar. */
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool zone_known(const char *zone)
{
	char path[256];

	if (!zone || !*zone || *zone == '/' || strstr(zone, "..") || strlen(zone) > 64)
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	return strcmp(zone, "UTC") == 0 || access(path, R_OK) == 0;
}

/* Switching reads the zone's file, so it is done only when the zone changes. */
static void zone_use(const char *zone)
{
	static char used[80];

	if (strcmp(used, zone) == 0)
		return;
	snprintf(used, sizeof(used), "%s", zone);
	setenv("TZ", used, 1);
	tzset();
}

void zone_wall(int64_t at, const char *zone, struct wall *out)
{
	time_t t = at;
	struct tm tm = {0};

	zone_use(zone_known(zone) ? zone : "UTC");
	localtime_r(&t, &tm);
	*out = (struct wall){.year = tm.tm_year + 1900,
			     .month = tm.tm_mon + 1,
			     .day = tm.tm_mday,
			     .hour = tm.tm_hour,
			     .minute = tm.tm_min,
			     .second = tm.tm_sec,
			     .weekday = tm.tm_wday ? tm.tm_wday : 7,
			     .offset = (int)tm.tm_gmtoff};
}

/* Howard Hinnant's algorithm: years begin in March, so that leap days come last. */
int64_t day_number(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void day_of(int64_t number, struct wall *out)
{
	int64_t z = number + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	out->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = (int)(year + era * 400 + (out->month <= 2));
	out->weekday = (int)(((number + 3) % 7 + 7) % 7 + 1); /* 1970-01-01 was a Thursday */
}

int days_in_month(int year, int month)
{
	int next = month == 12 ? 1 : month + 1;

	return (int)(day_number(month == 12 ? year + 1 : year, next, 1) -
		     day_number(year, month, 1));
}
