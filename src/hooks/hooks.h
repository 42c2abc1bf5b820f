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

#define HOOKS_OPEN_MAX 512  /* questions at a time; more are answered with HOOK_FAILED */
#define HOOKS_LOAD_MS 30000 /* for a new script, on a machine however busy */
#define HOOKS_WORDS_MAX 512

struct event_base;
struct hook_question;
struct hooks;

/* hooks_new - forks the processes, so before there are threads; NULL: the system gives none */
struct hooks *hooks_new(void);

/* hooks_listen - answers come by this loop; before anything is asked. False: no memory */
bool hooks_listen(struct hooks *h, struct event_base *base);

/* done is called once from the loop; words: "/etc/nixie/hooks.lua:3: ...", when it is not ok: then
 * the script of before stays */
typedef void hooks_loaded(void *to, bool is_ok, const char *words);

/* A script to be taken. */
struct hooks_script {
	const char *path; /* "": nothing is asked any more */
	struct script_limits limits;
	int64_t timeout_ms; /* for each answer from then on */
};

enum hooks_load {
	HOOKS_LOAD_FAILED, /* words say why */
	HOOKS_LOAD_DONE,
	HOOKS_LOAD_OPEN /* it is being compiled: done() is called, HOOKS_LOAD_MS later at most */
};

/*
 * hooks_load - the script, again at a reload; one at a time. While it is compiled, which may take
 * as long as it likes, the one of before is still asked
 */
enum hooks_load hooks_load(struct hooks *h, const struct hooks_script *script, hooks_loaded *done,
	void *to, char words[static HOOKS_WORDS_MAX]);

/* hooks_load_wait - before the loop runs: an open one comes to its end here, and done() is called
 */
void hooks_load_wait(struct hooks *h);

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
