#include "kms/store/certificate_rows.h"

#include <stdlib.h>

#include "kms/store/certificate_columns.h"

enum { USER_SHIFT = 16, DUE_FIRST = 1024 };

static const char absent[] = "there is no such certificate";

static void certificate_read(struct sql_query *query, void *row)
{
    struct certificate_row *certificate = row;

    certificate->id = sql_int(query, 0);
    certificate->user = sql_int(query, 1);
    certificate->purpose = (enum certificate_purpose)sql_int(query, 2);
    certificate->status = (enum certificate_status)sql_int(query, 3);
    certificate->is_current = sql_int(query, 4) != 0;
    certificate->not_before = sql_int(query, 5);
    certificate->not_after = sql_int(query, 6);
    certificate->issued_at = sql_int(query, 7);
    certificate->revoked_at = sql_int(query, 8);
    certificate->reason = (int)sql_int(query, 9);
    certificate->crl_part = sql_int(query, 10);
    certificate->escrow = sql_int(query, 11);
    certificate->serial = sql_blob(query, 12);
    certificate->key_kind = sql_text(query, 13);
    certificate->der = sql_blob(query, 14);
}

static const struct row_kind certificate_kind = {
    .size = sizeof(struct certificate_row),
    .read = certificate_read,
    .spans = {offsetof(struct certificate_row, serial), offsetof(struct certificate_row, key_kind),
              offsetof(struct certificate_row, der)},
    .span_count = 3,
};

const struct row_kind *certificate_row_kind(void) { return &certificate_kind; }

/* The number behind the last one of that user. */
static enum fault next_id(struct store *store, int64_t user, int64_t *out, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    int64_t first = (int64_t)((uint64_t)user << USER_SHIFT);
    enum fault fault =
        sql_ask(store_sql(store), "SELECT max(id) FROM certificate WHERE id >= ?1 AND id < ?2",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, first);
    sql_give_int(query, 2, first + CERTIFICATE_USER_MAX);
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE) {
        *out = there && !sql_is_null(query, 0) ? sql_int(query, 0) + 1 : first;
    }
    sql_end(query);
    if (fault == FAULT_NONE && *out >= first + CERTIFICATE_USER_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the user has too many certificates", why);
    }
    return fault;
}

static enum fault end_current(struct store *store, const struct certificate_row *row, int64_t id,
                              struct why *why)
{
    struct sql_query *query;
    int64_t first = (int64_t)((uint64_t)row->user << USER_SHIFT);
    enum fault fault;

    if (id == first) {
        return FAULT_NONE;
    }
    fault = sql_ask(store_sql(store),
                    "UPDATE certificate SET is_current = 0"
                    " WHERE id >= ?1 AND id < ?2 AND purpose = ?3 AND is_current = 1",
                    &query, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, first);
    sql_give_int(query, 2, id);
    sql_give_int(query, 3, row->purpose);
    return sql_do(query, why);
}

static enum fault insert(struct store *store, const struct certificate_row *row, int64_t id,
                         struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store),
                "INSERT INTO certificate(id, user, purpose, status, is_current, not_before,"
                " not_after, issued_at, reason, crl_part, escrow, serial, key_kind, der)"
                " VALUES(?1, ?2, ?3, 0, 1, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11)",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, row->user);
    sql_give_int(query, 3, row->purpose);
    sql_give_int(query, 4, row->not_before);
    sql_give_int(query, 5, row->not_after);
    sql_give_int(query, 6, row->issued_at);
    sql_give_int(query, 7, row->crl_part);
    sql_give_int_or_null(query, 8, row->escrow);
    sql_give_blob(query, 9, row->serial);
    sql_give_text(query, 10, row_never_null(row->key_kind));
    sql_give_blob(query, 11, row->der);
    fault = sql_do(query, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "a certificate with that serial was issued already", why);
    }
    return fault;
}

enum fault certificate_add(struct store *store, const struct certificate_row *row, int64_t *id,
                           struct why *why)
{
    int64_t next = 0;
    enum fault fault;

    if (row->der.len > CERTIFICATE_DER_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the certificate is too large", why);
    }
    fault = next_id(store, row->user, &next, why);
    if (fault == FAULT_NONE) {
        fault = end_current(store, row, next, why);
    }
    if (fault == FAULT_NONE) {
        fault = insert(store, row, next, why);
    }
    if (fault == FAULT_NONE) {
        *id = next;
    }
    return fault;
}

enum fault certificate_find(struct store *store, struct span serial, struct arena *arena,
                            struct certificate_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), CERTIFICATE_COLUMNS "WHERE serial = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_blob(query, 1, serial);
    return row_find(query, &certificate_kind, arena, absent, out, why);
}

