/*
 * Freed memory is emptied: a message passes through buffers of libraries that
 * free it as it is, and a core file would keep what was said in it. Standing here,
 * these serve every library of the process; the C library calls its own.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

extern void __libc_free(void *memory);
extern void *__libc_realloc(void *memory, size_t size);

void free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	__libc_free(memory);
}

/* Within its place what is given up is emptied later; else a copy is made. */
void *realloc(void *memory, size_t size)
{
	const size_t had = memory ? malloc_usable_size(memory) : 0;
	if (!memory || (size && size <= had))
		return __libc_realloc(memory, size);
	void *moved = size ? malloc(size) : NULL;
	if (moved)
		memcpy(moved, memory, had);
	if (moved || !size)
		free(memory);
	return moved;
}
