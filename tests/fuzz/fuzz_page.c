/* The page on which a conversation is recorded, as it comes back from somebody's editor. */
#include "conversations.pb-c.h"
#include "field.h"
#include "fuzz.h"
#include "page.h"

/* How often something stands in the page is all that can come out of it. */
static void check(const ProtobufCMessage *request, const char *text)
{
	ProtobufCMessage *const *actions = NULL;
	const size_t n = field_messages(request, "actions", &actions);
	require(n <= strlen(text));
	for (size_t i = 0; i < n; i++)
		require(*field_string(actions[i], "action_text.text"));
	if (field_present(request, "note"))
		require(*field_string(request, "note.text"));
	const size_t size = protobuf_c_message_get_packed_size(request);
	uint8_t *packed = malloc(size + 1);
	require(packed && protobuf_c_message_pack(request, packed) == size);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = {data, size};
	const struct page_reader reader = {1794916800, "Europe/London"};
	char *text = fuzz_text(&in);
	for (int alone = 0; alone < 2; alone++) {
		ProtobufCMessage *request =
			message_new(&coachhouse__v1__log_conversation_request__descriptor);
		char error[512] = "";
		const bool good =
			alone ? page_read_actions(&reader, text, request, error, sizeof(error))
			      : page_read(&reader, text, request, error, sizeof(error));
		if (good)
			check(request, text);
		else
			require(*error && strlen(error) < sizeof(error));
		protobuf_c_message_free_unpacked(request, NULL);
	}
	free(text);
	return 0;
}
