/*
 * Bytes of a message being written, in protobuf's wire format. One buffer serves
 * reply after reply and keeps its memory. Writing past LIMIT_REPLY or running out
 * of memory sets `failed`, and everything after it is dropped.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *data;
	size_t length, room;
	bool failed, no_memory; /* no_memory: that is why */
	bool secret; /* set by whoever writes what people wrote: it is wiped when emptied */
};

void buffer_finish(struct buffer *buffer);

/* Empties it, for the next message; `secret` is false then. */
void buffer_clear(struct buffer *buffer);

/* Room for `size` bytes at the end, to be filled before it is used; NULL once failed. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size) __attribute__((warn_unused_result));

void buffer_bytes(struct buffer *buffer, const void *data, size_t size);
void buffer_varint(struct buffer *buffer, uint64_t number);
void buffer_tag(struct buffer *buffer, uint32_t field, unsigned wire);

/* A varint, or bytes, with their tag. */
void buffer_number(struct buffer *buffer, uint32_t field, uint64_t number);
void buffer_text(struct buffer *buffer, uint32_t field, const void *data, size_t size);

/*
 * A nested message: everything written between the two calls. `begin` gives the
 * mark that `end` takes.
 */
size_t buffer_begin(struct buffer *buffer, uint32_t field);
void buffer_end(struct buffer *buffer, size_t mark);
