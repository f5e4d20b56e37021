#ifndef KMS_STORE_STORE_STATE_H
#define KMS_STORE_STORE_STATE_H

#include "kms/store/schema.h"
#include "kms/store/sql.h"
#include "kms/store/store.h"

/* What a store is while it is open; for store*.c, backup.c and the tests of these. */
enum { STORE_TOLD_SIZE = 512 };

struct store {
    struct sql *sql;
    char *path;
    char id[STORE_ID_SIZE + 1];
    bool made_folder; /* store_create() made the directory, so that store_discard() removes it */
    char told[STORE_TOLD_SIZE];
};

/* The files of a store; to be freed by the caller. NULL without memory. */
#define STORE_DATABASE "keyroster.db"
#define STORE_PROFILE  "profile.conf"
MUST_USE char *store_file(const char *folder, const char *name, const char *suffix);

/* As store_tell(), for where there is no store yet. The sentence lasts until the thread's next one.
 */
MUST_USE enum fault store_tell_early(enum fault fault, struct why *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* store_open() with another schema than that of today. */
MUST_USE enum fault store_open_as(const char *path, enum store_mode mode, int64_t now,
                                  const struct schema_history *schema, struct store **out,
                                  struct why *why);

/* Takes a connection over: its name is read from the database. On failure it is closed. */
MUST_USE enum fault store_take(const char *path, struct sql *sql, struct store **out,
                               struct why *why);

/* Makes the directory, or takes an empty one; `*made` tells which. Faults as store_create(). */
MUST_USE enum fault store_make_folder(const char *path, bool *made, struct why *why);

/* Writes a new file of mode 0600 in it, and has it on the disk. */
MUST_USE enum fault store_make_file(const char *folder, const char *name, struct span text,
                                    struct why *why);

/* Has the names in the directory, and its own in the one above, on the disk. */
MUST_USE enum fault store_sync_folder(const char *path, struct why *why);

/* Removes the files of a store that is closed, and the directory when `folder` says so. */
void store_remove_files(const char *path, bool folder);

#endif
