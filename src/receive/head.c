#include "receive/head.h"

#include "base/when.h"

void
head_init(struct head *h)
{
	*h = (struct head){.is_over = false};
	buf_init(&h->text, HEAD_BYTES_MAX);
}

void
head_fini(struct head *h)
{
	buf_fini(&h->text);
}

/* The value of a field that is `name`, folded as it is. */
static bool
field_is(struct str line, struct str name)
{
	struct str rest = str_from(line, name.len);
	while (rest.len > 0 && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t'))
		rest = str_from(rest, 1);
	return str_starts_case(line, name) && rest.len > 0 && rest.ptr[0] == ':';
}

static void
look(struct head *h, struct str header)
{
	struct str line;
	while (str_line(&header, &line)) {
		if (line.len == 0)
			continue;
		for (size_t i = 0; i < line.len && !h->has_8bit; i++)
			h->has_8bit = (unsigned char)line.ptr[i] >= 0x80;
		if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
			continue;
		if (field_is(line, STR("Received")))
			h->received++;
		else if (field_is(line, STR("Date")))
			h->has_date = true;
		else if (field_is(line, STR("From")))
			h->has_from = true;
		else if (field_is(line, STR("Message-ID")) && !h->has_message_id) {
			h->has_message_id = true;
			struct str value = str_from(line, str_find_char(line, ':', 0) + 1);
			struct str rest = header; /* a long one stands on the next line */
			if (str_trim(value).len == 0 && rest.len > 0 && rest.ptr[0] == ' ')
				str_line(&rest, &value);
			h->message_id = str_head(str_trim(value), HEAD_MESSAGE_ID_BYTES_MAX);
		}
	}
}

static void
finish(struct head *h, size_t len)
{
	look(h, str_head(buf_str(&h->text), len));
	h->is_over = true;
}

size_t
head_add(struct head *h, struct str piece)
{
	const size_t before = h->text.len;
	const struct str now = str_head(piece, HEAD_BYTES_MAX - before);
	buf_add(&h->text, now);
	if (buf_failed(&h->text)) {
		h->is_cut = true;
		finish(h, before);
		return 0;
	}
	const struct str text = buf_str(&h->text);
	const size_t end = str_starts(text, STR("\r\n"))
				   ? 0
				   : str_find(text, STR("\r\n\r\n"), before > 3 ? before - 3 : 0);
	if (end == STR_NPOS && text.len < HEAD_BYTES_MAX)
		return now.len;
	h->is_cut = end == STR_NPOS;
	finish(h, end);
	if (h->is_cut)
		return now.len;
	/* The blank line ends it; of these bytes it has none but those. */
	h->text.len = end == 0 ? 2 : end + 4;
	return h->text.len - before;
}

void
head_end(struct head *h)
{
	finish(h, h->text.len);
}

/* A field that is folded between its words. */
struct folded {
	struct buf *out;
	size_t column;
};

static void
put_words(struct folded *f, struct str words)
{
	if (f->column + 1 + words.len > 78) {
		buf_add(f->out, STR("\r\n\t"));
		f->column = 8;
	} else if (f->column > 0) {
		buf_add_char(f->out, ' ');
		f->column++;
	}
	for (size_t i = 0; i < words.len; i++) { /* they were said by strangers */
		const unsigned char c = (unsigned char)words.ptr[i];
		buf_add_char(f->out, c < ' ' || c >= 0x7f ? '?' : (char)c);
	}
	f->column += words.len;
}

/* "with ESMTPS" in one piece; nothing when there is nothing to say. */
static void
put_clause(struct folded *f, struct str before, struct str value, struct str after)
{
	char room[1024];
	if (value.len == 0)
		return;
	value = str_head(value, sizeof room - before.len - after.len);
	memcpy(room, before.ptr, before.len);
	memcpy(room + before.len, value.ptr, value.len);
	memcpy(room + before.len + value.len, after.ptr, after.len);
	put_words(f, (struct str){room, before.len + value.len + after.len});
}

void
trace_write(const struct trace *t, struct buf *out)
{
	char when[WHEN_BYTES];
	const bool is_v6 = str_find_char(t->client, ':', 0) != STR_NPOS;
	struct folded f = {out, 0};
	put_words(&f, STR("Received:"));
	put_clause(&f, STR("from "), t->helo.len > 0 ? t->helo : STR("unknown"), STR(""));
	if (t->client_name.len > 0) {
		put_clause(&f, STR("("), t->client_name, STR(""));
		put_clause(&f, is_v6 ? STR("[IPv6:") : STR("["), t->client, STR("])"));
	} else {
		put_clause(&f, is_v6 ? STR("([IPv6:") : STR("(["), t->client, STR("])"));
	}
	put_clause(&f, STR("("), t->tls, STR(")"));
	put_clause(&f, STR("by "), t->host, STR(" (Nixie)"));
	put_clause(&f, STR("with "), t->protocol, STR(""));
	put_clause(&f, STR("id "), t->id, t->recipient.len > 0 ? STR("") : STR(";"));
	put_clause(&f, STR("for <"), t->recipient, STR(">;"));
	put_clause(&f, STR(""), when_mail(t->now_ms, when), STR(""));
	put_clause(&f, STR("(session "), t->session, STR(")"));
	buf_add(out, STR("\r\n"));
}

void
head_complete(const struct head *h, const struct trace *t, struct buf *out)
{
	char when[WHEN_BYTES];
	if (!h->has_date) {
		buf_add(out, STR("Date: "));
		buf_add(out, when_mail(t->now_ms, when));
		buf_add(out, STR("\r\n"));
	}
	if (!h->has_message_id) {
		buf_add(out, STR("Message-ID: <"));
		buf_add(out, t->id);
		buf_add_char(out, '@');
		buf_add(out, t->host);
		buf_add(out, STR(">\r\n"));
	}
}
