/* Keys: what is one, who may read it, and which of them sign for a domain. */
#include "sign/keys.h"
#include "sign/record.h"
#include "tap.h"
#include "vouched.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/nixie-keys-XXXXXX";
static char words[SIGN_KEYS_WORDS_MAX];

static const char *
path_of(const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *const f = fopen(path_of(name), "w");
	if (f == NULL)
		abort();
	fputs(text, f);
	fclose(f);
	chmod(path_of(name), mode);
}

static size_t
load(void)
{
	struct sign_keys *const k = sign_keys_load(folder, words);
	const size_t count = k == NULL ? SIZE_MAX : k->count;
	sign_keys_release(k);
	return count;
}

/* What PEM holds no key that signs. */
static void
test_parse(void)
{
	struct str wrong;
	struct buf pem;
	EVP_PKEY *key = sign_key_parse(STR(ED_PEM), &wrong);
	tap_ok(key != NULL, "an Ed25519 key");
	EVP_PKEY_free(key);
	tap_ok(sign_key_parse(STR(""), &wrong) == NULL && wrong.len > 0, "an empty file");
	tap_ok(sign_key_parse(STR("-----BEGIN PRIVATE KEY-----\nAAAA\n"), &wrong) == NULL,
		"half of one");
	EVP_PKEY *const small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)768),
			*const curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
			*const good = sign_key_make(false);
	buf_init(&pem, SIGN_KEY_BYTES_MAX);
	sign_key_pem(small, &pem);
	tap_ok(sign_key_parse(buf_str(&pem), &wrong) == NULL && str_has(wrong, STR("1024 bits")),
		"RSA with 768 bits");
	buf_clear(&pem);
	sign_key_pem(curve, &pem);
	tap_ok(sign_key_parse(buf_str(&pem), &wrong) == NULL &&
			str_has(wrong, STR("neither an RSA")),
		"a key of another kind");
	buf_clear(&pem);
	sign_key_pem(good, &pem);
	key = sign_key_parse(buf_str(&pem), &wrong);
	tap_ok(key != NULL && EVP_PKEY_get_bits(key) == SIGN_RSA_BITS, "RSA as it is made here");
	/* At the edge of a file's size: blank lines behind the key. */
	while (pem.len < SIGN_KEY_BYTES_MAX)
		buf_add_char(&pem, '\n');
	EVP_PKEY *const padded = sign_key_parse(buf_str(&pem), &wrong);
	tap_ok(padded != NULL, "a file as large as may be");
	struct str larger = {pem.ptr, pem.len + 1};
	tap_ok(sign_key_parse(larger, &wrong) == NULL, "... and one byte more");
	buf_fini(&pem);
	EVP_PKEY_free(padded);
	EVP_PKEY_free(key);
	EVP_PKEY_free(small);
	EVP_PKEY_free(curve);
	EVP_PKEY_free(good);
}

static void
test_folder(void)
{
	tap_is_int(load(), 0, "no key yet");
	mkdir(path_of("example.org"), 0700);
	put("example.org/one.pem", ED_PEM, 0600);
	put("example.org/two.new", "not looked at", 0600);
	put("README", "not looked at", 0644);
	tap_is_int(load(), 1, "one key; what is not NAME.pem is left alone");
	put("example.org/one.pem", ED_PEM, 0640);
	tap_ok(load() == SIZE_MAX && strstr(words, "one.pem: may be read by others") != NULL,
		"a key that its group may read: %s", words);
	put("example.org/one.pem", ED_PEM, 0600);
	if (geteuid() == 0 && chown(path_of("example.org/one.pem"), 65534, 65534) == 0)
		tap_is_int(load(), 1, "root may look at the key of the server's user");
	put("example.org/one.pem", "nonsense", 0600);
	tap_ok(load() == SIZE_MAX && strstr(words, "holds no private key") != NULL,
		"a file without one");
	put("example.org/one.pem", ED_PEM, 0600);
	put("example.org/a b.pem", ED_PEM, 0600);
	tap_ok(load() == SIZE_MAX && strstr(words, "is no selector") != NULL,
		"a name that is none");
	unlink(path_of("example.org/a b.pem"));
	if (symlink("one.pem", path_of("example.org/link.pem")) != 0)
		abort();
	tap_ok(load() == SIZE_MAX, "a link is not followed");
	unlink(path_of("example.org/link.pem"));
	put("example.org/b.pem", ED_PEM, 0600);
	put("example.org/c.pem", ED_PEM, 0600);
	put("example.org/d.pem", ED_PEM, 0600);
	tap_is_int(load(), SIGN_KEYS_OF_DOMAIN_MAX, "four keys of a domain");
	put("example.org/e.pem", ED_PEM, 0600);
	tap_ok(load() == SIZE_MAX && strstr(words, "more keys than four") != NULL,
		"... and a fifth");
	unlink(path_of("example.org/e.pem"));
}

static void
test_find(void)
{
	mkdir(path_of("sub.example.org"), 0700);
	put("sub.example.org/s.pem", ED_PEM, 0600);
	mkdir(path_of("a.example"), 0700);
	put("a.example/s.pem", ED_PEM, 0600);
	struct sign_keys *const k = sign_keys_load(folder, words);
	static const struct {
		const char *domain, *want;
		size_t count;
	} cases[] = {
		{"example.org", "example.org", 4},
		{"EXAMPLE.org", "example.org", 4},
		{"mail.example.org", "example.org", 4},
		{"sub.example.org", "sub.example.org", 1},
		{"x.sub.example.org", "sub.example.org", 1},
		{"a.example", "a.example", 1},
		{"org", NULL, 0},
		{"notexample.org", NULL, 0},
		{"example.org.", "example.org", 4},
		{"", NULL, 0},
		{"a b", NULL, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t count = 99;
		const struct sign_key *const found =
			sign_keys_find(k, str_of(cases[i].domain), &count);
		tap_ok(count == cases[i].count &&
				(cases[i].want == NULL
						? found == NULL
						: found != NULL && str_eq(found->domain,
									   str_of(cases[i].want))),
			"\"%s\": %zu keys", cases[i].domain, cases[i].count);
	}
	sign_keys_release(k);
}

int
main(void)
{
	char command[300];
	if (mkdtemp(folder) == NULL)
		abort();
	test_parse();
	test_folder();
	test_find();
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	if (system(command) != 0)
		abort();
	return tap_done();
}
