/*
 * What the daemon says, shown: the first line names the method, then a byte of
 * how, then the reply as it came over the wire. Whatever people wrote, nothing but
 * text goes to a terminal.
 */
#include "coachhouse.h"
#include "command.h"
#include "fuzz.h"
#include "limit.h"
#include "sample.h"
#include "show.h"

static const struct sentence *sentence_of(const struct method *method)
{
	const struct sentence *s;
	for (size_t i = 0; (s = sentence_at(i)); i++) {
		const ProtobufCMethodDescriptor *m = sentence_method(s);
		if (m && !strcmp(m->name, method->rpc) && !s->show)
			return s;
	}
	return NULL;
}

static void check_clean(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned char c = (unsigned char)text[i];
		require(c >= 0x20 || c == '\n' || c == '\t' || c == '\r');
		require(c != 0x7f);
	}
}

static void show(const struct sentence *sentence, enum output output,
		 const ProtobufCMessage *message)
{
	struct command command = {.sentence = sentence, .now = 1794916800, .output = output};
	char *text = NULL;
	size_t size = 0;
	command.out = open_memstream(&text, &size);
	require(command.out);
	strcpy(command.profile.zone, "Europe/London");
	show_reply(&command, message);
	fclose(command.out);
	/* JSON escapes what it must; CSV is what people wrote, for programs. */
	if (output == OUTPUT_TABLE || output == OUTPUT_PLAIN)
		check_clean(text, size);
	free(text);
}

void fuzz_seeds(void)
{
	size_t n;
	struct buffer seed = {0};
	fuzz_daemon();
	struct method *methods = fuzz_methods(&n);
	for (size_t i = 0; i < n; i++) {
		for (int output = 0; sentence_of(&methods[i]) && output < 4; output += 2) {
			buffer_clear(&seed);
			buffer_bytes(&seed, methods[i].rpc, strlen(methods[i].rpc));
			buffer_bytes(&seed, output ? "\n\2" : "\n\0", 2);
			sample_message(methods[i].reply, 2, &seed);
			fuzz_seed(methods[i].rpc, seed.data, seed.length);
		}
	}
	buffer_finish(&seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	fuzz_daemon();
	const struct method *method = fuzz_method(&in);
	const struct sentence *sentence = sentence_of(method);
	const enum output output = fuzz_byte(&in) % 4;
	if (!sentence)
		return 0;
	ProtobufCMessage *message = protobuf_c_message_unpack(method->reply, NULL, in.left, in.at);
	if (!message)
		return 0;
	show(sentence, output, message);
	protobuf_c_message_free_unpacked(message, NULL);
	return 0;
}
