/* limits - who may send how much */
#include "receive/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/file.h"
#include "receive/inside.h"

/* Whose limit it is, which decides who is held to it. */
enum limit_of { OF_CLIENT, OF_NETWORK, OF_USER, OF_SENDER, OF_RECIPIENT };

/* One for each kind of bucket. */
static const struct limit_row {
	enum config_setting setting;
	enum limit_at at;
	enum limit_of of;
	enum condition condition;
} rows[RATE_KIND_COUNT] = {
	[RATE_CONNECTIONS] = {SETTING_rate_connections, LIMIT_AT_CONNECT, OF_CLIENT,
		CONDITION_CONNECTION_RATE},
	[RATE_CLIENT] = {SETTING_rate_client, LIMIT_AT_MAIL, OF_CLIENT, CONDITION_CLIENT_RATE},
	[RATE_CLIENT_RECIPIENTS] = {SETTING_rate_client_recipients, LIMIT_AT_RCPT, OF_CLIENT,
		CONDITION_CLIENT_RATE},
	[RATE_NETWORK] = {SETTING_rate_network, LIMIT_AT_MAIL, OF_NETWORK, CONDITION_MAIL_FLOOD},
	[RATE_NETWORK_RECIPIENTS] = {SETTING_rate_network_recipients, LIMIT_AT_RCPT, OF_NETWORK,
		CONDITION_MAIL_FLOOD},
	[RATE_USER] = {SETTING_rate_user, LIMIT_AT_MAIL, OF_USER, CONDITION_ACCOUNT_RATE},
	[RATE_USER_RECIPIENTS] = {SETTING_rate_user_recipients, LIMIT_AT_RCPT, OF_USER,
		CONDITION_ACCOUNT_RATE},
	[RATE_SENDER] = {SETTING_rate_sender, LIMIT_AT_MAIL, OF_SENDER, CONDITION_MAIL_FLOOD},
	[RATE_RECIPIENT] = {SETTING_rate_recipient, LIMIT_AT_RCPT, OF_RECIPIENT,
		CONDITION_RECIPIENT_RATE},
};

struct limits {
	struct rates *rates;
	struct rate limit[RATE_KIND_COUNT]; /* count 0: none */
	bool is_any;
	struct net exempt[CONFIG_LIST_MAX];
	size_t exempt_count;
	/* The file. */
	const char *path;
	struct workers *workers;
	struct event timer;
	struct work work;
	struct buf text; /* that is being written */
	bool is_writing;
};

struct limits *
limits_new(void)
{
	struct limits *const l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->rates = rates_new();
	if (l->rates == NULL) {
		free(l);
		return NULL;
	}
	buf_init(&l->text, RATES_FILE_BYTES_MAX);
	return l;
}

void
limits_configure(struct limits *l, const struct config *config)
{
	struct str networks = config->values[SETTING_rate_exempt].text, word;
	l->is_any = false;
	for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
		l->limit[i] = (struct rate){0};
		l->is_any |= rate_parse(config->values[rows[i].setting].text, &l->limit[i]);
	}
	l->exempt_count = 0;
	while ((word = str_word(&networks)).len > 0 && l->exempt_count < CONFIG_LIST_MAX)
		l->exempt_count += net_parse(word, &l->exempt[l->exempt_count]) == NET_OK;
}

/* ---- what is kept */

/* What cannot be written is written the next time. */
static void
text_write(struct work *w)
{
	struct limits *const l = (struct limits *)((char *)w - offsetof(struct limits, work));
	if (!buf_failed(&l->text))
		(void)file_replace(l->path, buf_str(&l->text), FILE_HINT);
}

static void
was_written(struct work *w)
{
	struct limits *const l = (struct limits *)((char *)w - offsetof(struct limits, work));
	buf_fini(&l->text);
	buf_init(&l->text, RATES_FILE_BYTES_MAX);
	l->is_writing = false;
}

static void
on_timer(evutil_socket_t fd, short what, void *limits)
{
	struct limits *const l = limits;
	(void)fd;
	(void)what;
	if (l->is_writing || !rates_has_changed(l->rates))
		return;
	l->is_writing = true;
	rates_write(l->rates, &l->text, clock_wall_ms());
	workers_submit(l->workers, &l->work);
}

