#ifndef REPORT_DIFF_FORMATS_H
#define REPORT_DIFF_FORMATS_H

#include "report/diff_report.h"

/* The formats of changes, and what they share. */
const struct diff_format *diff_format_table(void);
const struct diff_format *diff_format_csv(void);
const struct diff_format *diff_format_jsonl(void);

/*
 * A row's text is a head, which says who it is, and a body. The head begins with begin(), which
 * gives the mark that end() needs when the head is complete.
 */
size_t diff_head_begin(struct buffer *out);
void diff_head_end(struct buffer *out, size_t mark);

/* Takes a row's text apart; both are empty where there is no row. */
struct diff_text {
    struct span head, body;
};
struct diff_text diff_text_of(struct span text);

/* Who a change is about: what the new row says, else the old one. */
struct span diff_head(struct span old, struct span new);

/* Adds the names of the differences with `between` between them. */
void diff_add_differences(struct buffer *out, unsigned differs, const char *between);

#endif
