/* nixied dkim - the keys that mail is signed with, and what the DNS has of them */
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/written.h"
#include "check/dkim_text.h"
#include "dns/name.h"
#include "nixied/nixied.h"
#include "nixied/options.h"
#include "sign/keys.h"
#include "sign/record.h"

#define SIGNS ".pem"
#define WAITS ".new"
#define LINE_BYTES_MAX 4096

static const char usage[] =
	"Usage: nixied dkim [-c FILE] [list]\n"
	"       nixied dkim [-c FILE] make DOMAIN [rsa|ed25519] [SELECTOR]\n"
	"       nixied dkim [-c FILE] show|check|use DOMAIN SELECTOR\n"
	"       nixied dkim [-c FILE] check\n"
	"The keys that mail is signed with (DKIM), files in the folder of `dkim_keys`.\n\n"
	"  list   the keys there are, and which of them sign\n"
	"  make   a new key, and the record to publish; it does not sign yet\n"
	"  show   that record once more\n"
	"  check  asks the DNS whether the record is there and is that key's; without a domain,\n"
	"         those of all keys. Exit status 1: it is not\n"
	"  use    the same, and when it is, the key signs from the server's next reload on\n\n"
	"A new key takes an old one's place without a gap: make it, publish its record, `use` it\n"
	"and reload; a week later, when no mail with an old signature is on its way, remove the\n"
	"old file and its record.\n\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

struct task {
	struct conf conf;
	char folder[FOLDER_PATH_MAX]; /* of all keys */
	struct event_base *base;
	struct dns *dns;
	size_t listed;
};

/* A key's file, by domain and selector. */
struct place {
	char domain[DNS_NAME_BYTES_MAX + 1], selector[DNS_NAME_BYTES_MAX + 1];
	char folder[FOLDER_PATH_MAX], signs[FOLDER_PATH_MAX], waits[FOLDER_PATH_MAX];
	char name[2 * DNS_NAME_BYTES_MAX + 32]; /* in the DNS */
};

static bool
path_make(char path[static FOLDER_PATH_MAX], const char *folder, const char *name, const char *end)
{
	const int n = snprintf(path, FOLDER_PATH_MAX, "%s/%s%s", folder, name, end);
	if (n > 0 && n < FOLDER_PATH_MAX)
		return true;
	complain("dkim_keys", "is too long a path");
	return false;
}

static bool
place_of(const struct task *t, const char *domain, const char *selector, struct place *p)
{
	struct str parsed;
	if (!dns_name_parse(str_of(domain), p->domain, &parsed)) {
		complain(domain, "is no domain");
		return false;
	}
	if (!dns_name_parse(str_of(selector), p->selector, &parsed)) {
		complain(selector, "is no selector: letters, digits, - and dots");
		return false;
	}
	snprintf(p->name, sizeof p->name, "%s._domainkey.%s", p->selector, p->domain);
	return path_make(p->folder, t->folder, p->domain, "") &&
	       path_make(p->signs, p->folder, p->selector, SIGNS) &&
	       path_make(p->waits, p->folder, p->selector, WAITS);
}

/* The private key, of whichever state; NULL after a complaint. */
static EVP_PKEY *
key_of(const struct place *p, bool *does_sign)
{
	char words[SIGN_KEYS_WORDS_MAX];
	struct stat st = {0};
	*does_sign = stat(p->signs, &st) == 0;
	EVP_PKEY *const key = sign_key_read(*does_sign ? p->signs : p->waits, words);
	if (key == NULL)
		fprintf(stderr, "nixied: %s\n", words);
	return key;
}

/* ---- make, show */

static bool
show(const struct place *p, EVP_PKEY *key)
{
	struct buf record, line;
	buf_init(&record, SIGN_RECORD_BYTES_MAX);
	buf_init(&line, LINE_BYTES_MAX);
	const bool ok = sign_record(key, &record);
	sign_record_line(str_of(p->name), buf_str(&record), &line);
	if (ok && !buf_failed(&line))
		printf("%.*s\nWhere a form asks for it in two fields, name and text "
		       "are:\n%s\n%.*s\n",
			(int)line.len, line.ptr, p->name, (int)record.len, record.ptr);
	else
		complain(p->name, "not enough memory");
	buf_fini(&record);
	buf_fini(&line);
	return ok;
}

/* Root makes it for the user whose the data is: nobody else could read it. */
static bool
give_to_owner(const struct task *t, const char *path)
{
	const struct str data = t->conf.config.values[SETTING_data_directory].text;
	struct stat st = {0};
	if (geteuid() != 0 || stat(data.ptr, &st) < 0 || chown(path, st.st_uid, st.st_gid) == 0)
		return true;
	complain(path, strerror(errno));
	return false;
}

