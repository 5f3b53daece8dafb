/* The state of the moment. */
#include "metrics_now.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "disk.h"
#include "doors.h"
#include "durable.h"
#include "reseal.h"
#include "times.h"
#include "upkeep.h"

static const char *const lanes[LANES] = {"lane=\"quick\"", "lane=\"slow\"", "lane=\"control\"",
					 "lane=\"standby\""};
static const char *const doors[DOORS] = {"endpoint=\"main\"", "endpoint=\"enrolment\"",
					 "endpoint=\"next\"", "endpoint=\"next-enrolment\""};

double metrics_memory(void)
{
	long pages = 0;
	FILE *in = fopen("/proc/self/statm", "re");
	if (in && fscanf(in, "%*d %ld", &pages) != 1)
		pages = 0;
	if (in)
		fclose(in);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void)
{
	double n = -3; /* "." and ".." and the folder itself */
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return 0;
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static void write_process(const struct metrics_sources *sources, struct buffer *out)
{
	struct rusage use;
	struct rlimit files;
	metrics_family(out, "build_info", "gauge", "The version that runs.");
	metrics_sample(out, "build_info", "version=\"" COACHHOUSE_VERSION "\"", 1);
	metrics_one(out, "ready", "gauge", "1: it serves. 0: /health says why not.",
		    !sources->not_ready);
	metrics_one(out, "memory_bytes", "gauge", "Memory that the daemon holds.",
		    metrics_memory());
	metrics_one(out, "memory_most_bytes", "gauge", "Memory beyond which connections are cut.",
		    (double)sources->doors->settings.most_bytes);
	metrics_one(out, "open_files", "gauge", "Open descriptors.", open_files());
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		metrics_one(out, "open_files_most", "gauge", "Descriptors that it may open.",
			    (double)files.rlim_cur);
	if (getrusage(RUSAGE_SELF, &use) == 0)
		metrics_one(out, "cpu_seconds_total", "counter", "Processor time used.",
			    (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
				    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
}

static void write_lanes(const struct pool *pool, struct buffer *out)
{
	struct pool_figures figures[LANES];
	for (enum lane lane = 0; lane < LANES; lane++)
		figures[lane] = pool_look(pool, lane);
	metrics_one(out, "database_up", "gauge",
		    "1: every lane but the standby's has a connection.", pool_is_up(pool));
	metrics_family(out, "database_connections", "gauge", "Connections that are up.");
	for (enum lane lane = 0; lane < LANES; lane++)
		metrics_sample(out, "database_connections", lanes[lane], (double)figures[lane].up);
	metrics_family(out, "database_losses_total", "counter",
		       "Connections to PostgreSQL lost or refused.");
	for (enum lane lane = 0; lane < LANES; lane++)
		metrics_sample(out, "database_losses_total", lanes[lane],
			       (double)figures[lane].losses);
	metrics_family(out, "jobs_running", "gauge", "Transactions in flight.");
	for (enum lane lane = 0; lane < LANES; lane++)
		metrics_sample(out, "jobs_running", lanes[lane], (double)figures[lane].running);
	metrics_family(out, "jobs_waiting", "gauge", "Transactions that wait for a connection.");
	for (enum lane lane = 0; lane < LANES; lane++)
		metrics_sample(out, "jobs_waiting", lanes[lane], (double)figures[lane].waiting);
}

static void write_clients(const struct metrics_sources *sources, struct buffer *out)
{
	const struct zap_counts *handshakes = sources->handshakes;
	char labels[64];
	metrics_family(out, "connections", "gauge", "Connections of clients.");
	for (int door = 0; door < DOORS; door++)
		metrics_sample(out, "connections", doors[door],
			       (double)sources->doors->clients[door]);
	metrics_family(out, "connections_most", "gauge", "Connections that are let in.");
	for (int door = 0; door < DOORS; door++)
		metrics_sample(out, "connections_most", doors[door],
			       (double)sources->doors->settings.most[door]);
	metrics_one(out, "handshakes_admitted_total", "counter", "Clients that were let in.",
		    (double)handshakes->admitted);
	metrics_family(out, "handshakes_refused_total", "counter", "Clients that were not let in.");
	metrics_sample(out, "handshakes_refused_total", "why=\"unknown_key\"",
		       (double)handshakes->unknown);
	metrics_sample(out, "handshakes_refused_total", "why=\"no_room\"",
		       (double)handshakes->crowded);
	metrics_family(out, "connections_cut_total", "counter",
		       "Connections ended for what they did to others.");
	for (enum crowd_why why = 0; why < CROWD_WHYS; why++) {
		snprintf(labels, sizeof(labels), "why=\"%s\"", crowd_word(why));
		metrics_sample(out, "connections_cut_total", labels,
			       (double)sources->doors->crowd.cuts[why]);
	}
	metrics_one(out, "keys_known", "gauge", "Keys that may connect.",
		    (double)sources->calls->keys->known);
}

void metrics_now(const struct metrics_sources *sources, struct buffer *out)
{
	const struct calls *calls = sources->calls;
	write_process(sources, out);
	if (calls->disk && calls->disk->room >= 0) {
		metrics_one(out, "disk_room_bytes", "gauge",
			    "Room on the disk of the private PostgreSQL.",
			    (double)calls->disk->room);
		metrics_one(out, "disk_low", "gauge", "1: writes are refused with DISK_LOW.",
			    calls->disk->low);
	}
	metrics_one(out, "calls_in_hand", "gauge", "Calls without an answer yet.",
		    (double)calls->in_flight);
	metrics_one(out, "clients_in_hand", "gauge", "Clients that have calls without an answer.",
		    (double)calls->shares.clients);
	metrics_one(out, "calls_crowded_total", "counter",
		    "Calls refused since their client had too many in hand.",
		    (double)calls->shares.refused);
	write_lanes(calls->pool, out);
	write_clients(sources, out);
	metrics_one(out, "reseal_older", "gauge", "Values that older keys sealed, when it began.",
		    (double)sources->reseal->older);
	metrics_one(out, "reseal_done", "gauge", "Values sealed anew since it began.",
		    (double)sources->reseal->done);
	if (sources->durable->machines >= 0)
		metrics_one(out, "durable_machines", "gauge",
			    "Machines that hold what is acknowledged.", sources->durable->machines);
	metrics_one(out, "upkeep_done_total", "counter", "Hourly upkeep that was done.",
		    (double)sources->upkeep->done);
	metrics_one(out, "upkeep_failures_total", "counter", "Hourly upkeep that failed.",
		    (double)sources->upkeep->failures);
	metrics_one(out, "times_wrong_total", "counter",
		    "Coaches whose stored free time was not as computed, and was put right.",
		    (double)sources->times->wrong);
	metrics_one(out, "times_failures_total", "counter",
		    "Looks at the stored free time that failed.", (double)sources->times->failures);
}
