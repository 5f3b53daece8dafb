/* One sentence about what cannot be. */
#include "refuse.h"

#include <errno.h>
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

const char *refuse_listening(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "; end what listens there already, another coachd perhaps, or choose "
		       "another place";
	case EACCES:
		return "; choose a port above 1023, or a folder that is this user's";
	case ENOENT:
		return "; make its folder first, for this user to write";
	default:
		return "; say an address of this machine, or tcp://*:PORT";
	}
}
