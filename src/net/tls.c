#include "net/tls.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define NAME_MAX_BYTES 255
#define PATH_BYTES 1200

/* A certificate that is chosen by name. */
struct named {
	char name[NAME_MAX_BYTES + 1]; /* small letters */
	SSL_CTX *context;
};

struct tls_server {
	char *certificate, *key, *folder;
	SSL_CTX *context;
	struct named *named; /* by name */
	size_t count;
	int64_t stamp; /* of the files, when they were read */
};

static void
complain(struct tls_error *error, const char *what, const char *path)
{
	const unsigned long code = ERR_peek_last_error();
	const char *const why = code != 0 ? ERR_reason_error_string(code) : NULL;
	snprintf(error->words, sizeof error->words, "%.700s: %s%s%.200s", path, what,
		why != NULL ? ": " : "", why != NULL ? why : "");
	ERR_clear_error();
}

static SSL_CTX *
context_new(const SSL_METHOD *method)
{
	SSL_CTX *const c = SSL_CTX_new(method);
	if (c == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	/* A session that waits gives its buffers back; a partial write may be tried from elsewhere.
	 */
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
				       SSL_OP_IGNORE_UNEXPECTED_EOF |
				       SSL_OP_CIPHER_SERVER_PREFERENCE);
	return c;
}

static SSL_CTX *
load(const char *certificate, const char *key, struct tls_error *error)
{
	SSL_CTX *const c = context_new(TLS_server_method());
	const char *const key_file = key != NULL ? key : certificate;
	ERR_clear_error();
	if (c == NULL)
		complain(error, "no memory", certificate);
	else if (SSL_CTX_use_certificate_chain_file(c, certificate) != 1)
		complain(error, "no certificate can be read from this file (PEM is wanted)",
			certificate);
	else if (SSL_CTX_use_PrivateKey_file(c, key_file, SSL_FILETYPE_PEM) != 1)
		complain(error, "no private key for the certificate can be read from this file",
			key_file);
	else if (SSL_CTX_check_private_key(c) != 1)
		complain(error, "the private key is not that of the certificate", key_file);
	else
		return c;
	SSL_CTX_free(c);
	return NULL;
}

/* ---- by name */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static const struct named *
named_find(const struct tls_server *t, const char *name)
{
	struct named wanted = {.context = NULL};
	if (t->count == 0 || strlen(name) > NAME_MAX_BYTES)
		return NULL;
	snprintf(wanted.name, sizeof wanted.name, "%s", name);
	return bsearch(&wanted, t->named, t->count, sizeof *t->named, by_name);
}

static int
choose(SSL *ssl, int *alert, void *server)
{
	const char *const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	char name[NAME_MAX_BYTES + 1];
	(void)alert;
	if (asked == NULL || asked[0] == '\0' || strlen(asked) >= sizeof name)
		return SSL_TLSEXT_ERR_OK;
	for (size_t i = 0; i <= strlen(asked); i++)
		name[i] = (char)ascii_lower((unsigned char)asked[i]);
	const struct named *found = named_find(server, name);
	const char *const dot = strchr(name, '.');
	if (found == NULL && dot != NULL && dot > name) {
		char wild[NAME_MAX_BYTES + 2];
		snprintf(wild, sizeof wild, "*%s", dot);
		found = named_find(server, wild);
	}
	if (found != NULL)
		SSL_set_SSL_CTX(ssl, found->context);
	return SSL_TLSEXT_ERR_OK; /* a name that is not ours gets what who names none gets */
}

static void
named_free(struct named *named, size_t count)
{
	for (size_t i = 0; i < count; i++)
		SSL_CTX_free(named[i].context);
	free(named);
}

/* "example.org.pem" -> "example.org"; false when it is no such file. */
static bool
name_of_file(const char *file, char name[NAME_MAX_BYTES + 1])
{
	const size_t len = strlen(file);
	if (file[0] == '.' || len <= 4 || len - 4 > NAME_MAX_BYTES ||
		strcmp(file + len - 4, ".pem") != 0)
		return false;
	for (size_t i = 0; i < len - 4; i++)
		name[i] = (char)ascii_lower((unsigned char)file[i]);
	name[len - 4] = '\0';
	return true;
}

