#include "kms/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kms/people/random.h"
#include "kms/store/store_state.h"

/*
 * A backup is a database of its own, without a log beside it, in which profile.conf is one value
 * more. A store has no such value: so neither is taken for the other.
 */
static const char out_of_memory[] = "out of memory";
static const char not_a_backup[] = "this is no backup of a store of keyroster";
static const char damaged[] = "the backup is damaged: take another one";

/* Where the copy grows until it is whole: beside its place, under a name that nobody guesses. */
static enum fault name_beside(const char *path, char **out, struct why *why)
{
    uint8_t random[8];
    char *copy = strdup(path);
    enum fault fault = random_bytes(random, sizeof(random), why);
    unsigned long long number;

    if (copy == NULL || fault != FAULT_NONE) {
        free(copy);
        return fault != FAULT_NONE ? fault : fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    memcpy(&number, random, sizeof(random));
    if (asprintf(out, "%s/.keyroster-%016llx", dirname(copy), number) < 0) {
        fault = fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    free(copy);
    return fault;
}

static enum fault check_place(const char *path, struct why *why)
{
    struct stat status;

    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return store_tell_early(FAULT_DENIED, why, "%s is there, and is no plain file", path);
    }
    return FAULT_NONE;
}

/* As large as a profile may be, and no path of ours goes into SQL. */
static enum fault set_profile(struct sql *sql, struct span profile, struct why *why)
{
    struct sql_query *query;
    enum fault fault =
        sql_ask(sql, "INSERT INTO meta(name, value) VALUES('profile', ?1)", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    sql_give_blob(query, 1, profile.at != NULL ? profile : span_of("", 0));
    return sql_do(query, why);
}

static enum fault add_profile(const char *path, struct span profile, struct why *why)
{
    struct sql *sql = NULL;
    enum fault fault = sql_open(path, SQL_WRITE, &sql, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    /* Nothing appears beside the file: when this fails, the whole copy goes. */
    fault = sql_run(sql, "PRAGMA journal_mode = MEMORY", why);
    if (fault == FAULT_NONE) {
        fault = set_profile(sql, profile, why);
    }
    if (fault != FAULT_NONE) {
        fault = store_tell_early(fault, why, "%s", why->rule);
    }
    sql_close(sql);
    return fault;
}

static enum fault bring_to_place(const char *from, const char *path, struct why *why)
{
    char *copy = strdup(path);
    enum fault fault;

    if (copy == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    fault = rename(from, path) != 0
                ? store_tell_early(FAULT_RESOURCE, why, "%s: %s", path, strerrordesc_np(errno))
                : store_sync_folder(dirname(copy), why);
    free(copy);
    return fault;
}

static enum fault write_backup(struct store *store, const char *temporary, const char *path,
                               struct why *why)
{
    struct buffer profile = buffer_with_max(STORE_PROFILE_MAX);
    enum fault fault = store_profile_read(store, &profile, why);

    if (fault == FAULT_NONE) {
        fault = sql_copy(store_sql(store), temporary, why);
        fault = fault == FAULT_ABSENT ? fault_at(FAULT_DENIED, 0, why->rule, why) : fault;
    }
    if (fault == FAULT_NONE) {
        fault = add_profile(temporary, buffer_span(&profile), why);
    }
    buffer_clear(&profile);
    return fault == FAULT_NONE ? bring_to_place(temporary, path, why) : fault;
}

enum fault store_backup(struct store *store, const char *path, struct why *why)
{
    char *temporary = NULL;
    enum fault fault = check_place(path, why);

