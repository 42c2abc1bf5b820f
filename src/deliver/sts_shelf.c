/*
 * Policies on disk: a file for each domain, DOMAIN.policy.
 *
 *	nixie-mta-sts 1
 *	id 20261122T090000
 *	fetched 1795338843120
 *	used 1795338843120
 *
 *	version: STSv1
 *	...
 *
 * An operator may look at them, and take one away while the server is stopped.
 */
#include "deliver/sts_inside.h"
#include "net/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC STR("nixie-mta-sts 1")
#define SUFFIX ".policy"
#define HEAD_BYTES_MAX 256
#define FILE_BYTES_MAX (HEAD_BYTES_MAX + STS_POLICY_BYTES_MAX)

/* ---- writing -------------------------------------------------------------------------------- */

struct sts_save {
	struct work work;
	struct sts_domain *domain;
	char path[FILE_PATH_MAX];
	struct buf text; /* empty: the file goes */
	int error;
};

static void
save_run(struct work *w)
{
	struct sts_save *const save = (struct sts_save *)w;
	if (save->text.len > 0)
		save->error = file_replace(save->path, buf_str(&save->text), FILE_DURABLE);
	else if (unlink(save->path) != 0 && errno != ENOENT)
		save->error = -errno;
}

static void
save_done(struct work *w)
{
	struct sts_save *const save = (struct sts_save *)w;
	struct sts_domain *const d = save->domain;
	d->save = NULL;
	if (save->error != 0) {
		char words[HTTPS_WORDS_MAX];
		snprintf(words, sizeof words, "%.250s cannot be written: %s", save->path,
			strerror(-save->error));
		sts_tell(d, NULL, words);
	}
	buf_fini(&save->text);
	free(save);
	if (d->is_changed)
		sts_shelf_save(d);
}

static void
text_make(const struct sts_domain *d, struct buf *out)
{
	if (d->text.len == 0)
		return;
	buf_add(out, MAGIC);
	buf_add(out, STR("\nid "));
	buf_add(out, str_of(d->id));
	buf_add(out, STR("\nfetched "));
	buf_add_number(out, d->fetched_ms);
	buf_add(out, STR("\nused "));
	buf_add_number(out, d->used_ms);
	buf_add(out, STR("\n\n"));
	buf_add(out, buf_str(&d->text));
}

void
sts_shelf_save(struct sts_domain *d)
{
	const struct sts *const s = d->sts;
	if (s->folder[0] == '\0')
		return;
	d->is_changed = true;
	if (d->save != NULL)
		return; /* one at a time, or the older might be the last */
	struct sts_save *const save = calloc(1, sizeof *save);
	if (save == NULL)
		return; /* is_changed: the next round tries again */
	*save = (struct sts_save){.work = {.run = save_run, .done = save_done}, .domain = d};
	buf_init(&save->text, FILE_BYTES_MAX);
	text_make(d, &save->text);
	const int n = snprintf(save->path, sizeof save->path, "%s/%s" SUFFIX, s->folder, d->name);
	if (buf_failed(&save->text) || n < 0 || (size_t)n >= sizeof save->path) {
		buf_fini(&save->text);
		free(save);
		return;
	}
	d->save = save;
	d->is_changed = false;
	workers_submit(s->options.workers, &save->work);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* "name value" as the next line; absent when it is another. */
static struct str
line_take(struct str *rest, struct str name)
{
	struct str line;
	if (!str_line(rest, &line) || !str_eq(str_word(&line), name))
		return STR_NONE;
	return str_trim(line);
}

static bool
file_parse(struct sts_domain *d, struct str rest, int64_t now_ms)
{
	struct sts_policy policy;
	struct str line;
	if (!str_line(&rest, &line) || !str_eq(line, MAGIC))
		return false;
	const struct str id = line_take(&rest, STR("id"));
	const int64_t fetched_ms = str_number(line_take(&rest, STR("fetched")), INT64_MAX);
	const int64_t used_ms = str_number(line_take(&rest, STR("used")), INT64_MAX);
	if (id.len > STS_ID_BYTES_MAX || fetched_ms < 0 || used_ms < 0 || !str_line(&rest, &line) ||
		line.len > 0 || sts_policy_parse(rest, &policy) != NULL)
		return false;
	buf_add(&d->text, rest);
	if (buf_failed(&d->text))
		return false;
	snprintf(d->id, sizeof d->id, "%.*s", (int)id.len, id.len > 0 ? id.ptr : "");
	d->max_age_s = policy.max_age_s;
	/* A clock that was set back must not make a policy last longer. */
	d->fetched_ms = fetched_ms < now_ms ? fetched_ms : now_ms;
	d->used_ms = used_ms < now_ms ? used_ms : now_ms;
	return true;
}

/* How much of the file there is; -1 when it cannot be read, or is larger than any of ours. */
static ssize_t
file_read(int folder, const char *name, char *to, size_t room)
{
	const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;
	if (fd < 0)
		return -1;
	for (ssize_t n = 1; n > 0 && len < room; len += (size_t)n)
		if ((n = read(fd, to + len, room - len)) < 0) {
			close(fd);
			return -1;
		}
	close(fd);
	return len < room ? (ssize_t)len : -1;
}

static void
file_load(struct sts *s, int folder, const char *file, char *room)
{
	struct str name = str_of(file);
	if (name.len <= strlen(SUFFIX) || !str_ends_case(name, STR(SUFFIX)))
		return; /* nobody's, or what an end in between has left */
	name.len -= strlen(SUFFIX);
	const ssize_t len = file_read(folder, file, room, FILE_BYTES_MAX + 1);
	struct sts_domain *const d = sts_domain_get(s, name);
	if (d == NULL)
		return;
	if (len < 0 || !file_parse(d, (struct str){room, (size_t)len}, clock_wall_ms()))
		sts_tell(d, NULL, "what was kept of its policy cannot be read");
}

void
sts_shelf_load(struct sts *s)
{
	if (s->folder[0] == '\0' || (mkdir(s->folder, 0700) != 0 && errno != EEXIST))
		return; /* the first file that is written tells why */
	DIR *const dir = opendir(s->folder);
	char *const room = malloc(FILE_BYTES_MAX + 1);
	for (const struct dirent *e; dir != NULL && room != NULL && (e = readdir(dir)) != NULL;)
		file_load(s, dirfd(dir), e->d_name, room);
	free(room);
	if (dir != NULL)
		closedir(dir);
}
