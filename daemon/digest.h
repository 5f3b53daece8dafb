/* SHA-256, for telling a repeated call from another one under the same id. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32 };

void digest(const void *data, size_t size, uint8_t out[DIGEST_SIZE]);
