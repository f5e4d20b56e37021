#ifndef ROSTER_DIFF_H
#define ROSTER_DIFF_H

#include "base/spool.h"
#include "roster/roster.h"

/*
 * What has changed between two rosters. Both are read once, into records of some 130 bytes a
 * mailbox, and compared. The rows of the new one that are another are put aside in a file as they
 * come; for those of the old one it is read once more, and the new one too where it turns out that
 * a row is another one's after all.
 *
 * Of a source that can be read only once (a pipe), or would not say the same twice (a live
 * directory), all rows are put aside.
 *
 * Changes come in the order of the new roster; then, in the order of the old one, who has left.
 */
enum diff_place { DIFF_OLD, DIFF_NEW };

struct diff {
    struct source *sources[2]; /* by enum diff_place; opened, not yet started */
    const char *names[2];
    struct spool *spools[2];     /* opened */
    const struct roster *judged; /* how: trust, rules, site, remotes, threads, complain, progress */
    uint32_t shown;              /* bit n: enum diff_change n; the counts are of all */
    struct diff_report *report;
};

struct diff_outcome {
    uint64_t counts[DIFF_CHANGES];
    uint64_t complaints;
    bool unread;     /* nothing of a source could be read: nothing was compared */
    bool incomplete; /* a side shows a part only */
};

/*
 * Compares and reports. Complaints about input are no fault.
 *
 * FAULT_RESOURCE  the output cannot be written, no thread, no memory or no disk, or a file was
 * changed between its two readings: `*why` tells. `*at_fault` is the source, or NULL.
 */
MUST_USE enum fault diff_run(const struct diff *diff, struct diff_outcome *out,
                             const char **at_fault, struct why *why);

#endif
