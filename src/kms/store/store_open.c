#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utc.h"
#include "kms/store/store_state.h"

/* Opening a store: everything for which it is refused stands here. */

enum { OTHERS = S_IRWXG | S_IRWXO };

static const char out_of_memory[] = "out of memory";

/* The name of an account, or its number. */
static void name_of(uid_t uid, char out[64])
{
    const struct passwd *account = getpwuid(uid);

    if (account != NULL) {
        (void)snprintf(out, 64, "%s", account->pw_name);
    } else {
        (void)snprintf(out, 64, "user %lld", (long long)uid);
    }
}

/* `name`: of a file in the store; NULL: the directory itself, which the caller names. */
static enum fault check_owner(const char *name, const struct stat *status, int mode,
                              struct why *why)
{
    char owner[64], own[64];

    if (status->st_uid != geteuid()) {
        name_of(status->st_uid, owner);
        name_of(geteuid(), own);
        return store_tell_early(FAULT_DENIED, why, "%s belongs to %s, and this is %s: run it as %s",
                                name != NULL ? name : "it", owner, own, owner);
    }
    if ((status->st_mode & OTHERS) != 0) {
        return store_tell_early(FAULT_DENIED, why, "others may use %s: chmod %o it first",
                                name != NULL ? name : "this store", (unsigned)mode);
    }
    return FAULT_NONE;
}

/* Whether it is a store comes first: nobody is to be told to change the mode of another folder. */
static enum fault check_folder(const char *path, const char *database, struct why *why)
{
    struct stat status, held;

