#ifndef REPORT_MERGE_H
#define REPORT_MERGE_H

#include "report/summary_read.h"

/* Adds up the summaries of parts: what `--summary` would have said of the whole. `{0}` is empty. */
struct merge {
    struct summary_document total; /* its sources are each named once */
    size_t documents;
    bool last_incomplete;   /* the document added last says that its roster is incomplete */
    struct merge_set *sets; /* of parts of the same sources */
    size_t set_count;
};

/*
 * Adds one document; on failure nothing is added.
 *
 * FAULT_SYNTAX    as summary_read(); judged at another time than the first; the same part again, or
 *                 one on another basis than the first of its sources; the same whole again
 * FAULT_LIMIT     more mailboxes than 63 bits count
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault merge_add(struct merge *merge, struct span json, struct why *why);

/* Told what the sum lacks: of which source, and the sentence. */
typedef void merge_complain(void *context, const char *source, struct span sentence);

/*
 * Says which parts are missing, whereupon the sum is incomplete, and of which sources all parts are
 * here and none has a certificate attribute. False when there was something to say.
 */
MUST_USE bool merge_end(struct merge *merge, merge_complain *complain, void *context);

void merge_clear(struct merge *merge);

#endif
