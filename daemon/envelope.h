/*
 * The first frame of a call, which says what is called, and of a reply, which
 * says how that ended.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "status.h"

/* Room for all texts of a status, twice the message, and what stands around them. */
enum { ENVELOPE_ID = 16, ENVELOPE_SIZE = 2048 };

/* What clients are told while the daemon's key changes. */
struct moved {
	const char *endpoint; /* at most MOVED_ENDPOINT characters */
	const char *server_key;
};
enum { MOVED_ENDPOINT = 255 };

/* A CallHeader. Pointers are into the arena that it was read with. */
struct envelope {
	uint8_t id[ENVELOPE_ID];
	bool has_id;
	const char *method;
	int64_t expires;	/* microseconds since 1970; 0: never */
	const uint8_t *sign_in; /* NULL: none */
	size_t sign_in_size;
	bool again; /* it may have been sent before */
};

/*
 * Reads a CallHeader into `out`, which is all zero before. On false the status
 * says why; the id is there if it could be read, so that the refusal finds its call.
 */
bool envelope_read(const uint8_t *data, size_t size, struct arena *arena, struct envelope *out,
		   struct status *status) __attribute__((warn_unused_result));

/*
 * Writes a ReplyHeader and returns its size. `call`: what is answered, perhaps without an
 * id that could be read. `now`: microseconds since 1970. `moved`: NULL as a rule.
 */
size_t envelope_write(const struct envelope *call, const struct status *status, bool more,
		      int64_t now, const struct moved *moved, uint8_t out[ENVELOPE_SIZE]);
