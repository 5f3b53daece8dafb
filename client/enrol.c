/* Redeeming an invitation. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "coachhouse.h"
#include "enrolment.pb-c.h"
#include "link.h"

/* Whether the two halves belong together: a pair kept from a try before. */
static bool is_pair(const struct coachhouse_identity *identity)
{
	unsigned char secret[32], claimed[32], computed[32];
	bool pair = strnlen(identity->secret_key, 65) == 64 &&
		    strnlen(identity->public_key, 65) == 64 &&
		    key_parse(identity->secret_key, secret) &&
		    key_parse(identity->public_key, claimed) &&
		    !crypto_scalarmult_base(computed, secret) && !memcmp(computed, claimed, 32);
	sodium_memzero(secret, sizeof secret);
	return pair;
}

static bool redeem(const struct coachhouse_invitation *invitation, const char *label,
		   int timeout_ms, const struct coachhouse_identity *identity,
		   struct coachhouse_reply *reply, struct coachhouse_failure *failure)
{
	struct coachhouse *connection = coachhouse_connect(identity, failure);
	if (!connection)
		return false;
	Coachhouse__V1__RedeemRequest request = COACHHOUSE__V1__REDEEM_REQUEST__INIT;
	request.has_token = true;
	request.token.data = (uint8_t *)invitation->token;
	request.token.len = sizeof invitation->token;
	request.label = (char *)label;
	bool done = coachhouse_call(connection, "coachhouse.v1.Enrolment/Redeem", &request.base,
				    NULL, timeout_ms, reply, failure);
	coachhouse_close(&connection);
	return done;
}

bool coachhouse_enrol(const struct coachhouse_invitation *invitation, const char *label,
		      int timeout_ms, struct coachhouse_identity *identity,
		      struct coachhouse_reply *reply, struct coachhouse_failure *failure)
{
	unsigned char key[32];
	*reply = (struct coachhouse_reply){0};
	if (sodium_init() < 0) {
		failure_set(failure, COACHHOUSE__V1__CODE__INTERNAL, "NO_RANDOM",
			    "The system gives no random numbers.");
		return false;
	}
	if (!is_pair(identity))
		coachhouse_make_keys(identity->public_key, identity->secret_key);
	strcpy(identity->endpoint, invitation->endpoint);
	strcpy(identity->server_key, invitation->server_key);
	if (!redeem(invitation, label, timeout_ms, identity, reply, failure))
		return false;
	const Coachhouse__V1__RedeemReply *redeemed = (const void *)reply->message;
	if (!redeemed->endpoint || !endpoint_valid(redeemed->endpoint) ||
	    strlen(redeemed->endpoint) >= sizeof identity->endpoint) {
		failure_set(failure, COACHHOUSE__V1__CODE__INTERNAL, "BAD_REPLY",
			    "The daemon named no endpoint to use from now on.");
		coachhouse_reply_free(reply);
		return false;
	}
	strcpy(identity->endpoint, redeemed->endpoint);
	if (redeemed->server_key && key_parse(redeemed->server_key, key))
		strcpy(identity->server_key, redeemed->server_key);
	return true;
}
