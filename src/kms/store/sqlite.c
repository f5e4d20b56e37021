#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/buffer.h"
#include "kms/store/sql_engine.h"

enum { FILE_MODE = 0600, URI_MAX = 3 * 4096 + 64 };

static const char settings[] =
    "PRAGMA foreign_keys = ON;"
    "PRAGMA recursive_triggers = ON;" /* so that REPLACE is a removal too */
    "PRAGMA synchronous = FULL;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA secure_delete = ON;" /* what is overwritten is gone from the file */
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -32000;";

static enum fault tell(struct sql *sql, enum fault fault, const char *sentence)
{
    (void)snprintf(sql->told, sizeof(sql->told), "%s", sentence);
    return fault;
}

static enum fault tell_errno(struct sql *sql, int number)
{
    enum fault fault = number == ENOENT || number == ENOTDIR ? FAULT_ABSENT
                       : number == EACCES || number == EPERM || number == EROFS ||
                               number == EEXIST || number == ELOOP
                           ? FAULT_DENIED
                           : FAULT_RESOURCE;

    return tell(sql, fault, strerrordesc_np(number));
}

/* A failure of the disk below the database: its number tells more than SQLite's sentence. */
static enum fault tell_disk(struct sql *sql, const char *sentence)
{
    int number = sqlite3_system_errno(sql->connection);

    (void)snprintf(sql->told, sizeof(sql->told), "the store: %s%s%s", sentence,
                   number != 0 ? ": " : "", number != 0 ? strerrordesc_np(number) : "");
    return FAULT_RESOURCE;
}

static enum fault fault_of(struct sql *sql, int code)
{
    const char *sentence = sqlite3_errmsg(sql->connection);

    sql->is_taken = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                    code == SQLITE_CONSTRAINT_ROWID;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return FAULT_NONE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return tell(sql, FAULT_RESOURCE, "the store is busy: another keyroster works in it");
    case SQLITE_CONSTRAINT:
        return tell(sql, FAULT_DENIED, sentence);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return tell(sql, FAULT_DENIED, "the store may only be read");
    case SQLITE_NOTADB:
        return tell(sql, FAULT_SYNTAX, "this is no store of keyroster: not a database");
    case SQLITE_CORRUPT:
        return tell(sql, FAULT_SYNTAX, "the store is damaged: restore a backup");
    case SQLITE_TOOBIG:
        return tell(sql, FAULT_LIMIT, "a value is larger than a store takes");
    case SQLITE_NOMEM:
        return tell(sql, FAULT_RESOURCE, "out of memory");
    case SQLITE_FULL:
        return tell(sql, FAULT_RESOURCE, "the disk of the store is full");
    default:
        return tell_disk(sql, sentence);
    }
}

/* The file is made by us, so that it is nobody else's for no moment; SQLite takes its mode for
 * those beside it. */
static enum fault make_file(struct sql *sql, const char *path)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    if (fd < 0) {
        return tell_errno(sql, errno);
    }
    (void)fchmod(fd, FILE_MODE);
    (void)close(fd);
    return FAULT_NONE;
}

/* SQLite reads `?`, `#` and `%` in the name of a file as parts of a URI. */
static void add_path(struct buffer *uri, const char *path)
{
    for (; *path != '\0'; path++) {
        uint8_t byte = (uint8_t)*path;

        if (byte == '?' || byte == '#' || byte == '%') {
            buffer_add_byte(uri, '%');
            buffer_add_hex(uri, span_of(&byte, 1));
        } else {
            buffer_add_byte(uri, byte);
        }
    }
}

static enum fault connect_to(struct sql *sql, const char *path, enum sql_mode mode)
{
    struct buffer uri = buffer_with_max(URI_MAX);
    sqlite3 *connection = NULL;
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code;

    flags |= mode == SQL_FROZEN ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (path == NULL) {
        buffer_add_text(&uri, "file::memory:");
    } else {
        buffer_add_text(&uri, path[0] == '/' ? "file://" : "file:");
        add_path(&uri, path);
        buffer_add_text(&uri, mode == SQL_FROZEN ? "?immutable=1" : "");
    }
    buffer_add_byte(&uri, '\0');
    if (uri.fault != FAULT_NONE) {
        const enum fault fault = uri.fault;

        buffer_clear(&uri);
        return tell(sql, fault,
                    fault == FAULT_LIMIT ? "the path of the store is too long" : "out of memory");
    }
    code = sqlite3_open_v2((const char *)uri.at, &connection, flags, NULL);
    buffer_clear(&uri);
    sql->connection = connection;
    if (connection == NULL) {
        return tell(sql, FAULT_RESOURCE, "out of memory");
    }
    if ((code & 0xff) == SQLITE_CANTOPEN) {
        return tell_errno(sql, sqlite3_system_errno(connection));
    }
    return fault_of(sql, code);
}

static enum fault engine_run(struct sql *sql, const char *text)
{
    return fault_of(sql, sqlite3_exec(sql->connection, text, NULL, NULL, NULL));
}

static enum fault engine_open(struct sql *sql, const char *path, enum sql_mode mode)
{
    enum fault fault = mode == SQL_CREATE && path != NULL ? make_file(sql, path) : FAULT_NONE;

