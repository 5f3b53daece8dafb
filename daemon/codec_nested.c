/* What is nested in a request: sealed text, and messages that become jsonb. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec_in.h"
#include "json.h"
#include "seal.h"

static char *write_hex(char *at, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		*at++ = digits[data[i] >> 4];
		*at++ = digits[data[i] & 15];
	}
	return at;
}

static bool check_confidential(struct binding *b, const Coachhouse__V1__Confidential *message)
{
	if (!message->text || !*message->text)
		return status_invalid(b->status, b->path, "Write something, or leave it out.");
	if (!message->has_visible)
		return status_invalid(b->status, b->path, "Say who may read it: visible.");
	if (message->has_author && message->author != b->person)
		return status_invalid(b->status, b->path, "Leave out the author: it is who calls.");
	if (message->has_unopened)
		return status_invalid(b->status, b->path,
				      "Leave out unopened: only replies have it.");
	if (!b->person)
		return status_set(b->status, CODE(FAILED_PRECONDITION), "AUTHOR_UNKNOWN",
				  "Only a person's own key can write this.");
	return true;
}

/*
 * Seals the text, and writes it as JSON, {"box":"\\x..",...}, or as a composite,
 * (\\x..,7,us,\\x..): in text, since the binary form names types that only the
 * database knows. NULL with a status.
 */
static char *seal_text(struct binding *b, const char *field,
		       const Coachhouse__V1__Confidential *message, bool json, size_t *size)
{
	char visible[32];
	uint8_t binding[SEAL_BINDING];
	if (!check_confidential(b, message))
		return NULL;
	enum_label(&coachhouse__v1__visibility__descriptor, (int)message->visible, visible,
		   sizeof(visible));
	const size_t length = strlen(message->text), box_size = seal_size(length);
	uint8_t *box = arena_take(b->arena, box_size);
	char *text = arena_take(b->arena, 2 * (box_size + SEAL_BINDING) + 160), *at = text;
	if (!box || !text) {
		codec_out_of_memory(b->status);
		return NULL;
	}
	seal_close(&(struct seal_label){field, b->person, visible}, message->text, length, box,
		   binding);
	at += sprintf(at, "%s\\\\x", json ? "{\"box\":\"" : "(");
	at = write_hex(at, box, box_size);
	at += sprintf(at,
		      json ? "\",\"author\":%" PRId64 ",\"visible\":\"%s\",\"binding\":\"\\\\x"
			   : ",%" PRId64 ",%s,\\\\x",
		      b->person, visible);
	at = write_hex(at, binding, sizeof(binding));
	at += sprintf(at, "%s", json ? "\"}" : ")");
	*size = (size_t)(at - text);
	return text;
}

/* Stands in for each Confidential inside a message that becomes JSON. */
static char *seal_in_json(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message,
			  void *arg)
{
	struct binding *b = arg;
	size_t size;
	if (field->descriptor != &coachhouse__v1__confidential__descriptor)
		return NULL;
	const size_t end = strlen(b->path);
	snprintf(b->path + end, sizeof(b->path) - end, ".%s", field->name);
	const char *text = seal_text(b, field->name, (const void *)message, true, &size);
	b->path[end] = '\0';
	/* Refused: the status is set and the JSON, which may hold the plain text, is dropped. */
	char *own = strdup(text ? text : "null");
	if (!own)
		codec_out_of_memory(b->status);
	return own;
}

bool codec_bind_confidential(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
			     const Coachhouse__V1__Confidential *message)
{
	size_t size;
	const char *text = seal_text(b, field->name, message, false, &size);
	return text && codec_bind(b, i, text, size, 0);
}

static bool add_json(struct binding *b, const ProtobufCMessage *message, struct buffer *out)
{
	b->status->code = CODE(OK);
	char *json = json_write(message, JSON_SQL, seal_in_json, b);
	if (json)
		buffer_bytes(out, json, strlen(json));
	else
		codec_out_of_memory(b->status);
	if (json) /* refused, it may hold the plain text */
		explicit_bzero(json, strlen(json));
	free(json);
	return b->status->code == CODE(OK);
}

/* "[...,...]" of the elements, each named in refusals by its index. */
static bool add_array(struct binding *b, const ProtobufCFieldDescriptor *field,
		      const ProtobufCMessage *const *messages, size_t n, struct buffer *out)
{
	for (size_t k = 0; k < n; k++) {
		buffer_bytes(out, k ? "," : "[", 1);
		snprintf(b->path, sizeof(b->path), "%.60s[%zu]", field->name, k);
		if (!add_json(b, messages[k], out))
			return false;
	}
	buffer_bytes(out, "]", 1);
	return true;
}

bool codec_bind_json(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
		     const ProtobufCMessage *const *messages, size_t n)
{
	struct buffer out = {0};
	buffer_bytes(&out, "\x01", 1); /* the version of jsonb's binary form */
	bool done = field->label == PROTOBUF_C_LABEL_REPEATED
			    ? add_array(b, field, messages, n, &out)
			    : add_json(b, *messages, &out);
	if (done && out.failed)
		done = codec_out_of_memory(b->status);
	if (done)
		done = codec_bind(b, i, arena_copy(b->arena, out.data, out.length), out.length, 1);
	buffer_finish(&out);
	return done;
}
