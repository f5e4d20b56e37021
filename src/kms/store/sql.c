#include "kms/store/sql.h"

#include <assert.h>
#include <stdlib.h>

#include "kms/store/sql_engine.h"

static const char out_of_memory[] = "out of memory";

static enum fault told(const struct sql *sql, enum fault fault, struct why *why)
{
    return fault != FAULT_NONE ? fault_at(fault, 0, sql->told, why) : FAULT_NONE;
}

enum fault sql_open(const char *path, enum sql_mode mode, struct sql **out, struct why *why)
{
    /* Its sentence would go with the connection. */
    static _Thread_local char last_words[SQL_TOLD_SIZE];
    struct sql *sql = calloc(1, sizeof(*sql));
    enum fault fault;

    if (sql == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    sql->engine = sqlite_engine();
    fault = sql->engine->open(sql, path, mode);
    if (fault != FAULT_NONE) {
        memcpy(last_words, sql->told, sizeof(last_words));
        sql_close(sql);
        return fault_at(fault, 0, last_words, why);
    }
    *out = sql;
    return FAULT_NONE;
}

void sql_close(struct sql *sql)
{
    if (sql == NULL) {
        return;
    }
    for (size_t i = 0; i < SQL_KEPT_MAX; i++) {
        if (sql->kept[i] != NULL) {
            sql->engine->finalize(sql->kept[i]->statement);
            free(sql->kept[i]);
        }
    }
    sql->engine->close(sql);
    free(sql);
}

enum fault sql_run(struct sql *sql, const char *text, struct why *why)
{
    return told(sql, sql->engine->run(sql, text), why);
}

enum fault sql_number(struct sql *sql, const char *text, int64_t *out, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(sql, text, &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE && !there) {
        fault = fault_at(FAULT_ABSENT, 0, "the store has no such row", why);
    }
    if (fault == FAULT_NONE) {
        *out = sql_int(query, 0);
    }
    sql_end(query);
    return fault;
}

/* Where the query of that text is kept, or would be. */
static struct sql_query **place_of(struct sql *sql, const char *text)
{
    size_t i = ((uintptr_t)text >> 3) * 2654435761U % SQL_KEPT_MAX;

    while (sql->kept[i] != NULL && sql->kept[i]->text != text) {
        i = (i + 1) % SQL_KEPT_MAX;
    }
    return &sql->kept[i];
}

static enum fault prepare(struct sql *sql, const char *text, bool keeps, struct sql_query **out,
                          struct why *why)
{
    struct sql_query *query = calloc(1, sizeof(*query));
    enum fault fault;

    if (query == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    query->sql = sql;
    query->text = text;
    query->is_kept = keeps;
    fault = sql->engine->prepare(sql, text, keeps, &query->statement);
    if (fault != FAULT_NONE) {
        free(query);
        return told(sql, fault, why);
    }
    *out = query;
    return FAULT_NONE;
}

enum fault sql_ask(struct sql *sql, const char *text, struct sql_query **out, struct why *why)
{
    struct sql_query **kept = place_of(sql, text);
    struct sql_query *query = *kept;

    if (query == NULL || query->is_busy) {
        /* One is always left free, so that every search ends. */
        bool keeps = query == NULL && sql->kept_count < SQL_KEPT_MAX - 1;
        enum fault fault = prepare(sql, text, keeps, &query, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        if (keeps) {
            *kept = query;
            sql->kept_count++;
        }
    }
    query->is_busy = true;
    query->given = FAULT_NONE;
    *out = query;
    return FAULT_NONE;
}

static void give(struct sql_query *query, enum fault fault)
{
    if (query->given == FAULT_NONE) {
        query->given = fault;
    }
}

void sql_give_int(struct sql_query *query, int at, int64_t value)
{
    give(query, query->sql->engine->give_int(query->sql, query->statement, at, value));
}

void sql_give_text(struct sql_query *query, int at, struct span value)
{
    give(query, query->sql->engine->give_text(query->sql, query->statement, at, value));
}

void sql_give_blob(struct sql_query *query, int at, struct span value)
{
    give(query, query->sql->engine->give_blob(query->sql, query->statement, at, value));
}

void sql_give_null(struct sql_query *query, int at)
{
    give(query, query->sql->engine->give_null(query->sql, query->statement, at));
}

enum fault sql_step(struct sql_query *query, bool *there, struct why *why)
{
    if (query->given != FAULT_NONE) {
        return told(query->sql, query->given, why);
    }
    return told(query->sql, query->sql->engine->step(query->sql, query->statement, there), why);
}

int64_t sql_int(struct sql_query *query, int column)
{
    return query->sql->engine->int_at(query->statement, column);
}

struct span sql_text(struct sql_query *query, int column)
{
    return query->sql->engine->text_at(query->statement, column);
}

struct span sql_blob(struct sql_query *query, int column)
{
    return query->sql->engine->blob_at(query->statement, column);
}

bool sql_is_null(struct sql_query *query, int column)
{
    return query->sql->engine->null_at(query->statement, column);
}

void sql_end(struct sql_query *query)
{
    if (query == NULL) {
        return;
    }
    assert(query->is_busy);
    query->is_busy = false;
    if (query->is_kept) {
        query->sql->engine->reset(query->statement);
    } else {
        query->sql->engine->finalize(query->statement);
        free(query);
    }
}

enum fault sql_do(struct sql_query *query, struct why *why)
{
    bool there = false;
    enum fault fault = sql_step(query, &there, why);

    assert(fault != FAULT_NONE || !there);
    sql_end(query);
    return fault;
}

int64_t sql_changed(const struct sql *sql) { return sql->engine->changed(sql); }

int64_t sql_last_row(const struct sql *sql) { return sql->engine->last_row(sql); }

bool sql_is_taken(const struct sql *sql) { return sql->is_taken; }

static enum fault do_alone(struct sql *sql, const char *text, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(sql, text, &query, why);

    return fault != FAULT_NONE ? fault : sql_do(query, why);
}

enum fault sql_begin(struct sql *sql, bool writing, struct why *why)
{
    if (sql->is_left) {
        sql_rollback(sql);
    }
    if (sql->is_left) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    assert(!sql_is_within(sql));
    return do_alone(sql, writing ? "BEGIN IMMEDIATE" : "BEGIN", why);
}

enum fault sql_commit(struct sql *sql, struct why *why)
{
    enum fault fault = do_alone(sql, "COMMIT", why);

    if (fault != FAULT_NONE) {
        char sentence[SQL_TOLD_SIZE];

        memcpy(sentence, sql->told, sizeof(sentence));
        sql_rollback(sql);
        memcpy(sql->told, sentence, sizeof(sentence));
    }
    return fault;
}

void sql_rollback(struct sql *sql)
{
    if (sql_is_within(sql)) {
        sql->is_left = sql->engine->run(sql, "ROLLBACK") != FAULT_NONE && sql_is_within(sql);
    }
}

bool sql_is_within(const struct sql *sql) { return sql->engine->is_within(sql); }

enum fault sql_copy(struct sql *sql, const char *path, struct why *why)
{
    return told(sql, sql->engine->copy(sql, path), why);
}
