/* What is typed after "coach": words, each on a line; then the request that they make. */
#include "coachhouse.h"
#include "command.h"
#include "field.h"
#include "fuzz.h"
#include "json.h"

enum { WORDS = 24 };

/* As a shell would hand them on: each word in memory of its own. */
static int cut(const struct input *in, char *words[WORDS + 1])
{
	char *text = fuzz_text(in), *rest = text, *word;
	int n = 0;
	words[n++] = strdup("coach");
	while ((word = strsep(&rest, "\n")) && n < WORDS)
		words[n++] = strdup(word);
	words[n] = NULL;
	free(text);
	return n;
}

/* The request can be packed; what fills it refuses with a sentence. */
static void check_request(struct command *command)
{
	const ProtobufCMethodDescriptor *method = sentence_method(command->sentence);
	char error[1024] = "";
	if (!method)
		return;
	ProtobufCMessage *request = message_new(method->input);
	if (command_fill(command, request, error, sizeof(error))) {
		if (command->sentence->fill)
			(void)command->sentence->fill(command, request);
		const size_t size = protobuf_c_message_get_packed_size(request);
		uint8_t *packed = malloc(size + 1);
		require(packed && protobuf_c_message_pack(request, packed) == size);
		free(packed);
		char *text = json_write(request, JSON_PEOPLE, NULL, NULL);
		if (text && !fuzz_has_odd_time(request))
			fuzz_check_json(request);
		free(text);
	} else {
		require(*error && strlen(error) < sizeof(error));
	}
	protobuf_c_message_free_unpacked(request, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = {data, size};
	struct command command = {.now = 1794916800, .timeout_ms = 1000};
	char *words[WORDS + 1], error[2048] = "";
	const int n = cut(&in, words);
	strcpy(command.profile.zone, "Europe/London");
	if (command_parse(&command, n, words, error, sizeof(error))) {
		require(command.count >= 0 && command.count <= MAX_GIVEN);
		require(command.timeout_ms > 0 && command.timeout_ms <= 3600000);
		if (command.sentence && !command.help)
			check_request(&command);
	} else {
		require(*error && strlen(error) < sizeof(error));
	}
	for (int i = 0; i < n; i++)
		free(words[i]);
	return 0;
}
