#include "web/answer.h"

#include "explain/details.h"
#include "web/groups.h"
#include "web/marked.h"
#include "web/way.h"

#define QUOTE_BYTES_MAX 1200 /* of the server's words: more is not read */

struct card {
	struct site *site;
	const struct nixie_report_info *info;
	const struct group *group;
	const struct nixie_outcome *outcome;
	struct explanation e;
};

static void
heading(struct site *s, const char *key)
{
	HTML(&s->out, "<h3>");
	site_say(s, key);
	HTML(&s->out, "</h3>\n");
}

static void
summary(struct site *s, const char *key)
{
	HTML(&s->out, "<details>\n<summary>");
	site_say(s, key);
	HTML(&s->out, "</summary>\n");
}

static void
admin_steps(struct site *s, const char *key, const struct steps *steps)
{
	if (steps->count == 0)
		return;
	summary(s, key);
	HTML(&s->out, "<ul>\n");
	site_steps(s, steps);
	HTML(&s->out, "</ul>\n</details>\n");
}

/* ---- The three signs: is it over, is the address good, whose move is it ---- */

static void
sign(struct site *s, const char *label, const char *mood, struct str value)
{
	HTML(&s->out, "<div><dt>");
	site_say(s, label);
	HTML(&s->out, "</dt><dd class=\"");
	html_text(&s->out, str_of(mood));
	HTML(&s->out, "\">");
	html_text(&s->out, value);
	HTML(&s->out, "</dd></div>\n");
}

static void
signs(struct card *c)
{
	static const struct {
		const char *key, *mood;
	} addresses[] = {
		[NIXIE_VERDICT_UNKNOWN] = {"page.address_unknown", ""},
		[NIXIE_VERDICT_HARD] = {"page.address_hard", "bad"},
		[NIXIE_VERDICT_SOFT] = {"page.address_soft", "wait"},
		[NIXIE_VERDICT_BLOCK] = {"page.address_block", "good"},
	};
	struct site *const s = c->site;
	const struct nixie_outcome *const o = c->outcome;
	HTML(&s->out, "<dl class=\"signs\">\n");
	if (explain_is_through(o)) {
		sign(s, "page.over", "good", site_word(s, "page.over_done"));
		sign(s, "label.verdict", "good", site_word(s, "page.address_good"));
		sign(s, "label.whose_move", "", site_word(s, "page.not_failed_move"));
	} else {
		const bool is_known = o->action != NIXIE_ACTION_NONE || o->is_final;
		sign(s, "page.over", o->is_final ? "bad" : "wait",
			site_word(s, o->is_final ? "page.over_yes"
				     : is_known  ? "page.over_no"
						 : "page.over_unknown"));
		sign(s, "label.verdict", addresses[o->verdict].mood,
			site_word(s, addresses[o->verdict].key));
		sign(s, "label.whose_move", "", site_name(s, "fixer_name.", c->e.fixer));
	}
	HTML(&s->out, "</dl>\n");
}

/* ---- A letter to the postmaster ---- */

/* Is there somebody to write to? */
static bool
needs_letter(const struct card *c)
{
	bool names_postmaster = c->e.write_to.len > 0;
	for (size_t i = 0; i < c->e.sender.count; i++)
		names_postmaster =
			names_postmaster || str_has(c->e.sender.list[i], STR("postmaster@"));
	return !explain_is_through(c->outcome) &&
	       (names_postmaster || str_eq(str_in(c->outcome->reason), STR("unknown")));
}

static void
letter(struct card *c)
{
	struct site *const s = c->site;
	struct out *const out = &s->out;
	const bool is_own = c->outcome->refuser == NIXIE_REFUSER_OWN_SERVER ||
			    str_eq(c->e.fixer, STR("sending_admin"));
	const struct fill *const f = &c->e.facts;
	summary(s, "page.letter");
	/* Without the domain there is no address to write to. */
	if ((is_own ? f->sdom : f->rdom).len > 0) {
		HTML(out, "<p class=\"to\">");
		site_say(s, "label.to");
		HTML(out, ": <code>");
		html_text(out, site_fill(s, is_own ? "page.letter_to_own" : "page.letter_to", f));
		HTML(out, "</code></p>\n");
	}
	HTML(out, "<div class=\"letter\"><pre tabindex=\"0\">\n");
	struct str rest = site_word(s, "page.letter_text"), part;
	while (site_part(&rest, &part)) {
		html_lines(out, fill_text(part, f, s->lang, s->arena));
		HTML(out, "\n\n");
	}
	struct details d;
	details_gather(c->info, c->outcome, &c->e, s->lang, s->arena, &d);
	static const enum detail wanted[] = {DETAIL_reply, DETAIL_server, DETAIL_last_attempt,
		DETAIL_reported_by, DETAIL_date, DETAIL_message_id};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		if (d.value[wanted[i]].len == 0)
			continue;
		html_text(out, detail_label(wanted[i], s->lang));
		HTML(out, ": ");
		html_text(out, d.value[wanted[i]]);
		HTML(out, "\n");
	}
	HTML(out, "</pre><button type=\"button\" class=\"copy\" hidden data-done=\"");
	site_say(s, "page.copied");
	HTML(out, "\">");
	site_say(s, "page.copy");
	HTML(out, "</button></div>\n</details>\n");
}

