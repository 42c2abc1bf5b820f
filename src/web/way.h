/*
 * way - the picture of the way a message took: you, your server, their filter, their server, the
 * mailbox, and at which of them it ended
 *
 * It is a list, so that it is read aloud as it is seen: each station says in words what became of
 * the message there.
 */
#ifndef WEB_WAY_H
#define WEB_WAY_H

#include "nixie.h"
#include "web/site.h"

/* way_write - the whole figure; `caption` says the same in a sentence */
void way_write(struct site *s, const struct nixie_outcome *o, struct str caption);

#endif
