/* Fields of messages by name, as values. */
#include "field.h"

#include <errno.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *descriptor)
{
	ProtobufCMessage *message = calloc(1, descriptor->sizeof_message);

	if (!message)
		abort();
	protobuf_c_message_init(descriptor, message);
	return message;
}

/* Where a field's value and its count or presence are kept. */
static void *value_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (char *)message + field->offset;
}

static void *quantifier_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (char *)message + field->quantifier_offset;
}

static bool is_pointer(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
}

static bool is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return *(size_t *)quantifier_of(message, field) > 0;
	if (is_pointer(field))
		return *(void **)value_of(message, field) != NULL;
	return *(protobuf_c_boolean *)quantifier_of(message, field);
}

const ProtobufCFieldDescriptor *field_find(const ProtobufCMessageDescriptor *descriptor,
					   const char *path)
{
	const ProtobufCFieldDescriptor *field = NULL;
	char name[64];

	for (;;) {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		field = protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
		if (!field || path[n] == '\0')
			return field;
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			return NULL;
		descriptor = field->descriptor;
		path += n + 1;
	}
}

/* Follows a path to the message that holds its last field; NULL when one on the way is absent. */
static const ProtobufCFieldDescriptor *reach(const ProtobufCMessage **message, const char *path)
{
	for (;;) {
		size_t n = strcspn(path, ".");
		char name[64];
		const ProtobufCFieldDescriptor *field;

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		field = protobuf_c_message_descriptor_get_field_by_name((*message)->descriptor,
									name);
		if (!field || !is_present(*message, field))
			return NULL;
		if (path[n] == '\0')
			return field;
		if (field->type != PROTOBUF_C_TYPE_MESSAGE ||
		    field->label == PROTOBUF_C_LABEL_REPEATED)
			return NULL;
		*message = *(ProtobufCMessage **)value_of(*message, field);
		path += n + 1;
	}
}

bool field_present(const ProtobufCMessage *message, const char *path)
{
	return reach(&message, path) != NULL;
}

size_t field_messages(const ProtobufCMessage *message, const char *path,
		      ProtobufCMessage *const **out)
{
	const ProtobufCFieldDescriptor *field = reach(&message, path);

	if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE)
		return 0;
	if (field->label != PROTOBUF_C_LABEL_REPEATED) {
		*out = value_of(message, field);
		return 1;
	}
	*out = *(ProtobufCMessage ***)value_of(message, field);
	return *(size_t *)quantifier_of(message, field);
}

int64_t field_number(const ProtobufCMessage *message, const char *path, int64_t otherwise)
{
	const ProtobufCFieldDescriptor *field = reach(&message, path);
	const void *value = field ? value_of(message, field) : NULL;

	if (!field || field->label == PROTOBUF_C_LABEL_REPEATED)
		return otherwise;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		return *(const int32_t *)value;
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)value;
	case PROTOBUF_C_TYPE_INT64:
		return *(const int64_t *)value;
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)value;
	default:
		return otherwise;
	}
}

const char *field_string(const ProtobufCMessage *message, const char *path)
{
	const ProtobufCFieldDescriptor *field = reach(&message, path);

	if (!field || field->type != PROTOBUF_C_TYPE_STRING ||
	    field->label == PROTOBUF_C_LABEL_REPEATED)
		return "";
	return *(char **)value_of(message, field);
}

bool field_time(const ProtobufCMessage *message, const char *path, int64_t *out)
{
	ProtobufCMessage *const *found;

	if (field_messages(message, path, &found) != 1 ||
	    found[0]->descriptor != &google__protobuf__timestamp__descriptor)
		return false;
	*out = ((const Google__Protobuf__Timestamp *)found[0])->seconds;
	return true;
}

/* Makes room for one element more of a repeated field and returns where it goes. */
static void *grow(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t width)
{
	void **array = value_of(message, field);
	size_t *count = quantifier_of(message, field);
	void *grown = realloc(*array, (*count + 1) * width);

	if (!grown)
		abort();
	*array = grown;
	return (char *)grown + (*count)++ * width;
}

static size_t width_of(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	default:
		return 4;
	}
}

struct field_values field_values(const ProtobufCMessage *message, const char *path)
{
	const ProtobufCFieldDescriptor *field = reach(&message, path);
	struct field_values out = {.field = field};

