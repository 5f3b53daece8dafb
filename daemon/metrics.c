/* The daemon's figures: counting, and the families that counting fills. */
#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_now.h"

static const double bounds[METRICS_BUCKETS] = {.001, .0025, .005, .01, .025, .05, .1,
					       .25,  .5,    1,	  2.5, 5,    10,  30};
static const char *const lanes[LANES] = {[LANE_QUICK] = "quick",
					 [LANE_SLOW] = "slow",
					 [LANE_CONTROL] = "control",
					 [LANE_STANDBY] = "standby"};

bool metrics_init(struct metrics *metrics)
{
	*metrics = (struct metrics){0};
	methods_all(&metrics->methods);
	metrics->ended = calloc(metrics->methods + 1, sizeof(*metrics->ended));
	return metrics->ended;
}

void metrics_finish(struct metrics *metrics)
{
	free(metrics->ended);
	metrics->ended = NULL;
}

void metrics_count(struct metrics *metrics, const struct call_end *end)
{
	size_t n, code = (size_t)end->status->code, bucket = 0;
	const struct method *all = methods_all(&n);
	const size_t row = end->method ? (size_t)(end->method - all) : n;
	metrics->ended[row][code < METRICS_CODES ? code : (size_t)CODE(UNKNOWN)]++;
	metrics->replays += end->replayed;
	metrics->retries += (uint64_t)end->retries;
	if (!end->method)
		return;
	struct metrics_lane *lane = &metrics->lanes[end->method->lane];
	while (bucket < METRICS_BUCKETS && end->seconds > bounds[bucket])
		bucket++;
	lane->within[bucket]++;
	lane->sum += end->seconds;
}

static void put(struct buffer *out, const char *text)
{
	buffer_bytes(out, text, strlen(text));
}

void metrics_family(struct buffer *out, const char *name, const char *type, const char *help)
{
	char text[512];
	snprintf(text, sizeof(text), "# HELP coachhouse_%s %s\n# TYPE coachhouse_%s %s\n", name,
		 help, name, type);
	put(out, text);
}

void metrics_sample(struct buffer *out, const char *name, const char *labels, double value)
{
	char text[512];
	snprintf(text, sizeof(text), "coachhouse_%s%s%s%s %.15g\n", name, *labels ? "{" : "",
		 labels, *labels ? "}" : "", value);
	put(out, text);
}

void metrics_one(struct buffer *out, const char *name, const char *type, const char *help,
		 double value)
{
	metrics_family(out, name, type, help);
	metrics_sample(out, name, "", value);
}

/* The canonical names, INVALID_ARGUMENT, are those of the contract. */
static const char *code_name(size_t code)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value(&coachhouse__v1__code__descriptor, (int)code);
	return value ? value->name : "UNKNOWN";
}

static void write_calls(const struct metrics *metrics, struct buffer *out)
{
	char labels[160];
	size_t n;
	const struct method *all = methods_all(&n);
	metrics_family(out, "calls_total", "counter", "Calls that were answered.");
	for (size_t row = 0; row <= n; row++)
		for (size_t code = 0; code < METRICS_CODES; code++) {
			if (!metrics->ended[row][code])
				continue;
			snprintf(labels, sizeof(labels), "method=\"%s\",code=\"%s\"",
				 row < n ? all[row].rpc : "none", code_name(code));
			metrics_sample(out, "calls_total", labels,
				       (double)metrics->ended[row][code]);
		}
}

static void write_lane(const struct metrics_lane *lane, const char *name, struct buffer *out)
{
	char labels[64];
	uint64_t count = 0;
	for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
		count += lane->within[i];
		if (i < METRICS_BUCKETS)
			snprintf(labels, sizeof(labels), "lane=\"%s\",le=\"%g\"", name, bounds[i]);
		else
			snprintf(labels, sizeof(labels), "lane=\"%s\",le=\"+Inf\"", name);
		metrics_sample(out, "call_seconds_bucket", labels, (double)count);
	}
	snprintf(labels, sizeof(labels), "lane=\"%s\"", name);
	metrics_sample(out, "call_seconds_sum", labels, lane->sum);
	metrics_sample(out, "call_seconds_count", labels, (double)count);
}

void metrics_write(const struct metrics *metrics, const struct metrics_sources *sources,
		   struct buffer *out)
{
	write_calls(metrics, out);
	metrics_family(out, "call_seconds", "histogram",
		       "From a call's coming in to its answer, by lane.");
	for (enum lane lane = LANE_QUICK; lane <= LANE_SLOW; lane++)
		write_lane(&metrics->lanes[lane], lanes[lane], out);
	metrics_one(out, "replays_total", "counter",
		    "Writes that were sent again and got the reply of before.",
		    (double)metrics->replays);
	metrics_one(out, "retries_total", "counter",
		    "Transactions run again after losing a race inside the database.",
		    (double)metrics->retries);
	metrics_now(sources, out);
}
