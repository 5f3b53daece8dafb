/* Sealing anew, in the background. */
#include "reseal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pg_types.h"
#include "seal.h"

enum {
	LOOK_MS = 1000,		   /* for another key in the file */
	AGAIN_MS = 60 * 60 * 1000, /* for what another daemon sealed with an older one */
	RETRY_MS = 5000,
	MOST = 32, /* values at once: a few milliseconds of the loop and of their rows */
	TELL = 10000,
	ARRAY_HEAD = 20,
};

/* The columns of sealed_with(). */
enum { PLACE, FIELD, AUTHOR, VISIBLE, BOX, BINDING };

/* The three arrays that seal_again() is given, in PostgreSQL's binary format. */
struct reseal_batch {
	char *array[3], *end[3];
	uint32_t count;
	char data[];
};

static const int binary[4] = {1, 1, 1, 1};

static void read_next(struct reseal *r);
static void count_again(struct reseal *r);

static void submit(struct reseal *r, const char *statement, int n,
		   void (*done)(struct pool_job *, const struct rows *, const struct failure *))
{
	r->job.steps[0] = (struct pool_step){statement, n, r->values, r->lengths, binary};
	r->job.n_steps = 1;
	r->job.done = done;
	r->running = pool_submit(r->pool, &r->job) == POOL_TAKEN;
	if (!r->running)
		r->due = r->now + RETRY_MS;
}

static void set_value(struct reseal *r, int i, const char *data, size_t length)
{
	r->values[i] = data;
	r->lengths[i] = (int)length;
}

/* False, and it is tried again later: what was done so far stays done. */
static bool is_good(struct reseal *r, const struct rows *rows, const struct failure *failure)
{
	r->running = false;
	if (rows)
		return true;
	r->due = r->now + RETRY_MS;
	log_warning("reseal", "interrupted, and goes on later: sqlstate=%s",
		    failure ? failure->sqlstate : "");
	return false;
}

/* --- putting them back --------------------------------------------------------- */

static void put_back(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct reseal *r = (struct reseal *)job;
	free(r->batch);
	r->batch = NULL;
	if (!is_good(r, rows, failure))
		return;
	const int64_t done = (int64_t)pg_get(rows->cells[0].data, 4), before = r->done;
	r->done += done;
	r->skipped += r->asked - done;
	if (r->done / TELL != before / TELL)
		log_info("reseal", "%" PRId64 " of %" PRId64 " values sealed with %s", r->done,
			 r->older, r->sealing);
	read_next(r);
}

static void write_head(char *at, uint32_t count)
{
	at = pg_put32(at, 1);
	at = pg_put32(at, 0);
	at = pg_put32(at, PG_BYTEA);
	at = pg_put32(at, count);
	pg_put32(at, 1);
}

static void add(struct reseal_batch *batch, int array, const void *data, int length)
{
	batch->end[array] = pg_put32(batch->end[array], (uint32_t)length);
	memcpy(batch->end[array], data, (size_t)length);
	batch->end[array] += length;
}

/* Room for `n` values whose boxes have `boxes` bytes in all. */
static struct reseal_batch *new_batch(size_t n, size_t boxes)
{
	const size_t sizes[3] = {ARRAY_HEAD + n * (4 + SEAL_BINDING),
				 ARRAY_HEAD + n * (4 + SEAL_HEAD), ARRAY_HEAD + n * 4 + boxes};
	struct reseal_batch *batch = malloc(sizeof(*batch) + sizes[0] + sizes[1] + sizes[2]);
	if (!batch)
		return NULL;
	char *at = batch->data;
	for (int i = 0; i < 3; i++) {
		batch->array[i] = at;
		batch->end[i] = at + ARRAY_HEAD;
		at += sizes[i];
	}
	batch->count = 0;
	return batch;
}

/* --- reading them -------------------------------------------------------------- */

