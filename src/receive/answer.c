/* answer - what is answered at CONNECT, MAIL and RCPT */
#include "receive/inside.h"
#include "receive/spread.h"

/* A network that the operator shut out. When the directory does not answer it may come in: what it
 * wants then is answered by that. */
static bool
range_is_banned(struct guest *g, struct smtp_answer *a)
{
	struct directory_range range;
	if (!guest_range(g, &g->scratch, &range) || !range.is_banned)
		return false;
	guest_tell_check(g, STR("range"), STR("banned"), range.name);
	a->facts.text = str_is_set(range.reason)
				? range.reason
				: arena_join(&g->scratch, STR("write to postmaster@"),
					  g->profile->host, STR(" from elsewhere"));
	return refuse_with(a, CONDITION_CLIENT_BANNED);
}

bool
answer_connect(struct guest *g, struct smtp_answer *a)
{
	const struct ip ip = guest_ip(g);
	if (g->profile->takes_nothing)
		return refuse_with(a, CONDITION_HOST_TAKES_NO_MAIL);
	if (g->is_too_many)
		return refuse_with(a, CONDITION_SERVER_FULL);
	if (g->is_beyond_client)
		return refuse_with(a, CONDITION_CLIENT_CONNECTIONS);
	/* Who guesses passwords may still bring mail from outside. */
	if (g->profile->settings.kind == LISTENER_SUBMISSION &&
		clients_banned_ms(g->receive->clients, &ip, clock_mono_ms()) > 0)
		return refuse_with(a, CONDITION_LOGIN_BANNED);
	if (!range_is_banned(g, a))
		limits_refuse(g, LIMIT_AT_CONNECT, a);
	return true;
}

/* ---- MAIL */

static uint32_t
flags_of(const struct guest *g, const struct mail_params *p)
{
	return (p->body == BODY_8BITMIME || p->body == BODY_BINARYMIME ? MESSAGE_8BIT : 0u) |
	       (p->is_utf8 ? MESSAGE_SMTPUTF8 : 0u) | (p->requires_tls ? MESSAGE_REQUIRETLS : 0u) |
	       (p->ret == RET_FULL ? MESSAGE_RET_FULL : 0u) |
	       (p->ret == RET_HDRS ? MESSAGE_RET_HEADERS : 0u) |
	       (g->session.is_authenticated ? MESSAGE_AUTHENTICATED : 0u);
}

/* Absent when the login of before still holds. */
static bool
login_is_withdrawn(struct guest *g, struct smtp_answer *a)
{
	if (!g->session.is_authenticated || g->account == 0)
		return false;
	switch (directory_login_holds(g->receive->parts.directory,
		&(struct directory_account){.id = g->account, .epoch = g->epoch})) {
	case LOGIN_OK:
		return false;
	case LOGIN_UNAVAILABLE:
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	default:
		g->session.is_authenticated = false;
		return refuse_with(a, CONDITION_LOGIN_WITHDRAWN);
	}
}

/* Whose address it is: a user may use what is theirs, a stranger what is not ours. */
static bool
sender_is_refused(struct guest *g, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	struct directory *const d = g->receive->parts.directory;
	bool failed = false;
	if (m->sender.len == 0)
		return false;
	if (!directory_place(d, m->sender, &m->sender_place))
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	if (g->session.is_authenticated) {
		if (!g->profile->checks_identities || g->account == 0 ||
			directory_may_send_as(d, g->account, m->sender, &failed))
			return false;
		return refuse_with(
			a, failed ? CONDITION_LOOKUP_FAILED : CONDITION_SENDER_NOT_YOURS);
	}
	if (!g->profile->guards_own_senders || m->sender_place != PLACE_LOCAL ||
		g->profile->settings.kind == LISTENER_LMTP)
		return false;
	/* Networks of our own may do without a login. */
	struct directory_range range;
	if (!guest_range(g, &m->arena, &range))
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	if (range_is_free(&range, LOCAL_TO_ELSEWHERE))
		return false;
	m->why = arena_join(&m->arena, STR("clients of the range "), range.name,
		STR(" must sign in to send with an address of this server"));
	return refuse_with(a, CONDITION_OWN_DOMAIN_FROM_OUTSIDE);
}

