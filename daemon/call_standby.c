/* A report on a standby: kept as read by the primary, made there, or here after all. */
#include "call_standby.h"

#include <string.h>

#include "log.h"

static const int binary[] = {1, 1};

void standby_prepare(struct call *call)
{
	if (!call->method->standby || !pool_look(call->calls->pool, LANE_STANDBY).up)
		return;
	call->ticket[0] = call->method->rpc;
	call->ticket_lengths[0] = (int)strlen(call->method->rpc);
	call->job.steps[1] =
		(struct pool_step){"keep_report", 1, call->ticket, call->ticket_lengths, binary};
	call->report = REPORT_KEEPS;
}

bool standby_home(struct call *call)
{
	if (call->report != REPORT_STANDS)
		return false;
	call->report = REPORT_HOME;
	call->job.lane = LANE_SLOW;
	call->job.steps[2] = call->job.steps[1];
	call->job.steps[1] = (struct pool_step){.name = "kept_before"};
	call->job.steps[0] = call_authenticate(call);
	call->job.n_steps = 3;
	return true;
}

/* With the ticket that the primary gave, for as long as the call may take. */
static void go_there(struct call *call, const struct cell *ticket)
{
	call->report = REPORT_STANDS;
	call->ticket[0] = arena_copy(&call->arena, ticket->data, (size_t)ticket->length);
	call->ticket_lengths[0] = ticket->length;
	call->ticket[1] = call->left_be;
	call->ticket_lengths[1] = sizeof(call->left_be);
	call->job.lane = LANE_STANDBY;
	call->job.steps[0] =
		(struct pool_step){"stand_for", 2, call->ticket, call->ticket_lengths, binary};
	call->job.steps[1] = call_statement(call);
}

bool standby_next(struct call *call, const struct rows *rows, const struct failure *failure)
{
	if (call->report == REPORT_KEEPS && !failure) {
		go_there(call, rows->cells);
		return call->ticket[0] || standby_home(call);
	}
	if (call->report != REPORT_STANDS || !failure || !strcmp(failure->sqlstate, "ZC010"))
		return false;
	log_info("standby", "%s is made on the primary instead: sqlstate=%s %s", call->method->rpc,
		 failure->sqlstate, strcmp(failure->sqlstate, "ZC006") ? "" : failure->message);
	return standby_home(call);
}
