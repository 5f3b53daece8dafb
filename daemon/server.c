/* The one loop. */
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "call.h"
#include "doors.h"
#include "endpoint.h"
#include "jobs.h"
#include "log.h"
#include "metrics.h"
#include "process.h"
#include "scrape.h"
#include "zap.h"

enum {
	KEYS_POLL_MS = 5000,
	REVIVE_MS = 5000,
	DRAIN_MS = 10000,
	PROBE_MS = 5000,
	LONGEST_WAIT_MS = 1000,
	BATCH = 256, /* calls read before replies are looked at again */
};

enum phase { PHASE_STARTING, PHASE_PROBING, PHASE_SERVING, PHASE_DRAINING, PHASE_OVER };

/* What the loop polls: these, then the connections to PostgreSQL. */
enum {
	ITEM_SIGNALS,
	ITEM_ZAP,
	ITEM_ZAP_BEFORE,
	ITEM_PROBE,
	ITEM_DOORS,
	ITEM_SCRAPE = ITEM_DOORS + DOORS_ITEMS,
	ITEMS = ITEM_SCRAPE + SCRAPE_ITEMS
};

struct server {
	const struct server_options *options;
	void *context;
	struct zap zap;
	struct doors doors;
	uint8_t public_key[KEY_SIZE], secret_key[KEY_SIZE];
	uint8_t next_public_key[KEY_SIZE], next_secret_key[KEY_SIZE]; /* while the key changes */
	struct moved moved;
	int signals;
	long max_clients; /* that files suffice for */
	enum phase phase;
	int code;    /* to exit with */
	int64_t now; /* monotonic ms, of this turn */
	int64_t keys_due, pool_due, jobs_due, revive_due, deadline, watchdog_due, watchdog_every;
	struct zap_probe probe;
	enum door probed;
	struct keys keys;
	struct jobs jobs;
	struct calls calls;
	struct database database;
	struct zap_counts handshakes;
	struct metrics metrics;
	struct scrape scrape;
};

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void end(struct server *s, int code)
{
	s->phase = PHASE_OVER;
	s->code = code;
}

/* Without a connection calls are read all the same, and told so at once. */
static bool has_room(const struct server *s)
{
	return pool_room(s->database.pool, LANE_QUICK) > 0 || !pool_is_up(s->database.pool);
}

/* Many who enrol are not told from a flood of one: they are not refused, they wait. */
static bool is_open(const struct server *s, enum door door)
{
	static const uint8_t enrolling[SHARE_WHO];
	return s->doors.sockets[door] && s->phase == PHASE_SERVING && has_room(s) &&
	       (!door_enrols(door) || share_has_place(&s->calls.shares, enrolling, LANE_QUICK));
}

/* Whether calls wait that could be read now. */
static bool can_read(const struct server *s, enum door door)
{
	return s->doors.look[door] && is_open(s, door);
}

static void read_calls(struct server *s, enum door door)
{
	for (int i = 0; i < BATCH && can_read(s, door); i++)
		doors_read(&s->doors, door, &s->calls);
}

static void keys_changed(void *arg)
{
	struct server *s = arg;
	keys_refresh(&s->keys);
	ledger_refresh(s->jobs.ledger);
}

static void on_signal(struct server *s)
{
	struct signalfd_siginfo signal;
	while (read(s->signals, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.ssi_signo == SIGHUP && s->options->reload) {
			s->options->reload(s->options->arg);
		} else if (signal.ssi_signo == SIGCHLD && s->options->child) {
			s->options->child(s->options->arg);
		} else if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) {
			if (s->phase != PHASE_SERVING) {
				end(s, 0);
				return;
			}
			log_info("server", "stopping; %ld calls in flight", s->calls.in_flight);
			sd_notify(0, "STOPPING=1");
			s->phase = PHASE_DRAINING;
			s->deadline = s->now + DRAIN_MS;
		}
	}
}

static void probe(struct server *s, enum door door, const uint8_t *public_key)
{
	char endpoint[256];
	endpoint_last(s->doors.sockets[door], endpoint, sizeof(endpoint));
	s->probed = door;
	s->phase = PHASE_PROBING;
	s->deadline = s->now + PROBE_MS;
	if (!zap_probe_start(&s->probe, s->context, endpoint, public_key))
		end(s, 1);
}

