/*
 * fuzz_filter - what filters answer: the first byte says which (c, s, r, m, p), the rest is the
 * answer
 *
 * It is given whole, byte by byte, and with its end cut off. Holds always: the machine comes to an
 * end; whole and byte by byte give the same answer; words are printable; what it wants changed
 * leaves a header a header, with one blank line at its end.
 */
#include "filter/clamd.h"
#include "filter/milter.h"
#include "filter/policy.h"
#include "filter/rspamd.h"
#include "filter/spamd.h"
#include "fuzz.h"
#include "smtp/field.h"

#define HEADER "From: a@b.example\r\nSubject: one\r\n two\r\nX-Old: 1\r\nx-old: 2\r\n\r\n"
#define BODY "line\r\n"
#define ROUNDS_MAX 100000

union any {
	struct machine m;
	struct clamd clamd;
	struct spamd spamd;
	struct rspamd rspamd;
	struct milter milter;
	struct policy policy;
};

struct run {
	char which;
	union any u;
	struct arena arena;
	struct buf out;
	bool has_text;
};

static void
begin(struct run *r, const struct filter_question *q)
{
	switch (r->which) {
	case 'c':
		clamd_begin(&r->u.clamd, q, &r->out);
		break;
	case 's':
		spamd_begin(&r->u.spamd, q, &r->out);
		break;
	case 'r':
		rspamd_begin(&r->u.rspamd, q, &r->out);
		break;
	case 'm':
		milter_begin(&r->u.milter, q, &r->out);
		break;
	default:
		policy_begin(&r->u.policy, q, &r->out);
		break;
	}
}

static enum machine_wants
next(struct run *r, struct str *in, bool is_end)
{
	switch (r->which) {
	case 'c':
		return clamd_next(&r->u.clamd, in, is_end, &r->out);
	case 's':
		return spamd_next(&r->u.spamd, in, is_end, &r->out);
	case 'r':
		return rspamd_next(&r->u.rspamd, in, is_end, &r->out);
	case 'm':
		return milter_next(&r->u.milter, in, is_end, &r->out);
	default:
		return policy_next(&r->u.policy, in, is_end, &r->out);
	}
}

static void
text(struct run *r)
{
	const struct str piece = r->has_text ? STR("") : STR(BODY);
	r->has_text = true;
	switch (r->which) {
	case 'c':
		clamd_text(&r->u.clamd, piece, &r->out);
		break;
	case 's':
		spamd_text(&r->u.spamd, piece, &r->out);
		break;
	case 'r':
		rspamd_text(&r->u.rspamd, piece, &r->out);
		break;
	default:
		milter_text(&r->u.milter, piece, &r->out);
		break;
	}
}

/* One question; the answer comes `step` bytes at a time, and what is left of *in stays. */
static enum machine_wants
ask(struct run *r, const struct filter_question *q, struct str *in, size_t step)
{
	size_t known = 0; /* nothing comes before it is asked for */
	r->has_text = false;
	begin(r, q);
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		struct str some = str_head(*in, known);
		const bool is_end = known == in->len;
		const enum machine_wants wants = next(r, &some, is_end);
		const size_t used = known - some.len;
		*in = str_from(*in, used);
		known -= used;
		if (wants == MACHINE_TEXT) {
			text(r);
			continue;
		}
		if (wants != MACHINE_READ)
			return wants;
		assert(!is_end || used > 0 || known < in->len); /* at the end it must know */
		known = in->len - known < step ? in->len : known + step;
	}
	abort(); /* it does not come to an end */
}

static void
check_words(struct str s)
{
	assert(s.len <= FILTER_WORDS_BYTES_MAX);
	for (size_t i = 0; i < s.len; i++)
		assert((unsigned char)s.ptr[i] >= ' ' && s.ptr[i] != 0x7f);
}

/* A header, still: fields, folded rightly, and one blank line. */
static void
check_header(struct str header)
{
	struct str field;
	size_t fields = 0;
	for (size_t i = 0; i < header.len; i++) {
		if (header.ptr[i] == '\r')
			assert(i + 1 < header.len && header.ptr[i + 1] == '\n');
		if (header.ptr[i] == '\n')
			assert(i > 0 && header.ptr[i - 1] == '\r');
	}
	while (smtp_field_next(&header, &field)) {
		assert(smtp_field_name(field).len > 0 && field.ptr[0] > ' ');
		fields++;
	}
	assert(str_eq(header, STR("\r\n")));
	(void)fields;
}

