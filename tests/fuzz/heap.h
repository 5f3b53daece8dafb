/*
 * The heap of this program: malloc and its kin, for us and for every library, go
 * through here, so that a test can count what is taken and let a request fail.
 */
#pragma once
#include <stddef.h>

struct heap {
	size_t peak; /* most bytes that were taken at once */
	size_t live; /* bytes that are still taken */
	long taken;  /* how often something was */
	long blocks; /* what is still taken; below 0: more was given back */
};

/*
 * Counts from here on. The `fail`-th request for memory gets none, nor does any
 * after it when `further`; 0: all get theirs.
 */
void heap_watch(long fail, int further);

/* Ends it, and tells. */
struct heap heap_seen(void);
