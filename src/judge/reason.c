#include "judge/reason.h"

#include "read/letter.h"

#define DIAGNOSTIC_WORDS_MIN                                                                       \
	12 /* a Diagnostic-Code of fewer bytes ("smtp; 550") says nothing worth quoting */
#define PROSE_CODES_MAX 4 /* of which one may be the report's own */
#define STATED_PERCENT 99 /* sure of a reason that the refusing server names itself */

/* Words count for less the farther from the recipient's own answer they stand: prose may speak of
 * anything. Much less where that answer is there and could have said it. */
static unsigned
distance(enum voice v, bool has_answer)
{
	static const unsigned beside_answer[] = {0, 0, 0, 3, 28, 34}, alone[] = {0, 0, 0, 3, 6, 12};
	return has_answer ? beside_answer[v] : alone[v];
}

/* ... and so does the confidence in what they say, where nothing better is said. */
static unsigned
doubt(enum voice v)
{
	static const unsigned off[] = {0, 0, 0, 3, 6, 12};
	return off[v];
}

static bool
is_servers_words(enum voice v)
{
	return v == VOICE_DIAGNOSTIC || v == VOICE_REPLY || v == VOICE_OWN || v == VOICE_COMMENT;
}

/* "Delivery time expired" hides what the last try met: X.4.7. */
static bool
is_expiry(struct status s)
{
	return s.subject == 4 && s.detail == 7;
}

/* Sendmail 5 puts its own code before the server's: "554 <a@b>... 550 Host unknown". */
static bool
is_wrapped(struct str text, const struct reply *r)
{
	const struct str rest = str_from(text, r->at + 4);
	const size_t dots = str_find(str_head(rest, 300), STR("... "), 0);
	return dots != STR_NPOS && rest.ptr[0] == '<' && dots + 7 < rest.len &&
	       (rest.ptr[dots + 4] == '4' || rest.ptr[dots + 4] == '5') &&
	       ascii_is_digit((unsigned char)rest.ptr[dots + 5]);
}

/* The codes in `text`; of "554 4.4.7 Message expired <421 4.4.2 timed out>" those of the last try.
 */
static struct reply
scan_reply(const struct facts *f, struct str text)
{
	const struct reply first = facts_reply(f, text);
	if (first.code != 0 && is_wrapped(text, &first)) {
		const size_t dots = str_find(text, STR("... "), first.at);
		const struct reply inner = reply_scan(str_from(text, dots + 4));
		if (inner.code != 0)
			return inner;
	}
	if (!is_expiry(first.status) || first.code == 0)
		return first;
	const struct reply inner = reply_scan(str_from(text, first.at + 3));
	return inner.is_sure && inner.status.class != 0 && !is_expiry(inner.status) ? inner : first;
}

/* Prose may quote other programs' codes too: of several, the one beside the report's own status. */
static struct reply
reply_beside(const struct facts *f, struct str text, struct status field)
{
	const struct reply first = scan_reply(f, text);
	struct reply next = first;
	for (int tries = 0; tries < PROSE_CODES_MAX && next.code != 0; tries++) {
		struct status s;
		if (status_parse(str_from(text, next.at + 4), &s) > 0 && status_same(s, field))
			return next;
		const size_t from = next.at + 3;
		next = reply_scan(str_from(text, from));
		next.at += from;
	}
	return first;
}

/* What the words say, the recipient's own answer first; what stands farther off only where that has
 * no code. */
