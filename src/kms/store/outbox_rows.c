#include "kms/store/outbox_rows.h"

#include "kms/store/rows.h"

static void outbox_read(struct sql_query *query, void *row)
{
    struct outbox_row *outbox = row;

    outbox->id = sql_int(query, 0);
    outbox->at = sql_int(query, 1);
    outbox->certificate = sql_int(query, 2);
    outbox->user = sql_int(query, 3);
    outbox->what = (enum outbox_what)sql_int(query, 4);
    outbox->done_at = sql_int(query, 5);
}

enum fault outbox_add(struct store *store, const struct outbox_row *row, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO outbox(at, certificate, user, what)"
                               " VALUES(?1, ?2, ?3, ?4)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->at);
    sql_give_int(query, 2, row->certificate);
    sql_give_int(query, 3, row->user);
    sql_give_int(query, 4, row->what);
    return sql_do(query, why);
}

enum fault outbox_list(struct store *store, int64_t after, size_t max, struct arena *arena,
                       struct outbox_row **out, size_t *count, struct why *why)
{
    static const struct row_kind kind = {.size = sizeof(struct outbox_row), .read = outbox_read};
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT id, at, certificate, user, what, done_at FROM outbox"
                               " INDEXED BY outbox_waits"
                               " WHERE done_at IS NULL AND id > ?1 ORDER BY id LIMIT ?2",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, after);
    sql_give_int(query, 2, max < INT32_MAX ? (int64_t)max : INT32_MAX);
    fault = row_list(query, &kind, arena, SIZE_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault outbox_done(struct store *store, int64_t id, int64_t at, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store),
                "UPDATE outbox SET done_at = ?2 WHERE id = ?1 AND done_at IS NULL", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, at);
    return row_change(store, query, "there is no such row that waits", why);
}
