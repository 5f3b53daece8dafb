/* The words and figures that dates are made of. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Reads `least` to `most` digits and moves on; false (and stays) for fewer or more. */
bool text_digits(const char **at, int least, int most, int *out);

/* "oct", "october", "sept" in lower case: 1 to 12, or 0. */
int text_month(const char *word);

/* "mon", "tues", "wednesday": 1 Monday to 7 Sunday, or 0. */
int text_weekday(const char *word);

/* "26", "26th", "1st": 1 to 31. */
bool text_ordinal(const char *word, int *day);

/*
 * "2026-10-26T10:00", with seconds, "Z" or an offset: copied to `out` without
 * the seconds. False for anything else, and for days and times that do not exist.
 */
bool text_instant(const char *text, char *out, size_t size);
