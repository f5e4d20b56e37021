#include "kms/store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/readfile.h"
#include "kms/store/store_state.h"

static const char out_of_memory[] = "out of memory";

enum fault store_tell(struct store *store, enum fault fault, struct why *why, const char *format,
                      ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(store->told, sizeof(store->told), format, list);
    va_end(list);
    return fault_at(fault, 0, store->told, why);
}

enum fault store_tell_early(enum fault fault, struct why *why, const char *format, ...)
{
    static _Thread_local char told[STORE_TOLD_SIZE];
    char sentence[STORE_TOLD_SIZE]; /* `format` may print the one before */
    va_list list;

    va_start(list, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, list);
    va_end(list);
    memcpy(told, sentence, sizeof(told));
    return fault_at(fault, 0, told, why);
}

char *store_file(const char *folder, const char *name, const char *suffix)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s%s", folder, name, suffix) < 0 ? NULL : path;
}

static enum fault read_id(struct store *store, struct why *why)
{
    struct arena arena = arena_with_max(4096);
    struct span id = {0};
    enum fault fault = store_meta_get(store, "id", &arena, &id, why);

    if (fault == FAULT_ABSENT || (fault == FAULT_NONE && id.len != STORE_ID_SIZE)) {
        fault = fault_at(FAULT_SYNTAX, 0, "this is no store of keyroster: it has no name", why);
    }
    if (fault == FAULT_NONE) {
        memcpy(store->id, id.at, STORE_ID_SIZE);
    }
    arena_clear(&arena);
    return fault;
}

enum fault store_take(const char *path, struct sql *sql, struct store **out, struct why *why)
{
    struct store *store = calloc(1, sizeof(*store));
    enum fault fault;

    if (store == NULL || (store->path = strdup(path)) == NULL) {
        free(store);
        sql_close(sql);
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    store->sql = sql;
    fault = read_id(store, why);
    if (fault != FAULT_NONE) {
        fault = store_tell_early(fault, why, "%s", why->rule);
        store_close(store);
        return fault;
    }
    *out = store;
    return FAULT_NONE;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    sql_rollback(store->sql);
    sql_close(store->sql);
    free(store->path);
    free(store);
}

void store_discard(struct store *store)
{
    char *path;
    bool made;

    if (store == NULL) {
        return;
    }
    path = store->path;
    made = store->made_folder;
    store->path = NULL;
    store_close(store);
    store_remove_files(path, made);
    free(path);
}

struct span store_id(const struct store *store) { return span_of(store->id, STORE_ID_SIZE); }

const char *store_path(const struct store *store) { return store->path; }

struct sql *store_sql(struct store *store) { return store->sql; }

enum fault store_begin(struct store *store, struct why *why)
{
    return sql_begin(store->sql, true, why);
}

enum fault store_begin_reading(struct store *store, struct why *why)
{
    return sql_begin(store->sql, false, why);
}

bool store_is_within(const struct store *store) { return sql_is_within(store->sql); }

enum fault store_commit(struct store *store, struct why *why)
{
    return sql_commit(store->sql, why);
}

void store_rollback(struct store *store) { sql_rollback(store->sql); }

void store_walk_end(struct store_walk *walk)
{
    sql_end(walk->query);
    walk->query = NULL;
}

enum fault store_meta_get(struct store *store, const char *name, struct arena *arena,
                          struct span *out, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(store->sql, "SELECT value FROM meta WHERE name = ?1", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, span_text(name));
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE && !there) {
        fault = fault_at(FAULT_ABSENT, 0, "the store has no such value", why);
    }
    if (fault == FAULT_NONE && arena_copy(arena, sql_blob(query, 0), out) != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    sql_end(query);
    return fault;
}

enum fault store_meta_set(struct store *store, const char *name, struct span value, struct why *why)
{
    struct sql_query *query;
    enum fault fault = sql_ask(store->sql,
                               "INSERT INTO meta(name, value) VALUES(?1, ?2)"
                               " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                               &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_text(query, 1, span_text(name));
    sql_give_blob(query, 2, value.at != NULL ? value : span_of("", 0));
    return sql_do(query, why);
}

enum fault store_profile_read(struct store *store, struct buffer *out, struct why *why)
{
    char *path = store_file(store->path, STORE_PROFILE, "");
    struct buffer text = buffer_with_max(STORE_PROFILE_MAX);
    enum fault fault;

    if (path == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    fault = readfile(path, &text, why);
    free(path);
    if (fault == FAULT_NONE) {
        buffer_add(out, buffer_span(&text));
        fault = out->fault != FAULT_NONE ? fault_at(out->fault, 0, out_of_memory, why) : FAULT_NONE;
    }
    buffer_clear(&text);
    return fault;
}
