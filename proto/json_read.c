/* Messages from protobuf's JSON mapping, by descriptor. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"

/* No message of the contract is deeper; what is, was not meant for us. */
enum { MAX_DEPTH = 4 };

struct reader {
	char *error;
	size_t size;
	char path[200]; /* "rows[2].email": where we are */
	int depth;
};

static bool read_message(struct reader *r, json_t *object, ProtobufCMessage *message);

/* Always false, so that callers end with it. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct reader *r, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = snprintf(r->error, r->size, "%s: ", r->path[0] ? r->path : "the message");
	if (length >= 0 && (size_t)length < r->size)
		vsnprintf(r->error + length, r->size - (size_t)length, format, args);
	va_end(args);
	return false;
}

/* Whole numbers come as numbers or, being exact beyond 53 bits, as strings. */
static bool read_integer(struct reader *r, json_t *value, int64_t least, int64_t most, int64_t *out)
{
	if (json_is_integer(value)) {
		*out = json_integer_value(value);
	} else {
		const char *text = json_string_value(value);
		char *end = NULL;
		errno = 0;
		*out = text ? strtoll(text, &end, 10) : 0;
		if (!text || errno || end == text || *end || isspace((unsigned char)text[0]))
			return wrong(r, "a whole number is expected");
	}
	if (*out < least || *out > most)
		return wrong(r, "a number from %" PRId64 " to %" PRId64 " is expected", least,
			     most);
	return true;
}

static bool read_uint64(struct reader *r, json_t *value, uint64_t *out)
{
	const char *text = json_string_value(value);
	char *end = NULL;
	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*out = (uint64_t)json_integer_value(value);
		return true;
	}
	errno = 0;
	if (text && isdigit((unsigned char)text[0]))
		*out = strtoull(text, &end, 10);
	if (!end || *end || errno)
		return wrong(r, "a whole number of at least 0 is expected");
	return true;
}

static bool read_double(struct reader *r, json_t *value, double *out)
{
	if (json_is_number(value)) {
		*out = json_number_value(value);
		return true;
	}
	const char *text = json_string_value(value);
	char *end = NULL;
	if (text && !isspace((unsigned char)text[0]))
		*out = strtod(text, &end);
	if (!end || end == text || *end)
		return wrong(r, "a number is expected");
	return true;
}

static bool read_float(struct reader *r, json_t *value, float *out)
{
	double wide;
	if (!read_double(r, value, &wide))
		return false;
	*out = (float)wide;
	if (isinf(*out) && !isinf(wide))
		return wrong(r, "a smaller number is expected");
	return true;
}

static bool read_enum(struct reader *r, json_t *value, const ProtobufCEnumDescriptor *descriptor,
		      int *out)
{
	const ProtobufCEnumValue *found = NULL;
	if (json_is_string(value))
		found = protobuf_c_enum_descriptor_get_value_by_name(descriptor,
								     json_string_value(value));
	else if (json_is_integer(value) && llabs(json_integer_value(value)) <= INT32_MAX)
		found = protobuf_c_enum_descriptor_get_value(descriptor,
							     (int)json_integer_value(value));
	if (!found)
		return wrong(r, "a value of %s is expected, such as \"%s\"", descriptor->short_name,
			     descriptor->values[descriptor->n_values - 1].name);
	*out = found->value;
	return true;
}

static bool read_string(struct reader *r, json_t *value, char **out)
{
	if (!json_is_string(value))
		return wrong(r, "text in quotes is expected");
	if (strlen(json_string_value(value)) != json_string_length(value))
		return wrong(r, "text without a NUL is expected");
	*out = strdup(json_string_value(value));
	return *out || wrong(r, "memory ran out");
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Either alphabet, with or without padding, as protobuf's mapping asks. */
static bool read_bytes(struct reader *r, json_t *value, ProtobufCBinaryData *out)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	while (text && length && text[length - 1] == '=')
		length--;
	if (!text || length % 4 == 1 || json_string_length(value) - length > 2)
		return wrong(r, "bytes in base64 are expected");
	out->data = malloc(length * 3 / 4 + 1);
	if (!out->data)
		return wrong(r, "memory ran out");
	uint32_t group = 0;
	for (size_t i = 0; i < length; i++) {
		int digit = base64_digit(text[i]);
		if (digit < 0)
			return wrong(r, "bytes in base64 are expected");
		group = group << 6 | (uint32_t)digit;
		if (i % 4)
			out->data[out->len++] = (uint8_t)(group >> (6 - i % 4 * 2));
	}
	return true;
}

static bool read_fraction(const char **text, int32_t *nanos)
{
	*nanos = 0;
	if (**text != '.')
		return true;
	int digits = 0;
	for ((*text)++; isdigit((unsigned char)**text); (*text)++, digits++)
		*nanos = digits < 9 ? *nanos * 10 + (**text - '0') : *nanos;
	for (int i = digits; i < 9; i++)
		*nanos *= 10;
	return digits > 0 && digits <= 9;
}

static bool read_offset(const char *text, int *seconds)
{
	int hours, minutes, length = 0;
	*seconds = 0;
	if (!strcmp(text, "Z") || !strcmp(text, "z"))
		return true;
	if (sscanf(text + (*text != '\0'), "%2d:%2d%n", &hours, &minutes, &length) != 2 ||
	    length != 5 || text[6] || hours > 23 || minutes > 59 || hours < 0 || minutes < 0)
		return false;
	*seconds = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	return *text == '-' || *text == '+';
}

static bool parse_timestamp(const char *text, Google__Protobuf__Timestamp *out)
{
	struct tm tm = {0}, again;
	int length = 0, offset;
	if (sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &length) != 6 ||
	    length != 19 || tm.tm_year < 1)
		return false;
	text += length;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	out->seconds = timegm(&again);
	/* timegm makes 2 March of 30 February; a date that moved was none. */
	if (again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon ||
	    again.tm_hour != tm.tm_hour || again.tm_min != tm.tm_min || again.tm_sec != tm.tm_sec)
		return false;
	if (!read_fraction(&text, &out->nanos) || !read_offset(text, &offset))
		return false;
	out->seconds -= offset;
	out->has_seconds = true;
	out->has_nanos = out->nanos != 0;
	return true;
}
