/* Keeping up with a daemon whose key changes. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "field.h"

enum { TRY_MS = 2000 };

/* Where we are sent may be behind a wall that nobody opened yet. */
static bool answers_there(const struct coachhouse_identity *identity)
{
	static const char method[] = "coachhouse.v1.People/GetStatus";
	struct coachhouse_failure failure;
	struct coachhouse_reply reply = {0};
	struct coachhouse *there = coachhouse_connect(identity, &failure);
	ProtobufCMessage *request = message_new(coachhouse_method(method)->input);
	bool good =
		there && coachhouse_call(there, method, request, NULL, TRY_MS, &reply, &failure);

	protobuf_c_message_free_unpacked(request, NULL);
	coachhouse_reply_free(&reply);
	coachhouse_close(&there);
	return good;
}

bool command_follow(struct command *command, char *error, size_t size)
{
	struct profile moved = command->profile;
	bool good = true;

	if (!command->connection || !coachhouse_moved(command->connection, &moved.identity) ||
	    memcmp(&moved.identity, &command->profile.identity, sizeof(moved.identity)) == 0)
		return true;
	if (!answers_there(&moved.identity)) {
		snprintf(error, size,
			 "The daemon's key is changing, but nobody answers yet at %s, where the "
			 "next one is.\nTry: ask who runs the daemon to open it to this machine",
			 moved.identity.endpoint);
		good = false;
	} else {
		good = profile_save(command->profile_name, &moved, error, size);
		if (good)
			command->profile = moved;
	}
	sodium_memzero(&moved, sizeof(moved));
	return good;
}
