/* Errors as people can use them: what, why, what to type next. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "text.h"

void complain(const char *format, ...)
{
	char message[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fputs("coach: ", stderr);
	text_show(message, true, stderr);
	fputc('\n', stderr);
}

static int exit_code(Coachhouse__V1__Code code)
{
	switch (code) {
	case COACHHOUSE__V1__CODE__OK:
		return EXIT_DONE;
	case COACHHOUSE__V1__CODE__INVALID_ARGUMENT:
		return EXIT_USAGE;
	case COACHHOUSE__V1__CODE__ABORTED:
	case COACHHOUSE__V1__CODE__ALREADY_EXISTS:
		return EXIT_CONFLICT;
	case COACHHOUSE__V1__CODE__UNAUTHENTICATED:
	case COACHHOUSE__V1__CODE__PERMISSION_DENIED:
		return EXIT_REFUSED;
	case COACHHOUSE__V1__CODE__NOT_FOUND:
		return EXIT_ABSENT;
	case COACHHOUSE__V1__CODE__UNAVAILABLE:
		return EXIT_UNREACHABLE;
	case COACHHOUSE__V1__CODE__DEADLINE_EXCEEDED:
		return EXIT_TIMEOUT;
	default:
		return EXIT_FAILED;
	}
}

/*
 * What to type next, by reason. A word in capitals is what was typed there; when
 * nothing was, it is left out.
 */
static const struct {
	const char *reason, *next;
} NEXT[] = {
	{"SLOT_TAKEN", "coach slots WHO"},
	{"MENTEE_BUSY", "coach slots WHO"},
	{"YOU_ARE_BUSY", "coach sessions"},
	{"TOO_FAR", "coach slots WHO"},
	{"IN_THE_PAST", "coach slots WHO, or for what took place: coach log --past"},
	{"COACH_NOT_LIVE", "coach coaches --free-within 4w"},
	{"LINE_MANAGER", "coach coaches --free-within 4w"},
	{"BOTH_WAYS", "the same with --as coach or --as mentee, and --kind"},
	{"NO_SUCH_ORGANISATION", "coach organisations"},
	{"ON_HOLD", "coach holds --lasting"},
	{"NOT_ON_HOLD", "coach holds"},
	{"LAST_ADMINISTRATOR", "coach invite sam@example.org --role administrator"},
	{"NEW_PERSON", "the same with --name and --organisation"},
	{"RECORDED", "coach review SESSION"},
	{"WHO_MISSING", "coach engagements, or coach coaches"},
	{"NO_SUCH_PERSON", "coach engagements, or coach coaches"},
	{"OUTSIDE_AVAILABILITY", "coach slots WHO"},
	{"TOO_SOON", "coach slots WHO"},
	{"AWAY", "coach slots WHO"},
	{"NONEXISTENT_TIME", "coach slots WHO"},
	{"AMBIGUOUS_TIME", "the time with its offset, for example \"2026-10-25T01:30+01:00\""},
	{"WEEKLY_LIMIT_REACHED", "coach slots WHO --from \"in 1 week\""},
	{"CLIENT_LIMIT_REACHED", "coach coaches --free-within 4w"},
	{"PLEDGE_REACHED", "coach coaches --free-within 4w"},
	{"STALE_VERSION", "coach show SESSION"},
	{"AMBIGUOUS_NAME", "the whole name, the e-mail address or the number"},
	{"TOO_MANY_KEYS", "coach keys"},
	{"INVITATION_USED", "ask whoever invited you for a new invitation"},
	{"INVITATION_EXPIRED", "ask whoever invited you for a new invitation"},
	{"KEY_NOT_ACCEPTED", "coach doctor"},
	{"UNKNOWN_KEY", "coach doctor"},
	{"WRONG_SERVER_KEY", "coach enrol --force with a new invitation, or coach doctor"},
	{"NOBODY_THERE", "coach doctor"},
	{"TOO_MANY_CLIENTS", "the same again in a minute"},
};

/* "coach slots WHO" with what was typed for WHO, in quotes where it needs them. */
static void write_next(const struct command *command, const char *next)
{
	fputs("Try: ", stderr);
	while (*next) {
		size_t n = strspn(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		char name[32];
		const char *text;

		if (n < 3) {
			n = n ? n : 1;
			fwrite(next, 1, n, stderr);
			next += n;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)n, next);
		text = command_text(command, name);
		if (text && strpbrk(text, " '$"))
			fputc('"', stderr);
		text_show(text ? text : "", false, stderr);
		if (text && strpbrk(text, " '$"))
			fputc('"', stderr);
		next += n;
	}
	fputc('\n', stderr);
}

/* A write that may have been done: the same id asks what became of it. */
static void write_same_call(const struct command *command)
{
	fputs("Try: the same sentence again with --call ", stderr);
	for (int i = 0; i < 16; i++)
		fprintf(stderr, "%02x", command->call[i]);
	fputc('\n', stderr);
}

int complain_failure(const struct command *command, const struct coachhouse_failure *failure)
{
	complain("%s", failure->message[0] ? failure->message : "the call failed.");
	if (command->quiet)
		return exit_code(failure->code);
	if (strcmp(failure->reason, "OUTCOME_UNKNOWN") == 0)
		write_same_call(command);
	for (size_t i = 0; i < sizeof(NEXT) / sizeof(NEXT[0]); i++)
		if (strcmp(NEXT[i].reason, failure->reason) == 0)
			write_next(command, NEXT[i].next);
	return exit_code(failure->code);
}
