/* What of the configuration depends on something else, and what cannot work. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "refuse.h"

#include "config.h"

enum {
	SOCKET_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
	ADVERTISED_MOST = 4, /* clients know twice as many: those of the next key too */
};

/* The daemon's folders are named in invitations: they must not depend on where it was started. */
static bool make_absolute(char *path, size_t size, char *error, size_t error_size)
{
	/* Where we were started; by the time of a reload we are elsewhere. */
	static char start[PATH_MAX];
	char real[PATH_MAX], joined[2 * PATH_MAX];

	if (!*start && !getcwd(start, sizeof start))
		*start = '\0';
	if (!*path)
		return true;
	if (*path == '/')
		snprintf(joined, sizeof joined, "%s", path);
	else if (*start)
		snprintf(joined, sizeof joined, "%s/%s", start, path);
	else
		return refuse(error, error_size, "%s: say it from the root, as in /srv/coachhouse.",
			      path);
	if (realpath(joined, real))
		strcpy(joined, real);
	if (strlen(joined) >= size - 64)
		return refuse(error, error_size, "%s is too long a path; choose a shorter one.",
			      path);
	strcpy(path, joined);
	return true;
}

void config_run_folder(const char *home, char *out, size_t size)
{
	unsigned hash = 2166136261u; /* FNV-1a: the same folder at every start */

	snprintf(out, size, "%s/run", home);
	if (strlen(out) + strlen("/.s.PGSQL.5432") <= SOCKET_MAX)
		return;
	for (const char *c = home; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	snprintf(out, size, "/tmp/coachhouse-%08x", hash);
}

static bool is_tcp(const char *endpoint)
{
	return strncmp(endpoint, "tcp://", 6) == 0;
}

static bool is_any(const char *endpoint)
{
	return strncmp(endpoint, "tcp://*:", 8) == 0 ||
	       strncmp(endpoint, "tcp://0.0.0.0:", 14) == 0 ||
	       strncmp(endpoint, "tcp://[::]:", 11) == 0 || strncmp(endpoint, "tcp://:::", 9) == 0;
}

/* The port of a tcp endpoint, 0 when it has none. */
static long port_of(const char *endpoint)
{
	const char *colon = strrchr(endpoint, ':');
	char *end;
	long port = strtol(colon + 1, &end, 10);

	return end == colon + 1 || *end || port < 1 || port > 65535 ? 0 : port;
}

/* tcp://HOST:PORT; an address of IPv6, whose colons are none before a port, in brackets. */
static bool is_host_and_port(const char *endpoint)
{
	const char *host = endpoint + 6, *colon = strrchr(host, ':');
	const size_t length = colon ? (size_t)(colon - host) : 0;
	const bool bracketed = *host == '[' && length > 2 && strcspn(host, "]") == length - 1;

	return length > 0 && !strpbrk(host, " \t;/") && port_of(endpoint) > 0 &&
	       (bracketed || strcspn(host, ":[]") == length);
}

static bool check_endpoint(const char *name, const char *endpoint, char *error, size_t size)
{
	if (strchr(endpoint, ','))
		return refuse(error, size, "%s is one endpoint, not \"%.200s\".", name, endpoint);
	if (strncmp(endpoint, "ipc:///", 7) == 0) {
		if (strlen(endpoint + 6) <= SOCKET_MAX)
			return true;
		return refuse(error, size, "%s: the path of a socket has at most %d characters.",
			      name, SOCKET_MAX);
	}
	if (is_tcp(endpoint) && is_host_and_port(endpoint))
		return true;
	return refuse(error, size,
		      "%s is ipc:///PATH or tcp://HOST:PORT (IPv6 in brackets; of several, commas "
		      "and no spaces in between), not \"%.200s\".",
		      name, endpoint);
}

/* The endpoint beside `main`: port + 1, or enrol.sock in the same folder. */
static bool beside(const char *main, char *out, size_t size, char *error, size_t error_size)
{
	int base = (int)(strrchr(main, is_tcp(main) ? ':' : '/') - main);
	int length;

	if (is_tcp(main) && port_of(main) == 65535)
		return refuse(error, error_size,
			      "There is no port after 65535: give listen_enrol.");
	if (is_tcp(main))
		length = snprintf(out, size, "%.*s:%ld", base, main, port_of(main) + 1);
	else
		length = snprintf(out, size, "%.*s/enrol.sock", base, main);
	return length < (int)size ||
	       refuse(error, error_size, "%s is too long an endpoint; choose a shorter one.", main);
}

static bool finish_listen(struct config *config, char *error, size_t size)
{
	char run[1100];

	if (!*config->listen) {
		config_run_folder(*config->data ? config->data : config->keys, run, sizeof run);
		snprintf(config->listen, sizeof config->listen, "ipc://%.200s/coachd.sock", run);
	}
	if (!check_endpoint("listen", config->listen, error, size))
		return false;
	if (!*config->listen_enrol &&
	    !beside(config->listen, config->listen_enrol, sizeof config->listen_enrol, error, size))
		return false;
	if (!check_endpoint("listen_enrol", config->listen_enrol, error, size))
		return false;
	return strcmp(config->listen, config->listen_enrol) != 0 ||
	       refuse(error, size, "listen and listen_enrol must differ.");
}

typedef bool (*made_of)(const struct config *config, const char *one, char out[256], char *error,
			size_t size);

/* Whether `rest` of a list by commas has `one` in it too. */
static bool names_twice(const char *rest, const char *one)
{
	const size_t length = strlen(one);

	for (; *rest; rest += strcspn(rest, ","))
		if (strncmp(++rest, one, length) == 0 && strcspn(rest, ",") == length)
			return true;
	return false;
}

/* Makes another list by commas of one, and at least checks each: of several daemons, say. */
static bool of_each(const char *list, const struct config *config, made_of made, char *out,
		    size_t out_size, char *error, size_t size)
{
	char one[256], other[256];
	size_t used = 0;
	int n = 0;

	for (const char *at = list; at; n++) {
		const size_t length = strcspn(at, ",");
		snprintf(one, sizeof one, "%.*s", (int)length, at);
		if (names_twice(at + length, one))
			return refuse(error, size, "%s is said twice in %.200s: say it once.", one,
				      list);
		if (!made(config, one, other, error, size))
			return false;
		used += (size_t)snprintf(out + used, out_size - used, "%s%s", used ? "," : "",
					 other);
		if (used >= out_size || n == ADVERTISED_MOST)
			return refuse(error, size,
				      "%.200s: more than clients can keep; they know %d endpoints, "
				      "of 255 characters together.",
				      list, ADVERTISED_MOST);
		at = at[length] ? at + length + 1 : NULL;
	}
	return true;
}

static bool checked(const struct config *config, const char *one, char out[256], char *error,
		    size_t size)
{
	(void)config;
	snprintf(out, 256, "%s", one);
	if (!is_any(one))
		return check_endpoint("advertise", one, error, size);
	return refuse(error, size,
		      "advertise and advertise_enrol name a host, not any address: people's "
		      "machines connect to it.");
}

static bool check_advertised(const char *list, char *error, size_t size)
{
	char same[256];

	return of_each(list, NULL, checked, same, sizeof same, error, size);
}

static bool next_port(const struct config *config, const char *one, char out[256], char *error,
		      size_t size)
{
	(void)config;
	return beside(one, out, 256, error, size);
}

/* listen_enrol was chosen, and need not be beside the main one. */
static bool chosen_port(const struct config *config, const char *one, char out[256], char *error,
			size_t size)
{
	int host = (int)(strrchr(one, ':') - one);

	snprintf(out, 256, "%.*s:%ld", host, one, port_of(config->listen_enrol));
	return check_endpoint("advertise_enrol", out, error, size);
}

static bool finish_advertise(struct config *config, bool enrol_given, bool listen_given,
			     char *error, size_t size)
{
	char *enrol = config->advertise_enrol;

	if (is_tcp(config->advertise) && !listen_given)
		return refuse(error, size,
			      "advertise sends people to %.200s, and nothing says that coachd is "
			      "there: add --listen tcp://*:PORT.",
			      config->advertise);
	if (!*config->advertise) {
		if (is_any(config->listen))
			return refuse(error, size,
				      "listen is on any address: add --advertise tcp://HOST:PORT, "
				      "what people's machines shall connect to.");
		strcpy(config->advertise, config->listen);
	}
	const bool is_list = strchr(config->advertise, ',');
	const bool both_tcp = is_tcp(config->advertise) && is_tcp(config->listen_enrol);
	if (!check_advertised(config->advertise, error, size))
		return false;
	if (*enrol)
		return check_advertised(enrol, error, size);
	if (!both_tcp && !is_list) {
		strcpy(enrol, config->listen_enrol);
		return true;
	}
	return of_each(config->advertise, config, both_tcp && enrol_given ? chosen_port : next_port,
		       enrol, sizeof config->advertise_enrol, error, size);
}

static bool finish_metrics(struct config *config, char *error, size_t size)
{
	char run[1100];

	if (!*config->metrics && *config->data) {
		config_run_folder(config->data, run, sizeof run);
		snprintf(config->metrics, sizeof config->metrics, "%.200s/metrics.sock", run);
	} else if (strcmp(config->metrics, "off") == 0) {
		*config->metrics = '\0';
	} else if (*config->metrics && *config->metrics != '/') {
		return refuse(error, size,
			      "metrics is the path of a socket, from the root, or off.");
	}
	return strlen(config->metrics) <= SOCKET_MAX ||
	       refuse(error, size, "metrics: the path of a socket has at most %d characters.",
		      SOCKET_MAX);
}

static bool check_place(const struct config *config, char *error, size_t size)
{
	if (!*config->data && !*config->database)
		return refuse(error, size,
			      "Say where the data is: --data DIR, or --database CONNINFO with "
			      "--keys DIR.");
	if (*config->data && *config->database)
		return refuse(error, size,
			      "--data has a PostgreSQL of its own: leave out --database, or give "
			      "--database with --keys.");
	if (*config->postgresql && !*config->data)
		return refuse(
			error, size,
			"postgresql is where the private PostgreSQL of data is: say --data DIR "
			"too.");
	if (*config->database && !*config->keys)
		return refuse(error, size, "--database needs --keys DIR, the folder of the keys.");
	if (*config->report_database && !*config->database)
		return refuse(error, size, "report_database is only for --database; leave it out.");
	if (*config->data && strcmp(config->serving_role, "coachhouse_server") != 0)
		return refuse(error, size, "serving_role is only for --database; leave it out.");
	return true;
}

/* A file or the environment does not know where a daemon will be started. */
static bool check_relative(const struct config *config, char *error, size_t size)
{
	for (int i = 0; i < CONFIG_SETTINGS; i++) {
		const struct config_setting *setting = &config_settings[i];
		const char *path = (const char *)config + setting->offset;
		const bool place = strcmp(setting->argument, "DIR") == 0 ||
				   strcmp(setting->argument, "FILE") == 0;
		if (place && *path && *path != '/' && strcmp(config->origin[i], "flag") != 0)
			return refuse(error, size,
				      "%s: %s is \"%.200s\": say it from the root, as in "
				      "/srv/coachhouse.",
				      config->origin[i], setting->name, path);
	}
	return true;
}

bool config_folders(struct config *config, char *error, size_t size)
{
	return check_relative(config, error, size) &&
	       make_absolute(config->data, sizeof config->data, error, size) &&
	       make_absolute(config->postgresql, sizeof config->postgresql, error, size) &&
	       make_absolute(config->keys, sizeof config->keys, error, size) &&
	       make_absolute(config->ledger, sizeof config->ledger, error, size);
}

bool config_finish(struct config *config, char *error, size_t size)
{
	bool enrol_given = *config->listen_enrol, listen_given = *config->listen;

	if (!check_place(config, error, size) || !config_folders(config, error, size))
		return false;
	if (!*config->keys)
		snprintf(config->keys, sizeof config->keys, "%.1000s/keys", config->data);
	if (!*config->ledger)
		snprintf(config->ledger, sizeof config->ledger, "%.1000s/erasures",
			 *config->data ? config->data : config->keys);
	return finish_metrics(config, error, size) && finish_listen(config, error, size) &&
	       finish_advertise(config, enrol_given, listen_given, error, size);
}

/* The port `by` further on, or a socket of the same name with an ending. */
static bool shifted(const char *endpoint, int by, const char *ending, char out[256], char *error,
		    size_t size)
{
	int length, host = is_tcp(endpoint) ? (int)(strrchr(endpoint, ':') - endpoint) : 0;

	if (host)
		length = snprintf(out, 256, "%.*s:%ld", host, endpoint, port_of(endpoint) + by);
	else
		length = snprintf(out, 256, "%s%s", endpoint, ending);
	return length < 256 && check_endpoint("listen_next", out, error, size);
}

static bool two_on(const struct config *config, const char *one, char out[256], char *error,
		   size_t size)
{
	(void)config;
	return shifted(one, 2, ".next", out, error, size);
}

static bool one_on(const struct config *config, const char *one, char out[256], char *error,
		   size_t size)
{
	(void)config;
	return shifted(one, 1, ".enrol", out, error, size);
}

/* The port of listen_next, at each host. */
static bool at_listen_next(const struct config *config, const char *one, char out[256], char *error,
			   size_t size)
{
	snprintf(out, 256, "%.*s:%ld", (int)(strrchr(one, ':') - one), one,
		 port_of(config->listen_next));
	return check_endpoint("advertise_next", out, error, size);
}

static bool advertise_next(const struct config *config, const struct config_next *next,
			   char out[256], char *error, size_t size)
{
	const char *now = config->advertise;
	const bool chosen = is_tcp(now) && *config->listen_next && is_tcp(next->listen);

	if (*config->advertise_next)
		return of_each(config->advertise_next, config, checked, out, 256, error, size);
	if (is_tcp(now) || strchr(now, ','))
		return of_each(now, config, chosen ? at_listen_next : two_on, out, 256, error,
			       size);
	snprintf(out, 256, "%s", next->listen);
	return true;
}

bool config_next(const struct config *config, struct config_next *out, char *error, size_t size)
{
	char next[256], enrol[256];

	if (*config->listen_next)
		snprintf(out->listen, sizeof out->listen, "%s", config->listen_next);
	else if (!shifted(config->listen, 2, ".next", out->listen, error, size))
		return false;
	if (!check_endpoint("listen_next", out->listen, error, size) ||
	    !shifted(out->listen, 1, ".enrol", out->listen_enrol, error, size) ||
	    !advertise_next(config, out, next, error, size))
		return false;
	if (!is_tcp(next) && !strchr(next, ','))
		snprintf(enrol, sizeof enrol, "%s", out->listen_enrol);
	else if (!of_each(next, config, one_on, enrol, sizeof enrol, error, size))
		return false;
	if (snprintf(out->endpoint, sizeof out->endpoint, "%s,%s", config->advertise, next) <
		    (int)sizeof out->endpoint &&
	    snprintf(out->enrol_endpoint, sizeof out->enrol_endpoint, "%s,%s",
		     config->advertise_enrol, enrol) < (int)sizeof out->enrol_endpoint)
		return true;
	return refuse(error, size,
		      "%s and %s are together longer than clients can keep: give a shorter "
		      "listen_next.",
		      config->advertise, next);
}
