#ifndef KMS_STORE_SCHEMA_H
#define KMS_STORE_SCHEMA_H

#include "kms/store/sql.h"

/*
 * The tables, and how those of an older version become those of today. Each migration brings the
 * schema from the version before (0: an empty database) to the next one; the list only ever grows.
 */
struct schema_migration {
    const char *const *statements; /* texts, and NULL behind the last */
};

struct schema_history {
    const struct schema_migration *migrations;
    int64_t version; /* how many there are */
};

enum { SCHEMA_APPLICATION_ID = 0x6b795273 }; /* "kyRs", in the header of the file */

const struct schema_history *schema_of_today(void);

/*
 * What version the database has: FAULT_SYNTAX when it is not one of keyroster, FAULT_LIMIT when it
 * is newer than `schema`.
 */
MUST_USE enum fault schema_version(struct sql *sql, const struct schema_history *schema,
                                   int64_t *version, struct why *why);

/*
 * Brings it to the version of `schema`, in one transaction: all of it, or as it was. Nothing is
 * done when it is there already.
 */
MUST_USE enum fault schema_migrate(struct sql *sql, const struct schema_history *schema,
                                   struct why *why);

#endif