    if (fault == FAULT_NONE) {
        fault = name_beside(path, &temporary, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = write_backup(store, temporary, path, why);
    if (fault != FAULT_NONE) {
        (void)unlink(temporary);
    }
    free(temporary);
    return fault;
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/*
 * A file that was not copied whole is told before it is read: the header of a SQLite database
 * (fileformat2.html, section 1.3) says how large its pages are (at 16; 1 means 65536), and how many
 * there are (at 28, good where the change counter at 24 is the one at 92).
 */
static enum fault check_size(const char *path, struct why *why)
{
    static const char magic[] = "SQLite format 3";
    uint8_t header[100] = {0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, header, sizeof(header)) : -1;
    bool known = n >= (ssize_t)sizeof(magic) && fstat(fd, &status) == 0 &&
                 memcmp(header, magic, sizeof(magic)) == 0;
    unsigned long long page = (unsigned long long)header[16] << 8 | header[17], whole;

    if (fd >= 0) {
        (void)close(fd);
    }
    if (!known) {
        return FAULT_NONE; /* told by whoever opens it */
    }
    if (n < (ssize_t)sizeof(header)) {
        return fault_at(FAULT_SYNTAX, 0, "the backup is cut off within its header", why);
    }
    whole = (page == 1 ? 65536 : page) * number_at(header + 28);
    if (number_at(header + 24) != number_at(header + 92) ||
        (unsigned long long)status.st_size >= whole) {
        return FAULT_NONE;
    }
    return store_tell_early(FAULT_SYNTAX, why,
                            "the backup is cut off: it has %lld bytes of %llu; take another copy",
                            (long long)status.st_size, whole);
}

/* The sentences of a store, of a file that is to become one. */
static enum fault tell_damaged(enum fault fault, struct why *why)
{
    if (fault == FAULT_SYNTAX && why->rule != not_a_backup) {
        why->rule = damaged;
    }
    return fault;
}

static enum fault check_pages(struct sql *sql, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(sql, "PRAGMA integrity_check(1)", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE && (!there || !span_is(sql_text(query, 0), "ok"))) {
        fault = fault_at(FAULT_SYNTAX, 0, damaged, why);
    }
    sql_end(query);
    return fault;
}

static enum fault open_backup(const char *path, struct sql **out, struct why *why)
{
    struct sql *sql = NULL;
    int64_t version = 0, size = 0;
    struct stat status;
    enum fault fault;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return fault_at(FAULT_SYNTAX, 0, not_a_backup, why);
    }
    fault = check_size(path, why);
    if (fault == FAULT_NONE) {
        fault = sql_open(path, SQL_FROZEN, &sql, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = schema_version(sql, schema_of_today(), &version, why);
    if (fault == FAULT_NONE) {
        fault =
            sql_number(sql, "SELECT length(value) FROM meta WHERE name = 'profile'", &size, why);
        if (fault == FAULT_ABSENT || (fault == FAULT_NONE && size > STORE_PROFILE_MAX)) {
            fault = fault_at(FAULT_SYNTAX, 0, not_a_backup, why);
        }
        if (fault == FAULT_NONE) {
            fault = check_pages(sql, why);
        }
        fault = tell_damaged(fault, why);
    }
    if (fault != FAULT_NONE) {
        fault = store_tell_early(fault, why, "%s", why->rule);
        sql_close(sql);
        return fault;
    }
    *out = sql;
    return FAULT_NONE;
}

/* The value becomes the file again, and goes from the database. */
static enum fault take_profile(const char *folder, struct sql *sql, struct why *why)
{
    struct sql_query *query;
    bool there = false;
    enum fault fault = sql_ask(sql, "SELECT value FROM meta WHERE name = 'profile'", &query, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = sql_step(query, &there, why);
    if (fault == FAULT_NONE) {
        fault = store_make_file(folder, STORE_PROFILE, sql_blob(query, 0), why);
    }
    sql_end(query);
    return fault == FAULT_NONE
               ? sql_run(sql, "DELETE FROM meta WHERE name = 'profile'; PRAGMA journal_mode = WAL",
                         why)
               : fault;
}

static enum fault make_database(const char *folder, struct sql *backup, struct why *why)
{
    char *path = store_file(folder, STORE_DATABASE, "");
    struct sql *sql = NULL;
    enum fault fault;

    if (path == NULL) {
        return fault_at(FAULT_RESOURCE, 0, out_of_memory, why);
    }
    fault = sql_copy(backup, path, why);
    if (fault == FAULT_NONE) {
        fault = sql_open(path, SQL_WRITE, &sql, why);
    }
    free(path);
    if (fault == FAULT_NONE) {
        fault = take_profile(folder, sql, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_sync_folder(folder, why);
    }
    if (fault != FAULT_NONE) {
        fault = store_tell_early(fault, why, "%s", why->rule);
    }
    sql_close(sql);
    return fault;
}

enum fault store_restore(const char *backup, const char *path, struct why *why)
{
    struct sql *sql = NULL;
    bool made = false;
    enum fault fault = open_backup(backup, &sql, why);

    if (fault == FAULT_NONE) {
        fault = store_make_folder(path, &made, why);
    }
    if (fault != FAULT_NONE) {
        sql_close(sql);
        return fault;
    }
    fault = make_database(path, sql, why);
    sql_close(sql);
    if (fault != FAULT_NONE) {
        store_remove_files(path, made);
    }
    return fault;
}
