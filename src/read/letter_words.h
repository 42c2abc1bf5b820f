/*
 * letter_words - the classes of the words in a sentence, by catalogue/letter_words.tsv
 *
 * A word counts where it begins: behind what is no letter, and in scripts that put no blanks
 * between words anywhere. Addresses, hosts and links are full of words that say nothing.
 */
#ifndef READ_LETTER_WORDS_H
#define READ_LETTER_WORDS_H

#include "base/str.h"

#define LETTER_SENTENCE_MAX 640 /* bytes; a longer one is cut into several */

/* letter_classes - 1 << enum letter_class, or-ed, of all words in at most LETTER_SENTENCE_MAX bytes
 * that a language of `langs` has. O(n) */
uint64_t letter_classes(struct str sentence, uint32_t langs);

/* letter_languages - those with half as many words as the one that has most: "je" is Czech and
 * French, and only the letter as a whole tells which. A neighbour's words are good for both. Its
 * first 1,536 bytes count. O(n) */
uint32_t letter_languages(struct str text);

#endif
