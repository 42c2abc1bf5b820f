/* check - the session: what it was told, who waits, what is asked when */
#include "check/client_name.h"
#include "check/content.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct checks *
checks_new(const struct checks_parts *parts)
{
	struct checks *const c = calloc(1, sizeof *c);
	if (c != NULL)
		c->parts = *parts;
	return c;
}

static bool
greylist_begin(struct checks *c, char words[static CHECK_WORDS_MAX])
{
	char path[1024], why[GREYLIST_WORDS_MAX];
	const int n = c->parts.data_folder == NULL
			      ? -1
			      : snprintf(path, sizeof path, "%s/greylist.db", c->parts.data_folder);
	if (n < 0 || (size_t)n >= sizeof path) {
		snprintf(words, CHECK_WORDS_MAX, "greylisting: there is no folder for its file");
		return false;
	}
	c->greylist = greylist_open(path, why);
	if (c->greylist == NULL)
		snprintf(words, CHECK_WORDS_MAX, "greylisting: %s", why);
	return c->greylist != NULL;
}

static bool
tally_begin(struct checks *c, char words[static CHECK_WORDS_MAX])
{
	char path[1024], why[TALLY_WORDS_MAX] = "there is no folder for its file";
	const int n = c->parts.data_folder == NULL
			      ? -1
			      : snprintf(path, sizeof path, "%s/" TALLY_FILE, c->parts.data_folder);
	if (n > 0 && (size_t)n < sizeof path)
		c->tally = tally_open(path, why);
	if (c->tally == NULL)
		snprintf(words, CHECK_WORDS_MAX, "dmarc_reports: %s", why);
	return c->tally != NULL;
}

bool
checks_configure(struct checks *c, const struct config *config, char words[static CHECK_WORDS_MAX])
{
	struct check_settings *const settings = settings_new(config, words);
	if (settings == NULL)
		return false;
	if (settings->has_greylist && c->greylist == NULL && !greylist_begin(c, words)) {
		settings_release(settings);
		return false;
	}
	if (settings->has_tally && c->tally == NULL && !tally_begin(c, words)) {
		settings_release(settings);
		return false;
	}
	settings_release(c->settings);
	c->settings = settings;
	memset(c->alarmed_ms, 0, sizeof c->alarmed_ms);
	return true;
}

void
checks_free(struct checks *c)
{
	if (c == NULL)
		return;
	settings_release(c->settings);
	greylist_close(c->greylist);
	tally_close(c->tally);
	free(c);
}

static void
pass(struct check_verdict *out)
{
	*out = (struct check_verdict){0};
}

/* Text of a stranger into a field; what does not fit is left out. */
static void
copy(struct str s, char *room, size_t bytes)
{
	s = str_head_text(s, bytes - 1);
	if (s.len > 0)
		memcpy(room, s.ptr, s.len);
	room[s.len] = '\0';
}

static bool
is_running(const struct check_session *s)
{
	return !TAILQ_EMPTY(&s->client.runs) || !TAILQ_EMPTY(&s->mail.runs);
}

/* All that is known of the origin, once for each message. */
static void
judge_origin(struct check_session *s)
{
	if (s->is_judged)
		return;
	s->is_judged = true;
	judge(s, &s->origin);
}

/* The origin may refuse; then who is new must wait. The null sender waits at the end of its text,
 * so that whoever asks with it whether an address exists is not disturbed. */
static void
rcpt_verdict(struct check_session *s, struct check_verdict *out)
{
	judge_origin(s);
	*out = s->origin;
	if (!out->is_refused && s->sender.len > 0)
		hold(s, out);
}

/* What the text shows; then a null sender that is new must wait. */
static void
end_verdict(struct check_session *s, struct check_verdict *out)
{
	content_judge(s, out);
	if (!out->is_refused && s->sender.len == 0)
		hold(s, out);
	tally_mail(s, out);
}

/* Waits until no run is left, for its time. */
static void
wait_for(struct check_session *s, enum question question)
{
	const int64_t ms = s->settings->timeout_ms;
	const struct timeval limit = {ms / 1000, ms % 1000 * 1000};
	s->open = question;
	s->is_late = false;
	evtimer_add(&s->deadline, &limit);
}

static void
answer(struct check_session *s)
{
	const enum question question = s->open;
	struct check_verdict verdict;
	s->open = QUESTION_NONE;
	event_del(&s->deadline);
	if (question == QUESTION_END)
		end_verdict(s, &verdict);
	else
		rcpt_verdict(s, &verdict);
	s->done(s->to, &verdict); /* may free the session */
}

void
check_ended(struct check_session *s)
{
	if (s->open != QUESTION_NONE && !is_running(s))
		answer(s);
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct check_session *const s = context;
	(void)fd;
	(void)what;
	s->is_late = true;
	scope_give_up(&s->client);
	scope_give_up(&s->mail);
	check_ended(s);
}

static void
client_begin(struct check_session *s, const struct reverse_check *claimed)
{
	const struct check_settings *const settings = s->settings;
	ip_text(&s->ip, s->ip_text);
	s->is_listed_good = false;
	s->is_exempt |= settings_exempt(settings, &s->ip) || s->checks->parts.dns == NULL;
	if (s->is_exempt)
		return;
	if (settings->reverse != CHECK_OFF)
		run_reverse(s, claimed);
	run_lists_of_ip(s);
}

