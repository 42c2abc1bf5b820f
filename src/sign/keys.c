/* keys - the private keys that mail is signed with */
#include "sign/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"
#include "base/written.h"
#include "dns/name.h"

#define ARENA_BYTES_MAX ((size_t)16 << 20)
#define PATH_BYTES_MAX 1024
#define ENDING ".pem"
#define FOR_OTHERS 077 /* the bits of a mode that its owner does not need */

static void
tell(char words[static SIGN_KEYS_WORDS_MAX], const char *path, const char *why)
{
	snprintf(words, SIGN_KEYS_WORDS_MAX, "%s: %s", path, why);
}

/* ---- one key */

/* Nobody is there to be asked. */
static int
no_password(char *room, int bytes, int is_writing, void *to)
{
	(void)room;
	(void)bytes;
	(void)is_writing;
	(void)to;
	return -1;
}

static struct str
fault_of(const EVP_PKEY *key)
{
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return STR_NONE;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return STR("is neither an RSA nor an Ed25519 key");
	const int bits = EVP_PKEY_get_bits(key);
	return bits < SIGN_RSA_BITS_MIN || bits > SIGN_RSA_BITS_MAX
		       ? STR("has fewer than 1024 bits or more than 4096; 2048 are usual")
		       : STR_NONE;
}

EVP_PKEY *
sign_key_parse(struct str pem, struct str *wrong)
{
	EVP_PKEY *key = NULL;
	*wrong = STR("holds no private key in PEM (one with a password cannot be used)");
	if (pem.len == 0 || pem.len > SIGN_KEY_BYTES_MAX)
		return NULL;
	FOREIGN_BEGIN();
	BIO *const in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	if (in != NULL)
		key = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	BIO_free(in);
	ERR_clear_error();
	const struct str fault = key != NULL ? fault_of(key) : *wrong;
	FOREIGN_END();
	if (!str_is_set(fault))
		return key;
	*wrong = fault;
	EVP_PKEY_free(key);
	return NULL;
}

