#include "kms/store/rows.h"

enum fault row_keep(const struct row_kind *kind, struct arena *arena, void *row, struct why *why)
{
    for (size_t i = 0; i < kind->span_count; i++) {
        struct span *span = (struct span *)(void *)((uint8_t *)row + kind->spans[i]);

        if (span->at == NULL) {
            continue;
        }
        /* One byte at least, so that what is empty is not taken for what is not there. */
        if (span->len == 0) {
            *span = span_of("", 0);
        } else if (arena_copy(arena, *span, span) != FAULT_NONE) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return FAULT_NONE;
}

static enum fault row_read(struct sql_query *query, const struct row_kind *kind, void *row,
                           struct why *why)
{
    memset(row, 0, kind->size);
    kind->read(query, row);
    return kind->check != NULL ? kind->check(row, why) : FAULT_NONE;
}

enum fault row_find(struct sql_query *query, const struct row_kind *kind, struct arena *arena,
                    const char *absent, void *out, struct why *why)
{
    bool there = false;
    enum fault fault = sql_step(query, &there, why);
    void *row = arena_take(arena, kind->size);

    if (fault == FAULT_NONE && !there) {
        fault = fault_at(FAULT_ABSENT, 0, absent, why);
    } else if (fault == FAULT_NONE && row == NULL) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    } else if (fault == FAULT_NONE) {
        fault = row_read(query, kind, row, why);
        fault = fault == FAULT_NONE ? row_keep(kind, arena, row, why) : fault;
    }
    if (fault == FAULT_NONE) {
        memcpy(out, row, kind->size);
    }
    sql_end(query);
    return fault;
}

enum fault row_list(struct sql_query *query, const struct row_kind *kind, struct arena *arena,
                    size_t max, void **out, size_t *count, struct why *why)
{
    void *rows = NULL;
    size_t n = 0, capacity = 0;
    bool there = false;
    enum fault fault;

    while ((fault = sql_step(query, &there, why)) == FAULT_NONE && there) {
        uint8_t *row;

        fault = arena_grow(arena, &rows, kind->size, n, &capacity, max);
        if (fault != FAULT_NONE) {
            fault =
                fault_at(fault, 0, fault == FAULT_LIMIT ? "too many rows" : "out of memory", why);
            break;
        }
        row = (uint8_t *)rows + n * kind->size;
        fault = row_read(query, kind, row, why);
        fault = fault == FAULT_NONE ? row_keep(kind, arena, row, why) : fault;
        if (fault != FAULT_NONE) {
            break;
        }
        n++;
    }
    if (fault == FAULT_NONE) {
        *out = rows;
        *count = n;
    }
    sql_end(query);
    return fault;
}

enum fault row_next(struct store_walk *walk, const struct row_kind *kind, void *out, bool *there,
                    struct why *why)
{
    bool more = false;
    enum fault fault = walk->query != NULL ? sql_step(walk->query, &more, why) : FAULT_NONE;

    if (fault == FAULT_NONE && more) {
        fault = row_read(walk->query, kind, out, why);
    }
    if (fault != FAULT_NONE || !more) {
        store_walk_end(walk);
    }
    if (fault == FAULT_NONE) {
        *there = more;
    }
    return fault;
}

enum fault row_change(struct store *store, struct sql_query *query, const char *absent,
                      struct why *why)
{
    enum fault fault = sql_do(query, why);

    if (fault == FAULT_NONE && sql_changed(store_sql(store)) == 0) {
        return fault_at(FAULT_ABSENT, 0, absent, why);
    }
    return fault;
}

enum fault row_add(struct store *store, struct sql_query *query, int64_t *id, struct why *why)
{
    enum fault fault = sql_do(query, why);

    if (fault == FAULT_NONE) {
        *id = sql_last_row(store_sql(store));
    }
    return fault;
}
