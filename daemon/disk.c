/* Room on the disk. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "log.h"

enum { LOOK_MS = 1000, BALLAST = 64 };

#define MIB INT64_C(1048576)

struct room {
	int64_t all, left;
};

static bool look(const char *folder, struct room *room)
{
	struct statvfs info;

	if (statvfs(folder, &info) != 0 || !info.f_blocks)
		return false;
	room->all = (int64_t)info.f_blocks * (int64_t)info.f_frsize;
	room->left = (int64_t)info.f_bavail * (int64_t)info.f_frsize;
	return true;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t needed(const struct room *room, long reserve)
{
	return smaller(reserve * MIB, room->all / 10);
}

/* Less than what is needed: the room that it gives back is for PostgreSQL alone. */
static int64_t ballast_size(const struct room *room)
{
	return smaller(BALLAST * MIB, room->all / 16);
}

static void ballast_path(const char *data, char *out, size_t size)
{
	snprintf(out, size, "%s/ballast", data);
}

void disk_init(struct disk *disk, const char *data, long reserve, bool keeps_ballast)
{
	*disk = (struct disk){
		.data = data, .reserve = reserve, .keeps_ballast = keeps_ballast, .room = -1};
}

/* The folder, and the write-ahead log, which a site may have put on another disk. */
static bool is_low(struct disk *disk)
{
	static const char *const places[] = {"postgresql", "postgresql/pg_wal"};
	bool low = false;

	disk->room = -1;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char path[1200];
		struct room room;
		snprintf(path, sizeof path, "%s/%s", disk->data, places[i]);
		if (!look(path, &room))
			continue;
		const int64_t least = needed(&room, disk->reserve);
		low |= room.left < (disk->low ? least + least / 8 : least);
		if (disk->room < 0 || room.left < disk->room)
			disk->room = room.left;
	}
	return low;
}

void disk_tick(struct disk *disk, int64_t now, bool up)
{
	if (now < disk->due || !*disk->data || !disk->reserve)
		return;
	disk->due = now + LOOK_MS;
	const bool low = is_low(disk);
	if (!low && disk->keeps_ballast)
		disk_ballast(disk->data, disk->reserve);
	else if (!up && disk->keeps_ballast)
		disk_relieve(disk->data);
	if (low == disk->low)
		return;
	disk->low = low;
	if (low)
		log_error("disk",
			  "%" PRId64 " MiB left under %s: writes are refused until there is more",
			  disk->room / MIB, disk->data);
	else
		log_info("disk", "%" PRId64 " MiB left under %s: writes are taken again",
			 disk->room / MIB, disk->data);
}

/* Not every file system can promise room; there is none kept on those that cannot. */
void disk_ballast(const char *data, long reserve)
{
	char path[1100];
	struct room room;

	ballast_path(data, path, sizeof path);
	if (!look(data, &room) || room.left < needed(&room, reserve) * 9 / 8 + ballast_size(&room))
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	const bool kept = fallocate(fd, 0, 0, ballast_size(&room)) == 0;
	close(fd);
	if (!kept)
		unlink(path);
}

bool disk_relieve(const char *data)
{
	char path[1100];
	struct room room;

	ballast_path(data, path, sizeof path);
	if (!look(data, &room) || room.left >= ballast_size(&room) / 2 || unlink(path) != 0)
		return false;
	log_error("disk", "no room under %s: the ballast was given up, so that PostgreSQL can work",
		  data);
	return true;
}
