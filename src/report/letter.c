#include "report/letter.h"

#include "base/when.h"
#include "explain/fill.h"
#include "report/attempt.h"
#include "report/mailtext.h"

#define MESSAGE_ID_BYTES_MAX 900
#define BOUNDARY_TRIES 100
#define BOUNDARY_ID_BYTES 30

/* Encoded parts never have "=_". */
struct str
letter_boundary(const struct letter *l, struct str which)
{
	struct str b = STR_NONE;
	for (int i = 0; i < BOUNDARY_TRIES; i++) {
		char room[BOUNDARY_ID_BYTES + STR_DIGITS_MAX], digits[STR_DIGITS_MAX];
		const struct str id = str_head(l->id, BOUNDARY_ID_BYTES);
		size_t n = 0;
		for (size_t k = 0; k < id.len; k++) /* only what a boundary may have */
			if (ascii_is_alnum((unsigned char)id.ptr[k]))
				room[n++] = id.ptr[k];
		b = arena_join(l->arena, STR("=_"), str_digits(i, digits),
			arena_join(l->arena, which, (struct str){room, n}, STR("")));
		if (!str_has(l->raw, b))
			break;
	}
	return b;
}

static void
field(struct buf *out, struct str name, struct str value)
{
	buf_add(out, name);
	buf_add(out, STR(": "));
	buf_add(out, value);
	buf_add(out, STR("\r\n"));
}

/* "Mail server mx.example.org" <postmaster@mx.example.org> */
static void
from_field(const struct letter *l, struct buf *out)
{
	const struct fill f = {.ours = l->hostname};
	const struct str name = fill_key(STR("bounce.from_name"), &f, l->lang, l->arena);
	buf_add(out, STR("From: "));
	if (is_ascii(name)) {
		buf_add_char(out, '"');
		buf_add(out, name); /* of the catalogue and a host's name: nothing to escape */
		buf_add_char(out, '"');
	} else {
		mail_words(out, name, 6);
	}
	buf_add(out, STR("\r\n <"));
	buf_add(out, l->postmaster);
	buf_add(out, STR(">\r\n"));
}

/* "<id@host>" and nothing else, so that it can stand in a field. */
static bool
is_message_id(struct str s)
{
	if (s.len < 3 || s.len > MESSAGE_ID_BYTES_MAX || s.ptr[0] != '<' || s.ptr[s.len - 1] != '>')
		return false;
	for (size_t i = 1; i + 1 < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] == '<' || s.ptr[i] == '>' || s.ptr[i] > '~')
			return false;
	return true;
}

void
letter_head(const struct letter *l, struct str subject, struct str about, struct buf *out)
{
	char room[WHEN_BYTES];
	field(out, STR("Date"), when_mail(l->now_ms, room));
	from_field(l, out);
	field(out, STR("To"), arena_join(l->arena, STR("<"), l->to, STR(">")));
	buf_add(out, STR("Subject: "));
	mail_words(out, subject, 9);
	buf_add(out, STR("\r\nMessage-ID: <"));
	buf_add(out, mail_clean(l->id, ATTEMPT_SHORT_BYTES_MAX, l->arena));
	buf_add(out, STR("@"));
	buf_add(out, l->hostname);
	buf_add(out, STR(">\r\n"));
	if (is_message_id(about)) {
		field(out, STR("In-Reply-To"), about);
		field(out, STR("References"), about);
	}
	/* RFC 3834 s5: nobody sent a message that this would answer. */
	buf_add(out, l->is_of_itself ? STR("Auto-Submitted: auto-generated\r\n")
				     : STR("Auto-Submitted: auto-replied\r\n"));
	buf_add(out, STR("X-Auto-Response-Suppress: All\r\n"));
	field(out, STR("Content-Language"), catalogue_lang_tag(l->lang));
	buf_add(out, STR("MIME-Version: 1.0\r\n"));
}

void
letter_part(struct str bound, struct str end, struct buf *out)
{
	buf_add(out, STR("--"));
	buf_add(out, bound);
	buf_add(out, end);
	buf_add(out, STR("\r\n"));
}

void
letter_words(const struct letter *l, const struct sheet *s, struct buf *out)
{
	const struct str inner = letter_boundary(l, STR("a"));
	struct buf text, html;
	buf_init(&text, out->limit_bytes);
	buf_init(&html, out->limit_bytes);
	sheet_text(s, &text);
	sheet_html(s, l->lang, &html);
	buf_add(out, STR("Content-Type: multipart/alternative;\r\n boundary=\""));
	buf_add(out, inner);
	buf_add(out, STR("\"\r\n\r\n"));
	letter_part(inner, STR(""), out);
	buf_add(out, STR("Content-Type: text/plain; charset=utf-8\r\n"));
	mail_body(out, buf_str(&text));
	letter_part(inner, STR(""), out);
	buf_add(out, STR("Content-Type: text/html; charset=utf-8\r\n"));
	mail_body(out, buf_str(&html));
	letter_part(inner, STR("--"), out);
	out->failed = out->failed || buf_failed(&text) || buf_failed(&html);
	buf_fini(&text);
	buf_fini(&html);
}
