/* With libFuzzer: SEEDS=FOLDER fuzz_NAME -runs=0 writes the seeds that follow from the contract. */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

static const char *folder;

void fuzz_seed(const char *name, const void *data, size_t size)
{
	static int n;
	char path[4096];
	snprintf(path, sizeof(path), "%s/%03d_%s", folder, n++, name);
	FILE *file = fopen(path, "we");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		perror(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	folder = getenv("SEEDS");
	if (folder && fuzz_seeds)
		fuzz_seeds();
	return 0;
}
