/* The rows of a file to import, as messages. */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "command.h"

/* A row that cannot even be sent. */
struct refusal {
	int line;
	char sentence[256];
};

struct import_rows {
	ProtobufCMessage **rows;
	size_t count;
	struct refusal *refusals;
	size_t refused;
};

/*
 * Reads a CSV file whose first row names the fields of `descriptor` (PersonRow,
 * ConversationRow) into messages. Bad rows become refusals. False with a
 * sentence when the file as a whole will not do. Ends with import_rows_finish.
 */
bool import_read(struct import_rows *out, const ProtobufCMessageDescriptor *descriptor,
		 const char *path, const struct command *command, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Adds the refusals to the rows of an import's reply. */
void import_add_refusals(const struct import_rows *rows, ProtobufCMessage *reply);

void import_rows_finish(struct import_rows *rows);
