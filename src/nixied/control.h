/*
 * control - the server's side of the commands that ask one that runs: nixied queue, nixied audit
 *
 * A socket of the file system, control.sock in data_directory, that only the server's user (and
 * root) may open. A request is words, each with a NUL behind it, up to the end of what the client
 * writes; the answer is an exit code in a line of its own and then what is to be shown.
 *
 * Threads: that of the event base.
 */
#ifndef NIXIED_CONTROL_H
#define NIXIED_CONTROL_H

#include "base/buf.h"
#include "deliver/operate.h"
#include "eventlog/eventlog.h"

#define CONTROL_SOCKET "control.sock"
#define CONTROL_REQUEST_BYTES_MAX ((size_t)64 << 10)
#define CONTROL_WORDS_MAX 64
#define CONTROL_ANSWER_BYTES_MAX ((size_t)512 << 20) /* of a piece: a message is one */
#define CONTROL_CLIENTS_MAX 16
#define CONTROL_TIMEOUT_S 60 /* for the next bytes, in either direction */

/* Who asks, and where the answer goes. */
struct control_request {
	struct str words[CONTROL_WORDS_MAX];
	size_t count;
	struct str who; /* "uid 1000" */
	struct buf *out;
};

/* What can be asked about. */
struct control_parts {
	const char *folder; /* data_directory */
	struct str host;    /* what this server calls itself */
	struct eventlog *log;
	struct queue *queue;
	struct deliver *deliver;
	struct receive *receive;
};

/* What comes behind `out`, when it is too long to be made at once. */
struct control_rest {
	bool (*more)(void *of, struct buf *out); /* a piece; false: that was the last */
	/* Set: nothing is told yet. more() is called in turns of the loop, each of which lets
	 * others go on, and this, after the last, gives the exit code. */
	int (*code)(void *of, struct buf *out);
	void (*end)(void *of); /* called once, when nobody wants more */
	void *of;
};

/* Called once with the exit code, when the answer is in `out` but for `rest`, which may be NULL;
 * perhaps from within. */
typedef void control_done(void *to, int code, const struct control_rest *rest);

/* control_answer - does what a request says */
void control_answer(const struct control_parts *parts, const struct control_request *request,
	control_done *done, void *to);

/* control_rejects - those about mail that was refused */
void control_rejects(const struct control_parts *parts, const struct control_request *request,
	control_done *done, void *to);

/* control_bans - those about clients that may not sign in */
void control_bans(const struct control_parts *parts, const struct control_request *request,
	control_done *done, void *to);

/* control_rejects_settle - at the start, before anything is delivered: a release that a crash cut
 * in two is taken back, or brought to its end */
void control_rejects_settle(const char *data_folder, struct queue *queue);

struct event_base;
struct control;

/* control_open - the socket at `path`; what stands there is taken away, since the queue's lock has
 * proved that no other server has it. NULL, and `why` */
struct control *control_open(struct event_base *base, const char *path,
	const struct control_parts *parts, char why[static 256]);
void control_free(struct control *c); /* NULL is harmless */

/*
 * control_ask - the client's side: sends the words; the answer goes to `take`, piece by piece
 *
 * Any thread.
 * Returns  the answer's exit code; -1 when no server answers there, and nothing was taken
 */
typedef void control_take(void *to, struct str piece);
int control_ask(
	const char *path, const struct str *words, size_t count, control_take *take, void *to);

/* control_command - a command that the server answers: `nixied NAME [-c FILE] [VERB] ...`, "list"
 * where no verb is given; its exit code */
int control_command(char *name, const char *usage, const char *alone, int argc, char **argv);

/* control_show - the words of a command; the answer is shown on standard output */
int control_show(const char *path, char *const *words, size_t count);

#endif
