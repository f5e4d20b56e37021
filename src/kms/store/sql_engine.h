#ifndef KMS_STORE_SQL_ENGINE_H
#define KMS_STORE_SQL_ENGINE_H

#include "kms/store/sql.h"

enum { SQL_TOLD_SIZE = 512, SQL_KEPT_MAX = 256 };

/*
 * What sql.c needs of a database. A failure is a fault, with its sentence in sql->told; of SQL it
 * prepares one statement a text.
 */
struct sql_engine {
    enum fault (*open)(struct sql *sql, const char *path, enum sql_mode mode);
    void (*close)(struct sql *sql);
    enum fault (*run)(struct sql *sql, const char *text);
    enum fault (*prepare)(struct sql *sql, const char *text, bool keeps, void **statement);
    void (*reset)(void *statement);
    void (*finalize)(void *statement);
    enum fault (*give_int)(struct sql *sql, void *statement, int at, int64_t value);
    enum fault (*give_text)(struct sql *sql, void *statement, int at, struct span value);
    enum fault (*give_blob)(struct sql *sql, void *statement, int at, struct span value);
    enum fault (*give_null)(struct sql *sql, void *statement, int at);
    enum fault (*step)(struct sql *sql, void *statement, bool *there);
    int64_t (*int_at)(void *statement, int column);
    struct span (*text_at)(void *statement, int column);
    struct span (*blob_at)(void *statement, int column);
    bool (*null_at)(void *statement, int column);
    int64_t (*changed)(const struct sql *sql);
    int64_t (*last_row)(const struct sql *sql);
    bool (*is_within)(const struct sql *sql);
    enum fault (*copy)(struct sql *sql, const char *path);
};

struct sql_query {
    struct sql *sql;
    void *statement;
    const char *text;
    bool is_kept, is_busy;
    enum fault given; /* the first value that could not be taken */
};

struct sql {
    const struct sql_engine *engine;
    void *connection;
    bool is_reader, is_taken;
    bool is_left; /* a transaction that could not be rolled back, for want of memory */
    char told[SQL_TOLD_SIZE];
    struct sql_query *kept[SQL_KEPT_MAX]; /* open addressing, by the place of the text */
    size_t kept_count;
};

const struct sql_engine *sqlite_engine(void);

#endif
