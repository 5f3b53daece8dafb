/*
 * A message with something in every field, made by descriptor: what a client
 * could send, and what the database could answer.
 */
#pragma once
#include "buffer.h"
#include "methods.h"

/* Appends the fields of a request or reply. `elements`: how many of each that repeats. */
void sample_message(const ProtobufCMessageDescriptor *message, int elements, struct buffer *out);

/*
 * Appends a field's value as PostgreSQL would send it and returns its type. `seal`:
 * people's texts are sealed with the key that was loaded.
 */
uint32_t sample_cell(const ProtobufCFieldDescriptor *field, int elements, struct buffer *out);
