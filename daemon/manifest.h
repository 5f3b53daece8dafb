/*
 * The file coachhouse.backup of a backup: lines "name = value".
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { MANIFEST_FORMAT = 1 };

struct manifest {
	long format;
	char coachd[32]; /* the version that made it */
	char schema[80]; /* the last migration */
	char postgresql[32];
	char began[40];	   /* all that was committed then is in it, and what came meanwhile; UTC */
	char erasures[65]; /* SHA-256 of the ledger; empty: there is none */
};

/* Writes it whole and durably, or not at all. */
bool manifest_write(const char *folder, const struct manifest *manifest, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Fills `manifest`; a sentence when `folder` is no backup or one of a format unknown here. */
bool manifest_read(const char *folder, struct manifest *manifest, char *error, size_t size)
	__attribute__((warn_unused_result));

/* The digest of a file as 64 hexadecimal digits; "" when it is not there. */
bool manifest_digest(const char *file, char out[65], char *error, size_t size)
	__attribute__((warn_unused_result));
