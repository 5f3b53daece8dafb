/* The ledger of erasures, outside the database. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "pg_types.h"
#include "refuse.h"

const char ledger_statement[] = "SELECT person, added, at FROM erasures_made($1)";

enum { LOOK_MS = 60 * 1000, AGAIN_MS = 10 * 1000, AWAY_MS = 500, COLUMNS = 3 };

static const int as_text[] = {0};

/* The first place whose number is not below `person`. */
static size_t place_of(const struct ledger *ledger, int64_t person)
{
	size_t low = 0, high = ledger->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;
		if (ledger->lines[middle].person < person)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has(const struct ledger *ledger, const struct ledger_line *line)
{
	for (size_t i = place_of(ledger, line->person);
	     i < ledger->count && ledger->lines[i].person == line->person; i++)
		if (strcmp(ledger->lines[i].added, line->added) == 0)
			return true;
	return false;
}

static bool keep(struct ledger *ledger, const struct ledger_line *line)
{
	const size_t at = place_of(ledger, line->person);

	if (ledger->count == ledger->room) {
		const size_t room = ledger->room ? 2 * ledger->room : 64;
		struct ledger_line *lines = realloc(ledger->lines, room * sizeof(*lines));
		if (!lines)
			return false;
		ledger->lines = lines;
		ledger->room = room;
	}
	memmove(ledger->lines + at + 1, ledger->lines + at,
		(ledger->count - at) * sizeof(*ledger->lines));
	ledger->lines[at] = *line;
	ledger->count++;
	return true;
}

/* "1005 2026-11-17T10:00:00.000000Z 2026-11-18T10:00:00.000000Z\n" */
static bool parse(const char *text, struct ledger_line *line)
{
	int end = 0;

	return sscanf(text, "%" SCNd64 " %31[0-9TZ:.-] %31[0-9TZ:.-]%n", &line->person, line->added,
		      line->erased, &end) == 3 &&
	       line->person > 0 && strcmp(text + end, "\n") == 0;
}

static bool read_lines(struct ledger *ledger, FILE *in, char *error, size_t size)
{
	char text[120];
	struct ledger_line line;

	for (int number = 1; fgets(text, sizeof(text), in); number++) {
		/* Cut off while it was written: the database has it still, or never had. */
		if (feof(in) && !strchr(text, '\n'))
			return ftruncate(fileno(in), ftell(in) - (long)strlen(text)) == 0 ||
			       refuse(error, size, "%s cannot be mended: %s.", ledger->path,
				      strerror(errno));
		if (!parse(text, &line))
			return refuse(error, size,
				      "%s:%d is no line of the ledger of erasures: mend it, or put "
				      "the file back from your backup.",
				      ledger->path, number);
		if (!has(ledger, &line) && !keep(ledger, &line))
			return refuse(error, size, "No memory for %s.", ledger->path);
	}
	return !ferror(in) ||
	       refuse(error, size, "%s cannot be read: %s.", ledger->path, strerror(errno));
}

bool ledger_open(struct ledger *ledger, const char *path, char *error, size_t size)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat info;
	bool good;

	*ledger = (struct ledger){.path = path};
	if (!in) {
		refuse(error, size,
		       "The ledger of erasures, %s, cannot be opened: %s. Say with ledger where "
		       "it can be kept.",
		       path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	/* What a device is told is nowhere afterwards. */
	good = (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) ||
	       refuse(error, size,
		      "The ledger of erasures, %s, is no file. Say with ledger where it can be "
		      "kept.",
		      path);
	good = good && read_lines(ledger, in, error, size);
	fclose(in);
	return good;
}

bool ledger_check(const char *path, char *error, size_t size)
{
	char text[120];
	struct stat info;
	struct ledger_line line;
	bool good;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

	if (!in || fstat(fd, &info) != 0)
		good = refuse(error, size, "%s: %s.", path, strerror(errno));
	else
		good = S_ISREG(info.st_mode) || refuse(error, size, "%s is no file.", path);
	for (int number = 1; good && fgets(text, sizeof(text), in); number++)
		/* The end of a line that was being written is nothing yet. */
		good = parse(text, &line) || (feof(in) && !strchr(text, '\n')) ||
		       refuse(error, size, "%s:%d is no line of the ledger of erasures.", path,
			      number);
	if (good && ferror(in))
		good = refuse(error, size, "%s cannot be read: %s.", path, strerror(errno));
	if (in)
		fclose(in);
	return good;
}

void ledger_close(struct ledger *ledger)
{
	free(ledger->lines);
	*ledger = (struct ledger){0};
}

struct ledger_arrays ledger_arrays(const struct ledger *ledger)
{
	struct ledger_arrays arrays = {0};
	char **const texts[COLUMNS] = {&arrays.people, &arrays.added, &arrays.erased};
	size_t sizes[COLUMNS];
	FILE *out[COLUMNS];

	for (int c = 0; c < COLUMNS; c++) {
		out[c] = open_memstream(texts[c], &sizes[c]);
		if (!out[c])
			abort();
		fputc('{', out[c]);
	}
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_line *line = &ledger->lines[i];
		const char *const comma = i ? "," : "";
		fprintf(out[0], "%s%" PRId64, comma, line->person);
		fprintf(out[1], "%s%s", comma, line->added);
		fprintf(out[2], "%s%s", comma, line->erased);
	}
	for (int c = 0; c < COLUMNS; c++) {
		fputc('}', out[c]);
		fclose(out[c]);
	}
	return arrays;
}

void ledger_arrays_free(struct ledger_arrays *arrays)
{
	free(arrays->people);
	free(arrays->added);
	free(arrays->erased);
	*arrays = (struct ledger_arrays){0};
}

/* All of it or nothing: half a line would stand before the next one for good. */
static bool append(const char *path, const char *text, size_t length)
{
	const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat before;
	int why;

	if (fd < 0)
		return false;
	/* Two daemons may have one file. */
	bool good = flock(fd, LOCK_EX) == 0 && fstat(fd, &before) == 0;
	errno = good ? ENOSPC : errno; /* a write that is cut short says nothing */
	if (good && (write(fd, text, length) != (ssize_t)length || fsync(fd) != 0)) {
		why = errno;
		if (ftruncate(fd, before.st_size) != 0)
			log_error("ledger", "%s may end in half a line", path);
		errno = why;
		good = false;
	}
	why = errno;
	if (close(fd) != 0)
		return false;
	errno = why;
	return good;
}

static struct ledger_line line_of(const struct cell *cell)
{
	struct ledger_line line = {.person = (int64_t)pg_get(cell[0].data, 8)};

	snprintf(line.added, sizeof(line.added), "%.*s", cell[1].length, cell[1].data);
	snprintf(line.erased, sizeof(line.erased), "%.*s", cell[2].length, cell[2].data);
	return line;
}

/* What the file lacks, as its lines; NULL when memory ran out. */
static char *missing(const struct ledger *ledger, const struct rows *rows, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	for (int i = 0; out && i < rows->n_rows; i++) {
		const struct ledger_line line = line_of(rows->cells + i * rows->n_columns);
		if (!has(ledger, &line))
			fprintf(out, "%" PRId64 " %s %s\n", line.person, line.added, line.erased);
	}
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* In one go: of a file that was lost they may be many. False: it waits for the next time. */
static bool take(struct ledger *ledger, const struct rows *rows)
{
	size_t length = 0;
	char *text = missing(ledger, rows, &length);
	bool good = text && (!length || append(ledger->path, text, length));

	if (!good)
		log_error("ledger", "erasures are not in the ledger yet: %s: %s", ledger->path,
			  strerror(errno));
	free(text);
	for (int i = 0; good && i < rows->n_rows; i++) {
		const struct ledger_line line = line_of(rows->cells + i * rows->n_columns);
		good = has(ledger, &line) || keep(ledger, &line);
	}
	return good;
}

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct ledger *ledger = (struct ledger *)job;
	const bool good = rows && take(ledger, rows);

	ledger->reading = false;
	if (!rows)
		log_warning("ledger", "erasures could not be read: sqlstate=%s",
			    failure ? failure->sqlstate : "");
	if (rows && (rows->n_rows || !good))
		ledger->told = good ? rows->n_rows : 0;
	if (!good)
		ledger->due -= LOOK_MS - AGAIN_MS;
	else if (ledger->again)
		ledger->due = 0;
	ledger->again = false;
}

void ledger_follow(struct ledger *ledger, struct pool *pool)
{
	ledger->pool = pool;
	ledger->job.lane = LANE_CONTROL;
	ledger->job.steps[0] = (struct pool_step){.name = "erasures_made",
						  .n = 1,
						  .values = &ledger->known_value,
						  .lengths = &ledger->known_length,
						  .formats = as_text};
	ledger->job.n_steps = 1;
	ledger->job.done = done;
	ledger->known_value = ledger->known;
}

void ledger_refresh(struct ledger *ledger)
{
	ledger->again = ledger->reading;
	ledger->due = 0;
}

int64_t ledger_tick(struct ledger *ledger, int64_t now)
{
	if (now < ledger->due || ledger->reading)
		return ledger->due;
	ledger->known_length = snprintf(ledger->known, sizeof(ledger->known), "%d", ledger->told);
	ledger->reading = pool_submit(ledger->pool, &ledger->job) == POOL_TAKEN;
	ledger->due = now + (ledger->reading ? LOOK_MS : AWAY_MS);
	return ledger->due;
}
