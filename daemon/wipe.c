/*
 * Freed memory is emptied: a message passes through buffers of libraries that
 * free it as it is, and a core file would keep what was said in it. Standing here,
 * these serve every library of the process; the C library calls its own.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void __libc_free(void *memory);
extern void *__libc_realloc(void *memory, size_t size);

/*
 * Most of ZeroMQ's queues was never touched: emptying them by hand would make it
 * memory that we take. Whole pages go back to the system, and come again empty.
 */
static void wipe(char *memory, size_t size)
{
	const size_t page = (size_t)getpagesize(), lead = -(uintptr_t)memory % page;
	const size_t pages = size > lead ? (size - lead) / page * page : 0;
	if (size < 2 * page || madvise(memory + lead, pages, MADV_DONTNEED) < 0) {
		explicit_bzero(memory, size);
		return;
	}
	explicit_bzero(memory, lead);
	explicit_bzero(memory + lead + pages, size - lead - pages);
}

void free(void *memory)
{
	const int was = errno;
	if (memory)
		wipe(memory, malloc_usable_size(memory));
	errno = was;
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
