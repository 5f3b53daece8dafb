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

/* "Kim Day and Sam Reed": who can read a text of this visibility, from the same reply. */
void page_write_readers(const ProtobufCMessage *prepared, const char *visible, FILE *out);

/* The field of the request in which the note goes: "note" or "performance_note". */
const char *page_note_field(const ProtobufCMessage *request);

/* How the lines of a page are read. */
struct page_reader {
	int64_t now;
	const char *zone;
};

/*
 * Reads a page into a LogConversationRequest: note with its visibility, new
 * actions, those that are done; or into a LogPerformanceRequest: the note. False
 * with a sentence.
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
