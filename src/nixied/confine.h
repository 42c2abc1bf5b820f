/*
 * confine - the rights a server does not need, given up
 *
 * In the order of server.c: what needs root is done (ports, certificates, folders), then another
 * user is become, then the files that may be touched and the calls that may be made are told to the
 * kernel.
 */
#ifndef NIXIED_CONFINE_H
#define NIXIED_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#define CONFINE_WORDS_MAX 256
#define CONFINE_FOLDERS_MAX 64

/* confine_user - who is to run it: the setting `user`, or, when it is empty and root started it,
 * the owner of the folder, who must not be root. False, and words: what is wrong and what to do */
struct confine_user {
	unsigned uid, gid;
	char name[64];
	bool is_other; /* than who runs it now */
};
bool confine_find_user(const char *name, const char *folder, struct confine_user *user,
	char words[static CONFINE_WORDS_MAX]);
bool confine_become(const struct confine_user *user, char words[static CONFINE_WORDS_MAX]);

/* confine_basics - no core files (they would hold mail), no new rights by programs that are run */
void confine_basics(void);

/* confine_end - nothing of strangers is left; leak checkers may look again */
void confine_end(void);

/* confine_files - from now on only what is below these folders can be opened: `written` to read and
 * write, `read` to read. A kernel without Landlock (or with its first version) leaves things as
 * they are: false */
bool confine_files(const char *const *written, size_t written_count, const char *const *read,
	size_t read_count);

/* confine_calls - from now on no program can be run, no other process looked into, no module
 * loaded, ...: such a call ends the server. False: the kernel has no seccomp */
bool confine_calls(void);

#endif
