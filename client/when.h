/*
 * Dates and times as people write them, and as we write them back. `now` and
 * the zone are passed in; see zone.h about threads.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads "tue 10am", "tomorrow 14:30", "26 oct 2:30pm", "26/10/2026 10:00",
 * "2026-10-26T10:00", "2026-10-26 10:00Z", "monday 2pm", "today midday",
 * "26th October at 5.30pm" into the wall time "2026-10-26T10:00", with "Z" or an
 * offset kept if one was given: the form that the contract calls start. Days
 * without a year are the next such day; a weekday is the next one, today only
 * while the time is still to come. `past` looks back instead: the last such day.
 * "midnight", "12am" and an hour alone ("tue 10") are refused: they mean two things.
 * `now`: seconds since 1970. `zone`: IANA name. False with a sentence, which
 * shows an example, for anything else ("29 feb 2026", "tue", "25:00").
 */
bool when_start(const char *text, int64_t now, const char *zone, bool past, char *out, size_t size,
		char *error, size_t error_size) __attribute__((warn_unused_result));

/* The same for a day alone: "2026-10-26". Takes "in 2 weeks", "end of march" too. */
bool when_date(const char *text, int64_t now, const char *zone, bool past, char *out, size_t size,
	       char *error, size_t error_size) __attribute__((warn_unused_result));

/* Seconds since 1970 of "2026-10-26T10:00Z" or with an offset; a bare wall time is none. */
bool when_read_instant(const char *text, int64_t *out) __attribute__((warn_unused_result));

/* "4w", "10 days", "2 weeks", "3 months" (30 days each) in days; -1 for anything else. */
int when_days(const char *text);

/* "Mon-Fri 09:00-12:30, Wed 14:00-19:00": the hours of a week. */
struct when_pattern {
	int weekday; /* 1 Monday ... 7 Sunday */
	char opens[6], closes[6];
};

/* "09:00", "9am", "17.30" as "09:00"; "24:00", the end of a day, as "00:00". */
bool when_clock(const char *text, char out[6]) __attribute__((warn_unused_result));

/* "17:00-19:00" or "5pm-7pm", as in a pattern. */
bool when_hours(const char *text, char opens[6], char closes[6])
	__attribute__((warn_unused_result));

/* Fills up to `max` patterns and returns how many; -1 with a sentence. */
int when_patterns(const char *text, struct when_pattern *out, int max, char *error,
		  size_t error_size);

/* "Monday 26 October 2026, 10am to 11am (London)"; times as GOV.UK writes them. */
void when_write_range(int64_t starts, int64_t ends, const char *zone, char *out, size_t size);

/* For tables: "Mon 26 Oct 2026, 10am". */
void when_write(int64_t at, const char *zone, char *out, size_t size);

/* "2026-10-26T10:00:00+00:00", for exports. */
void when_write_iso(int64_t at, const char *zone, char *out, size_t size);

/* "2026-10-26" of an instant in a zone. */
void when_write_day(int64_t at, const char *zone, char *out, size_t size);

/* "Mon 26 Oct 2026" of "2026-10-26"; false for any other text. */
bool when_write_date(const char *date, char *out, size_t size);

/* "2026-10-27" of "2026-10-26" and 1. */
void when_shift_day(const char *date, int days, char out[11]);

/* Periods: "2026-11", "2026-Q4" (calendar quarter), "2026"; out: first day and the day after the last. */
bool when_period(const char *month, const char *quarter, const char *year, char from[11],
		 char to[11], char *error, size_t error_size) __attribute__((warn_unused_result));
