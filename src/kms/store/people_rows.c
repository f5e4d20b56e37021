#include "kms/store/people_rows.h"

#include "kms/store/rows.h"

#define PERSON_COLUMNS                                                                             \
    "SELECT id, name, is_admin, is_agent, since, until, signing, sealing, locked,"                 \
    " vouched FROM person "

static const char nobody[] = "there is nobody of that name in office";

static void person_read(struct sql_query *query, void *row)
{
    struct person_row *person = row;

    person->id = sql_int(query, 0);
    person->name = sql_text(query, 1);
    person->is_admin = sql_int(query, 2) != 0;
    person->is_agent = sql_int(query, 3) != 0;
    person->since = sql_int(query, 4);
    person->until = sql_int(query, 5);
    person->signing = sql_blob(query, 6);
    person->sealing = sql_blob(query, 7);
    person->locked = sql_blob(query, 8);
    person->vouched = sql_blob(query, 9);
}

/* The schema says so too; but whoever can write to the database can get round that. */
static enum fault person_check(const void *row, struct why *why)
{
    const struct person_row *person = row;

    return person->signing.len == PERSON_KEY_SIZE && person->sealing.len == PERSON_KEY_SIZE
               ? FAULT_NONE
               : fault_at(FAULT_SYNTAX, 0, "the store is damaged: a person's key is none", why);
}

static const struct row_kind person_kind = {
    .size = sizeof(struct person_row),
    .read = person_read,
    .check = person_check,
    .spans = {offsetof(struct person_row, name), offsetof(struct person_row, signing),
              offsetof(struct person_row, sealing), offsetof(struct person_row, locked),
              offsetof(struct person_row, vouched)},
    .span_count = 5,
};

enum fault person_add(struct store *store, const struct person_row *person, int64_t *id,
                      struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO person(name, is_admin, is_agent, since, signing,"
                               " sealing, locked, vouched)"
                               " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, X'')",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, person->name);
    sql_give_int(query, 2, person->is_admin);
    sql_give_int(query, 3, person->is_agent);
    sql_give_int(query, 4, person->since);
    sql_give_blob(query, 5, person->signing);
    sql_give_blob(query, 6, person->sealing);
    sql_give_blob(query, 7, person->locked);
    fault = row_add(store, query, id, why);
    if (fault == FAULT_DENIED && sql_is_taken(store_sql(store))) {
        return fault_at(FAULT_DENIED, 0, "somebody of that name is in office", why);
    }
    return fault;
}

enum fault person_find(struct store *store, struct span name, struct arena *arena,
                       struct person_row *out, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), PERSON_COLUMNS "WHERE name = ?1 AND until IS NULL", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, name);
    return row_find(query, &person_kind, arena, nobody, out, why);
}

enum fault person_get(struct store *store, int64_t id, struct arena *arena, struct person_row *out,
                      struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), PERSON_COLUMNS "WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    return row_find(query, &person_kind, arena, "there is no such person", out, why);
}

enum fault person_list(struct store *store, bool all, struct arena *arena, struct person_row **out,
                       size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault = sql_ask(store_sql(store),
                               PERSON_COLUMNS "WHERE ?1 OR until IS NULL ORDER BY id", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, all);
    fault = row_list(query, &person_kind, arena, all ? SIZE_MAX : PEOPLE_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault person_set_locked(struct store *store, int64_t id, struct span locked, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE person SET locked = ?2 WHERE id = ?1 AND until IS NULL",
                &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_blob(query, 2, locked);
    return row_change(store, query, nobody, why);
}

enum fault person_set_vouched(struct store *store, int64_t id, struct span vouched, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE person SET vouched = ?2 WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_blob(query, 2, vouched);
    return row_change(store, query, "there is no such person", why);
}

enum fault person_set_roles(struct store *store, int64_t id, bool is_admin, bool is_agent,
                            struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "UPDATE person SET is_admin = ?2, is_agent = ?3"
                               " WHERE id = ?1 AND until IS NULL",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, is_admin);
    sql_give_int(query, 3, is_agent);
    return row_change(store, query, nobody, why);
}

enum fault person_end(struct store *store, int64_t id, int64_t until, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "DELETE FROM ca_slot WHERE person = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    fault = sql_do(query, why);
    if (fault == FAULT_NONE) {
        fault =
            sql_ask(store_sql(store),
                    "UPDATE person SET until = ?2 WHERE id = ?1 AND until IS NULL", &query, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, until);
    return row_change(store, query, nobody, why);
}

enum fault policy_get(struct store *store, struct span task, int64_t *count, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault =
        sql_ask(store_sql(store), "SELECT count FROM policy WHERE task = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, task);
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE) {
        *count = there ? sql_int(query, 0) : 1;
    }
    sql_end(query);
    return fault;
}

enum fault policy_set(struct store *store, struct span task, int64_t count, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store),
                               "INSERT INTO policy(task, count) VALUES(?1, ?2)"
                               " ON CONFLICT(task) DO UPDATE SET count = excluded.count",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, task);
    sql_give_int(query, 2, count);
    return sql_do(query, why);
}
