/* Three machines of Patroni. */
#include "patroni.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harm.h"
#include "internal.h"
#include "shell.h"

enum { PEERS = 1, POSTGRES = 2, REST = 3 }; /* ports after etcd's */

bool patroni_is_here(void)
{
	return !access("/usr/bin/patroni", X_OK) && !access("/usr/bin/etcd", X_OK);
}

/* The file that people copy, with our addresses and certificate, and without passwords. */
static void write_config(const struct patroni *p, const struct patroni_node *n)
{
	const char *dir = p->f->dir;

	shell("sed -e 's,NODE,%s,; s,ADDRESS:5432,%s:%d,; s,ADDRESS:8008,%s:%d,' "
	      "-e 's,hosts: ETCD,hosts: 127.0.0.1:%d,; s,^  data_dir:.*,  data_dir: %s,' "
	      "-e 's,/var/lib/postgresql/patroni,%s/%s,; s,/run/postgresql,%s/run-%s,' "
	      "-e 's,username: replicator,username: postgres,; s,replication replicator,replication all,' "
	      "-e 's,local all postgres peer,local all all trust,' "
	      "-e 's,10.0.0.0/24 scram-sha-256,127.0.0.0/8 trust,' "
	      "-e 's,/etc/ssl/.*/ssl-cert-snakeoil,%s/machine,' "
	      "%s/systemd/patroni.yml >%s; mkdir %s/run-%s",
	      n->name, n->address, p->port + POSTGRES, n->address, p->port + REST, p->port,
	      n->folder, dir, n->name, dir, n->name, dir, SOURCE_DIR, n->config, dir, n->name);
}

static void start_etcd(struct patroni *p)
{
	char data[128], clients[40], peers[40], cluster[60], log[96];
	const char *const arguments[] = {"/usr/bin/etcd",
					 "--data-dir",
					 data,
					 "--listen-client-urls",
					 clients,
					 "--advertise-client-urls",
					 clients,
					 "--listen-peer-urls",
					 peers,
					 "--initial-advertise-peer-urls",
					 peers,
					 "--initial-cluster",
					 cluster,
					 NULL};

	snprintf(data, sizeof data, "%s/etcd", p->f->dir);
	snprintf(log, sizeof log, "%s/etcd.log", p->f->dir);
	snprintf(clients, sizeof clients, "http://127.0.0.1:%d", p->port);
	snprintf(peers, sizeof peers, "http://127.0.0.1:%d", p->port + PEERS);
	snprintf(cluster, sizeof cluster, "default=%s", peers);
	process_start(p->f, arguments, log);
}

static void start_node(struct patroni *p, struct patroni_node *n)
{
	const char *const arguments[] = {"/usr/bin/patroni", n->config, NULL};

	n->pid = process_start(p->f, arguments, n->log);
}

/* 'p': the primary, 's': a standby that follows one; else 0. */
static char role_of(const struct patroni *p, const struct patroni_node *n)
{
	char conninfo[200], role = '\0';

	snprintf(conninfo, sizeof conninfo,
		 "host=%s port=%d dbname=coachhouse user=postgres connect_timeout=2", n->address,
		 p->port + POSTGRES);
	PGconn *pg = PQconnectdb(conninfo);
	PGresult *result = PQexec(
		pg, "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'p' WHEN EXISTS (SELECT FROM "
		    "pg_stat_wal_receiver WHERE status = 'streaming') THEN 's' ELSE '' END");
	if (PQntuples(result))
		role = *PQgetvalue(result, 0, 0);
	PQclear(result);
	PQfinish(pg);
	return role;
}

static struct patroni_node *primary(struct patroni *p)
{
	for (int i = 0; i < NODES; i++)
		if (role_of(p, &p->nodes[i]) == 'p')
			return &p->nodes[i];
	return NULL;
}

static bool is_whole(struct patroni *p)
{
	int followers = 0;

	for (int i = 0; i < NODES; i++)
		followers += role_of(p, &p->nodes[i]) == 's';
	/* Who is not written down in etcd as synchronous is not promoted. */
	return primary(p) && followers == NODES - 1 &&
	       strstr(shell("patronictl -c %s list", p->nodes[0].config), "Sync Standby");
}

void patroni_heal(struct patroni *p)
{
	int minutes = 0;

	for (int i = 0; i < NODES; i++)
		if (!p->nodes[i].pid)
			start_node(p, &p->nodes[i]);
	for (int64_t deadline = 0; !is_whole(p);)
		if (!still_time(&deadline)) {
			if (++minutes == 3)
				fixture_fail("the three do not come together; see %s/*.log",
					     p->f->dir);
			deadline = 0;
		}
}

void patroni_kill_primary(struct patroni *p)
{
	struct patroni_node *n = primary(p);

	if (!n)
		fixture_fail("there is no primary to kill");
	kill(n->pid, SIGKILL);
	process_wait(n->pid);
	n->pid = 0;
	for (int64_t deadline = 0; harm_signal_cluster(n->folder, SIGKILL);)
		if (!still_time(&deadline))
			fixture_fail("PostgreSQL of %s does not end", n->name);
}

static void make_node(struct patroni *p, int i)
{
	struct patroni_node *n = &p->nodes[i];
	const char name = (char)('a' + i), *dir = p->f->dir;

	snprintf(n->name, sizeof n->name, "%c", name);
	snprintf(n->address, sizeof n->address, "127.0.0.%d", i + 1);
	snprintf(n->folder, sizeof n->folder, "%s/%c", dir, name);
	snprintf(n->config, sizeof n->config, "%s/%c.yml", dir, name);
	snprintf(n->log, sizeof n->log, "%s/%c.log", dir, name);
	write_config(p, n);
}

void patroni_start(struct patroni *p)
{
	const struct fixture_options options = {.durable = true};
	struct fixture *f = fixture_start(&options);

	*p = (struct patroni){.f = f, .port = fixture_port()};
	fixture_daemon_stop(f, &f->daemons[0]);
	start_etcd(p);
	/* Where libpq looks for certificates: root's is shut to those who are not root any more. */
	setenv("HOME", f->dir, 1);
	shell("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=machine -out %s/machine.pem "
	      "-keyout %s/machine.key 2>&1",
	      f->dir, f->dir);
	for (int i = 0; i < NODES; i++)
		make_node(p, i);
	shell("mv %s/postgresql %s", f->data, p->nodes[0].folder);
	snprintf(f->primary, sizeof f->primary,
		 "host=127.0.0.1,127.0.0.2,127.0.0.3 port=%d target_session_attrs=read-write",
		 p->port + POSTGRES);
	strcpy(f->conninfo, f->primary);
	/* The first takes over what is there; the others copy it. */
	start_node(p, &p->nodes[0]);
	for (int64_t deadline = 0; role_of(p, &p->nodes[0]) != 'p';)
		if (!still_time(&deadline))
			fixture_fail("%s is no primary; see %s", p->nodes[0].name, p->nodes[0].log);
	patroni_heal(p);
	fixture_daemon_start(f, &f->daemons[0], NULL);
}

void patroni_stop(struct patroni *p)
{
	fixture_daemon_stop(p->f, &p->f->daemons[0]);
	for (int i = 0; i < NODES; i++) {
		if (p->nodes[i].pid) {
			kill(p->nodes[i].pid, SIGKILL);
			process_wait(p->nodes[i].pid);
		}
		for (int64_t deadline = 0; harm_signal_cluster(p->nodes[i].folder, SIGKILL);)
			if (!still_time(&deadline))
				break;
	}
	fixture_stop(&p->f);
}
