/* JSON of people's programs: the first line names a method, the rest is read as its messages. */
#include "fuzz.h"
#include "json.h"
#include "sample.h"

static void add_seed(const char *rpc, const ProtobufCMessageDescriptor *descriptor)
{
	struct buffer packed = {0}, seed = {0};
	sample_message(descriptor, 2, &packed);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(descriptor, NULL, packed.length, packed.data);
	require(message);
	char *text = json_write(message, JSON_PEOPLE, NULL, NULL);
	require(text);
	buffer_bytes(&seed, rpc, strlen(rpc));
	buffer_bytes(&seed, "\n", 1);
	buffer_bytes(&seed, text, strlen(text));
	fuzz_seed(descriptor->short_name, seed.data, seed.length);
	free(text);
	protobuf_c_message_free_unpacked(message, NULL);
	buffer_finish(&packed);
	buffer_finish(&seed);
}

void fuzz_seeds(void)
{
	size_t n;
	fuzz_daemon();
	struct method *methods = fuzz_methods(&n);
	for (size_t i = 0; i < n; i++) {
		add_seed(methods[i].rpc, methods[i].request);
		add_seed(methods[i].rpc, methods[i].reply);
	}
}

/* What was read can be written for people and for PostgreSQL, and read again. */
static void check(const ProtobufCMessageDescriptor *descriptor, const char *text)
{
	char error[120] = "";
	ProtobufCMessage *message = json_read(descriptor, text, error, sizeof(error));
	if (!message) {
		require(*error && strlen(error) < sizeof(error));
		return;
	}
	require(!fuzz_has_odd_time(message));
	fuzz_check_json(message);
	char *sql = json_write(message, JSON_SQL, NULL, NULL);
	require(sql);
	free(sql);
	protobuf_c_message_free_unpacked(message, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	fuzz_daemon();
	const struct method *method = fuzz_method(&in);
	char *text = fuzz_text(&in);
	check(method->request, text);
	check(method->reply, text);
	free(text);
	return 0;
}
