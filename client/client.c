/* The library's front door: connect, call, close. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "coachhouse.h"

static bool prepare(struct call *call, const ProtobufCMessage *request)
{
	call->method = coachhouse_method(call->name);
	if (!call->method || call->method->input != request->descriptor) {
		failure_set(call->failure, COACHHOUSE__V1__CODE__UNIMPLEMENTED, "UNKNOWN_METHOD",
			    "There is no method %s that takes this request.", call->name);
		return false;
	}
	call->size = protobuf_c_message_get_packed_size(request);
	call->body = malloc(call->size + 1);
	if (!call->body) {
		failure_set(call->failure, COACHHOUSE__V1__CODE__RESOURCE_EXHAUSTED, "NO_MEMORY",
			    "Memory ran out; close other programs and try again.");
		return false;
	}
	protobuf_c_message_pack(request, call->body);
	return true;
}

bool coachhouse_call(struct coachhouse *connection, const char *method,
		     const ProtobufCMessage *request, const uint8_t *id, int timeout_ms,
		     struct coachhouse_reply *reply, struct coachhouse_failure *failure)
{
	struct call call = {
		.connection = connection,
		.name = method,
		.started = monotonic_ms(),
		.reopen_at = NEVER,
		.refused_since = NEVER,
		.reply = reply,
		.failure = failure,
	};
	call.deadline = call.started + timeout_ms;
	call.send_at = call.started;
	*reply = (struct coachhouse_reply){0};
	if (failure)
		*failure = (struct coachhouse_failure){0};
	if (!prepare(&call, request))
		return false;
	call.again = id;
	if (id)
		memcpy(call.id, id, sizeof call.id);
	else
		randombytes_buf(call.id, sizeof call.id);
	bool done = call_run(&call);
	free(call.body);
	return done;
}

void coachhouse_reply_free(struct coachhouse_reply *reply)
{
	if (reply && reply->message)
		protobuf_c_message_free_unpacked(reply->message, NULL);
	if (reply)
		reply->message = NULL;
}

struct coachhouse *coachhouse_connect(const struct coachhouse_identity *identity,
				      struct coachhouse_failure *failure)
{
	struct coachhouse *connection = calloc(1, sizeof *connection);
	if (!connection)
		failure_set(failure, COACHHOUSE__V1__CODE__RESOURCE_EXHAUSTED, "NO_MEMORY",
			    "Memory ran out; close other programs and try again.");
	else if (sodium_init() < 0)
		failure_set(failure, COACHHOUSE__V1__CODE__INTERNAL, "NO_RANDOM",
			    "The system gives no random numbers.");
	else if (link_init(&connection->link, identity, failure))
		return connection;
	free(connection);
	return NULL;
}

bool coachhouse_moved(const struct coachhouse *connection, struct coachhouse_identity *identity)
{
	const struct link *link = &connection->link;
	if (!link->told.endpoint[0])
		return false;
	strcpy(identity->endpoint, link->told.endpoint);
	strcpy(identity->server_key, link->told.server_key);
	return true;
}

void coachhouse_close(struct coachhouse **connection)
{
	if (!*connection)
		return;
	link_finish(&(*connection)->link);
	free(*connection);
	*connection = NULL;
}
