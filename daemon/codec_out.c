/* Rows of the answer -> reply message. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "common.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"
#include "limit.h"
#include "log.h"
#include "pg_types.h"
#include "seal.h"

#define US_PER_SECOND INT64_C(1000000)
#define UNOPENED(name) COACHHOUSE__V1__UNOPENED__UNOPENED_##name

/* One reply on its way. */
struct writing {
	struct buffer *out;
	struct status *status;
	bool listing; /* one of several: the others are shown when it does not open */
};

/* The statement gave what the contract does not allow: a fault of ours. */
static bool misfit(struct writing *w, const char *field, const char *why)
{
	log_error("codec", "reply field %s: %s", field, why);
	return status_set(w->status, CODE(INTERNAL), "INTERNAL",
			  "The daemon could not write its answer; tell your administrator.");
}

/* Reads a record (binary): its columns, each with its type. -1 if it is malformed. */
static int read_record(const struct cell *record, struct cell *columns, int max)
{
	const char *at = record->data, *end = at + record->length;
	if (end - at < 4)
		return -1;
	const uint32_t n = (uint32_t)pg_get(at, 4);
	at += 4;
	if (n > (uint32_t)max)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		if (end - at < 8)
			return -1;
		columns[i].type = (uint32_t)pg_get(at, 4);
		columns[i].length = (int)(int32_t)pg_get(at + 4, 4);
		columns[i].data = at += 8;
		if (columns[i].length > end - at)
			return -1;
		at += columns[i].length > 0 ? columns[i].length : 0;
	}
	return (int)n;
}

static bool put_integer(struct writing *w, const ProtobufCFieldDescriptor *field,
			const struct cell *cell)
{
	int64_t number;
	if (cell->length == 8)
		number = (int64_t)pg_get(cell->data, 8);
	else if (cell->length == 4)
		number = (int32_t)pg_get(cell->data, 4);
	else if (cell->length == 2)
		number = (int16_t)pg_get(cell->data, 2);
	else
		return misfit(w, field->name, "not an integer");
	if ((field->type == PROTOBUF_C_TYPE_INT32 && number != (int32_t)number) ||
	    (field->type == PROTOBUF_C_TYPE_UINT32 && number != (uint32_t)number))
		return misfit(w, field->name, "too large for its field");
	buffer_number(w->out, field->id, (uint64_t)number);
	return true;
}

static bool put_double(struct writing *w, const ProtobufCFieldDescriptor *field,
		       const struct cell *cell)
{
	if (cell->length != 8)
		return misfit(w, field->name, "not a float8");
	const uint64_t bits = htole64(pg_get(cell->data, 8));
	buffer_tag(w->out, field->id, PROTOBUF_C_WIRE_TYPE_64BIT);
	buffer_bytes(w->out, &bits, sizeof(bits));
	return true;
}

static bool put_enum(struct writing *w, const ProtobufCFieldDescriptor *field,
		     const struct cell *cell)
{
	char label[64] = "";
	if ((size_t)cell->length < sizeof(label))
		memcpy(label, cell->data, (size_t)cell->length);
	const int value = enum_value(field->descriptor, label);
	if (value < 0)
		return misfit(w, field->name, "a label that the enum does not have");
	buffer_number(w->out, field->id, (uint64_t)value);
	return true;
}

/* A date as "2026-11-17": days since 2000, by the civil calendar. */
static bool put_date(struct writing *w, const ProtobufCFieldDescriptor *field,
		     const struct cell *cell)
{
	const int64_t days =
		(int32_t)pg_get(cell->data, 4) + INT64_C(730425); /* since 0000-03-01 */
	const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	const int64_t of_era = days - era * 146097;
	const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const int64_t month = (5 * of_year + 2) / 153;
	char text[40];
	const int length =
		snprintf(text, sizeof(text), "%04" PRId64 "-%02" PRId64 "-%02" PRId64,
			 year + era * 400 + (month >= 10), month < 10 ? month + 3 : month - 9,
			 of_year - (153 * month + 2) / 5 + 1);
	buffer_text(w->out, field->id, text, (size_t)length);
	return true;
}

static void put_timestamp(struct buffer *out, uint32_t id, int64_t us)
{
	if (us == INT64_MAX || us == INT64_MIN)
		return; /* infinity: there is none */
	int64_t seconds = us / US_PER_SECOND, rest = us % US_PER_SECOND;
	if (rest < 0) {
		rest += US_PER_SECOND;
		seconds--;
	}
	const size_t mark = buffer_begin(out, id);
	buffer_number(out, 1, (uint64_t)(seconds + PG_EPOCH));
	if (rest)
		buffer_number(out, 2, (uint64_t)rest * 1000);
	buffer_end(out, mark);
}

