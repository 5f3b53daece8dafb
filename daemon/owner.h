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

/*
 * Makes `folder` with `mode`, or checks that an existing one is ours and no link.
 * Its parent exists.
 */
bool owner_make(const char *folder, mode_t mode, char *error, size_t size)
	__attribute__((warn_unused_result));
