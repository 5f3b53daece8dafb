/* What can be seen of a place and its machine without asking PostgreSQL. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "doors.h"
#include "secret.h"

enum { DAYS_TO_WARN = 2, MIB = 1 << 20, LEAST_MIB = 512 };

static const char *name_of(uid_t user)
{
	const struct passwd *known = getpwuid(user);

	return known ? known->pw_name : "a user without a name";
}

static void look_at_folder(struct doctor *d, const char *subject, const char *folder,
			   struct stat *info)
{
	if (stat(folder, info) != 0) {
		info->st_uid = (uid_t)-1;
		doctor_say(d, FAIL, subject,
			   "%s: %s. Is it the right one? coachd --print-config "
			   "says who chose it.",
			   folder, strerror(errno));
	} else if (info->st_uid == 0) {
		doctor_say(d, FAIL, subject,
			   "%s is root's: run chown -R with the user that shall "
			   "run it.",
			   folder);
	} else if (info->st_mode & 022) {
		doctor_say(d, FAIL, subject, "others may write to %s: run chmod go-w %s", folder,
			   folder);
	} else {
		doctor_say(d, FINE, subject, "%s, %s's", folder, name_of(info->st_uid));
	}
}

static void look_at_key(struct doctor *d, const char *name, uid_t owner)
{
	struct stat info;
	char path[1200];

	snprintf(path, sizeof path, "%s/%s", d->config->keys, name);
	if (stat(path, &info) != 0 && errno == EACCES)
		doctor_say(d, WARN, name, "cannot be seen by %s: look as root.",
			   name_of(geteuid()));
	else if (stat(path, &info) != 0)
		doctor_say(d, FAIL, name,
			   "%s: %s. Put it back from your copy, or run coachd init "
			   "if this place is new.",
			   path, strerror(errno));
	else if ((info.st_mode & 077) && !secret_is_credential(path))
		doctor_say(d, FAIL, name,
			   "others may read it: run chmod 600 %s, and think of it "
			   "as known to them.",
			   path);
	else if (owner != (uid_t)-1 && info.st_uid != owner && info.st_uid != 0)
		doctor_say(d, FAIL, name, "it is %s's: run chown %s %s", name_of(info.st_uid),
			   name_of(owner), path);
	else
		doctor_say(d, FINE, name, "only its owner reads it");
}

static void look_at_room(struct doctor *d, const char *folder)
{
	struct statvfs disk;
	unsigned long long room, all;

	if (statvfs(folder, &disk) != 0)
		return;
	room = (unsigned long long)disk.f_bavail * disk.f_frsize / MIB;
	all = (unsigned long long)disk.f_blocks * disk.f_frsize / MIB;
	if (room < LEAST_MIB || room < all / 20)
		doctor_say(d, FAIL, "room",
			   "%llu of %llu MiB are left for %s: make room now, or "
			   "bookings will be refused.",
			   room, all, folder);
	else if (room < all / 5)
		doctor_say(d, WARN, "room", "%llu of %llu MiB are left for %s: see that it grows.",
			   room, all, folder);
	else
		doctor_say(d, FINE, "room", "%llu of %llu MiB are left for %s", room, all, folder);
}

static void look_at_backup(struct doctor *d, const char *place)
{
	char path[1200];
	struct stat info;
	long days;

	snprintf(path, sizeof path, "%s/last-backup", place);
	if (stat(path, &info) != 0) {
		doctor_say(d, WARN, "backup",
			   "none was made with coachd backup: do so every day, "
			   "and keep %s elsewhere.",
			   d->config->keys);
		return;
	}
	days = (long)(time(NULL) - info.st_mtime) / 86400;
	doctor_say(d, days >= DAYS_TO_WARN ? WARN : FINE, "backup",
		   "the last one is %ld days old%s", days,
		   days >= DAYS_TO_WARN ? ": see why the next was not made." : "");
}

/* Held for as long as a daemon runs; we let go at once. */
static void look_at_daemon(struct doctor *d, const char *place)
{
	char path[1200];
	int lock;

	snprintf(path, sizeof path, "%s/lock", place);
	lock = open(path, O_RDONLY | O_CLOEXEC);
	if (lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0)
		doctor_say(d, FINE, "daemon", "it runs");
	else if (lock >= 0 || errno == ENOENT)
		doctor_say(d, WARN, "daemon", "it does not run: systemctl start coachd");
	if (lock >= 0)
		close(lock);
}

void doctor_place(struct doctor *d)
{
	const struct config *config = d->config;
	const char *place = *config->postgresql ? config->postgresql : config->data;
	struct stat data = {.st_uid = (uid_t)-1}, database;

	if (*config->data) {
		look_at_folder(d, "data", config->data, &data);
		look_at_daemon(d, config->data);
		look_at_room(d, place);
	}
	look_at_key(d, "server.key", data.st_uid);
	look_at_key(d, "seal.keys", data.st_uid);
	if (!*config->data)
		return;
	if (*config->postgresql)
		look_at_folder(d, "postgresql", config->postgresql, &database);
	else
		database = data;
	if (data.st_uid == database.st_uid)
		doctor_say(d, WARN, "users",
			   "one user runs the daemon and PostgreSQL, and so "
			   "could open what was sealed; two are better: coachd(8), POSTGRESQL AS "
			   "ANOTHER USER");
	else
		doctor_say(d, FINE, "users", "PostgreSQL's user has no keys");
	look_at_backup(d, place);
}

static void look_at_clock(struct doctor *d)
{
	struct timex state = {0};

	if (*d->config->clock)
		doctor_say(d, FAIL, "clock",
			   "the setting clock says %s: it is for trials, remove "
			   "it.",
			   d->config->clock);
	else if (adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC))
		doctor_say(d, WARN, "clock",
			   "nothing keeps it right: install systemd-timesyncd or "
			   "chrony.");
	else
		doctor_say(d, FINE, "clock", "it is kept right");
}

/* The first line of the list is "# version 2026a". */
static void look_at_zones(struct doctor *d)
{
	FILE *in = fopen("/usr/share/zoneinfo/tzdata.zi", "re");
	char version[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (in && fscanf(in, "# version %15s", version) != 1)
		version[0] = '\0';
	if (in)
		fclose(in);
	gmtime_r(&now, &tm);
	if (!*version)
		doctor_say(d, WARN, "time zones",
			   "there is no list of them: run apt install "
			   "tzdata.");
	else if (strtol(version, NULL, 10) < tm.tm_year + 1900 - 1)
		doctor_say(d, WARN, "time zones",
			   "%s is old, and laws change: run apt upgrade "
			   "tzdata, then restart PostgreSQL.",
			   version);
	else
		doctor_say(d, FINE, "time zones", "%s", version);
}

void doctor_machine(struct doctor *d)
{
	unsigned long wanted = (unsigned long)d->config->max_clients + DOORS_OTHER_FILES;
	struct rlimit files;

	look_at_clock(d);
	look_at_zones(d);
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	if (files.rlim_max < wanted)
		doctor_say(d, WARN, "open files",
			   "%lu at most here, for max_clients = %ld: the "
			   "unit allows more, a shell needs ulimit -n %lu.",
			   (unsigned long)files.rlim_max, d->config->max_clients, wanted);
	else
		doctor_say(d, FINE, "open files", "%lu at most", (unsigned long)files.rlim_max);
}
