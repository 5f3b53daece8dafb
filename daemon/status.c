/* SQLSTATE and constraint -> code, reason, sentence. */
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char busy[] = "Somebody else is changing the same thing; try again.";
static const char away[] = "The database is away; try again in a moment.";
static const char unknown[] = "Send the same call again to learn what became of it.";
static const char dates[] =
	"A date looks like 2026-11-17 and a start like 2026-11-17T10:00; write it that way.";
static const char fault[] =
	"The daemon met a fault of its own; tell your administrator the time and the request id.";

/* By SQLSTATE or its first letters; the first row that fits counts. */
static const struct {
	const char *sqlstate;
	enum verdict verdict;
	Coachhouse__V1__Code code;
	const char *reason, *sentence;
} rows[] = {
	{"ZC001", VERDICT_REPLAY, CODE(OK), "", ""},
	{"ZC002", VERDICT_REFUSED, CODE(INVALID_ARGUMENT), "KEY_REUSED",
	 "This request id was used for another request; send this one with a fresh id."},
	{"ZC003", VERDICT_REFUSED, CODE(UNAUTHENTICATED), "UNKNOWN_KEY",
	 "This key is not known, or was revoked; ask an administrator for an invitation."},
	{"ZC004", VERDICT_REFUSED, CODE(PERMISSION_DENIED), "NOT_ALLOWED",
	 "Your roles do not allow this; ask an administrator."},
	{"ZC005", VERDICT_REFUSED, CODE(DEADLINE_EXCEEDED), "EXPIRED",
	 "The call came too late and nothing was done; call again."},
	{"40P01", VERDICT_RETRY, CODE(ABORTED), "BUSY", busy},
	{"40001", VERDICT_RETRY, CODE(ABORTED), "BUSY", busy},
	{"55P03", VERDICT_RETRY, CODE(ABORTED), "BUSY", busy},
	{"57014", VERDICT_REFUSED, CODE(DEADLINE_EXCEEDED), "TIMED_OUT",
	 "This took longer than the call allowed; nothing was changed. Try again."},
	{"23P01", VERDICT_REFUSED, CODE(ABORTED), "SLOT_TAKEN",
	 "Somebody has just taken this time; list the slots again and pick another."},
	{"23505", VERDICT_REFUSED, CODE(ALREADY_EXISTS), "ALREADY_EXISTS",
	 "This exists already; look at what is there."},
	{"23503", VERDICT_REFUSED, CODE(NOT_FOUND), "NOT_FOUND",
	 "Something that this refers to is not there; look at its id again."},
	{"23", VERDICT_REFUSED, CODE(INVALID_ARGUMENT), "NOT_VALID",
	 "One of the values is not allowed here; look at them again."},
	{"22007", VERDICT_REFUSED, CODE(INVALID_ARGUMENT), "BAD_DATE", dates},
	{"22008", VERDICT_REFUSED, CODE(INVALID_ARGUMENT), "BAD_DATE", dates},
	{"22023", VERDICT_REFUSED, CODE(INVALID_ARGUMENT), "BAD_VALUE",
	 "One of the values is not known; a zone looks like Europe/London."},
	{"22", VERDICT_REFUSED, CODE(INVALID_ARGUMENT), "BAD_VALUE",
	 "One of the values cannot be read; look at them again."},
	{"42501", VERDICT_REFUSED, CODE(PERMISSION_DENIED), "NOT_ALLOWED",
	 "You are not allowed to change this."},
	{"53100", VERDICT_REFUSED, CODE(RESOURCE_EXHAUSTED), "DISK_FULL",
	 "The database has no room left; tell your administrator."},
	{"53", VERDICT_REFUSED, CODE(UNAVAILABLE), "DATABASE_BUSY",
	 "The database has too much to do; try again in a moment."},
	{"57", VERDICT_REFUSED, CODE(UNAVAILABLE), "DATABASE_AWAY", away},
	{"25006", VERDICT_REFUSED, CODE(UNAVAILABLE), "DATABASE_AWAY", away},
	{"08", VERDICT_REFUSED, CODE(UNAVAILABLE), "DATABASE_AWAY", away},
	{"", VERDICT_REFUSED, CODE(INTERNAL), "INTERNAL", fault},
};

/* Constraints that say more than their SQLSTATE. */
static const struct {
	const char *constraint;
	Coachhouse__V1__Code code;
	const char *reason, *sentence;
} constraints[] = {
	{"nobody_in_two_places", CODE(ABORTED), "SLOT_TAKEN",
	 "One of the people is taken at this time; list the slots again and pick another."},
	{"organisation_name", CODE(ALREADY_EXISTS), "ALREADY_EXISTS",
	 "There is an organisation of this name already."},
	{"contact_email", CODE(ALREADY_EXISTS), "ALREADY_EXISTS",
	 "Somebody has this address already."},
};

bool status_set(struct status *status, Coachhouse__V1__Code code, const char *reason,
		const char *format, ...)
{
	va_list arguments;
	status->code = code;
	status->field[0] = '\0';
	snprintf(status->reason, sizeof(status->reason), "%s", reason);
	va_start(arguments, format);
	vsnprintf(status->message, sizeof(status->message), format, arguments);
	va_end(arguments);
	return false;
}

bool status_invalid(struct status *status, const char *field, const char *sentence)
{
	status_set(status, CODE(INVALID_ARGUMENT), "BAD_FIELD", "%s%s%s", field, *field ? ": " : "",
		   sentence);
	snprintf(status->field, sizeof(status->field), "%s", field);
	return false;
}

/* A refusal that a method raised: MESSAGE is the sentence, DETAIL "CODE REASON". */
static void refused_by_method(const struct failure *failure, struct status *status)
{
	char code[32] = "", reason[48] = "";
	const ProtobufCEnumValue *value = NULL;
	if (sscanf(failure->detail, "%31s %47s", code, reason) >= 1)
		value = protobuf_c_enum_descriptor_get_value_by_name(
			&coachhouse__v1__code__descriptor, code);
	status_set(status,
		   value && value->value ? (Coachhouse__V1__Code)value->value : CODE(INTERNAL),
		   *reason ? reason : code, "%s", failure->message);
	snprintf(status->field, sizeof(status->field), "%s", failure->hint);
}

static void connection_lost(bool write, struct status *status)
{
	status_set(status, CODE(UNAVAILABLE), write ? "OUTCOME_UNKNOWN" : "DATABASE_AWAY", "%s",
		   write ? unknown : away);
}

enum verdict status_of_failure(const struct failure *failure, bool write, struct status *status)
{
	if (failure->unknown || !*failure->sqlstate) {
		connection_lost(write && failure->unknown, status);
		return VERDICT_REFUSED;
	}
	if (!strcmp(failure->sqlstate, "ZC010")) {
		refused_by_method(failure, status);
		return VERDICT_REFUSED;
	}
	for (size_t i = 0; i < sizeof(constraints) / sizeof(*constraints); i++) {
		if (strcmp(constraints[i].constraint, failure->constraint))
			continue;
		status_set(status, constraints[i].code, constraints[i].reason, "%s",
			   constraints[i].sentence);
		return VERDICT_REFUSED;
	}
	size_t i = 0;
	while (strncmp(rows[i].sqlstate, failure->sqlstate, strlen(rows[i].sqlstate)))
		i++;
	status_set(status, rows[i].code, rows[i].reason, "%s", rows[i].sentence);
	return rows[i].verdict;
}
