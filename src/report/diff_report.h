#ifndef REPORT_DIFF_REPORT_H
#define REPORT_DIFF_REPORT_H

#include "report/report.h"

/*
 * The changes between two rosters, in one of three formats. A row of either side becomes a text of
 * its own first (diff_format->row), by whichever thread judged it; two of them, or one, become a
 * change when its turn comes (diff_report_add).
 */
enum diff_change {
    DIFF_NONE, /* both sides say the same */
    DIFF_APPEARED,
    DIFF_LEFT,
    DIFF_REVOKED,
    DIFF_ENROLLED,
    DIFF_LAPSED,
    DIFF_RENEWED,
    DIFF_CHANGED,
    DIFF_CHANGES /* how many there are */
};

/* In what the two sides of a mailbox differ. */
enum diff_difference {
    DIFF_NAMES = 1 << 0,
    DIFF_ADDRESSES = 1 << 1,
    DIFF_CERTIFICATES = 1 << 2,
};

const char *diff_change_name(enum diff_change change); /* "appeared" … */

/* Finds a change by its name; false when there is no such one. */
MUST_USE bool diff_change_find(struct span name, enum diff_change *out);

struct diff_format {
    const char *name;
    void (*begin)(struct buffer *out);
    void (*row)(struct buffer *out, const struct row *row);
    void (*change)(struct buffer *out, enum diff_change change, unsigned differs, struct span old,
                   struct span new);
    bool is_table; /* changes are rows for table.h, not output yet */
};

/* Finds a format by its name, or NULL. */
const struct diff_format *diff_format_find(struct span name);

struct diff_report {
    const struct diff_format *format;
    size_t width; /* table: columns of the terminal; 0: as wide as it needs */
    bool colour;  /* table */
    report_sink *sink;
    void *context;
    struct table *table;
    struct buffer text;
};

/* What stands before the changes. Faults of the sink, or FAULT_RESOURCE. */
MUST_USE enum fault diff_report_begin(struct diff_report *report, struct why *why);

/*
 * Adds one change. `old` and `new` are the rows' texts; the one that is not there is empty. Faults
 * of the sink, or FAULT_RESOURCE.
 */
MUST_USE enum fault diff_report_add(struct diff_report *report, enum diff_change change,
                                    unsigned differs, struct span old, struct span new,
                                    struct why *why);

/* What stands behind them; `counts` are of all changes, shown or not. Faults as above. */
MUST_USE enum fault diff_report_end(struct diff_report *report, const uint64_t counts[DIFF_CHANGES],
                                    bool incomplete, struct why *why);

/* Frees what the report holds, not the sink's. */
void diff_report_clear(struct diff_report *report);

#endif
