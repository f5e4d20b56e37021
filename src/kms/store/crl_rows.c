#include "kms/store/crl_rows.h"

#include "kms/store/rows.h"

static void crl_read(struct sql_query *query, void *row)
{
    struct crl_row *crl = row;

    crl->number = sql_int(query, 0);
    crl->part = sql_int(query, 1);
    crl->parts = sql_int(query, 2);
    crl->this_update = sql_int(query, 3);
    crl->next_update = sql_int(query, 4);
    crl->entries = sql_int(query, 5);
    crl->digest = sql_blob(query, 6);
}

enum fault crl_next_number(struct store *store, int64_t now, int64_t *out, struct why *why)
{
    int64_t next = 0;
    enum fault fault =
        sql_number(store_sql(store), "SELECT ifnull(max(number), 0) + 1 FROM crl", &next, why);

    if (fault == FAULT_NONE) {
        *out = next > now ? next : now;
    }
    return fault;
}

enum fault crl_add(struct store *store, const struct crl_row *row, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO crl(number, part, parts, this_update, next_update,"
                               " entries, digest) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->number);
    sql_give_int(query, 2, row->part);
    sql_give_int(query, 3, row->parts);
    sql_give_int(query, 4, row->this_update);
    sql_give_int(query, 5, row->next_update);
    sql_give_int(query, 6, row->entries);
    sql_give_blob(query, 7, row->digest);
    return sql_do(query, why);
}

enum fault crl_last(struct store *store, int64_t part, int64_t parts, struct arena *arena,
                    struct crl_row *out, struct why *why)
{
    static const struct row_kind kind = {
        .size = sizeof(struct crl_row),
        .read = crl_read,
        .spans = {offsetof(struct crl_row, digest)},
        .span_count = 1,
    };
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT number, part, parts, this_update, next_update, entries,"
                               " digest FROM crl WHERE part = ?1 AND parts = ?2"
                               " ORDER BY number DESC LIMIT 1",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, part);
    sql_give_int(query, 2, parts);
    return row_find(query, &kind, arena, "no such revocation list was made yet", out, why);
}

enum fault crl_check(struct store *store, int64_t number, int64_t this_update, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(
        store_sql(store), "SELECT 1 FROM crl WHERE number = ?1 AND this_update = ?2", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, number);
    sql_give_int(query, 2, this_update);
    fault = sql_step(query, &there, why);
    sql_end(query);
    return fault != FAULT_NONE || there
               ? fault
               : fault_at(FAULT_ABSENT, 0, "there is no revocation list of that number", why);
}
