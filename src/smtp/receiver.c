#include "smtp/receiver.h"

/* Where in a line the automaton stands. The two states with DOT in DATA hold back bytes that are
 * perhaps no content; CR holds one that is perhaps half of a line end. */
enum {
	AT_START,  /* behind a CRLF, or at the very beginning: a dot may end the message */
	AT_SOFT,   /* behind a LF that was repaired: a dot may be stuffed, but ends nothing */
	IN_TEXT,   /* the last of the states that hold nothing back */
	AFTER_CR,  /* CR held back */
	AFTER_DOT, /* "." at AT_START held back */
	AFTER_DOT_CR,
	AFTER_SOFT_DOT, /* "." at AT_SOFT held back */
	AT_END,
};

static const struct str crlf = STR_INIT("\r\n"), blank = STR_INIT(" "), dot = STR_INIT("."),
			nul_byte = STR_INIT("\0");

void
receiver_init(struct receiver *r, enum receiver_form form, enum receiver_bare bare,
	enum receiver_nul nul, uint32_t line_bytes_max)
{
	*r = (struct receiver){.form = (uint8_t)form,
		.bare = (uint8_t)bare,
		.nul = (uint8_t)nul,
		.state = AT_START,
		.line = 1,
		.line_bytes_max = line_bytes_max};
}

static void
flaw_note(struct receiver *r, enum receiver_flaw flaw, uint64_t offset)
{
	if (r->flaw != FLAW_NONE)
		return;
	r->flaw = (uint8_t)flaw;
	r->flaw_line = r->line;
	r->flaw_offset = offset;
}

/* A CR or LF alone at `offset`: refused, or to be repaired. */
static void
bare_note(struct receiver *r, enum receiver_flaw flaw, uint64_t offset)
{
	if (r->bare == BARE_REFUSE)
		flaw_note(r, flaw, offset);
	else
		r->has_repairs = true;
}

/* `n` more bytes of the line, the first of them at `offset`. */
static void
line_grow(struct receiver *r, size_t n, uint64_t offset)
{
	const uint64_t room = r->line_bytes_max - 2 - (uint64_t)r->line_bytes;
	if (r->line_bytes_max != 0 && n > room)
		flaw_note(r, FLAW_LONG_LINE, offset + room);
	r->line_bytes =
		n > UINT32_MAX / 2 - r->line_bytes ? UINT32_MAX / 2 : r->line_bytes + (uint32_t)n;
}

static void
line_end(struct receiver *r, int state)
{
	if (r->line_bytes + 2 > r->longest_line)
		r->longest_line = r->line_bytes + 2;
	r->line_bytes = 0;
	r->line++;
	r->state = (uint8_t)state;
}

/* How many bytes at the start of `in` are content as they stand: whole lines and text. */
static size_t
run_take(struct receiver *r, struct str in)
{
	const unsigned char *const p = (const unsigned char *)in.ptr;
	size_t i = 0;
	while (i < in.len) {
		if (p[i] == '.' && r->state != IN_TEXT && r->form == RECEIVER_DATA)
			break;
		const size_t from = i;
		unsigned char all = 0;
		while (i < in.len &&
			(p[i] > '\r' || (p[i] != '\r' && p[i] != '\n' && p[i] != '\0')))
			all |= p[i++];
		if (i > from) {
			line_grow(r, i - from, r->wire_bytes + from);
			r->has_8bit |= all >= 128;
			r->state = IN_TEXT;
		}
		if (i + 1 >= in.len || p[i] != '\r' || p[i + 1] != '\n')
			break;
		line_end(r, AT_START);
		i += 2;
	}
	return i;
}

/* One byte that is more than text, or follows one that was held back. Returns whether it was used
 * up; *put is what the content gets for it. */
static bool
byte_take(struct receiver *r, char c, struct str *put)
{
	const uint64_t offset = r->wire_bytes;
	switch (r->state) {
	case AFTER_CR:
		if (c == '\n') {
			line_end(r, AT_START);
			*put = crlf;
			return true;
		}
		bare_note(r, FLAW_BARE_CR, offset - 1);
		*put = blank;
		break;
	case AFTER_DOT: /* stuffed, unless the message ends here */
		if (c == '\r') {
			r->state = AFTER_DOT_CR;
			return true;
		}
		break;
	case AFTER_DOT_CR:
		if (c == '\n') {
			r->state = AT_END;
			return true;
		}
		bare_note(r, FLAW_BARE_CR, offset - 1);
		*put = blank;
		break;
	case AFTER_SOFT_DOT:
		/* Behind a LF that the sender took for a line end a dot was stuffed or was not: two
		 * are one, one stays. */
		if (c != '.')
			*put = dot;
		break;
	default:
		if (c == '.') {
			r->state = r->state == AT_START ? AFTER_DOT : AFTER_SOFT_DOT;
		} else if (c == '\r') {
			r->state = AFTER_CR;
		} else if (c == '\n') {
			bare_note(r, FLAW_BARE_LF, offset);
			line_end(r, AT_SOFT);
			*put = crlf;
		} else {
			if (r->nul == NUL_REFUSE)
				flaw_note(r, FLAW_NUL, offset);
			r->has_repairs |= r->nul == NUL_STRIP;
			if (r->nul != NUL_STRIP)
				*put = nul_byte;
			r->state = IN_TEXT;
		}
		line_grow(r, put->len == 1, offset);
		return true;
	}
	line_grow(r, put->len, offset - 1);
	r->state = IN_TEXT;
	return false;
}

enum receiver_step
receiver_next(struct receiver *r, struct str *in, struct str *piece)
{
	while (in->len > 0) {
		const bool holds = r->form != RECEIVER_BINARY && r->state > IN_TEXT;
		size_t used = r->form == RECEIVER_BINARY ? in->len : holds ? 0 : run_take(r, *in);
		struct str put = str_head(*in, used);
		if (used == 0)
			used = byte_take(r, in->ptr[0], &put);
		*in = str_from(*in, used);
		r->wire_bytes += used;
		if (r->state == AT_END)
			return RECEIVER_END;
		if (put.len > 0 && r->flaw == FLAW_NONE) {
			r->size_bytes += put.len;
			*piece = put;
			return RECEIVER_PIECE;
		}
	}
	return RECEIVER_MORE;
}

enum receiver_step
receiver_finish(struct receiver *r, struct str *piece)
{
	if (r->state == AFTER_CR) {
		bare_note(r, FLAW_BARE_CR, r->wire_bytes - 1);
		r->state = AT_END;
		if (r->flaw == FLAW_NONE) {
			r->size_bytes += blank.len;
			*piece = blank;
			return RECEIVER_PIECE;
		}
	}
	r->state = AT_END;
	return RECEIVER_END;
}
