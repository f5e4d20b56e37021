#ifndef KMS_STORE_STORE_H
#define KMS_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cursor.h"

/*
 * The store of a key management server: a directory, mode 0700, that belongs to whom the program
 * runs as, with
 *
 *     keyroster.db    the rows (and -wal, -shm beside it while it is open), mode 0600
 *     profile.conf    the profile, which an administrator edits
 *
 * Rows are read and written by the calls of *_rows.h, each of which takes the store first. Where
 * nothing else is said, they
 *
 * - are one statement; what belongs together stands between store_begin() and store_commit();
 * - give rows as structs of spans. A row that is *found* is copied into the arena that is given, a
 *   row of a *walk* is valid until the walk goes on or ends;
 * - write `*out` on success only;
 * - fail with FAULT_ABSENT (no such row), FAULT_DENIED (a row that is there already, or that the
 *   schema forbids), FAULT_LIMIT (too large), FAULT_RESOURCE (memory, the disk, a store in which
 *   another keyroster works), FAULT_SYNTAX (the database is damaged).
 *
 * Times are seconds since 1970, UTC; 0 stands for "not yet" where a struct says so. Row numbers are
 * greater than 0. `why->rule` is valid until the next call on the same store. One thread at a time.
 */
struct store;
struct sql;

/* A query that gives its rows one by one; {0} is one that has ended. */
struct store_walk {
    struct sql_query *query;
};

void store_walk_end(struct store_walk *walk);

enum {
    STORE_ID_SIZE = 32,            /* characters of the store's own name, hexadecimal */
    STORE_CLOCK_SLACK = 300,       /* seconds that the clock may be behind the last audit row */
    STORE_PROFILE_MAX = 256 * 1024 /* bytes of profile.conf */
};

enum store_mode { STORE_READ, STORE_WRITE };

/*
 * Makes the directory and an empty store in it, open for writing, with a random name of its own and
 * `profile` as its profile.conf. A directory that is there and empty is taken as well.
 *
 * FAULT_DENIED    something is there already, or nothing may be made there
 * FAULT_RESOURCE  memory or the disk. What had been made is taken away again
 */
MUST_USE enum fault store_create(const char *path, struct span profile, int64_t now,
                                 struct store **out, struct why *why);

/*
 * Takes away a store that store_create() has just made, and closes it: the way back for a ceremony
 * that fails half way. Only the files of a store are removed, and the directory when it is empty
 * then.
 */
void store_discard(struct store *store);

/*
 * FAULT_ABSENT    there is no such directory, or no store in it
 * FAULT_SYNTAX    what is there is no store, or is damaged
 * FAULT_DENIED    it belongs to somebody else (told: to whom), others may read it (told: what to
 * do), it is a symbolic link, it may be read only and is to be written; or, for writing, the clock
 * is more than STORE_CLOCK_SLACK behind the last row of the audit FAULT_LIMIT     its schema is
 * newer than this program FAULT_RESOURCE  memory, the disk, another keyroster that works in it
 *
 * An older schema is brought forward, in one transaction. STORE_READ works on a read-only file
 * system and in a directory that may not be written too.
 */
MUST_USE enum fault store_open(const char *path, enum store_mode mode, int64_t now,
                               struct store **out, struct why *why);
void store_close(struct store *store);

/* The random name it was given when it was made: STORE_ID_SIZE characters; and its directory. */
MUST_USE struct span store_id(const struct store *store);
MUST_USE const char *store_path(const struct store *store);
MUST_USE struct sql *store_sql(struct store *store); /* for *_rows.c */

/*
 * A transaction that writes: waits for that of another process, so that what is read in it
 * is still true when it is committed. After a failed store_commit() nothing of it is there.
 * store_rollback() may be called when none is open.
 */
MUST_USE enum fault store_begin(struct store *store, struct why *why);
MUST_USE enum fault store_commit(struct store *store, struct why *why);
void store_rollback(struct store *store);

/* One that reads only: all walks and finds within it see the same moment. Ended by either as above.
 */
MUST_USE enum fault store_begin_reading(struct store *store, struct why *why);

/* True between either and its end. */
MUST_USE bool store_is_within(const struct store *store);

/* Things that there is one of: "org", "created", … FAULT_ABSENT: never set. */
MUST_USE enum fault store_meta_get(struct store *store, const char *name, struct arena *arena,
                                   struct span *out, struct why *why);
MUST_USE enum fault store_meta_set(struct store *store, const char *name, struct span value,
                                   struct why *why);

/* Adds the text of profile.conf to `out`. FAULT_ABSENT, FAULT_DENIED, FAULT_LIMIT, FAULT_RESOURCE.
 */
MUST_USE enum fault store_profile_read(struct store *store, struct buffer *out, struct why *why);

/* Fills `why` for a failure whose sentence has something of this run in it; as printf. */
MUST_USE enum fault store_tell(struct store *store, enum fault fault, struct why *why,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
