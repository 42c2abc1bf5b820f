/* What an answer changes: the header and the body that the next one sees, and the envelope. */
#include "filter/inside.h"

#include <stdio.h>

void
filter_facts_of_text(struct filter_session *s)
{
	s->facts.header = buf_str(&s->header);
	s->facts.body_bytes = str_is_set(s->body) ? s->body.len : s->text.bytes - s->header_bytes;
	s->facts.bytes = s->facts.header.len + s->facts.body_bytes;
}

/* The fields of SpamAssassin's own plugins, from what we were told. */
static void
spamd_edits(struct filter_session *s, struct exchange *x)
{
	struct filter_answer *const a = &x->answer;
	const struct filter_settings *const set = s->backends->settings;
	char points[MACHINE_POINTS_BYTES], limit[MACHINE_POINTS_BYTES], status[600];
	const bool is_spam = set->spamd_tag > 0 && a->points >= set->spamd_tag;
	const struct str p = machine_put_points(a->points, points);
	const struct str l = machine_put_points(set->spamd_tag, limit);
	snprintf(status, sizeof status, "%s, score=%.*s required=%.*s tests=%.*s",
		is_spam ? "Yes" : "No", (int)p.len, p.ptr, (int)l.len, l.ptr,
		a->rule.len > 0 ? (int)a->rule.len : 4, a->rule.len > 0 ? a->rule.ptr : "none");
	edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam-Status"), str_of(status));
	edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam-Score"), p);
	if (is_spam)
		edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam-Flag"), STR("YES"));
}

static void
take_edits(struct filter_session *s, struct exchange *x)
{
	struct filter_answer *const a = &x->answer;
	const enum filter_kind kind = x->backend->setting.kind;
	struct buf fresh;
	if (kind == KIND_SPAMD)
		spamd_edits(s, x);
	if (kind == KIND_RSPAMD && a->verdict == FILTER_TAG)
		edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam"), STR("Yes"));
	if (a->edits.count == 0)
		return;
	if (str_is_set(edits_body(&a->edits))) {
		s->body = edits_body(&a->edits);
		s->is_rewritten = true;
	}
	s->is_rewritten |= edits_touch_header(&a->edits);
	buf_init(&fresh, FILTER_HEADER_BYTES_MAX);
	edits_header(&a->edits, buf_str(&s->header), &fresh);
	buf_clear(&s->header);
	edits_front(&a->edits, &s->header);
	buf_add(&s->header, buf_str(&fresh));
	s->header.failed |= buf_failed(&fresh);
	buf_fini(&fresh);
	filter_facts_of_text(s);
}

void
filter_take_answer(struct filter_session *s, size_t i)
{
	struct exchange *const x = &s->list[i];
	if (x->has_failed) {
		s->is_out[i] = s->at >= FILTER_MAIL;
		return;
	}
	s->is_out[i] |= x->answer.is_final;
	s->is_gone[i] |= x->answer.is_final && x->answer.ends_session;
	if (x->answer.ends_session)
		exchange_leave(x);
	if (s->at == FILTER_END)
		take_edits(s, x);
	edits_append(&s->edits, &x->answer.edits);
}
