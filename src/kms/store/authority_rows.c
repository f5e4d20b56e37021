#include "kms/store/authority_rows.h"

#include "kms/store/rows.h"

#define AUTHORITY_COLUMNS "SELECT id, role, certificate, key, request, since, until FROM authority "

static const char absent[] = "the store has no such certificate of its authority";

static void authority_read(struct sql_query *query, void *row)
{
    struct authority_row *authority = row;

    authority->id = sql_int(query, 0);
    authority->role = (enum authority_role)sql_int(query, 1);
    authority->certificate = sql_blob(query, 2);
    authority->key = sql_blob(query, 3);
    authority->request = sql_blob(query, 4);
    authority->since = sql_int(query, 5);
    authority->until = sql_int(query, 6);
}

static const struct row_kind authority_kind = {
    .size = sizeof(struct authority_row),
    .read = authority_read,
    .spans = {offsetof(struct authority_row, certificate), offsetof(struct authority_row, key),
              offsetof(struct authority_row, request)},
    .span_count = 3,
};

enum fault authority_add(struct store *store, const struct authority_row *row, int64_t *id,
                         struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO authority(role, certificate, key, request, since)"
                               " VALUES(?1, ?2, ?3, ?4, ?5)",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, row->role);
    sql_give_blob(query, 2, row->certificate);
    sql_give_blob(query, 3, row->key);
    sql_give_blob(query, 4, row->request);
    sql_give_int(query, 5, row->since);
    fault = row_add(store, query, id, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "the store has one of that role already", why);
    }
    return fault;
}

enum fault authority_find(struct store *store, enum authority_role role, struct arena *arena,
                          struct authority_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               AUTHORITY_COLUMNS "WHERE role = ?1 AND until IS NULL", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, role);
    return row_find(query, &authority_kind, arena, absent, out, why);
}

enum fault authority_list(struct store *store, struct arena *arena, struct authority_row **out,
                          size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault = sql_ask(store_sql(store), AUTHORITY_COLUMNS "ORDER BY id", &query, why);

    if (fault == FAULT_NONE) {
        fault = row_list(query, &authority_kind, arena, SIZE_MAX, &rows, count, why);
    }
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

static enum fault set_blob(struct store *store, const char *text, int64_t id, struct span value,
                           struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), text, &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_blob(query, 2, value);
    return row_change(store, query, absent, why);
}

enum fault authority_set_certificate(struct store *store, int64_t id, struct span certificate,
                                     struct why *why)
{
    return set_blob(store, "UPDATE authority SET certificate = ?2 WHERE id = ?1", id, certificate,
                    why);
}

enum fault authority_set_key(struct store *store, int64_t id, struct span key, struct why *why)
{
    return set_blob(store, "UPDATE authority SET key = ?2 WHERE id = ?1", id, key, why);
}

enum fault authority_end(struct store *store, int64_t id, int64_t until, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE authority SET until = ?2 WHERE id = ?1 AND until IS NULL",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, until);
    return row_change(store, query, absent, why);
}

enum fault slot_set(struct store *store, int64_t person, struct span sealed, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO ca_slot(person, sealed) VALUES(?1, ?2)"
                               " ON CONFLICT(person) DO UPDATE SET sealed = excluded.sealed",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, person);
    sql_give_blob(query, 2, sealed);
    return sql_do(query, why);
}

static void slot_read(struct sql_query *query, void *row)
{
    struct span *sealed = row;

    *sealed = sql_blob(query, 0);
}

enum fault slot_get(struct store *store, int64_t person, struct arena *arena, struct span *sealed,
                    struct why *why)
{
    static const struct row_kind kind = {
        .size = sizeof(struct span), .read = slot_read, .spans = {0}, .span_count = 1};
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "SELECT sealed FROM ca_slot WHERE person = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, person);
    return row_find(query, &kind, arena, "no key of the authority is sealed to this person", sealed,
                    why);
}

enum fault slot_remove(struct store *store, int64_t person, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "DELETE FROM ca_slot WHERE person = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, person);
    return row_change(store, query, "no key of the authority is sealed to this person", why);
}
