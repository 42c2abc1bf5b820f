/* recipients - addresses out of lists of them: RFC 5322 s3.4 */
#include "sendmail/sendmail.h"

static void
add(struct recipients *r, struct str address)
{
	if (address.len == 0)
		return;
	if (str_find_char(address, '@', 0) == STR_NPOS)
		address = arena_join(r->a, address, STR("@"), r->host);
	for (size_t i = 0; i < r->count; i++)
		if (str_eq_case(r->list[i], address))
			return;
	struct str *const list = arena_more(r->a, r->list, r->count, &r->room, sizeof *list);
	if (list == NULL || r->count == RECIPIENTS_MAX) {
		r->is_too_many = true;
		return;
	}
	r->list = list;
	r->list[r->count++] = arena_str(r->a, address);
}

/* One member of a list is gathered here: words without brackets, and what stood in them. */
struct member {
	char *plain, *angled;
	size_t plain_len, angled_len;
	bool has_angles;
};

static void
end_member(struct recipients *r, struct member *m)
{
	add(r, m->has_angles ? (struct str){m->angled, m->angled_len}
			     : str_trim((struct str){m->plain, m->plain_len}));
	m->plain_len = m->angled_len = 0;
	m->has_angles = false;
}

/* Where a comment ends that begins at `i`: comments nest, and have quoted pairs. */
static size_t
comment_end(struct str list, size_t i)
{
	size_t depth = 0;
	for (; i < list.len; i++) {
		if (list.ptr[i] == '\\')
			i++;
		else if (list.ptr[i] == '(')
			depth++;
		else if (list.ptr[i] == ')' && --depth == 0)
			return i;
	}
	return list.len;
}

void
recipients_add(struct recipients *r, struct str list)
{
	bool is_quoted = false, is_angled = false;
	struct member m = {.plain = arena_bytes(r->a, list.len + 1),
		.angled = arena_bytes(r->a, list.len + 1)};
	if (m.plain == NULL || m.angled == NULL) {
		r->is_too_many = true;
		return;
	}
	for (size_t i = 0; i < list.len; i++) {
		const char c = list.ptr[i];
		const bool is_pair = c == '\\' && is_quoted && i + 1 < list.len;
		if (c == '"')
			is_quoted = !is_quoted;
		if (!is_quoted && c != '"') {
			if (c == '(') {
				i = comment_end(list, i);
				continue;
			}
			if (c == '<') {
				is_angled = m.has_angles = true;
				m.angled_len = 0;
				continue;
			}
			if (c == '>') {
				is_angled = false;
				continue;
			}
			if (!is_angled && (c == ',' || c == ';')) {
				end_member(r, &m);
				continue;
			}
			if (!is_angled && c == ':') {
				m.plain_len = 0; /* the name of a group */
				continue;
			}
			if (c == '\r' || c == '\n' || (is_angled && ascii_is_space(c)))
				continue;
		}
		char *const to = is_angled ? m.angled : m.plain;
		size_t *const n = is_angled ? &m.angled_len : &m.plain_len;
		to[(*n)++] = c;
		if (is_pair)
			to[(*n)++] = list.ptr[++i];
	}
	end_member(r, &m);
}
