/* Holds many clients, see fixture/many.h. Ends with 2 where the order cannot be done. */
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#include "booking.pb-c.h"
#include "many.h"
#include "wire.h"

enum {
	AGAIN_MS = 100,
	AGAIN_MOST_MS = 5000,
	HEARTBEAT_MS = 3000,
	SILENCE_MS = 6000,
	LITTLE = 4096, /* of the kernel's memory: who does not read is soon noticed */
	MUCH = 200,    /* slots in a reply */
};

static void set(void *socket, int option, int value)
{
	if (zmq_setsockopt(socket, option, &value, sizeof value))
		_exit(2);
}

static void set_key(void *socket, int option, const char *hex)
{
	unsigned char key[32];
	if (sodium_hex2bin(key, sizeof key, hex, 64, NULL, NULL, NULL) ||
	    zmq_setsockopt(socket, option, key, sizeof key))
		_exit(2);
}

static void *make(void *context, const struct coachhouse_identity *identity)
{
	void *socket = zmq_socket(context, ZMQ_DEALER);
	set(socket, ZMQ_RCVHWM, 1);
	set(socket, ZMQ_RCVBUF, LITTLE);
	set(socket, ZMQ_LINGER, 0);
	set(socket, ZMQ_RECONNECT_IVL, AGAIN_MS);
	set(socket, ZMQ_RECONNECT_IVL_MAX, AGAIN_MOST_MS);
	set(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS);
	set(socket, ZMQ_HEARTBEAT_TIMEOUT, SILENCE_MS);
	set_key(socket, ZMQ_CURVE_PUBLICKEY, identity->public_key);
	set_key(socket, ZMQ_CURVE_SECRETKEY, identity->secret_key);
	set_key(socket, ZMQ_CURVE_SERVERKEY, identity->server_key);
	if (zmq_connect(socket, identity->endpoint))
		_exit(2);
	return socket;
}

static void ask(void *socket, const char *coach)
{
	Coachhouse__V1__ListSlotsRequest request = COACHHOUSE__V1__LIST_SLOTS_REQUEST__INIT;
	uint8_t header[WIRE_HEADER], body[200], id[16];
	request.who = (char *)coach;
	request.has_limit = true;
	request.limit = MUCH;
	wire_id(id);
	const size_t size = wire_header(header, id, "Booking/ListSlots", WIRE_MS);
	if (zmq_send(socket, header, size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
		zmq_send(socket, body, protobuf_c_message_pack(&request.base, body), ZMQ_DONTWAIT);
}

int main(void)
{
	struct many_order order;
	char end;
	if (read(STDIN_FILENO, &order, sizeof order) != sizeof order)
		return 2;
	void *context = zmq_ctx_new(), **sockets = calloc((size_t)order.clients, sizeof *sockets);
	if (!sockets || zmq_ctx_set(context, ZMQ_MAX_SOCKETS, order.clients + 10))
		return 2;
	for (int i = 0; i < order.clients; i++)
		sockets[i] = make(context, &order.identity);
	for (int round = 0; *order.asks && round < order.rounds; round++)
		for (int i = 0; i < order.clients; i++) {
			ask(sockets[i], order.asks);
			poll(NULL, 0, round ? 1 : 0);
		}
	_exit(read(STDIN_FILENO, &end, 1) != 0); /* 10,000 sockets need not be closed one by one */
}
