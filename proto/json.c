/* JSON from messages, by descriptor; the way back is in json_read.c. */
#include "json.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "json_memory.h"

struct writer {
	enum json_style style;
	json_hook hook;
	void *arg;
	bool precise; /* a number needs all 17 digits */
};

static json_t *write_message(struct writer *w, const ProtobufCMessage *message);

/* "2026-11-17T10:00:00Z", with fractions only when there are any. */
static void timestamp_write(int64_t seconds, int32_t nanos, char *out, size_t size)
{
	time_t at = seconds;
	struct tm tm;
	if (!gmtime_r(&at, &tm)) {
		snprintf(out, size, "invalid");
		return;
	}
	char fraction[16] = "";
	if (nanos > 0 && nanos < 1000000000) {
		int length = snprintf(fraction, sizeof fraction, ".%09d", nanos);
		while (length > 0 && fraction[length - 1] == '0')
			fraction[--length] = '\0';
	}
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
}

/* "SessionState" -> how many characters of "SESSION_STATE_BOOKED" are its prefix. */
static size_t prefix_length(const ProtobufCEnumDescriptor *descriptor, const char *value)
{
	const char *at = value;
	for (const char *c = descriptor->short_name; *c; c++) {
		if (isupper((unsigned char)*c) && c != descriptor->short_name && *at++ != '_')
			return 0;
		if (*at++ != toupper((unsigned char)*c))
			return 0;
	}
	return *at == '_' ? (size_t)(at + 1 - value) : 0;
}

void enum_label(const ProtobufCEnumDescriptor *descriptor, int value, char *out, size_t size)
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
	if (!found) {
		snprintf(out, size, "%d", value);
		return;
	}
	snprintf(out, size, "%s", found->name + prefix_length(descriptor, found->name));
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* Values of one enum all have its prefix, or none has. */
int enum_value(const ProtobufCEnumDescriptor *descriptor, const char *label)
{
	const size_t prefix = prefix_length(descriptor, descriptor->values->name);
	char wanted[64];
	if (strlen(label) >= sizeof wanted)
		return -1;
	strcpy(wanted, label);
	for (char *c = wanted; *c; c++)
		*c = *c == '-' ? '_' : *c;
	for (unsigned i = 0; i < descriptor->n_values; i++) {
		const ProtobufCEnumValue *value = &descriptor->values[i];
		if (!strcasecmp(value->name + prefix, wanted))
			return value->value;
	}
	return -1;
}

static json_t *write_enum(struct writer *w, const ProtobufCEnumDescriptor *descriptor, int value)
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
	if (!found)
		return json_integer(value);
	if (w->style == JSON_PEOPLE)
		return json_string(found->name);
	char label[64];
	enum_label(descriptor, value, label, sizeof label);
	return json_string(label);
}

static char *base64(const ProtobufCBinaryData *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = malloc((bytes->len + 2) / 3 * 4 + 1), *at = out;
	if (!out)
		return NULL;
	for (size_t i = 0; i < bytes->len; i += 3) {
		size_t left = bytes->len - i;
		uint32_t group = (uint32_t)bytes->data[i] << 16;
		group |= left > 1 ? (uint32_t)bytes->data[i + 1] << 8 : 0;
		group |= left > 2 ? bytes->data[i + 2] : 0;
		*at++ = digits[group >> 18];
		*at++ = digits[group >> 12 & 63];
		*at++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*at++ = left > 2 ? digits[group & 63] : '=';
	}
	*at = '\0';
	return out;
}

static char *hexadecimal(const ProtobufCBinaryData *bytes)
{
	char *out = malloc(2 * bytes->len + 3);
	if (!out)
		return NULL;
	strcpy(out, "\\x");
	for (size_t i = 0; i < bytes->len; i++)
		snprintf(out + 2 + 2 * i, 3, "%02x", bytes->data[i]);
	return out;
}

static json_t *write_bytes(struct writer *w, const ProtobufCBinaryData *bytes)
{
	char *text = w->style == JSON_PEOPLE ? base64(bytes) : hexadecimal(bytes);
	json_t *value = text ? json_string(text) : NULL;
	free(text);
	return value;
}

/* JSON readers keep 53 bits of a number, so people's tools get 64 as a string. */
static json_t *write_int64(struct writer *w, int64_t value)
{
	return w->style == JSON_SQL ? json_integer(value) : json_sprintf("%" PRId64, value);
}

