/* Memory of one call. */
#include "arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	_Alignas(max_align_t) char data[];
};

enum { CHUNK = 16 * 1024 };

static void *take_for_protobuf(void *arena, size_t size)
{
	return arena_take(arena, size);
}

static void free_nothing(void *arena, void *pointer)
{
	(void)arena;
	(void)pointer;
}

static void start(struct arena *arena, size_t budget)
{
	arena->chunks = NULL;
	arena->next = arena->first;
	arena->left = sizeof(arena->first);
	arena->budget = budget;
}

void arena_init(struct arena *arena, size_t budget)
{
	start(arena, budget);
	arena->allocator =
		(ProtobufCAllocator){.alloc = take_for_protobuf, .free = free_nothing, arena};
}

void arena_reset(struct arena *arena, size_t budget)
{
	const size_t used =
		arena->chunks ? sizeof(arena->first) : (size_t)(arena->next - arena->first);
	explicit_bzero(arena->first, used);
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;
		arena->chunks = chunk->next;
		explicit_bzero(chunk->data, chunk->size);
		free(chunk);
	}
	start(arena, budget);
}

static bool grow(struct arena *arena, size_t size)
{
	const size_t room = size > CHUNK ? size : CHUNK;
	if (room > arena->budget)
		return false;
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + room);
	if (!chunk)
		return false;
	chunk->next = arena->chunks;
	chunk->size = room;
	arena->chunks = chunk;
	arena->next = chunk->data;
	arena->left = room;
	arena->budget -= room;
	return true;
}

void *arena_take(struct arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	if (size > arena->budget + arena->left)
		return NULL;
	size = (size + align - 1) / align * align;
	if (size > arena->left && !grow(arena, size))
		return NULL;
	void *taken = arena->next;
	arena->next += size;
	arena->left -= size;
	return taken;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_take(arena, size ? size : 1);
	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}
