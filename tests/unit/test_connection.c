/* One client of the HTTP server, over a pair of sockets and with a clock of the test's own: each
 * packet is read for itself, so that what arrives when is decided here. */
#include "serve/connection.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEALTH "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
#define S *1000 /* seconds of the test's clock */

static struct settings settings;
static struct service service = {.settings = &settings};
static int client;
static char answer[65536];

static struct connection *
begin(void)
{
	static const struct peer peer = {.is_local = true};
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		abort();
	client = pair[0];
	struct connection *const c = connection_new(pair[1], &peer, &service, 0);
	if (c == NULL)
		abort();
	return c;
}

static void
end(struct connection *c)
{
	connection_free(c);
	close(client);
}

static void
say(struct str bytes)
{
	if (send(client, bytes.ptr, bytes.len, MSG_DONTWAIT) != (ssize_t)bytes.len)
		abort();
}

/* Each byte for itself. */
static void
say_slowly(struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		say((struct str){bytes.ptr + i, 1});
}

/* The status of the next answer; 0: there is none. */
static unsigned
hear(void)
{
	const ssize_t n = recv(client, answer, sizeof answer - 1, MSG_DONTWAIT);
	answer[n > 0 ? n : 0] = '\0';
	return n > 12 && memcmp(answer, "HTTP/1.1 ", 9) == 0
		       ? (unsigned)str_number((struct str){answer + 9, 3}, 999)
		       : 0;
}

static void
status_is(unsigned want, const char *name)
{
	const unsigned got = hear();
	tap_is_int(got, want, "%s", name);
}

static void
test_reads(void)
{
	/* A request that ends with the last read of a turn, or one byte before or after. */
	for (int more = -1; more <= 1; more++) {
		char room[128] = "GET /healthz HTTP/1.1\r\nHost: ";
		size_t n = strlen(room);
		while (n < (size_t)(CONNECTION_READS_MAX - 4 + more))
			room[n++] = 'x';
		memcpy(room + n, "\r\n\r\n", 4);
		struct connection *const c = begin();
		say_slowly((struct str){room, n + 4});
		connection_serve(c, 0);
		if (more > 0) {
			status_is(0, "reads: one more than a turn has: no answer yet");
			connection_serve(c, 0);
		}
		char name[64];
		snprintf(name, sizeof name, "reads: CONNECTION_READS_MAX %+d", more);
		status_is(200, name);
		end(c);
	}
}

static void
test_times(void)
{
	static const struct {
		const char *name, *said;
		unsigned status; /* when its time is over; 0: it is closed without a word */
		int64_t seconds; /* that is left to it */
	} rows[] = {
		{"nothing", "", 0, 20},
		{"half a header", "GET /", 408, 20},
		{"half a body",
			"POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel", 408,
			60},
		{"no body", "POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
			408, 60},
		{"half a chunk",
			"POST /v1/explain HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
			"chunked\r\n\r\n5\r\nh",
			408, 60},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct connection *const c = begin();
		if (rows[i].said[0] != '\0')
			say(str_of(rows[i].said));
		connection_serve(c, 0);
		tap_is_int(
			c->deadline_ms, rows[i].seconds S, "times: %s: until when", rows[i].name);
		connection_expire(c, c->deadline_ms);
		status_is(rows[i].status, rows[i].name);
		tap_is_int(c->phase, rows[i].status == 0 ? PHASE_OVER : PHASE_LINGER,
			"times: %s: then", rows[i].name);
		if (c->phase == PHASE_LINGER) {
			tap_is_int(c->deadline_ms, rows[i].seconds S + CONNECTION_LINGER_MS,
				"times: %s: and then", rows[i].name);
			connection_expire(c, c->deadline_ms);
			tap_is_int(c->phase, PHASE_OVER, "times: %s: at last", rows[i].name);
		}
		end(c);
	}
	/* Bytes do not prolong it; another request does. */
	struct connection *const c = begin();
	say(STR("GET /hea"));
	connection_serve(c, 5 S);
	tap_is_int(c->deadline_ms, 25 S, "times: a header has its time from its first byte");
	say(STR("lthz HTTP/1.1\r\n"));
	connection_serve(c, 15 S);
	tap_is_int(c->deadline_ms, 25 S, "times: more of it changes nothing");
	say(STR("Host: x\r\n\r\n"));
	connection_serve(c, 24 S);
	status_is(200, "times: in time");
	tap_is_int(c->deadline_ms, 44 S, "times: the next may be waited for");
	end(c);
}

static void
test_ends(void)
{
	struct connection *c = begin();
	connection_stop(c, 0);
	tap_is_int(c->phase, PHASE_OVER, "stop: an idle connection");
	end(c);
	c = begin();
	say(STR("GET /healthz HTTP/1.1\r\n"));
	connection_serve(c, 0);
	connection_stop(c, 0);
	say(STR("Host: x\r\n\r\n" HEALTH));
	connection_serve(c, 0);
	status_is(200, "stop: what has begun is answered");
	tap_ok(strstr(answer, "Connection: close\r\n") != NULL,
		"stop: ... and told that it is the last");
	status_is(0, "stop: the next is not");
	end(c);
	c = begin();
	connection_refuse(c, PROBLEM_BUSY, 0);
	connection_serve(c, 0);
	status_is(503, "refused: before anything was said");
	tap_ok(strstr(answer, "Retry-After: 5\r\n") != NULL, "refused: with a time to wait");
	end(c);
	c = begin();
	say(STR("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
		"nonsense\r\n\r\n"));
	connection_serve(c, 0);
	status_is(200, "after HEAD: the answer");
	status_is(400, "after HEAD: a malformed request");
	tap_ok(strstr(answer, "/problems/malformed") != NULL, "after HEAD: ... has its body");
	end(c);
	c = begin();
	close(client);
	connection_serve(c, 0);
	tap_is_int(c->phase, PHASE_OVER, "a client that goes away");
	connection_free(c);
	client = -1;
}

static void
test_memory(void)
{
	char mail[4096] = "550 5.1.1 user unknown ";
	memset(mail + strlen(mail), 'x', sizeof mail - strlen(mail));
	settings.max_memory = 6000;
	struct connection *const c = begin();
	const int first = client;
	struct connection *const d = begin();
	const int second = client;
	const struct str head =
		STR("POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n");
	for (int i = 0; i < 2; i++) {
		client = i == 0 ? first : second;
		say(head);
		say((struct str){mail, sizeof mail});
		connection_serve(i == 0 ? c : d, 0);
	}
	tap_is_int(c->phase, PHASE_BODY, "memory: the first may go on");
	status_is(503, "memory: the second is refused");
	client = first;
	tap_is_int(atomic_load(&service.held_bytes), 4096, "memory: what the first holds");
	end(c);
	client = second;
	end(d);
	tap_is_int(atomic_load(&service.held_bytes), 0, "memory: all is given back");
	settings.max_memory = 1 << 20;
}

int
main(void)
{
	const struct clients_limits limits = {.rate = 0, .burst = 1, .connections = 1000};
	serve_settings_init(&settings);
	settings.max_memory = 1 << 20;
	service.web = web_new();
	service.clients = serve_clients_new(&limits, 1);
	test_reads();
	test_times();
	test_ends();
	test_memory();
	serve_clients_free(service.clients);
	web_free(service.web);
	return tap_done();
}
