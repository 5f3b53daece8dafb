/* What messages are as rows: worked out once, at start and after connecting. */
#include "codec.h"

#include <stdio.h>
#include <string.h>

#include "common.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "limit.h"
#include "pg_types.h"

static bool check_shape(const ProtobufCMessageDescriptor *message, int depth, char *error,
			size_t size)
{
	if (depth > LIMIT_DEPTH || message->n_fields > METHOD_FIELDS) {
		snprintf(error, size, "%s is nested too deep or has too many fields.",
			 message->name);
		return false;
	}
	for (unsigned i = 0; i < message->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		if (field->id != i + 1) {
			snprintf(error, size, "%s.%s must have the number %u.", message->name,
				 field->name, i + 1);
			return false;
		}
		if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
		    !check_shape(field->descriptor, depth + 1, error, size))
			return false;
	}
	return true;
}

/* The type of a scalar's parameter and of an array of them; PG_NONE: see the cast. */
static uint32_t scalar_type(const ProtobufCFieldDescriptor *field, bool repeated)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_BOOL:
		return repeated ? PG_BOOL_ARRAY : PG_BOOL;
	case PROTOBUF_C_TYPE_INT32:
		return repeated ? PG_INT4_ARRAY : PG_INT4;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT32:
		return repeated ? PG_INT8_ARRAY : PG_INT8;
	case PROTOBUF_C_TYPE_DOUBLE:
		return repeated ? PG_FLOAT8_ARRAY : PG_FLOAT8;
	case PROTOBUF_C_TYPE_STRING:
		return repeated ? PG_TEXT_ARRAY : PG_TEXT;
	case PROTOBUF_C_TYPE_BYTES:
		return repeated ? PG_BYTEA_ARRAY : PG_BYTEA;
	default:
		return PG_NONE;
	}
}

static uint32_t parameter_type(const ProtobufCFieldDescriptor *field)
{
	const bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return scalar_type(field, repeated);
	if (repeated)
		return PG_JSONB;
	if (field->descriptor == &google__protobuf__timestamp__descriptor)
		return PG_TIMESTAMPTZ;
	if (field->descriptor == &coachhouse__v1__time_range__descriptor)
		return PG_TSTZRANGE;
	if (field->descriptor == &coachhouse__v1__confidential__descriptor)
		return PG_NONE;
	return PG_JSONB;
}

/* Whether people's words are in it, at any depth. */
static bool is_confidential(const ProtobufCMessageDescriptor *message)
{
	for (unsigned i = 0; i < message->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
		    (field->descriptor == &coachhouse__v1__confidential__descriptor ||
		     is_confidential(field->descriptor)))
			return true;
	}
	return false;
}

bool codec_prepare(struct method *method, char *error, size_t size)
{
	const ProtobufCMessageDescriptor *request = method->request, *reply = method->reply;
	if (!check_shape(request, 1, error, size) || !check_shape(reply, 1, error, size))
		return false;
	if (method->access == ACCESS_WRITE && is_confidential(reply)) {
		snprintf(error, size,
			 "%s keeps its reply, where nothing sealed may stand: no newer key would "
			 "reach it.",
			 method->name);
		return false;
	}
	for (unsigned i = 0; i < request->n_fields; i++) {
		method->types[i] = parameter_type(&request->fields[i]);
		if (request->fields[i].type == PROTOBUF_C_TYPE_INT32 &&
		    !strcmp(request->fields[i].name, "limit"))
			method->limit = (int)i;
	}
	method->list = reply->n_fields == 1 &&
		       reply->fields[0].label == PROTOBUF_C_LABEL_REPEATED &&
		       reply->fields[0].type == PROTOBUF_C_TYPE_MESSAGE;
	method->row = method->list ? reply->fields[0].descriptor : reply;
	if (method->list && method->limit < 0) {
		snprintf(error, size, "%s is a list: its request needs a field limit.",
			 method->name);
		return false;
	}
	return true;
}

static bool fits_text(uint32_t type)
{
	return type == PG_TEXT || type == PG_VARCHAR || type == PG_BPCHAR || type == PG_NAME ||
	       type == PG_DATE || type >= PG_OURS;
}

static bool fits_message(const ProtobufCFieldDescriptor *field, uint32_t type)
{
	if (field->descriptor == &google__protobuf__timestamp__descriptor)
		return type == PG_TIMESTAMPTZ;
	if (field->descriptor == &coachhouse__v1__time_range__descriptor)
		return type == PG_TSTZRANGE;
	return type == PG_RECORD || type >= PG_OURS;
}

/* Arrays of integers may be of either width, as integers may. */
static bool fits_array(const ProtobufCFieldDescriptor *field, uint32_t type)
{
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return type == PG_RECORD_ARRAY || type >= PG_OURS;
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return type == PG_TEXT_ARRAY || type >= PG_OURS;
	if (field->type == PROTOBUF_C_TYPE_STRING && type >= PG_OURS)
		return true;
	return type == scalar_type(field, true) ||
	       (field->type == PROTOBUF_C_TYPE_INT64 && type == PG_INT4_ARRAY);
}

static bool fits(const ProtobufCFieldDescriptor *field, uint32_t type)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return fits_array(field, type);
	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return fits_message(field, type);
	case PROTOBUF_C_TYPE_STRING:
		return fits_text(type);
	case PROTOBUF_C_TYPE_ENUM:
		return type == PG_TEXT || type >= PG_OURS;
	case PROTOBUF_C_TYPE_INT64:
		return type == PG_INT8 || type == PG_INT4 || type == PG_INT2;
	case PROTOBUF_C_TYPE_INT32:
		return type == PG_INT4 || type == PG_INT2;
	default:
		return type == scalar_type(field, false);
	}
}

bool codec_columns(struct method *method, int n, const char *const *names, const uint32_t *types,
		   char *error, size_t size)
{
	for (unsigned i = 0; i < method->row->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &method->row->fields[i];
		int column = 0;
		while (column < n && strcmp(names[column], field->name))
			column++;
		if (column == n) {
			snprintf(error, size, "sql/methods/%s.sql gives no column %s.", method->rpc,
				 field->name);
			return false;
		}
		if (!fits(field, types[column])) {
			snprintf(error, size,
				 "sql/methods/%s.sql: column %s is of type %u, which does not fit.",
				 method->rpc, field->name, types[column]);
			return false;
		}
		method->columns[i] = column;
	}
	return true;
}
