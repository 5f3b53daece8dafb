/*
 * What each long-running command does to its own process first.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A socket each for thousands of clients; no core file with the keys in it. */
void process_prepare(void);

/* From here a signal waits until it is asked for, so that PostgreSQL is never left behind. */
void process_hold_signals(void);

/*
 * Has all threads there are, and those they start, wait for a moment of the processor
 * rather than push aside whoever computes: what comes in the meantime is done in one go.
 */
void process_give_way(void);

/* A descriptor that tells of them, for a loop; SIGPIPE is ignored from here on. -1: none. */
int process_signals(void);

/* True when SIGTERM or SIGINT waits. */
bool process_asked_to_stop(void);

/* Monotonic milliseconds. */
int64_t process_ms(void);
