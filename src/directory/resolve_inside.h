/*
 * resolve_inside - what the files of resolve share: the walk from a recipient to where its mail
 * goes
 *
 * resolve.c begins it, resolve_walk.c follows a name, resolve_list.c lists and their owners,
 * resolve_out.c has what comes out. A function that returns a bool gives false when the walk is
 * refused; the answer then says so and why.
 */
#ifndef DIRECTORY_RESOLVE_INSIDE_H
#define DIRECTORY_RESOLVE_INSIDE_H

#include "directory/directory_inside.h"

#define SEEN_BUCKETS 1024

/* An address that is a target already. */
struct seen {
	struct str address;
	size_t target; /* its place */
	struct seen *next;
};

struct walk {
	struct directory *d;
	struct arena *a;
	const struct directory_question *question; /* NULL: nobody asks, rights do not matter */
	struct directory_answer *out;
	struct directory_target *targets;
	size_t room;
	struct directory_list *lists;
	size_t list_room;
	size_t list; /* whose members are walked, as in struct directory_target */
	struct directory_step *steps;
	size_t step_room;
	struct str way[DIRECTORY_DEPTH_MAX];
	size_t depth;
	bool asked_sender; /* the answer is not the same for everybody */
	struct seen *seen[SEEN_BUCKETS];
};

/* ---- the walk: resolve_walk.c, resolve_list.c */

/* walk_address - follows an address to the end: adds its targets, or refuses */
bool walk_address(struct walk *w, struct str address);

/* walk_list - follows each member; one who is gone is no reason to refuse the others */
bool walk_list(struct walk *w, int64_t list, struct str address);

/* walk_owner - follows its owner, else the postmaster of its domain, else ours. In the way stands
 * the list itself: what comes back for it must never go to it. Who asks for loops alone asks about
 * the owner alone */
bool walk_owner(struct walk *w, int64_t list, struct str address);

/* ---- what comes out: resolve_out.c; texts are copied */

/* walk_tell - a step, when somebody wants to be told: three texts, one behind the other */
void walk_tell(struct walk *w, struct str one, struct str two, struct str three);

/* walk_refuse, walk_refuse_naming - the answer is no; the latter's reason is "what address". Both
 * give false */
bool walk_refuse(struct walk *w, enum condition condition, struct str why);
bool walk_refuse_naming(
	struct walk *w, enum condition condition, const char *what, struct str address);
/* walk_lookup_failed - SQLite could not tell; false */
bool walk_lookup_failed(struct walk *w);
/* walk_refuse_loop - "a@x -> b@x -> a@x": the way, and the address that it came back to; false */
bool walk_refuse_loop(struct walk *w, struct str address);

/* walk_target - adds one, once; its list is set here. Who is no member's but a recipient of the
 * sender's own is that alone */
bool walk_target(struct walk *w, const struct directory_target *target);

#endif
