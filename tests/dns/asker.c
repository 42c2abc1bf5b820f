/*
 * asker - asks a DNS server through the resolver and prints what its callbacks were told
 *
 *	asker SERVERS TIMEOUT_MS < commands
 *
 * ask TYPE NAME     begins to ask; the answers come at "wait"
 * drop TYPE NAME    asks and cancels at once
 * wait              until every answer is there
 * sleep MS          lets time pass on the loop
 * again N TYPE NAME asks from inside the callback N times, one after the other
 * counts
 */
#include "dns/resolver.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

static struct event_base *base;
static struct dns *dns;
static size_t open_questions;

static const struct {
	const char *name;
	enum dns_type type;
} types[] = {{"A", DNS_A}, {"AAAA", DNS_AAAA}, {"MX", DNS_MX}, {"TXT", DNS_TXT}, {"PTR", DNS_PTR},
	{"TLSA", DNS_TLSA}};

static enum dns_type
type_of(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	fprintf(stderr, "asker: no type %s\n", name);
	exit(2);
}

static const char *
type_name(enum dns_type type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].type == type)
			return types[i].name;
	return "?";
}

static void
show(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] > ' ' && s.ptr[i] < 127)
			putchar(s.ptr[i]);
		else
			printf("\\x%02x", (unsigned char)s.ptr[i]);
}

static void
record_show(enum dns_type type, const struct dns_record *r)
{
	char text[INET6_ADDRSTRLEN];
	putchar(' ');
	if (type == DNS_A || type == DNS_AAAA) {
		fputs(inet_ntop(type == DNS_A ? AF_INET : AF_INET6, r->data.ptr, text, sizeof text),
			stdout);
		return;
	}
	if (type == DNS_MX)
		printf("%u:", r->preference);
	if (type == DNS_TLSA)
		printf("%u:%u:%u:", r->usage, r->selector, r->matching);
	show(r->data);
}

static void
answer_show(const struct dns_answer *a)
{
	const struct str status = dns_status_name(a->status);
	printf("%s ", type_name(a->type));
	show(a->name);
	printf(" %.*s", (int)status.len, status.ptr);
	if (a->has_cname) {
		fputs(" cname=", stdout);
		show(a->canonical);
	}
	printf(" ttl=%u%s%s", a->ttl_s, a->is_authentic ? " ad" : "", a->is_cut ? " cut" : "");
	for (size_t i = 0; i < a->count; i++)
		record_show(a->type, &a->records[i]);
	putchar('\n');
}

static void
done(void *context, const struct dns_answer *answer)
{
	(void)context;
	answer_show(answer);
	open_questions--;
}

static void
done_again(void *context, const struct dns_answer *answer)
{
	unsigned *const left = context;
	answer_show(answer);
	if ((*left)-- > 0 && dns_ask(dns, answer->type, answer->name, done_again, left) != NULL)
		return;
	open_questions--;
}

static void
asked(const struct dns_query *q)
{
	if (q == NULL)
		exit(2);
	open_questions++;
}

static void
silent(void *context)
{
	(void)context;
	puts("silent");
}

static void
command(const char *line)
{
	char type[16], name[2048];
	static unsigned n;
	long ms;
	if (sscanf(line, "ask %15s %2047s", type, name) == 2) {
		asked(dns_ask(dns, type_of(type), str_of(name), done, NULL));
	} else if (sscanf(line, "drop %15s %2047s", type, name) == 2) {
		dns_cancel(dns_ask(dns, type_of(type), str_of(name), done, NULL));
	} else if (sscanf(line, "again %u %15s %2047s", &n, type, name) == 3) {
		asked(dns_ask(dns, type_of(type), str_of(name), done_again, &n));
	} else if (strncmp(line, "wait", 4) == 0) {
		while (open_questions > 0)
			event_base_loop(base, EVLOOP_ONCE);
	} else if (sscanf(line, "sleep %ld", &ms) == 1) {
		const struct timeval limit = {ms / 1000, ms % 1000 * 1000};
		event_base_loopexit(base, &limit);
		event_base_dispatch(base);
	} else if (strncmp(line, "counts", 6) == 0) {
		const struct dns_counts c = dns_counts(dns);
		printf("counts asked=%llu sent=%llu failed=%llu entries=%zu pending=%zu\n",
			(unsigned long long)c.asked, (unsigned long long)c.sent,
			(unsigned long long)c.failed, c.entries, c.pending);
	}
}

int
main(int argc, char **argv)
{
	char line[4096];
	const char *complaint;
	if (argc != 3)
		return 2;
	base = event_base_new();
	const struct dns_settings settings = {str_of(argv[1]), strtol(argv[2], NULL, 10)};
	dns = dns_new(base, &settings, &complaint);
	if (dns == NULL) {
		printf("no resolver: %s\n", complaint);
		event_base_free(base);
		return 1;
	}
	dns_watch(dns, silent, NULL);
	while (fgets(line, sizeof line, stdin) != NULL) {
		command(line);
		fflush(stdout);
	}
	dns_free(dns);
	event_base_free(base);
	return 0;
}
