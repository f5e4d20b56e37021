#include "kms/store/schema.h"

#include <stdio.h>

static const char not_ours[] = "this is no store of keyroster";
static const char is_newer[] =
    "the store was written by a newer keyroster: use that one, or restore a backup";

enum fault schema_version(struct sql *sql, const struct schema_history *schema, int64_t *version,
                          struct why *why)
{
    int64_t application = 0, found = 0;
    enum fault fault = sql_number(sql, "PRAGMA application_id", &application, why);

    if (fault == FAULT_NONE) {
        fault = sql_number(sql, "PRAGMA user_version", &found, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (application != SCHEMA_APPLICATION_ID || found < 1) {
        return fault_at(FAULT_SYNTAX, 0, not_ours, why);
    }
    if (found > schema->version) {
        return fault_at(FAULT_LIMIT, 0, is_newer, why);
    }
    *version = found;
    return FAULT_NONE;
}

static enum fault migrate_from(struct sql *sql, const struct schema_history *schema,
                               int64_t version, struct why *why)
{
    char text[64];
    enum fault fault = FAULT_NONE;

    for (int64_t i = version; i < schema->version; i++) {
        const char *const *statement = schema->migrations[i].statements;

        for (; fault == FAULT_NONE && *statement != NULL; statement++) {
            fault = sql_run(sql, *statement, why);
        }
    }
    (void)snprintf(text, sizeof(text), "PRAGMA user_version = %lld", (long long)schema->version);
    return fault == FAULT_NONE ? sql_run(sql, text, why) : fault;
}

enum fault schema_migrate(struct sql *sql, const struct schema_history *schema, struct why *why)
{
    char text[64];
    int64_t version = 0;
    enum fault fault = sql_begin(sql, true, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    (void)snprintf(text, sizeof(text), "PRAGMA application_id = %d", SCHEMA_APPLICATION_ID);
    /* Read again: another process may have done it meanwhile. */
    fault = sql_number(sql, "PRAGMA user_version", &version, why);
    if (fault == FAULT_NONE && version > schema->version) {
        fault = fault_at(FAULT_LIMIT, 0, is_newer, why);
    }
    if (fault == FAULT_NONE && version == 0) {
        fault = sql_run(sql, text, why);
    }
    if (fault == FAULT_NONE && version < schema->version) {
        fault = migrate_from(sql, schema, version, why);
    }
    if (fault != FAULT_NONE) {
        sql_rollback(sql);
        return fault;
    }
    return sql_commit(sql, why);
}