static struct reply
codes_in_words(const struct facts *f, const struct person *who, struct status field,
	const struct words **quoted)
{
	struct reply r = {0}; /* is_sure: its status stood with a code, or as "(#5.1.1)" */
	for (size_t i = 0; i < who->word_count; i++) {
		const struct words *const w = &who->words[i];
		if (w->voice == VOICE_COMMENT ||
			(w->voice >= VOICE_AFTER && (r.code != 0 || r.status.class != 0)))
			continue;
		const struct reply here = w->voice >= VOICE_AFTER && field.class != 0
						  ? reply_beside(f, w->raw, field)
						  : scan_reply(f, w->raw);
		if (w->voice >= VOICE_AFTER && !here.is_sure && here.status.class == 0)
			continue;
		if (here.code != 0 && r.code == 0 &&
			(here.is_sure || w->voice == VOICE_DIAGNOSTIC)) {
			r.code = here.code;
			*quoted = w;
		}
		if (here.status.class != 0 &&
			(r.status.class == 0 ||
				(status_is_vague(r.status) && !status_is_vague(here.status)))) {
			r.status = here.status;
			struct status first;
			r.is_sure =
				here.is_sure || str_has(w->raw, STR("(#")) ||
				(w->voice == VOICE_DIAGNOSTIC && status_parse(w->text, &first) > 0);
			if (*quoted == NULL)
				*quoted = w;
		}
	}
	return r;
}

/* The server's own code counts, where its answer has one: the Status field is the reporting
 * server's reading of it, and often vaguer ("5.0.0"), about another thing (time ran out: "4.4.7")
 * or simply wrong. */
static struct status
choose_status(struct status field, const struct reply *words, bool is_delayed)
{
	const struct status s = words->status;
	if (field.class == 0)
		return s;
	/* While it is still being tried, an answer that says no for good is somebody else's. */
	if (is_delayed && field.class == 4 && s.class == 5)
		return field;
	/* A number that only looks like a code ("Perl: 5.10.1") corrects no field. */
	if (s.class == 0 || s.class == 2 || status_is_vague(s) || !words->is_sure)
		return field;
	return s;
}

/* The answer that took the message: "250 2.6.0 Message received". */
static struct reply
success_reply(const struct person *who)
{
	struct reply r = {0};
	const struct str text = who->word_count > 0 ? who->words[0].text : STR("");
	const int64_t code = str_number(text, 299);
	if (code < 200)
		return r;
	r.code = (unsigned)code;
	r.at = 0;
	(void)status_parse(str_trim(str_from(text, 4)), &r.status);
	return r;
}

static void
find_success_codes(const struct person *who, struct finding *found)
{
	found->reply = success_reply(who);
	if (found->reply.status.class == 0 && who->dsn != NULL)
		found->reply.status = who->dsn->status;
	found->is_status_stated = found->reply.status.class != 0;
	/* Without an answer, the prose is the report's own. */
	if (who->word_count > 0 &&
		(who->dsn != NULL || found->reply.code != 0 || who->words[0].voice <= VOICE_OWN))
		found->quoted = &who->words[0];
}

static void
find_codes(const struct facts *f, const struct person *who, struct finding *found)
{
	const struct status field = who->dsn != NULL ? who->dsn->status : (struct status){0};
	found->reply = codes_in_words(f, who, field, &found->quoted);
	if (who->word_count > 0 && who->words[0].voice == VOICE_DIAGNOSTIC &&
		who->words[0].text.len >= DIAGNOSTIC_WORDS_MIN)
		found->quoted = &who->words[0];
	if (found->reply.code == 0 && who->dsn != NULL)
		found->reply.code = who->dsn->status_reply;
	found->is_expired = is_expiry(field) || is_expiry(found->reply.status);
	found->reply.status = choose_status(
		field, &found->reply, who->dsn != NULL && who->dsn->action == NIXIE_ACTION_DELAYED);
	found->is_status_stated = found->reply.status.class != 0;
	if (found->quoted == NULL && who->word_count > 0 && who->words[0].voice <= VOICE_OWN)
		found->quoted = &who->words[0];
}

static bool
is_general(enum reason r)
{
	return r == REASON_EXPIRED || r == REASON_POLICY_REFUSED || r == REASON_PROTOCOL_ERROR ||
	       r == REASON_SYSTEM_ERROR || r == REASON_CONNECTION_TIMEOUT;
}

