/* Names of database hosts, looked up aside. */
#include "connection_hosts.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FRESH_MS = 10 * 1000 }; /* connections made at the same time ask once */

/* Its own, name and all: one that cannot be called back may outlive us. */
struct look_up {
	struct gaicb request; /* must come first */
	char name[256];
};

static bool is_name(const char *host)
{
	struct in6_addr address;
	return *host && *host != '/' && *host != '@' && inet_pton(AF_INET, host, &address) != 1 &&
	       inet_pton(AF_INET6, host, &address) != 1;
}

/* The nth of a list by commas; a list of one serves all. */
static void nth(const char *list, int n, char *out, size_t size)
{
	const char *at = list;
	for (int i = 0; i < n && at; i++)
		at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL;
	if (!at)
		at = strchr(list, ',') ? "" : list;
	snprintf(out, size, "%.*s", (int)strcspn(at, ","), at);
}

static void take(struct hosts *hosts, const char *host, const char *port)
{
	bool names = false;
	const char *at = host;
	for (; at && hosts->n < HOSTS_MOST; hosts->n++) {
		const int i = hosts->n;
		nth(host, i, hosts->given[i].name, sizeof(hosts->given[i].name));
		nth(port, i, hosts->given[i].port, sizeof(hosts->given[i].port));
		hosts->given[i].is_name = is_name(hosts->given[i].name);
		names = names || hosts->given[i].is_name;
		at = strchr(at, ',');
		at = at ? at + 1 : NULL;
	}
	hosts->too_many = at;
	if ((!names && hosts->n == 1) || at)
		hosts->n = 0; /* nothing to look up or to choose from, or more than anybody has */
}

static const char *otherwise(const char *value, const char *variable)
{
	const char *given = *value ? value : getenv(variable);
	return given ? given : "";
}

bool hosts_init(struct hosts *hosts, const char *conninfo)
{
	const char *host = "", *port = "", *address = "", *service = otherwise("", "PGSERVICE");
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	*hosts = (struct hosts){0};
	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		const char *value = o->val ? o->val : "";
		if (!strcmp(o->keyword, "host"))
			host = value;
		else if (!strcmp(o->keyword, "port"))
			port = value;
		else if (!strcmp(o->keyword, "hostaddr"))
			address = value;
		else if (!strcmp(o->keyword, "service") && *value)
			service = value;
	}
	if (!*service) {
		address = *host ? address : otherwise(address, "PGHOSTADDR");
		host = otherwise(host, "PGHOST");
		port = otherwise(port, "PGPORT");
	}
	if (*host && !*address)
		take(hosts, host, port);
	PQconninfoFree(options);
	return options;
}

static void forget(struct hosts *hosts)
{
	for (int i = 0; i < hosts->n; i++) {
		if (hosts->asked[i] && hosts->asked[i]->request.ar_result)
			freeaddrinfo(hosts->asked[i]->request.ar_result);
		free(hosts->asked[i]);
		hosts->asked[i] = NULL;
	}
	hosts->asking = false;
}

/* A look-up that runs writes to what it was given: that stays. */
void hosts_finish(struct hosts *hosts)
{
	bool runs = false;
	for (int i = 0; i < hosts->n && hosts->asking; i++)
		runs = runs || (hosts->asked[i] &&
				gai_cancel(&hosts->asked[i]->request) == EAI_NOTCANCELED);
	if (!runs)
		forget(hosts);
}

static void ask(struct hosts *hosts)
{
	static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	forget(hosts);
	for (int i = 0; i < hosts->n; i++) {
		struct look_up *one = hosts->given[i].is_name ? calloc(1, sizeof(*one)) : NULL;
		if (!one)
			continue;
		struct gaicb *request = &one->request;
		strcpy(one->name, hosts->given[i].name);
		request->ar_name = one->name;
		request->ar_request = &hints;
		if (getaddrinfo_a(GAI_NOWAIT, &request, 1, NULL) == 0)
			hosts->asked[i] = one;
		else
			free(one);
	}
	hosts->asking = true;
}

static bool is_over(const struct hosts *hosts)
{
	for (int i = 0; i < hosts->n; i++)
		if (hosts->asked[i] && gai_error(&hosts->asked[i]->request) == EAI_INPROGRESS)
			return false;
	return true;
}

static void add(char list[HOSTS_TEXT], const char *text, bool first)
{
	const size_t used = strlen(list);
	snprintf(list + used, HOSTS_TEXT - used, "%s%s", first ? "" : ",", text);
}

static void add_entry(struct hosts *hosts, int i, const char *address, int *count)
{
	const bool first = (*count)++ == 0;
	add(hosts->hosts, hosts->given[i].name, first);
	add(hosts->addresses, address, first);
	add(hosts->ports, hosts->given[i].port, first);
}

/* What has no address is left out: libpq would look for it itself. */
static int write_lists(struct hosts *hosts)
{
	char address[INET6_ADDRSTRLEN];
	int count = 0;
	*hosts->hosts = *hosts->addresses = *hosts->ports = '\0';
	for (int k = 0; k < hosts->n; k++) {
		const int i = (hosts->first + k) % hosts->n;
		const struct look_up *one = hosts->asked[i];
		if (!hosts->given[i].is_name)
			add_entry(hosts, i, "", &count);
		for (const struct addrinfo *a = one ? one->request.ar_result : NULL;
		     a && count < HOSTS_MOST; a = a->ai_next)
			if (getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof(address), NULL,
					0, NI_NUMERICHOST) == 0)
				add_entry(hosts, i, address, &count);
	}
	return count;
}

void hosts_failed(struct hosts *hosts, const char *host)
{
	for (int i = 0; host && i < hosts->n; i++)
		if (!strcmp(hosts->given[i].name, host))
			hosts->first = (i + 1) % hosts->n;
}

enum hosts_answer hosts_look(struct hosts *hosts, int64_t now)
{
	if (!hosts->n)
		return HOSTS_READY;
	if (!hosts->known_at || now >= hosts->known_at + FRESH_MS) {
		if (!hosts->asking)
			ask(hosts);
		if (!is_over(hosts))
			return HOSTS_ASKING;
		hosts->asking = false;
		hosts->known_at = now;
	}
	if (write_lists(hosts))
		return HOSTS_READY;
	hosts->known_at = 0;
	return HOSTS_NOBODY;
}
