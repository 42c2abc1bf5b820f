/*
 * round - has a message been here before, on its way round?
 *
 * Two traces show it: a Delivered-To that names the very mailbox it is about to go into, and this
 * server's name in more Received lines than any way needs that leads somewhere. Who sees the way,
 * "a@x
 * -> b@y -> a@x", knows what to change; "too many hops" tells nobody.
 *
 * Pure.
 */
#ifndef DELIVER_ROUND_H
#define DELIVER_ROUND_H

#include "base/arena.h"

/* Received lines with our name. A list, a forward and a filter in one message's way make four. */
#define LOOP_PASSES_MAX 8
#define LOOP_PATH_NAMES_MAX 12 /* that are shown */

/*
 * round_find - the way round; absent when there is none
 *
 * head      the message from its first byte, at least its header
 * hostname  of this server
 * mailbox   it is about to go into; absent: another server's
 */
struct str round_find(struct str head, struct str hostname, struct str mailbox, struct arena *a);

#endif
