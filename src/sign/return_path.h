/*
 * return_path - return paths that people here send with, signed; and whether a bounce proves itself
 *
 * report/batv.h with its keys and settings. The keys are in a small file of data_directory that the
 * server writes itself: a new one each month, the old ones as long as an address signed with them
 * is good. The file has the moment when signing began, too: for one lifetime after that, bounces of
 * mail that went out unsigned still come, and no bounce is judged.
 *
 * The tag of a message is made from the time at which it arrived: it is the same at each attempt,
 * or a server that greylists would never know it again.
 *
 * Threads: that of the event loop. draft-levine-smtp-batv; doc/reports.md
 */
#ifndef SIGN_RETURN_PATH_H
#define SIGN_RETURN_PATH_H

#include "base/arena.h"
#include "config/config.h"
#include "report/batv.h"

#define RETURN_PATH_FILE "return-path-keys" /* in data_directory */
#define RETURN_PATH_KEYS_MAX 10             /* a digit each */
#define RETURN_PATH_KEY_DAYS 30             /* then a new one */
#define RETURN_PATH_WORDS_MAX 1400

struct return_paths;

/* What is done with a bounce without proof; in the order of the words in config/table.h. */
enum return_path_mode { RETURN_PATH_LOG, RETURN_PATH_MARK, RETURN_PATH_REFUSE };

/* return_paths_new - path: of the file, borrowed; keeps: it may be written. NULL: no memory */
struct return_paths *return_paths_new(const char *path, bool keeps);
void return_paths_free(struct return_paths *p); /* NULL is harmless */

/* return_paths_configure - the settings, and the file when it was not read yet; false and *words:
 * what is wrong, and all stays as it was. All functions below take NULL: nothing is signed */
bool return_paths_configure(struct return_paths *p, const struct config *config, int64_t now_ms,
	char words[static RETURN_PATH_WORDS_MAX]);

/* return_paths_turn - each minute or so: a new key when it is time; false and *words as above */
bool return_paths_turn(
	struct return_paths *p, int64_t now_ms, char words[static RETURN_PATH_WORDS_MAX]);

/* return_paths_signs - is mail of that sender here signed? */
bool return_paths_signs(const struct return_paths *p, struct str sender);

/* return_paths_is_excepted - does that recipient get mail with a plain return path? */
bool return_paths_is_excepted(const struct return_paths *p, struct str recipient);

/* return_paths_sign - of a message that arrived then; absent: it cannot be signed, or no memory */
struct str return_paths_sign(
	struct return_paths *p, struct str sender, int64_t arrived_ms, struct arena *a);

/* return_paths_check - of a recipient, which is *plain without its tag; UNSIGNED without keys */
enum batv_verdict return_paths_check(
	struct return_paths *p, struct str address, int64_t now_ms, struct str *plain);

/* return_paths_is_judging - has signing been on for so long that all mail on its way is signed? */
bool return_paths_is_judging(const struct return_paths *p, int64_t now_ms);

/* return_paths_judges - must a bounce to that address, without its tag, prove itself by now? */
bool return_paths_judges(const struct return_paths *p, struct str plain, int64_t now_ms);
enum return_path_mode return_paths_mode(const struct return_paths *p);

#endif
