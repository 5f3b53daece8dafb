/* The process of a proxy: one loop over its connections. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

enum relay_trap { TRAP_NONE, TRAP_CUT, TRAP_FREEZE };

/* In memory that the test and the process share. */
struct relay_orders {
	atomic_int mode;		  /* enum proxy_mode */
	atomic_int trap, number, side, n; /* number: of the trap, from 1 */
	atomic_bool fired;
};

/*
 * Accepts from `listening` and connects each to the socket at `target`, for ever.
 * `messages`: PostgreSQL's are told apart. SIGUSR1: the orders have changed.
 */
void relay_run(int listening, const char *target, bool messages, struct relay_orders *orders);
