#include "eventlog/eventlog.h"

#include "base/str.h"
#include "eventlog/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* "<3>" in front of a line: its priority, for journald (sd-daemon(3)). */
#define PRIORITY_BYTES 3
#define LINE_ROOM (PRIORITY_BYTES + EVENTLOG_LINE_BYTES_MAX)
#define KEPT_BYTES_MAX 65536 /* of lines that are to be written together */

struct eventlog {
	char *path; /* NULL: standard error */
	enum eventlog_format format;
	enum eventlog_detail detail;
	int fd;
	bool is_socket, is_pipe, is_journal;
	uint64_t lost, lost_told;
	/* Lines that are to be written together; without due() each is written at once. */
	void (*due)(void *to);
	void *due_to;
	int64_t kept_ms; /* when the last of them was made */
	size_t kept_len;
	/* The end of a line of which only a piece could be written; it goes first. */
	size_t rest_at, rest_len;
	char rest[LINE_ROOM];
	char kept[KEPT_BYTES_MAX + LINE_ROOM];
};

static enum eventlog_detail
detail_of(enum eventlog_event event)
{
	switch (event) {
	case LOG_CONNECT:
	case LOG_DISCONNECT:
	case LOG_TLS:
	case LOG_CHECK:
		return EVENTLOG_ALL;
	case LOG_START:
	case LOG_STOP:
	case LOG_RELOAD:
	case LOG_ALARM:
	case LOG_RECOVERED:
	case LOG_REFUSED:
	case LOG_DEFERRED:
	case LOG_BOUNCED:
	case LOG_DISCARDED:
	case LOG_RETURNED:
	case LOG_DELAYED:
	case LOG_NOTICE:
	case LOG_OPERATOR:
		return EVENTLOG_TROUBLE;
	default:
		return EVENTLOG_MAIL;
	}
}

/* Does journald read this? It says which socket it gave as "device:inode" (systemd.exec(5)). */
static bool
is_journal(int fd)
{
	const char *const stream = getenv("JOURNAL_STREAM");
	struct stat st = {0};
	char mine[64];
	if (stream == NULL || fstat(fd, &st) != 0)
		return false;
	snprintf(mine, sizeof mine, "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	return strcmp(stream, mine) == 0;
}

static int
error_open(void)
{
	struct stat st = {0};
	/* A pipe is opened anew: not to wait for its reader is ours alone then, and does not
	 * become a habit of whoever else has it. */
	if (fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)) {
		const int fd =
			open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_APPEND);
		if (fd >= 0)
			return fd;
	}
	return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

static int
file_open(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640);
}

/* false: nothing was changed, and `error` says why. */
static bool
open_anew(struct eventlog *log, char error[static EVENTLOG_ERROR_BYTES])
{
	struct stat st = {0};
	const int fd = log->path != NULL ? file_open(log->path) : error_open();
	if (fd < 0) {
		snprintf(error, EVENTLOG_ERROR_BYTES, "%s",
			errno == ENOENT ? "its folder does not exist" : strerror(errno));
		return false;
	}
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	const bool is_known = fstat(fd, &st) == 0;
	log->is_socket = is_known && S_ISSOCK(st.st_mode);
	log->is_pipe = is_known && S_ISFIFO(st.st_mode);
	log->is_journal = log->path == NULL && is_journal(fd);
	log->rest_len = 0;
	return true;
}

struct eventlog *
eventlog_open(
	const char *path, enum eventlog_format format, char error[static EVENTLOG_ERROR_BYTES])
{
	struct eventlog *const log = calloc(1, sizeof *log);
	if (log == NULL) {
		snprintf(error, EVENTLOG_ERROR_BYTES, "not enough memory");
		return NULL;
	}
	log->format = format;
	log->detail = EVENTLOG_ALL;
	log->fd = -1;
	log->path = path != NULL ? strdup(path) : NULL;
	if (path != NULL && log->path == NULL)
		snprintf(error, EVENTLOG_ERROR_BYTES, "not enough memory");
	else if (open_anew(log, error))
		return log;
	free(log->path);
	free(log);
	return NULL;
}

void
eventlog_close(struct eventlog *log)
{
	if (log == NULL)
		return;
	eventlog_flush(log);
	close(log->fd);
	free(log->path);
	free(log);
}

void
eventlog_set_detail(struct eventlog *log, enum eventlog_detail detail)
{
	log->detail = detail;
}

