/* signing - jobs, and the threads that make their signatures */
#include "sign/signing.h"

#include "base/written.h"
#include "check/author.h"
#include "check/dkim.h"
#include "net/clock.h"
#include "sign/field.h"

#include <stdio.h>
#include <stdlib.h>

struct signing {
	struct workers *workers;
	struct sign_keys *keys; /* NULL: nothing is signed */
	int64_t lifetime_s;
	bool seals;
	char seal_domain[DNS_NAME_BYTES_MAX + 1]; /* "" = that of who passes it on */
};

struct signing_job {
	struct work work;
	struct signing *owner;
	struct sign_keys *keys;
	struct buf header, front;
	bool has_failed; /* no memory, or too large a header */
	EVP_MD_CTX *hash;
	struct dkim_body body;
	/* Behind signing_front(): */
	struct str fields[DKIM_FIELDS_MAX];
	struct sign_text text;
	struct arc_chain chain;
	/* What is to be made: */
	const struct sign_key *signers, *sealer;
	size_t signer_count;
	enum arc_result arc;
	struct buf results;
	struct buf out;
	signing_done *done; /* NULL: nobody waits any more */
	void *to;
};

/* ---- settings */

struct signing *
signing_new(struct workers *workers)
{
	struct signing *const s = calloc(1, sizeof *s);
	if (s != NULL)
		s->workers = workers;
	return s;
}

bool
signing_configure(
	struct signing *s, const struct config *config, char words[static SIGNING_WORDS_MAX])
{
	const struct config_value *const v = config->values;
	const struct str stated = v[SETTING_dkim_keys].text, data = v[SETTING_data_directory].text,
			 domain = v[SETTING_arc_domain].text;
	struct sign_keys *keys = NULL;
	char folder[1024];
	const bool has_own = stated.len > 0;
	const int n = snprintf(folder, sizeof folder, "%.*s%s", (int)(has_own ? stated : data).len,
		(has_own ? stated : data).ptr, has_own ? "" : "/" SIGN_KEYS_FOLDER);
	if (n < 0 || (size_t)n >= sizeof folder) {
		snprintf(words, SIGNING_WORDS_MAX, "dkim_keys: is too long a path");
		return false;
	}
	if (v[SETTING_dkim_sign].number != 0 && (keys = sign_keys_load(folder, words)) == NULL)
		return false;
	sign_keys_release(s->keys);
	s->keys = keys;
	s->lifetime_s = v[SETTING_dkim_lifetime].number;
	s->seals = v[SETTING_arc_seal].number != 0;
	snprintf(s->seal_domain, sizeof s->seal_domain, "%.*s", (int)domain.len,
		domain.len > 0 ? domain.ptr : "");
	return true;
}

void
signing_free(struct signing *s)
{
	if (s == NULL)
		return;
	sign_keys_release(s->keys);
	free(s);
}

/* ---- a job is fed */

static void
body_give(void *to, struct str piece)
{
	struct signing_job *const j = to;
	FOREIGN_BEGIN();
	j->has_failed |= EVP_DigestUpdate(j->hash, piece.ptr, piece.len) != 1;
	FOREIGN_END();
}

static void
job_free(struct signing_job *j)
{
	sign_keys_release(j->keys);
	EVP_MD_CTX_free(j->hash);
	buf_fini(&j->header);
	buf_fini(&j->front);
	buf_fini(&j->results);
	buf_fini(&j->out);
	free(j);
}

bool
signing_has_keys(const struct signing *s)
{
	return s != NULL && s->keys != NULL && s->keys->count > 0;
}

struct signing_job *
signing_begin(struct signing *s)
{
	if (!signing_has_keys(s))
		return NULL;
	struct signing_job *const j = calloc(1, sizeof *j);
	if (j == NULL)
		return NULL;
	j->owner = s;
	j->keys = s->keys;
	j->keys->uses++;
	buf_init(&j->header, DKIM_HEADER_BYTES_MAX);
	buf_init(&j->front, DKIM_HEADER_BYTES_MAX);
	buf_init(&j->results, SIGNING_BYTES_MAX);
	buf_init(&j->out, SIGNING_BYTES_MAX);
	j->body = (struct dkim_body){.is_relaxed = true, .give = body_give, .to = j};
	FOREIGN_BEGIN();
	j->hash = EVP_MD_CTX_new();
	j->has_failed = j->hash == NULL || EVP_DigestInit_ex(j->hash, EVP_sha256(), NULL) != 1;
	FOREIGN_END();
	return j;
}

void
signing_drop(struct signing_job *j)
{
	if (j == NULL)
		return;
	if (j->done == NULL)
		job_free(j);
	else
		j->done = NULL; /* a thread has it */
}

