/* Fields of messages by name, as text. */
#include <float.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "json.h"
#include "when.h"

bool field_is_number(const ProtobufCFieldDescriptor *field)
{
	return field->label != PROTOBUF_C_LABEL_REPEATED &&
	       (field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_INT64 ||
		field->type == PROTOBUF_C_TYPE_DOUBLE);
}

static void write_label(const ProtobufCEnumDescriptor *descriptor, int value,
			enum field_style style, FILE *out)
{
	char label[64];

	enum_label(descriptor, value, label, sizeof(label));
	for (char *c = label; style != FIELD_DATA && *c; c++)
		if (*c == '_')
			*c = ' ';
	fputs(label, out);
}

static void write_time(int64_t at, enum field_style style, const char *zone, FILE *out)
{
	char text[64];

	if (style != FIELD_DATA)
		when_write(at, zone, text, sizeof(text));
	else
		when_write_iso(at, zone, text, sizeof(text));
	fputs(text, out);
}

/* Dates travel as strings; people see them as they see times. */
static void write_text(const char *text, enum field_style style, FILE *out)
{
	char date[32];

	if (style != FIELD_DATA && when_write_date(text, date, sizeof(date)))
		text = date;
	fputs(text, out);
}

const char *field_words(const ProtobufCMessage *confidential)
{
	if (field_find(confidential->descriptor, "unopened") &&
	    field_number(confidential, "unopened", 0))
		return "(this one cannot be opened; tell your administrator)";
	return field_string(confidential, "text");
}

static void write_message(const ProtobufCMessage *message, enum field_style style, const char *zone,
			  FILE *out)
{
	if (message->descriptor == &google__protobuf__timestamp__descriptor)
		write_time(((const Google__Protobuf__Timestamp *)message)->seconds, style, zone,
			   out);
	else /* Confidential, and whatever else has a text of its own */
		fputs(field_words(message), out);
}

/* Hours to a tenth; people see 40, not 40.0. */
static void write_real(double value, enum field_style style, FILE *out)
{
	char text[DBL_MAX_10_EXP + 8]; /* every digit of the largest */
	int n = snprintf(text, sizeof(text), style == FIELD_DATA ? "%.2f" : "%.1f", value);

	if (style == FIELD_PEOPLE && n > 2 && strcmp(text + n - 2, ".0") == 0)
		text[n - 2] = '\0';
	fputs(text, out);
}

static void write_value(const ProtobufCFieldDescriptor *field, const void *value,
			enum field_style style, const char *zone, FILE *out)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
		fprintf(out, "%d", *(const int32_t *)value);
		break;
	case PROTOBUF_C_TYPE_INT64:
		fprintf(out, "%lld", (long long)*(const int64_t *)value);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		write_real(*(const double *)value, style, out);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		fputs(*(const protobuf_c_boolean *)value ? "yes" : "no", out);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		write_label(field->descriptor, *(const int32_t *)value, style, out);
		break;
	case PROTOBUF_C_TYPE_STRING:
		write_text(*(char *const *)value, style, out);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		write_message(*(ProtobufCMessage *const *)value, style, zone, out);
		break;
	default:
		break;
	}
}

void field_write(const ProtobufCMessage *message, const char *path, enum field_style style,
		 const char *zone, FILE *out)
{
	struct field_values values = field_values(message, path);

	for (size_t i = 0; i < values.count; i++) {
		if (i > 0)
			fputs(style == FIELD_DATA ? ";" : ", ", out);
		write_value(values.field, (const char *)values.first + i * values.width, style,
			    zone, out);
	}
}
