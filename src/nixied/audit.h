/* audit - the counts of the queue for people: of a server that runs, and of a queue that rests */
#ifndef NIXIED_AUDIT_H
#define NIXIED_AUDIT_H

#include "base/buf.h"
#include "queue/queue.h"

/* audit_write - the counts, and whether they balance */
void audit_write(const struct queue_counts *counts, bool is_right, struct buf *out);

#endif
