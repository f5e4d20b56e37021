#include <stdlib.h>
#include <string.h>

#include "base/crew.h"
#include "kms/store/audit_rows.h"
#include "kms/store/rows.h"

/*
 * The chain is followed by one thread; signatures, where nearly all of the time goes, are put on
 * lists, and a crew looks at one list while the next is filled.
 */
enum { KEY_SIZE = 32, LIST_MAX = 1024, LISTS = 2 };

struct signature {
    audit_check_signature *check;
    int64_t seq; /* of its row */
    uint8_t signing[KEY_SIZE], hash[AUDIT_HASH_SIZE], at[AUDIT_SIGNATURE_SIZE];
    bool is_good;
};

struct list {
    struct signature *at;
    size_t count;
};

/* Along the chain, with the signatures beside it, both in the order of their numbers. */
struct verifying {
    struct store *store;
    audit_check_signature *check;
    const struct audit_head *kept;
    struct sql_query *signatures;
    bool has_signature; /* the query stands on one that was not looked at */
    struct audit_head last;
    struct audit_verdict verdict;
    struct crew *crew;
    struct list lists[LISTS];
    size_t filled; /* which list is being filled; the crew has the other one */
};

static const char misfit[] = "a signature does not fit the row";

static void is_bad(struct verifying *v, int64_t seq, const char *what)
{
    v->verdict.bad_seq = seq;
    v->verdict.what = what;
}

static void look_at(void *tools, void *item)
{
    struct signature *signature = item;

    (void)tools;
    signature->is_good = signature->check(span_of(signature->signing, sizeof(signature->signing)),
                                          span_of(signature->hash, sizeof(signature->hash)),
                                          span_of(signature->at, sizeof(signature->at)));
}

/* What the crew found out; a row that comes before what was found by the chain counts. */
static void take_answers(struct verifying *v, struct list *list)
{
    crew_wait(v->crew);
    for (size_t i = 0; i < list->count; i++) {
        const int64_t seq = list->at[i].seq;

        if (!list->at[i].is_good && (v->verdict.bad_seq == 0 || seq <= v->verdict.bad_seq)) {
            is_bad(v, seq, misfit);
            v->verdict.rows = seq - 1;
            break;
        }
    }
    list->count = 0;
}

/* Hands the list that was filled to the crew, and takes the other one back. */
static void turn(struct verifying *v)
{
    struct list *filled = &v->lists[v->filled], *other = &v->lists[1 - v->filled];

    take_answers(v, other);
    crew_begin(v->crew, filled->at, filled->count);
    v->filled = 1 - v->filled;
}

static void put_on_list(struct verifying *v, const struct audit_row *row, struct span signing,
                        struct span bytes)
{
    struct list *list = &v->lists[v->filled];
    struct signature *signature = &list->at[list->count++];

    signature->check = v->check;
    signature->seq = row->seq;
    memcpy(signature->signing, signing.at, KEY_SIZE);
    memcpy(signature->hash, row->hash.at, AUDIT_HASH_SIZE);
    memcpy(signature->at, bytes.at, AUDIT_SIGNATURE_SIZE);
    if (list->count == LIST_MAX) {
        turn(v);
    }
}

static enum fault check_signatures(struct verifying *v, const struct audit_row *row,
                                   struct why *why)
{
    int64_t count = 0;
    enum fault fault = FAULT_NONE;

    while (v->has_signature && sql_int(v->signatures, 0) <= row->seq) {
        struct span signature = sql_blob(v->signatures, 1), signing = sql_blob(v->signatures, 2);

        if (v->check != NULL &&
            (signing.len != KEY_SIZE || signature.len != AUDIT_SIGNATURE_SIZE)) {
            is_bad(v, row->seq, misfit);
            return FAULT_NONE;
        }
        if (v->check != NULL) {
            put_on_list(v, row, signing, signature);
        }
        count++;
        fault = sql_step(v->signatures, &v->has_signature, why);
        if (fault != FAULT_NONE || v->verdict.bad_seq != 0) { /* found on a list, of a row before */
            return fault;
        }
    }
    if (count != row->signatures) {
        is_bad(v, row->seq, "a signature is missing, or was added");
    } else if (v->check != NULL && count == 0 && !span_is(row->result, "refused")) {
        is_bad(v, row->seq, "nobody has signed what was done");
    }
    return FAULT_NONE;
}

