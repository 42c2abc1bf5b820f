/* return_path - return paths that people here send with, signed */
#include "sign/return_path.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/decode.h"
#include "base/wipe.h"
#include "base/written.h"
#include "net/file.h"

#define DAY_S INT64_C(86400)
#define KEY_BYTES 32
#define FILE_BYTES_MAX 65536
#define LINE_BYTES_MAX 160
#define FOR_OTHERS 077 /* the bits of a mode that its owner does not need */

static const char file_head[] = "# The keys of signed return paths (sign_return_paths). nixied "
				"writes this file: who has it\n"
				"# can make bounces that look like those of mail sent from here.\n";

struct return_key {
	unsigned digit;
	int64_t made_s;
	unsigned char secret[KEY_BYTES];
};

struct return_paths {
	const char *path;
	bool keeps, is_loaded;
	int64_t since_s;                              /* when signing began; 0: it is off */
	struct return_key keys[RETURN_PATH_KEYS_MAX]; /* the oldest first */
	size_t count;
	bool is_on;
	unsigned days;
	enum return_path_mode mode;
	char *senders, *recipients; /* of the settings; never NULL once configured */
};

static bool
fault(char words[static RETURN_PATH_WORDS_MAX], const char *path, const char *why)
{
	snprintf(words, RETURN_PATH_WORDS_MAX, "%s: %s", path, why);
	return false;
}

/* ---- the file */

static bool
secret_read(struct str hex, unsigned char to[static KEY_BYTES])
{
	if (hex.len != (size_t)2 * KEY_BYTES)
		return false;
	for (size_t i = 0; i < KEY_BYTES; i++) {
		const int value = hex_pair(str_from(hex, 2 * i));
		if (value < 0)
			return false;
		to[i] = (unsigned char)value;
	}
	return true;
}

/* "since 1795363200", "key 3 1795363200 0f..." */
static bool
line_read(struct return_paths *p, struct str line)
{
	struct str rest = str_trim(line);
	const struct str what = str_word(&rest);
	if (what.len == 0 || what.ptr[0] == '#')
		return true;
	if (str_eq(what, STR("since"))) {
		p->since_s = str_number(str_word(&rest), INT32_MAX * INT64_C(2));
		return p->since_s >= 0;
	}
	struct return_key key = {0};
	const int64_t digit = str_number(str_word(&rest), 9);
	key.digit = (unsigned)digit;
	key.made_s = str_number(str_word(&rest), INT32_MAX * INT64_C(2));
	if (!str_eq(what, STR("key")) || digit < 0 || key.made_s < 0 ||
		!secret_read(str_word(&rest), key.secret) || p->count == RETURN_PATH_KEYS_MAX)
		return false;
	p->keys[p->count++] = key;
	return true;
}

static bool
load(struct return_paths *p, char words[static RETURN_PATH_WORDS_MAX])
{
	char line[LINE_BYTES_MAX];
	struct stat st = {0};
	FILE *const f = fopen(p->path, "re");
	if (f == NULL)
		return errno == ENOENT || fault(words, p->path, strerror(errno));
	bool ok = fstat(fileno(f), &st) == 0 && (st.st_mode & FOR_OTHERS) == 0;
	if (!ok)
		fault(words, p->path, "may be read by others, and is no secret then: chmod 600");
	p->count = 0;
	while (ok && fgets(line, sizeof line, f) != NULL) {
		ok = line_read(p, str_of(line));
		if (!ok)
			fault(words, p->path,
				"has a line that is none of nixied's. Without the file it begins "
				"anew, and bounces of what is on its way have no proof");
	}
	wipe(line, sizeof line);
	fclose(f);
	return ok;
}

