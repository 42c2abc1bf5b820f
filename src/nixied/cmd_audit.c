/* nixied audit - what became of everything that was accepted: the sum must be right */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nixied/audit.h"
#include "nixied/control.h"
#include "nixied/nixied.h"
#include "nixied/options.h"
#include "queue/queue.h"

#define AUDIT_BYTES_MAX 4096

static const char usage[] =
	"Usage: nixied audit [-c FILE]\n"
	"Counts the recipients that were accepted since the queue was made, and what became of\n"
	"them. Every one is delivered, relayed, bounced, discarded by a named rule, held, or "
	"waits:\n"
	"when the sum is wrong, mail was lost, and the exit status is 1. A server that runs is "
	"asked;\n"
	"of one that does not, the queue is read.\n\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

static void
alarm_words(void *to, const char *words)
{
	(void)to;
	complain("queue", words);
}

static bool
count(const char *path, struct queue_counts *counts, bool *is_right)
{
	struct disk *disk = NULL;
	struct queue *queue = NULL;
	const struct queue_options options = {.alarm = alarm_words};
	int error = disk_folder_open(path, &disk);
	if (error == 0)
		error = queue_open(disk, &options, &queue);
	if (error == 0)
		*is_right = queue_audit(queue, counts);
	queue_close(queue);
	if (disk != NULL)
		disk->ops->free(disk);
	if (error != 0)
		complain(path, error == -EWOULDBLOCK ? "is in use by a server that runs"
						     : strerror(-error));
	return error == 0;
}

int
cmd_audit(int argc, char **argv)
{
	const char *path;
	char folder[FOLDER_PATH_MAX];
	struct conf conf;
	struct queue_counts c;
	bool is_right = false;
	int first, code;
	if (!options_conf(argc, argv, usage, &path, &first, &code))
		return code;
	if (!conf_read(&conf, path))
		return EXIT_USAGE;
	char word[] = "audit", *const words[] = {word};
	char where[FOLDER_PATH_MAX];
	/* A server that runs has the queue, and counts for us. */
	code = conf_path(&conf, CONTROL_SOCKET, where) ? control_show(where, words, 1) : -1;
	const bool ok =
		code < 0 && conf_path(&conf, "queue", folder) && count(folder, &c, &is_right);
	conf_free(&conf);
	if (code >= 0)
		return code;
	if (!ok)
		return EXIT_TROUBLE;
	struct buf text;
	buf_init(&text, AUDIT_BYTES_MAX);
	audit_write(&c, is_right, &text);
	fwrite(text.ptr, 1, text.len, stdout);
	buf_fini(&text);
	return is_right ? EXIT_DONE : EXIT_NO;
}
