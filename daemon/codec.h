/*
 * A message is a row: request fields in order are the parameters $1 ... $n, the
 * columns of the answer are the fields of the reply, matched by name. Everything
 * follows from the descriptors; no message has code of its own. What people
 * wrote (Confidential) is sealed and opened here and nowhere else.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buffer.h"
#include "cells.h"
#include "methods.h"
#include "status.h"

/* What a statement is given; values point into the arena of the call. */
struct params {
	int n;
	const char *values[METHOD_FIELDS]; /* NULL: NULL */
	int lengths[METHOD_FIELDS];
	int formats[METHOD_FIELDS]; /* 1: binary; 0: text, ended by 0 */
};

/*
 * Works out what the messages of a method are as rows. False with a sentence for
 * one that cannot be a row: fields out of order, nested too deep, a type that
 * has none in the database.
 */
bool codec_prepare(struct method *method, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Checks the bytes of a request and makes the parameters. `person`: who writes
 * what is sealed, or 0. `limit`: how many rows a list may send. On false the
 * status says why.
 */
bool codec_params(const struct method *method, const uint8_t *data, size_t size, int64_t person,
		  struct arena *arena, struct params *params, int *limit, struct status *status)
	__attribute__((warn_unused_result));

/*
 * Finds the column of each field once the statement has been described. False
 * with a sentence that names the method and the column that is missing or of the
 * wrong type.
 */
bool codec_columns(struct method *method, int n, const char *const *names, const uint32_t *types,
		   char *error, size_t size) __attribute__((warn_unused_result));

/*
 * Appends the reply message. `more`: a list has rows beyond `limit`. No row of
 * what is not a list is NOT_FOUND. On false the status says why.
 */
bool codec_reply(const struct method *method, const struct rows *rows, int limit,
		 struct buffer *out, bool *more, struct status *status)
	__attribute__((warn_unused_result));

/* The same from a reply that was kept: a record of the statement's columns. */
bool codec_kept(const struct method *method, const struct cell *record, struct buffer *out,
		struct status *status) __attribute__((warn_unused_result));
