/*
 * desk - the operator's pages: what failed and when, what waits, and why
 *
 * They stand beside the pages for everybody (src/web) in a server that runs next to the mail
 * server, and are for its operator alone: who comes over a socket of the file system, whose rights
 * decide, or who has the token. What an operator may do by `nixied queue` can be done here.
 *
 * Pure but for the source, which is asked by any thread. English, like the commands.
 */
#ifndef DESK_DESK_H
#define DESK_DESK_H

#include "base/buf.h"
#include "web/web.h"

#define DESK_PATH "/operator"
#define DESK_ERROR_BYTES 1280
#define DESK_TOKEN_BYTES_MIN 16
#define DESK_TOKEN_BYTES_MAX 128

/* A line of the log, without its LF. */
typedef void desk_line(void *to, struct str line);

/* Where the pages have what they show from. */
struct desk_source {
	void *to;
	/* Asks the server that runs in the words of `nixied queue`; the exit code, or -1 when none
	 * answers */
	int (*ask)(void *to, const struct str *words, size_t count, struct buf *answer);
	/* Every line of the log from that time on, in the order of time, and perhaps earlier ones;
	 * false: *error says why */
	bool (*read_log)(void *to, int64_t since_ms, desk_line *line, void *line_to,
		char error[static DESK_ERROR_BYTES]);
	int64_t (*now_ms)(void *to);
};

struct desk {
	struct desk_source source;
	struct str token; /* of letters and digits; absent: nobody has one */
	struct str host;  /* of this server: a name by which it may be asked without a token */
};

/* desk_answer - a web_more: answers what is at DESK_PATH and below. `to` is a struct desk */
bool desk_answer(void *to, const struct web_request *req, struct web_response *res);

#endif
