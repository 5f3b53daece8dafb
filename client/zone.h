/*
 * Wall clocks of IANA zones, and days of the calendar. Zones go through the C
 * library's TZ, which belongs to the whole process: one thread at a time.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A moment on a wall. weekday: 1 Monday ... 7 Sunday. */
struct wall {
	int year, month, day, hour, minute, second;
	int weekday;
	int offset; /* seconds east of UTC */
};

/* Whether the system knows the zone "Europe/London". */
bool zone_known(const char *zone);

/* The wall clock of `zone` at `at` (seconds since 1970); UTC for an unknown zone. */
void zone_wall(int64_t at, const char *zone, struct wall *out);

/* Days since 1970-01-01 of a day, and back (fills year, month, day, weekday). */
int64_t day_number(int year, int month, int day);
void day_of(int64_t number, struct wall *out);

int days_in_month(int year, int month);