    if (stat(path, &status) != 0) {
        return store_tell_early(errno == EACCES   ? FAULT_DENIED
                                : errno == ENOENT ? FAULT_ABSENT
                                                  : FAULT_RESOURCE,
                                why, "%s", strerrordesc_np(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return fault_at(FAULT_SYNTAX, 0, "this is no store: a store is a directory", why);
    }
    if (lstat(database, &held) != 0 && errno == ENOENT) {
        return fault_at(FAULT_ABSENT, 0, "this is no store: it has no " STORE_DATABASE, why);
    }
    return check_owner(NULL, &status, 0700, why);
}

/* `*size` is -1 where there is none; which only the database itself may not be. */
static enum fault check_file(const char *folder, const char *suffix, int64_t *size, struct why *why)
{
    char *path = store_file(folder, STORE_DATABASE, suffix);
    const char *name; /* without the folder, which the caller names */
    struct stat status;
    enum fault fault;

    if (path == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    name = path + strlen(folder) + 1;
    *size = -1;
    if (lstat(path, &status) != 0) {
        fault = errno == ENOENT && *suffix != '\0'
                    ? FAULT_NONE
                    : store_tell_early(errno == ENOENT ? FAULT_ABSENT : FAULT_RESOURCE, why,
                                       "%s: %s", name, strerrordesc_np(errno));
    } else if (S_ISLNK(status.st_mode)) {
        fault = store_tell_early(FAULT_DENIED, why,
                                 "%s is a symbolic link, which may lead anywhere", name);
    } else if (!S_ISREG(status.st_mode)) {
        fault = store_tell_early(FAULT_SYNTAX, why, "%s is no file", name);
    } else {
        *size = status.st_size;
        fault = check_owner(name, &status, 0600, why);
    }
    free(path);
    return fault;
}

/* What the files allow. */
struct access {
    bool may_write;
    int64_t log_size, index_size; /* of -wal and -shm; -1: not there */
};

static enum fault check_files(const char *folder, struct access *out, struct why *why)
{
    char *database = store_file(folder, STORE_DATABASE, "");
    int64_t size;
    enum fault fault;

    if (database == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    fault = check_folder(folder, database, why);
    if (fault == FAULT_NONE) {
        fault = check_file(folder, "", &size, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_file(folder, "-wal", &out->log_size, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_file(folder, "-shm", &out->index_size, why);
    }
    out->may_write = faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 &&
                     faccessat(AT_FDCWD, database, W_OK, AT_EACCESS) == 0;
    free(database);
    return fault;
}

/*
 * Where no file can be made beside the database, nobody can write into it: then it is read as it
 * stands. Unless there is a log that was not brought in: what is in it would be missing.
 */
static enum fault choose_mode(enum store_mode mode, const struct access *access, enum sql_mode *out,
                              struct why *why)
{
    if (access->may_write) {
        *out = mode == STORE_WRITE ? SQL_WRITE : SQL_READ;
        return FAULT_NONE;
    }
    if (mode == STORE_WRITE) {
        return fault_at(FAULT_DENIED, 0, "the store may only be read", why);
    }
    if (access->log_size > 0 && access->index_size < 0) {
        return fault_at(FAULT_DENIED, 0,
                        "the store was not closed, and may only be read: open it once where it may "
                        "be written",
                        why);
    }
    *out = access->log_size > 0 ? SQL_READ : SQL_FROZEN;
    return FAULT_NONE;
}

static enum fault connect_to(const char *folder, enum sql_mode mode, struct sql **out,
                             struct why *why)
{
    char *path = store_file(folder, STORE_DATABASE, "");
    enum fault fault;

    if (path == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    fault = sql_open(path, mode, out, why);
    free(path);
    return fault;
}

/* A log beside the database, so that readers and a writer do not wait for each other. */
static enum fault want_log(struct sql *sql, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(sql, "PRAGMA journal_mode = WAL", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE && (!there || !span_is(sql_text(query, 0), "wal"))) {
        fault = fault_at(FAULT_RESOURCE, 0, "the file system of the store cannot hold one", why);
    }
    sql_end(query);
    return fault;
}

static enum fault bring_forward(struct sql *sql, const struct access *access, enum sql_mode mode,
                                const struct schema_history *schema, struct why *why)
{
    enum fault fault;

    if (!access->may_write) {
        return fault_at(
            FAULT_LIMIT, 0,
            "the store is of an older version, and may only be read: open it once where "
            "it may be written",
            why);
    }
    fault = sql_run(sql, "PRAGMA query_only = OFF", why);
    if (fault == FAULT_NONE) {
        fault = schema_migrate(sql, schema, why);
    }
    if (fault == FAULT_NONE && mode == SQL_READ) {
        fault = sql_run(sql, "PRAGMA query_only = ON", why);
    }
    return fault;
}

static enum fault ready(struct sql *sql, const struct access *access, enum sql_mode mode,
                        const struct schema_history *schema, struct why *why)
{
    int64_t version = 0;
    enum fault fault = schema_version(sql, schema, &version, why);

    if (fault == FAULT_NONE && mode == SQL_WRITE) {
        fault = want_log(sql, why);
    }
    if (fault == FAULT_NONE && version < schema->version) {
        fault = bring_forward(sql, access, mode, schema, why);
    }
    return fault;
}

static enum fault check_clock(struct sql *sql, int64_t now, struct why *why)
{
    char clock[UTC_TEXT_SIZE], audit[UTC_TEXT_SIZE];
    int64_t last = 0;
    enum fault fault =
        sql_number(sql, "SELECT at FROM audit ORDER BY seq DESC LIMIT 1", &last, why);

    if (fault == FAULT_ABSENT || (fault == FAULT_NONE && now >= last - STORE_CLOCK_SLACK)) {
        return FAULT_NONE;
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    utc_text(now, clock);
    utc_text(last, audit);
    return store_tell_early(FAULT_DENIED, why,
                            "the clock says %s, but the last row of the audit is of %s: "
                            "set the clock right",
                            clock, audit);
}

enum fault store_open_as(const char *path, enum store_mode mode, int64_t now,
                         const struct schema_history *schema, struct store **out, struct why *why)
{
    struct access access = {0};
    enum sql_mode sql_mode = SQL_READ;
    struct sql *sql = NULL;
    enum fault fault = check_files(path, &access, why);

    if (fault == FAULT_NONE) {
        fault = choose_mode(mode, &access, &sql_mode, why);
    }
    if (fault == FAULT_NONE) {
        fault = connect_to(path, sql_mode, &sql, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = ready(sql, &access, sql_mode, schema, why);
    if (fault == FAULT_NONE && mode == STORE_WRITE) {
        fault = check_clock(sql, now, why);
    }
    if (fault != FAULT_NONE) {
        fault = store_tell_early(fault, why, "%s", why->rule);
        sql_close(sql);
        return fault;
    }
    return store_take(path, sql, out, why);
}

enum fault store_open(const char *path, enum store_mode mode, int64_t now, struct store **out,
                      struct why *why)
{
    return store_open_as(path, mode, now, schema_of_today(), out, why);
}
