/* conf - nixied.conf from its file */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "nixied/nixied.h"

#define ARENA_BYTES_MAX ((size_t)16 << 20)

void
complain(const char *what, const char *why)
{
	fprintf(stderr, "nixied: %s: %s\n", what, why);
}

static void
file_fault(struct conf *c, const char *why)
{
	complain(c->path, why);
	snprintf(c->fault, sizeof c->fault, "%s: %s", c->path, why);
}

static bool
read_file(struct conf *c, struct buf *text)
{
	FILE *const f = fopen(c->path, "rbe");
	if (f == NULL) {
		file_fault(c, errno == ENOENT
				      ? "is not there; name the configuration with -c FILE. "
					"`nixied demo FOLDER` makes one to begin with"
				      : strerror(errno));
		return false;
	}
	char room[8192];
	for (size_t n; (n = fread(room, 1, sizeof room, f)) > 0;)
		buf_add(text, (struct str){room, n});
	const bool is_read = !ferror(f) && !buf_failed(text);
	if (!is_read)
		file_fault(c, buf_failed(text) ? "is larger than a configuration may be (1 MiB)"
					       : strerror(errno));
	fclose(f);
	return is_read;
}

static void
tell(struct conf *conf, const struct config_complaints *complaints)
{
	const char *const path = conf->path;
	const size_t kept = complaints->count < CONFIG_COMPLAINTS_MAX ? complaints->count
								      : CONFIG_COMPLAINTS_MAX;
	for (size_t i = 0; i < kept; i++) {
		const struct config_complaint *const c = &complaints->list[i];
		char line[STR_DIGITS_MAX + 1] = "";
		if (c->line > 0)
			snprintf(line, sizeof line, ":%u", c->line);
		fprintf(stderr, "nixied: %s%s: %.*s\n", path, line, (int)c->words.len,
			c->words.ptr);
		if (i == 0)
			snprintf(conf->fault, sizeof conf->fault, "%s%s: %.*s", path, line,
				(int)c->words.len, c->words.ptr);
	}
	if (complaints->count > kept)
		fprintf(stderr, "nixied: %s: ... and %zu more\n", path, complaints->count - kept);
}

bool
conf_read(struct conf *c, const char *path)
{
	struct buf text;
	struct config_complaints complaints = {.count = 0};
	if (path == NULL)
		path = getenv("NIXIED_CONF");
	*c = (struct conf){.path = path != NULL ? path : NIXIED_CONF_DEFAULT};
	arena_init(&c->arena, ARENA_BYTES_MAX);
	buf_init(&text, CONF_BYTES_MAX);
	bool ok = read_file(c, &text);
	if (ok && !config_parse(buf_str(&text), &c->arena, &c->config, &complaints)) {
		tell(c, &complaints);
		ok = false;
	}
	buf_fini(&text);
	if (!ok)
		conf_free(c);
	return ok;
}

void
conf_free(struct conf *c)
{
	arena_fini(&c->arena);
}

bool
conf_path(const struct conf *c, const char *name, char path[static FOLDER_PATH_MAX])
{
	const struct str folder = c->config.values[SETTING_data_directory].text;
	const int n = snprintf(path, FOLDER_PATH_MAX, "%.*s/%s", (int)folder.len, folder.ptr, name);
	if (n < FOLDER_PATH_MAX)
		return true;
	complain("data_directory", "is too long a path");
	return false;
}