/* A range (binary): flags 1 empty, 8 and 16 without a bound; then the bounds. */
static bool put_range(struct writing *w, const ProtobufCFieldDescriptor *field,
		      const struct cell *cell)
{
	const char *at = cell->data + 1, *end = cell->data + cell->length;
	const int flags = cell->length > 0 ? cell->data[0] : 1;
	const size_t mark = buffer_begin(w->out, field->id);
	for (int bound = 0; bound < 2; bound++) {
		if (flags & (1 | (8 << bound)))
			continue;
		if (end - at < 12 || pg_get(at, 4) != 8)
			return misfit(w, field->name, "not a tstzrange");
		put_timestamp(w->out, (uint32_t)bound + 1, (int64_t)pg_get(at + 4, 8));
		at += 12;
	}
	buffer_end(w->out, mark);
	return true;
}

static void log_unopened(enum seal_result result, const char *key)
{
	if (result == SEAL_NO_KEY)
		log_error("codec", "a sealed value does not open: the key %s is missing", key);
	else
		log_error("codec", "a sealed value does not open: altered, moved or relabelled");
}

static bool refuse_unopened(struct writing *w, enum seal_result result, const char *key)
{
	if (result == SEAL_NO_KEY)
		return status_set(
			w->status, CODE(FAILED_PRECONDITION), "SEAL_KEY_MISSING",
			"This was sealed with the key %s, which the daemon does not have; "
			"ask your administrator to load it.",
			key);
	return status_set(w->status, CODE(DATA_LOSS), "SEAL_BROKEN",
			  "What is stored here does not open any more; tell your administrator.");
}

/* Opens it into the reply, as its field 1. False: `result` and `key` say why it does not open. */
static enum seal_result put_text(struct buffer *out, const struct seal_label *label,
				 const struct cell *box, const struct cell *binding, char key[9])
{
	const size_t before = out->length, text = buffer_begin(out, 1);
	size_t length = 0;
	char *room = (char *)buffer_extend(out, (size_t)box->length);
	if (!room)
		return SEAL_OK; /* too large, which is seen in the end */
	out->secret = true;
	const enum seal_result result =
		seal_open(label, (const uint8_t *)box->data, (size_t)box->length,
			  (const uint8_t *)binding->data, room, &length, key);
	out->length = result == SEAL_OK ? text + length : before;
	if (result == SEAL_OK)
		buffer_end(out, text);
	return result;
}

/* sealed(box, author, visible, binding) -> Confidential(text, visible, author). */
static bool put_confidential(struct writing *w, const ProtobufCFieldDescriptor *field,
			     const struct cell *cell)
{
	struct cell part[4];
	char visible[32], key[9] = "";
	if (read_record(cell, part, 4) != 4 || part[1].length != 8 ||
	    part[3].length != SEAL_BINDING || part[2].length < 0)
		return misfit(w, field->name, "not sealed(box, author, visible, binding)");
	if (part[0].length < 0)
		return true;
	snprintf(visible, sizeof(visible), "%.*s", part[2].length, part[2].data);
	const int64_t author = (int64_t)pg_get(part[1].data, 8);
	const int choice = enum_value(&coachhouse__v1__visibility__descriptor, visible);
	if (choice < 0)
		return misfit(w, field->name, "a visibility that does not exist");
	const size_t mark = buffer_begin(w->out, field->id);
	const enum seal_result result =
		put_text(w->out, &(struct seal_label){field->name, author, visible}, &part[0],
			 &part[3], key);
	if (result != SEAL_OK)
		log_unopened(result, key);
	if (result != SEAL_OK && !w->listing)
		return refuse_unopened(w, result, key);
	buffer_number(w->out, 2, (uint64_t)choice);
	buffer_number(w->out, 3, (uint64_t)author);
	if (result != SEAL_OK)
		buffer_number(w->out, 4,
			      result == SEAL_NO_KEY ? UNOPENED(KEY_MISSING) : UNOPENED(BROKEN));
	buffer_end(w->out, mark);
	return true;
}

static bool put_field(struct writing *w, const ProtobufCFieldDescriptor *field,
		      const struct cell *cell);

/* Nested rows carry no names: they match in order, and may be shorter than the message. */
static bool put_record(struct writing *w, const ProtobufCFieldDescriptor *field,
		       const struct cell *cell)
{
	const ProtobufCMessageDescriptor *message = field->descriptor;
	struct cell columns[METHOD_FIELDS];
	const int n = read_record(cell, columns, METHOD_FIELDS);
	if (n < 0 || n > (int)message->n_fields)
		return misfit(w, field->name, "not a row of this message");
	const size_t mark = buffer_begin(w->out, field->id);
	for (int i = 0; i < n; i++) {
		if (!put_field(w, &message->fields[i], &columns[i]))
			return false;
	}
	buffer_end(w->out, mark);
	return true;
}

static bool put_message(struct writing *w, const ProtobufCFieldDescriptor *field,
			const struct cell *cell)
{
	if (field->descriptor == &google__protobuf__timestamp__descriptor) {
		if (cell->length != 8)
			return misfit(w, field->name, "not a timestamptz");
		put_timestamp(w->out, field->id, (int64_t)pg_get(cell->data, 8));
		return true;
	}
	if (field->descriptor == &coachhouse__v1__time_range__descriptor)
		return put_range(w, field, cell);
	if (field->descriptor == &coachhouse__v1__confidential__descriptor)
		return put_confidential(w, field, cell);
	return put_record(w, field, cell);
}

