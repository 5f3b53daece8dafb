/* Two machines. */
#include "machines.h"

#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cluster.h"
#include "harm.h"
#include "internal.h"
#include "rounds.h"
#include "shell.h"

static const char *const names[MACHINES] = {"a", "b"};

/* --- networks ---------------------------------------------------------------------- */

bool machines_network(void)
{
	return geteuid() == 0 && shell_does("ip -V >/dev/null 2>&1") && !unshare(CLONE_NEWNET) &&
	       shell_does(
		       "ip link set lo up && ip link add hub type bridge && ip link set hub up && "
		       "ip address add 10.77.0.100/24 dev hub");
}

static int this_network(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* A machine's own, with a cable to the hub. */
static int make_network(int i)
{
	const int home = this_network();
	if (unshare(CLONE_NEWNET))
		fixture_fail("no network for machine %d", i);
	const int network = this_network();
	const bool made = shell_does(
		"ip link set lo up && ip link add eth type veth peer name cable%d netns "
		"/proc/%d/fd/%d && ip address add 10.77.0.%d/24 dev eth && ip link set eth up",
		i, (int)getpid(), home, i + 1);
	if (setns(home, CLONE_NEWNET) || !made ||
	    !shell_does("ip link set cable%d master hub up", i))
		fixture_fail("no network for machine %d", i);
	close(home);
	return network;
}

void machines_cable(struct machines *m, int machine, bool there)
{
	(void)m;
	if (!shell_does("ip link set cable%d %s", machine, there ? "up" : "down"))
		fixture_fail("the cable of machine %d does not move", machine);
}

void machines_go_to(struct machines *m, int machine)
{
	const int network = machine < MACHINES ? m->machine[machine].network : m->home;
	if (m->networked && setns(network, CLONE_NEWNET))
		fixture_fail("no way to machine %d", machine);
}

/* --- programs ---------------------------------------------------------------------- */

static pid_t start(struct machines *m, int machine, const char *name, const char *const arguments[])
{
	char program[128], log[128];
	const char *all[24] = {program};
	snprintf(program, sizeof program, "%s/%s", m->programs, name);
	snprintf(log, sizeof log, "%s/%s.log", m->f->dir, names[machine]);
	for (int i = 0; arguments[i]; i++)
		all[i + 1] = arguments[i];
	process_network = m->machine[machine].network;
	const pid_t pid = process_start(m->f, all, log);
	process_network = 0;
	return pid;
}

static void run(struct machines *m, int machine, const char *name, const char *const arguments[])
{
	const int status = process_wait(start(m, machine, name, arguments));
	if (status)
		fixture_fail("%s of machine %s: status %#x; see %s/%s.log", name, names[machine],
			     (unsigned)status, m->f->dir, names[machine]);
}

static void start_postgres(struct machines *m, int i)
{
	struct machine *machine = &m->machine[i];
	char sockets[128], addresses[64], access[128];
	int64_t deadline = 0;
	snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", machine->socket);
	snprintf(addresses, sizeof addresses, "listen_addresses=%s",
		 m->networked ? machine->address : "");
	snprintf(access, sizeof access, "hba_file=%s/hba", m->f->dir);
	const char *const arguments[] = {"-D", machine->folder,
					 "-c", sockets,
					 "-c", addresses,
					 "-c", access,
					 "-c", "wal_keep_size=256MB",
					 "-c", "wal_retrieve_retry_interval=500ms",
					 NULL};
	machine->postgres = start(m, i, "postgres", arguments);
	while (!cluster_is_ready(machine->folder, machine->postgres))
		if (!still_time(&deadline) || waitpid(machine->postgres, NULL, WNOHANG))
			fixture_fail("PostgreSQL of machine %s does not start; see %s/%s.log",
				     names[i], m->f->dir, names[i]);
}

static void end_postgres(struct machines *m, int i)
{
	struct machine *machine = &m->machine[i];
	int64_t deadline = 0;
	while (harm_signal_cluster(machine->folder, SIGKILL))
		if (!still_time(&deadline))
			fixture_fail("PostgreSQL of machine %s does not end", names[i]);
	if (machine->postgres)
		process_wait(machine->postgres);
	machine->postgres = 0;
}

/* --- SQL --------------------------------------------------------------------------- */

static void write_conninfo(const struct machine *machine, char *out, size_t size)
{
	snprintf(out, size, "host=%s dbname=coachhouse user=postgres", machine->socket);
}

static PGconn *connect_to(struct machines *m, int machine)
{
	char conninfo[200];
	write_conninfo(&m->machine[machine], conninfo, sizeof conninfo);
	PGconn *pg = PQconnectdb(conninfo);
	if (PQstatus(pg) != CONNECTION_OK)
		fixture_fail("PostgreSQL of machine %s: %s", names[machine], PQerrorMessage(pg));
	return pg;
}

void machines_sql(struct machines *m, int machine, const char *sql)
{
	PGconn *pg = connect_to(m, machine);
	PGresult *result = PQexec(pg, sql);
	const ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fixture_fail("%s: %s", sql, PQerrorMessage(pg));
	PQclear(result);
	PQfinish(pg);
}

static void name_primary(struct machines *m, int primary)
{
	m->primary = primary;
	snprintf(m->f->primary, sizeof m->f->primary, "host=%s", m->machine[primary].socket);
	if (m->f->database)
		PQfinish(m->f->database);
	m->f->database = NULL;
}

/* --- pairs ------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

static void copy_primary(struct machines *m, int to)
{
	const struct machine *primary = &m->machine[m->primary], *standby = &m->machine[to];
	char from[128];
	int64_t deadline = 0;
	snprintf(from, sizeof from, "host=%s user=postgres",
		 m->networked ? primary->address : primary->socket);
	const char *const arguments[] = {"-D", standby->folder, "-d", from,   "-R",
					 "-X", "stream",	"-c", "fast", "--no-sync",
					 NULL};
	/* A cable that was put back carries nothing for a moment. */
	do
		nftw(standby->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	while (process_wait(start(m, to, "pg_basebackup", arguments)) && still_time(&deadline));
}

/*
 * Commits wait before there is anybody to wait for: so that nothing is acknowledged
 * that the standby, once it is there, has not got.
 */
static void let_commits_wait(struct machines *m)
{
	int64_t deadline = 0;
	PGconn *pg = connect_to(m, m->primary), *other = connect_to(m, m->primary);
	PQclear(PQexec(pg, "ALTER SYSTEM SET synchronous_standby_names = '*'"));
	PQclear(PQexec(pg, "SELECT pg_reload_conf()"));
	for (bool waits = false; !waits && still_time(&deadline);) {
		if (PQtransactionStatus(pg) == PQTRANS_IDLE)
			PQsendQuery(pg, "COMMENT ON DATABASE coachhouse IS 'of two machines'");
		PQconsumeInput(pg);
		while (!PQisBusy(pg)) {
			PGresult *result = PQgetResult(pg);
			PQclear(result);
			if (!result)
				break;
		}
		PGresult *result =
			PQexec(other, "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
		waits = PQntuples(result) > 0;
		PQclear(result);
	}
	PQfinish(pg);
	PQfinish(other);
}

static bool is_paired(struct machines *m)
{
	PGconn *pg = connect_to(m, m->primary);
	PGresult *result = PQexec(pg, "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
	const bool is = PQntuples(result) > 0;
	PQclear(result);
	PQfinish(pg);
	return is;
}

void machines_pair(struct machines *m)
{
	const int standby = machines_standby(m);
	int64_t deadline = 0;
	if (!m->paired)
		end_postgres(m, standby); /* a second primary must be gone before it is heard */
	for (int i = 0; i < MACHINES; i++)
		if (m->networked)
			machines_cable(m, i, true);
	if (!m->paired) {
		copy_primary(m, standby);
		let_commits_wait(m);
		start_postgres(m, standby);
		while (!is_paired(m))
			if (!still_time(&deadline))
				fixture_fail("the standby does not follow; see %s/%s.log",
					     m->f->dir, names[standby]);
		m->paired = true;
	}
	for (int i = 0; i < MACHINES; i++)
		if (m->machine[i].daemon->endpoint[0] && !m->machine[i].daemon->pid)
			fixture_daemon_start(m->f, m->machine[i].daemon, NULL);
}

void machines_kill_primary(struct machines *m)
{
	end_postgres(m, m->primary);
}

/* By hand, as one does who has lost a machine. */
void machines_promote(struct machines *m)
{
	const int standby = machines_standby(m);
	const char *const arguments[] = {"-D", m->machine[standby].folder, "-W", "promote", NULL};
	run(m, standby, "pg_ctl", arguments);
	name_primary(m, standby);
	m->paired = false;
}

/* --- the whole ----------------------------------------------------------------------- */

static void make_machine(struct machines *m, int i)
{
	struct machine *machine = &m->machine[i];
	struct fixture *f = m->f;
	machine->daemon = &f->daemons[i];
	snprintf(machine->folder, sizeof machine->folder, "%s/%s", f->dir, names[i]);
	snprintf(machine->socket, sizeof machine->socket, "%s/run-%s", f->dir, names[i]);
	snprintf(machine->address, sizeof machine->address, "10.77.0.%d", i + 1);
	if (m->networked)
		machine->network = make_network(i);
	machine->daemon->network = machine->network;
	snprintf(machine->daemon->log, sizeof machine->daemon->log, "%s/coachd-%s.log", f->dir,
		 names[i]);
	if (m->networked)
		snprintf(machine->daemon->endpoint, sizeof machine->daemon->endpoint,
			 "tcp://%s:7711", machine->address);
	else
		snprintf(machine->daemon->endpoint, sizeof machine->daemon->endpoint,
			 "ipc://%s/coachd.sock", machine->socket);
	if (!shell_does("install -d $(stat -c '-o %%U -g %%G' %s) %s", f->dir, machine->socket))
		fixture_fail("%s cannot be made", machine->socket);
}

static void write_access(struct machines *m)
{
	if (!shell_does("cp -p %s/postgresql/pg_hba.conf %s/hba", m->f->data, m->f->dir) ||
	    !shell_does(
		    "printf 'local all all trust\\nlocal replication all trust\\n"
		    "host all all 10.77.0.0/24 trust\\nhost replication all 10.77.0.0/24 trust\\n' "
		    ">%s/hba",
		    m->f->dir))
		fixture_fail("pg_hba.conf cannot be written");
}

void machines_start(struct machines *m, bool networked)
{
	/* The power stays on: what a killed process had written is there all the same. */
	const struct fixture_options options = {.durable = rounds_are_many()};
	char binaries[1024], error[200], from[96];
	struct fixture *f = fixture_start(&options);
	*m = (struct machines){.f = f, .networked = networked, .home = this_network()};
	fixture_daemon_stop(f, &f->daemons[0]);
	snprintf(from, sizeof from, "%s/postgresql", f->data);
	if (!cluster_binaries(from, binaries, sizeof binaries, error, sizeof error))
		fixture_fail("%s", error);
	snprintf(m->programs, sizeof m->programs, "%.90s", binaries);
	for (int i = 0; i < MACHINES; i++)
		make_machine(m, i);
	write_access(m);
	const struct machine *a = &m->machine[0], *b = &m->machine[1];
	if (rename(from, a->folder))
		fixture_fail("%s cannot be moved", from);
	snprintf(f->conninfo, sizeof f->conninfo, "host=%s,%s target_session_attrs=read-write",
		 networked ? a->address : a->socket, networked ? b->address : b->socket);
	snprintf(m->endpoint, sizeof m->endpoint, "%.120s,%.120s", a->daemon->endpoint,
		 b->daemon->endpoint);
	snprintf(m->turned, sizeof m->turned, "%.120s,%.120s", b->daemon->endpoint,
		 a->daemon->endpoint);
	strcpy(f->advertise, m->endpoint);
	name_primary(m, 0);
	start_postgres(m, 0);
	coachhouse_close(&f->admin->connection);
	strcpy(f->admin->identity.endpoint, m->endpoint);
	f->admin->connection = fixture_connect(f->admin, NULL);
	machines_pair(m);
}

void machines_stop(struct machines *m)
{
	for (int i = 0; i < MACHINES; i++)
		if (m->machine[i].daemon->pid)
			fixture_daemon_stop(m->f, m->machine[i].daemon);
	for (int i = 0; i < MACHINES; i++)
		end_postgres(m, i);
	fixture_stop(&m->f);
	for (int i = 0; i < MACHINES; i++)
		if (m->machine[i].network)
			close(m->machine[i].network);
	close(m->home);
}
