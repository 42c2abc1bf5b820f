#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER_MS 1000
#define AGAIN_AFTER_MS 200
#define BAR_CELLS 24

static int64_t
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
is_same_terminal(void)
{
	struct stat out = {.st_rdev = 0}, err = {.st_rdev = 0};
	if (isatty(STDOUT_FILENO) != 1)
		return false;
	return fstat(STDOUT_FILENO, &out) != 0 || fstat(STDERR_FILENO, &err) != 0 ||
	       out.st_rdev == err.st_rdev;
}

void
progress_init(struct progress *p, uint64_t total_bytes)
{
	*p = (struct progress){.total_bytes = total_bytes};
	p->is_wanted = isatty(STDERR_FILENO) == 1 && !is_same_terminal();
	if (p->is_wanted)
		p->began_ms = p->told_ms = now_ms();
}

static void
show(const char *line, int len)
{
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* a terminal that is gone: nobody misses the line */
}

void
progress_tell(struct progress *p, uint64_t mails, uint64_t bytes)
{
	if (!p->is_wanted)
		return;
	const int64_t now = now_ms(), passed = now - p->began_ms;
	if (passed < FIRST_AFTER_MS || now - p->told_ms < AGAIN_AFTER_MS)
		return;
	p->told_ms = now;
	p->is_shown = true;
	const unsigned long long rate = mails * 1000 / (uint64_t)passed;
	char line[160];
	if (p->total_bytes == 0 || bytes == 0) {
		show(line, snprintf(line, sizeof line, "\r%llu mails, %llu MB, %llu a second\033[K",
				   (unsigned long long)mails, (unsigned long long)(bytes / 1000000),
				   rate));
		return;
	}
	const double part = bytes < p->total_bytes ? (double)bytes / (double)p->total_bytes : 1;
	const long long left_s = (long long)((double)passed * (1 - part) / part / 1000 + 0.5);
	char bar[BAR_CELLS + 1];
	const size_t full = (size_t)(part * BAR_CELLS);
	memset(bar, '.', BAR_CELLS);
	memset(bar, '#', full);
	bar[BAR_CELLS] = '\0';
	show(line,
		snprintf(line, sizeof line,
			"\r[%s] %3d %%  %llu mails, %llu a second, %lld:%02lld:%02lld left\033[K",
			bar, (int)(part * 100), (unsigned long long)mails, rate, left_s / 3600,
			left_s / 60 % 60, left_s % 60));
}

void
progress_clear(struct progress *p)
{
	if (p->is_shown)
		show("\r\033[K", 4);
	p->is_shown = false;
}
