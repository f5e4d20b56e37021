#ifndef KMS_STORE_TOKEN_ROWS_H
#define KMS_STORE_TOKEN_ROWS_H

#include "kms/store/store.h"

/*
 * One-time tokens. What is kept is a name that finds the row, and a hash of the rest. A token is
 * open until it is used, voided, tried too often, or expired; a user has one open one at most.
 */
enum { TOKEN_HASH_SIZE = 32 };

struct token_row {
    struct span id; /* the part of its text that names it */
    int64_t user;
    struct span hash; /* TOKEN_HASH_SIZE bytes */
    int64_t created, expires;
    int64_t tries;              /* wrong ones so far */
    int64_t used_at, voided_at; /* 0: not */
    struct span key_kind;
    struct span vouched; /* the CA's signature (kms/request/issue/token_vouch.h) */
};

/* `tries`, `used_at`, `voided_at` are not looked at. FAULT_DENIED: the id is taken, or the user
 * has one that is neither used nor voided. */
MUST_USE enum fault token_add(struct store *store, const struct token_row *token, struct why *why);

MUST_USE enum fault token_find(struct store *store, struct span id, struct arena *arena,
                               struct token_row *out, struct why *why);

/* The one of that user that is neither used nor voided: it may have expired. FAULT_ABSENT. */
MUST_USE enum fault token_of_user(struct store *store, int64_t user, struct arena *arena,
                                  struct token_row *out, struct why *why);

/* Each counts, or ends it; FAULT_ABSENT when it is used or voided already. */
MUST_USE enum fault token_count_try(struct store *store, struct span id, struct why *why);
MUST_USE enum fault token_use(struct store *store, struct span id, int64_t at, struct why *why);
MUST_USE enum fault token_void(struct store *store, struct span id, int64_t at, struct why *why);

/* Whose token is neither used nor voided, and when it expires; by number of the user. `*there` is
 * false behind the last; the walk has ended then. */
struct open_token_row {
    int64_t user, expires;
};
MUST_USE enum fault open_token_walk(struct store *store, struct store_walk *walk, struct why *why);
MUST_USE enum fault open_token_next(struct store_walk *walk, struct open_token_row *out,
                                    bool *there, struct why *why);

/* The rows of those tokens, by number of the user. */
MUST_USE enum fault token_walk(struct store *store, struct store_walk *walk, struct why *why);
MUST_USE enum fault token_next(struct store_walk *walk, struct token_row *out, bool *there,
                               struct why *why);

#endif
