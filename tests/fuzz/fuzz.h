/*
 * Fuzz targets: each fuzz_*.c gives bytes from anywhere to one reader and checks
 * what must hold of the outcome. libFuzzer drives them (./dev fuzz), or our own
 * runner replays the seeds and some mutations of them (./dev test).
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "keys.h"
#include "methods.h"
#include "status.h"

/* The entry point of every target; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer's: called once, before anything else. Returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/*
 * Seeds that follow from the contract, so that a new method has one at once; a
 * target may leave it out. Called once; gives each to fuzz_seed.
 */
void fuzz_seeds(void) __attribute__((weak));

/* One seed; `name` becomes a file name. Copied. */
void fuzz_seed(const char *name, const void *data, size_t size);

/* What must hold; ends the program where it does not, which is what both drivers wait for. */
#define require(condition)                                                                \
	do {                                                                              \
		if (!(condition)) {                                                       \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#condition);                                              \
			abort();                                                          \
		}                                                                         \
	} while (0)

/* What is left of an input. */
struct input {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 at the end. */
uint8_t fuzz_byte(struct input *in);

/* A number of up to 64 bits from the next eight bytes. */
int64_t fuzz_number(struct input *in);

/* All that is left as text, up to the first NUL; to be freed. Exactly as long as it must be. */
char *fuzz_text(const struct input *in);

/*
 * Every method, and "Every", which is none of the contract but has all kinds of
 * fields. Its columns are in the order of its fields.
 */
struct method *fuzz_methods(size_t *n);

/*
 * The first line names a method ("BookSession"); any other line picks one by its
 * bytes. The line is taken away.
 */
struct method *fuzz_method(struct input *in);

/* Prepares methods, limits and a sealing key of a moment. Again: does nothing. */
void fuzz_daemon(void);

/* Makes `n` keys known, as when the database answered: person i, whose role is `roles[i]`. */
void fuzz_keys(struct keys *keys, const uint8_t (*list)[KEY_SIZE], const char *const *roles, int n);

/* The path of a file, for the owner alone, that holds what is left; the same at each call. */
const char *fuzz_file(const struct input *in);

/* A refusal has a code, a reason and a sentence, and none of them is a fault of ours. */
void fuzz_check_refusal(const struct status *status);

/* Whether an instant beyond the years 1 to 9999 stands anywhere in it: JSON has none. */
bool fuzz_has_odd_time(const ProtobufCMessage *message);

/* Writes `message` as people's JSON, reads that, writes it again: the same text. */
void fuzz_check_json(const ProtobufCMessage *message);
