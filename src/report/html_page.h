#ifndef REPORT_HTML_PAGE_H
#define REPORT_HTML_PAGE_H

#include "report/report.h"
#include "report/tally.h"

/*
 * What the page in HTML keeps of its rows, besides writing them as lines of JSON for the script in
 * it: counts for the charts, and the first rows for readers without scripts. Its memory does not
 * grow with the roster.
 *
 * A row comes as cells of safe UTF-8 text, in the order of enum page_cell, divided as table.h says.
 */
enum page_cell {
    PAGE_NAME,
    PAGE_ADDRESS,
    PAGE_CONTAINER,
    PAGE_USES,     /* a number of enum uses_kms */
    PAGE_STANDING, /* a number of enum standing */
    PAGE_REASON,
    PAGE_ISSUER, /* of the row's certificate, as the next two; empty: it has none */
    PAGE_KEY,
    PAGE_ENDS,     /* 2027-03-01 */
    PAGE_WARNINGS, /* bits of enum warning */
    PAGE_CELLS
};

/* PAGE_NAMES: so many containers, issuers and kinds of keys are told apart. */
enum { PAGE_MONTHS = 24, PAGE_NAMES = 20000, PAGE_FIRST_ROWS = 50 };

struct page {
    struct report_options options;              /* what it points to is the caller's */
    struct tally containers, keys, issuers;     /* kinds: enum uses_kms */
    uint64_t ended, months[PAGE_MONTHS], later; /* by the month in which the certificate ends, */
    int first_month; /* the months since year 0 until the one of options.at */
    uint64_t warnings[WARNING_COUNT];
    uint64_t warned; /* rows that have any */
    uint64_t rows;
    struct buffer first; /* the first rows, as they came */
    struct buffer json;  /* what is being written */
};

/* NULL: no memory. */
struct page *page_new(const struct report_options *options);

/* Takes whole rows and writes their JSON. Faults of the sink, or FAULT_RESOURCE. */
MUST_USE enum fault page_take(struct page *page, struct span rows, report_sink *sink, void *context,
                              struct why *why);

/* Takes the cells of the next row. */
void page_next_row(struct cursor *rows, struct span cells[PAGE_CELLS]);

/* The number in a cell of ours. */
uint32_t page_number(struct span cell);

void page_free(struct page *page);

#endif
