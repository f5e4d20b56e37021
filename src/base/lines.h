#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/cursor.h"

/*
 * Finds where a folded line ends for good (RFC 2849: a line goes on in the next one when that
 * starts with a space): the index of its last LF, or text.len. `*folds` is how many LFs before that
 * one are followed by a space.
 */
MUST_USE size_t lines_folded_end(struct span text, size_t *folds);

/* Index of the first byte that is `a` or `b`, or text.len. */
MUST_USE size_t lines_find_either(struct span text, uint8_t a, uint8_t b);

#endif
