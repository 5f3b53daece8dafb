/* Proxies, seen from the test. */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "internal.h"
#include "relay.h"

struct proxy {
	pid_t pid;
	struct relay_orders *orders; /* shared with the process */
	char endpoint[64], folder[128];
};

static int listen_at_path(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (snprintf(at.sun_path, sizeof at.sun_path, "%s", path) >= (int)sizeof at.sun_path)
		fixture_fail("%s is too long a path for a socket", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 128) ||
	    chmod(path, 0777))
		fixture_fail("%s: %s", path, strerror(errno));
	return fd;
}

static int listen_anywhere(char *endpoint, size_t size)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof at;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&at, &length))
		fixture_fail("no port: %s", strerror(errno));
	snprintf(endpoint, size, "tcp://127.0.0.1:%d", ntohs(at.sin_port));
	return fd;
}

static void start(struct proxy *proxy, int listening, const char *target, bool messages)
{
	const int shared = memfd_create("orders", MFD_CLOEXEC);
	const char *const arguments[] = {"relay", target, messages ? "messages" : "bytes", NULL};
	if (shared < 0 || ftruncate(shared, sizeof *proxy->orders))
		fixture_fail("no memory for a proxy");
	proxy->orders =
		mmap(NULL, sizeof *proxy->orders, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (proxy->orders == MAP_FAILED)
		fixture_fail("no memory for a proxy");
	proxy->pid = process_spawn(arguments, listening, shared);
	close(listening);
	close(shared);
}

static struct proxy *make_proxy(void)
{
	struct proxy *proxy = calloc(1, sizeof *proxy);
	if (!proxy)
		fixture_fail("memory ran out");
	return proxy;
}

struct proxy *proxy_of_daemon(const char *socket)
{
	struct proxy *proxy = make_proxy();
	const int fd = listen_anywhere(proxy->endpoint, sizeof proxy->endpoint);
	start(proxy, fd, socket, false);
	return proxy;
}

struct proxy *proxy_of_postgres(struct fixture *f)
{
	struct proxy *proxy = make_proxy();
	char path[180], run[128];
	config_run_folder(f->data, run, sizeof run);
	snprintf(proxy->folder, sizeof proxy->folder, "%s/proxy", f->dir);
	if (mkdir(proxy->folder, 0755) && errno != EEXIST)
		fixture_fail("%s: %s", proxy->folder, strerror(errno));
	snprintf(path, sizeof path, "%s/.s.PGSQL.5432", proxy->folder);
	unlink(path);
	const int fd = listen_at_path(path);
	snprintf(path, sizeof path, "%s/.s.PGSQL.5432", run);
	start(proxy, fd, path, true);
	return proxy;
}

const char *proxy_endpoint(const struct proxy *proxy)
{
	return proxy->endpoint;
}

const char *proxy_folder(const struct proxy *proxy)
{
	return proxy->folder;
}

void proxy_set(struct proxy *proxy, enum proxy_mode mode)
{
	atomic_store(&proxy->orders->mode, (int)mode);
	kill(proxy->pid, SIGUSR1);
}

void proxy_arm(struct proxy *proxy, enum proxy_side side, int n, bool freeze)
{
	atomic_store(&proxy->orders->fired, false);
	atomic_fetch_add(&proxy->orders->number, 1);
	atomic_store(&proxy->orders->side, (int)side);
	atomic_store(&proxy->orders->n, n);
	atomic_store(&proxy->orders->trap, freeze ? TRAP_FREEZE : TRAP_CUT);
}

bool proxy_fired(const struct proxy *proxy)
{
	return atomic_load(&proxy->orders->fired);
}

void proxy_thaw(struct proxy *proxy)
{
	atomic_store(&proxy->orders->trap, TRAP_NONE);
	kill(proxy->pid, SIGUSR1);
}

void proxy_stop(struct proxy **proxy)
{
	if (!*proxy)
		return;
	kill((*proxy)->pid, SIGKILL);
	waitpid((*proxy)->pid, NULL, 0);
	munmap((*proxy)->orders, sizeof *(*proxy)->orders);
	free(*proxy);
	*proxy = NULL;
}
