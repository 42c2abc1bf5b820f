/* nixied demo - a server to try: a folder with a configuration, a domain, an account, a certificate
 */
#define _XOPEN_SOURCE 700 /* realpath() */
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/directory.h"
#include "nixied/options.h"
#include "nixied/server.h"

#define DOMAIN "example.test"
#define USER "demo@" DOMAIN
#define PASSWORD "demo"
#define CERTIFICATE_DAYS 3650

static const char usage[] =
	"Usage: nixied demo [-n] FOLDER\n"
	"Runs a mail server to try, on high ports of this machine alone. What is missing in "
	"FOLDER\n"
	"is made: nixied.conf, a certificate, the domain " DOMAIN " and the account " USER "\n"
	"with the password \"" PASSWORD
	"\". Ctrl-C ends it; everything can be thrown away afterwards.\n\n"
	"  -n, --no-serve  make the folder, and do no more\n";

static bool
write_conf(const char *path, const char *folder)
{
	FILE *const f = fopen(path, "wxe");
	if (f == NULL) {
		if (errno == EEXIST)
			return true; /* it may have been changed since */
		complain(path, strerror(errno));
		return false;
	}
	fprintf(f,
		"# A server to try. nixied.conf(5) has all settings.\n"
		"hostname = mail." DOMAIN "\n"
		"data_directory = %s\n"
		"postmaster = " USER "\n"
		"min_free_space = 16M\n"
		"user = %s\n"
		"log_file = %s/nixied.log\n"
		"tls_certificate = %s/certificate.pem\n\n"
		"listener mx {\n\taddress = 127.0.0.1:2525\n}\n\n"
		"listener submission {\n\taddress = 127.0.0.1:2587\n\tkind = submission\n}\n\n"
		"listener submissions {\n\taddress = 127.0.0.1:2465\n\tkind = submission\n"
		"\ttls = immediate\n}\n",
		folder, geteuid() == 0 ? "root" : "", folder, folder);
	return fclose(f) == 0;
}

static bool
add_name(X509 *x, const char *field, const char *text)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(x), field, MBSTRING_ASC,
		       (const unsigned char *)text, -1, -1, 0) == 1;
}

/* A certificate that nobody vouches for: enough to try TLS. */
static bool
write_certificate(const char *path)
{
	if (access(path, R_OK) == 0)
		return true;
	EVP_PKEY *const key = EVP_EC_gen("P-256");
	X509 *const x = X509_new();
	X509_EXTENSION *const names = X509V3_EXT_conf_nid(
		NULL, NULL, NID_subject_alt_name, "DNS:mail." DOMAIN ", DNS:localhost");
	bool ok = key != NULL && x != NULL && names != NULL && X509_set_version(x, 2) == 1 &&
		  ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
		  X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
		  X509_gmtime_adj(X509_getm_notAfter(x), 86400L * CERTIFICATE_DAYS) != NULL &&
		  X509_set_pubkey(x, key) == 1 && add_name(x, "CN", "mail." DOMAIN) &&
		  X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
		  X509_add_ext(x, names, -1) == 1 && X509_sign(x, key, EVP_sha256()) > 0;
	const mode_t before = umask(077); /* its key is for its owner alone */
	FILE *const f = ok ? fopen(path, "we") : NULL;
	umask(before);
	ok = f != NULL && PEM_write_X509(f, x) == 1 &&
	     PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	X509_EXTENSION_free(names);
	X509_free(x);
	EVP_PKEY_free(key);
	if (!ok)
		complain(path, "the certificate cannot be written");
	return ok;
}

static bool
fill_directory(const char *path)
{
	struct directory_error error;
	struct directory *const d = directory_open(path, &error);
	enum directory_place place;
	if (d == NULL) {
		complain(path, error.words);
		return false;
	}
	bool ok = directory_place(d, STR(DOMAIN), &place);
	if (ok && place != PLACE_LOCAL) {
		const struct account_settings account = {
			.password = STR(PASSWORD), .quota_bytes = (int64_t)1 << 30};
		ok = directory_domain_add(d, STR(DOMAIN), STR_NONE, &error) &&
		     directory_account_add(d, STR(USER), &account, &error) &&
		     directory_alias_add(d, STR("postmaster@" DOMAIN), STR(USER), &error);
		if (!ok)
			complain(path, error.words);
	}
	directory_close(d);
	return ok;
}

static void
say_how(const char *folder)
{
	printf("nixied: a server to try, in %s\n"
	       "  a message for it:   swaks --server 127.0.0.1:2525 --to " USER "\n"
	       "  a refusal:          swaks --server 127.0.0.1:2525 --to nobody@" DOMAIN "\n"
	       "  sent by its user:   swaks --server 127.0.0.1:2587 -tls -a -au " USER
	       " -ap " PASSWORD " --from " USER " --to " USER "\n"
	       "  the mailbox:        %s/mail/" DOMAIN "/demo/new\n"
	       "  the log:            %s/nixied.log\n",
		folder, folder, folder);
}

/* Its folder, its files, and who has a mailbox; `conf` is where the configuration is. */
static bool
prepare(const char *name, char conf[static FOLDER_PATH_MAX])
{
	char folder[FOLDER_PATH_MAX / 2], file[FOLDER_PATH_MAX];
	if (mkdir(name, 0700) < 0 && errno != EEXIST) {
		complain(name, strerror(errno));
		return false;
	}
	char *const real = realpath(name, NULL);
	if (real == NULL || strlen(real) >= sizeof folder) {
		complain(name, real == NULL ? strerror(errno) : "is too long a path");
		free(real);
		return false;
	}
	snprintf(folder, sizeof folder, "%s", real);
	free(real);
	snprintf(conf, FOLDER_PATH_MAX, "%s/nixied.conf", folder);
	if (!write_conf(conf, folder))
		return false;
	snprintf(file, sizeof file, "%s/certificate.pem", folder);
	if (!write_certificate(file))
		return false;
	snprintf(file, sizeof file, "%s/directory.db", folder);
	if (!fill_directory(file))
		return false;
	say_how(folder);
	return true;
}

int
cmd_demo(int argc, char **argv)
{
	const char *path;
	char conf[FOLDER_PATH_MAX];
	int first, code;
	const bool only_prepares =
		argc > 1 && (strcmp(argv[1], "-n") == 0 || strcmp(argv[1], "--no-serve") == 0);
	argc -= only_prepares;
	argv += only_prepares;
	if (!options_conf(argc, argv, usage, &path, &first, &code))
		return code;
	if (first + 1 != argc || path != NULL) {
		complain("demo", "wants one folder, in which it makes what it needs");
		return EXIT_USAGE;
	}
	if (!prepare(argv[first], conf))
		return EXIT_TROUBLE;
	return only_prepares ? EXIT_DONE : server_run(conf);
}
