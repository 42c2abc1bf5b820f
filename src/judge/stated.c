#include "judge/stated.h"

#include "read/reply.h"

bool
stated_find(struct str text, struct stated *out)
{
	struct condition_mark mark;
	if (!condition_mark_find(text, &mark))
		return false;
	struct str line = str_head(text, mark.at);
	const struct reply reply = reply_scan(line);
	if (reply.code != 0)
		line = str_from(line, reply.at);
	if (!condition_says(mark.condition, line))
		return false;
	const char *const end = mark.session.ptr + mark.session.len;
	*out = (struct stated){
		mark.condition, mark.session, str_between(text.ptr + mark.at + 1, end)};
	return true;
}
