#ifndef REPORT_SUMMARY_READ_H
#define REPORT_SUMMARY_READ_H

#include "report/report.h"

/* A document of `--summary -f json`, read back. */
struct summary_document {
    int64_t at;
    struct summary summary;
    char **sources; /* owned, as what they point to is */
    bool *bare;     /* owned: in this part of the source no entry has a certificate attribute */
    size_t source_count;
    uint64_t part, parts; /* which part of the sources it is about, of how many; 0: the whole */
    char *basis;          /* owned: of a part, what it stands on; NULL: not told */
};

/*
 * Reads a document. Members that it does not know are passed over; in the counts there are none.
 *
 * FAULT_SYNTAX    no JSON (RFC 8259), no document of this kind, or counts that cannot be: the rule
 *                 tells which
 * FAULT_RESOURCE  memory
 *
 * The caller clears `*out`.
 */
MUST_USE enum fault summary_read(struct span json, struct summary_document *out, struct why *why);

void summary_document_clear(struct summary_document *document);

#endif
