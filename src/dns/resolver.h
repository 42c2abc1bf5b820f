/*
 * resolver - questions to the DNS that never make the loop wait
 *
 * One resolver belongs to one event loop: everybody on it asks the same one, so that they share its
 * cache. Many who ask the same at a time share one query. The answer comes by a callback from the
 * loop, always, also when the cache has it: a caller never hears back inside dns_ask().
 *
 * Five things that look alike are kept apart, because the mail that hangs on them must be: there is
 * something (FOUND), the name has nothing of the kind (NO_DATA), the name does not exist (NO_NAME,
 * NXDOMAIN), the question makes no sense (BAD_NAME), and nobody could tell for now (the others:
 * dns_is_failure()). A failure is never a reason to refuse or to give up mail for good.
 *
 * RFC 1035; RFC 2308 negative caching; RFC 8020 is not used. The resolver trusts the servers it
 * asks: with DANE, or where strangers share the net, they should run on this host
 * (doc/decisions/0014-c-ares.md).
 *
 * Threads: that of the loop alone.
 */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include "base/net.h"
#include "base/str.h"

struct event_base;

#define DNS_NAME_BYTES_MAX 253 /* without the dot of the root */
#define DNS_RECORDS_MAX 256    /* of one answer; more are left out, and is_cut says so */
#define DNS_CNAMES_MAX 10      /* in a row; more is DNS_BROKEN */
#define DNS_SERVERS_MAX 8

#define DNS_TTL_S_MIN 5     /* a shorter one would ask for every recipient anew */
#define DNS_TTL_S_MAX 86400 /* of what was found */
#define DNS_NEGATIVE_TTL_S_MAX                                                                     \
	3600                   /* of NO_DATA and NO_NAME: RFC 2308 s5 says one to three hours */
#define DNS_NEGATIVE_TTL_S 300 /* of these without an SOA, which is a lame answer */
#define DNS_FAILURE_TTL_S 10   /* RFC 2308 s7: at most five minutes; mail is tried again sooner */

#define DNS_ENTRIES_MAX 50000           /* answers in the cache */
#define DNS_CACHE_BYTES_MAX (64u << 20) /* all told; the longest unused goes first */
#define DNS_PENDING_MAX 4000            /* queries under way; more is DNS_OVERLOADED */
#define DNS_SILENT_DOMAINS 3            /* that fail one after the other: dns_watch() */

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_TLSA = 52 };

enum dns_status {
	DNS_FOUND,
	DNS_NO_DATA,  /* the name is there, but nothing of that type */
	DNS_NO_NAME,  /* NXDOMAIN */
	DNS_BAD_NAME, /* no name of the DNS: too long, empty labels, no A-labels to be made */
	/* Failures: another try may help. */
	DNS_SERVFAIL,  /* the server, or DNSSEC, says that it failed */
	DNS_REFUSED,   /* the server does not answer us */
	DNS_TIMEOUT,   /* no answer within the time */
	DNS_NO_SERVER, /* no server can be reached */
	DNS_BROKEN, /* an answer that makes no sense: cut short, a loop of CNAMEs, another rcode */
	DNS_OVERLOADED, /* DNS_PENDING_MAX queries are under way, or memory ran out */
	DNS_STATUS_COUNT
};

static inline bool
dns_is_failure(enum dns_status s)
{
	return s >= DNS_SERVFAIL;
}

/* dns_status_name - "found", "nxdomain", "timeout"; for the log and for people */
struct str dns_status_name(enum dns_status s);

struct dns_record {
	uint16_t preference;               /* of MX */
	uint8_t usage, selector, matching; /* of TLSA */
	struct str data; /* A, AAAA: 4 or 16 bytes as on the wire; MX, PTR: a name in lower case,
			    without the last dot, so that "" is the root (a null MX, RFC 7505);
			    TXT: its strings, one behind the other; TLSA: the association */
};

/* Lives until the callback returns. */
struct dns_answer {
	enum dns_status status;
	enum dns_type type;
	struct str name;      /* what was asked, in lower case */
	struct str canonical; /* where its CNAMEs led; the name itself when there are none */
	bool has_cname;
	bool is_authentic; /* the server says that DNSSEC holds (AD): worth what the way to it is */
	bool is_cut;
	uint32_t ttl_s;                   /* how much longer it may be used */
	const struct dns_record *records; /* in the order of the answer; MX is not sorted */
	size_t count;                     /* more than 0 when FOUND, else 0 */
};

/* dns_answer_ip - the i-th address of an answer to A or AAAA; dns_answer_has_ip - is this one of
 * them? */
struct ip dns_answer_ip(const struct dns_answer *answer, size_t i);
bool dns_answer_has_ip(const struct dns_answer *answer, const struct ip *ip);

/* dns_answer_ips - all of them, in its order, at most `max`; returns how many they are */
size_t dns_answer_ips(const struct dns_answer *answer, struct ip *ips, size_t max);

typedef void dns_done(void *context, const struct dns_answer *answer);

struct dns;
struct dns_query;

struct dns_settings {
	struct str servers; /* dns_servers: "127.0.0.1:5353 [::1]:53", blanks or commas between;
			       empty: those of the system */
	int64_t timeout_ms; /* dns_timeout: from asking to DNS_TIMEOUT, all tries together */
};

/*
 * dns_new - a resolver on that loop
 *
 * Returns   NULL when a server is no address, or memory ran out; *complaint then says which, a
 *           constant
 */
struct dns *dns_new(
	struct event_base *base, const struct dns_settings *settings, const char **complaint);

/* dns_free - queries under way are forgotten, their callbacks not called; not from inside one */
void dns_free(struct dns *dns);

/*
 * dns_ask - asks; done(context, answer) is called from the loop, once, unless it is cancelled
 *
 * name      need not outlive the call; UTF-8 labels are turned into A-labels (IDNA 2008); one dot
 *           at its end is dropped
 * Returns   for dns_cancel(), and for nothing else; good until done() is called. NULL when there
 *           is no memory for that: done() is not called
 */
struct dns_query *dns_ask(
	struct dns *dns, enum dns_type type, struct str name, dns_done *done, void *context);

/* dns_cancel - done() will not be called; NULL is harmless. What others wait for goes on, and the
 * answer is kept for whoever asks next */
void dns_cancel(struct dns_query *query);

/* dns_address_type - of the addresses of that family */
static inline enum dns_type
dns_address_type(const struct ip *ip)
{
	return ip_is_v4(ip) ? DNS_A : DNS_AAAA;
}

/* dns_reverse_name - "4.3.2.192.ZONE", or the 32 nibbles of IPv6; zone absent: that of PTR. Absent
 * when it would be too long */
struct str dns_reverse_name(
	const struct ip *ip, struct str zone, char room[DNS_NAME_BYTES_MAX + 1]);

/*
 * dns_watch - who is told that the DNS itself is out of order
 *
 * One domain whose servers are silent is its own affair. When questions about DNS_SILENT_DOMAINS
 * different ones have failed and none was answered in between, the servers that we ask are at
 * fault, or the way to them: told(context) is called, from the loop, once until one is answered.
 */
typedef void dns_silence(void *context);
void dns_watch(struct dns *dns, dns_silence *told, void *context);

struct dns_counts {
	uint64_t asked, sent, failed; /* asked: of us; sent: queries of ours */
	size_t entries, pending, bytes;
	bool is_silent; /* as dns_watch() has it */
};
struct dns_counts dns_counts(const struct dns *dns);

#endif
