/* A page in a file of a private folder, while an editor is open. */
#include "draft.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char FOLDER[] = "coachhouse-draft-";

/* $XDG_RUNTIME_DIR is in memory and mine alone; else a folder of our own under /tmp. */
static const char *base(void)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat found;

	if (run && *run == '/' && strlen(run) < 400 && stat(run, &found) == 0 &&
	    found.st_uid == geteuid() && (found.st_mode & 077) == 0)
		return run;
	return "/tmp";
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return true;
}

bool draft_create(struct draft *draft, const char *text, char *error, size_t size)
{
	int fd;
	bool good;

	snprintf(draft->folder, sizeof(draft->folder), "%s/%sXXXXXX", base(), FOLDER);
	if (!mkdtemp(draft->folder)) {
		snprintf(error, size, "No folder for the draft could be made: %s.",
			 strerror(errno));
		draft->folder[0] = '\0';
		return false;
	}
	snprintf(draft->path, sizeof(draft->path), "%s/conversation.txt", draft->folder);
	fd = open(draft->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	good = fd >= 0 && write_all(fd, text);
	if (fd >= 0)
		good = close(fd) == 0 && good;
	if (!good) {
		snprintf(error, size, "The draft could not be written: %s.", strerror(errno));
		draft_remove(draft);
	}
	return good;
}

bool draft_open(struct draft *draft, const char *path, char *error, size_t size)
{
	const char *slash = strrchr(path, '/');

	*draft = (struct draft){0};
	snprintf(draft->path, sizeof(draft->path), "%s", path);
	/* only a folder that was made for a draft goes with it */
	if (slash && strstr(path, FOLDER) && (size_t)(slash - path) < sizeof(draft->folder))
		snprintf(draft->folder, sizeof(draft->folder), "%.*s", (int)(slash - path), path);
	if (strlen(path) < sizeof(draft->path) && access(path, R_OK | W_OK) == 0)
		return true;
	snprintf(error, size, "There is no draft %s.", path);
	return false;
}

bool draft_edit(const struct draft *draft, const char *editor, char *error, size_t size)
{
	char command[1024];
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int status = 0;
	pid_t child;

	snprintf(command, sizeof(command), "exec %s \"$1\"", editor);
	sigaction(SIGINT, &ignore, &before);
	child = fork();
	if (child == 0) {
		sigaction(SIGINT, &before, NULL);
		umask(077);
		execl("/bin/sh", "sh", "-c", command, "sh", draft->path, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &before, NULL);
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	snprintf(error, size, "The editor \"%.100s\" did not end well.", editor);
	return false;
}

void draft_remove(struct draft *draft)
{
	DIR *folder = draft->folder[0] ? opendir(draft->folder) : NULL;
	struct dirent *entry;

	if (draft->path[0])
		unlink(draft->path);
	while (folder && (entry = readdir(folder))) /* backups and swap files hold the text too */
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder) {
		closedir(folder);
		rmdir(draft->folder);
	}
	*draft = (struct draft){0};
}
