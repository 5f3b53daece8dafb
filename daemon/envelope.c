/* The first frame of a call and of a reply. */
#include "envelope.h"

#include <string.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "limit.h"

#define US_PER_SECOND INT64_C(1000000)
#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

enum { CONTRACT_VERSION = 1 };

_Static_assert(ENVELOPE_SIZE > sizeof(struct status) + 512 + 128 + MOVED_ENDPOINT + 80,
	       "a reply header must fit");

static bool take_times(const Coachhouse__V1__CallHeader *header, struct envelope *out,
		       struct status *status)
{
	if (header->version != CONTRACT_VERSION)
		return status_set(status, CODE(FAILED_PRECONDITION), "OTHER_VERSION",
				  "The daemon speaks version %d of the contract; upgrade the older "
				  "of the two.",
				  CONTRACT_VERSION);
	if (!header->expires)
		return true;
	const Google__Protobuf__Timestamp *at = header->expires;
	if (at->seconds < 0 || at->seconds > LAST_SECOND || at->nanos < 0 || at->nanos > 999999999)
		return status_invalid(status, "expires", "Say a time of the years 1970 to 9999.");
	out->expires = at->seconds * US_PER_SECOND + at->nanos / 1000;
	/* 0 would be never, and 1970 is long ago. */
	out->expires += !out->expires;
	return true;
}

bool envelope_read(const uint8_t *data, size_t size, struct arena *arena, struct envelope *out,
		   struct status *status)
{
	struct violation violation;
	if (size > LIMIT_HEADER)
		return status_set(status, CODE(INVALID_ARGUMENT), "BAD_HEADER",
				  "The header is too large; see coachhouse-protocol(7).");
	if (!limit_check(&coachhouse__v1__call_header__descriptor, data, size, &violation))
		return status_invalid(status, violation.field, violation.sentence);
	const Coachhouse__V1__CallHeader *header =
		coachhouse__v1__call_header__unpack(&arena->allocator, size, data);
	if (!header || !header->has_id || header->id.len != ENVELOPE_ID)
		return status_invalid(status, "id", "Give each call an id of 16 random bytes.");
	memcpy(out->id, header->id.data, ENVELOPE_ID);
	out->has_id = true;
	out->method = header->method ? header->method : "";
	out->again = header->again;
	if (header->has_sign_in) {
		out->sign_in = header->sign_in.len ? header->sign_in.data : (const uint8_t *)"";
		out->sign_in_size = header->sign_in.len;
	}
	return take_times(header, out, status);
}

static void put_time(Google__Protobuf__Timestamp *out, int64_t us)
{
	out->seconds = us / US_PER_SECOND;
	out->nanos = (int32_t)(us % US_PER_SECOND) * 1000;
}

size_t envelope_write(const struct envelope *call, const struct status *status, bool more,
		      int64_t now, const struct moved *moved, uint8_t out[ENVELOPE_SIZE])
{
	Coachhouse__V1__Moved there = COACHHOUSE__V1__MOVED__INIT;
	Coachhouse__V1__ReplyHeader header = COACHHOUSE__V1__REPLY_HEADER__INIT;
	Coachhouse__V1__FieldViolation violation = COACHHOUSE__V1__FIELD_VIOLATION__INIT;
	Coachhouse__V1__FieldViolation *violations[] = {&violation};
	Google__Protobuf__Timestamp stamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT,
				    expires = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	put_time(&stamp, now);
	header.now = &stamp;
	header.has_id = call->has_id;
	header.id = (ProtobufCBinaryData){call->has_id ? ENVELOPE_ID : 0, (uint8_t *)call->id};
	header.has_code = true;
	header.code = status->code;
	header.has_more = header.more = more;
	if (status->code != CODE(OK)) {
		header.reason = (char *)status->reason;
		header.message = (char *)status->message;
	}
	if (status->code != CODE(OK) && call->expires) {
		put_time(&expires, call->expires);
		header.expires = &expires;
	}
	if (status->code != CODE(OK) && *status->field) {
		violation.field = (char *)status->field;
		violation.sentence = (char *)status->message;
		header.n_fields = 1;
		header.fields = violations;
	}
	if (moved) {
		there.endpoint = (char *)moved->endpoint;
		there.server_key = (char *)moved->server_key;
		header.moved = &there;
	}
	return coachhouse__v1__reply_header__pack(&header, out);
}
