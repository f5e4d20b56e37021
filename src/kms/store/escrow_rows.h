#ifndef KMS_STORE_ESCROW_ROWS_H
#define KMS_STORE_ESCROW_ROWS_H

#include "kms/store/store.h"

/*
 * The recovery key: its public side by generation (resharing makes a new generation of the same
 * key), the shares of each, and what lies under it, one envelope for each escrowed key.
 */
enum { ESCROW_ENVELOPE_MAX = 64 * 1024, ESCROW_SHARES_MAX = 64 };

struct escrow_row {
    int64_t id;              /* the generation */
    struct span public;      /* vault_public_encode() */
    struct span certificate; /* the recovery certificate, DER */
    int64_t quorum, count;
    int64_t since, until; /* until: 0 for the one in use */
};

/* `id`, `until` are not looked at. The one in use until now ends at `row->since`. */
MUST_USE enum fault escrow_add(struct store *store, const struct escrow_row *row, int64_t *id,
                               struct why *why);
MUST_USE enum fault escrow_current(struct store *store, struct arena *arena, struct escrow_row *out,
                                   struct why *why);
MUST_USE enum fault escrow_get(struct store *store, int64_t id, struct arena *arena,
                               struct escrow_row *out, struct why *why);

/* The certificate of a generation whose row had an empty one: the CA's root is outside, and had not
 * signed yet. FAULT_DENIED: it has one. */
MUST_USE enum fault escrow_set_certificate(struct store *store, int64_t id, struct span certificate,
                                           struct why *why);

struct share_row {
    int64_t escrow, person;
    int64_t place;      /* 1..count: the index of the share */
    struct span sealed; /* under the agent's passphrase; NULL: he keeps it in a file */
};

MUST_USE enum fault share_add(struct store *store, const struct share_row *share, struct why *why);
MUST_USE enum fault share_get(struct store *store, int64_t escrow, int64_t person,
                              struct arena *arena, struct share_row *out, struct why *why);
MUST_USE enum fault share_set_sealed(struct store *store, int64_t escrow, int64_t person,
                                     struct span sealed, struct why *why);

/* Overwrites what is kept of the shares of that generation: resharing has made them useless. */
MUST_USE enum fault share_forget(struct store *store, int64_t escrow, struct why *why);

/* The shares of a generation, by place. */
MUST_USE enum fault share_list(struct store *store, int64_t escrow, struct arena *arena,
                               struct share_row **out, size_t *count, struct why *why);

struct envelope_row {
    int64_t certificate; /* the row's number in certificate_rows.h */
    struct span cms;     /* DER */
    struct span binding; /* the authority's record that binds it to serial and user */
};

/* FAULT_DENIED: there is one already, or no such certificate. FAULT_LIMIT: ESCROW_ENVELOPE_MAX. */
MUST_USE enum fault envelope_add(struct store *store, const struct envelope_row *row,
                                 struct why *why);

/* By the number or by the serial of the certificate. */
MUST_USE enum fault envelope_get(struct store *store, int64_t certificate, struct arena *arena,
                                 struct envelope_row *out, struct why *why);
MUST_USE enum fault envelope_find(struct store *store, struct span serial, struct arena *arena,
                                  struct envelope_row *out, struct why *why);

/* All, by number; for check. `*there` is false behind the last; the walk has ended then. */
MUST_USE enum fault envelope_walk(struct store *store, struct store_walk *walk, struct why *why);
MUST_USE enum fault envelope_next(struct store_walk *walk, struct envelope_row *out, bool *there,
                                  struct why *why);

#endif
