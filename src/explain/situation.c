/*
 * situation - which of a reason's explanations fits this case
 *
 * "Relaying denied" wants opposite advice when one's own server says it and when the recipient's
 * does. A row holds when all that it names holds; the first that does is taken; a reason without a
 * row has its plain explanation.
 */
#include "explain/explain.h"

enum condition {
	ALWAYS,
	OWN_SERVER,    /* the sender's own server refused */
	REMOTE_SERVER, /* the recipient's side did */
	WHEN_TEMPORARY,
	WHEN_PERMANENT,
	EXPIRED,         /* given up because time ran out */
	LIST_IS_DEAD,    /* the blocklist named was shut down */
	LIST_IS_UNNAMED, /* no public list is named */
	PROVIDER_HIDES   /* a code by which a provider answers both "no such user" and "blocked" */
};

static const struct situation {
	const char *reason, *key;
	enum condition condition;
	const char *words; /* one of these must occur in the diagnostic: "a|b"; NULL = no matter */
} situations[] = {
	{"relay_denied",         "relay_denied/own_server",       ALWAYS,
         "authenticat|pop/imap|pop before|log in|login"							      },
	{"relay_denied",         "relay_denied/own_server",       OWN_SERVER,      NULL                              },
	{"relay_denied",         "relay_denied/remote_server",    REMOTE_SERVER,   NULL                              },
	{"user_unknown",         "user_unknown/misreported",      ALWAYS,          "internal error"                  },
	{"user_unknown",         "user_unknown/ambiguous",        PROVIDER_HIDES,  NULL                              },
	{"user_unknown",         "user_unknown/local",            OWN_SERVER,      NULL                              },
	{"mailbox_full",         "mailbox_full/expired",          EXPIRED,         NULL                              },
	{"mailbox_full",         "mailbox_full/temporary",        WHEN_TEMPORARY,  NULL                              },
	{"mailbox_full",         "mailbox_full/permanent",        WHEN_PERMANENT,  NULL                              },
	{"mailbox_disabled",     "mailbox_disabled/alias",        ALWAYS,          "alias is not active|alias"       },
	{"mailbox_disabled",     "mailbox_disabled/domain",       ALWAYS,
         "domain has been disabled|domain is disabled|domain disabled"                                               },
	{"mailbox_moved",        "mailbox_moved/owner_changed",   ALWAYS,          "owner has changed"               },
	{"recipient_restricted", "recipient_restricted/filter",   ALWAYS,          "filter"                          },
	{"routing_loop",         "routing_loop/own_server",       OWN_SERVER,      NULL                              },
	{"routing_loop",         "routing_loop/remote_server",    REMOTE_SERVER,   NULL                              },
	{"connection_timeout",   "connection_timeout/lost",       ALWAYS,          "lost|reset|died|dropped|closed"  },
	{"greylisted",           "greylisted/expired",            EXPIRED,         NULL                              },
	{"system_full",          "system_full/own_server",        OWN_SERVER,      NULL                              },
	{"system_error",         "system_error/own_server",       OWN_SERVER,      NULL                              },
	{"ip_blocklisted",       "ip_blocklisted/dead_list",      LIST_IS_DEAD,    NULL                              },
	{"ip_blocklisted",       "ip_blocklisted/private",        LIST_IS_UNNAMED,
         "our block list|our blacklist|our blocklist|our list"                                                       },
	{"domain_blocklisted",   "domain_blocklisted/link",       ALWAYS,          "url|uri|link"                    },
	{"sender_blocked",       "sender_blocked/domain",         ALWAYS,          "domain"                          },
	{"spam_content",         "spam_content/link",             ALWAYS,          "url|link"                        },
	{"spf_failure",          "spf_failure/record_error",      ALWAYS,          "permerror|temperror|record error"},
	{"sender_invalid",       "sender_invalid/callback",       ALWAYS,          "verif|callback|callout"          },
	{"sender_invalid",       "sender_invalid/null_sender",    ALWAYS,
         "must be specified|null sender|empty sender"								},
	{"login_failed",         "login_failed/too_many",         ALWAYS,
         "too many login|too many auth|too many failed"							      },
	{"login_failed",         "login_failed/required",         ALWAYS,
         "required|must authenticate|authenticate first"                                                             },
	{"login_failed",         "login_failed/relay",            ALWAYS,          "sasl|authentication failure"     },
	{"sender_not_permitted", "sender_not_permitted/identity", ALWAYS,
         "header address|from address|not owned|identity"                                                            },
	{"suppressed",           "suppressed/complaint",          ALWAYS,          "complain|spam"                   },
	{"suppressed",           "suppressed/unsubscribed",       ALWAYS,          "unsubscri"                       },
	{"message_too_large",    "message_too_large/own_server",  OWN_SERVER,      NULL                              },
	{"malformed_message",    "malformed_message/bare_lf",     ALWAYS,
         "bare lf|bare line feed|bare newline|<lf>"								  },
	{"tls_required",         "tls_required/certificate",      ALWAYS,          "certificate"                     },
	{"tls_required",         "tls_required/own_server",       OWN_SERVER,      NULL                              },
	{"policy_refused",       "policy_refused/exchange_rule",  ALWAYS,
         "rule restriction|transport rule|transport.rules"                                                           },
	{"recipient_restricted", "policy_refused/exchange_rule",  ALWAYS,          "rule restriction"                },
	{"unknown",              "unknown/own_server",            OWN_SERVER,      NULL                              },
	{"unknown",              "unknown/temporary",             WHEN_TEMPORARY,  NULL                              },
};

static bool
holds(enum condition c, const struct nixie_outcome *o)
{
	const bool is_own = o->refuser == NIXIE_REFUSER_OWN_SERVER;
	switch (c) {
	case ALWAYS:
		return true;
	case OWN_SERVER:
		return is_own;
	case REMOTE_SERVER:
		return o->refuser == NIXIE_REFUSER_REMOTE_SERVER ||
		       o->refuser == NIXIE_REFUSER_FILTER || o->refuser == NIXIE_REFUSER_FORWARDER;
	case WHEN_TEMPORARY:
		return o->said == NIXIE_SAID_TEMPORARY;
	case WHEN_PERMANENT:
		return o->said == NIXIE_SAID_PERMANENT;
	case EXPIRED:
		return o->is_expired;
	case LIST_IS_DEAD:
		return o->blocklist.len > 0 &&
		       (o->blocklist_link.len == 0 ||
			       str_starts_case(str_in(o->blocklist_link), STR("none")));
	case LIST_IS_UNNAMED:
		return o->blocklist.len == 0;
	case PROVIDER_HIDES:
		return str_starts(str_in(o->status), STR("5.4.1")) &&
		       str_has_case(str_in(o->diagnostic), STR("access denied"));
	}
	return false;
}

static bool
words_occur(const char *words, struct str text)
{
	if (words == NULL)
		return true;
	for (struct str rest = str_of(words); str_is_set(rest);)
		if (str_has_case(text, str_cut(&rest, '|')))
			return true;
	return false;
}

struct str
situation_find(const struct nixie_report_info *info, const struct nixie_outcome *o, struct arena *a)
{
	(void)info;
	(void)a;
	const struct str reason = str_in(o->reason);
	/* The address itself may hold any word: look only at what was said. */
	const struct str text = str_head(str_in(o->diagnostic), 2048);
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++)
		if (str_eq(reason, str_of(situations[i].reason)) &&
			holds(situations[i].condition, o) && words_occur(situations[i].words, text))
			return str_of(situations[i].key);
	return reason;
}
