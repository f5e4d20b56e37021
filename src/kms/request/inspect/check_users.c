#include <stdlib.h>
#include <string.h>

#include "kms/request/inspect/check_internal.h"
#include "kms/request/issue/user_digest.h"
#include "kms/store/audit_rows.h"

/* Who users are by the audit: the last that an enrolment told of each. */

enum { FIRST_CAPACITY = 64 };

struct told_user {
    int64_t id, seq;
    uint8_t digest[USER_DIGEST_SIZE];
};

struct told_users {
    struct told_user *at;
    size_t count, capacity;
};

static enum fault keep(struct told_users *all, const struct told_user *told, struct why *why)
{
    if (all->count == all->capacity) {
        const size_t capacity = all->capacity == 0 ? FIRST_CAPACITY : 2 * all->capacity;
        struct told_user *more = realloc(all->at, capacity * sizeof(*more));

        if (more == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        all->at = more;
        all->capacity = capacity;
    }
    all->at[all->count++] = *told;
    return FAULT_NONE;
}

static int order(const void *left, const void *right)
{
    const struct told_user *a = left, *b = right;

    return a->id != b->id ? (a->id > b->id) - (a->id < b->id)
                          : (a->seq > b->seq) - (a->seq < b->seq);
}

/* Of each user the last. */
static void settle(struct told_users *all)
{
    size_t kept = 0;

    if (all->count > 0) {
        qsort(all->at, all->count, sizeof(*all->at), order);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (i + 1 == all->count || all->at[i].id != all->at[i + 1].id) {
            all->at[kept++] = all->at[i];
        }
    }
    all->count = kept;
}

enum fault told_users_read(struct store *store, struct told_users **out, struct why *why)
{
    struct told_users *all = calloc(1, sizeof(*all));
    struct store_walk walk = {0};
    struct audit_row row;
    struct told_user told;
    bool there = all != NULL;
    enum fault fault = all != NULL ? audit_walk_act(store, span_text("enrol"), &walk, why)
                                   : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    while (fault == FAULT_NONE && there) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault == FAULT_NONE && there && !span_is(row.result, "refused") &&
            user_detail_read(row.detail, &told.id, told.digest)) {
            told.seq = row.seq;
            fault = keep(all, &told, why);
        }
    }
    store_walk_end(&walk);
    if (fault != FAULT_NONE) {
        told_users_free(all);
        return fault;
    }
    settle(all);
    *out = all;
    return FAULT_NONE;
}

void told_users_free(struct told_users *all)
{
    if (all != NULL) {
        free(all->at);
        free(all);
    }
}

static int find(const void *key, const void *element)
{
    const int64_t id = *(const int64_t *)key;
    const struct told_user *told = element;

    return (id > told->id) - (id < told->id);
}

bool told_users_differ(const struct told_users *all, int64_t user,
                       const uint8_t digest[USER_DIGEST_SIZE])
{
    const struct told_user *told =
        all->count > 0 ? bsearch(&user, all->at, all->count, sizeof(*all->at), find) : NULL;

    return told != NULL && memcmp(told->digest, digest, USER_DIGEST_SIZE) != 0;
}
