/* reject_file - a message that was refused at its end, and why, as a file */
#define _GNU_SOURCE /* versionsort's kin: alphasort is POSIX, d_type is not */
#include "receive/reject_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/file.h"
#include "queue/queue.h"

static const struct str first_line = STR_INIT("nixie-reject 1");

/* The texts, by the word in front of them. */
static const struct {
	struct str word;
	size_t offset;
} texts[] = {
	{STR_INIT("session"), offsetof(struct reject, session)},
	{STR_INIT("client"), offsetof(struct reject, client)},
	{STR_INIT("helo"), offsetof(struct reject, helo)},
	{STR_INIT("user"), offsetof(struct reject, user)},
	{STR_INIT("from"), offsetof(struct reject, from)},
	{STR_INIT("condition"), offsetof(struct reject, condition)},
	{STR_INIT("rule"), offsetof(struct reject, rule)},
	{STR_INIT("reply"), offsetof(struct reject, reply)},
};
#define TEXTS (sizeof texts / sizeof *texts)

static void
put(struct buf *b, struct str word, struct str value)
{
	buf_add(b, word);
	buf_add_char(b, ' ');
	for (size_t i = 0; i < value.len; i++) {
		const char c = value.ptr[i];
		buf_add_char(b, c == '\n' || c == '\r' ? ' ' : c);
	}
	buf_add_char(b, '\n');
}

void
reject_write(struct buf *b, const struct reject *r)
{
	char digits[STR_DIGITS_MAX];
	buf_add(b, first_line);
	buf_add_char(b, '\n');
	put(b, STR("time"), str_digits(r->time_ms, digits));
	for (size_t i = 0; i < TEXTS; i++) {
		struct str value;
		memcpy(&value, (const char *)r + texts[i].offset, sizeof value);
		if (str_is_set(value))
			put(b, texts[i].word, value);
	}
	for (size_t i = 0; i < r->to_count; i++)
		put(b, STR("to"), r->to[i]);
	buf_add_char(b, '\n');
	buf_add(b, r->message);
}

bool
reject_read(struct str text, struct reject *out)
{
	*out = (struct reject){.time_ms = 0};
	if (!str_eq(str_cut(&text, '\n'), first_line))
		return false;
	for (struct str line; (line = str_cut(&text, '\n')).len > 0;) {
		const struct str word = str_cut(&line, ' ');
		if (str_eq(word, STR("time")))
			out->time_ms = str_number(line, INT64_MAX);
		if (str_eq(word, STR("to")) && out->to_count < REJECT_RECIPIENTS_MAX)
			out->to[out->to_count++] = line;
		for (size_t i = 0; i < TEXTS; i++)
			if (str_eq(word, texts[i].word))
				memcpy((char *)out + texts[i].offset, &line, sizeof line);
	}
	out->message = text;
	return out->time_ms > 0 && out->to_count > 0 && str_is_set(text);
}

int64_t
reject_time_ms(const char *name)
{
	const uint64_t id = queue_id_parse(str_of(name));
	return (int64_t)(id >> 16);
}

bool
reject_names(const char *folder, reject_name *fn, void *to)
{
	struct dirent **list = NULL;
	const int count = scandir(folder, &list, NULL, alphasort);
	const int dir = count >= 0 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	for (int i = 0; i < count; i++) {
		struct stat st = {0};
		if (dir >= 0 && reject_time_ms(list[i]->d_name) > 0 &&
			/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array */
			fstatat(dir, list[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			fn(to, list[i]->d_name, (uint64_t)st.st_size);
		free(list[i]);
	}
	free(list);
	if (dir >= 0)
		close(dir);
	return count >= 0;
}

void
reject_remains_remove(const char *folder, int64_t before_ms)
{
	char name[QUEUE_ID_BYTES];
	const struct dirent *e;
	DIR *const d = opendir(folder);
	while (d != NULL && (e = readdir(d)) != NULL) {
		const struct str file = str_of(e->d_name);
		if (file.len != sizeof name - 1 + sizeof FILE_NEW_SUFFIX - 1 ||
			!str_ends_case(file, STR(FILE_NEW_SUFFIX)))
			continue;
		memcpy(name, e->d_name, sizeof name - 1);
		name[sizeof name - 1] = '\0';
		const int64_t came_ms = reject_time_ms(name);
		if (came_ms > 0 && came_ms < before_ms)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d != NULL)
		closedir(d);
}

int
reject_load(const char *folder, const char *name, struct buf *out)
{
	char path[REJECT_PATH_MAX], room[16384];
	ssize_t n;
	const int len = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (reject_time_ms(name) == 0 || len < 0 || (size_t)len >= sizeof path)
		return -EINVAL;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, room, sizeof room)) > 0)
		buf_add(out, (struct str){room, (size_t)n});
	const int error = n < 0 ? -errno : buf_failed(out) ? -EFBIG : 0;
	close(fd);
	return error;
}
