#include "read/rubbish.h"

#include "read/header.h"
#include "read/text.h"

#define LOOK_BYTES 4096
#define HEAD_BYTES 512 /* of it that may have a field */
#define HEAD_LINES 3

static bool
has_utf16_mark(struct str bytes)
{
	return str_starts(bytes, STR("\xFF\xFE")) || str_starts(bytes, STR("\xFE\xFF"));
}

/* Is there a field of a message among the first lines, once the zeros are gone? */
static bool
begins_as_mail(struct str look)
{
	char head[HEAD_BYTES];
	size_t n = 0;
	for (size_t i = 0; i < look.len && n < sizeof head; i++)
		if (look.ptr[i] != '\0')
			head[n++] = look.ptr[i];
	struct str rest = {head, n}, line, name, value;
	for (int lines = 0; lines < HEAD_LINES && str_line(&rest, &line); lines++)
		if (field_split(line, &name, &value) && (lines == 0 || text_is_message_field(name)))
			return true;
	return false;
}

bool
rubbish_is_other_file(struct str bytes)
{
	const struct str look = str_head(bytes, LOOK_BYTES);
	return look.len > 0 && memchr(look.ptr, '\0', look.len) != NULL && !has_utf16_mark(look) &&
	       !begins_as_mail(look);
}

const char *
rubbish_find(struct str bytes)
{
	const struct str look = str_head(bytes, LOOK_BYTES);
	size_t control = 0, blank = 0;
	for (size_t i = 0; i < look.len; i++) {
		const unsigned char c = (unsigned char)look.ptr[i];
		control +=
			(c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 27) ||
			c == 127;
		blank += ascii_is_space(c);
	}
	if (look.len == 0 || (blank == look.len && look.len == bytes.len))
		return "is empty; there is nothing to explain";
	/* Microsoft's .msg is an OLE file. */
	if (str_starts(look, STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")))
		return "is an Outlook .msg file; in Outlook, drag the mail into a new message or "
		       "use \"Save as\" with the type text or .eml, and give me that";
	if (control * 10 > look.len && !has_utf16_mark(look))
		return "is no mail and no text: it looks like binary data";
	return NULL;
}
