/*
 * The daemon's figures, as Prometheus reads them (text format 0.0.4). Labels are
 * the contract's own words: methods, codes, lanes, endpoints. Nothing names a
 * person, and nothing that a client chose becomes a label.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "call_log.h"
#include "zap.h"

enum { METRICS_CODES = 17, METRICS_BUCKETS = 14 };

/* How long the calls of a lane took. */
struct metrics_lane {
	uint64_t within[METRICS_BUCKETS + 1]; /* the last: longer than all */
	double sum;			      /* seconds */
};

/* What is looked at when somebody asks. */
struct metrics_sources {
	const struct calls *calls;
	const struct upkeep *upkeep;
	const struct durable *durable;
	const struct times *times;
	const struct reseal *reseal;
	const struct doors *doors;
	const struct zap_counts *handshakes;
	const char *not_ready; /* why, or NULL */
};

struct metrics {
	uint64_t (*ended)[METRICS_CODES]; /* of each method; the last row: of no method */
	size_t methods;
	struct metrics_lane lanes[LANES];
	uint64_t replays, retries;
};

/* False: memory ran out. methods_init comes before. */
bool metrics_init(struct metrics *metrics) __attribute__((warn_unused_result));
void metrics_finish(struct metrics *metrics);

/* Counts a call that has ended. */
void metrics_count(struct metrics *metrics, const struct call_end *end);

/* Appends all of it. */
void metrics_write(const struct metrics *metrics, const struct metrics_sources *sources,
		   struct buffer *out);

/* For modules with figures of their own: a family, then its samples. `labels`: "a=\"b\"" or "". */
void metrics_family(struct buffer *out, const char *name, const char *type, const char *help);
void metrics_sample(struct buffer *out, const char *name, const char *labels, double value);

/* A family of one sample. */
void metrics_one(struct buffer *out, const char *name, const char *type, const char *help,
		 double value);
