/* field - the fields that vouch for a message */
#include "sign/field.h"

#include "base/written.h"
#include "check/dkim.h"
#include "smtp/base64.h"

#include <openssl/rsa.h>

#define LINE_BYTES 72
#define TEXT_BYTES_MAX ((size_t)1 << 20) /* what is hashed: of a header of 256 KiB at most */
#define FIELD_BYTES_MAX 16384
#define SIGNATURE_BYTES_MAX 512 /* of RSA with 4096 bits */

/* What is signed of a header. */
struct signed_name {
	struct str name;
	bool is_always; /* also when it is not there, so that nobody can add it */
	bool is_closed; /* once more than it is there: nobody can add another */
};

/* RFC 6376 s5.4.1, without what servers on the way set themselves (Received, Return-Path); lists
 * may add what is only signed where it stands (RFC 8058 wants List-Unsubscribe to be). */
static const struct signed_name names[] = {
	{STR_INIT("From"), true, true},
	{STR_INIT("To"), true, true},
	{STR_INIT("Cc"), true, true},
	{STR_INIT("Subject"), true, true},
	{STR_INIT("Date"), true, true},
	{STR_INIT("Reply-To"), true, true},
	{STR_INIT("Message-ID"), false, true},
	{STR_INIT("In-Reply-To"), false, true},
	{STR_INIT("References"), false, true},
	{STR_INIT("MIME-Version"), false, true},
	{STR_INIT("Content-Type"), false, true},
	{STR_INIT("Content-Transfer-Encoding"), false, true},
	{STR_INIT("Sender"), false, false},
	{STR_INIT("Auto-Submitted"), false, false},
	{STR_INIT("List-Id"), false, false},
	{STR_INIT("List-Unsubscribe"), false, false},
	{STR_INIT("List-Unsubscribe-Post"), false, false},
};

#define NAMES (sizeof names / sizeof *names)

/* A field as it grows: folded between tags, and within those that may be. */
struct growing {
	struct buf *out;
	size_t column;
};

static void
grow(struct growing *g, struct str piece)
{
	buf_add(g->out, piece);
	g->column += piece.len;
}

static void
fold(struct growing *g)
{
	buf_add(g->out, STR("\r\n\t"));
	g->column = 8;
}

static void
grow_tag(struct growing *g, struct str name, struct str value)
{
	if (g->column + name.len + value.len + 2 > LINE_BYTES)
		fold(g);
	else
		grow(g, STR(" "));
	grow(g, name);
	grow(g, value);
	grow(g, STR(";"));
}

static void
grow_number(struct growing *g, struct str name, int64_t value)
{
	char digits[STR_DIGITS_MAX];
	grow_tag(g, name, str_digits(value, digits));
}

/* Base64 may be folded anywhere. */
static void
grow_base64(struct growing *g, const unsigned char *bytes, size_t len)
{
	char room[BASE64_BYTES(SIGNATURE_BYTES_MAX)];
	struct str text = {room, base64_encode((struct str){(const char *)bytes, len}, room)};
	while (text.len > 0) {
		if (g->column >= LINE_BYTES)
			fold(g);
		const struct str piece = str_head(text, LINE_BYTES - g->column);
		grow(g, piece);
		text = str_from(text, piece.len);
	}
}

/* ---- h= */

static void
list_add(struct buf *list, struct str name, size_t times)
{
	for (size_t i = 0; i < times; i++) {
		if (list->len > 0)
			buf_add_char(list, ':');
		buf_add(list, name);
	}
}

static size_t
count_of(const struct sign_text *t, struct str name)
{
	size_t n = 0;
	for (size_t i = 0; i < t->count; i++)
		n += dkim_field_is(t->fields[i], name);
	return n;
}

