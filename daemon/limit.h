/*
 * How much a message may hold, checked on its bytes before anything is made of
 * them: known fields only, each once, text that is clean UTF-8, enum values that
 * exist, so many elements, so deep. protobuf-c checks none of it.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIMIT_FRAME = 64 * 1024,    /* bytes of a request */
	LIMIT_HEADER = 512,	    /* bytes of a CallHeader */
	LIMIT_ENROLMENT = 4 * 1024, /* bytes of any frame where any key is let in */
	LIMIT_BUDGET = 512 * 1024,  /* memory that one call may take */
	LIMIT_REPLY = 1024 * 1024,  /* bytes of a reply */
	LIMIT_DEPTH = 4,
	LIMIT_TEXT = 200,     /* characters, or bytes of a bytes field */
	LIMIT_NOTE = 16000,   /* characters of what somebody wrote */
	LIMIT_ELEMENTS = 100, /* of a repeated field */
	LIMIT_LIST = 100,     /* rows of one list reply */
};

/* Which field is at fault, "actions[2].due", and one sentence about it. */
struct violation {
	char field[160];
	char sentence[160];
};

/*
 * Finds the fields of the table of exceptions among `messages` (ended by NULL)
 * and what they hold. False with a sentence for an entry that names no field.
 */
bool limit_init(const ProtobufCMessageDescriptor *const *messages, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Checks the bytes of a message; on false `violation` says what is wrong. */
bool limit_check(const ProtobufCMessageDescriptor *message, const uint8_t *data, size_t size,
		 struct violation *violation) __attribute__((warn_unused_result));
