#include "receive/refusals.h"

#include <stdlib.h>

#include "base/hash.h"
#include "deliver/notice.h"
#include "receive/inside.h"
#include "report/report.h"

struct refusals {
	struct arena arena; /* of the texts of the list */
	struct notice_recipient list[REFUSALS_MAX];
	size_t count;
	struct str sender;
	int64_t began_ms;
	uint64_t seen[REFUSALS_SEEN_MAX]; /* hashes of recipients */
	size_t seen_count;
};

bool
refusals_are_told(const struct guest *g)
{
	return g->receive->parts.refused != NULL && g->session.is_authenticated &&
	       g->account != 0 && g->user != NULL &&
	       config_list_has(g->profile->notified, str_of(g->user));
}

/* The step, for one that a message can be refused at; else NONE. */
static enum nixie_stage
stage_of(enum session_stage stage)
{
	switch (stage) {
	case SESSION_AT_MAIL:
		return NIXIE_STAGE_MAIL;
	case SESSION_AT_RCPT:
		return NIXIE_STAGE_RCPT;
	case SESSION_AT_DATA:
		return NIXIE_STAGE_DATA;
	case SESSION_AT_TEXT:
	case SESSION_AT_END:
		return NIXIE_STAGE_END_OF_DATA;
	default:
		return NIXIE_STAGE_NONE;
	}
}

static bool
is_worth_telling(const struct smtp_event *e)
{
	const uint8_t reason = catalogue_conditions[e->condition].reason;
	return e->code >= 500 && stage_of(e->stage) != NIXIE_STAGE_NONE &&
	       reason != REASON_PROTOCOL_ERROR && reason != REASON_LOGIN_FAILED;
}

/* In this session. Recipients without a name are known by their sender. */
static bool
is_new(struct refusals *r, struct str rcpt, struct str sender)
{
	const uint64_t hash =
		rcpt.len > 0 ? hash_add_case(HASH_FIRST, rcpt)
			     : hash_add_case(hash_add_case(HASH_FIRST, STR("from ")), sender);
	for (size_t i = 0; i < r->seen_count; i++)
		if (r->seen[i] == hash)
			return false;
	if (r->seen_count == REFUSALS_SEEN_MAX)
		return false;
	r->seen[r->seen_count++] = hash;
	return true;
}

static void
add_one(struct refusals *r, struct str rcpt, const struct smtp_event *e)
{
	if (r->count == REFUSALS_MAX || !is_new(r, rcpt, r->sender))
		return;
	struct notice_recipient *const one = &r->list[r->count++];
	*one = (struct notice_recipient){.rcpt = arena_str(&r->arena, rcpt),
		.reply = arena_str(&r->arena, str_trim(e->text)),
		.stage = stage_of(e->stage),
		.at_ms = clock_wall_ms()};
}

void
refusals_add(struct guest *g, const struct smtp_event *e)
{
	/* What was refused before it was asked about has no mail, or that of the message before. */
	const struct mail *const m =
		g->mail != NULL && (e->stage != SESSION_AT_MAIL || !g->mail->is_over) ? g->mail
										      : NULL;
	if (!is_worth_telling(e) || !refusals_are_told(g))
		return;
	if (g->refusals == NULL) {
		g->refusals = calloc(1, sizeof *g->refusals);
		if (g->refusals == NULL)
			return;
		arena_init(&g->refusals->arena, REFUSALS_ARENA_MAX);
	}
	struct refusals *const r = g->refusals;
	if (r->count == 0) {
		r->sender = m != NULL ? arena_str(&r->arena, m->sender) : STR("");
		r->began_ms = m != NULL ? m->began_ms : clock_wall_ms();
	}
	if (stage_of(e->stage) >= NIXIE_STAGE_DATA && m != NULL && m->accepted > 0)
		for (size_t i = 0; i < m->accepted; i++)
			add_one(r, m->rcpts[i].asked, e);
	else
		add_one(r, m != NULL && m->is_asked ? m->asked : STR(""), e);
}

void
refusals_tell(struct guest *g)
{
	struct refusals *const r = g->refusals;
	char ip[ENDPOINT_TEXT_BYTES];
	if (r == NULL || r->count == 0)
		return;
	const struct notice notice = {.account = str_of(g->user),
		.sender = r->sender,
		.session = {g->session.reference, g->session.reference_bytes},
		.client = guest_client(g, ip),
		.header = g->mail != NULL && str_is_set(g->mail->header)
				  ? str_head(g->mail->header, REPORT_HEADER_BYTES_MAX)
				  : STR(""),
		.began_ms = r->began_ms,
		.recipients = r->list,
		.count = r->count};
	if (!arena_failed(&r->arena) && g->receive->parts.refused != NULL)
		g->receive->parts.refused(g->receive->parts.to, &notice);
	r->count = 0;
	arena_fini(&r->arena);
	arena_init(&r->arena, REFUSALS_ARENA_MAX);
}

void
refusals_free(struct guest *g)
{
	if (g->refusals == NULL)
		return;
	refusals_tell(g);
	arena_fini(&g->refusals->arena);
	free(g->refusals);
	g->refusals = NULL;
}