static unsigned
confidence_of(const struct candidate *c, enum voice v)
{
	unsigned percent = 0;
	if (c->weight >= RANK_PROVIDER)
		percent = 97;
	else if (c->weight >= RANK_PHRASE_SURE)
		percent = 95;
	else if (c->weight >= RANK_PHRASE_STRONG)
		percent = 90;
	else if (c->weight >= RANK_ENHANCED_STRONG)
		percent = 80;
	else if (c->weight >= RANK_PHRASE_WEAK)
		percent = 60;
	else if (c->weight >= RANK_ENHANCED_WEAK)
		percent = 50;
	else if (c->weight > 0)
		percent = 30;
	return percent > doubt(v) ? percent - doubt(v) : percent;
}

/* Is `c` a better answer than what stands? Words that say why beat words that say only that it is
 * over. */
static bool
beats(const struct candidate *c, const struct candidate *old)
{
	if (c->weight == 0)
		return false;
	if (old->weight == 0)
		return true;
	if (is_general(old->reason) && !is_general(c->reason) && c->weight >= RANK_ENHANCED_WEAK)
		return old->reason == REASON_EXPIRED || c->weight + 20 > old->weight;
	if (is_general(c->reason) && !is_general(old->reason) && old->weight >= RANK_ENHANCED_WEAK)
		return c->reason != REASON_EXPIRED && c->weight > old->weight + 20;
	return c->weight > old->weight;
}

/* Delivered into a pipe, and the program failed: what it says of its connections is not about mail.
 */
static bool
is_programs_trouble(const struct person *who, const struct finding *found)
{
	const bool is_program =
		who->dsn != NULL && (str_starts(who->dsn->actual, STR("|")) ||
					    str_eq_case(who->dsn->diagnostic_type, STR("x-unix")));
	return is_program && found->why.weight > 0 &&
	       (found->why.reason == REASON_CONNECTION_REFUSED ||
		       found->why.reason == REASON_CONNECTION_TIMEOUT ||
		       found->why.reason == REASON_DNS_FAILURE ||
		       found->why.reason == REASON_DOMAIN_NOT_FOUND);
}

/* Is there an answer to this recipient? Words under an address that have no code and that nobody
 * knows are none: "Your message to a@b could not be delivered". */
static bool
is_answered(const struct facts *f, struct person *who, const struct scan_context *about)
{
	if (who->word_count == 0 || who->words[0].voice > VOICE_OWN)
		return false;
	if (who->words[0].voice < VOICE_OWN || facts_reply(f, who->words[0].raw).code != 0)
		return true;
	const struct blocklist_row *list = NULL;
	struct scan_context here = *about;
	here.is_reply = true;
	return scan_text(words_scan(&who->words[0], f->arena), &here, &list).weight > 0;
}

static void
scan_words(const struct facts *f, struct person *who, const struct scan_context *about,
	struct finding *found)
{
	const bool has_answer = is_answered(f, who, about);
	for (size_t i = 0; i < who->word_count; i++) {
		struct words *const w = &who->words[i];
		struct scan_context here = *about;
		const struct blocklist_row *list = NULL;
		here.is_reply = is_servers_words(w->voice) ||
				(!has_answer && facts_reply(f, w->raw).is_sure);
		struct candidate c = scan_text(words_scan(w, f->arena), &here, &list);
		const unsigned confidence = confidence_of(&c, w->voice);
		if (c.weight > distance(w->voice, has_answer))
			c.weight -= distance(w->voice, has_answer);
		if (found->blocklist == NULL)
			found->blocklist = list;
		if (c.weight > 0 && c.reason == REASON_EXPIRED)
			found->is_expired = true;
		if (beats(&c, &found->why)) {
			found->why = c;
			found->said = w;
			found->confidence = confidence;
		}
		/* The server's own plain words: what the prose around them says cannot improve on
		 * that. */
		if (found->why.weight >= RANK_PHRASE_STRONG && !is_general(found->why.reason) &&
			w->voice <= VOICE_OWN)
			break;
	}
}

/* "<<< 550 Insecure Mail Relay", "554 <a@b>... Remote protocol error": of two answers the code is
 * that of the one which says why, unless a Diagnostic-Code chose. */
