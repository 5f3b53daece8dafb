/* coach enrol: the key pair of this machine, from an invitation. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "field.h"
#include "own.h"
#include "text.h"

/* The line as it was typed, or from standard input; without space around it. */
static bool read_line(const struct command *command, char *out, size_t size)
{
	const char *text = command_text(command, "INVITATION");
	char typed[1024] = "";

	if (strcmp(text, "-") == 0) {
		if (!fgets(typed, sizeof(typed), stdin))
			typed[0] = '\0';
		text = typed;
	}
	text += strspn(text, " \t\"'");
	snprintf(out, size, "%.*s", (int)strcspn(text, " \t\r\n\"'"), text);
	sodium_memzero(typed, sizeof(typed));
	return true;
}

/* A profile that is there already stays, unless --force. */
static int check_profile(const struct command *command)
{
	struct profile found;
	char path[4096], error[4400];
	bool absent = false;

	if (!profile_path(command->profile_name, path, sizeof(path), error, sizeof(error))) {
		complain("%s", error);
		return EXIT_USAGE;
	}
	if (!profile_load(command->profile_name, &found, &absent, error, sizeof(error)) && absent)
		return EXIT_DONE;
	sodium_memzero(&found, sizeof(found));
	if (command_text(command, "--force"))
		return EXIT_DONE;
	complain("the profile \"%s\" is there already.\n"
		 "Enrolling again would replace its key.\n"
		 "Try: coach --profile ANOTHER enrol ..., or --force",
		 command->profile_name);
	return EXIT_CONFLICT;
}

/*
 * The pair of an attempt whose answer was lost: the same invitation with the
 * same pair is answered again, with another one it is refused.
 */
static void pending_name(const struct command *command, char *out, size_t size)
{
	snprintf(out, size, "%.50s.enrolling", command->profile_name);
}

static void forget_pending(const struct command *command)
{
	char name[80], path[4096], error[256];

	pending_name(command, name, sizeof(name));
	if (profile_path(name, path, sizeof(path), error, sizeof(error)))
		unlink(path);
}

static void load_pending(const struct command *command,
			 const struct coachhouse_invitation *invitation, struct profile *out)
{
	char name[80], error[4400];

	pending_name(command, name, sizeof(name));
	if (!profile_load(name, out, NULL, error, sizeof(error)) ||
	    strcmp(out->identity.server_key, invitation->server_key) != 0)
		*out = (struct profile){0};
}

static void keep_pending(const struct command *command, const struct profile *profile)
{
	char name[80], error[4400];

	pending_name(command, name, sizeof(name));
	if (!profile_save(name, profile, error, sizeof(error)))
		complain("%s", error);
}

static const char *label(const struct command *command)
{
	static char host[128];
	const char *text = command_text(command, "--label");

	if (text)
		return text;
	if (gethostname(host, sizeof(host) - 1) != 0 || !host[0])
		snprintf(host, sizeof(host), "coach");
	return host;
}

static int keep(const struct command *command, struct profile *profile,
		const ProtobufCMessage *reply)
{
	char error[4400], *name = text_clean(field_string(reply, "name"), false);
	char *organisation = text_clean(field_string(reply, "organisation"), false);
	bool good;

	snprintf(profile->zone, sizeof(profile->zone), "%s", field_string(reply, "zone"));
	snprintf(profile->name, sizeof(profile->name), "%s", name);
	snprintf(profile->email, sizeof(profile->email), "%s", field_string(reply, "email"));
	good = profile_save(command->profile_name, profile, error, sizeof(error));
	if (!good)
		complain("%s", error);
	else
		printf("Enrolled: %s%s%s.\n", name, *organisation ? ", " : "", organisation);
	if (good && field_number(reply, "other_keys", 0))
		printf("You hold %lld other %s; coach keys lists them. Is one not yours? "
		       "Revoke it: coach keys revoke KEY\n",
		       (long long)field_number(reply, "other_keys", 0),
		       field_number(reply, "other_keys", 0) > 1 ? "keys" : "key");
	if (good && !command->quiet)
		fputs("Try: coach status\n", stderr);
	free(name);
	free(organisation);
	return good ? EXIT_DONE : EXIT_FAILED;
}

int enrol_run(struct command *command)
{
	struct coachhouse_invitation invitation;
	struct coachhouse_failure failure = {0};
	struct coachhouse_reply reply = {0};
	struct profile profile = {0};
	char line[1024];
	int code = check_profile(command);

	if (code != EXIT_DONE)
		return code;
	if (!read_line(command, line, sizeof(line)) ||
	    !coachhouse_invitation_parse(line, &invitation, &failure)) {
		complain("%s", failure.message);
		return EXIT_USAGE;
	}
	load_pending(command, &invitation, &profile);
	if (coachhouse_enrol(&invitation, label(command), command->timeout_ms, &profile.identity,
			     &reply, &failure)) {
		code = keep(command, &profile, reply.message);
		if (code == EXIT_DONE)
			forget_pending(command);
	} else {
		code = complain_failure(command, &failure);
		if (code == EXIT_UNREACHABLE || code == EXIT_TIMEOUT)
			keep_pending(command, &profile);
		else
			forget_pending(command);
	}
	coachhouse_reply_free(&reply);
	sodium_memzero(&profile, sizeof(profile));
	sodium_memzero(&invitation, sizeof(invitation));
	return code;
}