static bool is_whole(const struct cell *cell)
{
	return cell[PLACE].length > 0 && cell[FIELD].length > 0 && cell[AUTHOR].length == 8 &&
	       cell[VISIBLE].length > 0 && cell[BOX].length > SEAL_OVERHEAD &&
	       cell[BINDING].length == SEAL_BINDING;
}

/* Seals one value anew and adds it; what does not open stays out. */
static void seal_one(struct reseal_batch *batch, const struct cell *cell)
{
	char field[64], visible[32], key[9];
	uint8_t *fresh = (uint8_t *)batch->end[2] + 4;
	snprintf(field, sizeof(field), "%.*s", cell[FIELD].length, cell[FIELD].data);
	snprintf(visible, sizeof(visible), "%.*s", cell[VISIBLE].length, cell[VISIBLE].data);
	const struct seal_label label = {field, (int64_t)pg_get(cell[AUTHOR].data, 8), visible};
	if (seal_again(&label, (const uint8_t *)cell[BOX].data, (size_t)cell[BOX].length,
		       (const uint8_t *)cell[BINDING].data, fresh, key) != SEAL_OK)
		return;
	add(batch, 0, cell[BINDING].data, SEAL_BINDING);
	add(batch, 1, cell[BOX].data, SEAL_HEAD);
	pg_put32(batch->end[2], (uint32_t)cell[BOX].length);
	batch->end[2] += 4 + cell[BOX].length;
	batch->count++;
}

/* The rows of one place, which the first of them names; and remembers the last. */
static bool seal_rows(struct reseal *r, const struct rows *rows)
{
	const struct cell *cell = rows->cells;
	const struct cell first = cell[PLACE];
	size_t boxes = 0;
	int n = 0;
	for (; n < rows->n_rows; n++, cell += rows->n_columns) {
		if (cell[PLACE].length != first.length ||
		    memcmp(cell[PLACE].data, first.data, (size_t)first.length))
			break;
		boxes += cell[BOX].length > 0 ? (size_t)cell[BOX].length : 0;
	}
	free(r->batch); /* one that could not be sent */
	r->batch = new_batch((size_t)n, boxes);
	if (!r->batch)
		return false;
	cell = rows->cells;
	for (int i = 0; i < n; i++, cell += rows->n_columns)
		if (is_whole(cell))
			seal_one(r->batch, cell);
	cell -= rows->n_columns;
	snprintf(r->place, sizeof(r->place), "%.*s", first.length, first.data);
	memcpy(r->binding, cell[BINDING].data, sizeof(r->binding));
	return true;
}

static void begin_key(struct reseal *r)
{
	r->place[0] = '\0';
	memset(r->binding, 0, sizeof(r->binding));
	read_next(r);
}

static void were_read(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct reseal *r = (struct reseal *)job;
	if (!is_good(r, rows, failure))
		return;
	if (!rows->n_rows) {
		r->key++;
		begin_key(r);
		return;
	}
	if (!seal_rows(r, rows)) {
		r->due = r->now + RETRY_MS;
		return;
	}
	r->asked = r->batch->count;
	set_value(r, 0, r->place, strlen(r->place));
	for (int i = 0; i < 3; i++) {
		write_head(r->batch->array[i], r->batch->count);
		set_value(r, i + 1, r->batch->array[i],
			  (size_t)(r->batch->end[i] - r->batch->array[i]));
	}
	submit(r, "seal_again", 4, put_back);
}

/* The next of the key in hand; of the next older key; at the end it looks what is left. */
static void read_next(struct reseal *r)
{
	const char *name = seal_key(r->key);
	if (r->waits) {
		r->due = r->now;
		return;
	}
	if (!name || strcmp(seal_sealing(), r->sealing) != 0 || !strcmp(name, r->sealing)) {
		count_again(r);
		return;
	}
	memcpy(r->key_name, name, sizeof(r->key_name));
	pg_put32(r->most_be, MOST);
	set_value(r, 0, r->key_name, sizeof(r->key_name));
	set_value(r, 1, r->place, strlen(r->place));
	set_value(r, 2, r->binding, sizeof(r->binding));
	set_value(r, 3, r->most_be, sizeof(r->most_be));
	submit(r, "sealed_with", 4, were_read);
}

