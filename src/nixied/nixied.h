/*
 * nixied - what the subcommands of the mail server share
 *
 * Exit codes are an interface: nixied(8) lists them.
 */
#ifndef NIXIED_NIXIED_H
#define NIXIED_NIXIED_H

#include "config/config.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1, /* done, and the answer is no: something is wrong, nothing was found */
	EXIT_USAGE = 2,
	EXIT_TROUBLE = 3 /* it could not be done */
};

/* A subcommand: argv[0] is its name. */
typedef int command_fn(int argc, char **argv);
command_fn cmd_admin, cmd_audit, cmd_bans, cmd_check, cmd_demo, cmd_digest, cmd_dkim, cmd_dmarc,
	cmd_greylist, cmd_queue, cmd_rejects, cmd_self_check, cmd_serve, cmd_try, cmd_web, cmd_why;

#define NIXIED_CONF_DEFAULT "/etc/nixie/nixied.conf"
#define CONF_BYTES_MAX ((size_t)1 << 20)
#define FOLDER_PATH_MAX 1024

/* complain - "nixied: WHAT: WHY" on stderr */
void complain(const char *what, const char *why);

/* The configuration as it is read from its file. */
#define CONF_FAULT_BYTES 256

struct conf {
	struct arena arena;
	struct config config;
	const char *path;             /* borrowed */
	char fault[CONF_FAULT_BYTES]; /* the first that is wrong with it, when it cannot be used */
};

/*
 * conf_read - the file, NIXIED_CONF_DEFAULT when `path` is NULL and $NIXIED_CONF is not set
 *
 * Every mistake is told on stderr, with its line. Returns false after them; conf_free() is harmless
 * then
 */
bool conf_read(struct conf *c, const char *path);
void conf_free(struct conf *c);

/* conf_path - a file or folder of the server's, below data_directory: "queue", "control.sock".
 * False, after a complaint, when the path would be too long */
bool conf_path(const struct conf *c, const char *name, char path[static FOLDER_PATH_MAX]);

#endif
