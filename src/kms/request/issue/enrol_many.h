#ifndef KMS_REQUEST_ISSUE_ENROL_MANY_H
#define KMS_REQUEST_ISSUE_ENROL_MANY_H

#include "kms/request/issue/bulk.h"
#include "kms/request/issue/enrol.h"

/*
 * The act `enrol`: many who are to be enrolled, in their order, each with a token or, where issue
 * terms are given, with both certificates at once. Run twice, it does nothing the second time.
 * Whoever comes twice in one run is done once, also with `again`. A name of more characters than a
 * certificate holds is cut, and the reason says so.
 */
enum enrol_result { ENROL_TOKEN, ENROL_ISSUED, ENROL_DONE, ENROL_FAILED };

/* The word of it in a row: `token`, `issued`, `already`, `failed`. */
const char *enrol_result_name(enum enrol_result result);

struct enrol_asked {
    struct enrol_order order;
    const char *doubt; /* why he is not to be enrolled, whatever is said of him; NULL: nothing */
    uint64_t line;     /* of the source; 0: none */
};

struct enrol_row {
    enum enrol_result result;
    struct span address;
    const char *token;         /* NULL: none */
    int64_t expires;           /* of the token; 0: none */
    const char *reason;        /* NULL: none */
    uint64_t line;             /* 0: none */
    const char *file;          /* the name of the PKCS#12 in its folder; NULL: none */
    const struct issue *issue; /* NULL: none */
};

struct enrol_many {
    struct enrol_terms terms;
    const struct issue_terms *issue; /* NULL: tokens */
    const struct p12_dir *dir;       /* not NULL with the above */
    size_t threads;
    void *context;

    /* The next one, in the arena. FAULT_ABSENT at the end; another fault ends the run. */
    enum fault (*next)(void *context, struct arena *arena, struct enrol_asked *out,
                       struct why *why);

    /* Called after the commit, in order. A fault ends the run. */
    enum fault (*tell)(void *context, const struct enrol_row *row, struct why *why);
};

/* FAULT_RESOURCE, FAULT_SYNTAX (the store is damaged), and what the two above answer. */
MUST_USE enum fault enrol_many(struct kms *kms, const struct enrol_many *many, struct why *why);

#endif