/* "From:From:To"; of a name that stands there very often, DKIM_NAMES_MAX / NAMES at the most. */
static void
list_make(const struct sign_text *t, bool with_signatures, struct buf *list)
{
	for (size_t i = 0; i < NAMES; i++) {
		size_t n = count_of(t, names[i].name);
		if (n > DKIM_NAMES_MAX / (NAMES + 1) - 1)
			n = DKIM_NAMES_MAX / (NAMES + 1) - 1;
		if (n > 0 || names[i].is_always)
			list_add(list, names[i].name, n + names[i].is_closed);
	}
	/* s4.1.2 of RFC 8617: the signatures that stand there belong to what was passed on. */
	if (with_signatures && count_of(t, STR("DKIM-Signature")) > 0)
		list_add(list, STR("DKIM-Signature"), 1);
}

static void
grow_list(struct growing *g, struct str list)
{
	fold(g);
	grow(g, STR("h="));
	while (str_is_set(list)) {
		const struct str name = str_cut(&list, ':');
		if (g->column + name.len + 1 > LINE_BYTES)
			fold(g);
		grow(g, name);
		grow(g, str_is_set(list) ? STR(":") : STR(";"));
	}
}

/* ---- the arithmetic */

static bool
sign_rsa(EVP_PKEY *key, const unsigned char *hash, unsigned char *to, size_t *len)
{
	EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(key, NULL);
	const bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
			EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
			EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
			EVP_PKEY_sign(ctx, to, len, hash, DKIM_HASH_BYTES) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool
sign_ed25519(EVP_PKEY *key, const unsigned char *hash, unsigned char *to, size_t *len)
{
	EVP_MD_CTX *const ctx = EVP_MD_CTX_new();
	const bool ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
			EVP_DigestSign(ctx, to, len, hash, DKIM_HASH_BYTES) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Signs `text`, whose last field is the one that grows, and ends that with b=. */
static bool
finish(struct growing *g, const struct sign_key *key, struct buf *text)
{
	unsigned char hash[DKIM_HASH_BYTES], value[SIGNATURE_BYTES_MAX];
	size_t len = sizeof value;
	if (buf_failed(text) || buf_failed(g->out) || text->len < 2)
		return false;
	FOREIGN_BEGIN();
	const bool ok = EVP_Digest(text->ptr, text->len - 2, hash, NULL, EVP_sha256(), NULL) == 1 &&
			(key->is_ed25519 ? sign_ed25519 : sign_rsa)(key->key, hash, value, &len);
	FOREIGN_END();
	WAS_WRITTEN(value, sizeof value);
	WAS_WRITTEN(&len, sizeof len);
	if (!ok)
		return false;
	grow_base64(g, value, len);
	buf_add(g->out, STR("\r\n"));
	return !buf_failed(g->out);
}

static struct str
algorithm_of(const struct sign_key *key)
{
	return key->is_ed25519 ? STR("ed25519-sha256") : STR("rsa-sha256");
}

/* ---- a signature: DKIM-Signature, or that of an ARC set, which differ in their first tag */

static bool
signature_make(const struct sign_key *key, const struct sign_text *t, struct str name,
	struct str first, bool with_signatures, struct buf *out)
{
	struct buf list, text;
	struct growing g = {out, 0};
	buf_init(&list, FIELD_BYTES_MAX);
	buf_init(&text, TEXT_BYTES_MAX);
	list_make(t, with_signatures, &list);
	grow(&g, name);
	grow(&g, STR(": "));
	grow(&g, first);
	grow_tag(&g, STR("a="), algorithm_of(key));
	grow_tag(&g, STR("c="), STR("relaxed/relaxed"));
	grow_tag(&g, STR("d="), key->domain);
	grow_tag(&g, STR("s="), key->selector);
	grow_number(&g, STR("t="), t->now_s);
	if (t->lifetime_s > 0)
		grow_number(&g, STR("x="), t->now_s + t->lifetime_s);
	grow_list(&g, buf_str(&list));
	fold(&g);
	grow(&g, STR("bh="));
	grow_base64(&g, t->body, sizeof t->body);
	grow(&g, STR(";"));
	fold(&g);
	grow(&g, STR("b="));
	dkim_signed_add(t->fields, t->count, buf_str(&list), true, &text);
	dkim_field_add(&text, buf_str(out), true);
	const bool ok = !buf_failed(&list) && finish(&g, key, &text);
	buf_fini(&list);
	buf_fini(&text);
	return ok;
}

bool
sign_dkim(const struct sign_key *key, const struct sign_text *text, struct buf *out)
{
	struct buf field;
	buf_init(&field, FIELD_BYTES_MAX);
	const bool ok =
		signature_make(key, text, STR("DKIM-Signature"), STR("v=1;"), false, &field);
	if (ok)
		buf_add(out, buf_str(&field));
	buf_fini(&field);
	return ok && !buf_failed(out);
}

/* ---- an ARC set */

static struct str
instance_tag(size_t n, char room[static 16])
{
	char digits[STR_DIGITS_MAX];
	const struct str number = str_digits((int64_t)n, digits);
	memcpy(room, "i=", 2);
	memcpy(room + 2, number.ptr, number.len);
	room[2 + number.len] = ';';
	return (struct str){room, number.len + 3};
}

/* All sets of before, when they hold, and the new one; as it is hashed: s5.1.1, s5.1.2. */
static void
sets_add(const struct seal_facts *facts, struct str results, struct str signature, struct buf *text)
{
	for (size_t i = 0; facts->result == ARC_PASS && i < facts->chain->count; i++)
		for (size_t k = 0; k < ARC_KIND_COUNT; k++) /* in the order that is hashed */
			dkim_field_add(text, facts->chain->sets[i][k], true);
	dkim_field_add(text, results, true);
	dkim_field_add(text, signature, true);
}

static bool
seal_make(const struct sign_key *key, const struct sign_text *t, const struct seal_facts *facts,
	struct str first, struct buf *text, struct buf *out)
{
	struct growing g = {out, 0};
	grow(&g, arc_field_name(ARC_SEAL));
	grow(&g, STR(": "));
	grow(&g, first);
	grow_tag(&g, STR("a="), algorithm_of(key));
	grow_tag(&g, STR("cv="), arc_result_name(facts->result));
	grow_tag(&g, STR("d="), key->domain);
	grow_tag(&g, STR("s="), key->selector);
	grow_number(&g, STR("t="), t->now_s);
	fold(&g);
	grow(&g, STR("b="));
	dkim_field_add(text, buf_str(out), true);
	return finish(&g, key, text);
}

bool
sign_seal(const struct sign_key *key, const struct sign_text *text, const struct seal_facts *facts,
	struct buf *out)
{
	char room[16];
	struct buf results, signature, seal, hashed;
	if (facts->chain->count >= ARC_SETS_MAX || facts->chain->has_failed)
		return false;
	const struct str first = instance_tag(facts->chain->count + 1, room);
	buf_init(&results, FIELD_BYTES_MAX);
	buf_init(&signature, FIELD_BYTES_MAX);
	buf_init(&seal, FIELD_BYTES_MAX);
	buf_init(&hashed, TEXT_BYTES_MAX);
	buf_add(&results, arc_field_name(ARC_RESULTS));
	buf_add(&results, STR(": "));
	buf_add(&results, first);
	buf_add_char(&results, ' ');
	buf_add(&results, facts->results);
	buf_add(&results, STR("\r\n"));
	bool ok = !buf_failed(&results) &&
		  signature_make(key, text, arc_field_name(ARC_MESSAGE), first, true, &signature);
	if (ok) {
		sets_add(facts, buf_str(&results), buf_str(&signature), &hashed);
		ok = seal_make(key, text, facts, first, &hashed, &seal);
	}
	if (ok) {
		buf_add(out, buf_str(&seal));
		buf_add(out, buf_str(&signature));
		buf_add(out, buf_str(&results));
	}
	buf_fini(&results);
	buf_fini(&signature);
	buf_fini(&seal);
	buf_fini(&hashed);
	return ok && !buf_failed(out);
}
