/*
 * eventlog - what the mail server did, a line for each event, for people and for `nixied why`
 *
 *	2026-11-22T09:14:03.120Z refused session=7Q2F condition=C34 reply="550 5.1.1 ..."
 *
 * The names of events and fields are tables here, so that they stay what they are: programs of
 * others read them. Values are mail's own bytes, escaped on the way out; no value can end a line
 * or forge a field. Passwords, AUTH lines and bodies have no field.
 *
 * Threads: a log belongs to one thread.
 */
#ifndef EVENTLOG_EVENTLOG_H
#define EVENTLOG_EVENTLOG_H

#include "base/str.h"

#define EVENTLOG_VALUE_BYTES_MAX                                                                   \
	2048 /* of one value as written; a longer one is cut, and ends in "..."                    \
	      */
#define EVENTLOG_LINE_BYTES_MAX 16384 /* with its line end: what write(2) puts in one piece */

/* X(id, name, meaning) */
#define EVENTLOG_EVENTS(X)                                                                         \
	X(START, "start", "the server began to serve")                                             \
	X(STOP, "stop", "the server ended")                                                        \
	X(RELOAD, "reload", "configuration and certificates were read again")                      \
	X(ALARM, "alarm", "something an operator must look at")                                    \
	X(RECOVERED, "recovered", "what an alarm told of this check works again")                  \
	X(CONNECT, "connect", "a client connected")                                                \
	X(DISCONNECT, "disconnect", "a session ended, with its counts")                            \
	X(TLS, "tls", "a handshake was done, or failed")                                           \
	X(LOGIN, "login", "a client signed in")                                                    \
	X(REFUSED, "refused", "a command or message was refused or deferred, with the reply")      \
	X(CHECK, "check", "a check of origin or content, and what it found")                       \
	X(RECIPIENT, "recipient", "a recipient was accepted, and what it leads to")                \
	X(ACCEPTED, "accepted", "a message is safe on disk and was answered with 250")             \
	X(ATTEMPT, "attempt", "a delivery of one recipient was tried")                             \
	X(DELIVERED, "delivered", "a message is in a mailbox here")                                \
	X(RELAYED, "relayed", "another server has taken a message")                                \
	X(DEFERRED, "deferred", "an attempt failed; it is tried again")                            \
	X(BOUNCED, "bounced", "a recipient was given up; its report, if any, was queued")          \
	X(DISCARDED, "discarded", "a recipient was given up without a report, by the named rule")  \
	X(EXPANDED, "expanded", "a list has a message, and its members are its recipients")        \
	X(RETURNED, "returned",                                                                    \
		"what comes back to the owner of a list, as libnixie reads it: a member, and why") \
	X(DELAYED, "delayed", "the sender was told that a message still waits")                    \
	X(POLICY, "policy",                                                                        \
		"what a domain wants of servers that send to it (MTA-STS): new, or not to be had") \
	X(NOTICE, "notice",                                                                        \
		"somebody who signed in is told by mail what their program was refused")           \
	X(OPERATOR, "operator",                                                                    \
		"an operator held, released, retried, bounced or removed a message, or lifted a "  \
		"ban")

/* X(id, name, meaning) */
#define EVENTLOG_FIELDS(X)                                                                         \
	X(SESSION, "session", "the session's reference: 7Q2F")                                     \
	X(ID, "id", "the message's id in the queue")                                               \
	X(LISTENER, "listener", "the listener's name in the configuration")                        \
	X(CLIENT, "client", "the client's address")                                                \
	X(CLIENT_NAME, "client_name", "its name by reverse DNS")                                   \
	X(HELO, "helo", "the name it gave")                                                        \
	X(USER, "user", "the account that signed in")                                              \
	X(PROTOCOL, "protocol", "ESMTPSA and kin (RFC 3848)")                                      \
	X(TLS, "tls", "protocol version and cipher")                                               \
	X(FROM, "from", "the reverse-path; <> is the null one")                                    \
	X(TO, "to", "the forward-path")                                                            \
	X(DOMAIN, "domain", "whose policy it is")                                                  \
	X(LIST, "list", "the list as whose member a recipient gets it")                            \
	X(TARGET, "target", "what a recipient led to: a mailbox, a route, another address")        \
	X(RECIPIENTS, "recipients", "how many")                                                    \
	X(BYTES, "bytes", "of the message")                                                        \
	X(MESSAGE_ID, "message_id", "the header's Message-ID")                                     \
	X(CONDITION, "condition", "what decided: a row of the catalogue, C34")                     \
	X(CODE, "code", "the reply code")                                                          \
	X(STATUS, "status", "the enhanced status code")                                            \
	X(REPLY, "reply", "the reply as it was sent or received")                                  \
	X(SETTING, "setting", "the setting that decided, name = value")                            \
	X(RULE, "rule", "the rule or entry that decided, in words")                                \
	X(REASON, "reason", "the reason as libnixie names it")                                     \
	X(CHECK, "check", "the check: spf, dkim, dnsbl, greylist ...")                             \
	X(RESULT, "result", "what it found")                                                       \
	X(SCORE, "score", "what it counts")                                                        \
	X(PEER, "peer", "the other server's name and address")                                     \
	X(STAGE, "stage", "at which step: connect, helo, mail, rcpt, data ...")                    \
	X(ATTEMPT, "attempt", "the number of the attempt, from 1")                                 \
	X(NEXT, "next", "when it is tried again")                                                  \
	X(REPORT, "report", "the id of the report that was queued")                                \
	X(DELAY_MS, "delay_ms", "from its arrival until now")                                      \
	X(MESSAGES, "messages", "accepted in the session")                                         \
	X(ERRORS, "errors", "refusals that counted")                                               \
	X(SECONDS, "seconds", "how long it took")                                                  \
	X(WORDS, "words", "for people")

