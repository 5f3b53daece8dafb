/* The header of a call: the whole input is the frame. Then the header of the reply. */
#include "envelope.h"
#include "fuzz.h"
#include "limit.h"
#include "sample.h"

#define YEAR_10000 INT64_C(253402300800)

/* An accepted header says what it said: it is the same when it is packed again. */
static void check_again(const struct envelope *first)
{
	Coachhouse__V1__CallHeader header = COACHHOUSE__V1__CALL_HEADER__INIT;
	Google__Protobuf__Timestamp expires = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	static struct arena arena;
	struct envelope again = {.has_id = false};
	struct status status;
	uint8_t packed[2 * LIMIT_HEADER];
	require(first->has_id && first->method);
	require(first->expires >= 0 && first->expires < YEAR_10000 * 1000000);
	header.has_id = header.has_version = true;
	header.version = 1;
	header.id = (ProtobufCBinaryData){ENVELOPE_ID, (uint8_t *)first->id};
	header.method = (char *)first->method;
	expires.seconds = first->expires / 1000000;
	expires.nanos = (int32_t)(first->expires % 1000000) * 1000;
	header.expires = first->expires ? &expires : NULL;
	header.has_sign_in = first->sign_in != NULL;
	header.sign_in = (ProtobufCBinaryData){first->sign_in_size, (uint8_t *)first->sign_in};
	const size_t size = coachhouse__v1__call_header__pack(&header, packed);
	require(size <= sizeof(packed));
	arena_init(&arena, LIMIT_BUDGET);
	require(envelope_read(packed, size, &arena, &again, &status));
	require(!memcmp(again.id, first->id, ENVELOPE_ID) && !strcmp(again.method, first->method));
	require(again.expires == first->expires && again.sign_in_size == first->sign_in_size);
	require(!again.sign_in == !first->sign_in);
	arena_reset(&arena, 0);
}

static void check_reply(const struct envelope *call, const struct status *status)
{
	uint8_t out[ENVELOPE_SIZE];
	const struct moved moved = {"tcp://192.0.2.1:7711,tcp://192.0.2.1:7713", "key"};
	const size_t size =
		envelope_write(call, status, false, 1, call->id[0] & 1 ? &moved : NULL, out);
	require(size <= sizeof(out));
	Coachhouse__V1__ReplyHeader *header = coachhouse__v1__reply_header__unpack(NULL, size, out);
	require(header && header->has_code && header->code == status->code);
	require(!strcmp(header->message, status->message));
	require(header->n_fields == (*status->field != '\0'));
	coachhouse__v1__reply_header__free_unpacked(header, NULL);
}

void fuzz_seeds(void)
{
	struct buffer out = {0};
	sample_message(&coachhouse__v1__call_header__descriptor, 1, &out);
	fuzz_seed("every_field", out.data, out.length);
	buffer_clear(&out);
	buffer_text(&out, 1, "0123456789abcdef", ENVELOPE_ID);
	buffer_text(&out, 2, "coachhouse.v1.Booking/BookSession", 33);
	buffer_bytes(&out, "\x1a\x06\x08\xff\xff\xff\xff\x07", 8); /* expires */
	buffer_text(&out, 4, "signed in", 9);
	buffer_number(&out, 5, 1);
	fuzz_seed("good", out.data, out.length);
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct envelope envelope = {.has_id = false};
	struct status status;
	fuzz_daemon();
	arena_init(&arena, LIMIT_BUDGET);
	if (envelope_read(data, size, &arena, &envelope, &status)) {
		check_again(&envelope);
	} else {
		fuzz_check_refusal(&status);
		check_reply(&envelope, &status);
	}
	/* What a header may hold fits into what every call has by itself. */
	require(!arena.chunks);
	arena_reset(&arena, 0);
	return 0;
}
