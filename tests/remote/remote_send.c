/*
 * remote_send - what remote.h does, driven by lines
 *
 * usage: remote_send DNS_SERVER [SETTING=VALUE...]
 *
 * Reads commands on standard input, a line each, and writes what became of them, fields with a tab
 * between:
 *   send ID NAME=VALUE...   domain host port lmtp tls user password; from to (several, by commas)
 *                           notify orcpt flags (8bit utf8 requiretls full hdrs) body (\r \n) size=N
 *     -> result ID N OUTCOME STAGE CODE CONDITION STATUS PEER MAY OURS REPLY WORDS
 *     -> try ID NAME IP TLS DSN VERIFIED
 *     -> done ID PLACE
 *   cancel ID, room NAME=VALUE..., places, counts, revive
 *   policy DOMAIN
 *     -> stands DOMAIN MODE
 * Of MTA-STS, with sts=FOLDER: news DOMAIN MODE WORDS
 * Ends with standard input, when all is done. Places, and what waits, are told of by `places`.
 */
#include <event2/event.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../script/escape.h"
#include "base/arena.h"
#include "deliver/remote.h"
#include "deliver/sts.h"
#include "dns/resolver.h"
#include "net/tls.h"
#include "net/workers.h"

#undef NDEBUG
#include <assert.h>

#define RECIPIENTS_MAX 2000
#define JOBS_MAX 1000
#define INPUT_BYTES_MAX (1 << 22)

struct job {
	char id[64];
	struct arena arena;
	struct buf body;
	struct remote_job *job;
	struct remote_message message;
	struct remote_recipient recipients[RECIPIENTS_MAX];
	bool is_used;
};

static struct job *jobs[JOBS_MAX];
static struct event_base *base;
static struct remote *remote;
static struct sts *sts;
static size_t under_way;
static bool has_ended;

static void
maybe_end(void)
{
	if (has_ended && under_way == 0)
		event_base_loopexit(base, NULL);
}

static int
body_read(void *of, uint64_t offset, void *to, size_t bytes)
{
	const struct job *const j = of;
	if (offset + bytes > j->body.len)
		return -5;
	memcpy(to, j->body.ptr + offset, bytes);
	return 0;
}

/* A text as one field. */
static void
put(struct str s)
{
	putchar('\t');
	if (s.len == 0)
		putchar('-');
	for (size_t i = 0; i < s.len; i++)
		putchar(s.ptr[i] == '\n' ? '|' : s.ptr[i]);
}

static void
on_done(void *to, const struct remote_report *report)
{
	static const char *const outcomes[] = {"taken", "deferred", "refused", "untried"};
	struct job *const j = to;
	for (size_t i = 0; i < report->result_count; i++) {
		const struct remote_result *const r = &report->results[i];
		const struct condition_row *const row =
			r->condition == CONDITION__COUNT ? NULL
							 : &catalogue_conditions[r->condition];
		printf("result\t%s\t%zu\t%s\t%s\t%u", j->id, i, outcomes[r->outcome],
			remote_stage_name(r->stage), r->code);
		put(row == NULL ? STR_NONE : catalogue_text(row->id));
		put(r->status);
		put(r->peer == NULL ? STR_NONE : r->peer->ip);
		printf("\t%s\t%s", r->may_be_taken ? "maybe" : "-", r->is_ours ? "ours" : "-");
		put(r->reply);
		put(r->words);
		putchar('\n');
	}
	for (size_t i = 0; i < report->try_count; i++) {
		printf("try\t%s", j->id);
		put(report->tries[i].name);
		put(report->tries[i].ip);
		put(report->tries[i].tls);
		printf("\t%s\t%s\n", report->tries[i].offers_dsn ? "dsn" : "-",
			report->tries[i].is_verified ? "verified" : "-");
	}
	printf("done\t%s", j->id);
	put(report->place);
	putchar('\n');
	fflush(stdout);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (jobs[i] == j)
			jobs[i] = NULL;
	arena_fini(&j->arena);
	buf_fini(&j->body);
	free(j);
	under_way--;
	maybe_end();
}

static bool
place_read(struct str name, struct str value, struct remote_place *p)
{
	if (str_eq(name, STR("domain")))
		p->domain = value;
	else if (str_eq(name, STR("host")))
		p->host = value;
	else if (str_eq(name, STR("port")))
		p->port = (unsigned)str_number(value, 65535);
	else if (str_eq(name, STR("user")))
		p->user = value;
	else if (str_eq(name, STR("password")))
		p->password = value;
	else if (str_eq(name, STR("lmtp")))
		p->is_lmtp = true;
	else if (str_eq(name, STR("tls"))) {
		p->is_tls_immediate = str_eq(value, STR("immediate"));
		p->tls = str_eq(value, STR("off"))        ? REMOTE_TLS_OFF
			 : str_eq(value, STR("required")) ? REMOTE_TLS_REQUIRED
			 : str_eq(value, STR("verified")) ? REMOTE_TLS_VERIFIED
							  : REMOTE_TLS_OPPORTUNISTIC;
	} else {
		return false;
	}
	return true;
}

