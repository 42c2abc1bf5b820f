/*
 * channel - c-ares on libevent: a query out, the bytes of its answer in
 *
 * Its sockets and timeouts are events of the loop. For resolver.c alone.
 */
#ifndef DNS_CHANNEL_H
#define DNS_CHANNEL_H

#include "dns/resolver.h"

struct channel;

/* status DNS_FOUND: there is a message to be read, whatever it says. Also called from inside
 * channel_send(), and from channel_free() for what is under way. */
typedef void channel_done(void *context, enum dns_status status, struct str message);

struct channel *channel_new(
	struct event_base *base, const struct dns_settings *settings, const char **complaint);
void channel_free(struct channel *channel);

/* channel_send - name as dns_name_parse() gives it, with its NUL; done() is called once */
void channel_send(struct channel *channel, enum dns_type type, const char *name, channel_done *done,
	void *context);

#endif
