/*
 * coachd keys: the sealing keys, seen from the daemon's own machine, whether or
 * not the daemon runs.
 */
#pragma once
#include <stdbool.h>

#include "config.h"

/*
 * The exit code of `coachd keys` and what follows: nothing lists them on standard
 * output (name, what it does, how many values it holds); "add" makes one that
 * seals from now on, and prints its name; "retire" KEY takes one out that holds
 * nothing any more; "verify" FILE opens everything with the keys of a copy.
 */
int admin_keys(const struct config *config, const char *const *words, int count);

/* Whether it needs no database, only the folder config->keys. */
bool admin_keys_alone(const struct config *config, const char *const *words);