/* Whole and on the disk, or as it was. */
static bool
save(const struct return_paths *p, char words[static RETURN_PATH_WORDS_MAX])
{
	static const char digits[] = "0123456789abcdef";
	struct buf text;
	if (!p->keeps)
		return true;
	buf_init(&text, FILE_BYTES_MAX);
	text.is_private = true;
	buf_add(&text, str_of(file_head));
	buf_add(&text, STR("since "));
	buf_add_number(&text, p->since_s);
	buf_add_char(&text, '\n');
	for (size_t i = 0; i < p->count; i++) {
		buf_add(&text, STR("key "));
		buf_add_number(&text, p->keys[i].digit);
		buf_add_char(&text, ' ');
		buf_add_number(&text, p->keys[i].made_s);
		buf_add_char(&text, ' ');
		for (size_t k = 0; k < KEY_BYTES; k++) {
			buf_add_char(&text, digits[p->keys[i].secret[k] >> 4]);
			buf_add_char(&text, digits[p->keys[i].secret[k] & 15]);
		}
		buf_add_char(&text, '\n');
	}
	const int error =
		buf_failed(&text) ? -ENOMEM : file_replace(p->path, buf_str(&text), FILE_DURABLE);
	buf_fini(&text);
	return error == 0 || fault(words, p->path, strerror(-error));
}

/* ---- keys */

static bool
key_add(struct return_paths *p, int64_t now_s)
{
	if (p->count == RETURN_PATH_KEYS_MAX) {
		memmove(p->keys, p->keys + 1, (p->count - 1) * sizeof *p->keys);
		p->count--;
	}
	struct return_key *const key = &p->keys[p->count];
	*key = (struct return_key){.made_s = now_s};
	key->digit = p->count == 0 ? 0 : (p->keys[p->count - 1].digit + 1) % 10;
	FOREIGN_BEGIN();
	const bool ok = RAND_bytes(key->secret, KEY_BYTES) == 1;
	FOREIGN_END();
	WAS_WRITTEN(key->secret, KEY_BYTES);
	p->count += ok;
	return ok;
}

/* Those that were followed by another so long ago that nothing signed with them is good. */
static bool
keys_forget(struct return_paths *p, int64_t now_s)
{
	size_t gone = 0;
	while (gone + 1 < p->count &&
		now_s - p->keys[gone + 1].made_s > (p->days + INT64_C(1)) * DAY_S)
		gone++;
	if (gone > 0) {
		p->count -= gone;
		memmove(p->keys, p->keys + gone, p->count * sizeof *p->keys);
	}
	return gone > 0;
}

/* Off or on as the settings want it, and keys that are fresh; what was changed is written. */
static bool
renew(struct return_paths *p, int64_t now_ms, char words[static RETURN_PATH_WORDS_MAX])
{
	const int64_t now_s = now_ms / 1000;
	const struct return_paths before = *p;
	bool is_changed = false;
	if (!p->keeps)
		return true; /* a rehearsal has what the server has */
	if (p->is_on != (p->since_s > 0)) {
		p->since_s = p->is_on ? now_s : 0;
		is_changed = p->is_on || p->count > 0;
	}
	if (p->is_on && (p->count == 0 || now_s - p->keys[p->count - 1].made_s >
						  RETURN_PATH_KEY_DAYS * DAY_S)) {
		if (!key_add(p, now_s)) {
			*p = before;
			return fault(words, p->path, "no random bytes for a key");
		}
		is_changed = true;
	}
	is_changed |= keys_forget(p, now_s);
	if (!is_changed || save(p, words))
		return true;
	*p = before;
	return false;
}

/* ---- settings */

struct return_paths *
return_paths_new(const char *path, bool keeps)
{
	struct return_paths *const p = calloc(1, sizeof *p);
	if (p != NULL) {
		p->path = path;
		p->keeps = keeps;
	}
	return p;
}

void
return_paths_free(struct return_paths *p)
{
	if (p == NULL)
		return;
	free(p->senders);
	free(p->recipients);
	wipe(p, sizeof *p);
	free(p);
}

static char *
text_of(const struct config *config, enum config_setting s)
{
	const struct str text = config->values[s].text;
	return strndup(text.len > 0 ? text.ptr : "", text.len);
}

