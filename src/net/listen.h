/*
 * listen - the sockets on which clients are waited for
 *
 * "127.0.0.1:8025", "[::1]:8025", ":8025" (all addresses), "localhost:8025", "unix:/run/nixie.sock"
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/str.h"

#define LISTEN_ADDRESS_BYTES_MAX 256
#define LISTEN_WHY_BYTES 256

/*
 * listen_open - a socket that listens there and does not block
 *
 * Returns  the socket, or -1; then `why` says what is wrong and what to do
 */
int listen_open(struct str where, char why[static LISTEN_WHY_BYTES]);

/* listen_wrong - what is wrong with how the address is written; NULL when nothing is. It may still
 * be none of this machine */
const char *listen_wrong(struct str where);

/*
 * listen_inherited - the sockets that systemd opened for this process (sd_listen_fds(3))
 *
 * fds      room for `most`; more are left alone, and so is what does not listen
 * Returns  how many
 */
size_t listen_inherited(int *fds, size_t most);

/* listen_name - the address a socket listens on, as one writes it: "127.0.0.1:8025" */
void listen_name(int fd, char name[static LISTEN_ADDRESS_BYTES_MAX]);

#endif
