#include "owner.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "refuse.h"

/* Others pass through to the sockets in DATA/run; keys and database stay shut. */
enum { FOLDER_MODE = 0711 };

static bool make_parents(const char *folder)
{
	char path[1100];

	snprintf(path, sizeof path, "%s", folder);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) == 0 ? chmod(path, 0755) != 0 : errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

bool owner_make(const char *folder, mode_t mode, char *error, size_t size)
{
	struct stat info;

	if (mkdir(folder, mode) == 0)
		return chmod(folder, mode) == 0 ||
		       refuse(error, size, "%s: %s.", folder, strerror(errno));
	if (errno != EEXIST)
		return refuse(error, size, "%s cannot be made: %s.", folder, strerror(errno));
	if (lstat(folder, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid())
		return refuse(error, size, "%s is not a folder of ours; move it away.", folder);
	return true;
}

bool owner_is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	bool empty = dir != NULL;

	for (const struct dirent *entry; dir && (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			empty = false;
	if (dir)
		closedir(dir);
	return empty;
}

/* Whom a folder shall belong to. NULL with a sentence when there is nobody. */
static const struct passwd *choose(const char *folder, const struct stat *info, char *error,
				   size_t size)
{
	const struct passwd *user;

	if (info->st_uid != 0) {
		user = getpwuid(info->st_uid);
		if (!user)
			refuse(error, size, "%s belongs to user id %u, who has no name here.",
			       folder, (unsigned)info->st_uid);
		return user;
	}
	user = getpwnam("coachhouse");
	if (!user)
		user = getpwnam("postgres");
	if (!user)
		refuse(error, size,
		       "There is neither a user coachhouse nor postgres to run as: run adduser "
		       "--system --group coachhouse.");
	else if (!owner_is_empty(folder))
		refuse(error, size,
		       "%s belongs to root and is not empty: choose a new folder, or run chown -R "
		       "%s %s if all of it is Coachhouse's.",
		       folder, user->pw_name, folder);
	else
		return user;
	return NULL;
}

static bool drop(const struct passwd *user, char *error, size_t size)
{
	if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
	    setuid(user->pw_uid) != 0)
		return refuse(error, size, "Cannot become user %s: %s.", user->pw_name,
			      strerror(errno));
	if (geteuid() != user->pw_uid || getegid() != user->pw_gid || setuid(0) == 0)
		return refuse(error, size, "Becoming user %s did not hold.", user->pw_name);
	setenv("HOME", user->pw_dir, 1);
	setenv("USER", user->pw_name, 1);
	setenv("LOGNAME", user->pw_name, 1);
	return true;
}

/* Gives the folder to its user, who is returned; NULL with a sentence when that fails. */
static const struct passwd *give_away(const char *folder, char *error, size_t size)
{
	const struct passwd *user = NULL;
	struct stat info;

	if (stat(folder, &info) != 0)
		refuse(error, size, "%s: %s.", folder, strerror(errno));
	else
		user = choose(folder, &info, error, size);
	if (!user || info.st_uid != 0 || chown(folder, user->pw_uid, user->pw_gid) == 0)
		return user;
	refuse(error, size, "%s cannot be given to %s: %s.", folder, user->pw_name,
	       strerror(errno));
	return NULL;
}

static bool make(const char *folder, char *error, size_t size)
{
	if (make_parents(folder) &&
	    (mkdir(folder, FOLDER_MODE) == 0 ? chmod(folder, FOLDER_MODE) == 0 : errno == EEXIST))
		return true;
	return refuse(error, size, "%s cannot be made: %s.", folder, strerror(errno));
}

bool owner_prepare(const char *folder, char *error, size_t size)
{
	return make(folder, error, size) && (geteuid() != 0 || give_away(folder, error, size));
}

bool owner_give(const char *path, const char *like, char *error, size_t size)
{
	char reference[1200];
	const char *chown[] = {"/bin/chown", "-R", "--no-dereference", reference, "--", path, NULL};

	snprintf(reference, sizeof reference, "--reference=%s", like);
	return cluster_run(chown, error, size);
}

bool owner_whole_path(const char *path, char *out, size_t out_size, char *error, size_t size)
{
	char start[PATH_MAX] = "";
	int length;

	if (*path != '/' && !getcwd(start, sizeof start))
		return refuse(error, size, "%s: say it from the root.", path);
	length = snprintf(out, out_size, "%s%s%s", start, *start ? "/" : "", path);
	while (length > 1 && length < (int)out_size && out[length - 1] == '/')
		out[--length] = '\0';
	return length < (int)out_size || refuse(error, size, "%s is too long a path.", path);
}

static const char *my_name(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? user->pw_name : "this user";
}

bool owner_become(const char *folder, char *error, size_t size)
{
	const struct passwd *user;
	struct stat info;

	if (!make(folder, error, size))
		return false;
	if (geteuid() == 0 &&
	    (!(user = give_away(folder, error, size)) || !drop(user, error, size)))
		return false;
	if (stat(folder, &info) != 0 || access(folder, R_OK | W_OK | X_OK) != 0)
		return refuse(error, size, "%s is out of reach for %s: %s.", folder, my_name(),
			      strerror(errno));
	if (info.st_uid != geteuid())
		return refuse(error, size, "%s is not %s's folder: start coachd as its owner.",
			      folder, my_name());
	/* The folder that root stood in may be shut to us, and to PostgreSQL below us. */
	return chdir(folder) == 0 || refuse(error, size, "%s: %s.", folder, strerror(errno));
}