static json_t *write_uint64(struct writer *w, uint64_t value)
{
	if (w->style == JSON_SQL && value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_sprintf("%" PRIu64, value);
}

/* JSON has no word for these three; protobuf's mapping has, and PostgreSQL reads them too. */
static json_t *write_double(struct writer *w, double value)
{
	if (isnan(value))
		return json_string("NaN");
	if (isinf(value))
		return json_string(value > 0 ? "Infinity" : "-Infinity");
	char text[32];
	snprintf(text, sizeof text, "%.15g", value);
	w->precise |= strtod(text, NULL) != value;
	return json_real(value);
}

static json_t *write_nested(struct writer *w, const ProtobufCFieldDescriptor *field,
			    const ProtobufCMessage *message)
{
	char *own = w->hook ? w->hook(field, message, w->arg) : NULL;
	if (own) {
		json_t *value = json_loads(own, JSON_DECODE_ANY, NULL);
		free(own);
		return value;
	}
	if (message->descriptor == &google__protobuf__timestamp__descriptor) {
		const Google__Protobuf__Timestamp *at = (const void *)message;
		char text[40];
		timestamp_write(at->seconds, at->nanos, text, sizeof text);
		return json_string(text);
	}
	return write_message(w, message);
}

static json_t *write_value(struct writer *w, const ProtobufCFieldDescriptor *field, const void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return json_integer(*(const int32_t *)at);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return json_integer(*(const uint32_t *)at);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return write_int64(w, *(const int64_t *)at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return write_uint64(w, *(const uint64_t *)at);
	case PROTOBUF_C_TYPE_FLOAT:
		return write_double(w, *(const float *)at);
	case PROTOBUF_C_TYPE_DOUBLE:
		return write_double(w, *(const double *)at);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)at);
	case PROTOBUF_C_TYPE_ENUM:
		return write_enum(w, field->descriptor, *(const int *)at);
	case PROTOBUF_C_TYPE_STRING:
		return json_string(*(char *const *)at);
	case PROTOBUF_C_TYPE_BYTES:
		return write_bytes(w, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return write_nested(w, field, *(ProtobufCMessage *const *)at);
	}
	return NULL;
}

size_t json_value_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

static json_t *write_list(struct writer *w, const ProtobufCFieldDescriptor *field, const char *base)
{
	size_t count = *(const size_t *)(base + field->quantifier_offset);
	const char *values = *(char *const *)(base + field->offset);
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++)
		if (json_array_append_new(
			    list,
			    write_value(w, field, values + i * json_value_size(field->type)))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static bool present(const ProtobufCFieldDescriptor *field, const char *base)
{
	if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void *const *)(base + field->offset);
	return field->label != PROTOBUF_C_LABEL_OPTIONAL ||
	       *(const protobuf_c_boolean *)(base + field->quantifier_offset);
}

void json_field_name(const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s", name);
	char *to = out;
	for (const char *from = out; *from; from++)
		if (*from != '_')
			*to++ = *from;
		else if (from[1])
			*to++ = (char)toupper((unsigned char)*++from);
	*to = '\0';
}

/* A repeated field is always there, if empty: scripts that walk it need no special case. */
static json_t *write_message(struct writer *w, const ProtobufCMessage *message)
{
	json_t *object = json_object();
	for (unsigned i = 0; object && i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *base = (const char *)message;
		char camel[64];
		json_field_name(field->name, camel, sizeof camel);
		const char *name = w->style == JSON_PEOPLE ? camel : field->name;
		json_t *value;
		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			value = write_list(w, field, base);
		else if (present(field, base))
			value = write_value(w, field, base + field->offset);
		else
			continue;
		if (json_object_set_new(object, name, value)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

char *json_write(const ProtobufCMessage *message, enum json_style style, json_hook hook, void *arg)
{
	struct writer w = {.style = style, .hook = hook, .arg = arg};
	json_memory_begin();
	json_t *object = write_message(&w, message);
	if (!object)
		return NULL;
	size_t shape = style == JSON_PEOPLE ? JSON_INDENT(2) : JSON_COMPACT;
	char *text = json_dumps(object, shape | JSON_REAL_PRECISION(w.precise ? 17 : 15));
	json_decref(object);
	if (text && json_memory_failed()) {
		free(text);
		text = NULL;
	}
	return text;
}
