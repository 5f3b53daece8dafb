/* The table of methods, and what is worked out from it at start. */
#include "methods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "booking.pb-c.h"
#include "coaches.pb-c.h"
#include "codec.h"
#include "conversations.pb-c.h"
#include "engagements.pb-c.h"
#include "enrolment.pb-c.h"
#include "oversight.pb-c.h"
#include "people.pb-c.h"
#include "reports.pb-c.h"
#include "rights.pb-c.h"
#include "schema.h"
#include "statement.h"

/* STANDBY: they give no ids (statement.c), so what is kept of their reading is known before. */
#define ROW(service, rpc, role, access, lane, title)            \
	{"coachhouse.v1." #service "/" #rpc,                    \
	 #service,                                              \
	 #rpc,                                                  \
	 role,                                                  \
	 ACCESS_##access,                                       \
	 LANE_##lane == LANE_STANDBY ? LANE_SLOW : LANE_##lane, \
	 LANE_##lane == LANE_STANDBY,                           \
	 title,                                                 \
	 .limit = -1},

/* clang-format off */
static struct method table[] = {
	ROW(Booking, BookSession, ROLE_MEMBER, WRITE, QUICK, "book a session")
	ROW(Booking, CancelSession, ROLE_MEMBER, WRITE, QUICK, "cancel a session")
	ROW(Booking, CloseSession, ROLE_MEMBER, WRITE, QUICK, "say what became of a session")
	ROW(Booking, DisputeSession, ROLE_MEMBER, WRITE, QUICK, "dispute what was said of a session")
	ROW(Booking, GetSession, ROLE_MEMBER, READ, QUICK, "look at a session")
	ROW(Booking, ListSessions, ROLE_MEMBER, READ, QUICK, "list sessions")
	ROW(Booking, ListSlots, ROLE_MEMBER, READ, QUICK, "list the times that can be booked")
	ROW(Booking, ListTodo, ROLE_MEMBER, READ, QUICK, "list what there is to do")
	ROW(Booking, MoveSession, ROLE_MEMBER, WRITE, QUICK, "move a session")
	ROW(Coaches, AddAway, ROLE_COACH, WRITE, QUICK, "be away")
	ROW(Coaches, AddOpening, ROLE_COACH, WRITE, QUICK, "open extra hours")
	ROW(Coaches, CancelAway, ROLE_COACH, WRITE, QUICK, "cancel time away")
	ROW(Coaches, ChangeRegistration, ROLE_COACH, WRITE, QUICK, "approve, pause or resume a coach")
	ROW(Coaches, GetAvailability, ROLE_MEMBER, READ, QUICK, "look at a coach's hours")
	ROW(Coaches, GetProfile, ROLE_MEMBER, READ, QUICK, "look at a coach's profile")
	ROW(Coaches, ListCoaches, ROLE_MEMBER, READ, QUICK, "list coaches")
	ROW(Coaches, SetAvailability, ROLE_COACH, WRITE, QUICK, "set weekly hours")
	ROW(Coaches, SetProfile, ROLE_COACH, WRITE, QUICK, "change a coach's profile")
	ROW(Conversations, ChangeAction, ROLE_MEMBER, WRITE, QUICK, "close an action")
	ROW(Conversations, ImportConversations, ROLE_ADMINISTRATOR, WRITE, SLOW, "import conversations of before")
	ROW(Conversations, ListEvidence, ROLE_ADMINISTRATOR, READ, QUICK, "list the performance conversations that took place")
	ROW(Conversations, ListActions, ROLE_MEMBER, READ, QUICK, "list actions")
	ROW(Conversations, ListConversations, ROLE_MEMBER, READ, QUICK, "list conversations")
	ROW(Conversations, LogConversation, ROLE_MEMBER, WRITE, QUICK, "record a conversation")
	ROW(Conversations, LogPerformance, ROLE_MEMBER, WRITE, QUICK, "record a performance conversation")
	ROW(Conversations, PrepareConversation, ROLE_MEMBER, READ, QUICK, "prepare the record of a conversation")
	ROW(Conversations, ReviewConversation, ROLE_MEMBER, READ, QUICK, "review a conversation")
	ROW(Conversations, SetActionDue, ROLE_MEMBER, WRITE, QUICK, "give an action another day")
	ROW(Conversations, SignConversation, ROLE_MEMBER, WRITE, QUICK, "sign a performance conversation")
	ROW(Engagements, Accept, ROLE_MEMBER, WRITE, QUICK, "accept a request")
	ROW(Engagements, Decline, ROLE_MEMBER, WRITE, QUICK, "decline a request")
	ROW(Engagements, ChangeEngagement, ROLE_MEMBER, WRITE, QUICK, "pause or resume an engagement")
	ROW(Engagements, EndEngagement, ROLE_MEMBER, WRITE, QUICK, "end an engagement")
	ROW(Engagements, ListEngagements, ROLE_MEMBER, READ, QUICK, "list engagements")
	ROW(Engagements, ListRequests, ROLE_MEMBER, READ, QUICK, "list requests")
	ROW(Engagements, OfferRequest, ROLE_ADMINISTRATOR, WRITE, QUICK, "offer a request to a coach")
	ROW(Engagements, SetContract, ROLE_MEMBER, WRITE, QUICK, "agree a contract")
	ROW(Engagements, SubmitRequest, ROLE_MEMBER, WRITE, QUICK, "ask for a coach or mentor")
	ROW(Engagements, Withdraw, ROLE_MEMBER, WRITE, QUICK, "withdraw a request")
	ROW(Enrolment, Redeem, ROLE_ENROLLING, WRITE, QUICK, "redeem an invitation")
	ROW(Oversight, DecideDisclosure, ROLE_ADMINISTRATOR, WRITE, QUICK, "approve or refuse a disclosure")
	ROW(Oversight, ListDisclosures, ROLE_MEMBER, READ, QUICK, "list disclosures")
	ROW(Oversight, ListReadings, ROLE_MEMBER, READ, QUICK, "see who looked at what")
	ROW(Oversight, ReviewDisclosure, ROLE_MEMBER, READ, QUICK, "read what was disclosed to you")
	ROW(Oversight, RequestDisclosure, ROLE_ADMINISTRATOR, WRITE, QUICK, "ask for a disclosure")
	ROW(People, AddOrganisation, ROLE_ADMINISTRATOR, WRITE, QUICK, "add an organisation")
	ROW(People, ConfirmKey, ROLE_MEMBER, WRITE, QUICK, "say that you know of a key")
	ROW(People, EndOrganisation, ROLE_ADMINISTRATOR, WRITE, QUICK, "end an organisation")
	ROW(People, EndPerson, ROLE_ADMINISTRATOR, WRITE, QUICK, "say that somebody leaves")
	ROW(People, EndManager, ROLE_ADMINISTRATOR, WRITE, QUICK, "say that somebody manages somebody no longer")
	ROW(People, GetStatus, ROLE_MEMBER, READ, QUICK, "see who you are")
	ROW(People, SetManager, ROLE_ADMINISTRATOR, WRITE, QUICK, "say who manages somebody")
	ROW(People, SetZone, ROLE_MEMBER, WRITE, QUICK, "set my time zone")
	ROW(People, ImportPeople, ROLE_ADMINISTRATOR, WRITE, SLOW, "import people")
	ROW(People, InvitePerson, ROLE_ADMINISTRATOR, WRITE, QUICK, "invite somebody")
	ROW(People, ListKeys, ROLE_MEMBER, READ, QUICK, "list keys")
	ROW(People, ListManagers, ROLE_MEMBER, READ, QUICK, "list who manages whom")
	ROW(People, ListOrganisations, ROLE_MEMBER, READ, QUICK, "list organisations")
	ROW(People, ListPeople, ROLE_ADMINISTRATOR, READ, QUICK, "list people")
	ROW(People, RevokeKey, ROLE_MEMBER, WRITE, QUICK, "revoke a key")
	ROW(Reports, ReportCapacity, ROLE_ADMINISTRATOR, READ, STANDBY, "report capacity")
	ROW(Reports, ReportQuarter, ROLE_ADMINISTRATOR, READ, STANDBY, "report a quarter")
	ROW(Reports, ReportUtilisation, ROLE_ADMINISTRATOR, READ, STANDBY, "report utilisation")
	ROW(Reports, ReportWaiting, ROLE_ADMINISTRATOR, READ, STANDBY, "report waiting")
	ROW(Rights, ChangePerson, ROLE_MEMBER, WRITE, QUICK, "put a name or an address right")
	ROW(Rights, ErasePerson, ROLE_ADMINISTRATOR, WRITE, SLOW, "erase somebody")
	ROW(Rights, LiftHold, ROLE_ADMINISTRATOR, WRITE, QUICK, "lift a hold")
	ROW(Rights, ListErasures, ROLE_ADMINISTRATOR, READ, QUICK, "list erasures")
	ROW(Rights, ListHolds, ROLE_ADMINISTRATOR, READ, QUICK, "list holds")
	ROW(Rights, ListMyData, ROLE_MEMBER, READ, SLOW, "have a copy of what is held about me")
	ROW(Rights, ListRetention, ROLE_MEMBER, READ, QUICK, "see how long things are kept")
	ROW(Rights, ListRetentionDue, ROLE_ADMINISTRATOR, READ, SLOW, "see what would be removed because of its age")
	ROW(Rights, ListRetentionRuns, ROLE_ADMINISTRATOR, READ, QUICK, "see what was removed because of its age")
	ROW(Rights, PlaceHold, ROLE_ADMINISTRATOR, WRITE, QUICK, "place a hold")
	ROW(Rights, SetRetention, ROLE_ADMINISTRATOR, WRITE, SLOW, "set how long things are kept")
};
/* clang-format on */

