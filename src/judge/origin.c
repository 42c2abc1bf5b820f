#include "judge/origin.h"

#include "catalogue/catalogue.h"
#include "read/address.h"
#include "read/host.h"

#define HOST_BYTES_MAX 2048 /* of words that are looked at for a server's name */
#define HOST_LINE_MAX 200

enum nixie_stage
stage_of_command(struct str command)
{
	static const struct {
		struct str verb;
		enum nixie_stage stage;
	} verbs[] = {
		{STR_INIT("CONNECT"), NIXIE_STAGE_CONNECT},
		{STR_INIT("END-OF-"), NIXIE_STAGE_END_OF_DATA}, /* -DATA, -MESSAGE: Postfix */
		{STR_INIT("DOT"), NIXIE_STAGE_END_OF_DATA},
		{STR_INIT("RCPT"), NIXIE_STAGE_RCPT},
		{STR_INIT("MAIL"), NIXIE_STAGE_MAIL},
		{STR_INIT("DATA"), NIXIE_STAGE_DATA},
		{STR_INIT("BDAT"), NIXIE_STAGE_END_OF_DATA},
		{STR_INIT("."), NIXIE_STAGE_END_OF_DATA},
		{STR_INIT("EHLO"), NIXIE_STAGE_HELO},
		{STR_INIT("HELO"), NIXIE_STAGE_HELO},
		{STR_INIT("LHLO"), NIXIE_STAGE_HELO},
		{STR_INIT("STARTTLS"), NIXIE_STAGE_STARTTLS},
		{STR_INIT("AUTH"), NIXIE_STAGE_AUTH},
	};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_starts_case(command, verbs[i].verb))
			return verbs[i].stage;
	return NIXIE_STAGE_NONE;
}

/* "example.co.jp" of "mx.example.co.jp": the last two labels, three when the middle one is as short
 * as those of a country. */
static struct str
registered_part(struct str host)
{
	size_t dots = 0, cut = 0, last = host.len;
	for (size_t i = host.len; i-- > 0;) {
		if (host.ptr[i] != '.')
			continue;
		dots++;
		if (dots == 2) {
			cut = i + 1;
			/* co.jp, com.br, ne.jp, ac.uk: a second level of three letters or fewer
			 * before a country's two */
			if (last - i - 1 > 3 || host.len - last - 1 > 2)
				break;
		} else if (dots == 3) {
			cut = i + 1;
			break;
		}
		if (dots == 1)
			last = i;
	}
	return dots < 2 || (dots == 2 && cut == 0) ? host : str_from(host, cut);
}

bool
domain_related(struct str a, struct str b)
{
	if (a.len == 0 || b.len == 0)
		return false;
	return str_eq_case(registered_part(a), registered_part(b));
}

static bool
take_host(struct str text, struct origin *o)
{
	struct str rest = str_trim(text);
	const struct str word = str_word(&rest);
	const struct str host = host_clean(word);
	size_t at = 0;
	if (word.len > 1 && word.ptr[0] == '/') {
		o->is_local =
			true; /* "host /var/run/lmtp[...] said": a socket on the same machine */
		return true;
	}
	if (!str_is_set(host))
		return false;
	struct str ip = ip_next(word, &at);
	if (!str_is_set(ip)) {
		const struct str next = str_trim(rest);
		at = 0;
		if (str_starts(next, STR("[")) || str_starts(next, STR("(")))
			ip = ip_next(str_head(next, 48), &at);
	}
	at = 0;
	const struct str host_ip = ip_next(host, &at);
	if (host_ip.len == host.len && host.len > 0) {
		o->ip = host_ip;
		return true;
	}
	if (!host_looks_real(host) || str_find_char(host, '@', 0) != STR_NPOS)
		return false;
	o->host = host;
	if (str_is_set(ip))
		o->ip = ip;
	return true;
}

/* The server that the words name, in front of its answer: what stands in the answer itself may be
 * about any other. */
