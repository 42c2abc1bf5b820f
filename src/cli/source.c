#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/rubbish.h"

#define FIRST_ROOM_BYTES ((size_t)256 << 10)
#define KEPT_ROOM_BYTES ((size_t)16 << 20) /* a larger buffer is given back after its file */
#define LOOK_BYTES ((size_t)4096)          /* so much tells what a file is */
#define CONTEXT_BYTES ((size_t)8)          /* mbox_find_end() looks back at line ends */

static void
say(struct source *s, const char *what, const char *why, bool is_failure)
{
	s->o.say(s->o.to, strcmp(what, "-") == 0 ? "standard input" : what, why, is_failure);
}

static void
folder_is_bad(void *to, const char *path, const char *why)
{
	say(to, path, why, true);
}

static void
no_idle(void *to)
{
	(void)to;
}

void
source_init(struct source *s, char **paths, size_t count, const struct source_options *o)
{
	*s = (struct source){.o = *o, .paths = paths, .count = count};
	folder_init(&s->folder, folder_is_bad, s);
	feed_init(&s->feed, o->idle != NULL ? o->idle : no_idle, o->to);
}

void
source_fini(struct source *s)
{
	folder_fini(&s->folder);
	feed_fini(&s->feed);
	free(s->bytes);
	s->bytes = NULL;
}

static void
close_file(struct source *s)
{
	if (s->feed.why != NULL)
		say(s, s->path, s->feed.why, true);
	s->done_bytes += s->feed.taken_bytes;
	s->feed.taken_bytes = 0;
	feed_close(&s->feed);
	s->path = NULL;
	if (s->room > KEPT_ROOM_BYTES) {
		free(s->bytes);
		s->bytes = NULL;
		s->room = 0;
	}
	s->start = s->end = 0;
}

/* Room behind what is there. What was given out already is overwritten when that is at least as
 * much as what must move: so no byte moves more than about once, whatever the file says. */
static bool
make_room(struct source *s)
{
	const size_t kept = s->end - s->start;
	if (s->start > 0 && s->start >= kept) {
		memmove(s->bytes, s->bytes + s->start, kept);
		s->start = 0;
		s->end = kept;
	}
	if (s->room - s->end >= FIRST_ROOM_BYTES / 2)
		return true;
	const size_t room = s->room == 0 ? FIRST_ROOM_BYTES : s->room * 2;
	char *const bytes = realloc(s->bytes, room);
	if (bytes == NULL)
		return false;
	s->bytes = bytes;
	s->room = room;
	return true;
}

/* More bytes of the open file; false at its end. */
static bool
refill(struct source *s)
{
	if (s->feed.why != NULL)
		return false;
	if (!make_room(s)) {
		s->feed.why = "not enough memory for a message in it";
		return false;
	}
	const size_t n = feed_read(&s->feed, s->bytes + s->end, s->room - s->end);
	s->end += n;
	return n > 0;
}

/* Enough bytes to see what the file is. */
static void
look(struct source *s)
{
	while (s->end < LOOK_BYTES && refill(s)) {
		const size_t n = s->end < 5 ? s->end : 5;
		if (memcmp(s->bytes, "From ", n) != 0)
			return;
		if (memchr(s->bytes, '\n', s->end) != NULL ||
			memchr(s->bytes, '\r', s->end) != NULL)
			return;
	}
}

/* Opens one file, or enters the folder; false when there is nothing to read from it. */
static bool
open_path(struct source *s, const char *path)
{
	const bool is_stdin = strcmp(path, "-") == 0 && s->folder_path == NULL;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st = {.st_size = 0};
	if (fd < 0 || fstat(fd, &st) != 0) {
		say(s, path, errno == ENOENT ? "no such file; check the name" : strerror(errno),
			true);
		if (fd > STDIN_FILENO)
			close(fd);
		return false;
	}
	if (S_ISDIR(st.st_mode)) {
		if (!is_stdin)
			close(fd);
		s->folder_path = path;
		s->folder_files = s->folder_odd = 0;
		folder_open(&s->folder, path);
		return false;
	}
	const bool is_regular = S_ISREG(st.st_mode);
	feed_open(&s->feed, fd, !is_regular, is_regular ? (uint64_t)st.st_size : 0);
	s->path = path;
	s->index = 0;
	s->start = s->end = 0;
	look(s);
	if (s->end == 0) {
		if (s->feed.why == NULL)
			say(s, path, "is empty; there is no mail in it", false);
		close_file(s);
		return false;
	}
	if (s->folder_path != NULL && rubbish_is_other_file((struct str){s->bytes, s->end})) {
		s->folder_odd++;
		close_file(s);
		return false;
	}
	s->is_mbox = !s->o.is_text && mbox_is_from_line(s->bytes, s->end);
	s->is_cut = false;
	s->found = (struct mbox_end){0};
	return true;
}

