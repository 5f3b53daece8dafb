/*
 * JSON from messages and back, by descriptor: no code per message.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

enum json_style {
	/* protobuf's JSON mapping: lowerCamelCase names, 64-bit integers as
	 * strings, enum names in full, bytes in base64, Timestamp as RFC 3339. */
	JSON_PEOPLE,
	/* towards PostgreSQL: proto names, numbers, enum names in lower case
	 * without their prefix, bytes as "\\x...", Timestamp as RFC 3339 UTC. */
	JSON_SQL,
};

/*
 * Called for each nested message; may return its JSON (to be freed by the
 * writer) to stand in its place, or NULL for the usual form. `field` is the
 * field that holds it.
 */
typedef char *(*json_hook)(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message,
			   void *arg);

/*
 * The JSON text of `message`, to be freed; NULL when memory ran out, a text is not
 * UTF-8 or the hook gave what is no JSON. Absent fields are left out; a repeated field is
 * always there, if empty.
 */
char *json_write(const ProtobufCMessage *message, enum json_style style, json_hook hook, void *arg);

/*
 * A message from protobuf's JSON mapping (lowerCamelCase or proto names), to be
 * freed with protobuf_c_message_free_unpacked. NULL for bad JSON, an unknown
 * field, a field that stands there twice, more than 4 levels or a value of the
 * wrong kind: `error` then names the field. null is as good as absent.
 */
ProtobufCMessage *json_read(const ProtobufCMessageDescriptor *descriptor, const char *text,
			    char *error, size_t size);

/* "SESSION_STATE_BOOKED" -> "booked": the value's name without the prefix of its enum. */
void enum_label(const ProtobufCEnumDescriptor *descriptor, int value, char *out, size_t size);

/* The value of a label ("booked", any case, '-' as '_'), or -1. */
int enum_value(const ProtobufCEnumDescriptor *descriptor, const char *label);

/* "with_name" -> "withName". */
void json_field_name(const char *name, char *out, size_t size);

/* How many bytes one element of a repeated field of this type takes. */
size_t json_value_size(ProtobufCType type);
