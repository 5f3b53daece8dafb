/*
 * The files and the processes of one PostgreSQL cluster in a folder: binaries,
 * initdb, settings, a postmaster left by a killed daemon. Knows no SQL.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The major version that wrote the cluster in `folder`, 0 when there is none. */
int cluster_version(const char *folder);

/*
 * The folder of the binaries that fit the cluster in `folder`, or the newest
 * when there is no cluster yet.
 */
bool cluster_binaries(const char *folder, char *out, size_t size, char *error, size_t error_size)
	__attribute__((warn_unused_result));

/* Makes the cluster when there is none; whole or not at all. Takes seconds. */
bool cluster_make(const char *binaries, const char *folder, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Writes coachhouse.conf, pg_hba.conf and pg_ident.conf. postgresql.conf and
 * postgresql.auto.conf are left to the site; the second wins over ours. `server`
 * is the user that serves; "": the one that runs PostgreSQL.
 */
bool cluster_configure(const char *folder, const char *socket, const char *server, char *error,
		       size_t size) __attribute__((warn_unused_result));

/* Stops what a killed daemon left running in `folder`, and waits until it is gone. */
bool cluster_clear(const char *folder, char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Starts a postmaster after `delay` seconds, in a process group of its own (a
 * Ctrl-C is for us, who stop it last), with none of our descriptors. -1: errno.
 */
pid_t cluster_spawn(const char *binaries, const char *folder, int delay);

/* Runs a program to its end; what it prints is dropped, its complaints are ours. */
bool cluster_run(const char *const arguments[], char *error, size_t size)
	__attribute__((warn_unused_result));

/*
 * Once a postmaster was killed: ends the processes that it left, at once. While
 * calls come, they would serve on without those that write data and log, and
 * keep another postmaster from starting. Never blocks.
 */
void cluster_end_stragglers(const char *folder);

/* True when the postmaster `pid` has written that it takes connections. */
bool cluster_is_ready(const char *folder, pid_t pid);

/* Asks `pid` to end with `signal`; true when it is gone within `seconds`. Reaps our child. */
bool cluster_end(pid_t pid, int signal, int seconds);
