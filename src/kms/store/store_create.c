#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "kms/people/random.h"
#include "kms/store/store_state.h"

static const char out_of_memory[] = "out of memory";

/* Before the first table: the size of a page holds for good. */
static const char first_settings[] = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;";

static enum fault name_it(struct sql *sql, int64_t now, struct why *why)
{
    uint8_t random[STORE_ID_SIZE / 2];
    char text[160], id[STORE_ID_SIZE + 1];
    enum fault fault = random_bytes(random, sizeof(random), why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    hex_text(span_of(random, sizeof(random)), id);
    /* Both are ours: hexadecimal digits, and a number. */
    (void)snprintf(text, sizeof(text),
                   "INSERT INTO meta(name, value) VALUES('id', CAST('%s' AS BLOB)),"
                   "('created', CAST('%lld' AS BLOB))",
                   id, (long long)now);
    return sql_run(sql, text, why);
}

static enum fault make_database(const char *folder, int64_t now, struct sql **out, struct why *why)
{
    char *path = store_file(folder, STORE_DATABASE, "");
    struct sql *sql = NULL;
    enum fault fault = path != NULL ? sql_open(path, SQL_CREATE, &sql, why)
                                    : fault_at(FAULT_RESOURCE, 0, out_of_memory, why);

    free(path);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sql_run(sql, first_settings, why);
    if (fault == FAULT_NONE) {
        fault = schema_migrate(sql, schema_of_today(), why);
    }
    if (fault == FAULT_NONE) {
        fault = name_it(sql, now, why);
    }
    if (fault != FAULT_NONE) {
        fault = store_tell_early(fault, why, "%s", why->rule);
        sql_close(sql);
        return fault;
    }
    *out = sql;
    return FAULT_NONE;
}

static enum fault fill_folder(const char *path, struct span profile, int64_t now,
                              struct store **out, struct why *why)
{
    struct sql *sql = NULL;
    enum fault fault = store_make_file(path, STORE_PROFILE, profile, why);

    if (fault == FAULT_NONE) {
        fault = make_database(path, now, &sql, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_sync_folder(path, why);
    }
    if (fault != FAULT_NONE) {
        sql_close(sql);
        return fault;
    }
    return store_take(path, sql, out, why);
}

enum fault store_create(const char *path, struct span profile, int64_t now, struct store **out,
                        struct why *why)
{
    struct store *store = NULL;
    bool made = false;
    enum fault fault;

    if (profile.len > STORE_PROFILE_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the profile is too long", why);
    }
    fault = store_make_folder(path, &made, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = fill_folder(path, profile, now, &store, why);
    if (fault != FAULT_NONE) {
        store_remove_files(path, made);
        return fault;
    }
    store->made_folder = made;
    *out = store;
    return FAULT_NONE;
}
