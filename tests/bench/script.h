/* Writing pgbench scripts that run the daemon's own statements. */
#pragma once
#include <stdio.h>

#include "bench.h"

/*
 * Sets the variables k (the number of this transaction), s and i (the hour to
 * book, and the actor), and r (random). `each`: k goes no further than that; 0:
 * any number, of one actor.
 */
void script_begin(int clients, int each, FILE *out);

/*
 * The two statements of a call of `rpc` in one pipeline, as the daemon sends them,
 * $n replaced by values[n - 1]; `role`: the least that the method needs.
 */
void script_call(const struct bench_world *world, const char *rpc, const char *role,
		 const char *const *values, FILE *out);

/* The same with another statement in the place of the method's. */
void script_pipeline(const struct bench_world *world, const char *rpc, const char *role,
		     const char *sql, const char *const *values, FILE *out);

/* Expressions for values: the actor i, and the coach and the start of the hour of i and s. */
void script_me(const struct bench_world *world, char *out, size_t size);
void script_coach(const struct bench_world *world, char *out, size_t size);
void script_start(const struct bench_world *world, char *out, size_t size);