enum fault certificate_list(struct store *store, int64_t user, struct arena *arena,
                            struct certificate_row **out, size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    int64_t first = (int64_t)((uint64_t)user << USER_SHIFT);
    enum fault fault = sql_ask(store_sql(store), CERTIFICATES_BETWEEN, &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, first);
    sql_give_int(query, 2, first + CERTIFICATE_USER_MAX - 1);
    fault = row_list(query, &certificate_kind, arena, CERTIFICATE_USER_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

/* Why a change of status found no row to change. */
static enum fault tell_status(struct store *store, int64_t id, const char *rule, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault =
        sql_ask(store_sql(store), "SELECT 1 FROM certificate WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    fault = sql_step(query, &there, why);
    sql_end(query);
    if (fault != FAULT_NONE) {
        return fault;
    }
    return there ? fault_at(FAULT_DENIED, 0, rule, why) : fault_at(FAULT_ABSENT, 0, absent, why);
}

enum fault certificate_revoke(struct store *store, int64_t id, enum certificate_status status,
                              int reason, int64_t at, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "UPDATE certificate SET status = ?2, reason = ?3, revoked_at = ?4"
                               " WHERE id = ?1 AND status < ?2 AND ?2 IN (1, 2)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, status);
    sql_give_int(query, 3, reason);
    sql_give_int(query, 4, at);
    fault = row_change(store, query, absent, why);
    return fault == FAULT_ABSENT
               ? tell_status(store, id, "the certificate is revoked or held already", why)
               : fault;
}

enum fault certificate_release(struct store *store, int64_t id, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "UPDATE certificate SET status = 0, reason = 0, revoked_at = NULL"
                               " WHERE id = ?1 AND status = 1",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    fault = row_change(store, query, absent, why);
    return fault == FAULT_ABSENT ? tell_status(store, id, "the certificate is not held", why)
                                 : fault;
}

struct numbers {
    int64_t *at;
    size_t count, capacity;
};

static enum fault numbers_add(struct numbers *numbers, int64_t number, struct why *why)
{
    if (numbers->count == numbers->capacity) {
        size_t capacity = numbers->capacity > 0 ? 2 * numbers->capacity : DUE_FIRST;
        int64_t *grown = reallocarray(numbers->at, capacity, sizeof(*grown));

        if (grown == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        numbers->at = grown;
        numbers->capacity = capacity;
    }
    numbers->at[numbers->count++] = number;
    return FAULT_NONE;
}

enum fault certificate_due(struct store *store, int64_t before, int64_t **out, size_t *count,
                           struct why *why)
{
    struct sql_query *query;
    struct numbers numbers = {0};
    bool there = false;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT DISTINCT id >> 16 AS owner FROM certificate"
                               " INDEXED BY certificate_ends"
                               " WHERE is_current = 1 AND status = 0 AND not_after < ?1"
                               " AND (SELECT state FROM user WHERE user.id = certificate.id >> 16)"
                               " <> 2 ORDER BY owner",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, before);
    while ((fault = sql_step(query, &there, why)) == FAULT_NONE && there) {
        fault = numbers_add(&numbers, sql_int(query, 0), why);
        if (fault != FAULT_NONE) {
            break;
        }
    }
    sql_end(query);
    if (fault != FAULT_NONE) {
        free(numbers.at);
        return fault;
    }
    *out = numbers.at;
    *count = numbers.count;
    return FAULT_NONE;
}

enum fault revoked_walk(struct store *store, int64_t ends_after, struct store_walk *walk,
                        struct why *why)
{
    enum fault fault =
        sql_ask(store_sql(store),
                "SELECT serial, status, revoked_at, not_after, reason, crl_part FROM certificate"
                " INDEXED BY certificate_not_good"
                " WHERE status > 0 AND not_after >= ?1 ORDER BY serial",
                &walk->query, why);

    if (fault == FAULT_NONE) {
        sql_give_int(walk->query, 1, ends_after);
    }
    return fault;
}

static void revoked_read(struct sql_query *query, void *row)
{
    struct revoked_row *revoked = row;

    revoked->serial = sql_blob(query, 0);
    revoked->status = (enum certificate_status)sql_int(query, 1);
    revoked->revoked_at = sql_int(query, 2);
    revoked->not_after = sql_int(query, 3);
    revoked->reason = (int)sql_int(query, 4);
    revoked->crl_part = sql_int(query, 5);
}

enum fault revoked_next(struct store_walk *walk, struct revoked_row *out, bool *there,
                        struct why *why)
{
    static const struct row_kind kind = {.size = sizeof(struct revoked_row), .read = revoked_read};

    return row_next(walk, &kind, out, there, why);
}

enum fault certificate_count(struct store *store, int64_t *out, struct why *why)
{
    return sql_number(store_sql(store), "SELECT count(*) FROM certificate", out, why);
}

enum fault certificate_walk(struct store *store, struct store_walk *walk, struct why *why)
{
    return sql_ask(store_sql(store), CERTIFICATE_COLUMNS "ORDER BY id", &walk->query, why);
}

enum fault certificate_next(struct store_walk *walk, struct certificate_row *out, bool *there,
                            struct why *why)
{
    return row_next(walk, &certificate_kind, out, there, why);
}