/* ---- The folded parts ---- */

static void
evidence_rows(struct site *s, const struct nixie_evidence *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		HTML(&s->out, "<tr><th scope=\"row\"><code>");
		html_text(&s->out, str_in(list[i].decided));
		HTML(&s->out, "</code></th><td><code>");
		html_text(&s->out, str_in(list[i].rule));
		HTML(&s->out, "</code> ");
		html_text(&s->out, str_head_text(str_in(list[i].words), QUOTE_BYTES_MAX));
		HTML(&s->out, "</td></tr>\n");
	}
}

static void
details(struct card *c)
{
	struct site *const s = c->site;
	struct details d;
	details_gather(c->info, c->outcome, &c->e, s->lang, s->arena, &d);
	summary(s, "label.facts");
	HTML(&s->out, "<table class=\"facts\">\n");
	for (int i = 0; i < DETAIL__COUNT; i++) {
		const bool is_of_one = i == DETAIL_recipient || i == DETAIL_original_recipient;
		if (d.value[i].len == 0 || (is_of_one && c->group->count > 1))
			continue;
		HTML(&s->out, "<tr><th scope=\"row\">");
		html_text(&s->out, detail_label((enum detail)i, s->lang));
		HTML(&s->out, "</th><td>");
		if (i == DETAIL_link)
			site_out_link(s, d.value[i]);
		else if (i == DETAIL_reason)
			site_link(s, STR("/reasons/"), str_in(c->outcome->reason), d.value[i]);
		else
			html_text(&s->out, d.value[i]);
		HTML(&s->out, "</td></tr>\n");
	}
	HTML(&s->out, "</table>\n");
	if (c->outcome->evidence_count > 0) {
		HTML(&s->out, "<h4>");
		site_say(s, "label.evidence");
		HTML(&s->out, "</h4>\n<table class=\"facts\">\n");
		evidence_rows(s, c->outcome->evidence, c->outcome->evidence_count);
		HTML(&s->out, "</table>\n");
	}
	HTML(&s->out, "</details>\n");
}

static void
addresses(struct card *c)
{
	struct site *const s = c->site;
	const struct group *const g = c->group;
	char room[STR_DIGITS_MAX];
	if (g->count == 1)
		return;
	HTML(&s->out, "<details class=\"addresses\" open>\n<summary>");
	html_text(&s->out, site_fill(s, "note.same_cause",
				   &(struct fill){.n = str_digits((int64_t)g->count, room)}));
	HTML(&s->out, "</summary>\n<ul>\n");
	for (size_t i = 0; i < g->count && i < GROUP_ADDRESSES_MAX; i++) {
		HTML(&s->out, "<li>");
		html_text(&s->out, str_head_text(str_in(g->some[i]->recipient), QUOTE_BYTES_MAX));
		HTML(&s->out, "</li>\n");
	}
	HTML(&s->out, "</ul>\n");
	if (g->count > GROUP_ADDRESSES_MAX) {
		const struct fill more = {
			.n = str_digits((int64_t)(g->count - GROUP_ADDRESSES_MAX), room)};
		site_paragraph(s, site_fill(s, "label.more", &more));
	}
	HTML(&s->out, "</details>\n");
}

/* ---- The card ---- */

static void
todo(struct card *c)
{
	struct site *const s = c->site;
	const struct explanation *const e = &c->e;
	if (e->sender.count == 0 && e->whose_move.len == 0)
		return;
	HTML(&s->out, "<section class=\"todo\">\n");
	heading(s, "label.you");
	site_paragraph(s, e->whose_move);
	HTML(&s->out, "<ol>\n");
	site_steps(s, &e->sender);
	if (e->write_to.len > 0) {
		HTML(&s->out, "<li>");
		html_text(&s->out, e->write_to);
		HTML(&s->out, "</li>\n");
	}
	HTML(&s->out, "</ol>\n");
	if (e->advice.len > 0) {
		heading(s, "label.advice");
		site_paragraph(s, e->advice);
	}
	if (needs_letter(c))
		letter(c);
	HTML(&s->out, "</section>\n");
}

static void
told(struct site *s, const char *label, const char *class, const struct str *texts, size_t count)
{
	bool is_empty = true;
	for (size_t i = 0; i < count; i++)
		is_empty = is_empty && texts[i].len == 0;
	if (is_empty)
		return;
	HTML(&s->out, "<section class=\"");
	html_text(&s->out, str_of(class));
	HTML(&s->out, "\">\n");
	heading(s, label);
	for (size_t i = 0; i < count; i++)
		site_paragraph(s, texts[i]);
	HTML(&s->out, "</section>\n");
}

