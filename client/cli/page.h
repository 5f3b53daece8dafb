/*
 * The page on which a conversation is recorded: its text, and how it is read
 * back. Names who can read it and carries open actions forward.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Writes the page from a PrepareConversationReply. `visible`: "me" or "us". */
void page_write(const ProtobufCMessage *prepared, const char *visible, const char *zone, FILE *out);

/* How the lines of a page are read. */
struct page_reader {
	int64_t now;
	const char *zone;
};

/*
 * Reads a page into a LogConversationRequest: note with its visibility, new
 * actions, those that are done. False with a sentence.
 */
bool page_read(const struct page_reader *reader, const char *text, ProtobufCMessage *request,
	       char *error, size_t size) __attribute__((warn_unused_result));

/* Reads lines "[ ] WHO: TEXT (due DATE)" alone, and "[x] ... #ID" of what is done. */
bool page_read_actions(const struct page_reader *reader, const char *text,
		       ProtobufCMessage *request, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Sets the note, without empty lines around it; nothing when it is empty. */
bool page_set_note(ProtobufCMessage *request, const char *text, const char *visible, char *error,
		   size_t size) __attribute__((warn_unused_result));

/* The editor: $VISUAL, $EDITOR, nano or vi; NULL when there is none. */
const char *page_editor(void);
