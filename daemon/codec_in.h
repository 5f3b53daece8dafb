/* Shared by the two halves of the way in, codec_in.c and codec_nested.c; nobody else's. */
#pragma once
#include "codec.h"
#include "common.pb-c.h"

/* One request on its way. */
struct binding {
	struct arena *arena;
	struct params *params;
	struct status *status;
	int64_t person;
	char path[100]; /* the field being bound, for refusals */
};

/* Sets parameter `i`; without data the budget is spent, and the call refused. */
bool codec_bind(struct binding *b, int i, const void *data, size_t length, int format)
	__attribute__((warn_unused_result));

bool codec_bind_confidential(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
			     const Coachhouse__V1__Confidential *message)
	__attribute__((warn_unused_result));

/* One message, or for a repeated field an array of them, as jsonb. */
bool codec_bind_json(struct binding *b, int i, const ProtobufCFieldDescriptor *field,
		     const ProtobufCMessage *const *messages, size_t n)
	__attribute__((warn_unused_result));

/* Returns false. */
bool codec_out_of_memory(struct status *status);
