/* SHA-256. */
#include "digest.h"

#include <sodium.h>

void digest(const void *data, size_t size, uint8_t out[DIGEST_SIZE])
{
	crypto_hash_sha256(out, data, size);
}
