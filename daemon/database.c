/* What the daemon asks of PostgreSQL. */
#include "database.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "durable.h"
#include "keys.h"
#include "ledger.h"
#include "log.h"
#include "peers.h"
#include "pg_types.h"
#include "schema.h"

enum { OURS = 16 }; /* statements that belong to no method */

static const uint32_t authenticate_types[AUTHENTICATE_PARAMETERS] = {
	PG_BYTEA, PG_TEXT,  PG_INT8,	    PG_BYTEA, PG_BYTEA, PG_TEXT,
	PG_INT4,  PG_BYTEA, PG_TIMESTAMPTZ, PG_INT8,  PG_BOOL};
static const uint32_t kept_types[KEPT_PARAMETERS] = {PG_BYTEA, PG_BYTEA};
static const uint32_t refusal_types[REFUSAL_PARAMETERS] = {PG_BYTEA, PG_BYTEA, PG_BYTEA, PG_INT8};
static const uint32_t keys_types[] = {PG_TEXT}, use_types[] = {PG_BYTEA_ARRAY};
static const uint32_t report_types[] = {PG_TEXT}, stand_types[] = {PG_TEXT, PG_INT4};
static const uint32_t ledger_types[] = {PG_INT8};
static const uint32_t peers_types[] = {PG_TEXT};
static const uint32_t sealed_types[] = {PG_BYTEA, PG_TEXT, PG_BYTEA, PG_INT4};
static const uint32_t seal_types[] = {PG_TEXT, PG_BYTEA_ARRAY, PG_BYTEA_ARRAY, PG_BYTEA_ARRAY};

static const struct pool_statement ours[OURS] = {
	{"authenticate", "SELECT authenticate($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
	 authenticate_types, AUTHENTICATE_PARAMETERS, 1 << LANE_QUICK | 1 << LANE_SLOW},
	{"kept_reply", "SELECT kept_reply($1, $2)", kept_types, KEPT_PARAMETERS,
	 1 << LANE_QUICK | 1 << LANE_SLOW},
	{"note_refusal", "SELECT note_refusal($1, $2, $3, $4)", refusal_types, REFUSAL_PARAMETERS,
	 1 << LANE_QUICK | 1 << LANE_SLOW},
	{"keep_report", "SELECT keep_report($1)", report_types, 1, 1 << LANE_SLOW},
	{"kept_before", "SELECT set_config('coachhouse.kept', 'yes', true)", NULL, 0,
	 1 << LANE_SLOW},
	{"stand_for", "SELECT stand_for($1, $2)", stand_types, 2, 1 << LANE_STANDBY},
	{"known_keys", keys_statement, keys_types, 1, 1 << LANE_CONTROL},
	{"note_use", keys_use_statement, use_types, 1, 1 << LANE_CONTROL},
	{"erasures_made", ledger_statement, ledger_types, 1, 1 << LANE_CONTROL},
	{"durable", "SELECT " DURABLE_MACHINES, NULL, 0, 1 << LANE_CONTROL},
	{"peers", peers_statement, peers_types, 1, 1 << LANE_CONTROL},
	{"upkeep", "SELECT more, failed FROM upkeep()", NULL, 0, 1 << LANE_CONTROL},
	{"keep_times", "SELECT more, zones, wrong FROM keep_times()", NULL, 0, 1 << LANE_CONTROL},
	{"sealed_keys", "SELECT key, boxes FROM sealed_keys($1)", sealed_types, 1,
	 1 << LANE_CONTROL},
	{"sealed_with",
	 "SELECT place, field, author, visible, box, binding FROM sealed_with($1, $2, $3, $4)",
	 sealed_types, 4, 1 << LANE_CONTROL},
	{"seal_again", "SELECT seal_again($1, $2, $3, $4)", seal_types, 4, 1 << LANE_CONTROL},
};

const struct pool_statement *database_own(size_t *n)
{
	*n = OURS;
	return ours;
}

