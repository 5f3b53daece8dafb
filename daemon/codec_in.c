/* Request message -> parameters of the statement. */
#include "codec.h"

#include <stdio.h>
#include <string.h>

#include "codec_in.h"
#include "common.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"
#include "limit.h"
#include "pg_types.h"

#define US_PER_SECOND INT64_C(1000000)

bool codec_out_of_memory(struct status *status)
{
	return status_set(status, CODE(RESOURCE_EXHAUSTED), "TOO_LARGE",
			  "This request takes more memory than one call may; send it in pieces.");
}

bool codec_bind(struct binding *b, int i, const void *data, size_t length, int format)
{
	if (!data)
		return codec_out_of_memory(b->status);
	b->params->values[i] = data;
	b->params->lengths[i] = (int)length;
	b->params->formats[i] = format;
	return true;
}

/* An optional field of the message: string and message pointers, else its has_ flag. */
static bool is_present(const ProtobufCFieldDescriptor *field, const char *message)
{
	if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(const void *const *)(message + field->offset);
	return *(const protobuf_c_boolean *)(message + field->quantifier_offset);
}

/* One scalar in binary: copied to `small` unless it can stay where it is. */
static const void *scalar(ProtobufCType type, const char *at, char small[8], size_t *length)
{
	*length = 8;
	switch (type) {
	case PROTOBUF_C_TYPE_BOOL:
		*length = 1;
		small[0] = *(const protobuf_c_boolean *)at != 0;
		return small;
	case PROTOBUF_C_TYPE_INT32:
		*length = 4;
		pg_put32(small, *(const uint32_t *)at);
		return small;
	case PROTOBUF_C_TYPE_UINT32:
		pg_put64(small, *(const uint32_t *)at);
		return small;
	case PROTOBUF_C_TYPE_STRING:
		*length = strlen(*(const char *const *)at);
		return *(const char *const *)at;
	case PROTOBUF_C_TYPE_BYTES:
		*length = ((const ProtobufCBinaryData *)at)->len;
		return *length ? (const char *)((const ProtobufCBinaryData *)at)->data : "";
	default:
		pg_put64(small, *(const uint64_t *)at); /* int64 and double */
		return small;
	}
}

static bool bind_scalar(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
			const char *at)
{
	char small[8];
	size_t length;
	const void *data = scalar(field->type, at, small, &length);
	if (data == small)
		data = arena_copy(b->arena, small, length);
	return codec_bind(b, i, data, length, 1);
}

static bool bind_enum(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
		      const char *at)
{
	char label[64];
	enum_label(field->descriptor, *(const int *)at, label, sizeof(label));
	return codec_bind(b, i, arena_copy(b->arena, label, strlen(label)), strlen(label), 1);
}

/* "{member,coach}": the binary form of an array names its type, which only the database knows. */
static bool bind_enums(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
		       const char *items, size_t n)
{
	char label[64];
	char *text = arena_take(b->arena, n * sizeof(label) + 3), *at = text;
	if (!text)
		return codec_out_of_memory(b->status);
	*at++ = '{';
	for (size_t k = 0; k < n; k++) {
		enum_label(field->descriptor, ((const int *)items)[k], label, sizeof(label));
		at += sprintf(at, "%s%s", k ? "," : "", label);
	}
	memcpy(at, "}", 2);
	return codec_bind(b, i, text, (size_t)(at + 1 - text), 0);
}

static uint32_t element_type(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_BOOL:
		return PG_BOOL;
	case PROTOBUF_C_TYPE_INT32:
		return PG_INT4;
	case PROTOBUF_C_TYPE_DOUBLE:
		return PG_FLOAT8;
	case PROTOBUF_C_TYPE_STRING:
		return PG_TEXT;
	case PROTOBUF_C_TYPE_BYTES:
		return PG_BYTEA;
	default:
		return PG_INT8;
	}
}

/* An array in binary: dimensions, nulls, type, length, first index; then each element. */
static bool bind_array(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
		       const char *items, size_t n)
{
	const size_t stride = json_value_size(field->type);
	char small[8];
	size_t length, total = 20;
	for (size_t k = 0; k < n; k++) {
		scalar(field->type, items + k * stride, small, &length);
		total += 4 + length;
	}
	char *data = arena_take(b->arena, total);
	if (!data)
		return codec_out_of_memory(b->status);
	char *at = pg_put32(data, 1);
	at = pg_put32(at, 0);
	at = pg_put32(at, element_type(field->type));
	at = pg_put32(at, (uint32_t)n);
	at = pg_put32(at, 1);
	for (size_t k = 0; k < n; k++) {
		const void *element = scalar(field->type, items + k * stride, small, &length);
		at = pg_put32(at, (uint32_t)length);
		memcpy(at, element, length);
		at += length;
	}
	return codec_bind(b, i, data, total, 1);
}

