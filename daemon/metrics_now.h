/* Those figures that are looked at only when somebody asks. */
#pragma once
#include "metrics.h"

void metrics_now(const struct metrics_sources *sources, struct buffer *out);

/* Bytes of memory that the process holds; 0 where that cannot be seen. */
double metrics_memory(void);