enum { COUNT = sizeof(table) / sizeof(*table) };

static const ProtobufCServiceDescriptor *const services[] = {
	&coachhouse__v1__booking__descriptor,	    &coachhouse__v1__coaches__descriptor,
	&coachhouse__v1__conversations__descriptor, &coachhouse__v1__engagements__descriptor,
	&coachhouse__v1__enrolment__descriptor,	    &coachhouse__v1__oversight__descriptor,
	&coachhouse__v1__people__descriptor,	    &coachhouse__v1__reports__descriptor,
	&coachhouse__v1__rights__descriptor,
};

static int by_name(const void *left, const void *right)
{
	const struct method *a = left, *b = right;
	return strcmp(a->name, b->name);
}

static const ProtobufCMethodDescriptor *find_rpc(const char *service, const char *rpc)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		if (!strcmp(services[i]->short_name, service))
			return protobuf_c_service_descriptor_get_method_by_name(services[i], rpc);
	}
	return NULL;
}

static bool find_statement(struct method *method, char *error, size_t size)
{
	for (const struct sql_file *file = sql_methods; file->name; file++) {
		if (strcmp(file->name, method->rpc))
			continue;
		method->sql = statement_make(method, file->text);
		if (method->access == ACCESS_READ && method->lane == LANE_QUICK &&
		    method->role < ROLE_ADMINISTRATOR)
			method->plain = file->text;
		if (!method->sql)
			snprintf(error, size, "Out of memory.");
		return method->sql;
	}
	snprintf(error, size, "There is no sql/methods/%s.sql.", method->rpc);
	return false;
}