/* The doors open only once the keys are known: before, everybody would be refused. */
static void open_doors(struct server *s)
{
	const struct server_options *o = s->options;
	const long most = s->max_clients, enrolling = DOORS_MOST_ENROLLING;
	struct doors_settings settings = {
		.places = {o->listen, o->listen_enrol},
		.secret_keys = {s->secret_key, s->secret_key, s->next_secret_key,
				s->next_secret_key},
		.most = {most, enrolling, most, enrolling},
		.most_bytes = (size_t)o->max_memory * 1024 * 1024,
	};
	if (o->next_public_key) {
		settings.places[DOOR_NEXT] = o->next->listen;
		settings.places[DOOR_NEXT_ENROLMENT] = o->next->listen_enrol;
	}
	if (doors_open(&s->doors, s->context, &settings))
		probe(s, DOOR_MAIN, s->public_key);
	else
		end(s, 1);
}

static void serve(struct server *s)
{
	s->phase = PHASE_SERVING;
	process_give_way(); /* not before: the first to compute is who makes all others wait */
	s->handshakes.unknown = 0; /* our own tries were not strangers; who is in is in */
	log_info("server", "ready at %s after %" PRId64 " ms, PostgreSQL took %" PRId64,
		 s->options->listen, process_ms() - s->options->started,
		 s->options->postgresql_took);
	if (s->options->next_public_key)
		log_info("server", "the daemon's key changes; the next one answers at %s",
			 s->options->next->listen);
	sd_notify(0, "READY=1");
}

static void on_probe(struct server *s)
{
	const enum zap_verdict verdict = zap_probe_read(&s->probe);
	if (verdict == ZAP_WAITING && s->now < s->deadline)
		return;
	zap_probe_finish(&s->probe);
	if (verdict != ZAP_REFUSED) {
		log_error("server", verdict == ZAP_ADMITTED
					    ? "a key made up on the spot was let in; not serving"
					    : "cannot prove that unknown keys are refused; not "
					      "serving");
		end(s, 1);
	} else if (s->probed == DOOR_MAIN && s->doors.sockets[DOOR_NEXT]) {
		probe(s, DOOR_NEXT, s->next_public_key);
	} else {
		serve(s);
	}
}

/* A PostgreSQL of ours that could not be started tells of no further end. */
static void revive(struct server *s)
{
	if (s->options->child && s->now >= s->revive_due) {
		s->options->child(s->options->arg);
		s->revive_due = s->now + REVIVE_MS;
	}
}

/* What happens by itself: connecting, reading keys, the steps from start to end. */
static void on_time(struct server *s)
{
	/* Preparing takes PostgreSQL a while: before we serve, one connection of a kind is enough. */
	s->pool_due = pool_tick(s->database.pool, s->now, s->phase >= PHASE_SERVING);
	s->jobs_due = jobs_tick(&s->jobs, s->now, s->phase == PHASE_SERVING);
	if (s->phase == PHASE_SERVING)
		s->jobs_due = sooner(s->jobs_due, crowd_tick(&s->doors.crowd, s->now));
	/* A notice that came while we were away from the database is lost. */
	if (!pool_is_up(s->database.pool))
		revive(s);
	if (!pool_lane_is_up(s->database.pool, LANE_CONTROL)) {
		keys_forget_mark(&s->keys);
		s->keys_due = s->now;
	} else if (s->now >= s->keys_due) {
		keys_refresh(&s->keys);
		keys_tick(&s->keys);
		s->keys_due = s->now + KEYS_POLL_MS;
	}
	if (s->watchdog_every && s->now >= s->watchdog_due) {
		sd_notify(0, "WATCHDOG=1");
		s->watchdog_due = s->now + s->watchdog_every;
	}
	if (s->phase == PHASE_STARTING && pool_is_unfit(s->database.pool)) {
		log_error("server", "the statements do not suit this database; not serving");
		end(s, 1);
	} else if (s->phase == PHASE_STARTING && s->keys.loaded && pool_is_up(s->database.pool)) {
		open_doors(s);
	} else if (s->phase == PHASE_PROBING) {
		on_probe(s);
	} else if (s->phase == PHASE_DRAINING && (!s->calls.in_flight || s->now >= s->deadline)) {
		end(s, 0);
	}
}

