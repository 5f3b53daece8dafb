/*
 * Whole calls, as the loop hands them on: a byte of how it came in, the size of
 * the header, the header, the body. There is no database, so whatever is good is
 * answered UNAVAILABLE; each call is answered, once, and by its id.
 */
#include "call.h"
#include "envelope.h"
#include "fuzz.h"
#include "limit.h"
#include "sample.h"

enum { ENROLMENT = 1, UNKNOWN_KEY = 2, NO_KEY = 4, ONE_FRAME = 8, THREE_FRAMES = 16 };

static struct calls calls;
static struct keys keys;
static int replies;
static Coachhouse__V1__Code code;
static const uint8_t nobody[KEY_SIZE] = {1};
static const uint8_t known[4][KEY_SIZE] = {{7}, {8}, {9}, {10}};
static const char *const roles[] = {"member", "coach", "administrator", "gateway"};

static void take_reply(void *arg, const struct outgoing *out)
{
	const struct incoming *in = arg;
	replies++;
	require(out->door == in->door && out->route_size == in->route_size);
	require(out->header_size <= ENVELOPE_SIZE && !out->body_size);
	Coachhouse__V1__ReplyHeader *header =
		coachhouse__v1__reply_header__unpack(NULL, out->header_size, out->header);
	require(header && header->has_code && header->code != CODE(OK));
	require(header->code != CODE(INTERNAL) && *header->reason && *header->message);
	code = header->code;
	coachhouse__v1__reply_header__free_unpacked(header, NULL);
}

static void start(void)
{
	static struct pool *pool;
	static struct connection_options options;
	const long none[LANES] = {0}, places[LANES] = {8, 8, 8};
	char error[512];
	if (pool)
		return;
	fuzz_daemon();
	require(calls_init(&calls, error, sizeof(error)));
	pool = pool_create(&options, NULL, none);
	require(pool);
	require(keys_init(&keys, pool));
	fuzz_keys(&keys, known, roles, 4);
	shares_init(&calls.shares, places);
	calls.pool = pool;
	calls.keys = &keys;
	calls.send = take_reply;
}

void fuzz_seeds(void)
{
	static const uint8_t id[ENVELOPE_ID] = {9};
	size_t n;
	struct buffer out = {0}, header = {0};
	start();
	struct method *methods = methods_all(&n);
	for (size_t i = 0; i < n; i += 3) {
		buffer_clear(&header);
		buffer_text(&header, 1, id, sizeof(id));
		buffer_text(&header, 2, methods[i].name, strlen(methods[i].name));
		buffer_number(&header, 5, 1);
		const uint8_t head[] = {(uint8_t)(i % 4 << 6), 0, (uint8_t)header.length};
		buffer_clear(&out);
		buffer_bytes(&out, head, sizeof(head));
		buffer_bytes(&out, header.data, header.length);
		sample_message(methods[i].request, 1, &out);
		fuzz_seed(methods[i].rpc, out.data, out.length);
	}
	buffer_finish(&out);
	buffer_finish(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	char user[2 * KEY_SIZE + 1];
	start();
	const unsigned how = fuzz_byte(&in);
	keys_write(how & UNKNOWN_KEY ? nobody : known[how >> 6], user);
	size_t header = fuzz_byte(&in) * 256U + fuzz_byte(&in);
	header = header < in.left ? header : in.left;
	const struct incoming call = {
		.door = how & ENROLMENT ? DOOR_ENROLMENT : DOOR_MAIN,
		.route = "route",
		.route_size = 5,
		.frames = how & ONE_FRAME      ? 1
			  : how & THREE_FRAMES ? 3
					       : 2,
		.header = in.at,
		.header_size = header,
		.body = in.at + header,
		.body_size = in.left - header,
		.user_id = how & NO_KEY ? NULL : user,
	};
	replies = 0;
	calls.arg = (void *)&call;
	calls_handle(&calls, &call);
	require(replies == !(how & NO_KEY) && calls.in_flight == 0);
	if (replies && call.door == DOOR_MAIN && how & UNKNOWN_KEY)
		require(code != CODE(UNAVAILABLE));
	if (replies && call.frames != 2)
		require(code == CODE(INVALID_ARGUMENT) || code == CODE(FAILED_PRECONDITION));
	return 0;
}
