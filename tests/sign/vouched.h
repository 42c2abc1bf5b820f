/*
 * vouched - messages that are signed in a test, and what verifying them says
 *
 * The Ed25519 key is that of RFC 8463 appendix A; the RSA key is made anew each time.
 */
#ifndef TESTS_VOUCHED_H
#define TESTS_VOUCHED_H

#include "check/arc.h"
#include "sign/field.h"
#include "sign/record.h"
#include "zone.h"

#define NOW_S 1600000000
#define ED_PEM                                                                                     \
	"-----BEGIN PRIVATE KEY-----\n"                                                            \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                       \
	"-----END PRIVATE KEY-----\n"

static struct zone_answer vouched_answer; /* large */

/* A key of example.org, and its record as a line of a zone. */
struct vouched_key {
	struct sign_key key;
	char line[2048];
};

static inline void
vouched_key_make(struct vouched_key *k, bool is_ed25519, const char *domain)
{
	struct buf record;
	struct str wrong;
	buf_init(&record, SIGN_RECORD_BYTES_MAX);
	k->key = (struct sign_key){.domain = str_of(domain),
		.selector = is_ed25519 ? STR("ed") : STR("rsa"),
		.key = is_ed25519 ? sign_key_parse(STR(ED_PEM), &wrong) : sign_key_make(false),
		.is_ed25519 = is_ed25519};
	if (k->key.key == NULL || !sign_record(k->key.key, &record))
		abort();
	snprintf(k->line, sizeof k->line, "%s._domainkey.%s TXT %.*s", k->key.selector.ptr, domain,
		(int)record.len, record.ptr);
	buf_fini(&record);
}

/* What is signed of a message: its fields live in `room`. */
static inline struct sign_text
vouched_text(const char *message, struct str *room)
{
	struct sign_text t = {.fields = room, .now_s = NOW_S};
	struct dkim_body body = {.is_relaxed = true};
	struct buf whole;
	const struct str text = str_of(message);
	const size_t end = str_find(text, STR("\r\n\r\n"), 0);
	t.count = dkim_fields_find(str_head(text, end + 2), room, DKIM_FIELDS_MAX);
	buf_init(&whole, 1 << 20);
	body.give = (void (*)(void *, struct str))buf_add;
	body.to = &whole;
	dkim_body_add(&body, str_from(text, end + 4));
	dkim_body_end(&body);
	EVP_Digest(whole.len > 0 ? whole.ptr : "", whole.len, t.body, NULL, EVP_sha256(), NULL);
	buf_fini(&whole);
	return t;
}

static inline struct dkim *
vouched_read(const char *message)
{
	struct dkim *const d = dkim_new(NOW_S);
	dkim_add(d, str_of(message));
	return d;
}

/* The results of its signatures: "pass pass". */
static inline const char *
vouched_signatures(const char *const *zone, const char *message)
{
	static char text[512];
	struct dkim *const d = vouched_read(message);
	size_t used = 0;
	for (bool more = dkim_begin(d); more;)
		more = dkim_step(d, zone_ask(zone, &vouched_answer, d->ask.type, d->ask.name));
	text[0] = '\0';
	for (size_t i = 0; i < d->count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "",
			dkim_result_name(d->signatures[i].result).ptr);
	dkim_free(d);
	return text;
}

#endif
