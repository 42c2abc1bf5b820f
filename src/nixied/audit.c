#include "nixied/audit.h"

#define LABEL_COLUMNS 11

static void
put(struct buf *out, struct str label, uint64_t n)
{
	buf_add(out, label);
	for (size_t i = label.len; i < LABEL_COLUMNS; i++)
		buf_add_char(out, ' ');
	buf_add_number(out, (int64_t)n);
	buf_add_char(out, '\n');
}

void
audit_write(const struct queue_counts *counts, bool is_right, struct buf *out)
{
	put(out, STR("messages"), counts->messages);
	put(out, STR("recipients"), counts->accepted);
	for (int s = RECIPIENT_DELIVERED; s < RECIPIENT_STATE_COUNT; s++)
		put(out, str_of(recipient_state_name((enum recipient_state)s)), counts->final[s]);
	put(out, STR("waiting"), counts->waiting);
	put(out, STR("held"), counts->held);
	buf_add(out, is_right ? STR("balanced: nothing is missing\n")
			      : STR("NOT balanced: recipients are missing or counted twice\n"));
}
