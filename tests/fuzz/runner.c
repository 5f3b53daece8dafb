/*
 * Without libFuzzer: replays the seeds of a target and then mutations of them,
 * the same for the same SEED. A crash leaves its input in a file and is repeated
 * to show why.
 *   fuzz_NAME FOLDER      the seeds in it, then RUNS mutations or MS milliseconds of them
 *   fuzz_NAME FILE...     these inputs, once each
 */
#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

enum { MOST = 96 * 1024, HANGS_AFTER = 20, SEEDS = 4096 };

static struct seed {
	uint8_t *data;
	size_t size;
} seeds[SEEDS];
static size_t n_seeds;
static uint64_t state;

/* What the child is at, for the parent to see when it is gone. */
static struct {
	long runs;
	size_t size;
	uint8_t data[MOST];
} * shared;

void fuzz_seed(const char *name, const void *data, size_t size)
{
	(void)name;
	if (n_seeds == SEEDS || size > MOST)
		return;
	seeds[n_seeds] = (struct seed){malloc(size + 1), size};
	if (!seeds[n_seeds].data)
		abort();
	memcpy(seeds[n_seeds++].data, data, size);
}

/* xorshift64*: the same everywhere. */
static size_t below(size_t limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return limit ? (size_t)((state * UINT64_C(2685821657736338717)) >> 33) % limit : 0;
}

static uint8_t any_byte(void)
{
	static const uint8_t telling[] = {0,	0xff, 0x7f, 0x80, 1,   '\n', ' ', '"',
					  '\\', ':',  '-',  ',',  '[', '{',  '=', '9'};
	return below(2) ? (uint8_t)below(256) : telling[below(sizeof(telling))];
}

/* Makes room for `more` bytes at `at`, or takes as many away when it is negative. */
static void shift(size_t at, ptrdiff_t more)
{
	uint8_t *from = shared->data + at;
	if (more < 0) {
		memmove(from, from - more, shared->size - at + (size_t)more);
		shared->size -= (size_t)-more;
	} else {
		memmove(from + more, from, shared->size - at);
		shared->size += (size_t)more;
	}
}

/* A piece of another seed, in place or put in between. */
static void splice(void)
{
	const struct seed *other = &seeds[below(n_seeds)];
	if (!other->size)
		return;
	const size_t from = below(other->size), most = other->size - from;
	size_t size = 1 + below(most < 64 ? most : 64);
	const size_t at = below(shared->size + 1);
	if (below(2) && shared->size + size <= MOST)
		shift(at, (ptrdiff_t)size);
	else if (size > shared->size - at)
		size = shared->size - at;
	memcpy(shared->data + at, other->data + from, size);
}

static void mutate(void)
{
	const size_t at = below(shared->size), left = shared->size - at;
	switch (left ? below(6) : 5) {
	case 0:
		shared->data[at] = any_byte();
		break;
	case 1:
		shared->data[at] ^= (uint8_t)(1U << below(8));
		break;
	case 2:
		shift(at, -(ptrdiff_t)(1 + below(left < 16 ? left : 16)));
		break;
	case 3: /* the same again */
		if (shared->size + left <= MOST) {
			shift(at, (ptrdiff_t)left);
			memcpy(shared->data + at, shared->data + at + left, left);
		}
		break;
	case 4:
		if (shared->size < MOST) {
			shift(at, 1);
			shared->data[at] = any_byte();
		}
		break;
	default:
		splice();
	}
}

/* Gives the target bytes that end where the memory ends. */
static void run(void)
{
	uint8_t *copy = malloc(shared->size ? shared->size : 1);
	if (!copy)
		abort();
	memcpy(copy, shared->data, shared->size);
	alarm(HANGS_AFTER);
	LLVMFuzzerTestOneInput(copy, shared->size);
	alarm(0);
	shared->runs++;
	free(copy);
}

static void start_from(const struct seed *seed)
{
	memcpy(shared->data, seed->data, seed->size);
	shared->size = seed->size;
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_all(long runs, double until)
{
	for (size_t i = 0; i < n_seeds; i++) {
		start_from(&seeds[i]);
		run();
	}
	for (long i = 0; i < runs && n_seeds && seconds() < until; i++) {
		start_from(&seeds[below(n_seeds)]);
		for (size_t times = 1 + below(8); times > 0; times--)
			mutate();
		run();
	}
}

static bool read_seed(const char *path)
{
	static uint8_t data[MOST];
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	fuzz_seed(path, data, fread(data, 1, sizeof(data), file));
	fclose(file);
	return true;
}

static void read_folder(const char *folder)
{
	struct dirent **entries;
	char path[4096];
	const int n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (*entries[i]->d_name != '.' && !read_seed(path))
			perror(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);
	return text ? strtol(text, NULL, 10) : otherwise;
}

/* Runs it all in a child, silent since targets are made to complain; its end is ours. */
static int run_in_child(bool quiet)
{
	const double until = seconds() + (double)setting("MS", 1000) / 1e3;
	const pid_t child = fork();
	if (child == 0) {
		if (quiet && !freopen("/dev/null", "w", stderr))
			abort();
		if (quiet)
			run_all(setting("RUNS", 20000), until);
		else
			run();
		exit(0);
	}
	int end = 1;
	if (child < 0 || waitpid(child, &end, 0) != child)
		return -1;
	return end;
}

static int report(const char *name)
{
	char path[512];
	snprintf(path, sizeof(path), "%.400s.crash", name);
	FILE *file = fopen(path, "we");
	if (file && fwrite(shared->data, 1, shared->size, file) == shared->size)
		fprintf(stderr, "%s: ends at run %ld of SEED=%lu; the input is in %s\n", name,
			shared->runs, (unsigned long)setting("SEED", 1), path);
	if (file)
		fclose(file);
	run_in_child(false);
	return 1;
}

int main(int argc, char **argv)
{
	struct stat info;
	const double began = seconds();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || argc < 2)
		return 2;
	state = (uint64_t)setting("SEED", 1) * UINT64_C(0x9e3779b97f4a7c15);
	if (stat(argv[1], &info) == 0 && !S_ISDIR(info.st_mode)) {
		for (int i = 1; i < argc; i++)
			if (read_seed(argv[i]))
				start_from(&seeds[n_seeds - 1]), run();
		return 0;
	}
	if (fuzz_seeds)
		fuzz_seeds();
	read_folder(argv[1]);
	const int end = run_in_child(true);
	if (end)
		return report(argv[0]);
	printf("%zu seeds, %ld runs in %.1f s\n", n_seeds, shared->runs, seconds() - began);
	return 0;
}