struct check_session *
check_session_new(struct checks *c, const struct check_client *client, check_done *done, void *to)
{
	if (c == NULL || c->settings == NULL)
		return NULL;
	struct check_session *const s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->checks = c;
	s->settings = c->settings;
	s->settings->uses++;
	s->done = done;
	s->to = to;
	s->ip = client->ip;
	s->is_exempt = s->is_always_exempt = client->is_exempt;
	copy(client->reference, s->reference, sizeof s->reference);
	copy(client->host, s->host, sizeof s->host);
	copy(str_is_set(client->authserv) ? client->authserv : client->host, s->authserv,
		sizeof s->authserv);
	snprintf(s->limit_room, sizeof s->limit_room, "refuse_score = %u",
		s->settings->refuse_score);
	s->limit_words = str_of(s->limit_room);
	scope_init(&s->client);
	scope_init(&s->mail);
	buf_init(&s->text, LINKS_TEXT_BYTES_MAX);
	evtimer_assign(&s->deadline, c->parts.base, on_deadline, s);
	client_begin(s, client_name_claimed(client->name));
	return s;
}

void
check_session_free(struct check_session *s)
{
	if (s == NULL)
		return;
	event_del(&s->deadline);
	scope_fini(&s->mail);
	buf_fini(&s->text);
	dkim_free(s->dkim);
	scope_fini(&s->client);
	settings_release(s->settings);
	free(s);
}

void
check_client_is(struct check_session *s, const struct ip *ip)
{
	if (s == NULL)
		return;
	check_reset(s);
	scope_clear(&s->client);
	s->ip = *ip;
	s->is_exempt = s->is_always_exempt;
	client_begin(s, NULL);
}

void
check_signed_in(struct check_session *s, struct str user)
{
	(void)user;
	if (s == NULL)
		return;
	s->is_exempt = s->is_always_exempt = true;
	check_reset(s);
	scope_clear(&s->client);
}

bool
check_is_exempt(const struct check_session *s)
{
	return s == NULL || s->is_exempt;
}

struct str
check_client_name(const struct check_session *s)
{
	if (s == NULL || s->reverse_result != REVERSE_PASS)
		return STR_NONE;
	for (size_t i = 0; i < s->client.count; i++)
		if (s->client.findings[i].test == TEST_REVERSE)
			return s->client.findings[i].words;
	return STR_NONE;
}

bool
check_connect(struct check_session *s, struct check_verdict *verdict)
{
	(void)s;
	pass(verdict);
	return true;
}

bool
check_hello(struct check_session *s, struct str name, struct check_verdict *verdict)
{
	if (s != NULL) {
		check_reset(s);
		copy(name, s->helo_room, sizeof s->helo_room);
		s->helo = str_of(s->helo_room);
	}
	pass(verdict);
	return true;
}

bool
check_mail(struct check_session *s, struct str sender, struct check_verdict *verdict)
{
	pass(verdict);
	if (s == NULL)
		return true;
	check_reset(s);
	if (s->is_exempt)
		return true;
	const struct check_settings *const settings = s->settings;
	s->sender = sender.len == 0 ? STR("") : arena_str(&s->mail.arena, sender);
	if (settings->helo != CHECK_OFF)
		run_helo(s);
	if (settings->spf != CHECK_OFF || settings->dmarc != CHECK_OFF)
		run_spf(s);
	if (settings->sender != CHECK_OFF && s->sender.len > 0)
		run_sender(s);
	run_lists_of_domains(s);
	return true;
}

/* RFC 5321 s4.5.1, RFC 2142: who must be reachable by those who are refused. */
static bool
is_always_reachable(struct str recipient)
{
	const size_t at = str_find_char(recipient, '@', 0);
	const struct str local = str_head(recipient, at == STR_NPOS ? recipient.len : at);
	return str_eq_case(local, STR("postmaster")) || str_eq_case(local, STR("abuse"));
}

bool
check_rcpt(struct check_session *s, struct str recipient, struct check_verdict *verdict)
{
	pass(verdict);
	if (s == NULL || s->is_exempt || is_always_reachable(recipient))
		return true;
	if (is_running(s)) {
		wait_for(s, QUESTION_RCPT);
		return false;
	}
	rcpt_verdict(s, verdict);
	return true;
}

bool
check_data(struct check_session *s, struct check_verdict *verdict)
{
	(void)s;
	pass(verdict);
	return true;
}

void
check_body(struct check_session *s, struct str piece)
{
	if (s == NULL || s->is_exempt)
		return;
	if (s->settings->blocked_links.count > 0)
		buf_add(&s->text, str_head(piece, LINKS_TEXT_BYTES_MAX - s->text.len));
	if ((s->settings->dmarc == CHECK_OFF && s->settings->dkim_required[0] == '\0') ||
		s->has_no_memory)
		return;
	if (s->dkim == NULL)
		s->dkim = dkim_new(clock_wall_ms() / 1000);
	s->has_no_memory = s->dkim == NULL; /* not from the middle of the text */
	if (s->dkim != NULL)
		dkim_add(s->dkim, piece);
}

bool
check_end(struct check_session *s, struct check_verdict *verdict)
{
	pass(verdict);
	if (s == NULL || s->is_exempt)
		return true;
	s->is_at_end = true;
	content_begin(s);
	if (is_running(s)) {
		wait_for(s, QUESTION_END);
		return false;
	}
	end_verdict(s, verdict);
	return true;
}

void
check_reset(struct check_session *s)
{
	if (s == NULL)
		return;
	s->open = QUESTION_NONE;
	event_del(&s->deadline);
	scope_clear(&s->mail);
	buf_fini(&s->text);
	s->sender = STR_NONE;
	dkim_free(s->dkim);
	s->dkim = NULL;
	s->arc = NULL;
	s->dmarc = (struct dmarc_find){.has_record = false};
	s->author_count = 0;
	s->spf_result = SPF_NONE;
	s->spf_identity = STR_NONE;
	s->is_judged = s->has_told = s->is_at_end = s->has_no_memory = false;
	s->is_spf_aligned = s->is_dkim_aligned = false;
	s->is_dmarc_pass = s->is_quarantined = s->is_vouched_for = false;
}
