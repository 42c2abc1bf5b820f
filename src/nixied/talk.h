/*
 * talk - a session with a mail server, a line at a time, for a command that waits for each answer
 *
 * Unlike the client of deliveries (smtp/client.h) it sends no mail: it asks what a server would
 * say, and leaves before DATA. Every wait has an end, TALK_SECONDS.
 */
#ifndef NIXIED_TALK_H
#define NIXIED_TALK_H

#include "base/net.h"
#include "base/str.h"

#include <openssl/ssl.h>

#define TALK_SECONDS 30
#define TALK_REPLY_BYTES_MAX 4096 /* of one reply, all its lines; the rest is skipped */
#define TALK_LINES_MAX 128        /* more is no reply */
#define TALK_LINE_BYTES_MAX 65536 /* nor is a longer line */
#define TALK_WORDS_MAX 256

struct talk {
	int fd; /* -1: closed */
	SSL *ssl;
	size_t used, at; /* bytes that came, and how far they were read */
	char in[2048];
	char reply[TALK_REPLY_BYTES_MAX]; /* the last one, lines parted by LF; NUL-terminated */
	char words[TALK_WORDS_MAX];       /* why it failed */
};

/* talk_open - connects; false: t->words say why, and nothing is to be closed */
bool talk_open(struct talk *t, const struct ip *ip, unsigned port);
void talk_close(struct talk *t);

/* talk_hear - the code of the next reply; 0: the connection failed, t->words say how */
unsigned talk_hear(struct talk *t);

/* talk_say - a command, without CRLF, and its answer */
__attribute__((format(printf, 2, 3))) unsigned talk_say(struct talk *t, const char *format, ...);

/* talk_secure - the handshake behind an answer to STARTTLS. False: it failed, t->words. When the
 * certificate is not good for `host`, *complaint says why; else it is NULL */
bool talk_secure(struct talk *t, SSL_CTX *context, const char *host, const char **complaint);

/* talk_offers - does the last reply, that to EHLO, name the extension? */
bool talk_offers(const struct talk *t, struct str extension);

#endif
