#ifndef ROSTER_ROSTER_H
#define ROSTER_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "cert/trust.h"
#include "report/report.h"
#include "roster/diffing.h"
#include "roster/exporting.h"
#include "roster/tidying.h"
#include "roster/witness.h"
#include "source/source.h"
#include "verdict/verdict.h"

/*
 * The engine: batches in, rows out, in the order of the input, in constant memory.
 *
 * Every thread does the same: takes the reader's seat, fills one batch, gives the seat to the next,
 * judges its records, waits for its turn, and hands its rows over. So the file is read by one
 * thread at a time from its start to its end, and what is printed does not depend on how many
 * threads there are.
 */

/* Which rows are shown; the summary counts them all. */
struct selection {
    uint32_t standings;    /* bit n: enum standing n; 0: all */
    struct span container; /* empty: all */
    bool expiring_only;    /* only rows whose effective certificate ends within the warning time */
    uint32_t marks;        /* only rows with one of these marks of a witness; 0: all */
};

/* Told of what could not be read: a file (or NULL), a line (or 0), and the sentence. */
typedef void roster_complain(void *context, const char *source, uint64_t line,
                             struct span sentence);

/* Told how far the reading is, now and then: of a file of `size` bytes (0: unknown). */
typedef void roster_progress(void *context, const char *source, uint64_t position, uint64_t size,
                             uint64_t mailboxes);

struct roster {
    struct source **sources; /* opened, not yet started */
    const char *const *names;
    size_t source_count;
    const struct trust *trust;     /* NULL: nothing was given; else sealed */
    const struct witness *witness; /* NULL: nobody knows more */
    struct rules rules;
    const char *site; /* NULL: not given */
    bool remotes;     /* custom recipients are rows too */
    bool shared_keys; /* warn of keys that two mailboxes have: every source is read twice */
    struct selection selection;
    size_t threads; /* 1 or more */
    /* NULL, or where it is noted of each source that no entry has a certificate attribute: of a
       part that is no complaint, since others may have it. */
    bool *bare;
    struct report *report;
    struct exporting *exporting; /* NULL: a roster; else the rows of a directory export */
    struct tidying *tidying;     /* NULL; else the rows of what is to be removed */
    struct diffing *diffing;     /* NULL; else mailboxes of one side of a comparison */
    roster_complain *complain;
    roster_progress *progress; /* NULL: nobody looks */
    void *context;
};

/* What came of it. */
struct outcome {
    struct summary summary;
    size_t unread_sources; /* sources of which nothing could be read */
    uint64_t complaints;
};

/*
 * Reads all sources, judges every mailbox, reports. Complaints about input are no fault.
 *
 * FAULT_RESOURCE  the output cannot be written, no thread or no memory: `*why` tells. The report
 *                 is not complete then.
 */
MUST_USE enum fault roster_run(const struct roster *roster, struct outcome *out, struct why *why);

#endif