static void
host_in_words(const struct facts *f, const struct scanned *scan, struct origin *o)
{
	const struct reply reply = facts_reply(f, str_head(scan->text, HOST_BYTES_MAX));
	const char *const stop =
		scan->text.ptr + (reply.code != 0 && reply.is_sure
						 ? reply.at
						 : str_head(scan->text, HOST_BYTES_MAX).len);
	if ((scan->signs >> SIGN_HOST_FOLLOWS) & 1)
		for (size_t i = 0; i < scan->count; i++) {
			const struct pattern_hit *const h = &scan->hits[i];
			if (h->table != PATTERN_SIGN ||
				catalogue_signs[h->row].sign != SIGN_HOST_FOLLOWS)
				continue;
			const struct str words = scan_words_of(scan, h);
			const char *const behind = words.ptr + words.len;
			if (behind < stop && take_host(str_between(behind, stop), o))
				return;
		}
	/* "mx.example.org [192.0.2.1] did not like our RCPT TO", "192.0.2.1 does not like
	 * recipient" */
	const struct str like = (scan->signs >> SIGN_REMOTE_SPOKE) & 1
					? scan_sign(scan, SIGN_REMOTE_SPOKE)
					: STR_NONE;
	if (!str_is_set(like) || like.ptr > stop)
		return;
	const char *from = like.ptr;
	while (from > scan->text.ptr && from[-1] != '\n' && like.ptr - from < HOST_LINE_MAX)
		from--;
	(void)take_host(str_between(from, like.ptr), o);
}

/* "host mx.example.org[192.0.2.1] said" in this recipient's words: the address of the host that the
 * fields only name. */
static void
find_ip(const struct facts *f, struct person *who, struct origin *o)
{
	for (size_t i = 0; i < who->word_count && !str_is_set(o->ip); i++) {
		struct origin named = {.stage = NIXIE_STAGE_NONE};
		if (who->words[i].voice > VOICE_OWN)
			continue;
		host_in_words(f, words_scan(&who->words[i], f->arena), &named);
		if (str_eq_case(named.host, o->host))
			o->ip = named.ip;
	}
}

#define HOST_SIGNS (UINT64_C(1) << SIGN_HOST_FOLLOWS | UINT64_C(1) << SIGN_REMOTE_SPOKE)

/* May a text behind somebody's paragraph show one of these signs? The prose it is a piece of was
 * searched before. */
static bool
may_say(const struct facts *f, const struct words *w, uint64_t signs)
{
	return w->voice != VOICE_AFTER || (f->prose.lines.reply_signs & signs) != 0;
}

static void
find_host(const struct facts *f, struct person *who, struct origin *o)
{
	if (who->dsn != NULL && str_is_set(who->dsn->remote_mta)) {
		size_t at = 0;
		o->host = host_clean(who->dsn->remote_mta);
		o->ip = ip_next(who->dsn->remote_mta, &at);
		/* "dns;mx (TCP|own|port|theirs|25)": the second one is theirs. */
		if (str_is_set(o->ip) && str_has(who->dsn->remote_mta, STR("TCP|"))) {
			const struct str second = ip_next(who->dsn->remote_mta, &at);
			if (str_is_set(second))
				o->ip = second;
		}
		if (str_is_set(o->ip) && str_eq(o->ip, o->host))
			o->host = STR_NONE;
	}
	if (!str_is_set(o->host) && str_is_set(who->host))
		o->host = who->host;
	if (str_is_set(o->host) && !str_is_set(o->ip))
		find_ip(f, who, o);
	for (size_t i = 0; i < who->word_count && !str_is_set(o->host); i++)
		if ((who->words[i].voice <= VOICE_OWN || who->words[i].voice == VOICE_AFTER) &&
			may_say(f, &who->words[i], HOST_SIGNS)) {
			struct origin named = {.stage = NIXIE_STAGE_NONE};
			host_in_words(f, words_scan(&who->words[i], f->arena), &named);
			if (str_is_set(named.host))
				o->host = named.host;
			o->is_local = o->is_local || named.is_local;
			if (str_is_set(named.ip) && !str_is_set(o->ip))
				o->ip = named.ip;
			if (str_is_set(o->host) || str_is_set(o->ip) || o->is_local)
				break;
		}
}

