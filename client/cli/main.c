/* coach: the sentences of the command line. */
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "command.h"
#include "help.h"
#include "when.h"

/* Names are in every script, so text is UTF-8 wherever it can be. */
static void use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* What people write stays in no core file, nor in memory that was given back. */
static void leave_nothing(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	mallopt(M_PERTURB, 0x5a);
}

static bool read_clock(int64_t *now)
{
	const char *text = getenv("COACH_NOW");
	char *end;

	*now = time(NULL);
	if (!text || !*text)
		return true;
	*now = strtoll(text, &end, 10);
	return !*end || when_read_instant(text, now);
}

static int run(struct command *command)
{
	if (command->version) {
		puts("coach " COACHHOUSE_VERSION);
		return EXIT_DONE;
	}
	if (!command->sentence) {
		help_short(stdout);
		return EXIT_DONE;
	}
	if (command->help) {
		help_sentence(command->sentence, stdout);
		return EXIT_DONE;
	}
	return command_run(command);
}

int main(int argc, char **argv)
{
	const char *profile = getenv("COACH_PROFILE");
	struct command command = {.profile_name = profile && *profile ? profile : "default",
				  .timeout_ms = 10000};
	char error[4400];
	int code;

	leave_nothing();
	use_utf8();
	if (sodium_init() < 0) {
		complain("this machine gives no random numbers.");
		return EXIT_FAILED;
	}
	randombytes_buf(command.call, sizeof(command.call));
	if (!read_clock(&command.now)) {
		complain("COACH_NOW is no time: seconds, or 2026-11-17T10:00Z.");
		return EXIT_USAGE;
	}
	if (!command_parse(&command, argc, argv, error, sizeof(error))) {
		complain("%s", error);
		return EXIT_USAGE;
	}
	code = run(&command);
	if (command.out && command.out != stdout && fclose(command.out) != 0)
		code = code ? code : EXIT_FAILED;
	if (!command_follow(&command, error, sizeof(error)) && command.verbose)
		complain("%s", error);
	coachhouse_close(&command.connection);
	sodium_memzero(&command.profile, sizeof(command.profile));
	return fflush(stdout) != 0 && code == EXIT_DONE ? EXIT_FAILED : code;
}
