#include "mails.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool
add_file(struct mails *m, const char *path, size_t size)
{
	FILE *const f = fopen(path, "rb");
	char *const bytes = malloc(size > 0 ? size : 1);
	bool ok = f != NULL && bytes != NULL && fread(bytes, 1, size, f) == size;
	if (ok && m->count == m->room) {
		const size_t room = m->room == 0 ? 64 : m->room * 2;
		struct mail *const list = realloc(m->list, room * sizeof *list);
		ok = list != NULL;
		m->list = ok ? list : m->list;
		m->room = ok ? room : m->room;
	}
	char *const name = ok ? strdup(path) : NULL;
	if (name != NULL)
		m->list[m->count++] = (struct mail){name, {bytes, size}};
	else
		free(bytes);
	if (f != NULL)
		fclose(f);
	return name != NULL;
}

static bool
ends_in(const char *name, const char *suffix)
{
	const size_t n = strlen(name), k = strlen(suffix);
	return n > k && strcmp(name + n - k, suffix) == 0;
}

/* By its name, in a folder. */
static bool
is_wanted(const struct mails *m, const char *name)
{
	static const char *const others[] = {
		".about", ".json", ".ndjson", ".out", ".report", ".log", ".py", ".build", ".tsv"};
	if (name[0] == '.')
		return false;
	if (m->only != NULL)
		return ends_in(name, m->only);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (ends_in(name, others[i]))
			return false;
	return true;
}

static bool
add_folder(struct mails *m, const char *path)
{
	struct dirent **entries;
	bool ok = true;
	const int n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		return false;
	for (int i = 0; i < n; i++) {
		char name[4096];
		const int len = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
		if (is_wanted(m, entries[i]->d_name))
			ok = len > 0 && (size_t)len < sizeof name && mails_add(m, name) && ok;
		free(entries[i]);
	}
	free(entries);
	return ok;
}

bool
mails_add(struct mails *m, const char *path)
{
	struct stat st = {.st_size = 0}; /* not every MSan sees stat() fill it */
	if (stat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return add_folder(m, path);
	return (size_t)st.st_size > MAIL_BYTES_MAX || add_file(m, path, (size_t)st.st_size);
}

void
mails_fini(struct mails *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->list[i].name);
		free((void *)(uintptr_t)m->list[i].text.ptr);
	}
	free(m->list);
	*m = (struct mails){.list = NULL};
}