/* The sign of a step in the words, the innermost first. */
static void
find_stage(const struct facts *f, struct person *who, struct origin *o)
{
	static const struct {
		enum sign sign;
		enum nixie_stage stage;
	} signs[] = {
		{SIGN_STAGE_END_OF_DATA, NIXIE_STAGE_END_OF_DATA},
		{SIGN_STAGE_DATA, NIXIE_STAGE_DATA},
		{SIGN_STAGE_RCPT, NIXIE_STAGE_RCPT},
		{SIGN_STAGE_MAIL, NIXIE_STAGE_MAIL},
		{SIGN_STAGE_HELO, NIXIE_STAGE_HELO},
		{SIGN_STAGE_AUTH, NIXIE_STAGE_AUTH},
		{SIGN_STAGE_STARTTLS, NIXIE_STAGE_STARTTLS},
		{SIGN_STAGE_CONNECT, NIXIE_STAGE_CONNECT},
	};
	if (who->dsn != NULL) /* it says so by itself */
		o->stage = stage_of_command(who->dsn->command);
	for (size_t i = 0; i < who->word_count && o->stage == NIXIE_STAGE_NONE; i++) {
		if (who->words[i].voice == VOICE_PROSE || who->words[i].voice == VOICE_AFTER)
			continue;
		const struct scanned *const scan = words_scan(&who->words[i], f->arena);
		for (size_t k = 0; k < sizeof signs / sizeof *signs; k++)
			if ((scan->signs >> signs[k].sign) & 1) {
				o->stage = signs[k].stage;
				o->stage_words = scan_sign(scan, signs[k].sign);
				break;
			}
	}
	if (o->stage == NIXIE_STAGE_NONE && str_is_set(who->command)) {
		o->stage = stage_of_command(who->command);
		o->stage_words = who->command;
	}
}

static bool
is_host_char(char c)
{
	return ascii_is_alnum((unsigned char)c) || c == '-' || c == '.';
}

/* A host of a provider named in the answer itself:
 * "[AM5EUR03FT003.eop-EUR03.prod.protection.outlook.com]". */
static const struct provider_row *
provider_in_words(struct str text)
{
	text = str_head(text, 1024);
	/* From dot to dot, since every such name has one. */
	for (size_t dot = 0, to = 0; (dot = str_find_char(text, '.', dot)) != STR_NPOS; dot = to) {
		size_t from = dot;
		while (from > to && is_host_char(text.ptr[from - 1]))
			from--;
		for (to = dot; to < text.len && is_host_char(text.ptr[to]);)
			to++;
		const struct str host = {text.ptr + from, to - from};
		const char before = from > 0 ? text.ptr[from - 1] : ' ';
		const struct provider_row *row = NULL;
		/* An address or a link names somebody else's place. */
		if (host.len > 8 && before != '@' && before != '/' && host_looks_real(host))
			row = catalogue_provider_find(host);
		if (row != NULL && host.len > catalogue_text(row->host).len)
			return row;
	}
	return NULL;
}

void
origin_find(const struct facts *f, struct person *who, struct origin *o)
{
	*o = (struct origin){.host = STR_NONE};
	/* Fields that were pasted without the rest: a Diagnostic-Code of SMTP is what another
	 * server answered. */
	o->has_spoken = !f->is_message && who->dsn != NULL &&
			str_eq_case(who->dsn->diagnostic_type, STR("smtp"));
	find_host(f, who, o);
	find_stage(f, who, o);
	for (size_t i = 0; i < who->word_count && !o->has_spoken; i++)
		o->has_spoken =
			who->words[i].voice != VOICE_PROSE &&
			may_say(f, &who->words[i], UINT64_C(1) << SIGN_REMOTE_SPOKE) &&
			((words_scan(&who->words[i], f->arena)->signs >> SIGN_REMOTE_SPOKE) & 1);
	const struct str reporting = host_clean(f->dsn.reporting_mta);
	o->is_remote = (str_is_set(o->host) && !str_eq_case(o->host, reporting)) ||
		       (str_is_set(o->ip) && !str_is_set(o->host));
	const struct provider_row *row =
		str_is_set(o->host) ? catalogue_provider_find(o->host) : NULL;
	if (row == NULL && who->word_count > 0)
		row = provider_in_words(who->words[0].text);
	if (row == NULL) {
		const struct str domain = address_domain(who->recipient);
		row = str_is_set(domain) ? catalogue_provider_find(domain) : NULL;
		o->is_provider_by_domain = row != NULL;
	}
	if (row == NULL)
		return;
	o->provider = catalogue_text(row->provider);
	o->provider_row = row;
	o->is_filter = row->is_filter && !o->is_provider_by_domain;
}
