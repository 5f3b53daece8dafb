/* The heap of this program, watched: these functions stand before the C library's. */
#include "heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
} real;

static bool watching, further_ones;
static long fail_at;
static struct heap seen;

/* What is asked for while we look for the real ones. */
static _Alignas(max_align_t) char early[32 * 1024];
static size_t early_used;

static void *take_early(size_t size)
{
	void *at = early + early_used;
	early_used += (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	return early_used <= sizeof(early) ? at : NULL;
}

static bool is_early(const void *pointer)
{
	return (uintptr_t)pointer - (uintptr_t)early < sizeof(early);
}

/* Whether the real ones are known; looking for them may need memory itself. */
static bool ready(void)
{
	static bool looking;
	if (real.free)
		return true;
	if (looking)
		return false;
	looking = true;
	*(void **)&real.malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&real.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&real.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&real.free = dlsym(RTLD_NEXT, "free");
	looking = false;
	return real.free;
}

static bool refused(void)
{
	if (!watching)
		return false;
	seen.taken++;
	if (!fail_at || (further_ones ? seen.taken < fail_at : seen.taken != fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

static void *took(void *pointer)
{
	if (!watching || !pointer)
		return pointer;
	seen.blocks++;
	seen.live += malloc_usable_size(pointer);
	if (seen.live > seen.peak && seen.live < SIZE_MAX / 2)
		seen.peak = seen.live;
	return pointer;
}

static void gave(void *pointer)
{
	if (!watching || !pointer)
		return;
	seen.blocks--;
	seen.live -= malloc_usable_size(pointer);
}

void *malloc(size_t size)
{
	if (!ready())
		return take_early(size);
	return refused() ? NULL : took(real.malloc(size));
}

void *calloc(size_t n, size_t size)
{
	if (!ready())
		return take_early(n * size); /* zero, as it was never used */
	return refused() ? NULL : took(real.calloc(n, size));
}

void *realloc(void *pointer, size_t size)
{
	if (!ready() || is_early(pointer)) {
		void *fresh = malloc(size);
		if (fresh && pointer)
			memcpy(fresh, pointer, size);
		return fresh;
	}
	if (refused())
		return NULL;
	gave(pointer);
	void *fresh = real.realloc(pointer, size);
	took(fresh ? fresh : pointer);
	return fresh;
}

void free(void *pointer)
{
	if (!pointer || is_early(pointer) || !ready())
		return;
	gave(pointer);
	real.free(pointer);
}

/* Here too, since a sanitizer's own would not come by. */
char *strdup(const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = malloc(size);
	return copy ? memcpy(copy, text, size) : NULL;
}

void heap_watch(long fail, int further)
{
	seen = (struct heap){0};
	fail_at = fail;
	further_ones = further;
	watching = true;
}

struct heap heap_seen(void)
{
	watching = false;
	return seen;
}