static bool put_value(struct writing *w, const ProtobufCFieldDescriptor *field,
		      const struct cell *cell)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_BOOL:
		if (cell->length != 1)
			return misfit(w, field->name, "not a bool");
		buffer_number(w->out, field->id, *cell->data != 0);
		return true;
	case PROTOBUF_C_TYPE_DOUBLE:
		return put_double(w, field, cell);
	case PROTOBUF_C_TYPE_ENUM:
		return put_enum(w, field, cell);
	case PROTOBUF_C_TYPE_STRING:
		if (cell->type == PG_DATE && cell->length == 4)
			return put_date(w, field, cell);
		/* fall through */
	case PROTOBUF_C_TYPE_BYTES:
		buffer_text(w->out, field->id, cell->data, (size_t)cell->length);
		return true;
	case PROTOBUF_C_TYPE_MESSAGE:
		return put_message(w, field, cell);
	default:
		return put_integer(w, field, cell);
	}
}

/* An array (binary): dimensions, nulls, type; then length and first index; then elements. */
static bool put_array(struct writing *w, const ProtobufCFieldDescriptor *field,
		      const struct cell *cell)
{
	const char *at = cell->data, *end = at + cell->length;
	if (end - at < 12 || pg_get(at, 4) > 1 || (pg_get(at, 4) && end - at < 20))
		return misfit(w, field->name, "not an array of one dimension");
	const uint32_t n = pg_get(at, 4) ? (uint32_t)pg_get(at + 12, 4) : 0;
	struct cell element = {.type = (uint32_t)pg_get(at + 8, 4)};
	if (!n)
		return true;
	at += 20;
	w->listing = true;
	for (uint32_t i = 0; i < n; i++) {
		if (end - at < 4)
			return misfit(w, field->name, "an array that is cut off");
		element.length = (int)(int32_t)pg_get(at, 4);
		element.data = at += 4;
		if (element.length < 0)
			continue;
		if (element.length > end - at)
			return misfit(w, field->name, "an array that is cut off");
		if (!put_value(w, field, &element))
			return false;
		at += element.length;
	}
	return true;
}

static bool put_field(struct writing *w, const ProtobufCFieldDescriptor *field,
		      const struct cell *cell)
{
	if (cell->length < 0)
		return true;
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return put_value(w, field, cell);
	const bool listing = w->listing;
	const bool good = put_array(w, field, cell);
	w->listing = listing;
	return good;
}

static bool put_row(struct writing *w, const struct method *method, const struct cell *cells)
{
	for (unsigned i = 0; i < method->row->n_fields; i++) {
		if (!put_field(w, &method->row->fields[i], &cells[method->columns[i]]))
			return false;
	}
	return true;
}

static bool check_size(struct writing *w)
{
	if (!w->out->failed)
		return true;
	if (w->out->no_memory)
		return status_set(w->status, CODE(UNAVAILABLE), "NO_MEMORY",
				  "The daemon is short of memory; try again in a moment.");
	return status_set(w->status, CODE(RESOURCE_EXHAUSTED), "REPLY_TOO_LARGE",
			  "The answer is larger than 1 MiB; ask for less at once.");
}

static bool put_list(struct writing *w, const struct method *method, const struct rows *rows, int n)
{
	for (int i = 0; i < n; i++) {
		const size_t mark = buffer_begin(w->out, 1);
		if (!put_row(w, method, rows->cells + (size_t)i * (size_t)rows->n_columns))
			return false;
		buffer_end(w->out, mark);
	}
	return check_size(w);
}

bool codec_reply(const struct method *method, const struct rows *rows, int limit,
		 struct buffer *out, bool *more, struct status *status)
{
	struct writing w = {out, status, method->list};
	*more = method->list && rows->n_rows > limit;
	if (method->list)
		return put_list(&w, method, rows, *more ? limit : rows->n_rows);
	if (!rows->n_rows)
		return status_set(status, CODE(NOT_FOUND), "NOT_FOUND",
				  "There is nothing with this id or name that you can see.");
	return put_row(&w, method, rows->cells) && check_size(&w);
}

bool codec_kept(const struct method *method, const struct cell *record, struct buffer *out,
		struct status *status)
{
	struct writing w = {out, status, false};
	struct cell columns[2 * METHOD_FIELDS];
	const int n = record->length < 0 ? -1 : read_record(record, columns, 2 * METHOD_FIELDS);
	for (unsigned i = 0; i < method->row->n_fields; i++) {
		if (method->columns[i] >= n)
			return misfit(&w, method->rpc,
				      "the reply that was kept is of another shape");
	}
	return put_row(&w, method, columns) && check_size(&w);
}
