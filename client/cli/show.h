/* Showing a reply, as the parts of its sentence say. */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdio.h>

#include "command.h"
#include "field.h"

/* In the form that was asked for; an exit code. */
int show_reply(struct command *command, const ProtobufCMessage *reply);

/* "Moved to {starts..ends}[, with {with_name}]." of one message; see struct part. */
void show_line(const char *line, const ProtobufCMessage *message, const char *zone, FILE *out);

/*
 * One cell: "starts" as it is, "starts..ends" a range, "weekday~"
 * the name of a day, "to-" the day before, "kind!" what to type next. To be freed.
 */
char *show_cell(const ProtobufCMessage *message, const char *path, enum field_style style,
		const char *zone);

/* A table of messages of one type, with `total` (may be NULL) as its last row. */
void show_table(const struct command *command, const struct part *part,
		ProtobufCMessage *const *rows, size_t count, const ProtobufCMessage *total);

/* One field of RFC 4180, in quotes where it needs them. */
void csv_write(const char *text, FILE *out);
