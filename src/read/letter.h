/*
 * letter - what somebody's letter says of a delivery in words that no row has as a whole
 *
 * Programs write the same sentence for decades, and the catalogue has it. A postmaster writes
 * his own: "The University's mail hub was not able to hand it over". But whoever
 * writes such a letter needs a word for mail, one for handing over and one for not. So the words of
 * `catalogue/letter_words.tsv` have classes, and `letter_rules.tsv` says what classes mean
 * that stand in one sentence.
 *
 * This is for what is left when nothing else has told, and too little to call a person's mail
 * a report: the form must show that an automat sent it.
 */
#ifndef READ_LETTER_H
#define READ_LETTER_H

#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "read/letter_words.h"

#define LETTER_BYTES_MAX 4096 /* what is longer is no letter; its beginning is read */

struct letter {
	uint32_t langs; /* it is in one of these, by their words; letter_word_row has the bits */
	bool speaks_of_mail, fails, is_delayed, has_ended, is_away, is_other, is_persons;
	size_t rule;      /* of catalogue_letter_rules, for the reason; LETTER_NO_RULE: none */
	struct str words; /* the sentence that gave the reason */
};
#define LETTER_NO_RULE SIZE_MAX

/* letter_read - what a text says. O(n) */
void letter_read(struct str text, struct letter *l);

/* Sentences of a letter, in order; the list is in the arena. */
struct letter_sentences {
	struct str *list;
	size_t count, room;
};

/* letter_read_telling - the same, and adds to *telling the sentences that tell of a failure or a
 * delay. When the arena has no room, the list is short. */
void letter_read_telling(
	struct str text, struct arena *a, struct letter *l, struct letter_sentences *telling);

/* letter_is_report - does it tell of a delivery that failed or waits? Accounts are closed in
 * letters too that do not speak of mail: the caller asks whether this one does. */
bool letter_is_report(const struct letter *l);

/* letter_is_delay - ... and is it still being tried? */
bool letter_is_delay(const struct letter *l);

/*
 * letter_sentence - takes the next sentence off *rest
 *
 * langs    words of these languages count
 * classes  1 << enum letter_class, or-ed, of the words in it
 * Returns  it; absent at the end
 * Cost     O(sentence)
 */
struct str letter_sentence(struct str *rest, uint32_t langs, uint64_t *classes);

#endif
