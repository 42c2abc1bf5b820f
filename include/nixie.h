/*
 * nixie.h - read failed mail: what happened, who said no, why, and what to do
 *
 *	struct nixie_report *r = nixie_report_new();
 *	if (r != NULL && nixie_read(r, bytes, length, NIXIE_INPUT_ANY) == NIXIE_OK)
 *		for (size_t i = 0; i < nixie_report_info(r)->outcome_count; i++)
 *			act_on(&nixie_report_info(r)->outcomes[i]);
 *	nixie_report_free(r);
 *
 * The library is pure: no input or output, no clock, no environment, no locale,
 * no global that is ever written, no abort on any input. The same bytes give
 * the same report on every machine.
 *
 * Memory   A report owns everything it hands out except what points into the
 *          input: the bytes given to nixie_read() are borrowed and must stay
 *          unchanged while the report is used. All of it is gone with
 *          nixie_report_free() or the next nixie_read() on the same report.
 * Threads  Any thread may use any report, one thread at a time each. The
 *          look-up functions may be called from everywhere at once.
 * Words    The vocabulary is that of RFC 5321, 5322, 3463 and 3464;
 *          nixie-reasons(7) lists the reasons.
 */
#ifndef NIXIE_H
#define NIXIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NIXIE_API __attribute__((visibility("default")))
#define NIXIE_CHECKED __attribute__((warn_unused_result))
#else
#define NIXIE_API
#define NIXIE_CHECKED
#endif

#define NIXIE_VERSION "0.1.0"

/* The version of the JSON that nixie_report_json() writes: `doc/report.schema.json`. */
#define NIXIE_SCHEMA 1

/* Text: borrowed, any bytes of UTF-8, no NUL behind it. {NULL, 0} is absent, {p, 0} present and
 * empty. */
struct nixie_str {
	const char *ptr;
	size_t len;
};

enum nixie_rc {
	NIXIE_OK = 0,
	NIXIE_NOMEM = -1, /* memory ran out; the report holds nothing */
	NIXIE_LIMIT = -2, /* the report would pass its memory limit; the report holds nothing */
	NIXIE_SINK = -3,  /* your sink returned false */
	NIXIE_ABSENT = -4 /* looked up, and not there */
};

/* What a message is. */
enum nixie_kind {
	NIXIE_KIND_ORDINARY,   /* not about delivery at all */
	NIXIE_KIND_FAILURE,    /* a bounce: at least one recipient was given up */
	NIXIE_KIND_DELAY,      /* still being tried */
	NIXIE_KIND_SUCCESS,    /* a report that all went well */
	NIXIE_KIND_COMPLAINT,  /* somebody marked a message as spam, or a filter reports one (RFC
				  5965) */
	NIXIE_KIND_AUTO_REPLY, /* vacation and kin (RFC 3834): the message arrived */
	NIXIE_KIND_CHALLENGE,  /* "prove that you are a person" */
	NIXIE_KIND_RECEIPT     /* read, deleted unread ... (RFC 8098) */
};

/* What was done for one recipient: RFC 3464 s2.3.3. */
enum nixie_action {
	NIXIE_ACTION_NONE,
	NIXIE_ACTION_FAILED,
	NIXIE_ACTION_DELAYED,
	NIXIE_ACTION_DELIVERED,
	NIXIE_ACTION_RELAYED,
	NIXIE_ACTION_EXPANDED
};

/* What it means for the address. */
enum nixie_verdict {
	NIXIE_VERDICT_UNKNOWN,
	NIXIE_VERDICT_HARD, /* stop using it */
	NIXIE_VERDICT_SOFT, /* the same message may pass later */
	NIXIE_VERDICT_BLOCK /* the address is fine; something else must be repaired first */
};

/* What the refusing server's digits claimed. */
enum nixie_said {
	NIXIE_SAID_NOTHING,
	NIXIE_SAID_PERMANENT,
	NIXIE_SAID_TEMPORARY,
	NIXIE_SAID_SUCCESS
};

/* Who said no. */
enum nixie_refuser {
	NIXIE_REFUSER_UNKNOWN,
	NIXIE_REFUSER_OWN_SERVER,     /* the sender's own server, before the message left */
	NIXIE_REFUSER_REMOTE_SERVER,  /* the recipient's server */
	NIXIE_REFUSER_FILTER,         /* a filter in front of it */
	NIXIE_REFUSER_FORWARDER,      /* a server behind it, to which it forwarded */
	NIXIE_REFUSER_NETWORK,        /* nobody: there was no connection, or it broke */
	NIXIE_REFUSER_DNS,            /* nobody: the domain could not be looked up */
	NIXIE_REFUSER_SENDING_SERVICE /* the sending service did not even try */
};

