#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "refuse.h"

static const char name[] = "coachhouse.backup";

bool manifest_write(const char *folder, const struct manifest *m, char *error, size_t size)
{
	char path[1200], fresh[1240];
	bool written;
	FILE *out;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	out = fopen(fresh, "we");
	if (!out)
		return refuse(error, size, "%s: %s.", fresh, strerror(errno));
	written = fprintf(out,
			  "# A backup of Coachhouse; coachd restore makes a place of it. The keys\n"
			  "# are not in it.\n"
			  "format = %ld\ncoachd = %s\nschema = %s\npostgresql = %s\nbegan = %s\n"
			  "erasures = %s\n",
			  m->format, m->coachd, m->schema, m->postgresql, m->began,
			  m->erasures) > 0 &&
		  fflush(out) == 0 && fsync(fileno(out)) == 0;
	if (fclose(out) == 0 && written && rename(fresh, path) == 0)
		return true;
	return refuse(error, size, "%s: %s.", path, strerror(errno));
}

static int take(void *user, const char *section, const char *key, const char *value)
{
	struct manifest *m = user;
	const struct {
		const char *key;
		char *value;
		size_t size;
	} texts[] = {{"coachd", m->coachd, sizeof m->coachd},
		     {"schema", m->schema, sizeof m->schema},
		     {"postgresql", m->postgresql, sizeof m->postgresql},
		     {"began", m->began, sizeof m->began},
		     {"erasures", m->erasures, sizeof m->erasures}};

	(void)section;
	if (strcmp(key, "format") == 0)
		m->format = strtol(value, NULL, 10);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(key, texts[i].key) == 0)
			snprintf(texts[i].value, texts[i].size, "%s", value);
	return 1;
}

bool manifest_read(const char *folder, struct manifest *m, char *error, size_t size)
{
	char path[1200];
	int fault;

	*m = (struct manifest){0};
	snprintf(path, sizeof path, "%s/%s", folder, name);
	fault = ini_parse(path, take, m);
	if (fault == -1)
		return refuse(error, size,
			      "%s is no backup, or one that was not finished: there is no %s in "
			      "it that can be read. Use another.",
			      folder, name);
	if (fault || m->format < 1 || !*m->schema)
		return refuse(error, size, "%s is damaged: use another backup.", path);
	if (m->format > MANIFEST_FORMAT)
		return refuse(error, size,
			      "%s was made by coachd %s, which is newer than this one: install "
			      "that version first.",
			      folder, m->coachd);
	return true;
}

bool manifest_digest(const char *file, char out[65], char *error, size_t size)
{
	uint8_t hash[DIGEST_SIZE];
	struct stat info;
	void *all = NULL;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	out[0] = '\0';
	if (fd < 0)
		return errno == ENOENT || refuse(error, size, "%s: %s.", file, strerror(errno));
	if (fstat(fd, &info) == 0 && info.st_size > 0)
		all = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (all == MAP_FAILED)
		return refuse(error, size, "%s: %s.", file, strerror(errno));
	digest(all ? all : "", all ? (size_t)info.st_size : 0, hash);
	if (all)
		munmap(all, (size_t)info.st_size);
	for (int i = 0; i < DIGEST_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	return true;
}
