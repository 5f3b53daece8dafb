/* Whether all daemons of the database are known by one key. */
#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

enum { LOOK_MS = 10 * 1000 };

const char peers_statement[] =
	"SELECT coalesce(string_agg(DISTINCT substr(a.application_name, 8), ', '), '') "
	"FROM set_config('application_name', 'coachd ' || $1, false) AS mine "
	"LEFT JOIN pg_stat_activity a ON a.datname = current_database() "
	"AND a.application_name ~ '^coachd [0-9a-f]{8}$' AND a.application_name <> mine";

static void done(struct pool_job *job, const struct rows *rows, const struct failure *failure)
{
	struct peers *peers = (struct peers *)job;
	char others[sizeof(peers->others)];
	(void)failure;
	peers->running = false;
	if (!rows || rows->n_rows != 1)
		return;
	snprintf(others, sizeof(others), "%.*s", rows->cells->length, rows->cells->data);
	if (*others && strcmp(others, peers->others) != 0)
		log_warning("peers",
			    "another daemon of this database is known by another key, %s, and not "
			    "by ours, %.*s: people are refused by one of them. Start again the one "
			    "whose key was changed, or finish the change there too, or copy "
			    "server.key to it from the other",
			    others, PEERS_DIGITS, peers->key);
	strcpy(peers->others, others);
}

void peers_init(struct peers *peers, struct pool *pool, const char *public_key)
{
	static const int binary[] = {1};
	*peers = (struct peers){.pool = pool, .key = public_key, .length = PEERS_DIGITS};
	peers->job.lane = LANE_CONTROL;
	peers->job.steps[0] = (struct pool_step){.name = "peers",
						 .n = 1,
						 .values = &peers->key,
						 .lengths = &peers->length,
						 .formats = binary};
	peers->job.n_steps = 1;
	peers->job.done = done;
}

int64_t peers_tick(struct peers *peers, int64_t now)
{
	if (now >= peers->due && !peers->running) {
		peers->running = pool_submit(peers->pool, &peers->job) == POOL_TAKEN;
		peers->due = now + LOOK_MS;
	}
	return peers->due;
}
