#include "kms/store/user_rows.h"

#include "kms/store/rows.h"
#include "verdict/address.h"

enum { FOLDED_MAX = 4096 };

static const char absent[] = "there is no such user";
static const char is_taken[] = "the address is that of another user";

#define USER_COLUMNS "SELECT id, address, name, since, state FROM user "

static void user_read(struct sql_query *query, void *row)
{
    struct user_row *user = row;

    user->id = sql_int(query, 0);
    user->address = sql_text(query, 1);
    user->name = sql_text(query, 2);
    user->since = sql_int(query, 3);
    user->state = (enum user_state)sql_int(query, 4);
}

static const struct row_kind user_kind = {
    .size = sizeof(struct user_row),
    .read = user_read,
    .spans = {offsetof(struct user_row, address), offsetof(struct user_row, name)},
    .span_count = 2,
};

/* Asks a query whose first value is the folded address; `folded` is the caller's to clear. */
static enum fault ask_folded(struct store *store, const char *text, struct span address,
                             struct buffer *folded, struct sql_query **out, struct why *why)
{
    enum fault fault;

    if (!address_is_one(address)) {
        return fault_at(FAULT_SYNTAX, 0, "this is no mail address", why);
    }
    *folded = buffer_with_max(FOLDED_MAX);
    address_add_key(folded, address);
    if (folded->fault != FAULT_NONE || folded->len == 0) {
        return fault_at(folded->fault == FAULT_NONE ? FAULT_SYNTAX : folded->fault, 0,
                        "the address is too long", why);
    }
    fault = sql_ask(store_sql(store), text, out, why);
    if (fault == FAULT_NONE) {
        sql_give_text(*out, 1, buffer_span(folded));
    }
    return fault;
}

/* Whoever has it: by its own index, or by a trigger that looks into the other table. */
static enum fault or_taken(enum fault fault, struct why *why)
{
    return fault == FAULT_DENIED ? fault_at(FAULT_DENIED, 0, is_taken, why) : fault;
}

enum fault user_add(struct store *store, const struct user_row *user, int64_t *id, struct why *why)
{
    struct sql_query *query;
    struct buffer folded = {0};
    enum fault fault = ask_folded(store,
                                  "INSERT INTO user(folded, since, state, address, name)"
                                  " VALUES(?1, ?2, ?3, ?4, ?5)",
                                  user->address, &folded, &query, why);

    if (fault == FAULT_NONE) {
        sql_give_int(query, 2, user->since);
        sql_give_int(query, 3, user->state);
        sql_give_text(query, 4, user->address);
        sql_give_text(query, 5, user->name);
        fault = or_taken(row_add(store, query, id, why), why);
    }
    buffer_clear(&folded);
    return fault;
}

enum fault user_find(struct store *store, struct span address, struct arena *arena,
                     struct user_row *out, struct why *why)
{
    struct sql_query *query;
    struct buffer folded = {0};
    enum fault fault =
        ask_folded(store,
                   USER_COLUMNS "WHERE folded = ?1 OR id = (SELECT user FROM user_address"
                                " WHERE folded = ?1 AND until IS NULL)",
                   address, &folded, &query, why);

    if (fault == FAULT_NONE) {
        fault = row_find(query, &user_kind, arena, absent, out, why);
    }
    buffer_clear(&folded);
    return fault;
}

enum fault user_get(struct store *store, int64_t id, struct arena *arena, struct user_row *out,
                    struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store_sql(store), USER_COLUMNS "WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    return row_find(query, &user_kind, arena, absent, out, why);
}

enum fault user_set_state(struct store *store, int64_t id, enum user_state state, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE user SET state = ?2 WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_int(query, 2, state);
    return row_change(store, query, absent, why);
}

