/* The replies of a server: lines to a code and a text, whatever comes. */
#include "smtp/client_inside.h"

/* A line of the reply is kept as it may be shown: what is not printable becomes "?". */
static void
keep(struct client *c, struct str line)
{
	if (c->reply_bytes > 0 && c->reply_bytes < sizeof c->reply)
		c->reply[c->reply_bytes++] = '\n';
	for (size_t i = 0; i < line.len && c->reply_bytes < sizeof c->reply; i++) {
		const unsigned char byte = (unsigned char)line.ptr[i];
		c->reply[c->reply_bytes++] =
			(byte < ' ' && byte != '\t') || byte == 127 ? '?' : line.ptr[i];
	}
}

/* One line without its end: "250-SIZE 1000"; false when it is none of a reply. RFC 5321 s4.2. */
static bool
line_take(struct client *c, struct str line)
{
	keep(c, line);
	for (size_t i = 0; i < 3; i++)
		if (i >= line.len || !ascii_is_digit(line.ptr[i]))
			return false;
	const char sep = line.len > 3 ? line.ptr[3] : ' ';
	if (line.ptr[0] < '2' || line.ptr[0] > '5' || (sep != ' ' && sep != '-'))
		return false;
	c->code = (uint16_t)str_number(line, 999);
	c->is_last_line = sep == ' ';
	if (c->state == CLIENT_STATE_EHLO && c->code == 250 && c->lines > 1)
		client_keyword(c, str_trim_end(str_from(line, 4)));
	return true;
}

/* The rest of a line that was too long; false when it goes on. */
static bool
rest_skip(struct client *c, struct str *in)
{
	const size_t end = str_find_char(*in, '\n', 0);
	const size_t used = end == STR_NPOS ? in->len : end + 1;
	c->read_bytes += (uint32_t)used;
	*in = str_from(*in, used);
	c->is_skipping = end == STR_NPOS;
	return !c->is_skipping;
}

/* The head of the line that begins the input, as far as it counts; false when more must come. */
static bool
head_take(struct client *c, struct str *in, struct str *line)
{
	const struct str most = str_head(*in, CLIENT_REPLY_LINE_BYTES_MAX);
	const size_t end = str_find_char(most, '\n', c->scanned_bytes);
	if (end == STR_NPOS && most.len < CLIENT_REPLY_LINE_BYTES_MAX) {
		c->scanned_bytes = (uint32_t)most.len;
		return false;
	}
	c->is_skipping = end == STR_NPOS;
	c->scanned_bytes = 0;
	*line = str_head(most, end == STR_NPOS ? most.len : end);
	if (line->len > 0 && line->ptr[line->len - 1] == '\r') /* LF alone will do */
		line->len--;
	const size_t used = end == STR_NPOS ? most.len : end + 1;
	c->read_bytes += (uint32_t)used;
	*in = str_from(*in, used);
	return true;
}

enum reply_result
client_reply_read(struct client *c, struct str *in)
{
	struct str line;
	if (c->is_whole_reply) {
		c->is_whole_reply = c->is_last_line = false;
		c->lines = c->read_bytes = 0;
		c->reply_bytes = c->code = 0;
	}
	for (;;) {
		if (c->is_skipping) {
			if (!rest_skip(c, in))
				return c->read_bytes > CLIENT_REPLY_READ_BYTES_MAX ? REPLY_FLOOD
										   : REPLY_MORE;
		} else {
			if (!head_take(c, in, &line))
				return REPLY_MORE;
			if (++c->lines > CLIENT_REPLY_LINES_MAX)
				return REPLY_FLOOD;
			if (!line_take(c, line))
				return REPLY_GARBAGE;
		}
		if (c->read_bytes > CLIENT_REPLY_READ_BYTES_MAX)
			return REPLY_FLOOD;
		if (c->is_last_line && !c->is_skipping) {
			c->is_whole_reply = true;
			return REPLY_WHOLE;
		}
	}
}