/* Microseconds since 2000, or a refusal. */
static bool read_timestamp(struct binding *b, const Google__Protobuf__Timestamp *stamp,
			   int64_t *out)
{
	if (stamp->seconds < INT64_C(-62135596800) || stamp->seconds > INT64_C(253402300799) ||
	    stamp->nanos < 0 || stamp->nanos > 999999999)
		return status_invalid(b->status, b->path,
				      "This time is outside the years 1 to 9999.");
	*out = (stamp->seconds - PG_EPOCH) * US_PER_SECOND + stamp->nanos / 1000;
	return true;
}

static bool bind_timestamp(struct binding *b, int i, const void *message)
{
	int64_t us = 0;
	char data[8];
	if (!read_timestamp(b, message, &us))
		return false;
	pg_put64(data, (uint64_t)us);
	return codec_bind(b, i, arena_copy(b->arena, data, sizeof(data)), sizeof(data), 1);
}

/* A range in binary: a flag byte (lower bound included), then the two bounds. */
static bool bind_range(struct binding *b, int i, const Coachhouse__V1__TimeRange *range)
{
	int64_t starts = 0, ends = 0;
	char data[25] = {0x02};
	if (!range->starts || !range->ends)
		return status_invalid(b->status, b->path, "Give both its start and its end.");
	if (!read_timestamp(b, range->starts, &starts) || !read_timestamp(b, range->ends, &ends))
		return false;
	if (ends <= starts)
		return status_invalid(b->status, b->path, "Its end must come after its start.");
	char *at = pg_put32(data + 1, 8);
	at = pg_put64(at, (uint64_t)starts);
	at = pg_put32(at, 8);
	pg_put64(at, (uint64_t)ends);
	return codec_bind(b, i, arena_copy(b->arena, data, sizeof(data)), sizeof(data), 1);
}

static bool bind_message(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
			 const ProtobufCMessage *const *at)
{
	if (field->descriptor == &google__protobuf__timestamp__descriptor)
		return bind_timestamp(b, i, *at);
	if (field->descriptor == &coachhouse__v1__time_range__descriptor)
		return bind_range(b, i, (const void *)*at);
	if (field->descriptor != &coachhouse__v1__confidential__descriptor)
		return codec_bind_json(b, i, field, at, 1);
	return codec_bind_confidential(b, i, field, (const void *)*at);
}

static bool bind_repeated(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
			  const char *message)
{
	const size_t n = *(const size_t *)(message + field->quantifier_offset);
	const char *items = *(const char *const *)(message + field->offset);
	if (!n)
		return true;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return codec_bind_json(b, i, field, (const void *)items, n);
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return bind_enums(b, i, field, items, n);
	return bind_array(b, i, field, items, n);
}

static bool bind_field(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
		       const char *message)
{
	b->params->values[i] = NULL;
	b->params->lengths[i] = 0;
	b->params->formats[i] = 1;
	snprintf(b->path, sizeof(b->path), "%.60s", field->name);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return bind_repeated(b, i, field, message);
	if (!is_present(field, message))
		return true;
	const char *at = message + field->offset;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return bind_message(b, i, field, (const void *)at);
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return bind_enum(b, i, field, at);
	return bind_scalar(b, i, field, at);
}

/* Lists ask for one row more than they send, so that they know whether there are more. */
static bool bind_limit(struct binding *b, const struct method *method, int *limit)
{
	const int i = method->limit;
	char data[4];
	*limit = LIMIT_LIST;
	if (i < 0 || !method->list)
		return true;
	if (b->params->values[i]) {
		const int32_t asked = (int32_t)pg_get(b->params->values[i], 4);
		if (asked < 1)
			return status_invalid(b->status, "limit", "Ask for at least one.");
		*limit = asked < LIMIT_LIST ? asked : LIMIT_LIST;
	}
	pg_put32(data, (uint32_t)*limit + 1);
	return codec_bind(b, i, arena_copy(b->arena, data, sizeof(data)), sizeof(data), 1);
}

bool codec_params(const struct method *method, const uint8_t *data, size_t size, int64_t person,
		  struct arena *arena, struct params *params, int *limit, struct status *status)
{
	struct violation violation;
	if (size > LIMIT_FRAME)
		return status_set(status, CODE(INVALID_ARGUMENT), "TOO_LARGE",
				  "A request may be 64 KiB at most; send it in pieces.");
	if (!limit_check(method->request, data, size, &violation))
		return status_invalid(status, violation.field, violation.sentence);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(method->request, &arena->allocator, size, data);
	if (!message)
		return codec_out_of_memory(status);
	struct binding b = {arena, params, status, person, ""};
	params->n = (int)method->request->n_fields;
	for (int i = 0; i < params->n; i++) {
		if (!bind_field(&b, i, &method->request->fields[i], (const char *)message))
			return false;
	}
	return bind_limit(&b, method, limit);
}