bool
return_paths_configure(struct return_paths *p, const struct config *config, int64_t now_ms,
	char words[static RETURN_PATH_WORDS_MAX])
{
	const struct config_value *const v = config->values;
	struct return_paths fresh = *p;
	fresh.senders = text_of(config, SETTING_unsigned_senders);
	fresh.recipients = text_of(config, SETTING_unsigned_recipients);
	fresh.is_on = v[SETTING_sign_return_paths].number != 0;
	fresh.days = (unsigned)((v[SETTING_return_path_lifetime].number + DAY_S - 1) / DAY_S);
	fresh.mode = (enum return_path_mode)v[SETTING_unsigned_bounces].number;
	bool ok = fresh.senders != NULL && fresh.recipients != NULL;
	if (!ok)
		fault(words, "sign_return_paths", "not enough memory");
	ok = ok && (fresh.is_loaded || load(&fresh, words));
	fresh.is_loaded = ok;
	if (!ok || !renew(&fresh, now_ms, words)) {
		free(fresh.senders);
		free(fresh.recipients);
		return false;
	}
	free(p->senders);
	free(p->recipients);
	*p = fresh;
	wipe(&fresh, sizeof fresh);
	return true;
}

bool
return_paths_turn(struct return_paths *p, int64_t now_ms, char words[static RETURN_PATH_WORDS_MAX])
{
	return p == NULL || renew(p, now_ms, words);
}

/* ---- what is asked */

bool
return_paths_signs(const struct return_paths *p, struct str sender)
{
	return p != NULL && p->is_on && p->count > 0 && batv_can_sign(sender) &&
	       !config_list_has(str_of(p->senders), sender);
}

bool
return_paths_is_excepted(const struct return_paths *p, struct str recipient)
{
	return p == NULL || config_list_has(str_of(p->recipients), recipient);
}

static bool
mac(void *keys, unsigned digit, struct str text, unsigned char out[static BATV_MAC_BYTES])
{
	const struct return_paths *const p = keys;
	unsigned n = BATV_MAC_BYTES;
	for (size_t i = p->count; i-- > 0;) {
		if (p->keys[i].digit != digit)
			continue;
		FOREIGN_BEGIN();
		const bool ok = HMAC(EVP_sha1(), p->keys[i].secret, KEY_BYTES,
					(const unsigned char *)text.ptr, text.len, out, &n) != NULL;
		FOREIGN_END();
		WAS_WRITTEN(out, BATV_MAC_BYTES);
		return ok;
	}
	return false;
}

struct str
return_paths_sign(struct return_paths *p, struct str sender, int64_t arrived_ms, struct arena *a)
{
	size_t key = p == NULL ? 0 : p->count;
	char *const room = arena_bytes(a, sender.len + BATV_BYTES);
	if (key == 0 || room == NULL)
		return STR_NONE;
	/* The newest that there was, so that a later attempt is signed as the first. */
	while (--key > 0 && p->keys[key].made_s * 1000 > arrived_ms)
		;
	const size_t n = batv_sign(sender, p->keys[key].digit, p->days, arrived_ms, mac, p, room);
	return n == 0 ? STR_NONE : (struct str){room, n};
}

enum batv_verdict
return_paths_check(struct return_paths *p, struct str address, int64_t now_ms, struct str *plain)
{
	if (p != NULL && p->count > 0)
		return batv_check(address, p->days, now_ms, mac, p, plain);
	*plain = address;
	return BATV_UNSIGNED;
}

bool
return_paths_is_judging(const struct return_paths *p, int64_t now_ms)
{
	return p != NULL && p->since_s > 0 && now_ms / 1000 - p->since_s > p->days * DAY_S;
}

bool
return_paths_judges(const struct return_paths *p, struct str plain, int64_t now_ms)
{
	return return_paths_signs(p, plain) && return_paths_is_judging(p, now_ms);
}

enum return_path_mode
return_paths_mode(const struct return_paths *p)
{
	return p->mode;
}
