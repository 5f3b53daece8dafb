/* Bytes of a message being written. */
#include "buffer.h"

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

/* All of it: what was moved or taken back stands beyond the end. */
static void wipe(struct buffer *buffer)
{
	if (buffer->secret)
		explicit_bzero(buffer->data, buffer->room);
}

void buffer_finish(struct buffer *buffer)
{
	wipe(buffer);
	free(buffer->data);
	*buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
	wipe(buffer);
	buffer->length = 0;
	buffer->failed = buffer->no_memory = buffer->secret = false;
}

static bool grow(struct buffer *buffer, size_t needed)
{
	size_t room = buffer->room ? buffer->room : 4096;
	while (room < needed)
		room *= 2;
	/* Not realloc: it would leave a copy behind. */
	uint8_t *data = malloc(room);
	if (!data) {
		buffer->no_memory = true;
		return false;
	}
	if (buffer->length)
		memcpy(data, buffer->data, buffer->length);
	wipe(buffer);
	free(buffer->data);
	buffer->data = data;
	buffer->room = room;
	return true;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
	const size_t needed = buffer->length + size;
	if (buffer->failed || needed > LIMIT_REPLY ||
	    (needed > buffer->room && !grow(buffer, needed))) {
		buffer->failed = true;
		return NULL;
	}
	uint8_t *at = buffer->data + buffer->length;
	buffer->length = needed;
	return at;
}

void buffer_bytes(struct buffer *buffer, const void *data, size_t size)
{
	uint8_t *at = buffer_extend(buffer, size);
	if (at && size)
		memcpy(at, data, size);
}

static size_t encode_varint(uint8_t out[10], uint64_t number)
{
	size_t size = 0;
	while (number >= 0x80) {
		out[size++] = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	out[size++] = (uint8_t)number;
	return size;
}

void buffer_varint(struct buffer *buffer, uint64_t number)
{
	uint8_t bytes[10];
	buffer_bytes(buffer, bytes, encode_varint(bytes, number));
}

void buffer_tag(struct buffer *buffer, uint32_t field, unsigned wire)
{
	buffer_varint(buffer, (uint64_t)field << 3 | wire);
}

void buffer_number(struct buffer *buffer, uint32_t field, uint64_t number)
{
	buffer_tag(buffer, field, PROTOBUF_C_WIRE_TYPE_VARINT);
	buffer_varint(buffer, number);
}

void buffer_text(struct buffer *buffer, uint32_t field, const void *data, size_t size)
{
	buffer_tag(buffer, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
	buffer_varint(buffer, size);
	buffer_bytes(buffer, data, size);
}

size_t buffer_begin(struct buffer *buffer, uint32_t field)
{
	buffer_tag(buffer, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
	return buffer->length;
}

/* Only now is the size known; what was written moves to make room for it. */
void buffer_end(struct buffer *buffer, size_t mark)
{
	if (buffer->failed)
		return;
	const size_t size = buffer->length - mark;
	uint8_t bytes[10];
	const size_t prefix = encode_varint(bytes, size);
	if (!buffer_extend(buffer, prefix))
		return;
	memmove(buffer->data + mark + prefix, buffer->data + mark, size);
	memcpy(buffer->data + mark, bytes, prefix);
}