static uint32_t
flag_of(struct str word)
{
	return str_eq(word, STR("8bit"))         ? MESSAGE_8BIT
	       : str_eq(word, STR("utf8"))       ? MESSAGE_SMTPUTF8
	       : str_eq(word, STR("requiretls")) ? MESSAGE_REQUIRETLS
	       : str_eq(word, STR("full"))       ? MESSAGE_RET_FULL
						 : MESSAGE_RET_HEADERS;
}

static void
message_read(struct job *j, struct str name, struct str value, struct remote_recipient *like)
{
	struct remote_message *const m = &j->message;
	if (str_eq(name, STR("from"))) {
		m->reverse_path = value;
	} else if (str_eq(name, STR("to"))) {
		for (struct str one; str_is_set(value) && m->recipient_count < RECIPIENTS_MAX;) {
			one = str_cut(&value, ',');
			j->recipients[m->recipient_count++].forward_path = one;
		}
	} else if (str_eq(name, STR("flags"))) {
		while (str_is_set(value))
			m->flags |= flag_of(str_cut(&value, ','));
	} else if (str_eq(name, STR("body"))) {
		buf_clear(&j->body);
		assert(escape_undo(value, &j->body));
	} else if (str_eq(name, STR("notify"))) {
		like->notify = (uint32_t)str_number(value, 15);
	} else if (str_eq(name, STR("orcpt"))) {
		like->original = value;
	} else {
		assert(str_eq(name, STR("envid")));
		m->envelope_id = value;
	}
}

static void
send_message(struct str rest)
{
	struct job *const j = calloc(1, sizeof *j);
	struct remote_place place = {.domain = STR_NONE};
	struct remote_recipient like = {.notify = 0};
	assert(j != NULL);
	arena_init(&j->arena, (size_t)1 << 24);
	buf_init(&j->body, (size_t)1 << 28);
	buf_add(&j->body, STR("Subject: x\r\n\r\nhello\r\n"));
	rest = arena_str(&j->arena, rest);
	const struct str id = str_word(&rest);
	snprintf(j->id, sizeof j->id, "%.*s", (int)id.len, id.ptr);
	for (struct str word; (word = str_word(&rest)).len > 0;) {
		const struct str name = str_cut(&word, '=');
		if (!place_read(name, word, &place))
			message_read(j, name, word, &like);
	}
	for (size_t i = 0; i < j->message.recipient_count; i++) {
		j->recipients[i].notify = like.notify;
		j->recipients[i].original = like.original;
	}
	j->message.recipients = j->recipients;
	j->message.body = (struct remote_body){j->body.len, body_read, j};
	under_way++;
	j->job = remote_start(remote, &place, &j->message, on_done, j);
	assert(j->job != NULL);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (jobs[i] == NULL) {
			jobs[i] = j;
			return;
		}
	assert(false);
}

static bool
place_show(void *to, const struct remote_place_state *s)
{
	(void)to;
	printf("place\t%.*s\t%u\t%u\t%u\t%u\t%u\t%s", (int)s->name.len, s->name.ptr, s->connections,
		s->idle, s->limit, s->jobs, s->waiting, s->left_alone_until_ms ? "alone" : "-");
	put(s->words);
	putchar('\n');
	return true;
}

static void
counts_show(void)
{
	struct remote_counts c;
	remote_counts(remote, &c);
#define SHOW(field) printf("\t" #field "=%llu", (unsigned long long)c.field)
	printf("counts");
	SHOW(connections);
	SHOW(jobs);
	SHOW(connected);
	SHOW(reused);
	SHOW(connect_failed);
	SHOW(tls_done);
	SHOW(tls_failed);
	SHOW(transactions);
	SHOW(taken);
	putchar('\n');
}

/* ---- MTA-STS */

static void
policy_news(void *to, const struct sts_news *news)
{
	(void)to;
	printf("news");
	put(news->domain);
	put(news->policy == NULL ? STR_NONE : sts_mode_name(news->policy->mode));
	put(str_of(news->words));
	putchar('\n');
	fflush(stdout);
}

static void
policy_show(void *name, const struct sts_policy *policy)
{
	printf("stands\t%s", (char *)name);
	put(policy == NULL ? STR_NONE : sts_mode_name(policy->mode));
	putchar('\n');
	fflush(stdout);
	free(name);
	under_way--;
	maybe_end();
}

static void
policy_ask(struct str domain)
{
	char *const name = strndup(domain.ptr, domain.len);
	under_way++;
	if (sts_ask(sts, domain, policy_show, name) == NULL)
		policy_show(name, NULL);
}

