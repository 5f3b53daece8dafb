/* Keys, tokens and the line that invites somebody. */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "coachhouse.h"
#include "link.h"

static const char scheme[] = "coachhouse:";

void coachhouse_make_keys(char public_key[65], char secret_key[65])
{
	unsigned char public_half[32], secret_half[32];
	crypto_box_keypair(public_half, secret_half);
	sodium_bin2hex(public_key, 65, public_half, 32);
	sodium_bin2hex(secret_key, 65, secret_half, 32);
	sodium_memzero(secret_half, sizeof secret_half);
}

void coachhouse_make_token(uint8_t token[32], uint8_t hash[32])
{
	randombytes_buf(token, 32);
	crypto_hash_sha256(hash, token, 32);
}

static bool refuse(struct coachhouse_failure *failure, const char *what)
{
	failure_set(
		failure, COACHHOUSE__V1__CODE__INVALID_ARGUMENT, "BAD_INVITATION",
		"This is no invitation: %s. Paste the whole line, which begins \"coachhouse:\".",
		what);
	return false;
}

/* Cuts the last part off `text`; NULL when it has no colon. */
static char *cut_last(char *text)
{
	char *colon = strrchr(text, ':');
	if (colon)
		*colon++ = '\0';
	return colon;
}

/* From the right, since endpoints hold colons. */
bool coachhouse_invitation_parse(const char *line, struct coachhouse_invitation *out,
				 struct coachhouse_failure *failure)
{
	char text[520], why[700];
	unsigned char key[32];
	size_t length;
	while (isspace((unsigned char)*line))
		line++;
	if ((size_t)snprintf(text, sizeof text, "%s", line) >= sizeof text)
		return refuse(failure, "it is too long");
	for (length = strlen(text); length && isspace((unsigned char)text[length - 1]);)
		text[--length] = '\0';
	if (strncmp(text, scheme, strlen(scheme)))
		return refuse(failure, "it does not begin with \"coachhouse:\"");
	char *endpoint = text + strlen(scheme), *token = cut_last(endpoint);
	char *server_key = token ? cut_last(endpoint) : NULL;
	if (!server_key)
		return refuse(failure, "a part of it is missing");
	if (sodium_base642bin(out->token, sizeof out->token, token, strlen(token), NULL, &length,
			      NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
	    length != sizeof out->token)
		return refuse(failure, "its last part, the token, is not whole");
	if (!key_parse(server_key, key))
		return refuse(failure, "the daemon's key in it is not whole");
	if (!endpoint_explain(endpoint, why, sizeof why))
		return refuse(failure, why);
	if (strlen(endpoint) >= sizeof out->endpoint)
		return refuse(failure, "its endpoints are longer than 255 characters");
	strcpy(out->endpoint, endpoint);
	strcpy(out->server_key, server_key);
	return true;
}

void coachhouse_invitation_write(const struct coachhouse_invitation *invitation, char *out,
				 size_t size)
{
	char token[64];
	sodium_bin2base64(token, sizeof token, invitation->token, sizeof invitation->token,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(out, size, "%s%s:%s:%s", scheme, invitation->endpoint, invitation->server_key,
		 token);
}
