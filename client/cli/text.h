/* Text of other people, made fit for a terminal. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

/*
 * Writes `text` with control characters (escape sequences among them), bad UTF-8
 * and marks that turn the direction of text as '?'. Tabs and ends of line become
 * spaces unless `lines`.
 */
void text_show(const char *text, bool lines, FILE *out);

/* The same as new text, to be freed. */
char *text_clean(const char *text, bool lines);
