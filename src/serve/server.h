/*
 * server - the HTTP server: listening sockets, threads, and a quiet end
 *
 * SIGTERM and SIGINT end it: no new connection, the requests under way are answered
 * (LOOP_STOP_MS at the most). What is pasted is never written anywhere: no log, no core dump.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "net/listen.h"
#include "serve/settings.h"

/* server_ready - all is set up; `names` are the addresses one may now ask */
typedef void server_ready(void *to, char (*names)[LISTEN_ADDRESS_BYTES_MAX], size_t count);

struct server_trouble {
	char what[LISTEN_ADDRESS_BYTES_MAX], why[LISTEN_WHY_BYTES];
};

/* serve_run - serves until a signal ends it; false when it could not begin, and *trouble then says
 * why */
bool serve_run(const struct settings *settings, server_ready *ready, void *to,
	struct server_trouble *trouble);

#endif