	if (!field)
		return out;
	out.width = width_of(field);
	out.count = 1;
	out.first = value_of(message, field);
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		out.count = *(size_t *)quantifier_of(message, field);
		out.first = *(void **)out.first;
	}
	return out;
}

/* Where a new value of the field goes, marked as present. */
static void *place(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return grow(message, field, width_of(field));
	if (field->type == PROTOBUF_C_TYPE_STRING)
		free(*(char **)value_of(message, field));
	else if (!is_pointer(field))
		*(protobuf_c_boolean *)quantifier_of(message, field) = 1;
	return value_of(message, field);
}

static bool read_whole(const char *text, int64_t most, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && *text && !*end && *out <= most && *out >= -most;
}

static bool set_number(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		       const char *text)
{
	bool wide = field->type == PROTOBUF_C_TYPE_INT64;
	int64_t value;

	/* "#1042", as ids are shown */
	if (!read_whole(text + (*text == '#'), wide ? INT64_MAX : INT32_MAX, &value))
		return false;
	if (wide)
		*(int64_t *)place(message, field) = value;
	else
		*(int32_t *)place(message, field) = (int32_t)value;
	return true;
}

static bool set_real(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		     const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (!*text || *end || value != value || value > 1e9 || value < -1e9)
		return false;
	*(double *)place(message, field) = value;
	return true;
}

static bool set_truth(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		      const char *text)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return false;
	*(protobuf_c_boolean *)place(message, field) = yes;
	return true;
}

static bool set_label(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		      const char *text)
{
	int value = enum_value(field->descriptor, text);

	if (value <= 0)
		return false;
	*(int32_t *)place(message, field) = value;
	return true;
}

void enum_labels(const ProtobufCEnumDescriptor *descriptor, const char *between, char *out,
		 size_t size)
{
	char label[64];
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < descriptor->n_values && used < size; i++) {
		if (descriptor->values[i].value == 0)
			continue;
		enum_label(descriptor, descriptor->values[i].value, label, sizeof(label));
		for (char *c = label; *c; c++)
			if (*c == '_')
				*c = '-';
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? between : "",
					 label);
	}
}

/* What may be written in the field, for a sentence. */
static void say_wanted(const ProtobufCFieldDescriptor *field, char *out, size_t size)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_ENUM:
		enum_labels(field->descriptor, ", ", out, size);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		snprintf(out, size, "yes or no");
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		snprintf(out, size, "a number, such as 12 or 7.5");
		break;
	default:
		snprintf(out, size, "a whole number");
	}
}

bool field_set(ProtobufCMessage *message, const char *name, const char *text, char *error,
	       size_t size)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
	char wanted[256];
	bool good = false;

	if (!field) {
		snprintf(error, size, "There is no field \"%s\".", name);
		return false;
	}
	if (field->type == PROTOBUF_C_TYPE_STRING) {
		*(char **)place(message, field) = strdup(text);
		return true;
	}
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		good = set_label(message, field, text);
	else if (field->type == PROTOBUF_C_TYPE_BOOL)
		good = set_truth(message, field, text);
	else if (field->type == PROTOBUF_C_TYPE_DOUBLE)
		good = set_real(message, field, text);
	else if (field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_INT64)
		good = set_number(message, field, text);
	if (good)
		return true;
	say_wanted(field, wanted, sizeof(wanted));
	snprintf(error, size, "\"%.60s\" will not do: write %s.", text, wanted);
	return false;
}

void field_set_bytes(ProtobufCMessage *message, const char *name, const void *data, size_t size)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
	ProtobufCBinaryData *bytes = place(message, field);

	bytes->data = malloc(size);
	if (!bytes->data)
		abort();
	memcpy(bytes->data, data, size);
	bytes->len = size;
}

void field_give(ProtobufCMessage *message, const char *name, ProtobufCMessage *value)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);

	*(ProtobufCMessage **)place(message, field) = value;
}

void field_append(ProtobufCMessage *to, ProtobufCMessage *from,
		  const ProtobufCFieldDescriptor *field)
{
	size_t *count = quantifier_of(from, field);
	ProtobufCMessage **elements = *(ProtobufCMessage ***)value_of(from, field);

	for (size_t i = 0; i < *count; i++)
		*(ProtobufCMessage **)grow(to, field, sizeof(void *)) = elements[i];
	*count = 0;
}

void field_forget(ProtobufCMessage *message, const char *name)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);

	*(size_t *)quantifier_of(message, field) = 0;
}
