/* The line that somebody pastes: the whole input. */
#include "fuzz.h"
#include "link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct input in = {data, size};
	struct coachhouse_invitation first = {0}, again = {0};
	struct coachhouse_failure failure = {0};
	char *text = fuzz_text(&in), line[512];
	if (coachhouse_invitation_parse(text, &first, &failure)) {
		require(endpoint_valid(first.endpoint) && strlen(first.server_key) == 64);
		coachhouse_invitation_write(&first, line, sizeof(line));
		require(coachhouse_invitation_parse(line, &again, &failure));
		require(!strcmp(first.endpoint, again.endpoint));
		require(!strcmp(first.server_key, again.server_key));
		require(!memcmp(first.token, again.token, sizeof(first.token)));
	} else {
		require(!strcmp(failure.reason, "BAD_INVITATION") && *failure.message);
	}
	/* And the lines of an identity that was edited by hand. */
	struct coachhouse_identity identity = {0};
	snprintf(identity.endpoint, sizeof(identity.endpoint), "%s", text);
	snprintf(identity.server_key, sizeof(identity.server_key), "%s", text);
	struct link link;
	require(!link_init(&link, &identity, &failure) && *failure.message);
	free(text);
	return 0;
}
