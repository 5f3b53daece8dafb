/* Requests that the table alone cannot fill. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "field.h"
#include "own.h"
#include "when.h"

/* Sets a field that the sentence's author knows to be there and of this kind. */
static bool set(ProtobufCMessage *message, const char *name, const char *text)
{
	char error[512];

	if (field_set(message, name, text, error, sizeof(error)))
		return true;
	complain("%s", error);
	return false;
}

bool availability_fill(struct command *command, ProtobufCMessage *request)
{
	const ProtobufCFieldDescriptor *field = field_find(request->descriptor, "patterns");
	struct when_pattern patterns[64];
	char error[512], day[8];
	int count =
		when_patterns(command_text(command, "HOURS"), patterns, 64, error, sizeof(error));

	if (count < 0) {
		complain("%s", error);
		return false;
	}
	for (int i = 0; i < count; i++) {
		ProtobufCMessage *pattern = message_new(field->descriptor);

		field_give(request, "patterns", pattern);
		snprintf(day, sizeof(day), "%d", patterns[i].weekday);
		if (!set(pattern, "weekday", day) || !set(pattern, "opens", patterns[i].opens) ||
		    !set(pattern, "closes", patterns[i].closes))
			return false;
	}
	return true;
}

/* The month that we are in, or for the page of a quarter the quarter. */
static void this_period(const struct command *command, char from[11], char to[11])
{
	char today[32], text[32], error[256];
	int year = 0, month = 0;
	bool quarter = strcmp(command->sentence->words, "report quarter") == 0;

	when_write_day(command->now, command_zone(command), today, sizeof(today));
	if (sscanf(today, "%4d-%2d", &year, &month) != 2)
		return;
	snprintf(text, sizeof(text), quarter ? "%04d-Q%d" : "%04d-%02d", year,
		 quarter ? (month + 2) / 3 : month);
	if (!when_period(quarter ? NULL : text, quarter ? text : NULL, NULL, from, to, error,
			 sizeof(error)))
		complain("%s", error);
}

bool report_fill(struct command *command, ProtobufCMessage *request)
{
	const char *month = command_text(command, "--month");
	const char *quarter = command_text(command, "--quarter");
	const char *year = command_text(command, "--year");
	bool from_to = field_present(request, "from") || field_present(request, "to");
	char from[11] = "", to[11] = "", error[256];

	if (!!month + !!quarter + !!year + from_to > 1) {
		complain("one period: --month, --quarter, --year, or --from and --to.");
		return false;
	}
	if (from_to) {
		if (field_present(request, "from") && field_present(request, "to"))
			return true;
		complain("--from and --to go together.");
		return false;
	}
	if (!month && !quarter && !year)
		this_period(command, from, to);
	else if (!when_period(month, quarter, year, from, to, error, sizeof(error))) {
		complain("%s", error);
		return false;
	}
	return set(request, "from", from) && set(request, "to", to);
}

bool invite_fill(struct command *command, ProtobufCMessage *request)
{
	uint8_t hash[32];

	coachhouse_make_token(command->token, hash);
	field_set_bytes(request, "token_hash", hash, sizeof(hash));
	return true;
}

bool invitation_line(const ProtobufCMessage *reply, const uint8_t token[32], char *out, size_t size)
{
	struct coachhouse_invitation invitation = {0};
	const char *endpoint = field_string(reply, "endpoint");
	const char *key = field_string(reply, "server_key");

	if (!*endpoint || strlen(endpoint) >= sizeof(invitation.endpoint) || strlen(key) != 64) {
		complain("the daemon did not say where to enrol.");
		return false;
	}
	strcpy(invitation.endpoint, endpoint);
	strcpy(invitation.server_key, key);
	memcpy(invitation.token, token, sizeof(invitation.token));
	coachhouse_invitation_write(&invitation, out, size);
	return true;
}

int invite_show(struct command *command, const ProtobufCMessage *reply)
{
	char line[600], when[64];
	int64_t expires;

	if (!invitation_line(reply, command->token, line, sizeof(line)))
		return EXIT_FAILED;
	fprintf(command->out, "%s\n", line);
	if (!command->quiet && field_time(reply, "expires", &expires)) {
		when_write(expires, command_zone(command), when, sizeof(when));
		fprintf(stderr,
			"Give this line to %s alone; it works once, until %s.\n"
			"They type: coach enrol 'THE LINE'\n",
			command_text(command, "EMAIL"), when);
	}
	return EXIT_DONE;
}
