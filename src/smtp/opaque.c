/* opaque - RFC 8265 s4.2, with the FreeformClass of RFC 8264 and the contexts of RFC 5892 */
#include "smtp/opaque.h"

#include <stdlib.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/charset.h"
#include "base/shown.h"
#include "base/written.h"
#include "smtp/scram.h"

#define ZWNJ 0x200C
#define ZWJ 0x200D
#define VIRAMA 9 /* a class of combining characters */

/* The characters of a password. */
struct characters {
	size_t count;
	uint32_t at[OPAQUE_BYTES_MAX];
};

/* ---- contexts: may the character `i` stand there? RFC 5892 appendix A */

/* The one `by` places on; 0, which is never valid, when there is none. */
static uint32_t
beside(const struct characters *c, size_t i, int by)
{
	const size_t j = i + (size_t)by; /* before the first: wraps beyond the count */
	return j < c->count ? c->at[j] : 0;
}

static bool
is_of_script(uint32_t c, const char *name)
{
	const uc_script_t *const script = uc_script(c);
	return script != NULL && strcmp(script->name, name) == 0;
}

static bool
has_between(const struct characters *c, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i] >= first && c->at[i] <= last)
			return true;
	return false;
}

static bool
may_join(const struct characters *c, size_t i)
{
	return uc_combining_class(beside(c, i, -1)) == VIRAMA;
}

/* The first joining type in that direction that is not transparent. */
static int
joining_beside(const struct characters *c, size_t i, int by)
{
	do
		i += (size_t)by;
	while (i < c->count && uc_joining_type(c->at[i]) == UC_JOINING_TYPE_T);
	return i < c->count ? uc_joining_type(c->at[i]) : UC_JOINING_TYPE_U;
}

static bool
may_part(const struct characters *c, size_t i)
{
	const int before = joining_beside(c, i, -1), after = joining_beside(c, i, 1);
	return may_join(c, i) ||
	       ((before == UC_JOINING_TYPE_L || before == UC_JOINING_TYPE_D) &&
		       (after == UC_JOINING_TYPE_R || after == UC_JOINING_TYPE_D));
}

static bool
may_be_middle_dot(const struct characters *c, size_t i)
{
	return beside(c, i, -1) == 'l' && beside(c, i, 1) == 'l';
}

static bool
is_before_greek(const struct characters *c, size_t i)
{
	return is_of_script(beside(c, i, 1), "Greek");
}

static bool
is_behind_hebrew(const struct characters *c, size_t i)
{
	return is_of_script(beside(c, i, -1), "Hebrew");
}

static bool
is_among_japanese(const struct characters *c, size_t i)
{
	(void)i;
	for (size_t j = 0; j < c->count; j++)
		if (is_of_script(c->at[j], "Hiragana") || is_of_script(c->at[j], "Katakana") ||
			is_of_script(c->at[j], "Han"))
			return true;
	return false;
}

static bool
has_no_extended_digits(const struct characters *c, size_t i)
{
	(void)i;
	return !has_between(c, 0x06F0, 0x06F9);
}

static bool
has_no_arabic_digits(const struct characters *c, size_t i)
{
	(void)i;
	return !has_between(c, 0x0660, 0x0669);
}

/* ---- the class */

static bool
may_never(const struct characters *c, size_t i)
{
	(void)c, (void)i;
	return false;
}

/* What the category does not tell: RFC 5892 s2.6 (exceptions), RFC 8264 s9.8 (JoinControl), s9.9
 * (the parts of Hangul of old; those that make a syllable of today are one after NFC). */
static const struct rule {
	uint32_t first, last;
	bool (*may)(const struct characters *c, size_t i);
} rules[] = {
	{0x00B7, 0x00B7, may_be_middle_dot},
	{0x0375, 0x0375, is_before_greek},
	{0x05F3, 0x05F4, is_behind_hebrew},
	{0x0640, 0x0640, may_never},
	{0x0660, 0x0669, has_no_extended_digits},
	{0x06F0, 0x06F9, has_no_arabic_digits},
	{0x07FA, 0x07FA, may_never},
	{0x1100, 0x11FF, may_never},
	{ZWNJ, ZWNJ, may_part},
	{ZWJ, ZWJ, may_join},
	{0x302E, 0x302F, may_never},
	{0x3031, 0x3035, may_never},
	{0x303B, 0x303B, may_never},
	{0x30FB, 0x30FB, is_among_japanese},
	{0xA960, 0xA97C, may_never},
	{0xD7B0, 0xD7FB, may_never},
};

#define CATEGORIES                                                                                 \
	(UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P |       \
		UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_Zs)

static bool
may_stand(const struct characters *c, size_t i)
{
	const uint32_t one = c->at[i];
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
		if (one >= rules[r].first && one <= rules[r].last)
			return rules[r].may(c, i);
	return uc_is_general_category_withtable(one, CATEGORIES) &&
	       !uc_is_property_default_ignorable_code_point(one);
}

static bool
is_freeform(struct str s)
{
	struct characters c = {0};
	size_t bytes, i = 0;
	for (; s.len > 0; s = str_from(s, bytes))
		c.at[c.count++] = utf8_next(s, &bytes);
	while (i < c.count && may_stand(&c, i))
		i++;
	const bool is_all = i == c.count;
	scram_cleanse(&c, sizeof c);
	return is_all;
}

/* ---- the string */

/* Spaces of other widths; what they leave is shorter. */
static size_t
spaces_map(struct str s, char *out)
{
	size_t n = 0, bytes;
	for (; s.len > 0; s = str_from(s, bytes)) {
		const uint32_t one = utf8_next(s, &bytes);
		if (uc_is_general_category_withtable(one, UC_CATEGORY_MASK_Zs)) {
			out[n++] = ' ';
		} else {
			memcpy(out + n, s.ptr, bytes);
			n += bytes;
		}
	}
	return n;
}

static bool
normalize(struct str s, char *room, struct str *out)
{
	size_t n = OPAQUE_ROOM_BYTES;
	FOREIGN_BEGIN();
	uint8_t *const made =
		u8_normalize(UNINORM_NFC, (const uint8_t *)s.ptr, s.len, (uint8_t *)room, &n);
	FOREIGN_END();
	WAS_WRITTEN(&n, sizeof n);
	if (made != (uint8_t *)room) { /* the room is enough: memory was not */
		if (made != NULL)
			scram_cleanse(made, n);
		free(made);
		return false;
	}
	WAS_WRITTEN(room, n);
	*out = (struct str){room, n};
	return n <= OPAQUE_BYTES_MAX;
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] > '~')
			return false;
	return true;
}

bool
opaque_prepare(struct str password, char room[OPAQUE_ROOM_BYTES], struct str *out)
{
	char mapped[OPAQUE_BYTES_MAX];
	struct str prepared;
	*out = password;
	if (is_plain(password))
		return password.len > 0;
	if (password.len > OPAQUE_BYTES_MAX || !utf8_valid(password))
		return false;
	const size_t n = spaces_map(password, mapped);
	const bool ok =
		normalize((struct str){mapped, n}, room, &prepared) && is_freeform(prepared);
	scram_cleanse(mapped, n);
	if (ok)
		*out = prepared;
	else
		scram_cleanse(room, OPAQUE_ROOM_BYTES);
	return ok;
}
