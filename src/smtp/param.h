/*
 * param - the ESMTP parameters behind the path of MAIL and RCPT
 *
 * RFC 5321 s4.1.2 esmtp-param; what each means: a row of the table in param.c. Values are checked
 * and kept as they were sent, since RFC 3461 s5 passes ENVID and ORCPT on unchanged.
 */
#ifndef SMTP_PARAM_H
#define SMTP_PARAM_H

#include "base/notify.h"
#include "base/str.h"
#include "smtp/extension.h"
#include "smtp/limits.h"

enum body { BODY_UNSAID, BODY_7BIT, BODY_8BITMIME, BODY_BINARYMIME };
enum ret { RET_UNSAID, RET_FULL, RET_HDRS };

struct mail_params {
	int64_t size_bytes; /* declared; -1 = not. One too large for the type is INT64_MAX */
	enum body body;
	enum ret ret;
	bool is_utf8;      /* SMTPUTF8 */
	bool requires_tls; /* REQUIRETLS */
	struct str auth;   /* xtext, or "<>"; absent when not given */
	struct str envid;  /* xtext */
};

struct rcpt_params {
	unsigned notify;       /* enum notify, several */
	struct str orcpt_type; /* "rfc822" */
	struct str orcpt;      /* xtext; of type utf-8 as RFC 6533 s3 has it */
};

enum param_fault {
	PARAM_NONE,
	PARAM_UNKNOWN, /* or of an extension that is not offered: 555 */
	PARAM_VALUE,   /* malformed, missing, or there where none may be: 501 */
	PARAM_TWICE,
};

/*
 * mail_params_parse, rcpt_params_parse - all parameters in `in`, with blanks between them
 *
 * in        what follows the path; may be empty
 * offered   enum extension, several: parameters of others are unknown
 * out       slices of `in`; written only on success
 * at        the parameter that is at fault; written otherwise
 */
enum param_fault mail_params_parse(
	struct str in, unsigned offered, struct mail_params *out, struct str *at);
enum param_fault rcpt_params_parse(
	struct str in, unsigned offered, struct rcpt_params *out, struct str *at);

#endif