static bool resolve(struct method *method, char *error, size_t size)
{
	const ProtobufCMethodDescriptor *rpc = find_rpc(method->service, method->rpc);
	if (!rpc) {
		snprintf(error, size, "The contract has no rpc %s; mend daemon/methods.c.",
			 method->name);
		return false;
	}
	method->request = rpc->input;
	method->reply = rpc->output;
	return codec_prepare(method, error, size) && find_statement(method, error, size);
}

bool methods_init(char *error, size_t size)
{
	qsort(table, COUNT, sizeof(*table), by_name);
	for (size_t i = 0; i < COUNT; i++) {
		if (!resolve(&table[i], error, size))
			return false;
	}
	return true;
}

void methods_finish(void)
{
	for (size_t i = 0; i < COUNT; i++) {
		free(table[i].sql);
		table[i].sql = NULL;
	}
}

const struct method *methods_find(const char *name)
{
	const struct method wanted = {.name = name};
	return bsearch(&wanted, table, COUNT, sizeof(*table), by_name);
}

struct method *methods_all(size_t *count)
{
	*count = COUNT;
	return table;
}

static const char *const role_names[] = {
	[ROLE_NOBODY] = "nobody",
	[ROLE_MEMBER] = "member",
	[ROLE_COACH] = "coach",
	[ROLE_MANAGER] = "manager",
	[ROLE_ADMINISTRATOR] = "administrator",
	[ROLE_ENROLLING] = "enrolling",
	[ROLE_GATEWAY] = "gateway",
	[ROLE_MAILER] = "mailer",
};

const char *role_name(enum role role)
{
	return role_names[role];
}

enum role role_parse(const char *word, size_t length)
{
	for (enum role role = ROLE_MEMBER; role <= ROLE_MAILER; role++) {
		if (strlen(role_names[role]) == length && !memcmp(role_names[role], word, length))
			return role;
	}
	return ROLE_NOBODY;
}

bool role_suffices(enum role has, enum role least)
{
	if (has == ROLE_NOBODY || least == ROLE_NOBODY)
		return false;
	if (has > ROLE_ADMINISTRATOR || least > ROLE_ADMINISTRATOR)
		return has == least;
	return has >= least;
}
