#include "admin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "home.h"
#include "keyring.h"
#include "owner.h"
#include "refuse.h"
#include "schema.h"
#include "seal.h"
#include "server_key.h"

enum { SENTENCE = 4200 };

static bool exists(const char *folder, const char *name)
{
	char path[1200];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

/*
 * Keys come before a database of our own, so that a database without keys has lost
 * them; one that is kept apart is `used` when there are people in it.
 */
static bool make_keys(const struct config *config, bool used, char *error, size_t size)
{
	char seal[1100];
	bool old = used || (*config->data && exists(config->data, "postgresql"));

	snprintf(seal, sizeof seal, "%s/seal.keys", config->keys);
	if (old && !exists(config->keys, "seal.keys")) {
		snprintf(error, size,
			 "%s holds a database, but %s is gone: put the keys back from your backup. "
			 "New ones would not open what people wrote.",
			 *config->data ? config->data : "PostgreSQL", seal);
		return false;
	}
	/* In external mode it was made, and become ours, with the claim. */
	if (*config->data && !owner_make(config->keys, 0700, error, size))
		return false;
	if (!exists(config->keys, "seal.keys") && !keyring_create(seal, error, size))
		return false;
	return exists(config->keys, "server.key") ||
	       seal_server_create(config->keys, "server", error, size);
}

/* So that the daemon, started later without flags, is where the invitation says. */
static bool keep_endpoints(const struct config *config, char *error, size_t size)
{
	static const char *const kept[] = {"postgresql", "serving_role",   "keys",
					   "ledger",	 "listen",	   "listen_enrol",
					   "advertise",	 "advertise_enrol"};
	char path[1100];
	FILE *out = NULL;
	bool good = true;

	snprintf(path, sizeof path, "%s/coachd.conf", *config->data ? config->data : config->keys);
	if (access(path, F_OK) == 0)
		return true;
	for (size_t i = 0; i < CONFIG_SETTINGS && good; i++) {
		const struct config_setting *setting = &config_settings[i];
		bool chosen = false;
		for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
			chosen = chosen || strcmp(kept[k], setting->name) == 0;
		if (!chosen || strcmp(config->origin[i], "flag") != 0)
			continue;
		if (!out)
			out = fopen(path, "wex");
		good = out && fprintf(out, "%s = %s\n", setting->name,
				      (const char *)config + setting->offset) > 0;
	}
	if (out && fclose(out) != 0)
		good = false;
	if (!good)
		snprintf(error, size, "%s cannot be written: %s.", path, strerror(errno));
	return good;
}

static bool print_invitation(const struct config *config, const char *token, char *error,
			     size_t size)
{
	struct server_key key;

	if (!server_key_load(config, &key, error, size))
		return false;
	printf("coachhouse:%s:%s:%s\n", server_key_enrol_endpoint(&key, config),
	       server_key_public(&key), token);
	server_key_forget(&key);
	if (fflush(stdout) == 0)
		return true;
	snprintf(error, size, "The invitation cannot be printed: %s.", strerror(errno));
	return false;
}

/* How this place is named on the command line. */
static void name_place(const struct config *config, char *out, size_t size)
{
	if (*config->data)
		snprintf(out, size, "--data %s", config->data);
	else
		snprintf(out, size, "--database CONNINFO --keys %s", config->keys);
}

int admin_init(const struct config *config, const struct admin_request *request)
{
	char error[SENTENCE], token[44], place[1200];
	unsigned char hash[DIGEST_SIZE];
	struct schema_admin admin = {request->email, request->name, request->organisation,
				     request->sector, hash};
	struct home home;
	bool apart = !*config->data || *config->postgresql, good;

	if (!home_claim(&home, config, false, error, sizeof error))
		return refuse_aloud(error);
	name_place(config, place, sizeof place);
	good = (!apart || home_start(&home, error, sizeof error)) &&
	       make_keys(config, apart && schema_has_people(home.owner), error, sizeof error) &&
	       (apart || home_start(&home, error, sizeof error));
	if (good && schema_has_people(home.owner)) {
		snprintf(error, sizeof error,
			 "%s is set up already. Run it with coachd %s; for a new invitation use "
			 "coachd invite-admin EMAIL %s.",
			 *config->data ? config->data : "The database", place, place);
		good = false;
	} else if (good) {
		seal_token(token, hash);
		good = schema_first_administrator(home.owner, &admin, error, sizeof error) &&
		       keep_endpoints(config, error, sizeof error) &&
		       print_invitation(config, token, error, sizeof error);
	}
	home_stop(&home);
	if (!good)
		return refuse_aloud(error);
	fprintf(stderr,
		"Start the daemon with coachd %s. The line above is for %s, works once, and is "
		"redeemed with coach enrol LINE.\n",
		place, request->email);
	return 0;
}

int admin_invite(const struct config *config, const char *email)
{
	char error[SENTENCE], token[44];
	unsigned char hash[DIGEST_SIZE];
	struct home home;
	bool good;

	if (!home_is_set_up(config, error, sizeof error) ||
	    !home_claim(&home, config, true, error, sizeof error))
		return refuse_aloud(error);
	good = home_start(&home, error, sizeof error);
	if (good) {
		seal_token(token, hash);
		good = schema_invite_administrator(home.owner, email, hash, error, sizeof error) &&
		       print_invitation(config, token, error, sizeof error);
	}
	home_stop(&home);
	return good ? 0 : refuse_aloud(error);
}

static int say_times(const struct schema_times *found, bool repair)
{
	printf("%ld coaches compared", found->coaches);
	if (!found->wrong) {
		puts(": all is as computed.");
		return 0;
	}
	printf(", %ld wrong: %ld weeks of free time, %ld counts of minutes. %s\n", found->wrong,
	       found->weeks, found->counts,
	       repair ? "Put right." : "Put them right with coachd check-times repair.");
	return repair ? 0 : 1;
}

int admin_check_times(const struct config *config, const char *word)
{
	const bool repair = word && strcmp(word, "repair") == 0;
	struct schema_times found = {0};
	char error[SENTENCE];
	struct home home;
	bool good;

	if (word && !repair) {
		refuse_aloud("check-times has repair; alone it changes nothing.");
		return 2;
	}
	if (!home_is_set_up(config, error, sizeof error) ||
	    !home_claim(&home, config, true, error, sizeof error))
		return refuse_aloud(error);
	good = home_start(&home, error, sizeof error);
	do
		good = good && schema_check_times(home.owner, repair, &found, error, sizeof error);
	while (good && found.last);
	home_stop(&home);
	return good ? say_times(&found, repair) : refuse_aloud(error);
}
