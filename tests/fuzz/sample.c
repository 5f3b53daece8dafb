/* Messages and rows with something in every field. */
#include "sample.h"

#include <string.h>

#include "common.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"
#include "pg_types.h"
#include "seal.h"

#define NOON UINT64_C(1794916800) /* 17 November 2026, midday */

/* Something that a field of this name would hold. */
static const char *sample_text(const char *name)
{
	static const char *const KNOWN[][2] = {
		{"start", "2026-11-17T10:00"},
		{"from", "2026-11-16"},
		{"to", "2026-12-14"},
		{"due", "2026-12-01"},
		{"date", "2026-11-16"},
		{"zone", "Europe/London"},
		{"opens", "09:00"},
		{"closes", "12:30"},
		{"who", "Karen Kind"},
		{"email", "max@mellow.example"},
	};
	for (size_t i = 0; i < sizeof(KNOWN) / sizeof(*KNOWN); i++) {
		if (!strcmp(KNOWN[i][0], name))
			return KNOWN[i][1];
	}
	return "Zoë, a quiet hour";
}

static void put_time(struct buffer *out, uint32_t id)
{
	const size_t mark = buffer_begin(out, id);
	buffer_number(out, 1, NOON);
	buffer_number(out, 2, 5000000);
	buffer_end(out, mark);
}

static uint64_t last_value(const ProtobufCEnumDescriptor *descriptor)
{
	return (uint64_t)descriptor->values[descriptor->n_values - 1].value;
}

static void put_double(struct buffer *out, uint32_t id)
{
	buffer_tag(out, id, PROTOBUF_C_WIRE_TYPE_64BIT);
	buffer_bytes(out, "\0\0\0\0\0\0\xf8\x3f", 8); /* 1.5 */
}

static void put_message(const ProtobufCFieldDescriptor *field, int elements, struct buffer *out)
{
	if (field->descriptor == &google__protobuf__timestamp__descriptor) {
		put_time(out, field->id);
		return;
	}
	const size_t mark = buffer_begin(out, field->id);
	if (field->descriptor == &coachhouse__v1__time_range__descriptor) {
		put_time(out, 1);
		const size_t end = buffer_begin(out, 2);
		buffer_number(out, 1, NOON + 3600);
		buffer_end(out, end);
	} else if (field->descriptor == &coachhouse__v1__confidential__descriptor) {
		buffer_text(out, 1, "We spoke of the move.\nThen of the summer.", 41);
		buffer_number(out, 2, COACHHOUSE__V1__VISIBILITY__VISIBILITY_US);
	} else {
		sample_message(field->descriptor, elements, out);
	}
	buffer_end(out, mark);
}

static void put_field(const ProtobufCFieldDescriptor *field, int elements, struct buffer *out)
{
	const char *text = sample_text(field->name);
	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		put_message(field, elements, out);
		break;
	case PROTOBUF_C_TYPE_STRING:
		buffer_text(out, field->id, text, strlen(text));
		break;
	case PROTOBUF_C_TYPE_BYTES:
		buffer_text(out, field->id, "0123456789abcdef0123456789abcdef", 32);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		put_double(out, field->id);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		buffer_number(out, field->id, last_value(field->descriptor));
		break;
	default:
		buffer_number(out, field->id, 1);
	}
}

void sample_message(const ProtobufCMessageDescriptor *message, int elements, struct buffer *out)
{
	for (unsigned i = 0; i < message->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		const bool repeats = field->label == PROTOBUF_C_LABEL_REPEATED;
		for (int k = repeats ? elements : 1; k > 0; k--)
			put_field(field, elements, out);
	}
}

static void put32(struct buffer *out, uint32_t number)
{
	char data[4];
	pg_put32(data, number);
	buffer_bytes(out, data, sizeof(data));
}

static void put64(struct buffer *out, uint64_t number)
{
	char data[8];
	pg_put64(data, number);
	buffer_bytes(out, data, sizeof(data));
}

/* What `data` points at, with its length before it. */
static void put_sized(struct buffer *out, const void *data, size_t size)
{
	put32(out, (uint32_t)size);
	buffer_bytes(out, data, size);
}

