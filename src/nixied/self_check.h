/*
 * self_check - what the rest of the world sees of a domain and its servers
 *
 * Others look at this before they take mail, or send it here. Each finding has its remedy; what is
 * as it should be is told as well, since that is what one wants to know after mending something.
 */
#ifndef NIXIED_SELF_CHECK_H
#define NIXIED_SELF_CHECK_H

#include "base/net.h"
#include "net/tls.h"
#include "nixied/check.h"
#include "nixied/lookup.h"

#define SELF_HOSTS_MAX 10     /* mail servers of the domain */
#define SELF_ADDRESSES_MAX 16 /* in all */
#define SELF_SELECTORS_MAX 16
#define SELF_PORT 25

struct self_host {
	struct str name;
	uint32_t preference;
	struct ip addresses[SELF_ADDRESSES_MAX];
	size_t count;
};

struct self {
	const struct config *config;
	struct findings *findings;
	struct lookup lookup;
	SSL_CTX *tls; /* that others are met with */
	struct arena *arena;
	struct str domain;  /* whose mail it is about */
	struct str address; /* one of its addresses, to be verified; absent: none was given */
	struct str host;    /* as this server calls itself */
	unsigned port;
	struct str selectors[SELF_SELECTORS_MAX];
	size_t selector_count;
	/* Found on the way: */
	struct self_host hosts[SELF_HOSTS_MAX];
	size_t host_count;
	struct ip senders[SELF_ADDRESSES_MAX]; /* from where mail is sent */
	size_t sender_count;
};

/* self_names - MX, the addresses, reverse DNS and the name in HELO. False: the DNS does not answer,
 * and nothing else can be found out */
bool self_names(struct self *s);
/* self_policies - SPF, DKIM, DMARC */
void self_policies(struct self *s);
/* self_sts - the policy for mail to it (MTA-STS), and who is told when it stops mail (TLSRPT) */
void self_sts(struct self *s);
/* self_lists - the blocklists of the configuration and the public ones of the catalogue */
void self_lists(struct self *s);
/* self_talks - a session with each mail server, as others have it; no mail is sent */
void self_talks(struct self *s);

/* self_addresses - A and AAAA, appended; *has_failed when one of the two could not be told */
void self_addresses(struct self *s, struct str name, struct ip *list, size_t *count, size_t room,
	bool *has_failed, bool *has_cname);

#endif