/* " -c name=value", with what libpq would split at escaped. */
static void add_setting(FILE *out, const char *name, const char *value)
{
	fprintf(out, " -c %s=", name);
	for (; value && *value; value++) {
		if (*value == ' ' || *value == '\\')
			putc('\\', out);
		putc(*value, out);
	}
}

static char *write_settings(const struct database_settings *settings)
{
	char *text = NULL, offset[64] = "", lag[32];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (settings->clock_offset)
		snprintf(offset, sizeof(offset), "%" PRId64 " microseconds",
			 settings->clock_offset);
	snprintf(lag, sizeof(lag), "%ld", settings->report_lag);
	add_setting(out, "timezone", "UTC");
	/* A report's plan looks dear enough to be compiled, which takes longer than it does. */
	add_setting(out, "jit", "off");
	add_setting(out, "search_path", schema_search_path());
	add_setting(out, "coachhouse.endpoint", settings->endpoint);
	add_setting(out, "coachhouse.enrol_endpoint", settings->enrol_endpoint);
	add_setting(out, "coachhouse.server_key", settings->server_key);
	add_setting(out, "coachhouse.version", COACHHOUSE_VERSION);
	add_setting(out, "coachhouse.clock_offset", offset);
	add_setting(out, "coachhouse.report_lag", lag);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static bool described(void *arg, size_t statement, int n, const char *const *names,
		      const uint32_t *types)
{
	const struct database *database = arg;
	struct method *method = database->methods[statement];
	char error[256];
	if (!method || codec_columns(method, n, names, types, error, sizeof(error)))
		return true;
	log_error("database", "%s", error);
	return false;
}

static void notified_of_keys(void *arg)
{
	const struct database *database = arg;
	database->notified(database->arg);
}

static void list_statements(struct database *d)
{
	size_t n, k = OURS;
	struct method *methods = methods_all(&n);
	memcpy(d->statements, ours, sizeof(ours));
	for (size_t i = 0; i < n; i++) {
		struct method *m = &methods[i];
		d->methods[k] = m;
		d->statements[k++] = (struct pool_statement){
			m->rpc, m->sql, m->types, (int)m->request->n_fields,
			1u << m->lane | (m->standby ? 1u << LANE_STANDBY : 0u)};
		if (!m->plain)
			continue;
		d->methods[k] = m;
		d->statements[k++] = (struct pool_statement){
			m->name, m->plain, m->types, (int)m->request->n_fields, 1u << m->lane};
	}
	d->options.n_statements = k;
}

bool database_init(struct database *database, const char *conninfo, const char *standby, long depth,
		   const long size[LANES], const struct database_settings *settings,
		   void (*notified)(void *arg), void *arg)
{
	size_t n;
	methods_all(&n);
	*database = (struct database){
		.statements = calloc(2 * n + OURS, sizeof(*database->statements)),
		.methods = calloc(2 * n + OURS, sizeof(*database->methods)),
		.settings = write_settings(settings),
		.notified = notified,
		.arg = arg,
	};
	if (!hosts_init(&database->hosts, conninfo) ||
	    !hosts_init(&database->standby_hosts, standby) || !database->statements ||
	    !database->methods || !database->settings)
		return false;
	list_statements(database);
	database->options.conninfo = conninfo;
	database->options.hosts = &database->hosts;
	database->options.settings = database->settings;
	database->options.statements = database->statements;
	database->options.listen = keys_listen;
	database->options.depth = depth;
	database->options.described = described;
	database->options.notified = notified_of_keys;
	database->options.arg = database;
	database->standby = database->options;
	database->standby.conninfo = standby;
	database->standby.hosts = &database->standby_hosts;
	database->pool = pool_create(&database->options, &database->standby, size);
	return database->pool;
}

void database_finish(struct database *database)
{
	pool_destroy(database->pool);
	hosts_finish(&database->hosts);
	hosts_finish(&database->standby_hosts);
	free(database->statements);
	free(database->methods);
	free(database->settings);
	*database = (struct database){0};
}
