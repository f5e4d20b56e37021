#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * How wide the columns of the table are, and what is done to a cell that is wider. On a
 * terminal nothing is cut that tells the answer: the reason is wrapped between words, names and
 * addresses are shortened, and where there is no room at all the addresses are left out.
 */
enum layout_column {
    LAYOUT_MAILBOX,
    LAYOUT_ADDRESS,
    LAYOUT_USES,
    LAYOUT_STANDING,
    LAYOUT_REASON,
    LAYOUT_COLUMNS
};

struct layout {
    size_t widths[LAYOUT_COLUMNS]; /* in columns of the terminal; 0: the column is left out */
};

/* How many columns of a terminal a text in UTF-8 takes (the locale's wcwidth(3)). */
size_t layout_width(struct span text);

/* Decides from the widest cells, headings among them, for a terminal of `width` columns. */
struct layout layout_decide(const size_t widest[LAYOUT_COLUMNS], size_t width);

/* Adds `text`, shortened to `width` columns with an ellipsis where it is longer. */
void layout_add_shortened(struct buffer *out, struct span text, size_t width);

/* Adds `text` with line ends between words, so that no line is wider than `width` columns. */
void layout_add_wrapped(struct buffer *out, struct span text, size_t width);

#endif
