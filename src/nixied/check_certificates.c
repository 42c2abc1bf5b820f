/* check_certificates - can it be read, does it fit, does it hold, does it name this server? */
#include "base/net.h"
#include "base/when.h"
#include "net/tls.h"
#include "nixied/check.h"
#include "receive/listener_settings.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_S 86400
#define SOON_S (14 * DAY_S) /* certbot renews at 30 days: at 14 something is wrong */

/* Seconds since 1970; INT64_MIN when it is no time. */
static int64_t
time_of_asn1(const ASN1_TIME *t)
{
	struct tm tm = {0};
	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return INT64_MIN;
	return when_of(
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
check_dates(const X509 *x, const char *path, unsigned line, int64_t now_s, struct findings *f)
{
	char room[WHEN_BYTES];
	const int64_t from = time_of_asn1(X509_get0_notBefore(x));
	const int64_t until = time_of_asn1(X509_get0_notAfter(x));
	const struct str day = str_head(when_log(until * 1000, room), 10);
	if (from > now_s)
		findings_add(f, FINDING_WRONG, line,
			"Look at this machine's clock, then at the file.",
			"%s: the certificate is not valid yet", path);
	if (until < now_s)
		findings_add(f, FINDING_WRONG, line, "Renew it, e.g. with  certbot renew.",
			"%s: the certificate ended on %.*s; mail programs refuse to send", path,
			SHOWN(day));
	else if (until - now_s < SOON_S)
		findings_add(f, FINDING_WARNING, line,
			"See why it is not renewed by itself, e.g.  systemctl status "
			"certbot.timer.",
			"%s: the certificate ends on %.*s", path, SHOWN(day));
}

/* "DNS:a, DNS:b" as OpenSSL prints it; the caller frees. NULL: it names nobody. */
static BIO *
names_of(const X509 *x)
{
	BIO *const out = BIO_new(BIO_s_mem());
	const int at = X509_get_ext_by_NID(x, NID_subject_alt_name, -1);
	if (out != NULL && at >= 0 && X509V3_EXT_print(out, X509_get_ext(x, at), 0, 0) == 1)
		return out;
	BIO_free(out);
	return NULL;
}

static void
check_names(X509 *x, const char *path, unsigned line, struct str host, struct findings *f)
{
	if (host.len == 0 || X509_check_host(x, host.ptr, host.len, 0, NULL) == 1)
		return;
	BIO *const names = names_of(x);
	char *text = NULL;
	const long n = names != NULL ? BIO_get_mem_data(names, &text) : 0;
	findings_add(f, FINDING_WARNING, line,
		"Get a certificate for that name, or put one for it into tls_folder.",
		"%s: the certificate is not for %.*s but for %.*s", path, SHOWN(host),
		n > 0 && n < 500 ? (int)n : 7, n > 0 && n < 500 ? text : "others.");
	BIO_free(names);
}

/* The certificate alone, without those that lead to an authority? */
static void
check_chain(X509 *x, FILE *file, const char *path, unsigned line, struct findings *f)
{
	X509 *const next = PEM_read_X509(file, NULL, NULL, NULL);
	const bool is_own = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	if (is_own)
		findings_add(f, FINDING_NOTE, line,
			"That will do between servers; mail programs of users will complain.",
			"%s: nobody vouches for the certificate but itself", path);
	else if (next == NULL)
		findings_add(f, FINDING_WARNING, line,
			"Name the file with the whole chain: with certbot fullchain.pem, not "
			"cert.pem.",
			"%s: the certificate stands alone, without that of its authority, and some "
			"clients cannot verify it",
			path);
	X509_free(next);
	ERR_clear_error();
}

static void
check_one(const char *path, const char *key, unsigned line, struct str host, int64_t now_s,
	struct findings *f)
{
	struct stat st = {.st_mode = 0};
	FILE *const file = fopen(path, "re");
	X509 *const x = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
	if (x != NULL) {
		check_dates(x, path, line, now_s, f);
		check_names(x, path, line, host, f);
		check_chain(x, file, path, line, f);
	}
	X509_free(x);
	if (file != NULL)
		fclose(file);
	const char *const secret = key != NULL ? key : path;
	if (stat(secret, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)) != 0)
		findings_add(f, FINDING_WARNING, line, "chmod o-rw it.",
			"%s holds the private key, and everybody on this machine may read it",
			secret);
}

void
check_certificates(const struct config *config, struct str host, int64_t now_s, struct findings *f)
{
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *const l = &config->listeners[i];
		const struct config_value *const certificate = &l->values[SETTING_tls_certificate];
		const struct str key = arena_str(f->arena, l->values[SETTING_tls_key].text);
		const struct str folder = arena_str(f->arena, l->values[SETTING_tls_folder].text);
		const struct str path = arena_str(f->arena, certificate->text);
		bool is_known = path.len == 0 || listener_tls(l) == TLS_OFF;
		/* Most listeners share one: it is told once. */
		for (size_t k = 0; k < i; k++)
			is_known |= config->listeners[k].values[SETTING_tls_certificate].line ==
				    certificate->line;
		if (is_known)
			continue;
		struct tls_error error;
		const struct tls_files files = {.certificate = path.ptr,
			.key = key.len > 0 ? key.ptr : NULL,
			.folder = folder.len > 0 ? folder.ptr : NULL};
		struct tls_server *const tls = tls_server_new(&files, &error);
		if (tls == NULL)
			findings_add(f, FINDING_WRONG, certificate->line,
				"See that the file is PEM, that nixied may read it, and that "
				"certificate and key belong together.",
				"%s", error.words);
		else
			check_one(path.ptr, files.key, certificate->line, host, now_s, f);
		tls_server_free(tls);
	}
}
