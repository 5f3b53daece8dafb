/* What is measured: one pair of functions for each statement; see bench_statement. */
#pragma once
#include "bench.h"

/* Calls; false with the call's failure. */
bool call_make(struct bench_call *call, const char *method, const void *request);

bool call_book(struct bench_call *call);
bool call_book_ten(struct bench_call *call);
bool call_book_one(struct bench_call *call);
bool call_move(struct bench_call *call);
bool call_cancel(struct bench_call *call);
bool call_log(struct bench_call *call);

void script_book(const struct bench_world *world, int clients, int each, FILE *out);
void script_move(const struct bench_world *world, int clients, int each, FILE *out);
void script_cancel(const struct bench_world *world, int clients, int each, FILE *out);
void script_log(const struct bench_world *world, int clients, int each, FILE *out);