static void
command(struct str line)
{
	struct remote_place place = {.domain = STR_NONE};
	const struct str word = str_word(&line);
	if (str_eq(word, STR("send"))) {
		send_message(line);
	} else if (str_eq(word, STR("cancel"))) {
		const struct str id = str_word(&line);
		for (size_t i = 0; i < JOBS_MAX; i++)
			if (jobs[i] != NULL && str_eq(id, str_of(jobs[i]->id))) {
				remote_cancel(remote, jobs[i]->job);
				break;
			}
	} else if (str_eq(word, STR("room"))) {
		for (struct str part; (part = str_word(&line)).len > 0;) {
			const struct str name = str_cut(&part, '=');
			place_read(name, part, &place);
		}
		printf("room\t%u\n", remote_room(remote, &place));
	} else if (str_eq(word, STR("places"))) {
		remote_each_place(remote, place_show, NULL);
		puts("end");
	} else if (str_eq(word, STR("counts"))) {
		counts_show();
	} else if (str_eq(word, STR("policy"))) {
		policy_ask(str_trim(line));
	} else if (str_eq(word, STR("revive"))) {
		remote_revive(remote, STR_NONE);
	}
	fflush(stdout);
}

static void
on_input(evutil_socket_t fd, short what, void *event)
{
	static char room[INPUT_BYTES_MAX];
	static size_t len;
	const ssize_t n = read((int)fd, room + len, sizeof room - len);
	(void)what;
	if (n <= 0) {
		event_del(event);
		has_ended = true;
		maybe_end();
		return;
	}
	len += (size_t)n;
	struct str rest = {room, len};
	for (size_t end; (end = str_find_char(rest, '\n', 0)) != STR_NPOS;) {
		command(str_head(rest, end));
		rest = str_from(rest, end + 1);
	}
	memmove(room, rest.ptr, rest.len);
	len = rest.len;
}

int
main(int argc, char **argv)
{
	struct arena a;
	struct config config;
	struct config_complaints complaints;
	struct buf text;
	struct remote_settings settings;
	const char *complaint = "", *authorities = NULL, *folder = NULL;
	struct remote_door own_door = {.port = 0};
	assert(argc >= 2);
	signal(SIGPIPE, SIG_IGN);
	arena_init(&a, (size_t)1 << 22);
	buf_init(&text, (size_t)1 << 20);
	buf_add(&text, STR("hostname = me.example\n"));
	for (int i = 2; i < argc; i++) {
		struct str value = str_of(argv[i]);
		const struct str name = str_cut(&value, '=');
		if (str_eq(name, STR("own_door"))) { /* ADDRESS:PORT */
			assert(ip_parse(str_cut(&value, ':'), &own_door.ip));
			own_door.port = (unsigned)str_number(value, 65535);
		} else if (str_eq(name, STR("authorities"))) {
			authorities = value.ptr;
		} else if (str_eq(name, STR("sts"))) {
			folder = value.ptr;
		} else {
			buf_add(&text, name);
			buf_add(&text, STR(" = "));
			buf_add(&text, value);
			buf_add_char(&text, '\n');
		}
	}
	if (!config_parse(buf_str(&text), &a, &config, &complaints)) {
		printf("Bail out! %.*s\n", (int)complaints.list[0].words.len,
			complaints.list[0].words.ptr);
		return 2;
	}
	remote_settings_read(&config, &settings);
	base = event_base_new();
	SSL_CTX *const tls = tls_client_new(authorities);
	struct dns *const dns = dns_new(base,
		&(struct dns_settings){.servers = str_of(argv[1]), .timeout_ms = 3000}, &complaint);
	assert(base != NULL && dns != NULL && tls != NULL);
	struct workers *const workers = workers_new(base, 1);
	sts = folder == NULL ? NULL
			     : sts_new(&(struct sts_options){.base = base,
				       .dns = dns,
				       .tls = tls,
				       .workers = workers,
				       .folder = folder,
				       .port = (unsigned)config.values[SETTING_mta_sts_port].number,
				       .timeout_ms = settings.connect_timeout_ms,
				       .tell = policy_news});
	assert(workers != NULL && (sts != NULL || folder == NULL));
	const struct remote_options options = {.base = base,
		.dns = dns,
		.tls = tls,
		.sts = sts,
		.settings = &settings,
		.own_doors = &own_door,
		.own_door_count = own_door.port != 0};
	remote = remote_new(&options);
	assert(remote != NULL);
	struct event *const input =
		event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, event_self_cbarg());
	event_add(input, NULL);
	event_base_dispatch(base);
	remote_free(remote);
	workers_free(workers);
	sts_free(sts);
	dns_free(dns);
	SSL_CTX_free(tls);
	event_free(input);
	event_base_free(base);
	arena_fini(&a);
	buf_fini(&text);
	return 0;
}
