/*
 * Who I am on this machine: an identity and the zone to show times in, kept in
 * $COACH_HOME/NAME.conf or $XDG_CONFIG_HOME/coachhouse/NAME.conf (0600 in 0700).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "coachhouse.h"

struct profile {
	struct coachhouse_identity identity;
	char zone[64];
	char name[256];
	char email[256];
};

/* The file of a profile; false with a sentence for a name that is no file name. */
bool profile_path(const char *name, char *out, size_t size, char *error, size_t error_size)
	__attribute__((warn_unused_result));

/*
 * Reads a profile. False with a sentence when it is absent, not mine alone to
 * read, or incomplete; `absent` (may be NULL) tells the first from the others.
 */
bool profile_load(const char *name, struct profile *out, bool *absent, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Writes a profile in one step, making the folder. */
bool profile_save(const char *name, const struct profile *profile, char *error, size_t size)
	__attribute__((warn_unused_result));
