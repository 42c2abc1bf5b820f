/*
 * returned - bounces that come back: is it about mail that was sent from here?
 *
 * What people here send goes out with a signed return path (sign/return_path.h), so a bounce has
 * one as its recipient. It is asked about at the end of the text and not at RCPT: whoever asks with
 * the null sender whether an address exists is told the truth, and the text tells what must not be
 * judged. A receipt (RFC 8098) goes to the address that the message shows, which has no tag; and so
 * does a bounce of somebody to whom mail goes unsigned (unsigned_recipients).
 */
#include "check/check.h"
#include "nixie.h"
#include "receive/inside.h"

#define TEXT_BYTES_MAX ((size_t)64 << 10) /* of a bounce that are read */

static const struct str results[] = {
	[BATV_UNSIGNED] = STR_INIT("unsigned"),
	[BATV_GOOD] = STR_INIT("good"),
	[BATV_EXPIRED] = STR_INIT("expired"),
	[BATV_FORGED] = STR_INIT("forged"),
};

/* RFC 5321 s4.5.1: nothing keeps mail from it. */
static bool
is_postmaster(struct str address)
{
	return str_starts_case(address, STR("postmaster@"));
}

static void
note(struct mail *m, enum batv_verdict found, struct str plain, int64_t now_ms)
{
	struct returned *const r = &m->returned;
	const struct guest *const g = m->guest;
	if (m->sender.len > 0)
		return;
	if (found == BATV_GOOD) {
		r->is_proven = true;
		guest_tell_check(g, STR("batv"), results[found], plain);
	} else if (!str_is_set(r->unproven) && !check_is_exempt(g->check) &&
		   !is_postmaster(plain) &&
		   return_paths_judges(m->receive->parts.return_paths, plain, now_ms)) {
		r->unproven = plain;
		r->found = found;
	}
}

bool
mail_unwrap(struct mail *m)
{
	const int64_t now_ms = clock_wall_ms();
	struct return_paths *const paths = m->receive->parts.return_paths;
	enum directory_place place;
	struct str plain;
	if (paths == NULL)
		return true;
	const enum batv_verdict found = return_paths_check(paths, m->asked, now_ms, &plain);
	/* Only what is unsigned may still be somebody else's, and that needs no look-up. */
	if (found == BATV_UNSIGNED && m->sender.len > 0)
		return true;
	if (!directory_place(m->receive->parts.directory, plain, &place))
		return false;
	if (place == PLACE_ELSEWHERE) /* an address that another server has signed */
		return true;
	m->asked = plain;
	note(m, found, plain, now_ms);
	return true;
}

void
mail_look(struct mail *m, struct str piece)
{
	struct returned *const r = &m->returned;
	if (!str_is_set(r->list) && (!str_is_set(r->unproven) || r->is_proven))
		return;
	if (r->text.len == 0)
		buf_init(&r->text, TEXT_BYTES_MAX);
	buf_add(&r->text, str_head(piece, TEXT_BYTES_MAX - r->text.len));
}

/* Why it needs no proof; absent: it does. *about: the recipient that it tells of, when it does. */
static struct str
excuse(struct mail *m, struct str *about)
{
	const struct str text = buf_str(&m->returned.text);
	struct nixie_report *const report = nixie_report_new();
	struct str why = STR_NONE;
	if (report != NULL && nixie_read(report, text.ptr, text.len, NIXIE_INPUT_ANY) == NIXIE_OK) {
		const struct nixie_report_info *const info = nixie_report_info(report);
		if (info->kind == NIXIE_KIND_RECEIPT)
			why = STR("a receipt");
		for (size_t i = 0; i < info->outcome_count && !str_is_set(why); i++) {
			const struct nixie_str to = info->outcomes[i].recipient;
			const struct str rcpt = {to.ptr, to.len};
			if (rcpt.len > 0 && about->len == 0)
				*about = arena_str(&m->arena, rcpt);
			if (return_paths_is_excepted(m->receive->parts.return_paths, rcpt))
				why = STR("unsigned_recipients");
		}
	}
	nixie_report_free(report);
	return why;
}

static void
mark(struct mail *m, struct str result)
{
	m->tags = arena_join(&m->arena, str_is_set(m->tags) ? m->tags : STR(""),
		STR("X-Bounce-Unproven: "), result);
	m->tags = arena_join(&m->arena, m->tags,
		STR("; the address it came to sent nothing that it could be about\r\n"), STR_NONE);
}

void
mail_judge_return(struct mail *m)
{
	struct returned *const r = &m->returned;
	const struct return_paths *const paths = m->receive->parts.return_paths;
	struct str about = STR("");
	if (!str_is_set(r->unproven) || r->is_proven)
		return;
	const struct str why = excuse(m, &about);
	if (str_is_set(why)) {
		guest_tell_check(m->guest, STR("batv"), STR("excused"), why);
		return;
	}
	const struct str result = results[r->found];
	struct str words = r->unproven;
	if (about.len > 0)
		words = arena_join(&m->arena, words, STR(", about mail to "), about);
	check_returned(m->guest->check, result, words, r->unproven,
		return_paths_mode(paths) == RETURN_PATH_REFUSE);
	if (return_paths_mode(paths) == RETURN_PATH_MARK)
		mark(m, result);
}

void
mail_sign_return(struct mail *m)
{
	struct guest *const g = m->guest;
	struct return_paths *const paths = m->receive->parts.return_paths;
	if (m->sender_place == PLACE_ELSEWHERE || !return_paths_signs(paths, m->sender) ||
		(!g->session.is_authenticated && !guest_is_of_ours(g)))
		return;
	m->flags |= MESSAGE_SIGNS_RETURN;
	if (str_is_set(m->passed_on_by))
		guest_tell_check(g, STR("batv"), STR("signed"),
			return_paths_sign(paths, m->sender, m->began_ms, &m->arena));
}
