#include "cli/item.h"

#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *
item_make(const struct jobs_plan *plan, struct nixie_report *r, const struct message *m,
	struct put *out)
{
	const size_t before = out->len;
	struct nixie_style style = plan->style;
	style.source_path = m->path;
	style.source_index = m->index;
	enum nixie_rc rc = nixie_read(r, m->bytes, m->len, plan->input);
	if (rc == NIXIE_OK)
		rc = plan->format->put(out, r, &style);
	if (rc == NIXIE_OK && !out->failed)
		return NULL;
	out->len = before;
	out->failed = false;
	return rc == NIXIE_LIMIT ? "needs more memory than one report may take"
				 : "not enough memory";
}

void
item_put_saying(struct put *said, const char *what, const char *why)
{
	put_words(said, "nixie: ");
	for (; *what != '\0'; what++)
		put_char(said, shown_char(*what));
	put_words(said, ": ");
	put_words(said, why);
	put_char(said, '\n');
}

/* Returns 0 or an errno. */
static int
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

void
writer_init(struct writer *w, const struct format *format, uint64_t total_bytes)
{
	*w = (struct writer){.format = format, .left_out = strlen(format->between)};
	progress_init(&w->progress, total_bytes);
	w->error = write_all(STDOUT_FILENO, format->before, strlen(format->before));
}

bool
writer_write(struct writer *w, struct put *out, struct put *said)
{
	if (out->len > 0 && w->error == 0) {
		w->error = write_all(STDOUT_FILENO, out->ptr + w->left_out, out->len - w->left_out);
		w->left_out = 0;
	}
	if (said->len > 0) {
		progress_clear(&w->progress);
		if (write_all(STDERR_FILENO, said->ptr, said->len) != 0)
			w->is_failure = true; /* then the exit code has to say it alone */
	}
	out->len = said->len = 0;
	return w->error == 0;
}

int
writer_finish(struct writer *w)
{
	progress_clear(&w->progress);
	if (w->error == 0)
		w->error = write_all(STDOUT_FILENO, w->format->after, strlen(w->format->after));
	/* A reader that has seen enough ("| head") is no failure worth a word. */
	if (w->error != 0 && w->error != EPIPE)
		complain("standard output", strerror(w->error));
	return w->error != 0 || w->is_failure ? EXIT_UNREADABLE : EXIT_EXPLAINED;
}
