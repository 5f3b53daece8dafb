/* Reports: what can be given, what is used, who waits. */
#include "own.h"
#include "sentence.h"

#define PERIOD_FLAGS                                                           \
	{"--month YYYY-MM", NULL, "a month; this one unless told"},            \
		{"--quarter YYYY-Qn", NULL, "a quarter of the year, 2026-Q4"}, \
		{"--year YYYY", NULL, "a year"},                               \
		{"--from D", "from", "the first day", BLANK_NEAREST},          \
	{                                                                      \
		"--to D", "to", "the last day", BLANK_LAST                     \
	}

#define PERIOD_LINE "{period.definition}: {period.from} to {period.to-}, {period.zone}"

/* What a standby may lack is said to spreadsheets too. */
#define MADE_PART(before)                                                     \
	{                                                                     \
		.line = before "Made {period.made}.[ As of {period.as_of}[, " \
			       "at most {period.behind_seconds} s behind].]", \
		.columns = {                                                  \
			{"period.as_of", "As of"},                            \
			{"period.behind_seconds", "Seconds behind"}           \
		}                                                             \
	}

const struct sentence REPORT_SENTENCES[] = {
	{
		.words = "report capacity",
		.says = "Hours that coaches can really give in a period.",
		.example = "report capacity --month 2026-11 --by organisation",
		.method = "Reports/ReportCapacity",
		.fill = report_fill,
		.flags = {PERIOD_FLAGS, {"--by", "by", "coach unless told"}},
		.parts = {{.line = PERIOD_LINE},
			  {.of = "lines",
			   .total = "total",
			   .columns = {{"name", "Name"},
				       {"state", "State"},
				       {"coaches", "Coaches"},
				       {"supply_hours", "Supply"},
				       {"free_hours", "Free"},
				       {"pledge_left_hours", "Pledge left"},
				       {"real_hours", "Real hours"},
				       {"places", "Places"},
				       {"not_closed", "Not closed"},
				       {"not_closed_hours", "Hours not closed"}}},
			  MADE_PART("")},
	},
	{
		.words = "report utilisation",
		.says = "Hours given and agreed, beside what was on offer.",
		.method = "Reports/ReportUtilisation",
		.fill = report_fill,
		.flags = {PERIOD_FLAGS, {"--by", "by", "coach unless told"}},
		.parts = {{.line = PERIOD_LINE},
			  {.of = "lines",
			   .total = "total",
			   .columns = {{"name", "Name"},
				       {"supply_hours", "Supply"},
				       {"delivered_hours", "Delivered"},
				       {"delivered_percent", "Delivered %"},
				       {"committed_hours", "Committed"},
				       {"committed_percent", "Committed %"},
				       {"pledge_hours", "Pledge"},
				       {"delivered_year_hours", "Given this year"},
				       {"pledge_percent", "Pledge %"},
				       {"not_closed", "Not closed"},
				       {"not_closed_hours", "Hours not closed"}}},
			  MADE_PART("")},
	},
	{
		.words = "report waiting",
		.says = "How long people wait for a coach or mentor, those still waiting included.",
		.method = "Reports/ReportWaiting",
		.fill = report_fill,
		.flags = {PERIOD_FLAGS,
			  {"--by", "by", "organisation unless told"},
			  {"--side", "side",
			   "the mentee's organisation (receiving) or the coach's"},
			  {"--target DAYS", "target_days", "42 unless told"}},
		.parts = {{.line = PERIOD_LINE "[, target {target_days} days]"},
			  {.of = "lines",
			   .total = "total",
			   .columns = {{"name", "Name"},
				       {"completed", "Completed"},
				       {"completed_median_days", "Median days"},
				       {"completed_p90_days", "90% within"},
				       {"completed_longest_days", "Longest"},
				       {"waiting", "Still waiting"},
				       {"waiting_median_days", "Their median"},
				       {"waiting_oldest_days", "Oldest"},
				       {"median_days", "Median of all"},
				       {"within_target_percent", "Within target %"}}},
			  MADE_PART(
				  "[Not closed: {not_closed} sessions, {not_closed_hours} hours. ]")},
	},
	{
		.words = "report quarter",
		.says = "One page: real hours, used, waiting, each beside the quarter before.",
		.example = "report quarter --quarter 2026-Q4",
		.method = "Reports/ReportQuarter",
		.fill = report_fill,
		.flags = {PERIOD_FLAGS},
		.parts = {{.line = PERIOD_LINE},
			  {.line = "Before: {before.from} to {before.to-}"},
			  {.of = "figures",
			   .columns = {{"name", "Figure"}, {"now", "Now"}, {"before", "Before"}}},
			  MADE_PART("")},
	},
	{0},
};
