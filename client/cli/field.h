/*
 * Fields of messages by name: setting them from text and writing them as text.
 * The only file of the command line that walks descriptors.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A message with nothing in it, freed with protobuf_c_message_free_unpacked. */
ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *descriptor);

const ProtobufCFieldDescriptor *field_find(const ProtobufCMessageDescriptor *descriptor,
					   const char *path);

/*
 * Sets a field from text by its type: numbers, "yes"/"no", enum labels, text; a
 * repeated field gets one element more. False with a sentence that names what
 * may be written.
 */
bool field_set(ProtobufCMessage *message, const char *name, const char *text, char *error,
	       size_t size) __attribute__((warn_unused_result));

/* "coaching|mentoring": the labels of an enum, with '-' for '_'. */
void enum_labels(const ProtobufCEnumDescriptor *descriptor, const char *between, char *out,
		 size_t size);

/* Sets a bytes field to a copy. */
void field_set_bytes(ProtobufCMessage *message, const char *name, const void *data, size_t size);

/* Gives a message to a message field, appended when repeated: takes ownership. */
void field_give(ProtobufCMessage *message, const char *name, ProtobufCMessage *value);

/* Empties a repeated message field whose messages were only lent to it. */
void field_forget(ProtobufCMessage *message, const char *name);

/* Whether there is anything in the field at `path`. */
bool field_present(const ProtobufCMessage *message, const char *path);

/* The values at `path`, `width` bytes apart; count 0 when absent. */
struct field_values {
	const ProtobufCFieldDescriptor *field;
	const void *first;
	size_t count, width;
};
struct field_values field_values(const ProtobufCMessage *message, const char *path);

/* The elements of a repeated message field, or the one message of a single one. */
size_t field_messages(const ProtobufCMessage *message, const char *path,
		      ProtobufCMessage *const **out);

/* Moves the elements of `from`'s repeated field to the end of `to`'s. */
void field_append(ProtobufCMessage *to, ProtobufCMessage *from,
		  const ProtobufCFieldDescriptor *field);

/* An integer or enum value; `otherwise` when absent. */
int64_t field_number(const ProtobufCMessage *message, const char *path, int64_t otherwise);

/* A string; "" when absent. */
const char *field_string(const ProtobufCMessage *message, const char *path);

/* What somebody wrote; in place of what does not open, a sentence that says so. */
const char *field_words(const ProtobufCMessage *confidential);

/* Seconds since 1970 of a Timestamp; false when absent. */
bool field_time(const ProtobufCMessage *message, const char *path, int64_t *out);

enum field_style {
	FIELD_PEOPLE,  /* "Mon 26 Oct 2026, 10am", "yes", "not yet closed" */
	FIELD_FIGURES, /* the same with a decimal each, to stand in columns */
	FIELD_DATA,    /* ISO times, labels as in the contract */
};

/*
 * The field as text; repeated values separated by ", " (people) or ";" (data).
 * Nothing for an absent one. Text of others comes as it is: see text_show.
 */
void field_write(const ProtobufCMessage *message, const char *path, enum field_style style,
		 const char *zone, FILE *out);

/* Whether a table aligns the column to the right. */
bool field_is_number(const ProtobufCFieldDescriptor *field);