static bool
load_folder(const char *folder, struct named **out, size_t *count, struct tls_error *error)
{
	DIR *const dir = opendir(folder);
	struct named *named = NULL;
	size_t n = 0, room = 0;
	if (dir == NULL) {
		snprintf(error->words, sizeof error->words, "%.900s: cannot be read: %s", folder,
			strerror(errno));
		return false;
	}
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char name[NAME_MAX_BYTES + 1], path[PATH_BYTES];
		if (!name_of_file(entry->d_name, name))
			continue;
		if (n == room) {
			room = room == 0 ? 16 : room * 2;
			struct named *const more =
				n < TLS_NAMES_MAX ? realloc(named, room * sizeof *named) : NULL;
			if (more == NULL) {
				snprintf(error->words, sizeof error->words,
					"%.900s: more than %d certificates", folder, TLS_NAMES_MAX);
				goto failed;
			}
			named = more;
		}
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		snprintf(named[n].name, sizeof named[n].name, "%s", name);
		if ((named[n].context = load(path, NULL, error)) == NULL)
			goto failed;
		n++;
	}
	closedir(dir);
	if (n > 1)
		qsort(named, n, sizeof *named, by_name);
	*out = named;
	*count = n;
	return true;
failed:
	closedir(dir);
	named_free(named, n);
	return false;
}

/* ---- the server's */

/* A number that changes with any of the files. */
static int64_t
stamp_of(const struct tls_server *t)
{
	const char *const paths[] = {t->certificate, t->key, t->folder};
	int64_t stamp = 0;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct stat st = {.st_mode = 0}; /* MemorySanitizer does not see stat() fill it */
		if (paths[i] == NULL || stat(paths[i], &st) < 0)
			continue;
		stamp = stamp * 31 + (int64_t)st.st_mtim.tv_sec * 1000 +
			st.st_mtim.tv_nsec / 1000000 + (int64_t)(st.st_ino & 0xffff);
	}
	return stamp;
}

bool
tls_server_reload(struct tls_server *t, struct tls_error *error)
{
	const int64_t stamp = stamp_of(t);
	struct named *named = NULL;
	size_t count = 0;
	t->stamp = stamp; /* also of files that are at fault: said once, not every minute */
	SSL_CTX *const context = load(t->certificate, t->key, error);
	if (context == NULL)
		return false;
	if (t->folder != NULL && !load_folder(t->folder, &named, &count, error)) {
		SSL_CTX_free(context);
		return false;
	}
	SSL_CTX_set_tlsext_servername_callback(context, choose);
	SSL_CTX_set_tlsext_servername_arg(context, t);
	named_free(t->named, t->count);
	SSL_CTX_free(t->context);
	t->context = context;
	t->named = named;
	t->count = count;
	return true;
}

static bool
copy(const char *from, char **to)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

struct tls_server *
tls_server_new_waiting(const struct tls_files *files)
{
	struct tls_server *const t = calloc(1, sizeof *t);
	if (t != NULL && copy(files->certificate, &t->certificate) && copy(files->key, &t->key) &&
		copy(files->folder, &t->folder)) {
		t->stamp = stamp_of(t);
		return t;
	}
	tls_server_free(t);
	return NULL;
}

struct tls_server *
tls_server_new(const struct tls_files *files, struct tls_error *error)
{
	struct tls_server *const t = tls_server_new_waiting(files);
	if (t == NULL) {
		snprintf(error->words, sizeof error->words, "no memory");
		return NULL;
	}
	if (!tls_server_reload(t, error)) {
		tls_server_free(t);
		return NULL;
	}
	return t;
}

void
tls_server_free(struct tls_server *t)
{
	if (t == NULL)
		return;
	named_free(t->named, t->count);
	SSL_CTX_free(t->context);
	free(t->certificate);
	free(t->key);
	free(t->folder);
	free(t);
}

bool
tls_server_is_stale(const struct tls_server *t)
{
	return stamp_of(t) != t->stamp;
}

SSL_CTX *
tls_server_context(const struct tls_server *t)
{
	return t->context;
}

SSL_CTX *
tls_client_new(const char *authorities)
{
	SSL_CTX *const c = context_new(TLS_client_method());
	if (c == NULL)
		return NULL;
	/* Records that name the certificate itself prove more than names do: RFC 7672 s3.1.1. */
	SSL_CTX_dane_set_flags(c, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	if ((authorities != NULL ? SSL_CTX_load_verify_file(c, authorities) != 1
				 : SSL_CTX_set_default_verify_paths(c) != 1) ||
		SSL_CTX_dane_enable(c) <= 0) {
		SSL_CTX_free(c);
		return NULL;
	}
	return c;
}
