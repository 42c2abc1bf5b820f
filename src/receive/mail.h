/* mail - one transaction: from MAIL until its message is in the queue, or is not */
#ifndef RECEIVE_MAIL_H
#define RECEIVE_MAIL_H

#include "check/check.h"
#include "directory/directory.h"
#include "queue/queue.h"
#include "receive/head.h"
#include "sign/return_path.h"
#include "sign/signing.h"
#include "smtp/session.h"

#define MAIL_ARENA_BYTES_MAX ((size_t)64 << 20) /* of its recipients */

struct guest;
struct receive;

enum mail_stage {
	MAIL_OPEN,       /* recipients and text come */
	MAIL_SIGNING,    /* a thread makes the fields that vouch for it */
	MAIL_COMMITTING, /* the queue has it, and has not answered */
	MAIL_TAKEN,
	MAIL_REFUSED
};

struct target_seen;

/* What is known of a message with the null reverse-path: returned.c */
struct returned {
	bool is_proven;          /* a recipient has a good tag */
	struct str unproven;     /* the first that should have one and has not, without its tag */
	enum batv_verdict found; /* of that one */
	struct str list; /* it is for the owner of this list, who is told what came back: owned.c */
	struct str kind,
		about; /* then, as libnixie reads it: what it is, the Message-ID it tells of */
	struct returned_member *members;
	size_t member_count;
	struct buf text; /* the beginning of the message, when one of these wants it */
};

/* A RCPT that was accepted. */
struct accepted {
	struct str asked, original;
	struct str redirected; /* where a script sends it; absent: where the directory does */
	uint32_t notify;
};

struct mail {
	struct receive *receive;
	struct guest *guest; /* NULL: gone before the queue has answered */
	struct arena arena;
	struct str sender;
	struct str envelope_id;
	enum mail_stage stage;
	enum condition refused; /* when REFUSED */
	enum directory_place sender_place;
	uint32_t flags;         /* enum message_flag */
	uint32_t accepted;      /* RCPT commands */
	struct accepted *rcpts; /* those */
	size_t rcpt_room;
	bool is_binary;    /* BODY=BINARYMIME */
	bool is_over;      /* nobody asks about it any more */
	bool is_asked;     /* `asked` is the RCPT that is being answered */
	bool is_copied;    /* in `copy` */
	bool is_ours;      /* of people here: it is signed, and not sealed */
	bool is_rewritten; /* by filters: what it holds is ours */
	bool has_discards; /* those that are held are discarded by the commit that brings them */
	struct queue_change *discards; /* so */
	size_t discard_count;
	struct str only_recipient; /* of the first of them */
	struct str passed_on_by;   /* the first of them whose mail goes elsewhere; absent: none */
	struct str asked, why;     /* the last RCPT's address, and what decided; for the log */
	struct queue_recipient *recipients;
	size_t count, room;
	struct target_seen **seen; /* buckets of who is a recipient already */
	struct head head;
	struct returned returned; /* a bounce: is it about mail that was sent from here? */
	struct buf copy;          /* of its text, for who may want it when it is refused */
	int64_t declared_bytes;   /* SIZE of MAIL; -1: not said */
	struct str completion;    /* mail_completion() */
	struct str header;        /* its text, when somebody may want to see it */
	struct str tags;          /* header fields that a script adds */
	struct str discard;       /* the rule that gives the message up; absent: none */
	struct str checked;       /* while the script is asked at its end */
	struct binary *binary;    /* of BODY=BINARYMIME: what its text goes through; NULL else */
	struct queue_intake *intake;
	struct signing_job *sign; /* NULL: nobody vouches for it */
	struct str vouched; /* the domain by which it is signed or sealed, while that is made */
	struct buf front;   /* what goes in front of its text */
	char id[QUEUE_ID_BYTES];
	uint64_t message;
	/* The recipient that is being judged. */
	struct directory_answer found;
	struct str original, redirected;
	uint32_t notify;
	uint32_t question;
	int64_t began_ms, commit_ms;
	struct str message_id, client, client_name, helo, session, account, protocol;
	uint64_t bytes;
};

struct mail *mail_new(struct guest *g);
/* mail_drop - its guest is done with it; freed now, or when the queue has answered */
void mail_drop(struct mail *m);

/* mail_add_target - once for each address, at *place of the envelope; who is there as a member of a
 * list, and now as a recipient of the sender's own, is that alone. False: no memory, or too many */
bool mail_add_target(struct mail *m, const struct queue_recipient *recipient, size_t *place);

/* mail_forget_targets - it has no recipients any more */
void mail_forget_targets(struct mail *m);

/* mail_begin_again - as if no text had come; its id stays. False: no memory */
bool mail_begin_again(struct mail *m);

/* mail_completion - of mail of our users the fields that its header lacks, the same each time: what
 * signs it must see them, and they stand with the header, below our Received */
struct str mail_completion(struct mail *m);

/* mail_trace - our Received field, as it will stand in front */
void mail_trace(const struct mail *m, struct buf *out);

/* mail_discard - recipients that a filter or a script took out are final as soon as they are
 * durable: what is to be committed with them. False: no memory */
bool mail_discard(struct mail *m);
/* mail_discarded - that was committed, and is told */
void mail_discarded(const struct mail *m);

/* mail_add_body - the next piece of its text; a failure is told at its end */
void mail_add_body(struct mail *m, struct str piece);
/* mail_header_end - there was nothing but a header */
void mail_header_end(struct mail *m);

/* mail_front_write - it is complete: what goes in front of it, `checked` (lines of the checks, each
 * with its CRLF) before our Received */
void mail_front_write(struct mail *m, struct str checked);

/* mail_unwrap - the recipient that is being judged without the tag of a signed return path, which
 * is noted; an address of others stays as it is. False: the directory does not answer */
bool mail_unwrap(struct mail *m);

/* mail_sign_return - its return path will be signed where it leaves, when it is one of people here:
 * MESSAGE_SIGNS_RETURN */
void mail_sign_return(struct mail *m);

/* mail_look - the next piece of its text, for mail_judge_return() */
void mail_look(struct mail *m, struct str piece);

/* mail_read_owned - at its end: which members of a list it tells of; mail_owned_told - the same is
 * durable, and goes to the log */
void mail_read_owned(struct mail *m);
void mail_owned_told(const struct mail *m);

/* mail_judge_return - at its end: a bounce about mail that was never sent from here is marked, or
 * told to the checks, as the settings say */
void mail_judge_return(struct mail *m);

/* mail_begin_signing - what comes will be signed, or sealed, when there are keys for it */
void mail_begin_signing(struct mail *m);
/* mail_sign - behind mail_front_write(): true when a thread makes the fields; done() is called
 * with them, from the loop */
bool mail_sign(struct mail *m, signing_done *done);
/* mail_signed - what came of that: `fields` is empty when they could not be made */
void mail_signed(struct mail *m, struct str fields);

/* mail_facts - of the recipient that is being judged, for a reply; gives his domain */
struct str mail_facts(const struct mail *m, struct smtp_answer *a);

/* mail_accept_recipient - the one that is being judged is one; writes *a, gives true */
bool mail_accept_recipient(struct mail *m, struct smtp_answer *a);

/* mail_keep - nothing speaks against the message: it is signed and goes to the queue, with
 * `checked` in front. False: the answer to `question` comes when it is durable */
bool mail_keep(struct mail *m, struct str checked, uint32_t question, struct smtp_answer *a);

/* mail_refuse - it is refused: in LMTP, so are its other recipients */
void mail_refuse(struct mail *m, enum condition c);

#endif
