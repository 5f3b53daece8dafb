/*
 * Files that hold secrets: read only when nobody else may, written so that they
 * are there whole or not at all.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Opens `file` for reading, unbuffered, so that stdio keeps no copy; refuses one
 * that others may read, and what is no file. NULL with a sentence.
 */
FILE *secret_open(const char *file, char *error, size_t size) __attribute__((warn_unused_result));

/* Writes a file that must not exist yet. */
bool secret_create(const char *file, mode_t mode, const char *text, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Puts `text` in the place of a file that exists: 0600, of the same owner. Whatever
 * happens meanwhile, the file is the old one or the new one.
 */
bool secret_replace(const char *file, const char *text, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Those who change a file take turns: from `hold`, which waits, to `let_go`. */
int secret_hold(const char *file);
void secret_let_go(int held);

/* Whether systemd hands the file over; then it is not ours to change. */
bool secret_is_credential(const char *file);
