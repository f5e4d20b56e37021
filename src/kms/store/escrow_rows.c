#include "kms/store/escrow_rows.h"

#include "kms/store/rows.h"

#define ESCROW_COLUMNS   "SELECT id, public, certificate, quorum, count, since, until FROM escrow "
#define SHARE_COLUMNS    "SELECT escrow, person, place, sealed FROM share "
#define ENVELOPE_COLUMNS "SELECT certificate, cms, binding FROM envelope "

static const char no_escrow[] = "there is no such recovery key";
static const char no_share[] = "this person has no share of the recovery key";
static const char no_envelope[] = "there is no envelope of that serial: its key is not escrowed";

static void escrow_read(struct sql_query *query, void *row)
{
    struct escrow_row *escrow = row;

    escrow->id = sql_int(query, 0);
    escrow->public = sql_blob(query, 1);
    escrow->certificate = sql_blob(query, 2);
    escrow->quorum = sql_int(query, 3);
    escrow->count = sql_int(query, 4);
    escrow->since = sql_int(query, 5);
    escrow->until = sql_int(query, 6);
}

static const struct row_kind escrow_kind = {
    .size = sizeof(struct escrow_row),
    .read = escrow_read,
    .spans = {offsetof(struct escrow_row, public), offsetof(struct escrow_row, certificate)},
    .span_count = 2,
};

static void share_read(struct sql_query *query, void *row)
{
    struct share_row *share = row;

    share->escrow = sql_int(query, 0);
    share->person = sql_int(query, 1);
    share->place = sql_int(query, 2);
    share->sealed = sql_blob(query, 3);
}

static const struct row_kind share_kind = {
    .size = sizeof(struct share_row),
    .read = share_read,
    .spans = {offsetof(struct share_row, sealed)},
    .span_count = 1,
};

static void envelope_read(struct sql_query *query, void *row)
{
    struct envelope_row *envelope = row;

    envelope->certificate = sql_int(query, 0);
    envelope->cms = sql_blob(query, 1);
    envelope->binding = sql_blob(query, 2);
}

static const struct row_kind envelope_kind = {
    .size = sizeof(struct envelope_row),
    .read = envelope_read,
    .spans = {offsetof(struct envelope_row, cms), offsetof(struct envelope_row, binding)},
    .span_count = 2,
};

static enum fault escrow_end(struct store *store, int64_t until, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE escrow SET until = ?1 WHERE until IS NULL", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, until);
    return sql_do(query, why);
}

enum fault escrow_add(struct store *store, const struct escrow_row *row, int64_t *id,
                      struct why *why)
{
    struct sql_query *query;
    enum fault fault = escrow_end(store, row->since, why);

    if (fault == FAULT_NONE) {
        fault = sql_ask(store_sql(store),
                        "INSERT INTO escrow(public, certificate, quorum, count, since)"
                        " VALUES(?1, ?2, ?3, ?4, ?5)",
                        &query, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_blob(query, 1, row->public);
    sql_give_blob(query, 2, row_never_null(row->certificate));
    sql_give_int(query, 3, row->quorum);
    sql_give_int(query, 4, row->count);
    sql_give_int(query, 5, row->since);
    return row_add(store, query, id, why);
}

enum fault escrow_current(struct store *store, struct arena *arena, struct escrow_row *out,
                          struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), ESCROW_COLUMNS "WHERE until IS NULL", &query, why);

    return fault == FAULT_NONE ? row_find(query, &escrow_kind, arena, no_escrow, out, why) : fault;
}

enum fault escrow_get(struct store *store, int64_t id, struct arena *arena, struct escrow_row *out,
                      struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), ESCROW_COLUMNS "WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    return row_find(query, &escrow_kind, arena, no_escrow, out, why);
}

enum fault escrow_set_certificate(struct store *store, int64_t id, struct span certificate,
                                  struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "UPDATE escrow SET certificate = ?2"
                               " WHERE id = ?1 AND length(certificate) = 0",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_blob(query, 2, row_never_null(certificate));
    fault = row_change(store, query, no_escrow, why);
    return fault == FAULT_ABSENT
               ? fault_at(FAULT_DENIED, 0, "the recovery key has its certificate already", why)
               : fault;
}

enum fault share_add(struct store *store, const struct share_row *share, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO share(escrow, person, place, sealed)"
                               " VALUES(?1, ?2, ?3, ?4)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, share->escrow);
    sql_give_int(query, 2, share->person);
    sql_give_int(query, 3, share->place);
    sql_give_blob(query, 4, share->sealed);
    fault = sql_do(query, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "this share, or one of this person, is there", why);
    }
    return fault;
}

enum fault share_get(struct store *store, int64_t escrow, int64_t person, struct arena *arena,
                     struct share_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), SHARE_COLUMNS "WHERE escrow = ?1 AND person = ?2", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, escrow);
    sql_give_int(query, 2, person);
    return row_find(query, &share_kind, arena, no_share, out, why);
}

enum fault share_set_sealed(struct store *store, int64_t escrow, int64_t person, struct span sealed,
                            struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE share SET sealed = ?3 WHERE escrow = ?1 AND person = ?2",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, escrow);
    sql_give_int(query, 2, person);
    sql_give_blob(query, 3, sealed);
    return row_change(store, query, no_share, why);
}

enum fault share_forget(struct store *store, int64_t escrow, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE share SET sealed = NULL WHERE escrow = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, escrow);
    return sql_do(query, why);
}

enum fault share_list(struct store *store, int64_t escrow, struct arena *arena,
                      struct share_row **out, size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault =
        sql_ask(store_sql(store), SHARE_COLUMNS "WHERE escrow = ?1 ORDER BY place", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, escrow);
    fault = row_list(query, &share_kind, arena, ESCROW_SHARES_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault envelope_add(struct store *store, const struct envelope_row *row, struct why *why)
{
    struct sql_query *query;
    enum fault fault;

    if (row->cms.len > ESCROW_ENVELOPE_MAX || row->binding.len > ESCROW_ENVELOPE_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the envelope is too large", why);
    }
    fault =
        sql_ask(store_sql(store),
                "INSERT INTO envelope(certificate, cms, binding) VALUES(?1, ?2, ?3)", &query, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->certificate);
    sql_give_blob(query, 2, row->cms);
    sql_give_blob(query, 3, row->binding);
    fault = sql_do(query, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "there is an envelope of that serial already", why);
    }
    return fault;
}

enum fault envelope_get(struct store *store, int64_t certificate, struct arena *arena,
                        struct envelope_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), ENVELOPE_COLUMNS "WHERE certificate = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, certificate);
    return row_find(query, &envelope_kind, arena, no_envelope, out, why);
}

enum fault envelope_find(struct store *store, struct span serial, struct arena *arena,
                         struct envelope_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               ENVELOPE_COLUMNS "WHERE certificate ="
                                                " (SELECT id FROM certificate WHERE serial = ?1)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_blob(query, 1, serial);
    return row_find(query, &envelope_kind, arena, no_envelope, out, why);
}

enum fault envelope_walk(struct store *store, struct store_walk *walk, struct why *why)
{
    return sql_ask(store_sql(store), ENVELOPE_COLUMNS "ORDER BY certificate", &walk->query, why);
}

enum fault envelope_next(struct store_walk *walk, struct envelope_row *out, bool *there,
                         struct why *why)
{
    return row_next(walk, &envelope_kind, out, there, why);
}