/* Sets the length that was left out at `mark`. */
static void put_length(struct buffer *out, size_t mark)
{
	if (!out->failed)
		pg_put32((char *)out->data + mark, (uint32_t)(out->length - mark - 4));
}

static const int64_t instant = ((int64_t)NOON - PG_EPOCH) * 1000000;

static uint32_t sealed_cell(const ProtobufCFieldDescriptor *field, struct buffer *out)
{
	static const char text[] = "We spoke of the move.";
	uint8_t box[512], binding[SEAL_BINDING];
	const size_t size = seal_size(sizeof(text) - 1);
	seal_close(&(struct seal_label){field->name, 7, "us"}, text, sizeof(text) - 1, box,
		   binding);
	put32(out, 4);
	put32(out, PG_BYTEA);
	put_sized(out, box, size);
	put32(out, PG_INT8);
	put32(out, 8);
	put64(out, 7);
	put32(out, PG_OURS);
	put_sized(out, "us", 2);
	put32(out, PG_BYTEA);
	put_sized(out, binding, sizeof(binding));
	return PG_OURS;
}

static uint32_t message_cell(const ProtobufCFieldDescriptor *field, int elements,
			     struct buffer *out)
{
	const ProtobufCMessageDescriptor *message = field->descriptor;
	if (message == &google__protobuf__timestamp__descriptor) {
		put64(out, (uint64_t)instant);
		return PG_TIMESTAMPTZ;
	}
	if (message == &coachhouse__v1__time_range__descriptor) {
		buffer_bytes(out, "\2", 1);
		put32(out, 8);
		put64(out, (uint64_t)instant);
		put32(out, 8);
		put64(out, (uint64_t)instant + 3600000000);
		return PG_TSTZRANGE;
	}
	if (message == &coachhouse__v1__confidential__descriptor)
		return sealed_cell(field, out);
	put32(out, message->n_fields);
	for (unsigned i = 0; i < message->n_fields; i++) {
		const size_t type = out->length;
		put32(out, 0);
		const size_t mark = out->length;
		put32(out, 0);
		const uint32_t oid = sample_cell(&message->fields[i], elements, out);
		if (!out->failed)
			pg_put32((char *)out->data + type, oid);
		put_length(out, mark);
	}
	return PG_RECORD;
}

static uint32_t single_cell(const ProtobufCFieldDescriptor *field, int elements, struct buffer *out)
{
	const char *text = sample_text(field->name);
	char label[64];
	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return message_cell(field, elements, out);
	case PROTOBUF_C_TYPE_STRING:
		buffer_bytes(out, text, strlen(text));
		return PG_TEXT;
	case PROTOBUF_C_TYPE_BYTES:
		buffer_bytes(out, "0123456789abcdef", 16);
		return PG_BYTEA;
	case PROTOBUF_C_TYPE_DOUBLE:
		buffer_bytes(out, "\x3f\xf8\0\0\0\0\0\0", 8);
		return PG_FLOAT8;
	case PROTOBUF_C_TYPE_ENUM:
		enum_label(field->descriptor, (int)last_value(field->descriptor), label,
			   sizeof(label));
		buffer_bytes(out, label, strlen(label));
		return PG_OURS;
	case PROTOBUF_C_TYPE_BOOL:
		buffer_bytes(out, "\1", 1);
		return PG_BOOL;
	case PROTOBUF_C_TYPE_INT32:
		put32(out, 3);
		return PG_INT4;
	default:
		put64(out, 1042);
		return PG_INT8;
	}
}

uint32_t sample_cell(const ProtobufCFieldDescriptor *field, int elements, struct buffer *out)
{
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return single_cell(field, elements, out);
	put32(out, 1);
	put32(out, 0);
	const size_t type = out->length;
	put32(out, 0);
	put32(out, (uint32_t)elements);
	put32(out, 1);
	for (int k = 0; k < elements; k++) {
		const size_t mark = out->length;
		put32(out, 0);
		const uint32_t oid = single_cell(field, elements, out);
		put_length(out, mark);
		if (!out->failed)
			pg_put32((char *)out->data + type, oid);
	}
	return PG_RECORD_ARRAY;
}
