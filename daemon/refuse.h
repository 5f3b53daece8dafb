/*
 * One sentence about what cannot be, for whoever asked.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Writes the sentence to `error`, cut off at `size`, and returns false. */
bool refuse(char *error, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says it on standard error as the end of a command; the code to exit with. */
int refuse_aloud(const char *error);

/* What to do about a place where one cannot listen, by errno: "; make its folder first". */
const char *refuse_listening(int error);