void
signing_header(struct signing_job *j, struct str field)
{
	if (j != NULL)
		buf_add(&j->header, field);
}

void
signing_body(struct signing_job *j, struct str piece)
{
	if (j != NULL && !j->has_failed)
		dkim_body_add(&j->body, piece);
}

void
signing_front(struct signing_job *j, struct str fields)
{
	if (j == NULL)
		return;
	buf_add(&j->front, fields);
	buf_add(&j->front, buf_str(&j->header));
	buf_fini(&j->header);
	buf_init(&j->header, 0);
	if (!j->has_failed)
		dkim_body_end(&j->body);
	FOREIGN_BEGIN();
	j->has_failed = j->has_failed || buf_failed(&j->front) ||
			EVP_DigestFinal_ex(j->hash, j->text.body, NULL) != 1;
	FOREIGN_END();
	WAS_WRITTEN(j->text.body, sizeof j->text.body);
	if (j->has_failed)
		return;
	j->text.fields = j->fields;
	j->text.count = dkim_fields_find(buf_str(&j->front), j->fields, DKIM_FIELDS_MAX);
	j->text.now_s = clock_wall_ms() / 1000;
	j->text.lifetime_s = j->owner->lifetime_s;
	arc_chain_find(j->text.fields, j->text.count, &j->chain);
}

bool
signing_has_failed(const struct signing_job *j)
{
	return j != NULL && j->has_failed;
}

/* ---- what is to be made */

struct str
signing_author(struct signing_job *j)
{
	struct str found = STR_NONE;
	if (j == NULL || j->has_failed)
		return STR_NONE;
	for (size_t i = 0; i < j->text.count; i++) {
		struct str value = j->fields[i];
		if (!dkim_field_is(value, STR("From")))
			continue;
		if (str_is_set(found))
			return STR_NONE;
		str_cut(&value, ':');
		found = value;
	}
	return found;
}

bool
signing_choose(struct signing_job *j, struct str domain)
{
	if (j == NULL || j->has_failed)
		return false;
	j->signers = sign_keys_find(j->keys, domain, &j->signer_count);
	return j->signer_count > 0;
}

const struct arc_chain *
signing_chain(struct signing_job *j)
{
	return &j->chain;
}

bool
signing_seal(struct signing_job *j, struct str domain, enum arc_result result, struct str results)
{
	size_t count;
	if (j == NULL || j->has_failed || !j->owner->seals || result == ARC_TEMPERROR ||
		j->chain.has_failed || j->chain.count >= ARC_SETS_MAX)
		return false;
	if (j->owner->seal_domain[0] != '\0')
		domain = str_of(j->owner->seal_domain);
	const struct sign_key *const keys = sign_keys_find(j->keys, domain, &count);
	for (size_t i = 0; i < count; i++) /* one seal alone: what everybody can verify */
		if (j->sealer == NULL || j->sealer->is_ed25519)
			j->sealer = &keys[i];
	j->arc = result;
	buf_add(&j->results, results);
	return j->sealer != NULL && !buf_failed(&j->results);
}

/* In a thread. */
static void
job_run(struct work *w)
{
	struct signing_job *const j = (struct signing_job *)w;
	const struct seal_facts facts = {&j->chain, j->arc, buf_str(&j->results)};
	bool ok = true;
	if (j->sealer != NULL)
		ok = sign_seal(j->sealer, &j->text, &facts, &j->out);
	for (size_t i = 0; ok && i < j->signer_count; i++)
		ok = sign_dkim(&j->signers[i], &j->text, &j->out);
	if (!ok)
		buf_clear(&j->out);
}

static void
job_done(struct work *w)
{
	struct signing_job *const j = (struct signing_job *)w;
	if (j->done != NULL)
		j->done(j->to, j->out.len > 0 ? buf_str(&j->out) : STR(""));
	job_free(j);
}

void
signing_go(struct signing_job *j, signing_done *done, void *to)
{
	j->work = (struct work){.run = job_run, .done = job_done};
	j->done = done;
	j->to = to;
	workers_submit(j->owner->workers, &j->work);
}

/* ---- a whole message */

struct signing_job *
signing_text(struct signing *s, struct str message, signing_done *done, void *to)
{
	struct str domain, from;
	struct signing_job *const j = signing_begin(s);
	const size_t end = str_find(message, STR("\r\n\r\n"), 0);
	const size_t header = end == STR_NPOS ? message.len : end + 2;
	if (j == NULL)
		return NULL;
	signing_header(j, str_head(message, header));
	signing_body(j, str_from(message, header + 2));
	signing_front(j, STR(""));
	from = signing_author(j);
	if (!str_is_set(from) || !author_next(&from, &domain) || !signing_choose(j, domain)) {
		signing_drop(j);
		return NULL;
	}
	signing_go(j, done, to);
	return j;
}
