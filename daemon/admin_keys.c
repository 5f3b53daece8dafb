/* coachd keys. */
#include "admin_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home.h"
#include "keyring.h"
#include "process.h"
#include "refuse.h"
#include "schema.h"
#include "seal.h"
#include "secret.h"

enum {
	SENTENCE = 4200,
	CALL_SECONDS = 60, /* a call that was sealed before the key was added has ended */
};

/* Every key that is in the file or in the database. */
struct listed {
	char name[KEYRING_NAME + 1];
	bool loaded;
	int64_t values, opened;
};

struct list {
	size_t count;
	struct listed keys[4 * KEYRING_MOST];
};

static void name_file(const struct config *config, char *file, size_t size)
{
	snprintf(file, size, "%s/seal.keys", config->keys);
}

/* PostgreSQL, if it is ours and does not run, runs from here to home_stop. */
static bool open_home(struct home *home, const struct config *config, char *error, size_t size)
{
	if (!home_is_set_up(config, error, size) || !home_claim(home, config, true, error, size))
		return false;
	if (home_start(home, error, size))
		return true;
	home_stop(home);
	return false;
}

static struct listed *find(struct list *list, const char *name)
{
	size_t i = 0;

	while (i < list->count && strcmp(list->keys[i].name, name) != 0)
		i++;
	if (i == list->count && i < sizeof list->keys / sizeof *list->keys) {
		list->keys[list->count++] = (struct listed){0};
		snprintf(list->keys[i].name, sizeof list->keys[i].name, "%s", name);
	}
	return i < list->count ? &list->keys[i] : NULL;
}

static void take_count(void *arg, const char *name, int64_t values)
{
	struct listed *key = find(arg, name);

	if (key)
		key->values = values;
}

/* Those that are loaded, then those that the database speaks of. */
static bool fill(struct list *list, const struct home *home,
		 void (*box)(void *arg, const struct schema_box *box), char *error, size_t size)
{
	const struct schema_sealed hear = {take_count, box, list};
	const char *name;

	list->count = 0;
	for (size_t i = 0; (name = seal_key(i)); i++)
		find(list, name)->loaded = true;
	return schema_sealed(home->owner, &hear, error, size);
}

/* Standard output has the table, standard error what to do about it. */
static int print(const struct list *list)
{
	const char *sealing = seal_sealing();
	int64_t older = 0, lost = 0;

	puts("KEY       USE      VALUES");
	for (size_t i = 0; i < list->count; i++) {
		const struct listed *key = &list->keys[i];
		bool seals = strcmp(key->name, sealing) == 0;
		printf("%-8s  %-7s %7" PRId64 "\n", key->name,
		       seals	     ? "seals"
		       : key->loaded ? "opens"
				     : "missing",
		       key->values);
		older += key->loaded && !seals ? key->values : 0;
		lost += key->loaded ? 0 : key->values;
	}
	fflush(stdout);
	if (older)
		fprintf(stderr,
			"%" PRId64 " values wait to be sealed with %s; the daemon does it while "
			"it runs.\n",
			older, sealing);
	if (lost)
		fprintf(stderr,
			"coachd: %" PRId64 " values cannot be opened: put the lines of the "
			"missing keys back into seal.keys, from your copy.\n",
			lost);
	return lost ? 1 : 0;
}

static int list_keys(const struct config *config)
{
	char error[SENTENCE], file[1100];
	struct list list;
	struct home home;
	bool good;
	int code;

	name_file(config, file, sizeof file);
	if (!open_home(&home, config, error, sizeof error))
		return refuse_aloud(error);
	good = seal_init(file, error, sizeof error) &&
	       fill(&list, &home, NULL, error, sizeof error);
	home_stop(&home);
	code = good ? print(&list) : refuse_aloud(error);
	seal_finish();
	return code;
}

/* What systemd hands over is made anew elsewhere: coachd(8) says how. */
static bool is_ours(const char *file, char *error, size_t size)
{
	return !secret_is_credential(file) ||
	       refuse(error, size,
		      "%s is a credential that systemd hands over: change the file that it is "
		      "made from, with --keys FOLDER, make the credential anew and restart the "
		      "daemon; see KEYS in coachd(8).",
		      file);
}

static int add_key(const struct config *config)
{
	char error[SENTENCE], file[1100], name[KEYRING_NAME + 1];

	name_file(config, file, sizeof file);
	if (!is_ours(file, error, sizeof error) || !keyring_add(file, name, error, sizeof error))
		return refuse_aloud(error);
	puts(name);
	fprintf(stderr,
		"%s seals from now on; a daemon that runs takes it up by itself, and seals anew "
		"what older keys sealed. Copy %s now to where you keep the copy: what is written "
		"from now on opens with nothing else.\n",
		name, file);
	return 0;
}