static int wait_ms(const struct server *s)
{
	int64_t next = s->now + LONGEST_WAIT_MS;
	const int64_t dues[] = {s->keys_due, s->pool_due, s->jobs_due,
				s->watchdog_every ? s->watchdog_due : INT64_MAX,
				s->phase == PHASE_SERVING ? INT64_MAX : s->deadline};
	for (size_t i = 0; i < sizeof(dues) / sizeof(*dues); i++)
		next = dues[i] > s->now && dues[i] < next ? dues[i] : next;
	for (enum door door = 0; door < DOORS; door++)
		if (s->pool_due <= s->now || can_read(s, door))
			return 0;
	return (int)(next - s->now);
}

static int fill_items(const struct server *s, struct pollfd *items)
{
	bool open[DOORS];
	for (enum door door = 0; door < DOORS; door++)
		open[door] = is_open(s, door);
	items[ITEM_SIGNALS] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	items[ITEM_ZAP] = (struct pollfd){.fd = endpoint_fd(s->zap.socket), .events = POLLIN};
	items[ITEM_ZAP_BEFORE] =
		(struct pollfd){.fd = endpoint_fd(s->zap.before), .events = POLLIN};
	items[ITEM_PROBE] = (struct pollfd){.fd = endpoint_fd(s->probe.monitor), .events = POLLIN};
	doors_watch(&s->doors, open, items + ITEM_DOORS);
	scrape_watch(&s->scrape, items + ITEM_SCRAPE);
	return ITEMS + pool_watch(s->database.pool, items + ITEMS);
}

static void admit(struct server *s)
{
	struct zap_room room = doors_room(&s->doors);
	zap_handle(&s->zap, &s->keys, &room, &s->handshakes);
	doors_admitted(&s->doors, &room);
}

/*
 * One turn: wait, then replies first (they make room), then new calls. The
 * descriptor of a ZeroMQ socket tells of changes, not of messages that wait: so
 * each is read to its end, and all are looked at when nothing came for a while.
 */
static void turn(struct server *s)
{
	struct pollfd items[ITEMS + POOL_MOST];
	const int n = fill_items(s, items), ready = poll(items, (nfds_t)n, wait_ms(s));
	if (ready < 0 && errno != EINTR) {
		log_error("server", "polling failed: %s", strerror(errno));
		end(s, 1);
		return;
	}
	s->now = process_ms();
	if (items[ITEM_SIGNALS].revents)
		on_signal(s);
	doors_handle(&s->doors, items + ITEM_DOORS, !ready, s->now);
	if (items[ITEM_ZAP].revents || items[ITEM_ZAP_BEFORE].revents || !ready)
		admit(s);
	for (int i = ITEMS; i < n && ready > 0; i++)
		if (items[i].revents)
			pool_handle(s->database.pool, i - ITEMS, items[i].revents);
	for (enum door door = 0; door < DOORS; door++)
		read_calls(s, door);
	scrape_handle(&s->scrape, items + ITEM_SCRAPE, s->now);
	if (s->phase != PHASE_OVER)
		on_time(s);
}

static bool start_database(struct server *s)
{
	const struct server_options *o = s->options;
	const long size[LANES] = {[LANE_QUICK] = o->connections,
				  [LANE_SLOW] = o->slow_connections,
				  [LANE_CONTROL] = 1,
				  [LANE_STANDBY] = *o->standby ? o->slow_connections : 0};
	struct database_settings settings = {
		.endpoint = o->advertise && *o->advertise ? o->advertise : o->listen,
		.enrol_endpoint = o->advertise_enrol && *o->advertise_enrol ? o->advertise_enrol
									    : o->listen_enrol,
		.server_key = o->public_key,
		.report_lag = o->report_lag,
		.clock_offset = o->clock_offset,
	};
	if (o->next_public_key) {
		settings.endpoint = o->next->endpoint;
		settings.enrol_endpoint = o->next->enrol_endpoint;
		settings.server_key = o->next_public_key;
		s->moved = (struct moved){o->next->endpoint, o->next_public_key};
	}
	return database_init(&s->database, o->conninfo, o->standby, o->depth, size, &settings,
			     keys_changed, s);
}

