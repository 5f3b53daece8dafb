/*
 * One sentence about what cannot be, for whoever asked.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Writes the sentence to `error`, cut off at `size`, and returns false. */
bool refuse(char *error, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
