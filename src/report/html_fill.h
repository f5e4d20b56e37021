#ifndef REPORT_HTML_FILL_H
#define REPORT_HTML_FILL_H

#include "report/html_page.h"

/* What the slots of html/page.html are filled from. */
struct html_filling {
    const struct report_options *options;
    const struct summary *summary; /* NULL for what stands before the rows */
    struct page *page;             /* NULL there, and with --summary; its tallies get sorted */
};

/* Adds what belongs into the slot, which is one of the page's. */
void html_fill(struct buffer *out, const char *slot, const struct html_filling *filling);

/* Adds a row of the list as the script in the page would make it. */
void html_add_row(struct buffer *out, const struct span cells[]);

#endif