static const char *not_ready(void *arg)
{
	const struct server *s = arg;
	if (s->phase == PHASE_DRAINING)
		return "it is stopping";
	if (!pool_is_up(s->database.pool))
		return "the database is away";
	return s->phase == PHASE_SERVING ? NULL : "it is starting";
}

static void write_metrics(void *arg, struct buffer *out)
{
	struct server *s = arg;
	const struct metrics_sources sources = {
		.calls = &s->calls,
		.upkeep = &s->jobs.upkeep,
		.durable = &s->jobs.durable,
		.times = &s->jobs.times,
		.reseal = &s->jobs.reseal,
		.doors = &s->doors,
		.handshakes = &s->handshakes,
		.not_ready = not_ready(s),
	};
	metrics_write(&s->metrics, &sources, out);
}

static bool start_scrape(struct server *s)
{
	s->calls.metrics = &s->metrics;
	s->scrape.metrics = write_metrics;
	s->scrape.not_ready = not_ready;
	s->scrape.arg = s;
	return metrics_init(&s->metrics) && scrape_open(&s->scrape, s->options->metrics);
}

static bool start(struct server *s)
{
	uint64_t watchdog_us = 0;
	char error[256] = "out of memory";
	const struct server_options *o = s->options;
	if (!keys_parse(o->public_key, s->public_key) ||
	    !keys_parse(o->secret_key, s->secret_key) ||
	    (o->next_public_key && (!keys_parse(o->next_public_key, s->next_public_key) ||
				    !keys_parse(o->next_secret_key, s->next_secret_key)))) {
		log_error("server", "the daemon's keys are not 64 hexadecimal digits");
		return false;
	}
	if (!methods_init(error, sizeof(error)) || !calls_init(&s->calls, error, sizeof(error)) ||
	    !start_database(s)) {
		log_error("server", "%s", error);
		return false;
	}
	if (!keys_init(&s->keys, s->database.pool))
		return false;
	disk_init(&s->jobs.disk, o->data, o->disk_reserve, o->keeps_ballast);
	jobs_init(&s->jobs, s->database.pool, o->ledger, o->public_key);
	const long capacity[LANES] = {[LANE_QUICK] = s->options->connections * s->options->depth,
				      [LANE_SLOW] = s->options->slow_connections};
	shares_init(&s->calls.shares, capacity);
	s->calls.pool = s->database.pool;
	s->calls.keys = &s->keys;
	s->calls.clock_offset = s->options->clock_offset;
	s->calls.same_clock = *s->options->data;
	s->calls.disk = &s->jobs.disk;
	s->calls.moved = o->next_public_key ? &s->moved : NULL;
	s->calls.send = doors_send;
	s->calls.arg = &s->doors;
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		s->watchdog_every = (int64_t)watchdog_us / 2000;
	s->signals = process_signals();
	s->max_clients = doors_files(o->max_clients);
	s->context = s->max_clients ? endpoint_context() : NULL;
	return s->context && zap_open(&s->zap, s->context) && s->signals >= 0 && start_scrape(s);
}

/* What is still in flight is answered "unknown" while the sockets are open. */
static void finish(struct server *s)
{
	const int linger = s->phase == PHASE_OVER && s->code == 0 ? 500 : 0;
	s->calls.stopping = true;
	database_finish(&s->database);
	reseal_finish(&s->jobs.reseal);
	keys_finish(&s->keys);
	calls_finish(&s->calls);
	zap_probe_finish(&s->probe);
	doors_close(&s->doors, linger);
	scrape_close(&s->scrape);
	metrics_finish(&s->metrics);
	zap_close(&s->zap);
	endpoint_context_finish(s->context);
	if (s->signals >= 0)
		close(s->signals);
	methods_finish();
}

int server_run(const struct server_options *options)
{
	struct server s = {
		.options = options, .signals = -1, .code = 1, .scrape = {.listening = -1}};
	if (start(&s)) {
		s.now = process_ms();
		s.phase = PHASE_STARTING;
		while (s.phase != PHASE_OVER)
			turn(&s);
	}
	finish(&s);
	return s.code;
}