enum eventlog_event {
#define X(id, name, meaning) LOG_##id,
	EVENTLOG_EVENTS(X)
#undef X
		LOG_EVENT_COUNT
};

enum eventlog_name {
#define X(id, name, meaning) FIELD_##id,
	EVENTLOG_FIELDS(X)
#undef X
		FIELD_COUNT
};

struct eventlog_field {
	enum eventlog_name name;
	struct str value; /* absent: the field is left out */
};

enum eventlog_format { EVENTLOG_LOGFMT, EVENTLOG_JSON };

/* How much is written: each has what is above it too. */
enum eventlog_detail {
	EVENTLOG_TROUBLE, /* what was refused, deferred or given up, and what an operator must know
			   */
	EVENTLOG_MAIL,    /* ... and what became of the mail that was taken */
	EVENTLOG_ALL      /* ... and connections, handshakes and checks */
};

struct eventlog;

#define EVENTLOG_ERROR_BYTES 256

/*
 * eventlog_open - a log to write to
 *
 * path      appended to, made where there is none (readable by owner and group); NULL: standard
 *           error, which journald reads
 * error     written on failure: what is wrong, without the path
 * Returns   NULL when it cannot be opened
 *
 * A pipe or a socket whose reader does not read is never waited for: its lines are counted as lost.
 */
struct eventlog *eventlog_open(
	const char *path, enum eventlog_format format, char error[static EVENTLOG_ERROR_BYTES]);
void eventlog_close(struct eventlog *log); /* NULL is harmless */

/* eventlog_set_detail - EVENTLOG_ALL until it is called */
void eventlog_set_detail(struct eventlog *log, enum eventlog_detail detail);

/* eventlog_reopen - the file anew, after somebody moved it away (logrotate); standard error stays.
 * false: the old one is still written to, and *error says why */
bool eventlog_reopen(struct eventlog *log, char error[static EVENTLOG_ERROR_BYTES]);

/* eventlog_lost - lines that could not be written, since it was opened */
uint64_t eventlog_lost(const struct eventlog *log);

/*
 * eventlog_gather - from now on lines are kept, and written together by eventlog_flush()
 *
 * due      called when there is one to be written: flush before whatever relies on it, and soon.
 *          Many of them are written before that
 */
void eventlog_gather(struct eventlog *log, void (*due)(void *to), void *to);

/* eventlog_flush - writes what is kept; NULL, and nothing to write, are harmless */
void eventlog_flush(struct eventlog *log);

/*
 * eventlog_write - one line
 *
 * now_ms    wall time, since 1970
 * fields    in the order in which they are to stand; those for which a line has no more room are
 *           left out
 *
 * Never fails for the caller: a log that cannot be written is counted, and said when it can be
 * again. NULL as the log is harmless.
 */
void eventlog_write(struct eventlog *log, int64_t now_ms, enum eventlog_event event,
	const struct eventlog_field *fields, size_t count);

#define EVENTLOG(log, now_ms, event, ...)                                                          \
	eventlog_write((log), (now_ms), (event), (const struct eventlog_field[]){__VA_ARGS__},     \
		sizeof((const struct eventlog_field[]){__VA_ARGS__}) /                             \
			sizeof(struct eventlog_field))

#endif
