/*
 * Room on the disk of the private PostgreSQL. When its write-ahead log finds none,
 * PostgreSQL stops, and cannot even start again: so writes are refused before, and
 * a file that holds nothing gives its room back to a PostgreSQL that ended for want
 * of it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { DISK_RESERVE = 512 }; /* MiB, unless the site says otherwise */

struct disk {
	const char *data; /* what embedded_start was given; "" : nobody's, never low */
	long reserve;	  /* MiB; 0: never low */
	bool keeps_ballast;
	bool low;
	int64_t due;  /* monotonic ms */
	int64_t room; /* bytes, as of the last look; -1: not known */
};

/* `data` must outlive it. `keeps_ballast`: the files there are ours to make. */
void disk_init(struct disk *disk, const char *data, long reserve, bool keeps_ballast);

/*
 * Looks, at most once a second. Low: less than the reserve, or a tenth of a small
 * disk; no longer low at an eighth more. Logs when that changes, and makes the
 * ballast when it is missing. `up`: whether PostgreSQL takes connections; one that
 * lives may be without the room even for that, and is given the ballast.
 */
void disk_tick(struct disk *disk, int64_t now, bool up);

/* Makes DATA/ballast, 64 MiB or a sixteenth of a small disk, if it is missing and there is room. */
void disk_ballast(const char *data, long reserve);

/* Gives its room back when there is next to none; true when it did. */
bool disk_relieve(const char *data);
