/*
 * The daemon's own key, by which clients know it, and how it changes: for a while
 * the next one, FOLDER/server.next.key, answers at doors of its own, and whoever
 * comes to the old ones is told of it. Then it takes the old one's place.
 */
#pragma once
#include "config.h"
#include "seal.h"

struct server_key {
	struct seal_server now, next;
	bool changing; /* next is there, and next_doors */
	struct config_next next_doors;
};

/* Loads what is there. False with a sentence. Forgotten with server_key_forget. */
bool server_key_load(const struct config *config, struct server_key *key, char *error, size_t size)
	__attribute__((warn_unused_result));
void server_key_forget(struct server_key *key);

/* What an invitation made now says of the daemon. */
const char *server_key_public(const struct server_key *key);
const char *server_key_enrol_endpoint(const struct server_key *key, const struct config *config);

/*
 * `coachd server-key`: without a word prints the public key and, while it changes,
 * the next one; `rotate` makes the next one; `finish` gives up the one of before,
 * whose secret is gone then. A running daemon takes either in when it is started
 * again. The exit code.
 */
int server_key_command(const struct config *config, const char *word);