static void
text_read(struct limits *l)
{
	struct buf text;
	char room[16384];
	const int fd = open(l->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* the first start */
	buf_init(&text, RATES_FILE_BYTES_MAX);
	for (ssize_t n; (n = read(fd, room, sizeof room)) > 0;)
		buf_add(&text, (struct str){room, (size_t)n});
	close(fd);
	rates_read(l->rates, buf_str(&text), clock_wall_ms());
	buf_fini(&text);
}

void
limits_start(struct limits *l, struct event_base *base, struct workers *workers, const char *path)
{
	const struct timeval pause = {LIMITS_KEEP_S, 0};
	l->path = path;
	if (path == NULL)
		return;
	text_read(l);
	if (workers == NULL)
		return;
	l->workers = workers;
	l->work = (struct work){.run = text_write, .done = was_written};
	event_assign(&l->timer, base, -1, EV_PERSIST, on_timer, l);
	event_add(&l->timer, &pause);
}

void
limits_free(struct limits *l)
{
	if (l == NULL)
		return;
	if (l->workers != NULL) { /* which are gone: nothing is being written */
		event_del(&l->timer);
		if (rates_has_changed(l->rates)) {
			buf_clear(&l->text);
			rates_write(l->rates, &l->text, clock_wall_ms());
			text_write(&l->work);
		}
	}
	buf_fini(&l->text);
	rates_free(l->rates);
	free(l);
}

/* ---- what is asked */

static bool
is_exempt(const struct limits *l, const struct ip *ip)
{
	for (size_t i = 0; i < l->exempt_count; i++)
		if (net_has(&l->exempt[i], ip))
			return true;
	return false;
}

/* The client's network, as a limit counts it: /24, or /64. */
static struct str
network_text(const struct ip *ip, char room[static NET_TEXT_BYTES])
{
	struct net net = {*ip, ip_is_v4(ip) ? 96 + 24 : 64};
	for (unsigned i = net.bits / 8; i < sizeof net.first.bytes; i++)
		net.first.bytes[i] = 0;
	net_text(&net, room);
	return str_of(room);
}

/* The names under which this session is counted; absent: that limit is not for it. */
struct counted {
	struct str key[OF_RECIPIENT + 1];
	char ip[IP_TEXT_BYTES], network[NET_TEXT_BYTES];
};

static void
counted_of(const struct guest *g, struct counted *c)
{
	const struct ip ip = guest_ip(g);
	const struct mail *const m = g->mail;
	*c = (struct counted){.ip = ""};
	c->key[OF_RECIPIENT] = m != NULL ? m->asked : STR_NONE;
	if (g->session.is_authenticated) {
		c->key[OF_USER] = str_of(g->user);
		return;
	}
	/* A socket of the file system has no address. */
	if (g->session.client.family == 0 || is_exempt(g->receive->limits, &ip))
		return;
	ip_text(&ip, c->ip);
	c->key[OF_CLIENT] = str_of(c->ip);
	c->key[OF_NETWORK] = network_text(&ip, c->network);
	c->key[OF_SENDER] = m != NULL && m->sender.len > 0 ? m->sender : STR_NONE;
}

static bool
refuse(struct guest *g, size_t kind, struct str key, int64_t wait_ms, struct smtp_answer *a)
{
	const struct limits *const l = g->receive->limits;
	const struct limit_row *const row = &rows[kind];
	char words[LIMITS_WORDS_MAX], seconds[UNITS_TEXT_BYTES];
	const struct str name = config_row(row->setting).name;
	const struct str time = units_text(l->limit[kind].seconds, UNITS_SECONDS, seconds);
	const int n = snprintf(words, sizeof words, "%.*s = %u/%.*s", (int)name.len, name.ptr,
		(unsigned)l->limit[kind].count, (int)time.len, time.ptr);
	struct arena *const arena = g->mail != NULL ? &g->mail->arena : &g->scratch;
	a->facts.ip = a->facts.address = arena_str(arena, key);
	a->facts.seconds = (wait_ms + 999) / 1000;
	if (g->mail != NULL)
		g->mail->why = arena_str(arena, (struct str){words, n > 0 ? (size_t)n : 0});
	return refuse_with(a, row->condition);
}

bool
limits_refuse(struct guest *g, enum limit_at at, struct smtp_answer *a)
{
	const struct limits *const l = g->receive->limits;
	struct counted c;
	const int64_t now_ms = clock_wall_ms();
	int64_t longest_ms = 0;
	size_t decides = 0;
	if (!l->is_any || g->profile->settings.kind == LISTENER_LMTP)
		return false;
	counted_of(g, &c);
	for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
		const struct str key = c.key[rows[i].of];
		if (rows[i].at != at || l->limit[i].count == 0 || key.len == 0)
			continue;
		const int64_t wait_ms =
			rates_wait_ms(l->rates, (enum rate_kind)i, key, &l->limit[i], now_ms);
		if (wait_ms > longest_ms) {
			longest_ms = wait_ms;
			decides = i;
		}
	}
	if (longest_ms > 0)
		return refuse(g, decides, c.key[rows[decides].of], longest_ms, a);
	for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
		const struct str key = c.key[rows[i].of];
		if (rows[i].at == at && l->limit[i].count > 0 && key.len > 0)
			rates_count(l->rates, (enum rate_kind)i, key, &l->limit[i], now_ms);
	}
	return false;
}
