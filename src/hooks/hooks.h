/*
 * hooks - the operator's script, as the loop asks it: questions out, answers in, nobody waits
 *
 * Everything that can go wrong is an answer, too: HOOK_FAILED, with words for the log. The caller
 * makes of it what a filter that does not answer is, 451 (X79), so that no script that is broken
 * loses mail, and none that is slow holds anybody but who asked.
 *
 * Threads: that of the loop.
 */
#ifndef HOOKS_HOOKS_H
#define HOOKS_HOOKS_H

#include "hooks/script.h"

#define HOOKS_OPEN_MAX 512 /* questions at a time; more are answered with HOOK_FAILED */
#define HOOKS_LOAD_MS 2000 /* for a new script: the only thing that is waited for */
#define HOOKS_WORDS_MAX 512

struct event_base;
struct hook_question;
struct hooks;

/* hooks_new - forks the processes, so before there are threads; NULL: the system gives none */
struct hooks *hooks_new(void);

/* hooks_listen - answers come by this loop; before anything is asked. False: no memory */
bool hooks_listen(struct hooks *h, struct event_base *base);

/*
 * hooks_load - the script; again at a reload. Waits for it to be compiled, HOOKS_LOAD_MS at most
 *
 * path      of the file; "" takes the script away: nothing is asked any more
 * timeout_ms  for each answer from now on
 * Returns   false, and words: "/etc/nixie/hooks.lua:3: ..."; then the one of before stays
 */
bool hooks_load(struct hooks *h, const char *path, const struct script_limits *limits,
	int64_t timeout_ms, char words[static HOOKS_WORDS_MAX]);

/* hooks_free - who waits is not answered any more; NULL is harmless */
void hooks_free(struct hooks *h);

/* hooks_has - is there a function for it? NULL: no */
bool hooks_has(const struct hooks *h, enum hook_point p);

typedef void hook_done(void *to, const struct hook_result *result);

/* hooks_ask - done is called once, later, from the loop; NULL: it cannot be asked, and is not
 * called */
struct hook_question *hooks_ask(
	struct hooks *h, enum hook_point p, struct str facts, hook_done *done, void *to);

/* hooks_cancel - nobody wants to know any more; NULL is harmless */
void hooks_cancel(struct hook_question *q);

/* Since the start. */
struct hooks_counts {
	uint64_t calls, failures;
};
struct hooks_counts hooks_counts(const struct hooks *h);

/* hooks_read - the script's text; false, and words, when it cannot be read or is too long */
bool hooks_read(const char *path, struct buf *text, char words[static HOOKS_WORDS_MAX]);

#endif
