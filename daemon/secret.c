/* Files that hold secrets. */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "refuse.h"

bool secret_is_credential(const char *file)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (strncmp(file, "/run/credentials/", 17) == 0)
		return true;
	return folder && *folder && strncmp(file, folder, strlen(folder)) == 0;
}

FILE *secret_open(const char *file, char *error, size_t size)
{
	struct stat info;
	const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is not waited for */
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

	if (!in && errno == EACCES)
		refuse(error, size,
		       "%s is shut to the user who runs coachd: give it to the owner of its "
		       "folder (chown), mode 0600.",
		       file);
	else if (!in || fstat(fd, &info) != 0)
		refuse(error, size, "%s cannot be read: %s.", file, strerror(errno));
	else if (!S_ISREG(info.st_mode))
		refuse(error, size, "%s is no file: say which file in it, or another.", file);
	/* systemd keeps a credential for the service alone by means that the mode hides. */
	else if ((info.st_mode & 077) != 0 && !secret_is_credential(file))
		refuse(error, size, "%s can be read by others: run chmod 600 %s.", file, file);
	else {
		setvbuf(in, NULL, _IONBF, 0);
		return in;
	}
	if (in)
		fclose(in);
	else if (fd >= 0)
		close(fd);
	return NULL;
}

static bool write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	return write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
}

bool secret_create(const char *file, mode_t mode, const char *text, char *error, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	bool written = fd >= 0 && write_all(fd, text);

	if (!written)
		refuse(error, size, "%s cannot be written: %s.", file, strerror(errno));
	if (fd >= 0 && (close(fd) != 0 || !written)) {
		unlink(file);
		written = false;
	}
	return written;
}

static int open_folder(const char *file)
{
	char folder[1100];
	const char *slash = strrchr(file, '/');

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) + 1 : 1,
		 slash ? file : ".");
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The name is on disk only when its folder is. */
static bool sync_folder(const char *file)
{
	int fd = open_folder(file);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

int secret_hold(const char *file)
{
	int fd = open_folder(file);

	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

void secret_let_go(int held)
{
	if (held >= 0)
		close(held);
}

bool secret_replace(const char *file, const char *text, char *error, size_t size)
{
	struct stat old;
	char fresh[1200];

	if (lstat(file, &old) != 0 || !S_ISREG(old.st_mode))
		return refuse(error, size, "%s is not there, or is no file.", file);
	snprintf(fresh, sizeof fresh, "%s.new", file);
	unlink(fresh); /* of one that was interrupted */
	if (!secret_create(fresh, 0600, text, error, size))
		return false;
	if ((geteuid() != 0 || lchown(fresh, old.st_uid, old.st_gid) == 0) &&
	    rename(fresh, file) == 0 && sync_folder(file))
		return true;
	refuse(error, size, "%s cannot be replaced: %s.", file, strerror(errno));
	unlink(fresh);
	return false;
}
