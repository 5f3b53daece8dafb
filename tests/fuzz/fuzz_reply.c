/*
 * What the database gives back, through the codec: the first line names the
 * method, the next byte says whether a kept record follows or cells: each a type,
 * a length (0xffff: NULL) and that many bytes.
 */
#include "codec.h"
#include "fuzz.h"
#include "json.h"
#include "limit.h"
#include "pg_types.h"
#include "sample.h"

enum { CELLS = 3 * METHOD_FIELDS };

static const uint32_t types[] = {PG_TEXT,	  PG_BOOL,   PG_BYTEA,	     PG_INT8, PG_INT4,
				 PG_DATE,	  PG_OURS,   PG_TIMESTAMPTZ, PG_INT2, PG_RECORD,
				 PG_RECORD_ARRAY, PG_FLOAT8, PG_TSTZRANGE};
enum { TYPES = sizeof(types) / sizeof(*types) };

static struct buffer out;

static int read_cells(struct input *in, struct cell *cells)
{
	int n = 0;
	while (in->left && n < CELLS) {
		struct cell *cell = &cells[n++];
		cell->type = types[fuzz_byte(in) % TYPES];
		const unsigned length = fuzz_byte(in) * 256U + fuzz_byte(in);
		cell->length = length == 0xffff ? -1 : (int)(length < in->left ? length : in->left);
		cell->data = (const char *)in->at;
		const size_t taken = cell->length < 0 ? 0 : (size_t)cell->length;
		in->at += taken;
		in->left -= taken;
	}
	return n;
}

static bool reply(struct method *method, struct input *in, bool *more, struct status *status)
{
	struct cell cells[CELLS];
	const int width = (int)method->row->n_fields;
	buffer_clear(&out);
	if (fuzz_byte(in) & 1 && method->access == ACCESS_WRITE) {
		const struct cell kept = {(const char *)in->at, (int)in->left, PG_RECORD};
		return codec_kept(method, &kept, &out, status);
	}
	const int n = read_cells(in, cells);
	const struct rows rows = {n / width, width, cells};
	return codec_reply(method, &rows, 1, &out, more, status);
}

/* A reply that goes out can be read; as JSON too, but for what only PostgreSQL cannot give. */
static void check_reply(const struct method *method)
{
	require(!out.failed && out.length <= LIMIT_REPLY);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(method->reply, NULL, out.length, out.data);
	require(message && !message->n_unknown_fields);
	char *json = json_write(message, JSON_PEOPLE, NULL, NULL);
	if (json && !fuzz_has_odd_time(message))
		fuzz_check_json(message);
	free(json);
	protobuf_c_message_free_unpacked(message, NULL);
}

static void add_cells(const struct method *method, struct buffer *seed)
{
	struct buffer cell = {0};
	for (unsigned i = 0; i < method->row->n_fields; i++) {
		buffer_clear(&cell);
		const uint32_t type = sample_cell(&method->row->fields[i], 2, &cell);
		uint8_t head[3] = {0, (uint8_t)(cell.length >> 8), (uint8_t)cell.length};
		while (head[0] < TYPES && types[head[0]] != type)
			head[0]++;
		buffer_bytes(seed, head, sizeof(head));
		buffer_bytes(seed, cell.data, cell.length);
	}
	buffer_finish(&cell);
}

void fuzz_seeds(void)
{
	size_t n;
	struct buffer seed = {0};
	fuzz_daemon();
	struct method *methods = fuzz_methods(&n);
	for (size_t i = 0; i < n; i++) {
		buffer_clear(&seed);
		buffer_bytes(&seed, methods[i].rpc, strlen(methods[i].rpc));
		buffer_bytes(&seed, "\n", 2);
		add_cells(&methods[i], &seed);
		fuzz_seed(methods[i].rpc, seed.data, seed.length);
	}
	buffer_finish(&seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct status status = {.code = CODE(OK)};
	bool more = false;
	fuzz_daemon();
	struct method *method = fuzz_method(&in);
	if (reply(method, &in, &more, &status))
		check_reply(method);
	else
		require(status.code != CODE(OK) && *status.reason && *status.message);
	return 0;
}