/* At which step. */
enum nixie_stage {
	NIXIE_STAGE_NONE,
	NIXIE_STAGE_CONNECT,
	NIXIE_STAGE_HELO,
	NIXIE_STAGE_STARTTLS,
	NIXIE_STAGE_AUTH,
	NIXIE_STAGE_MAIL,
	NIXIE_STAGE_RCPT,
	NIXIE_STAGE_DATA,
	NIXIE_STAGE_END_OF_DATA
};

/* Where a status comes from. */
enum nixie_origin { NIXIE_ORIGIN_ABSENT, NIXIE_ORIGIN_STATED, NIXIE_ORIGIN_INFERRED };

/* How the bytes are to be taken. */
enum nixie_input {
	NIXIE_INPUT_ANY,     /* a message if it begins like one, else pasted text or a bare reply */
	NIXIE_INPUT_MESSAGE, /* RFC 5322, however broken */
	NIXIE_INPUT_TEXT     /* text without header: a reply, a transcript, a paste */
};

/* Why Nixie says so: the words that decided. */
struct nixie_evidence {
	struct nixie_str decided; /* what it decided: "reason", "kind", "recipient", "stage",
				     "refuser" ... */
	struct nixie_str
		rule; /* the catalogue row or rule: "phrase:user-unknown", "enhanced:5.1.1" */
	struct nixie_str words; /* as they stand in the message, decoded */
	int64_t offset; /* of the words in the input, in bytes; -1 when they stood in encoded text
			 */
};

/* One recipient, and what became of the message there. Absent is absent: nothing here is made up.
 */
struct nixie_outcome {
	struct nixie_str
		recipient; /* as the report names it; may be a local part or an X.400 name */
	struct nixie_str original_recipient; /* as the sender wrote it, where the report says so */
	enum nixie_action action;
	bool is_final;           /* the sender's server has given up on this message */
	bool is_expired;         /* ... because the time for retries ran out */
	struct nixie_str status; /* RFC 3463, "5.1.1" */
	enum nixie_origin status_origin;
	unsigned reply_code; /* 550; 0 = none stated */
	enum nixie_said said;
	struct nixie_str diagnostic; /* the server's own words, unfolded, decoded */
	enum nixie_stage stage;
	struct nixie_str remote_mta, remote_ip;
	enum nixie_refuser refuser;
	struct nixie_str refuser_name;   /* its host name or address */
	struct nixie_str provider;       /* the service that refused, by the catalogue's name */
	struct nixie_str blocklist;      /* its name */
	struct nixie_str blocklist_link; /* the page that removes from it */
	struct nixie_str
		blocked_ip; /* the address that is listed or distrusted, where the reply names it */
	struct nixie_str
		help_link; /* a page of the provider about this very reply, from the catalogue */
	struct nixie_str reason; /* nixie-reasons(7); "unknown" is an honest answer */
	enum nixie_verdict verdict;
	unsigned confidence;        /* percent, of the reason */
	struct nixie_str condition; /* nixied refused, and says by which of its conditions: "C34";
				       nixie_code_text() explains it */
	struct nixie_str session;   /* ... and in which session: "7Q2F", for its log */
	int64_t retry_after_s;      /* seconds the server asked for; -1 = did not say */
	struct nixie_str last_attempt, will_retry_until; /* RFC 3339 */
	const struct nixie_evidence *evidence;
	size_t evidence_count;
};

/* The message that the report is about. */
struct nixie_original {
	struct nixie_str message_id, subject, from, to, date, list_id, envelope_id, envelope_from;
};

/* A limit that was reached, or something odd that was worked around. */
struct nixie_note {
	struct nixie_str what; /* "depth-limit", "no-recipient", ...: `doc/report.md` lists them */
	int64_t offset;        /* -1 = the whole message */
};

struct nixie_report_info {
	enum nixie_kind kind;
	struct nixie_str
		generator; /* the software that wrote the report, by the catalogue's name */
	struct nixie_str reporting_mta, reporting_ip, received_from_mta;
	struct nixie_str arrival_date; /* RFC 3339 */
	struct nixie_str feedback_type;
	struct nixie_str verp_recipient; /* the recipient that the return path encodes */
	struct nixie_str subject, from, to, date, message_id; /* of the report itself */
	struct nixie_original original;
	const struct nixie_outcome *outcomes;
	size_t outcome_count;
	const struct nixie_evidence *evidence; /* for the kind */
	size_t evidence_count;
	const struct nixie_note *notes;
	size_t note_count;
};

struct nixie_report;

/* nixie_report_new - a report to read into; NULL when memory ran out. Use it again and again: it
 * keeps its memory. */
NIXIE_API struct nixie_report *nixie_report_new(void);