/* --- looking what there is ------------------------------------------------------- */

static bool is_loaded(const char *name)
{
	const char *key;
	for (size_t i = 0; (key = seal_key(i)); i++)
		if (!strcmp(key, name))
			return true;
	return false;
}

/* How many values older keys hold that could be sealed anew; says which keys are missing. */
static int64_t count_older(const struct reseal *r, const struct rows *rows)
{
	int64_t older = 0;
	char name[KEYRING_NAME + 1];
	for (int i = 0; i < rows->n_rows; i++) {
		const struct cell *cell = rows->cells + i * rows->n_columns;
		const int64_t values = (int64_t)pg_get(cell[1].data, 8);
		snprintf(name, sizeof(name), "%.*s", cell[0].length, cell[0].data);
		if (!is_loaded(name))
			log_error("reseal",
				  "%" PRId64 " values are sealed with the key %s, which seal.keys "
				  "does not hold: put its line back from your copy",
				  values, name);
		else if (strcmp(name, r->sealing) != 0)
			older += values;
	}
	return older;
}

/* What somebody held is tried again soon; what does not open waits for the next hour. */
static void end_pass(struct reseal *r, int64_t left)
{
	r->due = r->now + (r->skipped ? LOOK_MS : AGAIN_MS);
	if (r->done && !r->skipped)
		log_info("reseal", "done: %" PRId64 " values sealed with %s", r->done, r->sealing);
	if (left > r->skipped)
		log_error("reseal",
			  "%" PRId64 " values of older keys do not open: altered, moved or "
			  "relabelled; they stay as they are",
			  left - r->skipped);
	r->done = r->skipped ? r->done : 0;
}

static void were_counted(struct pool_job *job, const struct rows *rows,
			 const struct failure *failure)
{
	struct reseal *r = (struct reseal *)job;
	if (!is_good(r, rows, failure))
		return;
	const int64_t left = count_older(r, rows);
	if (!left || (r->passed && r->done == r->done_before)) {
		end_pass(r, left);
		return;
	}
	if (!r->done) {
		r->older = left;
		log_info("reseal", "%" PRId64 " values of older keys are being sealed with %s",
			 left, r->sealing);
	}
	r->passed = true;
	r->done_before = r->done;
	r->skipped = 0;
	r->key = 0;
	begin_key(r);
}

static void count_again(struct reseal *r)
{
	if (strcmp(r->sealing, seal_sealing()) != 0)
		r->passed = false;
	snprintf(r->sealing, sizeof(r->sealing), "%s", seal_sealing());
	memset(r->key_name, 0, sizeof(r->key_name));
	memcpy(r->key_name, r->sealing, strlen(r->sealing));
	set_value(r, 0, r->key_name, sizeof(r->key_name));
	submit(r, "sealed_keys", 1, were_counted);
}

void reseal_init(struct reseal *reseal, struct pool *pool)
{
	*reseal = (struct reseal){.pool = pool};
	reseal->job.lane = LANE_CONTROL;
}

void reseal_finish(struct reseal *reseal)
{
	free(reseal->batch);
	reseal->batch = NULL;
}

int64_t reseal_tick(struct reseal *reseal, int64_t now, bool waits)
{
	reseal->now = now;
	reseal->waits = waits;
	if (now >= reseal->look_due) {
		seal_refresh();
		reseal->look_due = now + LOOK_MS;
	}
	if (strcmp(reseal->sealing, seal_sealing()) != 0)
		reseal->due = now;
	if (!reseal->running && !waits && now >= reseal->due) {
		reseal->passed = false;
		count_again(reseal);
	}
	return reseal->look_due < reseal->due || reseal->running ? reseal->look_due : reseal->due;
}
