/* The memory that jansson takes. */
#include "json_memory.h"

#include <jansson.h>
#include <stdlib.h>

static _Thread_local bool failed;

static void *take(size_t size)
{
	void *taken = malloc(size);
	if (!taken)
		failed = true;
	return taken;
}

/* Before main, since jansson wants to hear of it before anything else. */
__attribute__((constructor)) static void begin(void)
{
	json_set_alloc_funcs(take, free);
}

void json_memory_begin(void)
{
	failed = false;
}

bool json_memory_failed(void)
{
	return failed;
}