static void
words(struct card *c)
{
	struct site *const s = c->site;
	if (c->e.quote.len == 0 && c->e.sure.len == 0)
		return;
	HTML(&s->out, "<section class=\"words\">\n");
	if (c->e.quote.len > 0) {
		heading(s, "label.words");
		HTML(&s->out, "<blockquote><p>");
		html_text(&s->out, str_head_text(c->e.quote, QUOTE_BYTES_MAX));
		HTML(&s->out, "</p></blockquote>\n");
	}
	HTML(&s->out, "<p class=\"sure\">");
	html_text(&s->out, c->e.sure);
	HTML(&s->out, "</p>\n");
	site_paragraph(s, c->e.links);
	site_paragraph(s, c->e.backscatter);
	HTML(&s->out, "</section>\n");
}

static void
headline(struct site *s, struct str text, bool is_first)
{
	if (is_first)
		HTML(&s->out, "<h2 id=\"answer\" tabindex=\"-1\">");
	else
		HTML(&s->out, "<h2>");
	html_text(&s->out, text);
	HTML(&s->out, "</h2>\n");
}

static void
card(struct card *c, bool is_first)
{
	struct site *const s = c->site;
	const struct explanation *const e = &c->e;
	const struct nixie_outcome *const o = c->outcome;
	HTML(&s->out, "<article class=\"card ");
	html_text(&s->out, o->action == NIXIE_ACTION_DELAYED ? STR("wait")
			   : explain_is_through(o)           ? STR("good")
							     : STR("bad"));
	HTML(&s->out, "\">\n");
	/* Among several, whose card it is. */
	if (c->group->count == 1 && c->info->outcome_count > 1 && o->recipient.len > 0) {
		HTML(&s->out, "<p class=\"rcpt\">");
		html_text(&s->out, str_head_text(str_in(o->recipient), QUOTE_BYTES_MAX));
		HTML(&s->out, "</p>\n");
	}
	headline(s, e->headline, is_first);
	addresses(c);
	way_write(s, o, e->refused_by);
	signs(c);
	HTML(&s->out, "<div class=\"told\">\n");
	told(s, "label.what_happened", "happened", (struct str[]){e->happened, e->step}, 2);
	todo(c);
	told(s, "label.why", "why", &e->why, 1);
	told(s, "label.next", "next",
		(struct str[]){e->next, e->disagree, e->last_answer, e->verdict}, 4);
	words(c);
	HTML(&s->out, "</div>\n");
	admin_steps(s, "label.sending_admin", &e->sending_admin);
	admin_steps(s, "label.receiving_admin", &e->receiving_admin);
	details(c);
	HTML(&s->out, "</article>\n");
}

static void
kind_only(struct site *s, const struct nixie_report_info *info, bool is_first)
{
	struct explanation e;
	explain_kind(info, s->lang, s->arena, &e);
	HTML(&s->out, "<article class=\"card plain\">\n");
	headline(s, e.headline, is_first);
	HTML(&s->out, "<div class=\"told\">\n");
	told(s, "label.what_happened", "happened", &e.happened, 1);
	if (e.sender.count > 0) {
		HTML(&s->out, "<section class=\"todo\">\n");
		heading(s, "label.you");
		HTML(&s->out, "<ol>\n");
		site_steps(s, &e.sender);
		HTML(&s->out, "</ol>\n</section>\n");
	}
	told(s, "label.why", "why", &e.why, 1);
	HTML(&s->out, "</div>\n");
	admin_steps(s, "label.sending_admin", &e.sending_admin);
	HTML(&s->out, "</article>\n");
}

static void
gather(struct card *c, struct site *s, const struct nixie_report_info *info, const struct group *g)
{
	*c = (struct card){.site = s, .info = info, .group = g, .outcome = g->first};
	explain_cause(info, g->first,
		g->count == 1    ? EXPLAIN_ONE
		: g->has_domains ? EXPLAIN_OF_DOMAINS
				 : EXPLAIN_OF_DOMAIN,
		s->lang, s->arena, &c->e);
}

static bool
has_cards(const struct nixie_report_info *info)
{
	return info->outcome_count > 0 &&
	       (info->kind == NIXIE_KIND_FAILURE || info->kind == NIXIE_KIND_DELAY ||
		       info->kind == NIXIE_KIND_SUCCESS);
}

struct str
answer_title(struct site *s, const struct nixie_report_info *info)
{
	struct explanation e;
	if (has_cards(info))
		explain_outcome(info, &info->outcomes[0], s->lang, s->arena, &e);
	else
		explain_kind(info, s->lang, s->arena, &e);
	return e.headline;
}

void
answer_write(struct site *s, const struct nixie_report_info *info, struct str text, bool is_first)
{
	struct groups groups;
	char room[STR_DIGITS_MAX];
	if (has_cards(info)) {
		groups_find(info, &groups);
		for (size_t i = 0; i < groups.count; i++) {
			struct card c;
			gather(&c, s, info, &groups.list[i]);
			card(&c, is_first && i == 0);
		}
		if (groups.others > 0)
			site_paragraph(
				s, site_fill(s, "page.more_cards",
					   &(struct fill){
						   .n = str_digits((int64_t)groups.others, room)}));
	} else {
		kind_only(s, info, is_first);
	}
	marked_write(s, info, text);
}
