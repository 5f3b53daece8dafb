/* A page in a file of a private folder in memory, while an editor is open. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct draft {
	char folder[512]; /* 0700 */
	char path[600];	  /* 0600 */
};

/*
 * Makes the folder, in the run-time directory where there is one, and the file.
 * False with a sentence.
 */
bool draft_create(struct draft *draft, const char *text, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Carries on with a draft that was kept; false with a sentence. */
bool draft_open(struct draft *draft, const char *path, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Waits for the editor; false with a sentence when it failed. */
bool draft_edit(const struct draft *draft, const char *editor, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Removes the file, what an editor left beside it, and the folder that was made for it. */
void draft_remove(struct draft *draft);