bool
answer_mail(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	char room[PATH_PRINT_BYTES_MAX];
	guest_end_mail(g);
	struct mail *const m = g->mail = mail_new(g);
	if (m == NULL)
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	m->sender = arena_str(&m->arena, (struct str){room, path_print(&e->path, room)});
	m->sender_place = PLACE_ELSEWHERE;
	m->flags = flags_of(g, &e->mail);
	m->is_binary = e->mail.body == BODY_BINARYMIME;
	m->declared_bytes = e->mail.size_bytes;
	m->envelope_id = arena_str(&m->arena, e->mail.envid);
	a->facts.sender = m->sender;
	if (arena_failed(&m->arena))
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	if (receive_room(g->receive) < (e->mail.size_bytes > 0 ? e->mail.size_bytes : 0))
		return refuse_with(a, CONDITION_STORAGE_LOW);
	if (login_is_withdrawn(g, a) || sender_is_refused(g, a) ||
		limits_refuse(g, LIMIT_AT_MAIL, a))
		return true;
	guest_check_begin(g);
	return guest_check(g, CHECK_AT_MAIL, e->question, a);
}

/* ---- RCPT */

/* May this client send from there to here? */
static bool
way_is_refused(struct guest *g, enum directory_place to, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	struct directory_range range;
	if (g->profile->settings.kind == LISTENER_LMTP && to != PLACE_ELSEWHERE)
		return false;
	if (!guest_range(g, &m->arena, &range))
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	const bool from_here = m->sender_place == PLACE_LOCAL;
	const enum direction way =
		from_here ? (to == PLACE_ELSEWHERE ? LOCAL_TO_ELSEWHERE : LOCAL_TO_LOCAL)
			  : (to == PLACE_ELSEWHERE ? ELSEWHERE_TO_ELSEWHERE : ELSEWHERE_TO_LOCAL);
	if (!(range.allowed & 1u << way)) {
		m->why = arena_join(&m->arena, STR("clients of the range "), range.name,
			STR(" may not send there"));
		return refuse_with(a, CONDITION_RELAYING_REFUSED);
	}
	if ((range.needs_login & 1u << way) && !g->session.is_authenticated) {
		m->why = arena_join(&m->arena, STR("clients of the range "), range.name,
			STR(" must sign in to send there"));
		/* Where no users come nobody has a login to give: it is told what it is. */
		return refuse_with(
			a, to == PLACE_ELSEWHERE && g->profile->settings.kind != LISTENER_SUBMISSION
				   ? CONDITION_RELAYING_REFUSED
				   : CONDITION_AUTH_REQUIRED);
	}
	return false;
}

/* "rfc822;user@example.org": as it came; absent when it did not. */
static struct str
original_of(struct mail *m, const struct rcpt_params *p)
{
	return str_is_set(p->orcpt) ? arena_join(&m->arena, p->orcpt_type, STR(";"), p->orcpt)
				    : STR_NONE;
}

static void
log_recipient(const struct mail *m)
{
	const struct guest *const g = m->guest;
	char ip[ENDPOINT_TEXT_BYTES], count[STR_DIGITS_MAX];
	/* A list is where it leads; whom that is sent to is another matter. */
	const bool is_list = m->found.list_count > 0 && m->found.targets[0].list != 0;
	EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_RECIPIENT,
		{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
		{FIELD_CLIENT, guest_client(g, ip)},
		{FIELD_FROM, m->sender.len == 0 ? STR("<>") : m->sender}, {FIELD_TO, m->asked},
		{FIELD_TARGET, is_list                     ? m->found.lists[0].address
			       : m->found.target_count > 0 ? m->found.targets[0].address
							   : STR_NONE},
		{FIELD_RECIPIENTS, str_digits((int64_t)m->found.target_count, count)});
}

