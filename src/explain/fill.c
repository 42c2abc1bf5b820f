#include "explain/fill.h"

#include "base/buf.h"

#define SENTENCE_BYTES_MAX                                                                         \
	65536 /* with all the facts in it: a long diagnostic is quoted in part                     \
	       */
#define FACT_BYTES_MAX 600

static struct str
fact_of(const struct fill *facts, struct str name)
{
#define X(id)                                                                                      \
	if (str_eq(name, STR(#id)))                                                                \
		return facts->id;
	FILL_NAMES(X)
#undef X
	return STR_NONE;
}

static struct str
stand_in(struct str name, enum lang lang)
{
	char key[32] = "absent.";
	if (name.len > sizeof key - 8)
		return STR_NONE;
	memcpy(key + 7, name.ptr, name.len);
	return catalogue_sentence(lang, (struct str){key, 7 + name.len});
}

/* Does a sentence begin at the end of `b`? */
static bool
begins_sentence(const struct buf *b)
{
	size_t n = b->len;
	while (n > 0 && (b->ptr[n - 1] == ' ' || b->ptr[n - 1] == '"'))
		n--;
	return n == 0 || b->ptr[n - 1] == '.' || b->ptr[n - 1] == '?' || b->ptr[n - 1] == '!' ||
	       b->ptr[n - 1] == '|';
}

/* The end of one that is not the last, in any of the languages. */
static const struct str sentence_ends[] = {STR_INIT(". "), STR_INIT("\xE3\x80\x82")};

/* Takes the sentence that was begun back, when there is one before it. */
static bool
leave_sentence(struct buf *b)
{
	for (size_t at = b->len; at > 0; at--)
		for (size_t i = 0; i < sizeof sentence_ends / sizeof *sentence_ends; i++)
			if (str_ends_case(str_head(buf_str(b), at), sentence_ends[i])) {
				b->len = at;
				return true;
			}
	return false;
}

/* What stands behind the end of the sentence. */
static struct str
behind_sentence(struct str rest)
{
	size_t best = rest.len;
	for (size_t i = 0; i < sizeof sentence_ends / sizeof *sentence_ends; i++) {
		const size_t at = str_find(rest, sentence_ends[i], 0);
		if (at != STR_NPOS && at + sentence_ends[i].len < best)
			best = at + sentence_ends[i].len;
	}
	return str_from(rest, best);
}

static void
add_fact(struct buf *b, struct str name, const struct fill *facts, enum lang lang)
{
	struct str fact = fact_of(facts, name);
	const bool is_absent = fact.len == 0;
	if (is_absent)
		fact = stand_in(name, lang);
	const size_t from = b->len;
	const bool is_first = is_absent && begins_sentence(b);
	/* Facts come from strangers: no control character of theirs reaches a terminal. */
	fact = str_head_text(fact, FACT_BYTES_MAX);
	for (size_t i = 0; i < fact.len; i++)
		buf_add_char(b,
			(unsigned char)fact.ptr[i] < ' ' || fact.ptr[i] == 127 ? ' ' : fact.ptr[i]);
	if (is_first && b->len > from && b->ptr[from] >= 'a' && b->ptr[from] <= 'z')
		b->ptr[from] = (char)(b->ptr[from] - 32);
}

struct str
fill_text(struct str sentence, const struct fill *facts, enum lang lang, struct arena *a)
{
	if (str_find_char(sentence, '{', 0) == STR_NPOS)
		return sentence;
	struct buf b;
	buf_init(&b, SENTENCE_BYTES_MAX);
	/* "postmaster@{rdom}" needs the domain itself: without it a whole phrase stands in. */
	const bool has_rdom = facts->rdom.len > 0, has_sdom = facts->sdom.len > 0;
	for (struct str rest = sentence; rest.len > 0;) {
		const size_t open = str_find_char(rest, '{', 0);
		const size_t close = open == STR_NPOS ? STR_NPOS : str_find_char(rest, '}', open);
		if (close == STR_NPOS) {
			buf_add(&b, rest);
			break;
		}
		struct str text = str_head(rest, open);
		const struct str name = {rest.ptr + open + 1, close - open - 1};
		rest = str_from(rest, close + 1);
		static const struct str postmaster = STR_INIT("postmaster@");
		if (((str_eq(name, STR("rdom")) && !has_rdom) ||
			    (str_eq(name, STR("sdom")) && !has_sdom)) &&
			str_ends_case(text, postmaster)) {
			buf_add(&b, str_head(text, text.len - postmaster.len));
			buf_add(&b,
				catalogue_sentence(lang, str_eq(name, STR("rdom"))
								 ? STR("absent.postmaster")
								 : STR("absent.postmaster_own")));
			continue;
		}
		buf_add(&b, text);
		if (str_eq(name, STR("quote")) && facts->quote.len == 0 && leave_sentence(&b)) {
			rest = behind_sentence(rest);
			if (rest.len == 0)
				b.len = str_trim_end(buf_str(&b)).len;
			continue;
		}
		add_fact(&b, name, facts, lang);
	}
	const struct str filled = arena_str(a, buf_str(&b));
	buf_fini(&b);
	return str_is_set(filled) ? filled : STR("");
}

struct str
fill_key(struct str key, const struct fill *facts, enum lang lang, struct arena *a)
{
	const struct str sentence = catalogue_sentence(lang, key);
	return str_is_set(sentence) ? fill_text(sentence, facts, lang, a) : STR_NONE;
}
