#ifndef KMS_STORE_CRL_ROWS_H
#define KMS_STORE_CRL_ROWS_H

#include "kms/store/store.h"

/* The revocation lists that were made. One number counts them all, parts too, and never goes back.
 */
enum { CRL_DIGEST_SIZE = 32 };

struct crl_row {
    int64_t number;
    int64_t part, parts; /* 0 of 0: the whole list */
    int64_t this_update, next_update;
    int64_t entries;
    struct span digest; /* SHA-256 of the DER */
};

/*
 * The number for the next list: the time, in seconds, or one more than the last where that is
 * greater. So it does not go back where an older backup was restored. Within store_begin(), so that
 * nobody else takes it.
 */
MUST_USE enum fault crl_next_number(struct store *store, int64_t now, int64_t *out,
                                    struct why *why);

/* FAULT_DENIED: the number is not greater than all before. */
MUST_USE enum fault crl_add(struct store *store, const struct crl_row *row, struct why *why);

/* The last list of that part. FAULT_ABSENT: there is none. */
MUST_USE enum fault crl_last(struct store *store, int64_t part, int64_t parts, struct arena *arena,
                             struct crl_row *out, struct why *why);

/* Whether a list of that number was made then. FAULT_ABSENT: there is none. */
MUST_USE enum fault crl_check(struct store *store, int64_t number, int64_t this_update,
                              struct why *why);

#endif
