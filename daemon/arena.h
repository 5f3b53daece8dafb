/*
 * Memory of one call: taken piece by piece, given back as a whole, never more
 * than a budget. protobuf-c amplifies what it reads many times over; the budget
 * turns that into one refused call.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

enum { ARENA_FIRST = 4096 };

struct arena {
	struct arena_chunk *chunks;
	char *next;
	size_t left;		      /* in the current chunk */
	size_t budget;		      /* what may still be taken from the heap */
	ProtobufCAllocator allocator; /* for protobuf-c: takes from here, frees nothing */
	_Alignas(max_align_t) char first[ARENA_FIRST];
};

/* An empty arena. It points into itself: it must not be moved. */
void arena_init(struct arena *arena, size_t budget);

/* Wipes and gives back everything; the arena is then as after arena_init with `budget`. */
void arena_reset(struct arena *arena, size_t budget);

/* Aligned memory, not cleared; NULL when the budget is spent. */
void *arena_take(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/* A copy of `size` bytes; NULL when the budget is spent. */
void *arena_copy(struct arena *arena, const void *data, size_t size)
	__attribute__((warn_unused_result));
