/*
 * tls - certificates of this server, and what is asked of others': OpenSSL 3
 *
 * A server has one certificate for who names nobody, and others by name (RFC 6066 SNI) in a folder.
 * All of them are read again without a session noticing: one that runs keeps what it began with.
 *
 * Threads: one.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <openssl/ssl.h>

#include "base/str.h"

#define TLS_WORDS_MAX 1024
#define TLS_NAMES_MAX 10000 /* certificates in the folder */

/* What is wrong, where, and what to do. */
struct tls_error {
	char words[TLS_WORDS_MAX];
};

struct tls_files {
	const char *certificate; /* PEM: the server's, then those that signed it */
	const char *key;         /* PEM; NULL: it stands in the certificate's file */
	const char *folder;      /* of NAME.pem, each with certificate, chain and key; or NULL. A
				    name may be "*.example.org" */
};

struct tls_server;

/* tls_server_new - reads the files; their names are copied. NULL and the words of *error */
struct tls_server *tls_server_new(const struct tls_files *files, struct tls_error *error);

/* tls_server_new_waiting - of files that are at fault: it has no context until tls_server_reload()
 * succeeds, and is not stale before they change. NULL: no memory */
struct tls_server *tls_server_new_waiting(const struct tls_files *files);
void tls_server_free(struct tls_server *t);

/* tls_server_reload - reads them again; false, with what was before still in use, when they are at
 * fault */
bool tls_server_reload(struct tls_server *t, struct tls_error *error);

/* tls_server_is_stale - has a file changed since it was read? */
bool tls_server_is_stale(const struct tls_server *t);

/* tls_server_context - of sessions that begin now; NULL while it waits for its files */
SSL_CTX *tls_server_context(const struct tls_server *t);

/* tls_client_new - for connections to others, with the system's authorities (or those in the file
 * `authorities`); whether a certificate must be good is said for each connection. NULL: no memory,
 * or the file is unreadable */
SSL_CTX *tls_client_new(const char *authorities);

#endif
