#ifndef KMS_STORE_CHECK_H
#define KMS_STORE_CHECK_H

#include "kms/store/store.h"

/*
 * The invariants of a store that need no cryptography: the database is whole, its schema is the one
 * that this program makes, what refers to something refers to something that is there, and a table
 * of rules in SQL (check.c).
 *
 * `each` hears of every place that breaks one: `rule` is a constant sentence, `where` names the
 * row. When it fails, the check ends with its fault.
 */
struct store_check {
    enum fault (*each)(void *context, const char *rule, struct span where, struct why *why);
    void *context;
};

/* `*broken` counts the places. Failures are those of the store: what is damaged beyond reading too.
 */
MUST_USE enum fault store_check(struct store *store, const struct store_check *check,
                                int64_t *broken, struct why *why);

#endif
