/* Help, from the table of sentences. */
#pragma once
#include <stdio.h>

#include "sentence.h"

/* Ten lines, examples first. */
void help_short(FILE *out);

/* Everything about one sentence. */
void help_sentence(const struct sentence *sentence, FILE *out);

/* The sentences of the manual, in scdoc's form. */
void help_manual(FILE *out);
