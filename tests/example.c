/* A whole client: reads a profile that `coach enrol` wrote and asks the daemon who we are. */
#include <stdio.h>
#include <string.h>

#include "coachhouse.h"
#include "people.pb-c.h"

static bool read_profile(const char *path, struct coachhouse_identity *identity)
{
	const char *const names[] = {"endpoint", "server_key", "public_key", "secret_key"};
	char *const values[] = {identity->endpoint, identity->server_key, identity->public_key,
				identity->secret_key};
	char name[32], value[256];
	bool fits = true;
	FILE *file = fopen(path, "r");
	while (file && fscanf(file, " %31[^= ] = %255[^\n]", name, value) == 2)
		for (int i = 0; i < 4; i++)
			if (!strcmp(name, names[i]))
				fits &= snprintf(values[i], i ? 65 : 256, "%s", value) <
					(i ? 65 : 256);
	return file && fclose(file) == 0 && fits;
}

int main(int argc, char **argv)
{
	struct coachhouse_identity identity = {0};
	struct coachhouse_failure failure = {.message = "Say which profile: example FILE"};
	struct coachhouse_reply reply = {0};
	Coachhouse__V1__GetStatusRequest request = COACHHOUSE__V1__GET_STATUS_REQUEST__INIT;
	struct coachhouse *connection = NULL;
	if (argc == 2 && read_profile(argv[1], &identity))
		connection = coachhouse_connect(&identity, &failure);
	bool done = connection && coachhouse_call(connection, "coachhouse.v1.People/GetStatus",
						  &request.base, NULL, 5000, &reply, &failure);
	if (done)
		puts(((Coachhouse__V1__GetStatusReply *)reply.message)->name);
	else
		fprintf(stderr, "example: %s\n", failure.message);
	coachhouse_reply_free(&reply);
	coachhouse_close(&connection);
	return done ? 0 : 1;
}
