#include "web/given.h"

#include "base/charset.h"
#include "read/mbox.h"
#include "read/rubbish.h"
#include "web/multipart.h"
#include "web/problem.h"
#include "web/request.h"

/* Text that was typed or pasted, in the charset that its type names. */
static struct str
decode_text(struct str bytes, struct str content_type, struct arena *a)
{
	const struct str name = media_parameter(content_type, STR("charset"), a);
	const enum charset charset = charset_find(name);
	return charset == CHARSET_UNKNOWN || charset == CHARSET_UTF_8
		       ? bytes
		       : charset_to_utf8(charset, bytes, a);
}

static enum nixie_input
input_of(struct str type)
{
	return str_eq_case(type, STR("message/rfc822")) || str_eq_case(type, STR("message/global"))
		       ? NIXIE_INPUT_MESSAGE
		       : NIXIE_INPUT_ANY;
}

static bool
find_in_multipart(const struct web_call *call, struct given *given, struct web_response *res)
{
	struct multipart m;
	struct multipart_part part;
	bool has_file = false;
	if (multipart_begin(&m, call->request->content_type, call->request->body, call->arena))
		while (multipart_next(&m, &part)) {
			const bool is_file = str_eq(part.name, STR("file"));
			if ((!is_file && !str_eq(part.name, STR("text"))) || part.body.len == 0 ||
				(has_file && !is_file))
				continue;
			has_file = is_file;
			given->bytes = part.body;
			given->input = input_of(media_type(part.type));
		}
	if (m.why == NULL)
		return true;
	problem_answer(PROBLEM_MALFORMED, str_of(m.why), res);
	return false;
}

bool
given_take(const struct web_call *call, struct given *given, struct web_response *res)
{
	const struct web_request *const req = call->request;
	*given = (struct given){.bytes = req->body, .input = NIXIE_INPUT_ANY};
	switch (call->body) {
	case WEB_TAKES_MULTIPART:
		given->bytes = STR_NONE;
		return find_in_multipart(call, given, res);
	case WEB_TAKES_FORM:
		given->bytes = request_parameter(req->body, STR("text"), call->arena);
		return true;
	case WEB_TAKES_TEXT:
		given->bytes = decode_text(req->body, req->content_type, call->arena);
		return true;
	case WEB_TAKES_MESSAGE:
		given->input = NIXIE_INPUT_MESSAGE;
		return true;
	case WEB_TAKES_MBOX:
		given->is_mbox = true;
		return true;
	case WEB_TAKES_BYTES:
		break;
	}
	return true;
}

/* "The input " and the rest of the sentence. */
static struct str
sentence(const char *rest, struct arena *a)
{
	static const char head[] = "What was sent ";
	const size_t n = sizeof head - 1, len = strlen(rest);
	char *const to = arena_bytes(a, n + len + 1);
	if (to == NULL)
		return STR_NONE;
	memcpy(to, head, n);
	memcpy(to + n, rest, len);
	to[n + len] = '.';
	return (struct str){to, n + len + 1};
}

bool
given_find(const struct web_call *call, struct given *given, struct web_response *res)
{
	if (!given_take(call, given, res))
		return false;
	if (str_trim(given->bytes).len == 0) {
		problem_answer(PROBLEM_NOTHING_GIVEN, STR_NONE, res);
		return false;
	}
	const char *const why = rubbish_find(given->bytes);
	if (why != NULL) {
		problem_answer(PROBLEM_NOT_MAIL, sentence(why, call->arena), res);
		return false;
	}
	return true;
}

struct nixie_report *
given_report(void)
{
	struct nixie_report *const r = nixie_report_new();
	if (r != NULL)
		nixie_report_wipe(r);
	return r;
}
