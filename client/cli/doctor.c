/* coach doctor: what is wrong with the set-up, and how to mend it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "field.h"
#include "own.h"
#include "page.h"
#include "text.h"
#include "zone.h"

/* One line a check; what is wrong has a second one that mends it. */
static bool report(bool good, const char *what, const char *mend)
{
	char *clean = text_clean(what, true);

	printf("%s  %s\n", good ? "ok  " : "MEND", clean);
	if (!good)
		printf("      Try: %s\n", mend);
	free(clean);
	return good;
}

static bool check_profile(struct command *command)
{
	char error[4400], what[4600], *next;

	if (profile_load(command->profile_name, &command->profile, NULL, error, sizeof(error))) {
		snprintf(what, sizeof(what), "profile \"%s\" of %s, mine alone to read",
			 command->profile_name, command->profile.name);
		return report(true, what, "");
	}
	next = strstr(error, "\nTry: ");
	if (next)
		*next = '\0';
	return report(false, error, next ? next + 6 : "coach enrol INVITATION --force");
}

static bool check_folder(const struct command *command)
{
	char path[4096], error[256], what[4200], mend[4200];
	struct stat found;
	char *slash;

	if (!profile_path(command->profile_name, path, sizeof(path), error, sizeof(error)))
		return true;
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	if (stat(path, &found) != 0)
		return true;
	snprintf(what, sizeof(what), "folder %s is mine alone", path);
	snprintf(mend, sizeof(mend), "chmod 700 %s", path);
	return report((found.st_mode & 077) == 0, what, mend);
}

/* The daemon answers, with the key that the profile expects, and takes mine. */
static bool check_daemon(struct command *command, struct coachhouse_reply *reply)
{
	static const struct {
		const char *reason, *mend;
	} MENDS[] = {
		{"NOBODY_THERE", "start coachd on that machine, or ask whether it runs: systemctl "
				 "status coachd"},
		{"WRONG_SERVER_KEY", "ask an administrator for a new invitation, then: coach enrol "
				     "INVITATION --force"},
		{"KEY_NOT_ACCEPTED", "ask an administrator for a new invitation: this key was "
				     "revoked or never enrolled"},
	};
	struct coachhouse_failure failure = {0};
	const char *mend = "the same again in a minute; then ask who runs the daemon";
	char what[1400];
	ProtobufCMessage *request =
		message_new(coachhouse_method("coachhouse.v1.People/GetStatus")->input);
	bool good;

	command->connection = coachhouse_connect(&command->profile.identity, &failure);
	good = command->connection &&
	       coachhouse_call(command->connection, "coachhouse.v1.People/GetStatus", request, NULL,
			       command->timeout_ms, reply, &failure);
	protobuf_c_message_free_unpacked(request, NULL);
	for (size_t i = 0; i < sizeof(MENDS) / sizeof(MENDS[0]); i++)
		if (strcmp(MENDS[i].reason, failure.reason) == 0)
			mend = MENDS[i].mend;
	snprintf(what, sizeof(what),
		 good ? "the daemon at %s%s answers and knows my key" : "%s: %s",
		 command->profile.identity.endpoint, good ? "" : failure.message);
	return report(good, what, mend);
}

static bool check_clock(const struct coachhouse_reply *reply)
{
	int64_t skew = reply->now / 1000000 - time(NULL);
	char what[128];

	snprintf(what, sizeof(what), "this clock and the daemon's are %lld seconds apart",
		 (long long)(skew < 0 ? -skew : skew));
	return report(skew >= -30 && skew <= 30, what, "timedatectl set-ntp true");
}

/* Up to the second point: 0.1.4 and 0.1.7 understand each other. */
static bool check_version(const ProtobufCMessage *status)
{
	const char *daemon = field_string(status, "version"), *own = COACHHOUSE_VERSION;
	size_t n = strcspn(own, ".");
	char what[256];

	if (own[n])
		n += 1 + strcspn(own + n + 1, ".");
	snprintf(what, sizeof(what), "coach is version %s, the daemon %s", own, daemon);
	return report(strncmp(own, daemon, n) == 0, what, "install the newer one on both machines");
}

static bool check_zone(const struct command *command)
{
	char what[160];

	snprintf(what, sizeof(what), "times are read and shown in %s", command_zone(command));
	return report(zone_known(command_zone(command)), what, "apt install tzdata");
}

static bool check_editor(void)
{
	char what[512];
	const char *editor = page_editor();

	snprintf(what, sizeof(what), "`coach log` opens %s", editor ? editor : "no editor");
	return report(editor != NULL, what, "export EDITOR=nano, or coach log --note-file -");
}

/* Nothing is said of it while the daemon's key stays as it is. */
static bool check_moved(struct command *command)
{
	char error[4400], *next;

	if (command_follow(command, error, sizeof(error)))
		return true;
	next = strstr(error, "\nTry: ");
	if (next)
		*next = '\0';
	return report(false, error, next ? next + 6 : "make the profile's folder writable");
}

int doctor_run(struct command *command)
{
	struct coachhouse_reply reply = {0};
	bool good = check_profile(command);

	good = check_folder(command) && good;
	if (good || command->profile.identity.endpoint[0]) {
		if (check_daemon(command, &reply)) {
			good = check_clock(&reply) && good;
			good = check_version(reply.message) && good;
			good = check_moved(command) && good;
		} else {
			good = false;
		}
	}
	good = check_zone(command) && good;
	good = check_editor() && good;
	coachhouse_reply_free(&reply);
	return good ? EXIT_DONE : EXIT_FAILED;
}
