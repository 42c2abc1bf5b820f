/*
 * sts_policy - what a domain says of its mail servers: MTA-STS, RFC 8461 s3.1, s3.2
 *
 * A record of the DNS tells that there is a policy, and by its id when it has changed; the policy
 * is a text that comes over HTTPS. Both are read here: bytes to values, nothing else.
 */
#ifndef DELIVER_STS_POLICY_H
#define DELIVER_STS_POLICY_H

#include "base/str.h"

#define STS_POLICY_BYTES_MAX ((size_t)64 << 10) /* s3.3 names this size */
#define STS_MX_MAX 128                          /* names; a policy with more is none */
#define STS_ID_BYTES_MAX 32                     /* s3.1 */
#define STS_MAX_AGE_S_MAX 31557600              /* s3.2; a longer one is cut */

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE, STS_MODE_COUNT };

/* sts_mode_name - "none", "testing", "enforce" */
struct str sts_mode_name(enum sts_mode mode);

struct sts_policy {
	enum sts_mode mode;
	int64_t max_age_s;
	struct str mx[STS_MX_MAX]; /* names and patterns; of the text */
	size_t mx_count;
};

/* sts_policy_parse - NULL, or what is wrong with it, in words; then *out is of no use */
const char *sts_policy_parse(struct str text, struct sts_policy *out);

/* sts_policy_names - is the host one of its mail servers? "*.example.org" is any name with one
 * label in place of the asterisk: s4.1 */
bool sts_policy_names(const struct sts_policy *p, struct str host);

/* sts_record_starts - is it meant to be one? Other records of the name mean nothing: s3.1 */
bool sts_record_starts(struct str record);

/* sts_record_parse - its id, which points into it; NULL, or what is wrong */
const char *sts_record_parse(struct str record, struct str *id);

#endif
