#include "smtp/line.h"

#include "smtp/verb.h"

/* How long the line at the start of `in` may be. */
static size_t
line_limit(const struct session *s, struct str in)
{
	if (s->state == STATE_AUTH)
		return LINE_AUTH_BYTES_MAX;
	size_t n = 0;
	while (n < in.len && n < 16 && ascii_is_alpha(in.ptr[n]))
		n++;
	const struct verb *const verb = verb_find(str_head(in, n));
	return verb == NULL ? LINE_BYTES_MAX : verb->line_bytes_max;
}

/* Has the line a CR or LF that is not its end? */
static bool
has_bare(struct str line, bool ends_in_crlf)
{
	return !ends_in_crlf || str_find_char(line, '\r', 0) != STR_NPOS;
}

enum line_result
line_read(struct session *s, struct str *in, struct str *line, size_t *bytes, size_t *limit)
{
	const size_t end = str_find_char(*in, '\n', s->scanned_bytes);
	const size_t have = end == STR_NPOS ? in->len : end + 1;
	*bytes = 0;
	if (s->discarded_bytes == 0 && in->len > 0 && (unsigned char)in->ptr[0] < '\t')
		return LINE_FOREIGN;
	if (s->discarded_bytes == 0 && in->len > 0 && in->ptr[0] == 0x16)
		return LINE_FOREIGN; /* a TLS handshake record */
	if ((uint64_t)s->discarded_bytes + have > s->settings->unterminated_bytes_max) {
		*bytes = have;
		return LINE_ENDLESS;
	}
	*limit = line_limit(s, *in);
	const bool is_long = s->discarded_bytes > 0 || have > *limit;
	if (end == STR_NPOS) {
		s->scanned_bytes = (uint32_t)in->len;
		if (is_long || in->len == *limit) {
			s->discarded_bytes += (uint32_t)in->len;
			s->limit_bytes = s->limit_bytes > 0 ? s->limit_bytes : (uint32_t)*limit;
			s->scanned_bytes = 0;
			*in = str_from(*in, in->len);
		}
		return LINE_MORE;
	}
	*bytes = have;
	if (is_long) {
		*limit = s->limit_bytes > 0 ? s->limit_bytes : *limit;
		return LINE_TOO_LONG;
	}
	const bool ends_in_crlf = end > 0 && in->ptr[end - 1] == '\r';
	*line = str_head(*in, end - ends_in_crlf);
	if (s->settings->bare == BARE_REFUSE && has_bare(*line, ends_in_crlf))
		return LINE_BARE;
	return LINE_OK;
}

void
line_use(struct session *s, struct str *in, size_t bytes)
{
	*in = str_from(*in, bytes);
	s->scanned_bytes = s->discarded_bytes = s->limit_bytes = 0;
}
