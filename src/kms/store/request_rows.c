#include "kms/store/request_rows.h"

#include "kms/store/rows.h"

#define REQUEST_COLUMNS                                                                            \
    "SELECT id, digest, document, requester, user, created, expires, seal_public, seal_locked,"    \
    " done_at FROM request "

static const char absent[] = "there is no such request in the store";

static void request_read(struct sql_query *query, void *row)
{
    struct request_row *request = row;

    request->id = sql_int(query, 0);
    request->digest = sql_blob(query, 1);
    request->document = sql_blob(query, 2);
    request->requester = sql_int(query, 3);
    request->user = sql_int(query, 4);
    request->created = sql_int(query, 5);
    request->expires = sql_int(query, 6);
    request->seal_public = sql_blob(query, 7);
    request->seal_locked = sql_blob(query, 8);
    request->done_at = sql_int(query, 9);
}

static const struct row_kind request_kind = {
    .size = sizeof(struct request_row),
    .read = request_read,
    .spans = {offsetof(struct request_row, digest), offsetof(struct request_row, document),
              offsetof(struct request_row, seal_public), offsetof(struct request_row, seal_locked)},
    .span_count = 4,
};

static void item_read(struct sql_query *query, void *row)
{
    struct request_item_row *item = row;

    item->request = sql_int(query, 0);
    item->certificate = sql_int(query, 1);
    item->envelope_digest = sql_blob(query, 2);
}

static const struct row_kind item_kind = {
    .size = sizeof(struct request_item_row),
    .read = item_read,
    .spans = {offsetof(struct request_item_row, envelope_digest)},
    .span_count = 1,
};

static void approval_read(struct sql_query *query, void *row)
{
    struct approval_row *approval = row;

    approval->request = sql_int(query, 0);
    approval->person = sql_int(query, 1);
    approval->at = sql_int(query, 2);
    approval->partials = sql_blob(query, 3);
    approval->signature = sql_blob(query, 4);
    approval->escrow = sql_int(query, 5);
}

static const struct row_kind approval_kind = {
    .size = sizeof(struct approval_row),
    .read = approval_read,
    .spans = {offsetof(struct approval_row, partials), offsetof(struct approval_row, signature)},
    .span_count = 2,
};

enum fault request_add(struct store *store, const struct request_row *row, int64_t *id,
                       struct why *why)
{
    struct sql_query *query;
    enum fault fault;

    if (row->document.len > REQUEST_DOCUMENT_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the request is too large", why);
    }
    fault = sql_ask(store_sql(store),
                    "INSERT INTO request(digest, document, requester, user, created, expires,"
                    " seal_public, seal_locked) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    &query, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_blob(query, 1, row->digest);
    sql_give_blob(query, 2, row->document);
    sql_give_int(query, 3, row->requester);
    sql_give_int(query, 4, row->user);
    sql_give_int(query, 5, row->created);
    sql_give_int(query, 6, row->expires);
    sql_give_blob(query, 7, row->seal_public);
    sql_give_blob(query, 8, row->seal_locked);
    fault = row_add(store, query, id, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "the same request is in the store already", why);
    }
    return fault;
}

enum fault request_find(struct store *store, struct span digest, struct arena *arena,
                        struct request_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), REQUEST_COLUMNS "WHERE digest = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_blob(query, 1, digest);
    return row_find(query, &request_kind, arena, absent, out, why);
}

enum fault request_done(struct store *store, int64_t id, int64_t at, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "UPDATE request SET done_at = ?2, seal_locked = NULL"
                               " WHERE id = ?1 AND done_at IS NULL",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, at);
    fault = row_change(store, query, "there is no such request that is open", why);
    if (fault == FAULT_NONE) {
        fault = sql_ask(store_sql(store), "UPDATE approval SET partials = NULL WHERE request = ?1",
                        &query, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    return sql_do(query, why);
}

static void recovered_read(struct sql_query *query, void *row)
{
    struct recovered_row *recovered = row;

    recovered->user = sql_int(query, 0);
    recovered->at = sql_int(query, 1);
}

enum fault recovered_list(struct store *store, struct arena *arena, struct recovered_row **out,
                          size_t *count, struct why *why)
{
    static const struct row_kind kind = {.size = sizeof(struct recovered_row),
                                         .read = recovered_read};
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT user, max(done_at) FROM request WHERE done_at IS NOT NULL"
                               " GROUP BY user ORDER BY user",
                               &query, why);

    if (fault == FAULT_NONE) {
        fault = row_list(query, &kind, arena, SIZE_MAX, &rows, count, why);
    }
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault request_item_add(struct store *store, const struct request_item_row *item,
                            struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO request_item(request, certificate, envelope_digest)"
                               " VALUES(?1, ?2, ?3)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, item->request);
    sql_give_int(query, 2, item->certificate);
    sql_give_blob(query, 3, item->envelope_digest);
    return sql_do(query, why);
}

enum fault request_item_list(struct store *store, int64_t request, struct arena *arena,
                             struct request_item_row **out, size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT request, certificate, envelope_digest FROM request_item"
                               " WHERE request = ?1 ORDER BY certificate",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, request);
    fault = row_list(query, &item_kind, arena, REQUEST_ITEMS_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault approval_add(struct store *store, const struct approval_row *row, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store),
                "INSERT INTO approval(request, person, at, partials, signature, escrow)"
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->request);
    sql_give_int(query, 2, row->person);
    sql_give_int(query, 3, row->at);
    sql_give_blob(query, 4, row->partials);
    sql_give_blob(query, 5, row->signature);
    sql_give_int(query, 6, row->escrow);
    fault = sql_do(query, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "this agent has approved the request already", why);
    }
    return fault;
}

enum fault approval_list(struct store *store, int64_t request, struct arena *arena,
                         struct approval_row **out, size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault =
        sql_ask(store_sql(store),
                "SELECT request, person, at, partials, signature, escrow FROM approval"
                " WHERE request = ?1 ORDER BY id",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, request);
    fault = row_list(query, &approval_kind, arena, SIZE_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}
