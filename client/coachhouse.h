/*
 * libcoachhouse: calls to a coachd from any C program. One connection is used
 * by one thread at a time. coachhouse-protocol(7) describes what goes over the
 * wire; tests/example.c is a whole client in 40 lines.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "header.pb-c.h"

/* Who we are and whom we talk to. Keys are 64 hexadecimal digits. */
struct coachhouse_identity {
	char endpoint[256]; /* tcp://HOST:PORT or ipc://PATH; several by commas */
	char server_key[65];
	char public_key[65];
	char secret_key[65];
};

/* What an invitation says: "coachhouse:ENDPOINT:SERVER_KEY:TOKEN". */
struct coachhouse_invitation {
	char endpoint[256]; /* the enrolment endpoint */
	char server_key[65];
	uint8_t token[32];
};

/* How a call went wrong. `message` is a sentence; reason is "" or a token. */
struct coachhouse_failure {
	Coachhouse__V1__Code code;
	char reason[64];
	char message[1024];
};

/* Opaque; made by coachhouse_connect, ended by coachhouse_close. */
struct coachhouse;

/* What came back. Freed with coachhouse_reply_free. */
struct coachhouse_reply {
	ProtobufCMessage *message;
	bool more;   /* the list goes on */
	int64_t now; /* the daemon's clock, microseconds since 1970 */
};

/* A fresh CURVE key pair, as hexadecimal digits. */
void coachhouse_make_keys(char public_key[65], char secret_key[65]);

/* 32 random bytes and their SHA-256: the two halves of an invitation. */
void coachhouse_make_token(uint8_t token[32], uint8_t hash[32]);

/* Parses an invitation line; false with a sentence for anything else. */
bool coachhouse_invitation_parse(const char *line, struct coachhouse_invitation *out,
				 struct coachhouse_failure *failure)
	__attribute__((warn_unused_result));

/* The line, at most 512 bytes. */
void coachhouse_invitation_write(const struct coachhouse_invitation *invitation, char *out,
				 size_t size);

/*
 * Prepares a connection; nothing is sent yet. Copies `identity`. NULL with a
 * sentence when a key or the endpoint is malformed. Caller ends it with
 * coachhouse_close.
 */
struct coachhouse *coachhouse_connect(const struct coachhouse_identity *identity,
				      struct coachhouse_failure *failure);

/* Ends the connection and sets the pointer to NULL; NULL is accepted. */
void coachhouse_close(struct coachhouse **connection);

/*
 * One call of `method` ("coachhouse.v1.Booking/BookSession"; the reply's type
 * follows from it). Waits up to `timeout_ms`, sending again with the same id
 * after UNAVAILABLE or a lost connection. On success fills `reply`. On failure
 * fills `failure`: "nobody there", "wrong daemon key" and "key not accepted" are
 * told apart by reason (NOBODY_THERE with code UNAVAILABLE, WRONG_SERVER_KEY and
 * KEY_NOT_ACCEPTED with UNAUTHENTICATED; TOO_MANY_CLIENTS with UNAVAILABLE says
 * that there is no room for one more); a write that was sent and not answered
 * in time has reason OUTCOME_UNKNOWN (DEADLINE_EXCEEDED): calling again with the
 * same `id` and request tells what became of it. A read has TIMED_OUT then.
 * `id`: 16 bytes, or NULL for a fresh one. `failure` may be NULL.
 */
bool coachhouse_call(struct coachhouse *connection, const char *method,
		     const ProtobufCMessage *request, const uint8_t *id, int timeout_ms,
		     struct coachhouse_reply *reply, struct coachhouse_failure *failure)
	__attribute__((warn_unused_result));

void coachhouse_reply_free(struct coachhouse_reply *reply);

/*
 * Whether the daemon has said, in a reply on this connection, that its key is
 * changing: then fills endpoint and server_key of `identity`, for who keeps one. Try
 * it with a call before it is kept. The connection stays where it is, and turns
 * there by itself when it is shut out here.
 */
bool coachhouse_moved(const struct coachhouse *connection, struct coachhouse_identity *identity);

/*
 * Redeems an invitation: makes the key pair, registers its public half and fills
 * `identity`. `reply` holds a RedeemReply. `identity` starts zeroed; after a
 * failure it keeps the pair, and passing it again redeems with the same pair:
 * if the first reply was lost, that gives it again.
 */
bool coachhouse_enrol(const struct coachhouse_invitation *invitation, const char *label,
		      int timeout_ms, struct coachhouse_identity *identity,
		      struct coachhouse_reply *reply, struct coachhouse_failure *failure)
	__attribute__((warn_unused_result));

/* Method and message types by name, from the service descriptors; NULL if there is none. */
const ProtobufCMethodDescriptor *coachhouse_method(const char *name);
