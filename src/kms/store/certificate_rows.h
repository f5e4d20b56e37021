#ifndef KMS_STORE_CERTIFICATE_ROWS_H
#define KMS_STORE_CERTIFICATE_ROWS_H

#include "kms/store/store.h"

/*
 * Every certificate that was ever issued to a user. A row's number is made of the user's, so that
 * the certificates of one user lie beside each other, and those of a new one behind all others.
 */
enum {
    CERTIFICATE_SERIAL_MAX = 20,    /* bytes, RFC 5280 section 4.1.2.2 */
    CERTIFICATE_USER_MAX = 1 << 16, /* certificates of one user */
    CERTIFICATE_DER_MAX = 64 * 1024 /* bytes of one */
};

enum certificate_purpose { CERTIFICATE_SIGNING = 0, CERTIFICATE_ENCRYPTION = 1 };

enum certificate_status {
    CERTIFICATE_GOOD = 0,
    CERTIFICATE_HELD = 1, /* revoked with reason certificateHold; may be released */
    CERTIFICATE_REVOKED = 2,
};

struct certificate_row {
    int64_t id;
    int64_t user;
    struct span serial; /* the INTEGER's bytes, big-endian, without a leading zero byte */
    enum certificate_purpose purpose;
    struct span der;
    struct span key_kind; /* "p256", "rsa2048", … */
    int64_t not_before, not_after, issued_at;
    enum certificate_status status;
    int64_t revoked_at; /* 0 while good */
    int reason;         /* of RFC 5280 section 5.3.1; 0 while good */
    int64_t crl_part;   /* the part of the partitioned list that its URL names; 0: none */
    int64_t escrow;  /* generation (escrow_rows.h) of the recovery key that its key lies under; 0:
                        not escrowed. Then an envelope of the same serial is there */
    bool is_current; /* the last one of its user and purpose: what renew looks at */
};

/*
 * Adds one that is good and current; the one of the same user and purpose that was current until
 * now is so no longer. `id`, `status`, `revoked_at`, `reason`, `is_current` are not looked at.
 * FAULT_DENIED: the serial is taken, no such user. FAULT_LIMIT: CERTIFICATE_USER_MAX, _DER_MAX.
 */
MUST_USE enum fault certificate_add(struct store *store, const struct certificate_row *row,
                                    int64_t *id, struct why *why);

MUST_USE enum fault certificate_find(struct store *store, struct span serial, struct arena *arena,
                                     struct certificate_row *out, struct why *why);

/* All of one user, oldest first. */
MUST_USE enum fault certificate_list(struct store *store, int64_t user, struct arena *arena,
                                     struct certificate_row **out, size_t *count, struct why *why);

/* Good → held or revoked, held → revoked. FAULT_DENIED: it is revoked, or held and is to be held.
 */
MUST_USE enum fault certificate_revoke(struct store *store, int64_t id,
                                       enum certificate_status status, int reason, int64_t at,
                                       struct why *why);

/* Held → good. FAULT_DENIED when it is not held. */
MUST_USE enum fault certificate_release(struct store *store, int64_t id, struct why *why);

/*
 * Which users are due: those who have a current, good certificate that ends before `before`, and
 * have not left. Their numbers, each once, in order; `*out` is the caller's to free().
 */
MUST_USE enum fault certificate_due(struct store *store, int64_t before, int64_t **out,
                                    size_t *count, struct why *why);

/* What a revocation list says of one. */
struct revoked_row {
    struct span serial;
    enum certificate_status status; /* held or revoked */
    int64_t revoked_at, not_after;
    int reason;
    int64_t crl_part;
};

/*
 * All that are held or revoked and end at `ends_after` or later, in the order of their serials (by
 * bytes). `*there` is false behind the last; the walk has ended then.
 */
MUST_USE enum fault revoked_walk(struct store *store, int64_t ends_after, struct store_walk *walk,
                                 struct why *why);
MUST_USE enum fault revoked_next(struct store_walk *walk, struct revoked_row *out, bool *there,
                                 struct why *why);

MUST_USE enum fault certificate_count(struct store *store, int64_t *out, struct why *why);

/* All, by number: users in order, each one's oldest first. For check. As revoked_walk(). */
MUST_USE enum fault certificate_walk(struct store *store, struct store_walk *walk, struct why *why);
MUST_USE enum fault certificate_next(struct store_walk *walk, struct certificate_row *out,
                                     bool *there, struct why *why);

#endif
