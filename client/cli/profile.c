/* Who I am on this machine. */
#include "profile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool good_name(const char *name)
{
	size_t n = strlen(name);

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-@", *c))
			return false;
	return n > 0 && n < 64 && name[0] != '.';
}

static bool folder(char *out, size_t size)
{
	const char *own = getenv("COACH_HOME"), *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int n;

	if (own && *own)
		n = snprintf(out, size, "%s", own);
	else if (config && *config)
		n = snprintf(out, size, "%s/coachhouse", config);
	else
		n = snprintf(out, size, "%s/.config/coachhouse", home && *home ? home : ".");
	return n > 0 && (size_t)n < size;
}

bool profile_path(const char *name, char *out, size_t size, char *error, size_t error_size)
{
	char dir[3072];
	int n;

	if (!good_name(name)) {
		snprintf(error, error_size,
			 "\"%.40s\" cannot name a profile: letters, digits, '.', '_' and '-' can.",
			 name);
		return false;
	}
	n = folder(dir, sizeof(dir)) ? snprintf(out, size, "%s/%s.conf", dir, name) : -1;
	if (n < 0 || (size_t)n >= size)
		snprintf(error, error_size, "The path of the profile's folder is too long.");
	return n > 0 && (size_t)n < size;
}

/* The lines of the file: name, and where its value goes. */
struct entry {
	const char *name;
	char *value;
	size_t size;
	bool needed;
};

enum { ENTRIES = 7 };

static void list_entries(struct profile *p, struct entry out[ENTRIES])
{
	const struct entry entries[ENTRIES] = {
		{"endpoint", p->identity.endpoint, sizeof(p->identity.endpoint), true},
		{"server_key", p->identity.server_key, sizeof(p->identity.server_key), true},
		{"public_key", p->identity.public_key, sizeof(p->identity.public_key), true},
		{"secret_key", p->identity.secret_key, sizeof(p->identity.secret_key), true},
		{"zone", p->zone, sizeof(p->zone), false},
		{"name", p->name, sizeof(p->name), false},
		{"email", p->email, sizeof(p->email), false},
	};

	memcpy(out, entries, sizeof(entries));
}

/*
 * "name = value" to where it belongs; lines of other names say nothing to us. False
 * with a sentence when there is no room for it.
 */
static bool read_line(char *line, const struct entry *entries, char *error, size_t size)
{
	char *equals = strchr(line, '='), *value;
	size_t n;

	if (!equals || line[0] == '#')
		return true;
	value = equals + 1 + strspn(equals + 1, " \t");
	value[strcspn(value, "\r\n")] = '\0';
	n = strcspn(line, " \t=");
	for (int i = 0; i < ENTRIES; i++) {
		if (strlen(entries[i].name) != n || strncmp(entries[i].name, line, n) != 0)
			continue;
		if (strlen(value) >= entries[i].size) {
			snprintf(error, size,
				 "The profile's %s has more than %zu characters: write fewer.",
				 entries[i].name, entries[i].size - 1);
			return false;
		}
		snprintf(entries[i].value, entries[i].size, "%s", value);
	}
	return true;
}

static bool check_mode(FILE *file, const char *path, char *error, size_t size)
{
	struct stat found;

	if (fstat(fileno(file), &found) == 0 && S_ISREG(found.st_mode) &&
	    (found.st_mode & 077) == 0 && found.st_uid == geteuid())
		return true;
	snprintf(error, size, "Others could read %s, which holds a secret key.\nTry: chmod 600 %s",
		 path, path);
	return false;
}

bool profile_load(const char *name, struct profile *out, bool *absent, char *error, size_t size)
{
	char path[4096], line[1024];
	struct entry entries[ENTRIES];
	FILE *file;
	bool good;

	*out = (struct profile){0};
	if (absent)
		*absent = false;
	if (!profile_path(name, path, sizeof(path), error, size))
		return false;
	file = fopen(path, "re");
	if (!file) {
		if (absent)
			*absent = errno == ENOENT;
		snprintf(error, size,
			 errno == ENOENT ? "No profile \"%s\" on this machine: an invitation makes "
					   "one.\nTry: coach%s%s enrol INVITATION"
					 : "The profile \"%s\" cannot be read.",
			 name, strcmp(name, "default") ? " --profile " : "",
			 strcmp(name, "default") ? name : "");
		return false;
	}
	list_entries(out, entries);
	good = check_mode(file, path, error, size);
	while (good && fgets(line, sizeof(line), file))
		good = read_line(line, entries, error, size);
	fclose(file);
	for (int i = 0; good && i < ENTRIES; i++)
		if (entries[i].needed && !*entries[i].value) {
			snprintf(error, size, "%s has no %s: enrol again with --force.", path,
				 entries[i].name);
			good = false;
		}
	return good;
}

static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

/* A file of our own, since two may save at once. */
static bool write_entries(char *path, const struct entry *entries)
{
	int fd = mkostemp(path, O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool good;

	if (!file)
		return false;
	for (int i = 0; i < ENTRIES; i++)
		fprintf(file, "%s = %s\n", entries[i].name, entries[i].value);
	good = fflush(file) == 0 && fsync(fd) == 0;
	return fclose(file) == 0 && good;
}

bool profile_save(const char *name, const struct profile *profile, char *error, size_t size)
{
	char path[4096], fresh[4200];
	struct profile copy = *profile;
	struct entry entries[ENTRIES];

	if (!profile_path(name, path, sizeof(path), error, size))
		return false;
	snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path);
	list_entries(&copy, entries);
	for (int i = 0; i < ENTRIES; i++) /* one line each, whatever the daemon called us */
		for (char *c = entries[i].value; *c; c++)
			if (iscntrl((unsigned char)*c))
				*c = ' ';
	if (make_folders(path) && write_entries(fresh, entries) && rename(fresh, path) == 0)
		return true;
	snprintf(error, size, "%s cannot be written: %s.", path, strerror(errno));
	unlink(fresh);
	return false;
}
