#ifndef KMS_STORE_AUDIT_ROWS_H
#define KMS_STORE_AUDIT_ROWS_H

#include "kms/store/store.h"

/*
 * The audit: a row for every act, in a chain. The hash of a row is SHA-256 of the transcript
 * "keyroster audit v1" of {store id, seq, time, act, who, subject, result, detail, number of
 * signatures, hash of the row before}, numbers as 8 bytes big-endian; that before the first is 32
 * zero bytes. Who acted signs the hash. The database itself refuses to change or remove a row.
 */
enum { AUDIT_HASH_SIZE = 32, AUDIT_SIGNATURE_SIZE = 64, AUDIT_SIGNERS_MAX = 64 };

struct audit_row {
    int64_t seq; /* 1, 2, 3, … */
    int64_t at;
    struct span act;     /* the verb: "enrol", "revoke", … */
    struct span who;     /* the actors, joined by "," */
    struct span subject; /* an address, a serial, a request */
    struct span result;  /* "done", "refused", … */
    struct span detail;
    int64_t signatures;         /* how many */
    struct span previous, hash; /* AUDIT_HASH_SIZE bytes each */
};

/* What the hash of a row has to be, by everything else in it. FAULT_RESOURCE. */
MUST_USE enum fault audit_hash(struct store *store, const struct audit_row *row,
                               uint8_t hash[AUDIT_HASH_SIZE], struct why *why);

/* Somebody whose key is open: signs the AUDIT_HASH_SIZE bytes of a hash. */
struct audit_signer {
    int64_t person;
    const void *key; /* handed to `sign` */
    enum fault (*sign)(const void *key, struct span hash, uint8_t signature[AUDIT_SIGNATURE_SIZE],
                       struct why *why);
};

/*
 * Adds a row, within store_begin(). Of `row`, at, act, who, subject, result and detail are taken; a
 * span without bytes is an empty text. `signers` may be none: a refused act for which no key was
 * opened. Fails as the store does, or as `sign` does; roll back then.
 */
MUST_USE enum fault audit_append(struct store *store, const struct audit_row *row,
                                 const struct audit_signer *signers, size_t count, struct why *why);

/* All rows from `seq` on. `*there` is false behind the last; the walk has ended then. */
MUST_USE enum fault audit_walk(struct store *store, int64_t seq, struct store_walk *walk,
                               struct why *why);
/* Those of one act. */
MUST_USE enum fault audit_walk_act(struct store *store, struct span act, struct store_walk *walk,
                                   struct why *why);
/*
 * Those of the act `admins`, the newest first; those of the acts `collect` and `complete` about one
 * user. They are found without reading all rows.
 */
MUST_USE enum fault audit_walk_admins(struct store *store, struct store_walk *walk,
                                      struct why *why);
MUST_USE enum fault audit_walk_collected(struct store *store, struct span subject,
                                         struct store_walk *walk, struct why *why);
MUST_USE enum fault audit_walk_completed(struct store *store, struct span subject,
                                         struct store_walk *walk, struct why *why);
MUST_USE enum fault audit_next(struct store_walk *walk, struct audit_row *out, bool *there,
                               struct why *why);

/* The end of the chain: to be signed and kept elsewhere. */
struct audit_head {
    int64_t seq, at;
    uint8_t hash[AUDIT_HASH_SIZE];
};

/* FAULT_ABSENT: there is no row yet. */
MUST_USE enum fault audit_head(struct store *store, struct audit_head *out, struct why *why);

/* True when `signature` is that of the public key `signing` over `hash`; asked by many threads. */
typedef bool audit_check_signature(struct span signing, struct span hash, struct span signature);

/*
 * Looks at one row alone: `*out` tells whether its hash is its own, and who signed it did so, one
 * at least. The chain is not followed.
 */
MUST_USE enum fault audit_row_verify(struct store *store, const struct audit_row *row,
                                     audit_check_signature *check, bool *out, struct why *why);

struct audit_verdict {
    int64_t rows;     /* how many were good, from the first one on */
    int64_t bad_seq;  /* the first that is not as it was written; 0: none */
    const char *what; /* what is wrong with it; a constant */
};

/*
 * Goes along the whole chain: numbers without a gap, hashes, signatures as many as the row says,
 * each by the key of somebody in the store, and one at least unless the act was refused; and, when
 * `kept` is not NULL, that the chain goes through it still. A chain that is broken is no failure of
 * the call: `out->bad_seq` tells. With `kept`, a chain that was cut off before it has bad_seq one
 * behind its last row. `check` NULL: the signatures are counted only; else they are checked by as
 * many hands as `threads` says, while the chain is read, and what is told is the same.
 */
MUST_USE enum fault audit_verify(struct store *store, audit_check_signature *check, size_t threads,
                                 const struct audit_head *kept, struct audit_verdict *out,
                                 struct why *why);

#endif