/* Nothing may need it any more, nor be on its way. */
static bool retire(const struct home *home, const char *file, const char *name, char *error,
		   size_t size)
{
	struct list list;
	const struct listed *key;

	if (!seal_init(file, error, size) || !fill(&list, home, NULL, error, size))
		return false;
	key = find(&list, name);
	if (!key || !key->loaded)
		return refuse(error, size, "%s holds no key %.40s; coachd keys lists them.", file,
			      name);
	if (key->values)
		return refuse(error, size,
			      "%" PRId64 " values are still sealed with %s: let the daemon run "
			      "until coachd keys shows none.",
			      key->values, name);
	if (strcmp(seal_sealing(), name) != 0 && keyring_age(file) < CALL_SECONDS)
		return refuse(error, size,
			      "%s was added less than a minute ago, and calls from before may "
			      "still use %s: try again in a minute.",
			      seal_sealing(), name);
	return keyring_remove(file, name, error, size);
}

static int retire_key(const struct config *config, const char *name)
{
	char error[SENTENCE], file[1100];
	struct home home;
	bool good;

	name_file(config, file, sizeof file);
	if (!is_ours(file, error, sizeof error) || !open_home(&home, config, error, sizeof error))
		return refuse_aloud(error);
	good = retire(&home, file, name, error, sizeof error);
	home_stop(&home);
	seal_finish();
	if (!good)
		return refuse_aloud(error);
	fprintf(stderr,
		"%s is retired. Backups from before still need it: keep the copy of it until the "
		"last of them is gone, then destroy that too.\n",
		name);
	return 0;
}

/* --- a copy kept elsewhere ----------------------------------------------------------- */

/* Opens one value, into memory that is wiped. */
static void try(void *arg, const struct schema_box *box)
{
	const struct seal_label label = {box->field, box->author, box->visible};
	char name[KEYRING_NAME + 1], *text = malloc(box->size);
	size_t length;

	if (text &&
	    seal_open(&label, box->box, box->size, box->binding, text, &length, name) == SEAL_OK) {
		struct listed *key = find(arg, name);
		if (key)
			key->opened++;
		explicit_bzero(text, box->size);
	}
	free(text);
}

/* One line about each key; false when something does not open. */
static bool report(const struct list *list, const char *file)
{
	bool good = true;

	for (size_t i = 0; i < list->count; i++) {
		const struct listed *key = &list->keys[i];
		good = good && key->opened >= key->values;
		if (!key->loaded)
			printf("%-8s  missing: %" PRId64 " values\n", key->name, key->values);
		else
			printf("%-8s  opens %" PRId64 " of %" PRId64 " values\n", key->name,
			       key->opened, key->values);
	}
	fflush(stdout);
	if (good)
		fprintf(stderr, "%s opens everything that is stored.\n", file);
	else
		fprintf(stderr, "coachd: %s does not open everything that is stored.\n", file);
	return good;
}

static int verify_copy(const struct config *config, const char *file)
{
	char error[SENTENCE];
	struct list list;
	struct home home;
	bool good;

	/* Before we become somebody who may not read it. */
	if (!seal_init(file, error, sizeof error) || !open_home(&home, config, error, sizeof error))
		return refuse_aloud(error);
	seal_stay();
	good = fill(&list, &home, try, error, sizeof error);
	home_stop(&home);
	if (good)
		good = report(&list, file);
	else
		refuse_aloud(error);
	seal_finish();
	return good ? 0 : 1;
}

bool admin_keys_alone(const struct config *config, const char *const *words)
{
	return words[0] && strcmp(words[0], "add") == 0 && *config->keys && !*config->data &&
	       !*config->database;
}

int admin_keys(const struct config *config, const char *const *words, int count)
{
	process_prepare(); /* what has keys in it leaves no core file */
	if (count == 0)
		return list_keys(config);
	if (count == 1 && strcmp(words[0], "add") == 0)
		return add_key(config);
	if (count == 2 && strcmp(words[0], "retire") == 0)
		return retire_key(config, words[1]);
	if (count == 2 && strcmp(words[0], "verify") == 0)
		return verify_copy(config, words[1]);
	fputs("coachd: say coachd keys [add | retire KEY | verify FILE].\n", stderr);
	return 2;
}
