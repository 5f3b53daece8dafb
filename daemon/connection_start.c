/* How a connection to PostgreSQL begins. */
#include <libpq-fe.h>

#include "connection.h"

enum { CONNECT_MS = 10000, LOOK_MS = 20 };

/*
 * What is "" in these lists leaves the connection string's word as it is. A network
 * that answers nothing is given up after 2 s, also while connecting: another host
 * may be the primary by then.
 */
static void start(struct connection *c)
{
	const struct hosts *hosts = c->options->hosts;
	const char *const keywords[] = {"fallback_application_name",
					"keepalives_idle",
					"keepalives_interval",
					"keepalives_count",
					"tcp_user_timeout",
					"dbname",
					"options",
					"client_encoding",
					"host",
					"hostaddr",
					"port",
					NULL};
	const char *const values[] = {"coachd",
				      "10",
				      "5",
				      "3",
				      "2000",
				      c->options->conninfo,
				      c->options->settings,
				      "UTF8",
				      hosts->hosts,
				      hosts->addresses,
				      hosts->ports,
				      NULL};
	c->pg = PQconnectStartParams(keywords, values, 1);
	c->stage = STAGE_CONNECTING;
	c->events = POLLOUT;
	c->broken = !c->pg || PQstatus(c->pg) == CONNECTION_BAD;
}

/* The names of hosts first, aside; whoever waits for them asks again soon. */
void connection_start(struct connection *c, int64_t now)
{
	switch (hosts_look(c->options->hosts, now)) {
	case HOSTS_READY:
		start(c);
		c->due = now + CONNECT_MS;
		return;
	case HOSTS_ASKING:
		c->due = now + LOOK_MS;
		return;
	case HOSTS_NOBODY:
		c->broken = true;
	}
}