static void
leave_folder(struct source *s)
{
	char why[96];
	if (s->folder_odd > 0) {
		snprintf(why, sizeof why, "%llu of %llu files in it %s no text, and passed over",
			(unsigned long long)s->folder_odd, (unsigned long long)s->folder_files,
			s->folder_odd == 1 ? "is" : "are");
		say(s, s->folder_path, why, false);
	} else if (s->folder_files == 0) {
		say(s, s->folder_path, "is a folder without mails", false);
	}
	s->folder_path = NULL;
}

/* The next file that can be read. */
static bool
open_next(struct source *s)
{
	for (;;) {
		const char *path;
		if (s->folder_path != NULL) {
			path = folder_next(&s->folder);
			if (path == NULL) {
				leave_folder(s);
				continue;
			}
			s->folder_files++;
		} else {
			if (s->next == s->count)
				return false;
			path = s->paths[s->next++];
		}
		if (open_path(s, path))
			return true;
	}
}

static void
give(struct source *s, struct message *m, size_t len)
{
	*m = (struct message){s->bytes + s->start, len, s->path, s->index++};
}

static void
say_too_long(struct source *s)
{
	char why[128];
	snprintf(why, sizeof why,
		"message %llu is longer than %zu MiB; the rest of it was passed over",
		(unsigned long long)s->index, MESSAGE_BYTES_MAX >> 20);
	say(s, s->path, why, false);
}

/* The open file is one message. */
static void
next_single(struct source *s, struct message *m)
{
	while (s->end <= MESSAGE_BYTES_MAX && refill(s))
		;
	const bool is_long = s->end > MESSAGE_BYTES_MAX;
	if (is_long)
		say_too_long(s);
	give(s, m, is_long ? MESSAGE_BYTES_MAX : s->end);
	s->start = s->end;
}

/* The rest of a message that is too long: to where the next one begins, or the end of the file. */
static void
pass_over(struct source *s)
{
	bool is_all = false;
	while (!mbox_find_end(s->bytes + s->start, s->end - s->start, is_all, 0, &s->found)) {
		const size_t seen = s->found.scanned;
		if (seen > CONTEXT_BYTES) {
			s->start += seen - CONTEXT_BYTES;
			s->found.scanned = CONTEXT_BYTES;
		}
		is_all = !refill(s);
	}
	s->start += s->found.next;
	s->found = (struct mbox_end){0};
	s->is_cut = false;
}

/* One more of an mbox; false when it has no more. */
static bool
next_of_mbox(struct source *s, struct message *m)
{
	if (s->is_cut)
		pass_over(s);
	bool is_all = false;
	while (s->end == s->start && !is_all)
		is_all = !refill(s);
	if (s->end == s->start)
		return false;
	while (!mbox_find_end(
		s->bytes + s->start, s->end - s->start, is_all, MESSAGE_BYTES_MAX, &s->found)) {
		if (s->found.scanned > MESSAGE_BYTES_MAX) {
			say_too_long(s);
			give(s, m, MESSAGE_BYTES_MAX);
			s->start += MESSAGE_BYTES_MAX - CONTEXT_BYTES;
			s->found = (struct mbox_end){
				.scanned = CONTEXT_BYTES, .line_end = s->found.line_end};
			s->is_cut = true;
			return true;
		}
		is_all = !refill(s);
	}
	if (s->found.end > MESSAGE_BYTES_MAX) {
		say_too_long(s);
		s->found.end = MESSAGE_BYTES_MAX;
	}
	give(s, m, s->found.end);
	s->start += s->found.next;
	s->found = (struct mbox_end){0};
	return true;
}

bool
source_next(struct source *s, struct message *m)
{
	for (;;) {
		if (s->path == NULL && !open_next(s))
			return false;
		if (s->is_mbox) {
			if (next_of_mbox(s, m))
				return true;
		} else if (s->index == 0) {
			next_single(s, m);
			return true;
		}
		close_file(s);
	}
}

uint64_t
source_total_bytes(const struct source *s)
{
	uint64_t total = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct stat st = {.st_size = 0};
		const bool is_stdin = strcmp(s->paths[i], "-") == 0;
		if ((is_stdin ? fstat(STDIN_FILENO, &st) : stat(s->paths[i], &st)) != 0)
			continue;
		if (!S_ISREG(st.st_mode))
			return 0;
		total += (uint64_t)st.st_size;
	}
	return total;
}

uint64_t
source_done_bytes(const struct source *s)
{
	return s->done_bytes + s->feed.taken_bytes;
}
