#include "harm.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* They, and they alone, work in the folder of their cluster. */
int harm_signal_cluster(const char *folder, int signal)
{
	char link[64], where[PATH_MAX];
	int found = 0;
	DIR *proc = opendir("/proc");
	for (const struct dirent *entry; proc && (entry = readdir(proc));) {
		snprintf(link, sizeof link, "/proc/%.20s/cwd", entry->d_name);
		const ssize_t length = isdigit((unsigned char)entry->d_name[0])
					       ? readlink(link, where, sizeof where - 1)
					       : -1;
		where[length < 0 ? 0 : length] = '\0';
		if (!strcmp(where, folder) && !kill(atoi(entry->d_name), signal))
			found++;
	}
	if (proc)
		closedir(proc);
	return found;
}

void harm_signal_postgres(const struct fixture *f, int signal)
{
	char folder[PATH_MAX];
	snprintf(folder, sizeof folder, "%s/postgresql", f->data);
	harm_signal_cluster(folder, signal);
}

long long harm_room(const struct fixture *f)
{
	struct statvfs info;
	if (statvfs(f->data, &info))
		fixture_fail("%s: %s", f->data, strerror(errno));
	return (long long)info.f_bavail * (long long)info.f_frsize;
}

static void filler(const struct fixture *f, char *out, size_t size)
{
	snprintf(out, size, "%s/filler", f->data);
}

/* Others take and give room meanwhile: as much as there is, in ever smaller parts. */
void harm_fill(const struct fixture *f, long long leave)
{
	char path[160];
	filler(f, path, sizeof path);
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	if (fd < 0)
		fixture_fail("%s: %s", path, strerror(errno));
	for (long long part = harm_room(f) - leave; part >= 4096; part /= 2)
		while (harm_room(f) - leave >= part && !fallocate(fd, 0, size, part))
			size += part;
	close(fd);
}

void harm_clear(const struct fixture *f)
{
	char path[160];
	filler(f, path, sizeof path);
	unlink(path);
}
