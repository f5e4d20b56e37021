#ifndef KMS_REQUEST_RECOVERY_COLLECT_RESULTS_H
#define KMS_REQUEST_RECOVERY_COLLECT_RESULTS_H

#include "kms/request/recovery/collect.h"

/* Between the files of collect.c: what agents have given for a request. */

/* One agent's results. */
struct collect_source {
    struct span agent;      /* his name */
    int64_t person;         /* his row */
    unsigned place;         /* the index of his share */
    struct secret partials; /* encoded, one behind the other */
    bool is_bad;            /* named among the faults, and left out */
};

struct collect_sources {
    struct collect_source *at;
    size_t count;
};

/*
 * Opens the approvals of a request with its private key: signatures, generation and lengths are
 * checked, those that fail are named among out->faults of the collection. To be cleared in either
 * case. FAULT_RESOURCE, FAULT_SYNTAX: the store.
 */
MUST_USE enum fault collect_sources_open(struct collector *collector, struct collection *collection,
                                         const struct secret *private, struct arena *arena,
                                         struct collect_sources *out, struct why *why);
void collect_sources_clear(struct collect_sources *sources);

/* How many are not bad. */
size_t collect_sources_good(const struct collect_sources *sources);

/* Leaves a source out, for the reason `what`, which is copied to the arena. FAULT_RESOURCE */
MUST_USE enum fault collect_source_drop(struct collect_source *source,
                                        struct collection *collection, struct arena *arena,
                                        const char *what, struct why *why);

/*
 * The sentence for too few: how many are needed, how many there are, and which agents have not
 * approved. Returns FAULT_DENIED, or FAULT_RESOURCE, FAULT_SYNTAX of the store.
 */
MUST_USE enum fault collect_too_few(struct collector *collector,
                                    const struct collection *collection,
                                    const struct collect_sources *sources, struct arena *arena,
                                    struct why *why);

#endif