    if (fault == FAULT_NONE) {
        fault = connect_to(sql, path, mode);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    (void)sqlite3_busy_timeout(sql->connection, SQL_PATIENCE_MS);
    (void)sqlite3_limit(sql->connection, SQLITE_LIMIT_LENGTH, SQL_VALUE_MAX);
    (void)sqlite3_limit(sql->connection, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO attaches */
    (void)sqlite3_db_config(sql->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(sql->connection, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(sql->connection, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    fault = engine_run(sql, settings);
    sql->is_reader = mode == SQL_READ || mode == SQL_FROZEN;
    return fault == FAULT_NONE && sql->is_reader ? engine_run(sql, "PRAGMA query_only = ON")
                                                 : fault;
}

static void engine_close(struct sql *sql)
{
    (void)sqlite3_close(sql->connection);
    sql->connection = NULL;
}

static enum fault engine_prepare(struct sql *sql, const char *text, bool keeps, void **statement)
{
    sqlite3_stmt *prepared = NULL;
    unsigned flags = keeps ? SQLITE_PREPARE_PERSISTENT : 0;
    int code = sqlite3_prepare_v3(sql->connection, text, -1, flags, &prepared, NULL);

    *statement = prepared;
    return fault_of(sql, code);
}

static void engine_reset(void *statement)
{
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}

static void engine_finalize(void *statement) { (void)sqlite3_finalize(statement); }

static enum fault give_int(struct sql *sql, void *statement, int at, int64_t value)
{
    return fault_of(sql, sqlite3_bind_int64(statement, at, value));
}

static enum fault give_text(struct sql *sql, void *statement, int at, struct span value)
{
    return fault_of(sql, sqlite3_bind_text64(statement, at, (const char *)value.at, value.len,
                                             SQLITE_STATIC, SQLITE_UTF8));
}

static enum fault give_blob(struct sql *sql, void *statement, int at, struct span value)
{
    return fault_of(sql, sqlite3_bind_blob64(statement, at, value.at, value.len, SQLITE_STATIC));
}

static enum fault give_null(struct sql *sql, void *statement, int at)
{
    return fault_of(sql, sqlite3_bind_null(statement, at));
}

static enum fault engine_step(struct sql *sql, void *statement, bool *there)
{
    int code = sqlite3_step(statement);

    *there = code == SQLITE_ROW;
    return fault_of(sql, code);
}

static int64_t int_at(void *statement, int column)
{
    return sqlite3_column_int64(statement, column);
}

/* An empty value has a place too, so that it is not taken for NULL. */
static struct span span_at(void *statement, int column, const void *at)
{
    if (at == NULL && sqlite3_column_type(statement, column) != SQLITE_NULL) {
        at = "";
    }
    return span_of(at, (size_t)sqlite3_column_bytes(statement, column));
}

static struct span text_at(void *statement, int column)
{
    return span_at(statement, column, sqlite3_column_text(statement, column));
}

static struct span blob_at(void *statement, int column)
{
    return span_at(statement, column, sqlite3_column_blob(statement, column));
}

static bool null_at(void *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

static int64_t engine_changed(const struct sql *sql) { return sqlite3_changes64(sql->connection); }

static int64_t engine_last_row(const struct sql *sql)
{
    return sqlite3_last_insert_rowid(sql->connection);
}

static bool engine_is_within(const struct sql *sql)
{
    return sqlite3_get_autocommit(sql->connection) == 0;
}

static enum fault sync_file(struct sql *sql, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    int synced = fd >= 0 ? fsync(fd) : -1;
    int number = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    return synced != 0 ? tell_errno(sql, number) : FAULT_NONE;
}

/* VACUUM INTO takes a file that is there when it is empty. */
static enum fault vacuum_into(struct sql *sql, const char *path)
{
    sqlite3_stmt *statement = NULL;
    bool there;
    enum fault fault =
        fault_of(sql, sqlite3_prepare_v2(sql->connection, "VACUUM INTO ?1", -1, &statement, NULL));

    if (fault == FAULT_NONE) {
        fault = give_text(sql, statement, 1, span_text(path));
    }
    if (fault == FAULT_NONE) {
        fault = engine_step(sql, statement, &there);
    }
    (void)sqlite3_finalize(statement);
    return fault;
}

/* query_only would forbid the new file too. */
static enum fault engine_copy(struct sql *sql, const char *path)
{
    enum fault fault = make_file(sql, path);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = engine_run(sql, "PRAGMA query_only = OFF");
    if (fault == FAULT_NONE) {
        fault = vacuum_into(sql, path);
    }
    if (sql->is_reader && engine_run(sql, "PRAGMA query_only = ON") != FAULT_NONE) {
        fault = fault != FAULT_NONE ? fault : FAULT_RESOURCE;
    }
    if (fault == FAULT_NONE) {
        fault = sync_file(sql, path);
    }
    if (fault != FAULT_NONE) {
        (void)unlink(path);
    }
    return fault;
}

const struct sql_engine *sqlite_engine(void)
{
    static const struct sql_engine engine = {
        .open = engine_open,
        .close = engine_close,
        .run = engine_run,
        .prepare = engine_prepare,
        .reset = engine_reset,
        .finalize = engine_finalize,
        .give_int = give_int,
        .give_text = give_text,
        .give_blob = give_blob,
        .give_null = give_null,
        .step = engine_step,
        .int_at = int_at,
        .text_at = text_at,
        .blob_at = blob_at,
        .null_at = null_at,
        .changed = engine_changed,
        .last_row = engine_last_row,
        .is_within = engine_is_within,
        .copy = engine_copy,
    };

    return &engine;
}