static void
check_edits(const struct edits *e)
{
	struct buf front, whole;
	buf_init(&front, (size_t)256 << 20);
	buf_init(&whole, (size_t)256 << 20);
	edits_front(e, &front);
	edits_header(e, STR(HEADER), &whole);
	buf_add(&front, buf_str(&whole));
	assert(!buf_failed(&front));
	check_header(buf_str(&front));
	buf_fini(&front);
	buf_fini(&whole);
}

/* Codes of its own are of the class of the verdict. */
static void
check_codes(const struct filter_answer *a)
{
	const unsigned class = a->verdict == FILTER_REFUSE ? 5 : 4;
	assert(a->code == 0 || (a->code / 100 == class && a->code != 421));
	assert(a->status.len == 0 || (a->status.len >= 5 && a->status.len <= 9 &&
					     a->status.ptr[0] == (char)('0' + class)));
}

struct outcome {
	enum machine_wants wants;
	enum filter_verdict verdict;
	size_t edits;
	uint64_t left;
};

static const enum filter_point points[] = {
	FILTER_CONNECT, FILTER_HELO, FILTER_MAIL, FILTER_RCPT, FILTER_DATA, FILTER_END};
enum { AT_MAIL = 2, AT_RCPT = 3, AT_END = 5 };

/* The questions of a message, from one place on; at which it ended. */
static size_t
message(struct run *r, const struct filter_facts *facts, size_t from, struct str *in, size_t step,
	struct outcome *o)
{
	for (size_t i = from; i <= AT_END; i++) {
		const struct filter_question q = {
			.at = points[i], .facts = facts, .arena = &r->arena};
		o->wants = ask(r, &q, in, step);
		o->verdict = r->u.m.answer.verdict;
		o->edits = r->u.m.answer.edits.count;
		if (o->wants == MACHINE_BROKEN)
			return i;
		check_words(r->u.m.answer.rule);
		check_words(r->u.m.answer.words);
		check_edits(&r->u.m.answer.edits);
		assert(o->edits <= EDITS_MAX);
		check_codes(&r->u.m.answer);
		if (o->verdict >= FILTER_DEFER || r->u.m.answer.is_final || r->which == 'p')
			return i;
	}
	return AT_END;
}

static struct outcome
run(char which, struct str in, size_t step)
{
	static const struct str recipients[] = {STR_INIT("c@d.example")};
	const struct filter_facts facts = {.host = STR("mx.d.example"),
		.ip = STR("192.0.2.1"),
		.helo = STR("b.example"),
		.protocol = STR("ESMTP"),
		.sender = STR("a@b.example"),
		.rcpt = STR("c@d.example"),
		.recipients = recipients,
		.recipient_count = 1,
		.id = STR("0"),
		.header = STR(HEADER),
		.bytes = sizeof HEADER BODY - 1,
		.body_bytes = sizeof BODY - 1};
	struct run r = {.which = which};
	struct outcome o = {.wants = MACHINE_DONE};
	arena_init(&r.arena, FUZZ_ARENA_BYTES);
	buf_init(&r.out, (size_t)64 << 20);
	if (which == 'm')
		milter_init(&r.u.milter);
	/* A milter is asked at each place; the others at the end, or at RCPT. */
	const size_t from = which == 'm' ? 0 : which == 'p' ? AT_RCPT : AT_END;
	const size_t ended = message(&r, &facts, from, &in, step, &o);
	if (which == 'm' && ended >= AT_MAIL && o.wants != MACHINE_BROKEN) {
		/* The next message of the session. */
		milter_mail_over(&r.u.milter, &r.out);
		message(&r, &facts, AT_MAIL, &in, step, &o);
	}
	o.left = in.len;
	if (which == 'm') {
		milter_over(&r.u.milter, &r.out);
		milter_fini(&r.u.milter);
	} else if (which == 'r') {
		rspamd_fini(&r.u.rspamd);
	}
	assert(!buf_failed(&r.out));
	buf_fini(&r.out);
	arena_fini(&r.arena);
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 65536)
		return 0;
	const char which = (char)data[0];
	const struct str in = fuzz_copy(data + 1, size - 1);
	const struct outcome whole = run(which, in, in.len + 1);
	const struct outcome bytes = run(which, in, 1);
	run(which, str_head(in, in.len / 2), 7);
	assert(whole.wants == bytes.wants);
	if (whole.wants == MACHINE_DONE)
		assert(whole.verdict == bytes.verdict && whole.edits == bytes.edits);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
