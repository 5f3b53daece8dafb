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
#include <strings.h>
#include <time.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"
#include "json_memory.h"

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

/* 32 bits, signed or not: within the bounds both are the same bits. */
static bool read_narrow(struct reader *r, json_t *value, int64_t least, int64_t most, uint32_t *out)
{
	int64_t number;
	if (!read_integer(r, value, least, most, &number))
		return false;
	*out = (uint32_t)number;
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
	const char *name = json_string_value(value);
	json_int_t number = json_integer_value(value);
	if (name)
		found = protobuf_c_enum_descriptor_get_value_by_name(descriptor, name);
	else if (json_is_integer(value) && number >= INT32_MIN && number <= INT32_MAX)
		found = protobuf_c_enum_descriptor_get_value(descriptor, (int)number);
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

/* Whether `text` begins like `shape`, where 0 stands for any digit. */
static bool has_shape(const char *text, const char *shape)
{
	for (; *shape; shape++, text++)
		if (*shape == '0' ? !isdigit((unsigned char)*text)
				  : toupper((unsigned char)*text) != *shape)
			return false;
	return true;
}

static bool read_offset(const char *text, int *seconds)
{
	int hours, minutes;
	*seconds = 0;
	if (!strcasecmp(text, "Z"))
		return true;
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || !has_shape(text + 1, "00:00") ||
	    sscanf(text + 1, "%d:%d", &hours, &minutes) != 2 || hours > 23 || minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	return true;
}

static bool parse_timestamp(const char *text, Google__Protobuf__Timestamp *out)
{
	struct tm tm = {0}, again;
	int offset;
	if (!has_shape(text, "0000-00-00T00:00:00") ||
	    sscanf(text, "%d-%d-%d%*1[Tt]%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6 ||
	    tm.tm_year < 1)
		return false;
	text += strlen("0000-00-00T00:00:00");
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
	return true;
}

static bool read_nested(struct reader *r, json_t *value, const ProtobufCMessageDescriptor *type,
			ProtobufCMessage **out)
{
	*out = malloc(type->sizeof_message);
	if (!*out)
		return wrong(r, "memory ran out");
	protobuf_c_message_init(type, *out);
	if (type == &google__protobuf__timestamp__descriptor) {
		const char *text = json_string_value(value);
		if (text && parse_timestamp(text, (Google__Protobuf__Timestamp *)*out))
			return true;
		return wrong(r, "an instant such as \"2026-11-17T10:00:00Z\" is expected");
	}
	return read_message(r, value, *out);
}

static bool read_value(struct reader *r, const ProtobufCFieldDescriptor *field, json_t *value,
		       void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return read_narrow(r, value, INT32_MIN, INT32_MAX, at);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return read_narrow(r, value, 0, UINT32_MAX, at);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return read_integer(r, value, INT64_MIN, INT64_MAX, at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return read_uint64(r, value, at);
	case PROTOBUF_C_TYPE_FLOAT:
		return read_float(r, value, at);
	case PROTOBUF_C_TYPE_DOUBLE:
		return read_double(r, value, at);
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = json_is_true(value);
		return json_is_boolean(value) || wrong(r, "true or false is expected");
	case PROTOBUF_C_TYPE_ENUM:
		return read_enum(r, value, field->descriptor, at);
	case PROTOBUF_C_TYPE_STRING:
		return read_string(r, value, at);
	case PROTOBUF_C_TYPE_BYTES:
		return read_bytes(r, value, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return read_nested(r, value, field->descriptor, at);
	}
	return wrong(r, "a field of this type cannot be read");
}

/* The count grows with each element, so that a half-read message can be freed. */
static bool read_list(struct reader *r, const ProtobufCFieldDescriptor *field, json_t *list,
		      char *base)
{
	size_t *count = (size_t *)(base + field->quantifier_offset), length = strlen(r->path);
	if (!json_is_array(list))
		return wrong(r, "a list is expected");
	if (!json_array_size(list))
		return true;
	char *values = calloc(json_array_size(list), json_value_size(field->type));
	if (!values)
		return wrong(r, "memory ran out");
	*(char **)(base + field->offset) = values;
	for (size_t i = 0; i < json_array_size(list); i++) {
		snprintf(r->path + length, sizeof r->path - length, "[%zu]", i);
		void *at = values + (*count)++ * json_value_size(field->type);
		if (!read_value(r, field, json_array_get(list, i), at))
			return false;
	}
	r->path[length] = '\0';
	return true;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type,
						  const char *name)
{
	char camel[64];
	for (unsigned i = 0; i < type->n_fields; i++) {
		json_field_name(type->fields[i].name, camel, sizeof camel);
		if (!strcmp(type->fields[i].name, name) || !strcmp(camel, name))
			return &type->fields[i];
	}
	return NULL;
}

static bool read_field(struct reader *r, const char *name, json_t *value, ProtobufCMessage *message)
{
	char *base = (char *)message;
	const ProtobufCFieldDescriptor *field = find_field(message->descriptor, name);
	if (!field)
		return wrong(r, "%s has no such field", message->descriptor->short_name);
	if (json_is_null(value))
		return true;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return *(size_t *)(base + field->quantifier_offset)
			       ? wrong(r, "this field stands here twice")
			       : read_list(r, field, value, base);
	bool pointer =
		field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
	if (pointer && *(void **)(base + field->offset))
		return wrong(r, "this field stands here twice");
	if (!pointer && field->label == PROTOBUF_C_LABEL_OPTIONAL) {
		protobuf_c_boolean *has = (void *)(base + field->quantifier_offset);
		if (*has)
			return wrong(r, "this field stands here twice");
		*has = true;
	}
	return read_value(r, field, value, base + field->offset);
}

static bool read_message(struct reader *r, json_t *object, ProtobufCMessage *message)
{
	size_t length = strlen(r->path);
	const char *name;
	json_t *value;
	if (!json_is_object(object))
		return wrong(r, "an object in braces is expected");
	if (++r->depth > MAX_DEPTH)
		return wrong(r, "nested more than %d deep", MAX_DEPTH);
	json_object_foreach(object, name, value)
	{
		snprintf(r->path + length, sizeof r->path - length, "%s%.60s", length ? "." : "",
			 name);
		if (!read_field(r, name, value, message))
			return false;
	}
	r->path[length] = '\0';
	r->depth--;
	return true;
}

ProtobufCMessage *json_read(const ProtobufCMessageDescriptor *descriptor, const char *text,
			    char *error, size_t size)
{
	json_error_t bad;
	struct reader r = {.error = error, .size = size};
	json_memory_begin();
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &bad);
	if (json_memory_failed()) {
		json_decref(object);
		wrong(&r, "memory ran out");
		return NULL;
	}
	if (!object) {
		snprintf(error, size, "line %d: this is not JSON: %s", bad.line, bad.text);
		return NULL;
	}
	ProtobufCMessage *message = malloc(descriptor->sizeof_message);
	if (message)
		protobuf_c_message_init(descriptor, message);
	bool read = message ? read_message(&r, object, message) : wrong(&r, "memory ran out");
	json_decref(object);
	if (read)
		return message;
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
	return NULL;
}