static enum fault check_row(struct verifying *v, const struct audit_row *row, struct why *why)
{
    uint8_t hash[AUDIT_HASH_SIZE];
    enum fault fault;

    if (row->seq != v->last.seq + 1) {
        is_bad(v, v->last.seq + 1, "the row is missing");
        return FAULT_NONE;
    }
    if (!span_equal(row->previous, span_of(v->last.hash, AUDIT_HASH_SIZE))) {
        is_bad(v, row->seq, "the row does not follow the one before");
        return FAULT_NONE;
    }
    fault = audit_hash(v->store, row, hash, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!span_equal(row->hash, span_of(hash, sizeof(hash)))) {
        is_bad(v, row->seq, "the row is not as it was written");
        return FAULT_NONE;
    }
    if (v->kept != NULL && v->kept->seq == row->seq &&
        memcmp(v->kept->hash, hash, sizeof(hash)) != 0) {
        is_bad(v, row->seq, "the row is not the one of the head that was kept");
        return FAULT_NONE;
    }
    v->last = (struct audit_head){.seq = row->seq, .at = row->at};
    memcpy(v->last.hash, hash, sizeof(hash));
    return check_signatures(v, row, why);
}

static enum fault check_rows(struct verifying *v, struct why *why)
{
    struct store_walk walk = {0};
    struct audit_row row;
    bool there = false;
    enum fault fault = audit_walk(v->store, 0, &walk, why);

    while (fault == FAULT_NONE && v->verdict.bad_seq == 0) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault != FAULT_NONE || !there) {
            break;
        }
        fault = check_row(v, &row, why);
        v->verdict.rows += v->verdict.bad_seq == 0;
    }
    store_walk_end(&walk);
    if (v->check != NULL) { /* the list that the crew has, and the one that is not full */
        turn(v);
        turn(v);
        crew_wait(v->crew);
    }
    return fault;
}

static enum fault crew_of(struct verifying *v, size_t threads, struct why *why)
{
    const struct crew_plan plan = {
        .threads = threads, .item_size = sizeof(struct signature), .work = look_at};

    for (size_t i = 0; i < LISTS; i++) {
        v->lists[i].at = calloc(LIST_MAX, sizeof(*v->lists[i].at));
        if (v->lists[i].at == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return crew_new(&plan, &v->crew, why);
}

static enum fault go_along(struct verifying *v, struct why *why)
{
    enum fault fault = sql_ask(store_sql(v->store),
                               "SELECT seq, signature, signing FROM audit_signature"
                               " JOIN person ON person.id = person ORDER BY seq, person",
                               &v->signatures, why);

    if (fault == FAULT_NONE) {
        fault = sql_step(v->signatures, &v->has_signature, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_rows(v, why);
    }
    sql_end(v->signatures);
    return fault;
}

enum fault audit_verify(struct store *store, audit_check_signature *check, size_t threads,
                        const struct audit_head *kept, struct audit_verdict *out, struct why *why)
{
    struct verifying v = {.store = store, .check = check, .kept = kept};
    const bool began = !store_is_within(store);
    enum fault fault = began ? store_begin_reading(store, why) : FAULT_NONE;

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = check != NULL ? crew_of(&v, threads, why) : FAULT_NONE;
    if (fault == FAULT_NONE) {
        fault = go_along(&v, why);
    }
    crew_free(v.crew);
    for (size_t i = 0; i < LISTS; i++) {
        free(v.lists[i].at);
    }
    if (began) {
        store_rollback(store);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (v.verdict.bad_seq == 0 && kept != NULL && kept->seq > v.last.seq) {
        is_bad(&v, v.last.seq + 1, "the row is missing: the end of the audit was cut off");
    } else if (v.verdict.bad_seq == 0 && v.has_signature) {
        is_bad(&v, v.last.seq + 1, "there are signatures of rows that are missing");
    }
    *out = v.verdict;
    return FAULT_NONE;
}