bool
mail_accept_recipient(struct mail *m, struct smtp_answer *a)
{
	const struct spread spread = {.asked = m->asked,
		.original = m->original,
		.notify = m->notify,
		.progress = {.state = RECIPIENT_WAITING,
			.due_ms = m->began_ms,
			.changed_ms = m->began_ms}};
	for (size_t i = 0; i < m->found.target_count; i++)
		if (m->found.targets[i].kind != TARGET_MAILBOX && !str_is_set(m->passed_on_by))
			m->passed_on_by = m->asked;
	if (!mail_spread(m, &m->found, &spread))
		return refuse_with(a, CONDITION_RECIPIENT_LIMIT);
	struct accepted *const rcpts =
		arena_more(&m->arena, m->rcpts, m->accepted, &m->rcpt_room, sizeof *m->rcpts);
	if (rcpts == NULL)
		return refuse_with(a, CONDITION_RECIPIENT_LIMIT);
	if (m->sender.len == 0 && !str_is_set(m->returned.list))
		m->returned.list = m->found.owned;
	m->rcpts = rcpts;
	rcpts[m->accepted] = (struct accepted){m->asked, m->original, m->redirected, m->notify};
	if (m->accepted++ == 0)
		m->only_recipient = m->asked;
	log_recipient(m);
	m->is_asked = false;
	a->verdict = ANSWER_ACCEPT;
	return true;
}

struct str
mail_facts(const struct mail *m, struct smtp_answer *a)
{
	a->facts.rcpt = m->asked;
	a->facts.domain = str_from(m->asked, str_find_char(m->asked, '@', 0) + 1);
	return a->facts.domain;
}

/* REQUIRETLS, and a way that is never encrypted: a route says so, and the next server cannot be
 * asked (RFC 8689 s4.2.1). What others offer is known when they are spoken to. */
static bool
tls_is_impossible(struct mail *m, struct smtp_answer *a)
{
	for (size_t i = 0; i < m->found.target_count && m->flags & MESSAGE_REQUIRETLS; i++) {
		const struct directory_target *const t = &m->found.targets[i];
		const struct str domain = str_from(t->address, str_behind_last(t->address, '@'));
		struct directory_route route;
		bool has_route = false;
		if (t->kind == TARGET_MAILBOX)
			continue;
		if (!directory_route_find(
			    m->receive->parts.directory, domain, &m->arena, &has_route, &route))
			return refuse_with(a, CONDITION_LOOKUP_FAILED);
		if (!has_route || route.is_lmtp || route.tls != ROUTE_TLS_OFF)
			continue;
		m->why = arena_join(&m->arena, STR("the route to "), route.host,
			STR(" is not to be encrypted"));
		a->facts.domain = domain;
		return refuse_with(a, CONDITION_REQUIRETLS_IMPOSSIBLE);
	}
	return false;
}

bool
answer_rcpt(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	char room[PATH_PRINT_BYTES_MAX];
	if (m == NULL)
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	struct arena *const arena = &m->arena;
	struct directory_answer *const found = &m->found;
	m->asked = arena_str(arena, (struct str){room, path_print(&e->path, room)});
	m->is_asked = true;
	const struct str postmaster =
		str_is_set(g->profile->postmaster)
			? g->profile->postmaster
			: arena_join(arena, STR("postmaster@"), g->profile->host, STR_NONE);
	if (path_is_postmaster(&e->path)) /* RFC 5321 s4.5.1 */
		m->asked = postmaster;
	if (!mail_unwrap(m))
		return refuse_with(a, CONDITION_LOOKUP_FAILED);
	mail_facts(m, a);
	const struct directory_question question = {.recipient = m->asked,
		.sender = m->sender,
		.is_authenticated = g->session.is_authenticated,
		.postmaster = postmaster};
	directory_resolve(g->receive->parts.directory, &question, arena, found);
	m->why = found->why;
	m->original = original_of(m, &e->rcpt);
	m->redirected = STR_NONE;
	m->notify = e->rcpt.notify;
	if ((found->place == PLACE_ELSEWHERE || !found->is_refused) &&
		way_is_refused(g, found->place, a))
		return true;
	a->facts.address = found->moved_to;
	if (found->is_refused)
		return refuse_with(a, found->condition);
	if (tls_is_impossible(m, a))
		return true;
	return weigh_rcpt(g, e->question, a);
}
