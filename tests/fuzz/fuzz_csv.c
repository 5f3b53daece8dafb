/* Files to import: the first byte says of what, the rest is the file. */
#include "coachhouse.h"
#include "command.h"
#include "conversations.pb-c.h"
#include "csv.h"
#include "fuzz.h"
#include "import.h"
#include "people.pb-c.h"
#include "show.h"

/* Cell by cell; what is written again is read as the same. */
static void check_cells(const struct input *in)
{
	struct csv first, second;
	char error[256] = "", *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int code;
	require(out);
	fputs("heading\r\n", out); /* so that no row begins with the mark of a file */
	csv_init(&first, fuzz_text(in));
	while ((code = csv_next(&first, error, sizeof(error))) == 1) {
		require(first.count >= 1 && first.count <= CSV_CELLS && first.line >= 1);
		for (size_t i = 0; i < first.count; i++) {
			fputs(i ? "," : "", out);
			csv_write(first.cells[i], out);
		}
		fputs("\r\n", out);
	}
	require(code == 0 || *error);
	fclose(out);
	csv_finish(&first);
	csv_init(&first, fuzz_text(in));
	csv_init(&second, text);
	require(csv_next(&second, error, sizeof(error)) == 1);
	while (csv_next(&first, error, sizeof(error)) == 1) {
		require(csv_next(&second, error, sizeof(error)) == 1);
		require(first.count == second.count);
		for (size_t i = 0; i < first.count; i++)
			require(!strcmp(first.cells[i], second.cells[i]));
	}
	csv_finish(&first);
	csv_finish(&second);
}

static void check_rows(const struct import_rows *rows)
{
	int last = 1;
	for (size_t i = 0; i < rows->count; i++) {
		const size_t size = protobuf_c_message_get_packed_size(rows->rows[i]);
		uint8_t *packed = malloc(size + 1);
		require(packed && protobuf_c_message_pack(rows->rows[i], packed) == size);
		free(packed);
		fuzz_check_json(rows->rows[i]);
	}
	for (size_t i = 0; i < rows->refused; i++) {
		require(rows->refusals[i].line > last && *rows->refusals[i].sentence);
		last = rows->refusals[i].line;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	const struct command command = {.now = 1794916800};
	const ProtobufCMessageDescriptor *descriptor =
		fuzz_byte(&in) & 1 ? &coachhouse__v1__conversation_row__descriptor
				   : &coachhouse__v1__person_row__descriptor;
	struct import_rows rows;
	char error[256] = "";
	if (import_read(&rows, descriptor, fuzz_file(&in), &command, error, sizeof(error)))
		check_rows(&rows);
	else
		require(*error && strlen(error) < sizeof(error));
	import_rows_finish(&rows);
	check_cells(&in);
	return 0;
}
