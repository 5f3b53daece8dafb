/* Whether a call may be made, and with what. */
#include "call_prepare.h"

#include <string.h>

#include "disk.h"
#include "pg_types.h"

static const int binary[AUTHENTICATE_PARAMETERS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

int64_t call_now(const struct calls *calls)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000 + calls->clock_offset;
}

bool call_is_expired(const struct call *call, int64_t now, struct status *status)
{
	/* Also when a later sending of it was refused already. */
	if (!call->envelope.expires || (call->envelope.expires > now &&
					!refusals_know(&call->calls->refusals, call->key,
						       call->envelope.id, call->envelope.expires)))
		return false;
	status_set(status, CODE(DEADLINE_EXCEEDED), "EXPIRED",
		   "The call came too late and nothing was done; call again.");
	return true;
}

static void set_value(struct call *call, int i, const void *data, size_t length)
{
	call->values[i] = data;
	call->lengths[i] = (int)length;
}

struct pool_step call_authenticate(const struct call *call)
{
	return (struct pool_step){"authenticate", AUTHENTICATE_PARAMETERS, call->values,
				  call->lengths, binary};
}

struct pool_step call_statement(const struct call *call)
{
	const struct method *method = call->method;
	const char *name = method->plain && !call->administers ? method->name : method->rpc;
	return (struct pool_step){name, call->params.n, call->params.values, call->params.lengths,
				  call->params.formats};
}

static void prepare_job(struct call *call, const struct incoming *in)
{
	const struct method *method = call->method;
	const char *least = role_name(method->role);
	set_value(call, 0, call->key, KEY_SIZE);
	set_value(call, 1, least, strlen(least));
	if (call->person) {
		pg_put64(call->person_be, (uint64_t)call->person);
		set_value(call, 2, call->person_be, sizeof(call->person_be));
	}
	set_value(call, 3, call->envelope.id, ENVELOPE_ID);
	if (method->access == ACCESS_WRITE) {
		digest(in->body, in->body_size, call->hash);
		set_value(call, 4, call->hash, sizeof(call->hash));
	}
	set_value(call, 5, method->name, strlen(method->name));
	set_value(call, 6, call->left_be, sizeof(call->left_be));
	if (call->calls->same_clock)
		set_value(call, 8, call->until_be, sizeof(call->until_be));
	if (call->envelope.expires) {
		pg_put64(call->expires_be, (uint64_t)call->envelope.expires);
		set_value(call, 9, call->expires_be, sizeof(call->expires_be));
	}
	set_value(call, 10, &call->administers, sizeof(call->administers));
	if (call->envelope.sign_in)
		set_value(call, 7, call->envelope.sign_in, call->envelope.sign_in_size);
	call->job.lane = method->lane;
	call->job.writes = method->access == ACCESS_WRITE;
	call->job.steps[0] = call_authenticate(call);
	call->job.steps[1] = call_statement(call);
	/* Without room only what was done before is answered: a refusal must be true. */
	call->no_room =
		method->access == ACCESS_WRITE && call->calls->disk && call->calls->disk->low;
	call->job.n_steps = call->no_room ? 1 : 2;
}

static bool check_call(struct call *call, const struct incoming *in, struct status *status)
{
	if (in->frames != 2)
		return status_set(status, CODE(INVALID_ARGUMENT), "BAD_FRAMES",
				  "A call is two frames: its header and its request.");
	call->method = methods_find(call->envelope.method);
	if (!call->method)
		return status_set(status, CODE(UNIMPLEMENTED), "UNKNOWN_METHOD",
				  "This daemon has no such method; upgrade the older of the two.");
	return !call_is_expired(call, call_now(call->calls), status);
}

/* Behind a gateway's key are many people; whoever signed in takes of a share of their own. */
static void choose_share(struct call *call, const struct known_key *known)
{
	const struct envelope *e = &call->envelope;
	call->shares = known->role != ROLE_GATEWAY || e->sign_in;
	if (e->sign_in)
		memcpy(call->client, e->sign_in,
		       e->sign_in_size < SHARE_WHO ? e->sign_in_size : SHARE_WHO);
	else
		memcpy(call->client, call->key, SHARE_WHO);
}

/* The only place that says who may call what; the database says it once more. */
static bool authorise(struct call *call, struct status *status)
{
	const struct method *method = call->method;
	if (door_enrols(call->door)) {
		call->shares = true;
		if (role_suffices(ROLE_ENROLLING, method->role))
			return guesses_allow(&call->calls->guesses, call->origin,
					     call->started.tv_sec, status);
		return status_set(status, CODE(PERMISSION_DENIED), "NOT_ALLOWED",
				  "This endpoint only redeems invitations; call the main one.");
	}
	const struct known_key *known = keys_find(call->calls->keys, call->key);
	if (!known)
		return status_set(status, CODE(UNAUTHENTICATED), "UNKNOWN_KEY",
				  "This key is not known, or was revoked; ask an administrator for "
				  "an invitation.");
	call->person = known->person;
	call->administers = known->role == ROLE_ADMINISTRATOR;
	choose_share(call, known);
	keys_used(call->calls->keys, call->key, call->started.tv_sec);
	/* A gateway's key acts for whoever signed in; the database knows their roles. */
	const bool forwards = call->envelope.sign_in;
	const enum role has =
		forwards && known->role == ROLE_GATEWAY ? ROLE_ADMINISTRATOR : known->role;
	if (forwards && known->role != ROLE_GATEWAY)
		return status_set(status, CODE(PERMISSION_DENIED), "NOT_ALLOWED",
				  "Only a gateway forwards a sign-in; leave it out.");
	if (!role_suffices(has, method->role))
		return status_set(status, CODE(PERMISSION_DENIED), "NOT_ALLOWED",
				  "Your roles do not allow you to %s; ask an administrator.",
				  method->title);
	return true;
}

bool call_prepare(struct call *call, const struct incoming *in, struct status *status)
{
	if (!envelope_read(in->header, in->header_size, &call->arena, &call->envelope, status) ||
	    !check_call(call, in, status) || !authorise(call, status))
		return false;
	if (!codec_params(call->method, in->body, in->body_size, call->person, &call->arena,
			  &call->params, &call->limit, status))
		return false;
	prepare_job(call, in);
	return true;
}
