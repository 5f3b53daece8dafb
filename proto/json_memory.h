/*
 * Whether jansson got all the memory that it asked for. Where it did not, its
 * reader drops characters without a word: "1042" becomes "104".
 */
#pragma once
#include <stdbool.h>

/* From here on, in this thread. */
void json_memory_begin(void);

/* Whether any was refused since. */
bool json_memory_failed(void);
