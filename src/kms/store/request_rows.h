#ifndef KMS_STORE_REQUEST_ROWS_H
#define KMS_STORE_REQUEST_ROWS_H

#include "kms/store/store.h"

/* Recoveries: what was asked, for which envelopes, and who approved. */
enum { REQUEST_DIGEST_SIZE = 32, REQUEST_DOCUMENT_MAX = 16 << 20, REQUEST_ITEMS_MAX = 1 << 16 };

struct request_row {
    int64_t id;
    struct span digest;   /* REQUEST_DIGEST_SIZE bytes: what approvers sign */
    struct span document; /* the REQUEST file as it was written */
    int64_t requester;    /* person */
    int64_t user;
    int64_t created, expires;
    struct span seal_public; /* the request's own key … */
    struct span seal_locked; /* … and its private half, readable by the requester only */
    int64_t done_at;         /* collected; 0: not yet */
};

/* `id`, `done_at` are not looked at. FAULT_DENIED: the same request is there. */
MUST_USE enum fault request_add(struct store *store, const struct request_row *row, int64_t *id,
                                struct why *why);
MUST_USE enum fault request_find(struct store *store, struct span digest, struct arena *arena,
                                 struct request_row *out, struct why *why);

/* FAULT_ABSENT when it was done before. Its private half and the partial results are overwritten.
 */
MUST_USE enum fault request_done(struct store *store, int64_t id, int64_t at, struct why *why);

/* The last time that a user's keys were handed out. */
struct recovered_row {
    int64_t user, at;
};

/* All users of whom a request is done, by their numbers. */
MUST_USE enum fault recovered_list(struct store *store, struct arena *arena,
                                   struct recovered_row **out, size_t *count, struct why *why);

struct request_item_row {
    int64_t request, certificate; /* the certificate's row number */
    struct span envelope_digest;  /* REQUEST_DIGEST_SIZE bytes */
};

MUST_USE enum fault request_item_add(struct store *store, const struct request_item_row *item,
                                     struct why *why);
MUST_USE enum fault request_item_list(struct store *store, int64_t request, struct arena *arena,
                                      struct request_item_row **out, size_t *count,
                                      struct why *why);

struct approval_row {
    int64_t request, person;
    int64_t at;
    struct span partials;  /* sealed to the request's key; NULL once it is done */
    struct span signature; /* of the agent, over the digest and the partials */
    int64_t escrow;        /* the generation of the share that they were made with */
};

/* FAULT_DENIED: this person has approved it already. */
MUST_USE enum fault approval_add(struct store *store, const struct approval_row *row,
                                 struct why *why);

/* In the order in which they came. */
MUST_USE enum fault approval_list(struct store *store, int64_t request, struct arena *arena,
                                  struct approval_row **out, size_t *count, struct why *why);

#endif
