#ifndef REPORT_HTML_CHART_H
#define REPORT_HTML_CHART_H

#include "report/html_page.h"

/*
 * The charts of the page: tables and lists of numbers, which any reader can read, with bars in SVG
 * beside them. The bars tell yes, no and unknown apart by filling, not by colour.
 */

/* Adds the bar of the three answers, and its legend; nothing where there is no mailbox. */
void html_add_shares(struct buffer *out, const struct summary *summary);

/* Adds a row for each standing that a mailbox has. */
void html_add_standings(struct buffer *out, const struct summary *summary);

/* Adds how many use KMS in each of the largest containers, and in the others together. */
void html_add_containers(struct buffer *out, const struct page *page);

/* Adds a column for each month, and how many ended before them or end after. */
void html_add_months(struct buffer *out, const struct page *page);

/* Adds a bar for each of the largest counts, keys or issuers, and for the others together. */
void html_add_counts(struct buffer *out, const struct tally *tally, const char *heading);

/* Adds each warning that a row has, what it means, and how many have it. */
void html_add_warnings(struct buffer *out, const struct page *page);

#endif
