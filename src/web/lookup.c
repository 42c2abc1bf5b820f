#include "web/lookup.h"

#include "explain/explain.h"
#include "web/answer.h"
#include "web/entry.h"

bool
lookup_is_short(struct str text)
{
	text = str_trim(text);
	return text.len > 0 && text.len <= LOOKUP_BYTES_MAX &&
	       str_find_char(text, '\n', 0) == STR_NPOS && str_find_char(text, '\r', 0) == STR_NPOS;
}

static bool
is_understood(const struct nixie_report_info *info)
{
	return info->outcome_count > 0 && info->outcomes[0].reason.len > 0 &&
	       !str_eq(str_in(info->outcomes[0].reason), STR("unknown"));
}

struct str
lookup_title(const struct site *s, struct str text)
{
	return site_fill(s, "lookup.found", &(struct fill){.code = str_trim(text)});
}

static void
write_entries(struct site *s, const struct code_answer *found)
{
	for (size_t i = 0; i < found->count; i++)
		entry_write(s, &found->list[i]);
}

static void
write_headline(struct site *s, const char *key, struct str text)
{
	HTML(&s->out, "<h2 id=\"answer\" tabindex=\"-1\">");
	html_text(&s->out, site_fill(s, key, &(struct fill){.code = text}));
	HTML(&s->out, "</h2>\n");
}

void
lookup_write(struct site *s, struct str text, const struct nixie_report *r)
{
	const struct nixie_report_info *const info = nixie_report_info(r);
	struct code_answer found;
	text = str_trim(text);
	code_find(text, s->arena, &found);
	/* A reply whose reason is not known is one all the same, when it looks like one. */
	const bool is_reply =
		is_understood(info)
			? found.count == 0 || code_is_sentence(text)
			: info->outcome_count > 0 && code_is_first(text) && code_is_sentence(text);
	if (is_reply) {
		answer_write(s, info, STR_NONE, true);
		if (found.count == 0)
			return;
		HTML(&s->out, "<section class=\"card plain\">\n<h2>");
		site_say(s, "lookup.codes");
		HTML(&s->out, "</h2>\n");
	} else {
		HTML(&s->out, "<section class=\"card plain\">\n");
		write_headline(s, found.count > 0 ? "lookup.found" : "lookup.none", text);
		if (found.count == 0)
			site_paragraph(s, site_word(s, "lookup.none_hint"));
	}
	write_entries(s, &found);
	HTML(&s->out, "</section>\n");
}
