/*
 * What libzmq asks of the handshake: frames, each with its length in a byte before
 * it, through a real socket to zap_handle and back. It admits nobody whom the
 * rules, said here a second time, do not.
 */
#include "fuzz.h"
#include "log.h"
#include "zap.h"

#include <zmq.h>

enum { FRAMES = 12, DOMAIN = 2, MECHANISM = 5, CREDENTIALS = 6, ALL = 7 };

static struct keys keys;
static const uint8_t known[KEY_SIZE] = "0123456789abcdef0123456789abcde";

static void *context, *client;
static struct zap server;

static void start(void)
{
	if (context)
		return;
	context = zmq_ctx_new();
	require(zap_open(&server, context));
	client = zmq_socket(context, ZMQ_REQ);
	require(client && zmq_connect(client, "inproc://zeromq.zap.01") == 0);
	require(keys_init(&keys, NULL));
	fuzz_keys(&keys, &known, (const char *const[]){"member"}, 1);
}

struct frame {
	const uint8_t *data;
	size_t size;
};

static int cut(struct input *in, struct frame frames[FRAMES])
{
	int n = 0;
	do {
		const size_t size = fuzz_byte(in);
		frames[n] = (struct frame){in->at, size < in->left ? size : in->left};
		in->at += frames[n].size;
		in->left -= frames[n].size;
		n++;
	} while (in->left && n < FRAMES);
	return n;
}

static bool says(const struct frame *frame, const char *text)
{
	return frame->size == strlen(text) && !memcmp(frame->data, text, frame->size);
}

static bool may_enter(const struct frame *frames, int n, struct zap_room room)
{
	if (n != ALL || !says(&frames[0], "1.0") || !says(&frames[MECHANISM], "CURVE") ||
	    frames[CREDENTIALS].size != KEY_SIZE)
		return false;
	if (says(&frames[DOMAIN], "coachhouse.enrolment"))
		return room.enrolment;
	return says(&frames[DOMAIN], "coachhouse.main") && room.main &&
	       !memcmp(frames[CREDENTIALS].data, known, KEY_SIZE);
}

/* Six frames: version, request, code, text, user id, metadata. */
static void check_answer(const struct frame *frames, int n, bool admitted, bool crowded)
{
	char parts[6][300], user[2 * KEY_SIZE + 1] = "";
	int sizes[6], count = 0, more = 1;
	size_t length = sizeof(more);
	for (; more; count++) {
		require(count < 6);
		sizes[count] = zmq_recv(client, parts[count], sizeof(parts[count]), ZMQ_DONTWAIT);
		require(sizes[count] >= 0 && sizes[count] < (int)sizeof(parts[count]));
		require(zmq_getsockopt(client, ZMQ_RCVMORE, &more, &length) == 0);
	}
	require(count == 6 && sizes[2] == 3);
	require(!memcmp(parts[2], admitted ? "200" : crowded ? "500" : "400", 3));
	if (admitted)
		keys_write(frames[CREDENTIALS].data, user);
	require(sizes[4] == (int)strlen(user) && !memcmp(parts[4], user, strlen(user)));
	if (n > 1 && frames[1].size == (size_t)sizes[1])
		require(!memcmp(parts[1], frames[1].data, frames[1].size));
}

void fuzz_seeds(void)
{
	static const char *const domains[] = {"\017coachhouse.main", "\024coachhouse.enrolment"};
	for (int i = 0; i < 4; i++) {
		char seed[200];
		const int n =
			snprintf(seed, sizeof(seed), "%c\0031.0\0011%s\011127.0.0.1%c\005CURVE %s",
				 "ABCD"[i], domains[i & 1], 1, known);
		seed[n - 32] = KEY_SIZE;
		fuzz_seed(i & 1 ? "enrolment" : "main", seed, (size_t)n + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct frame frames[FRAMES];
	start();
	const uint8_t crowd = fuzz_byte(&in);
	struct zap_room room = {!(crowd & 1), !(crowd & 2)};
	const int n = cut(&in, frames);
	for (int i = 0; i < n; i++)
		require(zmq_send(client, frames[i].data, frames[i].size,
				 i + 1 < n ? ZMQ_SNDMORE : 0) >= 0);
	struct zap_counts counts = {0};
	const bool admit = may_enter(frames, n, room);
	zap_handle(&server, &keys, &room, &counts);
	check_answer(frames, n, admit, may_enter(frames, n, (struct zap_room){1, 1}) && !admit);
	require(counts.admitted == admit && counts.unknown + counts.crowded == !admit);
	return 0;
}