bool
eventlog_reopen(struct eventlog *log, char error[static EVENTLOG_ERROR_BYTES])
{
	eventlog_flush(log);
	return log == NULL || log->path == NULL || open_anew(log, error);
}

uint64_t
eventlog_lost(const struct eventlog *log)
{
	return log->lost;
}

/* How much of it was written: all, nothing, or, on a disk that is full or a pipe, a piece. */
static size_t
give(const struct eventlog *log, struct str s)
{
	ssize_t n = 0;
	do {
		n = log->is_socket ? send(log->fd, s.ptr, s.len, MSG_DONTWAIT | MSG_NOSIGNAL)
				   : write(log->fd, s.ptr, s.len);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* The end of the last line, if it is still due; true when it is out. */
static bool
give_rest(struct eventlog *log)
{
	if (log->rest_len == 0)
		return true;
	const size_t n = give(log, (struct str){log->rest + log->rest_at, log->rest_len});
	log->rest_at += n;
	log->rest_len -= n;
	return log->rest_len == 0;
}

/* A line, as this log has them; how many bytes. */
static size_t
line_make(const struct eventlog *log, int64_t now_ms, enum eventlog_event event,
	const struct eventlog_field *fields, size_t count, char room[static LINE_ROOM])
{
	const size_t front = log->is_journal ? PRIORITY_BYTES : 0;
	memcpy(room, event == LOG_ALARM ? "<3>" : "<6>", PRIORITY_BYTES);
	return front +
	       eventlog_format_line(log->format, now_ms, event, fields, count, room + front);
}

/* What was not written of some lines: the end of one that was begun is due, the others are lost;
 * how many. */
static size_t
lines_lose(struct eventlog *log, struct str left, bool is_begun)
{
	struct str line;
	size_t lost = 0;
	if (is_begun && str_line(&left, &line)) {
		log->rest_at = 0;
		log->rest_len = line.len + 1;
		memcpy(log->rest, line.ptr, line.len + 1);
	}
	while (str_line(&left, &line))
		lost++;
	return lost;
}

/* Writes whole lines; how many were lost. */
static size_t
give_lines(struct eventlog *log, struct str lines)
{
	const size_t given = give(log, lines);
	return lines_lose(log, str_from(lines, given), given > 0 && lines.ptr[given - 1] != '\n');
}

/* Says how many lines are missing here; true when there is nothing more to say. */
static bool
tell_lost(struct eventlog *log, int64_t now_ms)
{
	char words[80], line[LINE_ROOM];
	const uint64_t lost = log->lost;
	if (lost == log->lost_told)
		return true;
	snprintf(words, sizeof words, "%llu lines of this log could not be written before this one",
		(unsigned long long)(lost - log->lost_told));
	const struct eventlog_field field = {FIELD_WORDS, str_of(words)};
	const size_t len = line_make(log, now_ms, LOG_ALARM, &field, 1, line);
	if (give_lines(log, (struct str){line, len}) > 0)
		return false;
	log->lost_told = lost;
	return log->rest_len == 0;
}

void
eventlog_gather(struct eventlog *log, void (*due)(void *to), void *to)
{
	log->due = due;
	log->due_to = to;
}

void
eventlog_flush(struct eventlog *log)
{
	if (log == NULL || log->kept_len == 0)
		return;
	const int code = errno; /* a log must not change what its caller is about to say */
	const struct str lines = {log->kept, log->kept_len};
	log->kept_len = 0;
	if (give_rest(log) && tell_lost(log, log->kept_ms))
		log->lost += give_lines(log, lines);
	else
		log->lost += lines_lose(log, lines, false);
	errno = code;
}

void
eventlog_write(struct eventlog *log, int64_t now_ms, enum eventlog_event event,
	const struct eventlog_field *fields, size_t count)
{
	if (log == NULL || detail_of(event) > log->detail)
		return;
	const bool is_first = log->kept_len == 0;
	log->kept_ms = now_ms;
	log->kept_len += line_make(log, now_ms, event, fields, count, log->kept + log->kept_len);
	/* A pipe takes in one piece what is no more than PIPE_BUF, and may have others who write.
	 */
	if (log->due == NULL || log->is_pipe || log->kept_len > KEPT_BYTES_MAX)
		eventlog_flush(log);
	else if (is_first)
		log->due(log->due_to);
}
