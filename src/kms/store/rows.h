#ifndef KMS_STORE_ROWS_H
#define KMS_STORE_ROWS_H

#include "base/arena.h"
#include "kms/store/sql.h"
#include "kms/store/store.h"

/* What *_rows.c have in common: a query becomes one struct, or an array of them. */

enum { ROW_SPANS_MAX = 8 };

/*
 * A kind of row. `read` fills the struct from the columns, its spans as views into the query;
 * `check` (NULL: all is well) refuses what no row of ours has. FAULT_SYNTAX.
 */
struct row_kind {
    size_t size;
    void (*read)(struct sql_query *query, void *row);
    enum fault (*check)(const void *row, struct why *why);
    size_t spans[ROW_SPANS_MAX]; /* where in the struct they are */
    size_t span_count;
};

/* Copies what the spans of a row show into the arena. */
MUST_USE enum fault row_keep(const struct row_kind *kind, struct arena *arena, void *row,
                             struct why *why);

/* Each ends the query. row_find: FAULT_ABSENT, told as `absent`, when there is no row. */
MUST_USE enum fault row_find(struct sql_query *query, const struct row_kind *kind,
                             struct arena *arena, const char *absent, void *out, struct why *why);
MUST_USE enum fault row_list(struct sql_query *query, const struct row_kind *kind,
                             struct arena *arena, size_t max, void **out, size_t *count,
                             struct why *why);

/* The next row of a walk; the walk has ended where none is there, or on failure. */
MUST_USE enum fault row_next(struct store_walk *walk, const struct row_kind *kind, void *out,
                             bool *there, struct why *why);

/* sql_do(), and FAULT_ABSENT, told as `absent`, when no row was changed. */
MUST_USE enum fault row_change(struct store *store, struct sql_query *query, const char *absent,
                               struct why *why);

/* sql_do(), then the number of the row that came. */
MUST_USE enum fault row_add(struct store *store, struct sql_query *query, int64_t *id,
                            struct why *why);

/* A text or blob that must be there: one without bytes is empty, not NULL. */
static inline struct span row_never_null(struct span s)
{
    return s.at != NULL ? s : span_of("", 0);
}

#endif
