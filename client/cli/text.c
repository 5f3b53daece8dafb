/* Text of other people, made fit for a terminal. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of the character at `p`, and its number; 0 for bad UTF-8. */
static int decode(const unsigned char *p, unsigned *out)
{
	static const unsigned LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
	int length = *p < 0x80 ? 1 : (*p & 0xe0) == 0xc0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : 4;

	if (length == 4 && (*p & 0xf8) != 0xf0)
		return 0;
	*out = length == 1 ? *p : *p & (0x7fu >> length);
	for (int i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*out = *out << 6 | (p[i] & 0x3f);
	}
	if (*out < LEAST[length] || *out > 0x10ffff || (*out >= 0xd800 && *out <= 0xdfff))
		return 0;
	return length;
}

/* Overrides could make a line read as another one; plain marks of direction cannot. */
static bool is_safe(unsigned c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && !(c >= 0x202a && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069) && c != 0x2028 && c != 0x2029;
}

void text_show(const char *text, bool lines, FILE *out)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned c = 0;

	while (*p) {
		int length = decode(p, &c);

		if (*p == '\n' || *p == '\t')
			fputc(lines ? *p : ' ', out);
		else if (length && is_safe(c))
			fwrite(p, 1, (size_t)length, out);
		else if (*p != '\r')
			fputc('?', out);
		p += length ? length : 1;
	}
}

char *text_clean(const char *text, bool lines)
{
	char *out = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&out, &size);

	if (!file)
		abort();
	text_show(text, lines, file);
	fclose(file);
	return out;
}
