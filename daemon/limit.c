/* Limits of messages: the table, and the walk over their bytes. */
#include "limit.h"

#include <stdio.h>
#include <string.h>

/* What differs from the defaults. `lines`: may hold line breaks and tabs. */
static struct exception {
	const char *field; /* "Message.field" */
	unsigned max;
	bool lines;
	const ProtobufCFieldDescriptor *found;
} exceptions[] = {
	{"CallHeader.id", 16, false, NULL},
	{"CallHeader.method", 100, false, NULL},
	{"CallHeader.sign_in", 64, false, NULL},
	{"Confidential.text", LIMIT_NOTE, true, NULL},
	{"ImportConversationsRequest.rows", 500, false, NULL},
	{"ImportPeopleRequest.rows", 500, false, NULL},
	{"InvitePersonRequest.token_hash", 32, false, NULL},
	{"PersonRow.token_hash", 32, false, NULL},
	{"RequestDisclosureRequest.reason", 1000, true, NULL},
	{"RedeemRequest.token", 32, false, NULL},
};

enum { EXCEPTIONS = sizeof(exceptions) / sizeof(*exceptions), FIELDS = 64 };

/* One field as it stands on the wire. */
struct value {
	unsigned wire;
	uint64_t number;     /* varint */
	const uint8_t *data; /* length-prefixed */
	size_t size;
};

static void note_exceptions(const ProtobufCMessageDescriptor *message, int depth)
{
	for (unsigned i = 0; i < message->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->fields[i];
		char name[160];
		snprintf(name, sizeof(name), "%s.%s", message->short_name, field->name);
		for (int e = 0; e < EXCEPTIONS; e++) {
			if (!strcmp(exceptions[e].field, name))
				exceptions[e].found = field;
		}
		if (field->type == PROTOBUF_C_TYPE_MESSAGE && depth < LIMIT_DEPTH)
			note_exceptions(field->descriptor, depth + 1);
	}
}

bool limit_init(const ProtobufCMessageDescriptor *const *messages, char *error, size_t size)
{
	for (int e = 0; e < EXCEPTIONS; e++)
		exceptions[e].found = NULL;
	for (; *messages; messages++)
		note_exceptions(*messages, 1);
	for (int e = 0; e < EXCEPTIONS; e++) {
		if (exceptions[e].found)
			continue;
		snprintf(error, size, "daemon/limit.c: no request has a field %s.",
			 exceptions[e].field);
		return false;
	}
	return true;
}

static const struct exception *find_exception(const ProtobufCFieldDescriptor *field)
{
	for (int e = 0; e < EXCEPTIONS; e++) {
		if (exceptions[e].found == field)
			return &exceptions[e];
	}
	return NULL;
}

static bool refuse(struct violation *violation, const char *sentence)
{
	violation->field[0] = '\0';
	snprintf(violation->sentence, sizeof(violation->sentence), "%s", sentence);
	return false;
}

static bool refuse_beyond(struct violation *violation, unsigned max, const char *what)
{
	violation->field[0] = '\0';
	snprintf(violation->sentence, sizeof(violation->sentence), "Send at most %u %s.", max,
		 what);
	return false;
}

/* Puts "name." or "name[3]." before the path that was built so far. */
static bool refuse_within(struct violation *violation, const ProtobufCFieldDescriptor *field,
			  unsigned index)
{
	char rest[sizeof(violation->field)], number[16] = "";
	memcpy(rest, violation->field, sizeof(rest));
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		snprintf(number, sizeof(number), "[%u]", index);
	snprintf(violation->field, sizeof(violation->field), "%.60s%s%s%.60s", field->name, number,
		 *rest ? "." : "", rest);
	return false;
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
	*out = 0;
	for (int shift = 0; shift < 64 && *at < end; shift += 7) {
		const uint8_t byte = *(*at)++;
		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool read_value(const uint8_t **at, const uint8_t *end, struct value *value)
{
	uint64_t size = 0;
	switch (value->wire) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		return read_varint(at, end, &value->number);
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		size = 8;
		break;
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		size = 4;
		break;
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		if (!read_varint(at, end, &size))
			return false;
		break;
	default:
		return false;
	}
	if (size > (uint64_t)(end - *at))
		return false;
	value->data = *at;
	value->size = size;
	*at += size;
	return true;
}

static unsigned expected_wire(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return PROTOBUF_C_WIRE_TYPE_64BIT;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return PROTOBUF_C_WIRE_TYPE_32BIT;
	default:
		return PROTOBUF_C_WIRE_TYPE_VARINT;
	}
}

