/*
 * Whose process this is. PostgreSQL refuses to run as root, and nothing here
 * needs it: started by root, the daemon becomes the owner of its folder for good.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * As root: makes `folder` and its parents, gives it to its owner, else user
 * coachhouse, else postgres, and becomes that user for good (groups, HOME too).
 * Gives away no folder of root's that holds something. Otherwise makes `folder`.
 * Fails with a sentence when it cannot be written afterwards.
 */
bool owner_become(const char *folder, char *error, size_t size) __attribute__((warn_unused_result));

/* Makes `folder` and its parents; as root, for whom owner_become would become. */
bool owner_prepare(const char *folder, char *error, size_t size)
	__attribute__((warn_unused_result));

/* As root: gives `path`, and all below it, to the owner of `like`. */
bool owner_give(const char *path, const char *like, char *error, size_t size)
	__attribute__((warn_unused_result));

/* True when there is nothing in it. */
bool owner_is_empty(const char *folder);

/* `path` from the root: it is named from where we stand, and we leave that. */
bool owner_whole_path(const char *path, char *out, size_t out_size, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Makes `folder` with `mode`, or checks that an existing one is ours and no link.
 * Its parent exists.
 */
bool owner_make(const char *folder, mode_t mode, char *error, size_t size)
	__attribute__((warn_unused_result));
