/*
 * The schema in the database: numbered migrations, applied in order under an
 * advisory lock, and the functions of this version in a schema of their own, so
 * that an older daemon keeps its own; two versions back are dropped. Blocks:
 * only before the loop, and in coachd's other commands.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_file {
	const char *name; /* "0001_tables" or "BookSession", no folder, no .sql */
	const char *text;
};

/* Embedded at build time, in order of name, ended by a NULL name. */
extern const struct sql_file sql_schema[];
extern const struct sql_file sql_functions[];
extern const struct sql_file sql_methods[];

/*
 * The connection string of `role`: `conninfo` with that user instead of its own.
 * False when `conninfo` is malformed or the result does not fit.
 */
bool schema_conninfo(const char *conninfo, const char *role, char *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * Connects with `conninfo` as the owner, makes the role `serving` if it can,
 * applies the migrations that are missing and creates the functions. Fails with
 * a sentence that names the file and what PostgreSQL said of it.
 */
bool schema_migrate(const char *conninfo, const char *serving, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * True when schema_migrate would find nothing to do: so at most starts one connection
 * and one statement suffice. False too when the database is not there, or does not answer.
 */
bool schema_is_current(const char *conninfo, const char *serving);

/* Whether a migration is among those that were applied, a PGresult of their names. */
struct pg_result;
bool schema_is_applied(const struct pg_result *applied, const char *name);

/* The schema of this version's functions: "engine_" and a digest of their text. */
const char *schema_engine(void);

/*
 * Connects and waits for it, not longer than 10 s unless the string says so: signals wait
 * too, and so does whoever typed a command. The caller ends it with PQfinish.
 */
struct pg_conn *schema_connect(const char *conninfo);

/* What each host said to a connection that did not come about, on one line, and what to do. */
void schema_explain(const struct pg_conn *db, char *out, size_t size);

/* False with a sentence when a pooler is in between. Who does not answer is none. */
bool schema_is_direct(const char *conninfo, char *error, size_t size)
	__attribute__((warn_unused_result));

/* The search_path of every serving connection: engine, coachhouse, pg_catalog, pg_temp. */
const char *schema_search_path(void);

/*
 * What the commands of the daemon's own machine change, as the owner. False with a
 * sentence. `token_hash` is 32 bytes.
 */
struct schema_admin {
	const char *email, *name, *organisation, *sector;
	const unsigned char *token_hash;
};
bool schema_first_administrator(const char *conninfo, const struct schema_admin *admin, char *error,
				size_t size) __attribute__((warn_unused_result));
bool schema_invite_administrator(const char *conninfo, const char *email,
				 const unsigned char *token_hash, char *error, size_t size)
	__attribute__((warn_unused_result));

/* What a database is: its last migration, and what serves it. */
struct schema_state {
	char schema[80];  /* "" before the first migration */
	char server[32];  /* "15.20" */
	int version;	  /* 150020 */
	char durable[32]; /* fsync, full_page_writes, synchronous_commit: "on on on" */
	int machines;	  /* that hold what is acknowledged; see durable.h */
	int followers;	  /* connected: standbys, synchronous or not, and backups being made */
	char cluster[24]; /* what tells it, and its standbys, from others */
	bool direct;	  /* no pooler is in between */
};
bool schema_state(const char *conninfo, struct schema_state *state, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Whether it is a standby of `cluster` with this version's functions. False with what is wrong. */
bool schema_is_standby(const char *conninfo, const char *cluster, char *error, size_t size)
	__attribute__((warn_unused_result));

/* The last migration that this coachd knows. */
const char *schema_last(void);

/* The version of libpq, as 150020. */
int schema_libpq(void);

/* True when the migration is one of ours. */
bool schema_knows(const char *migration);

/*
 * Erases again who stands in the ledger and is in the database unerased; arrays as
 * PostgreSQL writes them. `again`: how many. False with a sentence.
 */
bool schema_erase_again(const char *conninfo, const char *people, const char *added,
			const char *erased, int64_t clock_offset, long *again, char *error,
			size_t size) __attribute__((warn_unused_result));

/*
 * Compares what is stored of free time with what it follows from, a few coaches
 * after `last`, and puts it right when `repair`. Adds to `found`, whose `last`
 * becomes the last coach, or 0 when there are no more.
 */
struct schema_times {
	int64_t last;
	long coaches, wrong; /* compared; of these not as computed */
	long weeks, counts;  /* of theirs, of free time and of minutes given */
};
bool schema_check_times(const char *conninfo, bool repair, struct schema_times *found, char *error,
			size_t size) __attribute__((warn_unused_result));

/* True when somebody is there already, so that there is no first administrator to make. */
bool schema_has_people(const char *conninfo);

/*
 * What is sealed, as it is at one moment: `key` is called for each key that holds
 * values, with its name; then, unless NULL, `box` for each value. What `box` is
 * given lives until it returns.
 */
enum { SCHEMA_KEY = 8 };
struct schema_box {
	const char *field, *visible;
	int64_t author;
	const unsigned char *box, *binding;
	size_t size; /* of `box` */
};
struct schema_sealed {
	void (*key)(void *arg, const char *name, int64_t values);
	void (*box)(void *arg, const struct schema_box *box);
	void *arg;
};
bool schema_sealed(const char *conninfo, const struct schema_sealed *hear, char *error, size_t size)
	__attribute__((warn_unused_result));
