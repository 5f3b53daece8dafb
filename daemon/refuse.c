/* One sentence about what cannot be. */
#include "refuse.h"

#include <stdarg.h>
#include <stdio.h>

bool refuse(char *error, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return false;
}

int refuse_aloud(const char *error)
{
	fprintf(stderr, "coachd: %s\n", error);
	return 1;
}