EVP_PKEY *
sign_key_read(const char *path, char words[static SIGN_KEYS_WORDS_MAX])
{
	char room[SIGN_KEY_BYTES_MAX + 1];
	struct stat st = {0};
	struct str wrong = STR_NONE;
	EVP_PKEY *key = NULL;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		tell(words, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Root looks at the keys of the server's user: `nixied dkim`, `nixied check`. */
	const bool is_owner_trusted = st.st_uid == geteuid() || st.st_uid == 0 || geteuid() == 0;
	const bool is_private = (st.st_mode & FOR_OTHERS) == 0 && is_owner_trusted;
	if (!S_ISREG(st.st_mode)) {
		tell(words, path, "is no file");
	} else if (!is_private) {
		tell(words, path,
			"may be read by others, so it is no secret: give it to the server's user "
			"(chown) and to nobody else (chmod 600)");
	} else {
		const ssize_t n = read(fd, room, sizeof room);
		key = sign_key_parse((struct str){room, n > 0 ? (size_t)n : 0}, &wrong);
		if (key == NULL)
			tell(words, path, n < 0 ? strerror(errno) : wrong.ptr);
		wipe(room, sizeof room);
	}
	close(fd);
	return key;
}

/* ---- the folder */

struct loading {
	struct sign_keys *keys;
	size_t room;
	char *words;
};

static bool
add_key(struct loading *l, struct str domain, struct str selector, const char *path)
{
	struct sign_keys *const k = l->keys;
	char room[DNS_NAME_BYTES_MAX + 1];
	struct str name;
	if (!dns_name_parse(selector, room, &name)) {
		tell(l->words, path, "its name is no selector: letters, digits, - and dots");
		return false;
	}
	if (k->count == SIGN_KEYS_MAX) {
		tell(l->words, path, "is one key more than can be kept (20000)");
		return false;
	}
	EVP_PKEY *const key = sign_key_read(path, l->words);
	if (key == NULL)
		return false;
	struct sign_key *const more =
		arena_more(&k->arena, k->list, k->count, &l->room, sizeof *k->list);
	if (more == NULL) {
		EVP_PKEY_free(key);
		tell(l->words, path, "not enough memory");
		return false;
	}
	k->list = more;
	more[k->count++] = (struct sign_key){.domain = arena_str(&k->arena, domain),
		.selector = arena_str(&k->arena, name),
		.key = key,
		.is_ed25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519};
	return true;
}

static bool
join_path(struct loading *l, const char *folder, const char *name, char path[PATH_BYTES_MAX])
{
	const int n = snprintf(path, PATH_BYTES_MAX, "%s/%s", folder, name);
	if (n > 0 && n < PATH_BYTES_MAX)
		return true;
	tell(l->words, folder, "is too long a path");
	return false;
}

static bool
load_domain(struct loading *l, const char *folder, struct str domain)
{
	char path[PATH_BYTES_MAX];
	DIR *const d = opendir(folder);
	const size_t before = l->keys->count;
	bool ok = true;
	if (d == NULL) {
		if (errno == ENOTDIR)
			return true; /* a note of the operator */
		tell(l->words, folder, strerror(errno));
		return false;
	}
	for (const struct dirent *e; ok && (e = readdir(d)) != NULL;) {
		struct str name = str_of(e->d_name);
		if (name.ptr[0] == '.' || !str_ends_case(name, STR(ENDING)))
			continue;
		name.len -= sizeof ENDING - 1;
		ok = join_path(l, folder, e->d_name, path) && add_key(l, domain, name, path);
	}
	closedir(d);
	if (ok && l->keys->count - before > SIGN_KEYS_OF_DOMAIN_MAX) {
		tell(l->words, folder, "has more keys than four, and each signs every message");
		return false;
	}
	return ok;
}

static bool
load_folder(struct loading *l, const char *folder)
{
	char path[PATH_BYTES_MAX], room[DNS_NAME_BYTES_MAX + 1];
	DIR *const d = opendir(folder);
	bool ok = true;
	if (d == NULL) {
		if (errno == ENOENT)
			return true;
		tell(l->words, folder, strerror(errno));
		return false;
	}
	for (const struct dirent *e; ok && (e = readdir(d)) != NULL;) {
		struct str domain;
		if (e->d_name[0] == '.' || !dns_name_parse(str_of(e->d_name), room, &domain))
			continue;
		ok = join_path(l, folder, e->d_name, path) && load_domain(l, path, domain);
	}
	closedir(d);
	return ok;
}

static int
compare(struct str a, struct str b)
{
	const size_t n = a.len < b.len ? a.len : b.len;
	const int order = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
by_domain(const void *a, const void *b)
{
	const struct sign_key *const x = a, *const y = b;
	const int order = compare(x->domain, y->domain);
	return order != 0 ? order : compare(x->selector, y->selector);
}

struct sign_keys *
sign_keys_load(const char *folder, char words[static SIGN_KEYS_WORDS_MAX])
{
	struct sign_keys *const k = calloc(1, sizeof *k);
	if (k == NULL) {
		tell(words, folder, "not enough memory");
		return NULL;
	}
	k->uses = 1;
	arena_init(&k->arena, ARENA_BYTES_MAX);
	struct loading l = {.keys = k, .words = words};
	if (!load_folder(&l, folder)) {
		sign_keys_release(k);
		return NULL;
	}
	if (k->count > 1)
		qsort(k->list, k->count, sizeof *k->list, by_domain);
	return k;
}

void
sign_keys_release(struct sign_keys *k)
{
	if (k == NULL || --k->uses > 0)
		return;
	for (size_t i = 0; i < k->count; i++)
		EVP_PKEY_free(k->list[i].key);
	arena_fini(&k->arena);
	free(k);
}

static const struct sign_key *
find_exactly(const struct sign_keys *k, struct str domain, size_t *count)
{
	size_t low = 0, high = k->count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (compare(k->list[middle].domain, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < k->count && str_eq(k->list[low + *count].domain, domain))
		(*count)++;
	return *count > 0 ? &k->list[low] : NULL;
}

const struct sign_key *
sign_keys_find(const struct sign_keys *k, struct str domain, size_t *count)
{
	char room[DNS_NAME_BYTES_MAX + 1];
	const struct sign_key *found = NULL;
	*count = 0;
	if (k->count == 0 || !dns_name_parse(domain, room, &domain))
		return NULL;
	while (found == NULL && str_is_set(domain)) {
		found = find_exactly(k, domain, count);
		str_cut(&domain, '.');
	}
	return found;
}
