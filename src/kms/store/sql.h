#ifndef KMS_STORE_SQL_H
#define KMS_STORE_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * SQL, as much of it as the rows of a store need. An engine stands behind it (sql_engine.h): SQLite
 * today. Texts are SQL that engines have in common, parameters are `?1`, `?2`, …
 *
 *     fault = sql_ask(sql, "SELECT name FROM person WHERE id = ?1", &query, why);
 *     sql_give_int(query, 1, id);
 *     fault = sql_step(query, &there, why);
 *     name = sql_text(query, 0);              // valid until the next sql_step or sql_end
 *     sql_end(query);
 *
 * The text of a query is a constant that lives as long as the program: it is prepared once and
 * kept, known by its place. Not for two threads at a time; each opens its own.
 *
 * Every call that fails answers with one of
 *
 * FAULT_SYNTAX    the file is no database, or is damaged
 * FAULT_ABSENT    there is no such file
 * FAULT_DENIED    a constraint of the schema forbids it, a row that is there already
 *                 (sql_is_taken); or it may be read only
 * FAULT_LIMIT     a value larger than the engine takes
 * FAULT_RESOURCE  memory, disk, or another process that works in it for longer than SQL_PATIENCE_MS
 *
 * and `why->rule` is a sentence that is valid until the next call on the same connection, or
 * a constant.
 */
struct sql;
struct sql_query;

enum {
    SQL_PATIENCE_MS = 5000,  /* how long another writer is waited for */
    SQL_VALUE_MAX = 64 << 20 /* bytes of one value */
};

enum sql_mode {
    SQL_READ,   /* nothing is written, also not by mistake */
    SQL_FROZEN, /* as SQL_READ, and nobody else can write either: no lock is taken, no file made */
    SQL_WRITE,
    SQL_CREATE, /* SQL_WRITE, and the file is made, mode 0600; FAULT_DENIED when it is there */
};

MUST_USE enum fault sql_open(const char *path, enum sql_mode mode, struct sql **out,
                             struct why *why);
void sql_close(struct sql *sql);

/* Runs one or several statements that give no rows and take no values. */
MUST_USE enum fault sql_run(struct sql *sql, const char *text, struct why *why);

/* The first column of the first row of `text`, which takes no values; FAULT_ABSENT: no row. */
MUST_USE enum fault sql_number(struct sql *sql, const char *text, int64_t *out, struct why *why);

/* A query, ready for its values. To be ended by sql_end(). */
MUST_USE enum fault sql_ask(struct sql *sql, const char *text, struct sql_query **out,
                            struct why *why);

/*
 * Values: `at` counts from 1. What is given must stay where it is until sql_end(). A value that
 * cannot be taken is told by the next sql_step(). A span whose `at` is NULL is NULL in the
 * database; an empty one is an empty text or blob.
 */
void sql_give_int(struct sql_query *query, int at, int64_t value);
void sql_give_text(struct sql_query *query, int at, struct span value);
void sql_give_blob(struct sql_query *query, int at, struct span value);
void sql_give_null(struct sql_query *query, int at);

/* The value, or NULL for 0: times that are not there yet, a row that refers to none. */
static inline void sql_give_int_or_null(struct sql_query *query, int at, int64_t value)
{
    if (value != 0) {
        sql_give_int(query, at, value);
    } else {
        sql_give_null(query, at);
    }
}

/* The next row; `*there` is false behind the last. */
MUST_USE enum fault sql_step(struct sql_query *query, bool *there, struct why *why);

/* Columns of the row, from 0, valid until the next sql_step or sql_end. NULL is 0, or an empty span
 * with `at` NULL. */
MUST_USE int64_t sql_int(struct sql_query *query, int column);
MUST_USE struct span sql_text(struct sql_query *query, int column);
MUST_USE struct span sql_blob(struct sql_query *query, int column);
MUST_USE bool sql_is_null(struct sql_query *query, int column);

/* Takes NULL too. */
void sql_end(struct sql_query *query);

/* Steps a query that gives no row, and ends it, also when it fails. */
MUST_USE enum fault sql_do(struct sql_query *query, struct why *why);

/* How many rows the last sql_do() changed, and the row number that it gave. */
MUST_USE int64_t sql_changed(const struct sql *sql);
MUST_USE int64_t sql_last_row(const struct sql *sql);

/* True when the last failure was a UNIQUE or PRIMARY KEY constraint. */
MUST_USE bool sql_is_taken(const struct sql *sql);

/*
 * One transaction at a time. With `writing` it has the right to write from the start, so that
 * nothing that was read in it can be changed by others before it is committed; without, it sees one
 * state. A failed sql_commit() has rolled back. Where memory does not suffice for rolling back,
 * the next sql_begin() does it first.
 */
MUST_USE enum fault sql_begin(struct sql *sql, bool writing, struct why *why);
MUST_USE enum fault sql_commit(struct sql *sql, struct why *why);
void sql_rollback(struct sql *sql);
MUST_USE bool sql_is_within(const struct sql *sql);

/*
 * Copies the whole database as it is at one moment into `path`, a new file (mode 0600), while
 * others read and write. The copy is on the disk when this answers.
 */
MUST_USE enum fault sql_copy(struct sql *sql, const char *path, struct why *why);

#endif
