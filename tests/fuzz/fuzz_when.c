/* Dates as people write them: two bytes of zone and moment, then the text, to every reader. */
#include "fuzz.h"
#include "when.h"
#include "zone.h"

static const char *const zones[] = {"Europe/London", "UTC", "America/St_Johns",
				    "Pacific/Kiritimati"};

static bool has_shape(const char *text, const char *shape)
{
	for (; *shape; shape++, text++) {
		if (*shape == '0' ? *text < '0' || *text > '9' : *text != *shape)
			return false;
	}
	return true;
}

/* What was understood is written in the form of the contract, which is read as it stands. */
static void check_start(const char *text, int64_t now, const char *zone, bool past)
{
	char out[64], again[64], error[256] = "";
	int64_t at;
	if (!when_start(text, now, zone, past, out, sizeof(out), error, sizeof(error))) {
		require(*error && strlen(error) < sizeof(error));
		return;
	}
	require(has_shape(out, "0000-00-00T00:00"));
	require(when_start(out, now, zone, past, again, sizeof(again), error, sizeof(error)));
	require(!strcmp(out, again));
	require(!when_read_instant(out, &at) == !out[16]);
}

static void check_date(const char *text, int64_t now, const char *zone, bool past)
{
	char out[32], again[32], error[256] = "", day[32], next[11];
	if (!when_date(text, now, zone, past, out, sizeof(out), error, sizeof(error))) {
		require(*error && strlen(error) < sizeof(error));
		return;
	}
	require(has_shape(out, "0000-00-00") && !out[10]);
	require(when_date(out, now, zone, past, again, sizeof(again), error, sizeof(error)));
	require(!strcmp(out, again));
	require(when_write_date(out, day, sizeof(day)));
	when_shift_day(out, 1, next);
	require(has_shape(next, "0000-00-00") || !strncmp(out, "9999-12-31", 10));
}

static void check_instant(const char *text)
{
	char out[64], shown[200];
	int64_t at, again;
	if (!when_read_instant(text, &at))
		return;
	when_write_iso(at, "UTC", out, sizeof(out));
	/* An offset can carry it out of the years that have four digits. */
	if (has_shape(out, "0000-00-00T"))
		require(when_read_instant(out, &again) && again == at);
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		when_write(at, zones[i], shown, sizeof(shown));
		when_write_range(at, at + 3600, zones[i], shown, sizeof(shown));
		require(*shown);
	}
}

static void check_hours(const char *text)
{
	struct when_pattern patterns[16];
	char opens[6], closes[6], again[6], error[256] = "";
	const int n = when_patterns(text, patterns, 16, error, sizeof(error));
	require(n >= -1 && n != 0 && n <= 16 && (n > 0 || *error));
	for (int i = 0; i < n; i++) {
		require(patterns[i].weekday >= 1 && patterns[i].weekday <= 7);
		require(has_shape(patterns[i].opens, "00:00"));
		require(has_shape(patterns[i].closes, "00:00"));
	}
	if (when_hours(text, opens, closes))
		require(has_shape(opens, "00:00") && has_shape(closes, "00:00"));
	if (when_clock(text, opens))
		require(when_clock(opens, again) && !strcmp(opens, again));
	require(when_days(text) >= -1 && when_days(text) <= 30000);
}

static void check_period(const char *month, const char *quarter, const char *year)
{
	char from[11], to[11], error[256] = "";
	if (when_period(month, quarter, year, from, to, error, sizeof(error)))
		require(has_shape(from, "0000-00-01") &&
			(strcmp(from, to) < 0 || !strncmp(from, "9999", 4)));
	else
		require(*error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	const char *zone = zones[fuzz_byte(&in) % (sizeof(zones) / sizeof(*zones))];
	/* From 1970 to 2106, in steps that meet every season and hour. */
	const int64_t now = fuzz_byte(&in) * INT64_C(16807011);
	char *text = fuzz_text(&in);
	for (int past = 0; past < 2; past++) {
		check_start(text, now, zone, past);
		check_date(text, now, zone, past);
	}
	check_instant(text);
	check_hours(text);
	check_period(text, NULL, NULL);
	check_period(NULL, text, NULL);
	check_period(NULL, NULL, text);
	free(text);
	return 0;
}
