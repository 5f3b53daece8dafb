/* What the kernel says of CPU time. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

static const double ns = 1e-9;

/* All threads of a process, to the nanosecond. */
double bench_cpu_process(pid_t pid)
{
	char path[96];
	double sum = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
		unsigned long long spent = 0;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid,
			 entry->d_name);
		FILE *file = fopen(path, "re");
		if (file && fscanf(file, "%llu", &spent) == 1)
			sum += (double)spent * ns;
		if (file)
			fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return sum;
}

/* A process's parent, and the CPU seconds of the children that it has waited for. */
static int parent_of(int pid, double *waited)
{
	char path[64], line[1024];
	int parent = 0;
	long user = 0, system = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	const char *end = file && fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (end)
		sscanf(end + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld",
		       &parent, &user, &system);
	if (file)
		fclose(file);
	*waited = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	return parent;
}

double bench_cpu_postgres(const struct bench_world *world)
{
	const int postmaster = fixture_postgres_pid(world->fixture);
	double waited, sum;
	parent_of(postmaster, &sum);
	sum += bench_cpu_process(postmaster);
	DIR *processes = opendir("/proc");
	for (struct dirent *entry; processes && (entry = readdir(processes));) {
		const int pid = atoi(entry->d_name);
		if (pid > 0 && parent_of(pid, &waited) == postmaster)
			sum += bench_cpu_process(pid);
	}
	if (processes)
		closedir(processes);
	return sum;
}

double bench_cpu_own(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}
