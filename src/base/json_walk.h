/*
 * json_walk - reads JSON without building it: every string, number and word with the names it
 * stands under
 *
 * Lenient: what follows the object is ignored, a broken end ends the walk. No memory but the
 * arena's, for strings with escapes; depth at most JSON_DEPTH_MAX, deeper values are passed over.
 */
#ifndef BASE_JSON_WALK_H
#define BASE_JSON_WALK_H

#include "base/arena.h"

#define JSON_DEPTH_MAX 16

struct json_path {
	struct str name[JSON_DEPTH_MAX + 1]; /* "bounce", "bouncedRecipients", "", "status"; absent
						inside an array */
	size_t index[JSON_DEPTH_MAX + 1];    /* in an array: which member, from 0 */
	size_t depth;
};

/* Called for each value that is no object and no array; its name is path->name[path->depth - 1]. */
typedef void json_value(void *to, const struct json_path *path, struct str value);

/* json_walk - false when `text` does not begin with an object. O(n) */
bool json_walk(struct str text, struct arena *a, json_value *value, void *to);

#endif
