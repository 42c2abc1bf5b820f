/*
 * server - everything that a running nixied consists of, put together and taken apart again
 *
 * Threads: that of the event base.
 */
#ifndef NIXIED_SERVER_H
#define NIXIED_SERVER_H

#include "nixied/nixied.h"
#include "receive/receive.h"

struct server;

/*
 * server_run - serves until SIGTERM or SIGINT
 *
 * Says on standard output where it listens. SIGHUP reads configuration, certificates and log file
 * anew. systemd, when it asks for it
 * ($NOTIFY_SOCKET), is told when the server is ready.
 *
 * Returns   an exit code; what went wrong was said on stderr
 */
int server_run(const char *conf_path);

#endif