/* Decodes one character of UTF-8; 0 for anything that is not one, or for NUL. */
static uint32_t read_character(const uint8_t **at, const uint8_t *end)
{
	const uint8_t first = *(*at)++;
	if (first < 0x80)
		return first;
	const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	if (first < 0xc2 || first > 0xf4 || end - *at < more)
		return 0;
	uint32_t character = first & (0x3f >> more);
	for (int i = 0; i < more; i++) {
		const uint8_t byte = *(*at)++;
		if ((byte & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (byte & 0x3f);
	}
	const bool surrogate = character >= 0xd800 && character <= 0xdfff;
	return character < least[more] || character > 0x10ffff || surrogate ? 0 : character;
}

static bool is_control(uint32_t character, bool lines)
{
	if (lines && (character == '\n' || character == '\t'))
		return false;
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static bool check_text(const ProtobufCFieldDescriptor *field, const struct value *value,
		       struct violation *violation)
{
	const struct exception *exception = find_exception(field);
	const unsigned max = exception ? exception->max : LIMIT_TEXT;
	const bool lines = exception && exception->lines;
	const uint8_t *at = value->data, *end = value->data + value->size;
	unsigned count = 0;
	while (at < end) {
		const bool is_nul = !*at;
		const uint32_t character = read_character(&at, end);
		if (!character && !is_nul)
			return refuse(violation, "This is not UTF-8 text; send it as UTF-8.");
		if (is_control(character, lines))
			return refuse(violation, "Leave out control characters.");
		if (++count > max)
			return refuse_beyond(violation, max, "characters");
	}
	return true;
}

static bool check_bytes(const ProtobufCFieldDescriptor *field, const struct value *value,
			struct violation *violation)
{
	const struct exception *exception = find_exception(field);
	const unsigned max = exception ? exception->max : LIMIT_TEXT;
	return value->size <= max || refuse_beyond(violation, max, "bytes");
}

static bool check_choice(const ProtobufCFieldDescriptor *field, uint64_t number,
			 struct violation *violation)
{
	const int choice = (int)(uint32_t)number;
	if (choice && (uint64_t)(int64_t)choice == number &&
	    protobuf_c_enum_descriptor_get_value(field->descriptor, choice))
		return true;
	return refuse(violation, "This is not one of the choices.");
}

static bool check_message(const ProtobufCMessageDescriptor *message, const uint8_t *at,
			  const uint8_t *end, int depth, struct violation *violation);

static bool check_value(const ProtobufCFieldDescriptor *field, const struct value *value, int depth,
			struct violation *violation)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return check_text(field, value, violation);
	case PROTOBUF_C_TYPE_BYTES:
		return check_bytes(field, value, violation);
	case PROTOBUF_C_TYPE_ENUM:
		return check_choice(field, value->number, violation);
	case PROTOBUF_C_TYPE_MESSAGE:
		return check_message(field->descriptor, value->data, value->data + value->size,
				     depth + 1, violation);
	default:
		return true;
	}
}

/* One more element of `field`: a second one only where it repeats. */
static bool check_count(const ProtobufCFieldDescriptor *field, unsigned count,
			struct violation *violation)
{
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return count == 1 || refuse(violation, "This is given twice; give it once.");
	const struct exception *exception = find_exception(field);
	const unsigned max = exception ? exception->max : LIMIT_ELEMENTS;
	return count <= max || refuse_beyond(violation, max, "of these");
}

/* A packed repeated field: the values without their tags. */
static bool check_packed(const ProtobufCFieldDescriptor *field, const struct value *packed,
			 unsigned *count, struct violation *violation)
{
	const uint8_t *at = packed->data, *end = packed->data + packed->size;
	struct value value = {.wire = expected_wire(field->type)};
	while (at < end) {
		if (!read_value(&at, end, &value))
			return refuse(violation, "This is cut off; send all of it.");
		if (!check_count(field, ++*count, violation) ||
		    !check_value(field, &value, 0, violation))
			return false;
	}
	return true;
}

static bool check_field(const ProtobufCFieldDescriptor *field, const struct value *value,
			unsigned *count, int depth, struct violation *violation)
{
	const unsigned expected = expected_wire(field->type);
	if (value->wire == expected)
		return check_count(field, ++*count, violation) &&
		       check_value(field, value, depth, violation);
	if (value->wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED &&
	    field->label == PROTOBUF_C_LABEL_REPEATED)
		return check_packed(field, value, count, violation);
	return refuse(violation, "This is of another type; see the contract.");
}

static bool check_message(const ProtobufCMessageDescriptor *message, const uint8_t *at,
			  const uint8_t *end, int depth, struct violation *violation)
{
	unsigned counts[FIELDS] = {0};
	if (depth > LIMIT_DEPTH)
		return refuse(violation, "This is nested too deep.");
	while (at < end) {
		uint64_t tag = 0;
		if (!read_varint(&at, end, &tag))
			return refuse(violation, "The message is cut off; send all of it.");
		const uint64_t id = tag >> 3;
		if (id < 1 || id > message->n_fields || id > FIELDS)
			return refuse(violation, "The message holds a field that this daemon does "
						 "not know; use the contract of its version.");
		const ProtobufCFieldDescriptor *field = &message->fields[id - 1];
		struct value value = {.wire = tag & 7};
		if (!read_value(&at, end, &value)) {
			refuse(violation, "This is cut off; send all of it.");
			return refuse_within(violation, field, counts[id - 1]);
		}
		unsigned *count = &counts[id - 1];
		if (!check_field(field, &value, count, depth, violation))
			return refuse_within(violation, field, *count ? *count - 1 : 0);
	}
	return true;
}

bool limit_check(const ProtobufCMessageDescriptor *message, const uint8_t *data, size_t size,
		 struct violation *violation)
{
	return check_message(message, data, data + size, 1, violation);
}
