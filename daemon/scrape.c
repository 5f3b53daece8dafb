/* A local socket for those who watch. */
#include "scrape.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "refuse.h"

enum { CLIENT_MS = 2000, BACKLOG = 16 };

static bool listen_at(int fd, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat info;
	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(at.sun_path, path);
	if (lstat(path, &info) == 0 && S_ISSOCK(info.st_mode))
		unlink(path);
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && chmod(path, 0660) == 0 &&
	       listen(fd, BACKLOG) == 0;
}

bool scrape_open(struct scrape *scrape, const char *path)
{
	scrape->listening = -1;
	for (int i = 0; i < SCRAPE_CLIENTS; i++)
		scrape->clients[i].fd = -1;
	if (!*path)
		return true;
	scrape->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (scrape->listening >= 0 && listen_at(scrape->listening, path)) {
		snprintf(scrape->path, sizeof(scrape->path), "%s", path);
		return true;
	}
	log_error("metrics", "cannot listen at %s: %s%s", path, strerror(errno),
		  refuse_listening(errno));
	return false;
}

static void end(struct scrape_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	buffer_finish(&client->answer);
	*client = (struct scrape_client){.fd = -1};
}

void scrape_close(struct scrape *scrape)
{
	for (int i = 0; i < SCRAPE_CLIENTS; i++)
		end(&scrape->clients[i]);
	if (scrape->listening >= 0)
		close(scrape->listening);
	if (*scrape->path)
		unlink(scrape->path);
	scrape->listening = -1;
	*scrape->path = '\0';
}

static struct scrape_client *free_client(const struct scrape *scrape)
{
	for (int i = 0; i < SCRAPE_CLIENTS; i++)
		if (scrape->clients[i].fd < 0)
			return (struct scrape_client *)&scrape->clients[i];
	return NULL;
}

void scrape_watch(const struct scrape *scrape, struct pollfd *items)
{
	const bool room = free_client(scrape);
	items[0] = (struct pollfd){.fd = room ? scrape->listening : -1, .events = POLLIN};
	for (int i = 0; i < SCRAPE_CLIENTS; i++) {
		const struct scrape_client *client = &scrape->clients[i];
		items[1 + i] = (struct pollfd){.fd = client->fd,
					       .events = client->answer.length ? POLLOUT : POLLIN};
	}
}

static void answer(struct scrape_client *client, const char *status, const char *body, size_t size)
{
	char head[256];
	const int length = snprintf(head, sizeof(head),
				    "HTTP/1.0 %s\r\n"
				    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
				    "Content-Length: %zu\r\nConnection: close\r\n\r\n",
				    status, size);
	buffer_bytes(&client->answer, head, (size_t)length);
	if (strncmp(client->request, "HEAD ", 5) != 0)
		buffer_bytes(&client->answer, body, size);
	if (client->answer.failed)
		end(client);
}

static void answer_metrics(const struct scrape *scrape, struct scrape_client *client)
{
	struct buffer page = {0};
	scrape->metrics(scrape->arg, &page);
	if (page.failed)
		answer(client, "500 Internal Server Error", "out of memory\n", 14);
	else
		answer(client, "200 OK", (const char *)page.data, page.length);
	buffer_finish(&page);
}

static void answer_health(const struct scrape *scrape, struct scrape_client *client)
{
	const char *why = scrape->not_ready(scrape->arg);
	char body[256];
	const int size = why ? snprintf(body, sizeof(body), "not ready: %s\n", why)
			     : snprintf(body, sizeof(body), "ready\n");
	answer(client, why ? "503 Service Unavailable" : "200 OK", body, (size_t)size);
}

static void answer_request(const struct scrape *scrape, struct scrape_client *client)
{
	static const char only[] = "There are /metrics and /health here, to GET.\n";
	char method[8], path[64];
	if (sscanf(client->request, "%7s %63s HTTP/1.", method, path) != 2)
		answer(client, "400 Bad Request", only, sizeof(only) - 1);
	else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		answer(client, "405 Method Not Allowed", only, sizeof(only) - 1);
	else if (strcmp(path, "/metrics") == 0)
		answer_metrics(scrape, client);
	else if (strcmp(path, "/health") == 0)
		answer_health(scrape, client);
	else
		answer(client, "404 Not Found", only, sizeof(only) - 1);
}

static void read_request(const struct scrape *scrape, struct scrape_client *client)
{
	const size_t room = sizeof(client->request) - 1 - client->got;
	const ssize_t got = recv(client->fd, client->request + client->got, room, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end(client);
		return;
	}
	client->got += (size_t)got;
	client->request[client->got] = '\0';
	if (strstr(client->request, "\r\n\r\n") || strstr(client->request, "\n\n"))
		answer_request(scrape, client);
	else if ((size_t)got == room)
		answer(client, "431 Request Header Fields Too Large", "", 0);
}

static void send_answer(struct scrape_client *client)
{
	const ssize_t sent = send(client->fd, client->answer.data + client->sent,
				  client->answer.length - client->sent, MSG_NOSIGNAL);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->sent += sent > 0 ? (size_t)sent : 0;
	if (sent < 0 || client->sent == client->answer.length)
		end(client);
}

static void let_in(struct scrape *scrape, int64_t now)
{
	struct scrape_client *client;
	while ((client = free_client(scrape))) {
		const int fd = accept4(scrape->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		client->fd = fd;
		client->due = now + CLIENT_MS;
	}
}

void scrape_handle(struct scrape *scrape, const struct pollfd *items, int64_t now)
{
	for (int i = 0; i < SCRAPE_CLIENTS; i++) {
		struct scrape_client *client = &scrape->clients[i];
		if (client->fd < 0)
			continue;
		if (now >= client->due)
			end(client);
		else if (items[1 + i].revents && client->answer.length)
			send_answer(client);
		else if (items[1 + i].revents)
			read_request(scrape, client);
	}
	if (items[0].revents)
		let_in(scrape, now);
}