static bool
folder_make(const struct task *t, const char *path)
{
	if (mkdir(path, 0700) == 0)
		return give_to_owner(t, path);
	if (errno == EEXIST)
		return true;
	complain(path, strerror(errno));
	return false;
}

static bool
file_write(const struct task *t, const char *path, struct str text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		complain(path, errno == EEXIST ? "is there already: `nixied dkim show` shows its "
						 "record; another key wants another selector"
					       : strerror(errno));
		return false;
	}
	bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	if (!ok)
		complain(path, strerror(errno));
	ok = close(fd) == 0 && ok && give_to_owner(t, path);
	if (!ok)
		unlink(path);
	return ok;
}

/* "202611r": the month, and the kind. */
static void
selector_of_today(bool is_ed25519, char room[static 16])
{
	const time_t now = time(NULL);
	struct tm tm = {0};
	gmtime_r(&now, &tm);
	snprintf(room, 16, "%04d%02d%c", (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
		is_ed25519 ? 'e' : 'r');
}

static int
make(const struct task *t, int count, char **words)
{
	struct place p;
	struct buf pem;
	struct stat st = {0};
	char today[16];
	bool ok = false;
	const bool has_kind =
		count > 1 && (strcmp(words[1], "rsa") == 0 || strcmp(words[1], "ed25519") == 0);
	const bool is_ed25519 = has_kind && words[1][0] == 'e';
	const int at = has_kind ? 2 : 1;
	selector_of_today(is_ed25519, today);
	if (count > at + 1 || !place_of(t, words[0], count > at ? words[at] : today, &p))
		return EXIT_USAGE;
	if (stat(p.signs, &st) == 0) {
		complain(p.signs, "is there already; name another selector");
		return EXIT_NO;
	}
	EVP_PKEY *const key = sign_key_make(is_ed25519);
	buf_init(&pem, SIGN_KEY_BYTES_MAX);
	if (key == NULL || !sign_key_pem(key, &pem))
		complain("dkim", "no key could be made");
	else
		ok = folder_make(t, t->folder) && folder_make(t, p.folder) &&
		     file_write(t, p.waits, buf_str(&pem));
	if (ok) {
		printf("%s was made. Publish this, then `nixied dkim use %s %s`:\n\n", p.waits,
			p.domain, p.selector);
		ok = show(&p, key);
	}
	buf_fini(&pem);
	EVP_PKEY_free(key);
	return ok ? EXIT_DONE : EXIT_TROUBLE;
}

/* ---- check, use */

struct question {
	struct event_base *base;
	EVP_PKEY *key;
	enum exit_code code;
	const char *words;
};

static void
on_answer(void *context, const struct dns_answer *answer)
{
	struct question *const q = context;
	struct str wrong = STR("there is no such record");
	bool matches = false;
	for (size_t i = 0; i < answer->count && !matches; i++)
		matches = sign_record_matches(q->key, answer->records[i].data, &wrong);
	q->code = matches ? EXIT_DONE : dns_is_failure(answer->status) ? EXIT_TROUBLE : EXIT_NO;
	q->words = q->code == EXIT_TROUBLE ? dns_status_name(answer->status).ptr : wrong.ptr;
	event_base_loopbreak(q->base);
}

/* What the DNS has of a key: EXIT_DONE, when it is its record. */
static enum exit_code
ask(struct task *t, const struct place *p, EVP_PKEY *key)
{
	const char *complaint = "not enough memory";
	const struct config_value *const v = t->conf.config.values;
	if (t->base == NULL)
		t->base = event_base_new();
	if (t->base != NULL && t->dns == NULL)
		t->dns = dns_new(t->base,
			&(struct dns_settings){.servers = v[SETTING_dns_servers].text,
				.timeout_ms = v[SETTING_dns_timeout].number * 1000},
			&complaint);
	struct question q = {t->base, key, EXIT_TROUBLE, complaint};
	if (t->dns != NULL && dns_ask(t->dns, DNS_TXT, str_of(p->name), on_answer, &q) != NULL)
		event_base_dispatch(t->base);
	printf("%s: %s\n", p->name, q.code == EXIT_DONE ? "published" : q.words);
	return q.code;
}

static enum exit_code
check_one(struct task *t, const struct place *p)
{
	bool does_sign;
	EVP_PKEY *const key = key_of(p, &does_sign);
	const enum exit_code code = key != NULL ? ask(t, p, key) : EXIT_TROUBLE;
	EVP_PKEY_free(key);
	return code;
}

static int
use(struct task *t, const struct place *p)
{
	const enum exit_code code = check_one(t, p);
	struct stat st = {0};
	if (code != EXIT_DONE || stat(p->signs, &st) == 0)
		return code;
	if (rename(p->waits, p->signs) < 0) {
		complain(p->waits, strerror(errno));
		return EXIT_TROUBLE;
	}
	printf("%s signs mail of %s from the next reload on (systemctl reload nixied)\n", p->signs,
		p->domain);
	return EXIT_DONE;
}

/* ---- list */

typedef enum exit_code each_key(struct task *t, const struct place *p);

static enum exit_code
list_one(struct task *t, const struct place *p)
{
	bool does_sign;
	EVP_PKEY *const key = key_of(p, &does_sign);
	t->listed++;
	if (key == NULL)
		return EXIT_TROUBLE;
	const bool is_ed25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
	printf("%s  %s  %s%d  %s\n", p->domain, p->selector, is_ed25519 ? "ed" : "rsa",
		is_ed25519 ? 25519 : EVP_PKEY_get_bits(key),
		does_sign ? "signs" : "waits for its record");
	EVP_PKEY_free(key);
	return EXIT_DONE;
}

static enum exit_code
worse(enum exit_code a, enum exit_code b)
{
	return a > b ? a : b;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum exit_code
each_of_domain(struct task *t, const char *domain, each_key *fn)
{
	struct dirent **names;
	char path[FOLDER_PATH_MAX];
	enum exit_code code = EXIT_DONE;
	struct str parsed;
	char room[DNS_NAME_BYTES_MAX + 1];
	if (domain[0] == '.' || !dns_name_parse(str_of(domain), room, &parsed) ||
		!path_make(path, t->folder, domain, ""))
		return EXIT_DONE;
	const int count = scandir(path, &names, NULL, by_name);
	for (int i = 0; i < count; i++) {
		struct str name = str_of(names[i]->d_name);
		struct place p;
		if (names[i]->d_name[0] != '.' &&
			(str_ends_case(name, STR(SIGNS)) || str_ends_case(name, STR(WAITS)))) {
			names[i]->d_name[name.len - (sizeof SIGNS - 1)] = '\0';
			if (place_of(t, domain, names[i]->d_name, &p))
				code = worse(code, fn(t, &p));
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return code;
}

static enum exit_code
each(struct task *t, each_key *fn)
{
	struct dirent **names;
	enum exit_code code = EXIT_DONE;
	const int count = scandir(t->folder, &names, NULL, by_name);
	if (count < 0 && errno != ENOENT) {
		complain(t->folder, strerror(errno));
		return EXIT_TROUBLE;
	}
	for (int i = 0; i < count; i++) {
		code = worse(code, each_of_domain(t, names[i]->d_name, fn));
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return code;
}

/* ---- */

static int
run(struct task *t, int count, char **words)
{
	struct place p;
	if (count == 0 || (count == 1 && strcmp(words[0], "list") == 0)) {
		const enum exit_code code = each(t, list_one);
		if (t->listed == 0 && code == EXIT_DONE)
			printf("no keys in %s; `nixied dkim make DOMAIN` makes one\n", t->folder);
		return code;
	}
	if (count == 1 && strcmp(words[0], "check") == 0)
		return each(t, check_one);
	if (count >= 2 && strcmp(words[0], "make") == 0)
		return make(t, count - 1, words + 1);
	if (count != 3) {
		complain(words[0], "is none of list, check, make DOMAIN, and show, check or use "
				   "DOMAIN SELECTOR");
		return EXIT_USAGE;
	}
	if (!place_of(t, words[1], words[2], &p))
		return EXIT_USAGE;
	if (strcmp(words[0], "check") == 0)
		return check_one(t, &p);
	if (strcmp(words[0], "use") == 0)
		return use(t, &p);
	if (strcmp(words[0], "show") != 0) {
		complain(words[0], "is none of list, make, show, check, use");
		return EXIT_USAGE;
	}
	bool does_sign;
	EVP_PKEY *const key = key_of(&p, &does_sign);
	const bool ok = key != NULL && show(&p, key);
	EVP_PKEY_free(key);
	return ok ? EXIT_DONE : EXIT_TROUBLE;
}

int
cmd_dkim(int argc, char **argv)
{
	struct task t = {.base = NULL};
	const char *path;
	int first, code;
	if (!options_conf(argc, argv, usage, &path, &first, &code))
		return code;
	if (!conf_read(&t.conf, path))
		return EXIT_USAGE;
	const struct str stated = t.conf.config.values[SETTING_dkim_keys].text;
	bool ok = true;
	if (stated.len > 0)
		snprintf(t.folder, sizeof t.folder, "%.*s", (int)stated.len, stated.ptr);
	else
		ok = conf_path(&t.conf, SIGN_KEYS_FOLDER, t.folder);
	code = ok ? run(&t, argc - first, argv + first) : EXIT_USAGE;
	dns_free(t.dns);
	if (t.base != NULL)
		event_base_free(t.base);
	conf_free(&t.conf);
	return code;
}
