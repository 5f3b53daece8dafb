/*
 * Configuration: one table of settings, each with its name, type, bounds,
 * default and whether a reload takes it. Flag > environment COACHD_NAME > file
 * > default. coachd.conf(5) is checked against this table by a test.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CONFIG_SETTINGS = 24 };

struct config {
	/* Where the state lives; embedded PostgreSQL under it. Empty: external. */
	char data[1024];
	char postgresql[1024]; /* its PostgreSQL, when another user runs that; else under `data` */
	char database[2048];   /* conninfo of the migrating role; external */
	char serving[2048];    /* where serving_role connects; default: as `database` */
	char serving_role[64]; /* the role that serves: owns and bypasses nothing */
	char report_database[2048]; /* conninfo of a hot standby that makes reports */
	char ledger[1024];	    /* who was erased; default DATA/erasures or in keys */
	char keys[1024];	    /* folder of server.key and seal.keys; default DATA/keys */
	char listen[256];	    /* main endpoint; default ipc under DATA */
	char listen_enrol[256];	    /* default: beside the main one, or its port + 1 */
	char advertise[256];	    /* what invitations say; needed for tcp on any address */
	char advertise_enrol[256];
	char metrics
		[256]; /* socket of those who watch; "off" becomes ""; default DATA/run/metrics.sock */
	char listen_next[256]; /* where the next key of the daemon answers while it changes */
	char advertise_next[256];
	char log_level[16];
	char clock[64];	  /* the time that the daemon believes in at start; for tests */
	long connections; /* shared pipelines to PostgreSQL */
	long depth;	  /* calls in flight on one of them */
	long slow_connections;
	long report_lag;		   /* seconds that the standby may be behind */
	long max_clients;		   /* connections of clients at once */
	long max_memory;		   /* MiB that calls and connections may take */
	long disk_reserve;		   /* MiB below which writes are refused; 0: never */
	char origin[CONFIG_SETTINGS][160]; /* where each came from; shown by config_print */
};

/* One row of the table, for flags and for the test of the manual page. */
struct config_setting {
	const char *name;
	const char *argument; /* "ENDPOINT": what the help calls the value */
	const char *value;    /* default */
	const char *help;
	long least, most; /* of a number; 0, 0: text */
	bool reload;	  /* SIGHUP takes it; any other waits for a restart */
	size_t offset, size;
};
extern const struct config_setting config_settings[CONFIG_SETTINGS];

/* Fills `config` with the defaults. */
void config_defaults(struct config *config);

/*
 * Reads a file of `name = value` lines (sections are ignored), then the
 * environment. On a bad line returns false and writes "FILE:LINE: sentence" to
 * `error`; `config` is then unchanged. A missing file is an error only when
 * `required`.
 */
bool config_load(struct config *config, const char *file, bool required, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Sets one setting by name, as a flag does; `origin` is shown by config_print. */
bool config_set(struct config *config, const char *name, const char *value, const char *origin,
		char *error, size_t size) __attribute__((warn_unused_result));

/*
 * Makes `data`, `postgresql` and `keys` absolute; only flags may be relative, to
 * the folder in which this was first called. False when a path is too long.
 */
bool config_folders(struct config *config, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Completes what depends on something else (absolute paths, endpoints under
 * DATA, the enrolment endpoint) and refuses what cannot work, with one sentence:
 * neither data nor database, TCP on any address without advertise.
 */
bool config_finish(struct config *config, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Where a daemon is while its key changes: the doors of the next key, and what all are told. */
struct config_next {
	char listen[256], listen_enrol[256];
	char endpoint[256], enrol_endpoint[256]; /* of now and next, by commas */
};

/* Works them out from a finished `config`; false with a sentence. */
bool config_next(const struct config *config, struct config_next *out, char *error, size_t size)
	__attribute__((warn_unused_result));

/* Takes from `fresh` what a reload may change; names what waits for a restart in `waits`. */
void config_reload(struct config *config, const struct config *fresh, char *waits, size_t size);

/* Prints every setting with where it came from; passwords in conninfo masked. */
void config_print(const struct config *config, FILE *out);

/* How far `clock` is ahead of `now`, both in microseconds since 1970; 0 when it is not set. */
int64_t config_clock_offset(const struct config *config, int64_t now);

/*
 * The folder of Unix sockets: HOME/run, or a short one under /tmp when the path
 * of a socket would be longer than the system allows (107 bytes).
 */
void config_run_folder(const char *home, char *out, size_t size);