/* nixie_report_free - and all that it handed out; NULL is harmless */
NIXIE_API void nixie_report_free(struct nixie_report *r);

/* nixie_report_limit - how many bytes one report may take besides its input; the default is 256 MiB
 * + 4 * input, which any input can do with */
NIXIE_API void nixie_report_limit(struct nixie_report *r, size_t bytes);

/* nixie_report_wipe - from now on, what was read is overwritten before its memory is freed or used
 * again: for a service that reads the mail of strangers */
NIXIE_API void nixie_report_wipe(struct nixie_report *r);

/*
 * nixie_read - makes a report of a message, a paste or a reply
 *
 * bytes    any bytes, borrowed until the next nixie_read() or the free; no NUL needed
 * Returns  NIXIE_OK, also for ordinary mail and rubbish: nixie_report_info(r)->kind tells.
 *          NIXIE_NOMEM, NIXIE_LIMIT: the report is empty.
 * Cost     O(len); about one pass over the bytes
 */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_read(
	struct nixie_report *r, const void *bytes, size_t len, enum nixie_input input);

/* nixie_report_info - what was read; never NULL; valid until the next nixie_read() */
NIXIE_API const struct nixie_report_info *nixie_report_info(const struct nixie_report *r);

/* A sink takes `len` bytes at a time; false stops the writing. */
typedef bool nixie_sink(void *to, const char *bytes, size_t len);

/* How to write. A zeroed struct is a good default. */
struct nixie_style {
	const char *lang;        /* "de", "pt-BR", "ja_JP.UTF-8"; NULL or unknown: English */
	unsigned columns;        /* wrap text here; 0: do not wrap */
	bool colour;             /* ANSI colours in text */
	const char *source_path; /* JSON: source.path; NULL leaves it out */
	uint64_t source_index;   /* JSON: which message of that file, from 0 */
	bool explain;            /* JSON: with the explanation of each outcome */
	bool pretty;             /* JSON: indented, instead of one line */
};

/* nixie_report_json - one JSON object and a line end; doc/report.schema.json describes it */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_report_json(
	const struct nixie_report *r, const struct nixie_style *style, nixie_sink *sink, void *to);

/* nixie_report_text - the explanation for people */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_report_text(
	const struct nixie_report *r, const struct nixie_style *style, nixie_sink *sink, void *to);

/*
 * nixie_code_text, nixie_code_json - what a code, a reason or a name in the catalogue means
 *
 * code     a code or a name: "550", "5.7.26", "550 5.7.26", "0x800CCC79", "S3150", "user_unknown",
 *          "zen.spamhaus.org", "C34", "Use HELO/EHLO first";
 *          or a line of a server, whose reason then stands first
 *
 * style    its language counts
 *
 * Returns  NIXIE_ABSENT, with nothing written, when the catalogue does not know it
 */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_code_text(
	struct nixie_str code, const struct nixie_style *style, nixie_sink *sink, void *to);
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_code_json(
	struct nixie_str code, const struct nixie_style *style, nixie_sink *sink, void *to);

/*
 * Logs: the same outcomes, line by line, out of what Postfix, Exim, Sendmail and OpenSMTPD log.
 *
 *	struct nixie_log *log = nixie_log_new(2026);
 *	struct nixie_log_event event;
 *	while (log != NULL && read_line(&line, &length)) // without its LF
 *		for (enum nixie_rc rc = nixie_log_line(log, line, length, &event); rc == NIXIE_OK;
 *			rc = nixie_log_more(log, &event))
 *			act_on(&event);
 *	nixie_log_free(log);
 *
 * Each line tells its form by itself: syslog (RFC 3164 and 5424, also with RFC 3339 stamps), Exim's
 * main log, journald's JSON and export framing, containers' JSON lines.
 */
enum nixie_direction {
	NIXIE_DIRECTION_OUTGOING, /* what became of a message this server had to deliver */
	NIXIE_DIRECTION_INCOMING  /* this server refused a client */
};

/* What a line says of one recipient. Points into the line and the log: valid until its next call
 * of nixie_log_line(), nixie_log_end() or nixie_log_free(). */
struct nixie_log_event {
	int64_t time_s; /* since 1970; -1 = the line has no stamp. Without a zone: as if it were UTC
			 */
	bool has_zone;  /* the stamp names its zone, so that time_s is a point in time */
	struct nixie_str time; /* RFC 3339; "-00:00" when the zone is unknown */
	struct nixie_str host, program, generator, queue_id;
	struct nixie_str sender; /* {p, 0} is the null reverse-path; absent is unknown */
	enum nixie_direction direction;
	struct nixie_str client, client_ip; /* incoming: who was refused */
	/* Evidence is counted from the message in the line. Without a recipient, final and
	 * expired: the whole queue id was given up. */
	struct nixie_outcome outcome;
};