static void
take_code_of_words(const struct facts *f, const struct person *who, struct finding *found)
{
	if (found->said == NULL || found->said == found->quoted || found->said->voice > VOICE_OWN ||
		who->words[0].voice == VOICE_DIAGNOSTIC)
		return;
	const struct reply here = scan_reply(f, found->said->raw);
	if (here.code == 0 || !here.is_sure)
		return;
	found->reply.code = here.code;
	found->quoted = found->said;
	if (here.status.class != 0 && !status_is_vague(here.status)) {
		found->reply.status = here.status;
		found->is_status_stated = true;
	}
}

/* The server that refused names its reason itself: nothing is left to weigh. */
static void
take_stated(const struct facts *f, const struct person *who, struct finding *found)
{
	const bool has_answer = who->word_count > 0 && who->words[0].voice <= VOICE_OWN;
	for (size_t i = 0; i < who->word_count && !found->has_condition; i++) {
		const struct words *const w = &who->words[i];
		/* Prose may quote what was answered to somebody else. */
		if ((has_answer && !is_servers_words(w->voice)) ||
			!stated_find(w->text, &found->stated))
			continue;
		found->has_condition = true;
		if (!catalogue_conditions[found->stated.condition].is_refusal)
			return;
		found->why = (struct candidate){
			.reason = (enum reason)catalogue_conditions[found->stated.condition].reason,
			.weight = RANK_STATED,
			.rule = arena_join(f->arena, STR("condition:"),
				catalogue_text(catalogue_conditions[found->stated.condition].id),
				STR("")),
			.words = found->stated.words};
		found->said = w;
		found->confidence = STATED_PERCENT;
	}
}

/* A letter without an answer of a server, in words of its own: what its sentences mean. */
static void
read_letter(const struct facts *f, struct person *who, struct finding *found)
{
	if (found->why.weight > 0)
		return;
	for (size_t i = 0; i < who->word_count; i++) {
		struct letter l;
		letter_read(who->words[i].text, &l);
		if (l.rule == LETTER_NO_RULE)
			continue;
		const enum reason reason = (enum reason)catalogue_letter_rules[l.rule].reason;
		found->why = (struct candidate){.reason = reason,
			.weight = RANK_PHRASE_WEAK,
			.rule = arena_join(f->arena, STR("letter:"),
				catalogue_text(catalogue_reasons[reason].name), STR("")),
			.words = l.words};
		found->said = &who->words[i];
		found->confidence = confidence_of(&found->why, who->words[i].voice);
		return;
	}
}

void
reason_find(const struct facts *f, struct person *who, const struct origin *o, bool went_well,
	struct finding *found)
{
	*found = (struct finding){.said = NULL};
	if (went_well) {
		find_success_codes(who, found);
		return;
	}
	find_codes(f, who, found);
	const struct scan_context about = {
		.provider = o->provider, .provider_row = o->provider_row, .reply = found->reply};
	scan_words(f, who, &about, found);
	take_code_of_words(f, who, found);
	struct candidate codes = scan_provider_code(&about);
	if (codes.weight == 0)
		codes = scan_codes(&found->reply);
	if (codes.weight > 0 && codes.reason == REASON_EXPIRED)
		found->is_expired = true;
	if (beats(&codes, &found->why)) {
		found->why = codes;
		found->said = NULL;
		found->confidence = confidence_of(&codes, VOICE_DIAGNOSTIC);
	}
	read_letter(f, who, found);
	/* Refused before a word was said: it can only be the address of the sending server that is
	 * not wanted. */
	if (found->why.weight > 0 && found->why.reason == REASON_POLICY_REFUSED &&
		found->reply.code != 0 && o->stage == NIXIE_STAGE_CONNECT)
		found->why.reason = REASON_IP_REPUTATION;
	if (is_programs_trouble(who, found))
		found->why.reason = REASON_SYSTEM_ERROR;
	take_stated(f, who, found);
	if (!found->is_expired && sign_seen(&f->signs, SIGN_EXPIRED))
		found->is_expired = true;
	for (size_t i = 0;
		!found->is_expired && i < who->word_count && who->words[i].voice <= VOICE_OWN;
		i++) {
		found->is_expired =
			(words_scan(&who->words[i], f->arena)->signs >> SIGN_EXPIRED) & 1;
	}
}
