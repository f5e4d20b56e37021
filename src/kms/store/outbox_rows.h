#ifndef KMS_STORE_OUTBOX_ROWS_H
#define KMS_STORE_OUTBOX_ROWS_H

#include "kms/store/store.h"

/* What is to be told to the directory, in order: written with the act, delivered after its commit.
 */
enum outbox_what { OUTBOX_ADD = 0, OUTBOX_REMOVE = 1 };

struct outbox_row {
    int64_t id;
    int64_t at;
    int64_t certificate, user; /* row numbers */
    enum outbox_what what;
    int64_t done_at; /* 0: waits */
};

/* `id`, `done_at` are not looked at. */
MUST_USE enum fault outbox_add(struct store *store, const struct outbox_row *row, struct why *why);

/* Those with number greater than `after` that wait, at most `max`, oldest first. */
MUST_USE enum fault outbox_list(struct store *store, int64_t after, size_t max, struct arena *arena,
                                struct outbox_row **out, size_t *count, struct why *why);

/* FAULT_ABSENT when it was done before. */
MUST_USE enum fault outbox_done(struct store *store, int64_t id, int64_t at, struct why *why);

#endif