enum fault user_set_name(struct store *store, int64_t id, struct span name, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(store_sql(store), "UPDATE user SET name = ?2 WHERE id = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, id);
    sql_give_text(query, 2, name);
    return row_change(store, query, absent, why);
}

static enum fault address_insert(struct store *store, int64_t user, struct span address,
                                 int64_t since, int64_t until, struct why *why)
{
    struct sql_query *query;
    struct buffer folded = {0};
    enum fault fault = ask_folded(store,
                                  "INSERT INTO user_address(folded, user, address, since, until)"
                                  " VALUES(?1, ?2, ?3, ?4, ?5)",
                                  address, &folded, &query, why);

    if (fault == FAULT_NONE) {
        sql_give_int(query, 2, user);
        sql_give_text(query, 3, address);
        sql_give_int(query, 4, since);
        sql_give_int_or_null(query, 5, until);
        fault = or_taken(sql_do(query, why), why);
    }
    buffer_clear(&folded);
    return fault;
}

enum fault user_address_add(struct store *store, int64_t user, struct span address, int64_t since,
                            struct why *why)
{
    return address_insert(store, user, address, since, 0, why);
}

enum fault user_address_end(struct store *store, int64_t user, struct span address, int64_t until,
                            struct why *why)
{
    struct sql_query *query;
    struct buffer folded = {0};
    enum fault fault = ask_folded(store,
                                  "UPDATE user_address SET until = ?3"
                                  " WHERE folded = ?1 AND user = ?2 AND until IS NULL",
                                  address, &folded, &query, why);

    if (fault == FAULT_NONE) {
        sql_give_int(query, 2, user);
        sql_give_int(query, 3, until);
        fault = row_change(store, query, "this is none of the user's other addresses", why);
    }
    buffer_clear(&folded);
    return fault;
}

static enum fault first_address_set(struct store *store, int64_t user, struct span address,
                                    struct why *why)
{
    struct sql_query *query;
    struct buffer folded = {0};
    enum fault fault = ask_folded(store, "UPDATE user SET folded = ?1, address = ?3 WHERE id = ?2",
                                  address, &folded, &query, why);

    if (fault == FAULT_NONE) {
        sql_give_int(query, 2, user);
        sql_give_text(query, 3, address);
        fault = or_taken(row_change(store, query, absent, why), why);
    }
    buffer_clear(&folded);
    return fault;
}

static enum fault first_address_change(struct store *store, const struct user_row *user,
                                       struct span address, bool keeps, int64_t now,
                                       struct why *why)
{
    enum fault fault;

    if (address_compare(user->address, address) != ADDRESS_DIFFERENT) {
        return first_address_set(store, user->id, address, why); /* only its case is another */
    }
    fault = user_address_end(store, user->id, address, now, why);
    if (fault == FAULT_NONE || fault == FAULT_ABSENT) {
        fault = first_address_set(store, user->id, address, why);
    }
    return fault == FAULT_NONE
               ? address_insert(store, user->id, user->address, user->since, keeps ? 0 : now, why)
               : fault;
}

enum fault user_address_change(struct store *store, int64_t user, struct span address, bool keeps,
                               int64_t now, struct why *why)
{
    struct arena arena = arena_with_max((size_t)1 << 20);
    struct user_row row = {0};
    enum fault fault = user_get(store, user, &arena, &row, why);

    if (fault == FAULT_NONE) {
        fault = first_address_change(store, &row, address, keeps, now, why);
    }
    arena_clear(&arena);
    return fault;
}

static void user_address_read(struct sql_query *query, void *row)
{
    struct user_address_row *address = row;

    address->address = sql_text(query, 0);
    address->since = sql_int(query, 1);
    address->until = sql_int(query, 2);
}

enum fault user_address_list(struct store *store, int64_t user, bool all, struct arena *arena,
                             struct user_address_row **out, size_t *count, struct why *why)
{
    static const struct row_kind kind = {
        .size = sizeof(struct user_address_row),
        .read = user_address_read,
        .spans = {offsetof(struct user_address_row, address)},
        .span_count = 1,
    };
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault = sql_ask(store_sql(store),
                               "SELECT address, since, until FROM user_address"
                               " WHERE user = ?1 AND (?2 OR until IS NULL) ORDER BY id",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, user);
    sql_give_int(query, 2, all);
    fault = row_list(query, &kind, arena, SIZE_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault user_list(struct store *store, int64_t after, size_t max, struct arena *arena,
                     struct user_row **out, size_t *count, struct why *why)
{
    struct sql_query *query;
    void *rows = NULL;
    enum fault fault =
        sql_ask(store_sql(store), USER_COLUMNS "WHERE id > ?1 ORDER BY id LIMIT ?2", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_int(query, 1, after);
    sql_give_int(query, 2, max < INT32_MAX ? (int64_t)max : INT32_MAX);
    fault = row_list(query, &user_kind, arena, SIZE_MAX, &rows, count, why);
    if (fault == FAULT_NONE) {
        *out = rows;
    }
    return fault;
}

enum fault user_count(struct store *store, int64_t *out, struct why *why)
{
    return sql_number(store_sql(store), "SELECT count(*) FROM user", out, why);
}
