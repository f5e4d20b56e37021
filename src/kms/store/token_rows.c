#include "kms/store/token_rows.h"

#include "kms/store/rows.h"

#define TOKEN_COLUMNS                                                                              \
    "SELECT id, user, hash, created, expires, tries, used_at, voided_at, key_kind,"                \
    " vouched FROM token "

static const char absent[] = "there is no such token that is open";

static void token_read(struct sql_query *query, void *row)
{
    struct token_row *token = row;

    token->id = sql_text(query, 0);
    token->user = sql_int(query, 1);
    token->hash = sql_blob(query, 2);
    token->created = sql_int(query, 3);
    token->expires = sql_int(query, 4);
    token->tries = sql_int(query, 5);
    token->used_at = sql_int(query, 6);
    token->voided_at = sql_int(query, 7);
    token->key_kind = sql_text(query, 8);
    token->vouched = sql_blob(query, 9);
}

static const struct row_kind token_kind = {
    .size = sizeof(struct token_row),
    .read = token_read,
    .spans = {offsetof(struct token_row, id), offsetof(struct token_row, hash),
              offsetof(struct token_row, key_kind), offsetof(struct token_row, vouched)},
    .span_count = 4,
};

enum fault token_add(struct store *store, const struct token_row *token, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store),
                "INSERT INTO token(id, user, hash, created, expires, tries, key_kind, vouched)"
                " VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, token->id);
    sql_give_int(query, 2, token->user);
    sql_give_blob(query, 3, token->hash);
    sql_give_int(query, 4, token->created);
    sql_give_int(query, 5, token->expires);
    sql_give_text(query, 6, row_never_null(token->key_kind));
    sql_give_blob(query, 7, row_never_null(token->vouched));
    fault = sql_do(query, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "the user has an open token, or its name is taken", why);
    }
    return fault;
}

enum fault token_find(struct store *store, struct span id, struct arena *arena,
                      struct token_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), TOKEN_COLUMNS "WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, id);
    return row_find(query, &token_kind, arena, "there is no such token", out, why);
}

enum fault token_of_user(struct store *store, int64_t user, struct arena *arena,
                         struct token_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(
        store_sql(store), TOKEN_COLUMNS "WHERE user = ?1 AND used_at IS NULL AND voided_at IS NULL",
        &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, user);
    return row_find(query, &token_kind, arena, "the user has no open token", out, why);
}

static enum fault change(struct store *store, const char *text, struct span id, int64_t at,
                         struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), text, &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, id);
    if (at != 0) {
        sql_give_int(query, 2, at);
    }
    return row_change(store, query, absent, why);
}

enum fault token_count_try(struct store *store, struct span id, struct why *why)
{
    return change(store,
                  "UPDATE token SET tries = tries + 1"
                  " WHERE id = ?1 AND used_at IS NULL AND voided_at IS NULL",
                  id, 0, why);
}

enum fault token_use(struct store *store, struct span id, int64_t at, struct why *why)
{
    return change(store,
                  "UPDATE token SET used_at = ?2"
                  " WHERE id = ?1 AND used_at IS NULL AND voided_at IS NULL",
                  id, at, why);
}

enum fault token_void(struct store *store, struct span id, int64_t at, struct why *why)
{
    return change(store,
                  "UPDATE token SET voided_at = ?2"
                  " WHERE id = ?1 AND used_at IS NULL AND voided_at IS NULL",
                  id, at, why);
}

enum fault open_token_walk(struct store *store, struct store_walk *walk, struct why *why)
{
    return sql_ask(store_sql(store),
                   "SELECT user, expires FROM token INDEXED BY token_open"
                   " WHERE used_at IS NULL AND voided_at IS NULL ORDER BY user",
                   &walk->query, why);
}

static void open_token_read(struct sql_query *query, void *row)
{
    struct open_token_row *token = row;

    token->user = sql_int(query, 0);
    token->expires = sql_int(query, 1);
}

enum fault open_token_next(struct store_walk *walk, struct open_token_row *out, bool *there,
                           struct why *why)
{
    static const struct row_kind kind = {.size = sizeof(struct open_token_row),
                                         .read = open_token_read};

    return row_next(walk, &kind, out, there, why);
}

enum fault token_walk(struct store *store, struct store_walk *walk, struct why *why)
{
    return sql_ask(store_sql(store),
                   TOKEN_COLUMNS "INDEXED BY token_open"
                                 " WHERE used_at IS NULL AND voided_at IS NULL ORDER BY user",
                   &walk->query, why);
}

enum fault token_next(struct store_walk *walk, struct token_row *out, bool *there, struct why *why)
{
    return row_next(walk, &token_kind, out, there, why);
}