struct nixie_log;

/* nixie_log_new - `year`: of the first stamp that names none; later ones follow from it (December,
 * then January: the next year). NULL when memory ran out. At most some 40 MB, mostly for the
 * senders of the last 100,000 messages. */
NIXIE_API struct nixie_log *nixie_log_new(int year);
NIXIE_API void nixie_log_free(struct nixie_log *log);

/* nixie_log_year - another file begins, in that year. Senders are remembered over files */
NIXIE_API void nixie_log_year(struct nixie_log *log, int year);

/*
 * nixie_log_line - reads the next line
 *
 * bytes    what stands between two LFs, whole, in order: a journal's export has line ends inside
 *          values, and they are put together again. Borrowed as long as the event is used; the
 *          first 64 KiB count
 * event    written only on NIXIE_OK
 * Returns  NIXIE_ABSENT: the line tells of no delivery. NIXIE_NOMEM, NIXIE_LIMIT: go on with the
 * next Cost     O(len)
 */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_log_line(
	struct nixie_log *log, const void *bytes, size_t len, struct nixie_log_event *event);

/* nixie_log_more - the next recipient of the same line; NIXIE_ABSENT after the last */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_log_more(
	struct nixie_log *log, struct nixie_log_event *event);

/* nixie_log_end - after the last line of a file: the entry that was not closed, like
 * nixie_log_line() */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_log_end(
	struct nixie_log *log, struct nixie_log_event *event);

/* nixie_log_json - an event as one line: the members of an outcome, and time, host, program,
 * generator, queue_id, direction, sender, client, client_ip. style->source_index is the line's
 * number, from 1 */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_log_json(const struct nixie_log_event *event,
	const struct nixie_style *style, nixie_sink *sink, void *to);

#define NIXIE_STEPS_MAX 8

struct nixie_steps {
	struct nixie_str list[NIXIE_STEPS_MAX];
	size_t count;
};

/* What to do about an event: the explanation of its outcome. */
struct nixie_advice {
	struct nixie_str key; /* of the explanation: "relay_denied/own_server" */
	struct nixie_str headline, happened, why;
	struct nixie_steps sender, sending_admin, receiving_admin;
};

/* nixie_log_advice - valid as long as the event. A recipient or sender taken out of *event is
 * spoken of in general: "the recipient" */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_log_advice(struct nixie_log *log,
	const struct nixie_log_event *event, const struct nixie_style *style,
	struct nixie_advice *advice);

NIXIE_API const char *nixie_direction_name(enum nixie_direction direction);

/* For programs that write pages of their own. */

/* nixie_sentence - a sentence of the catalogue ("reason.user_unknown") in the style's language, its
 * placeholders ("{n}") not filled in. Static text; absent when there is none */
NIXIE_API struct nixie_str nixie_sentence(const struct nixie_style *style, struct nixie_str key);

enum nixie_paint {
	NIXIE_PAINT_PLAIN,
	NIXIE_PAINT_HEADLINE,
	NIXIE_PAINT_HEADING,
	NIXIE_PAINT_QUOTE,
	NIXIE_PAINT_GOOD,
	NIXIE_PAINT_BAD,
	NIXIE_PAINT_WAIT,
	NIXIE_PAINT_FAINT
};

/* nixie_paragraph - a paragraph for a terminal, wrapped at style->columns and indented; `lead`
 * stands before its first line. Control characters, which could move a cursor or hide text, are
 * left out */
NIXIE_API NIXIE_CHECKED enum nixie_rc nixie_paragraph(const struct nixie_style *style,
	enum nixie_paint paint, unsigned indent, struct nixie_str lead, struct nixie_str text,
	nixie_sink *sink, void *to);

/* The names used in JSON: "failure", "hard", "end_of_data" ... Static text; "unknown" for a value
 * out of range. */
NIXIE_API const char *nixie_kind_name(enum nixie_kind kind);
NIXIE_API const char *nixie_action_name(enum nixie_action action);
NIXIE_API const char *nixie_verdict_name(enum nixie_verdict verdict);
NIXIE_API const char *nixie_said_name(enum nixie_said said);
NIXIE_API const char *nixie_refuser_name(enum nixie_refuser refuser);
NIXIE_API const char *nixie_stage_name(enum nixie_stage stage);

/* nixie_reason_sisimai - the name that Sisimai has for a reason of ours: "user_unknown" is
 * "userunknown". Several of ours may share one. Static text; "undefined" for what is no reason */
NIXIE_API const char *nixie_reason_sisimai(struct nixie_str reason);

/* nixie_version - of the library that is running, "0.1.0" */
NIXIE_API const char *nixie_version(void);

#ifdef __cplusplus
}
#endif

#endif
