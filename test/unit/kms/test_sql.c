#include "kms/store/sql.h"

#include <sys/stat.h>

#include "store_support.h"

static struct sql *fresh(struct site *site)
{
    struct sql *sql = NULL;

    site_folder(site);
    assert_done(sql_open(NULL, SQL_CREATE, &sql, &site->why), &site->why);
    assert_done(
        sql_run(sql, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b BLOB) STRICT", &site->why),
        &site->why);
    return sql;
}

static enum fault add(struct sql *sql, struct span text, struct span blob, struct why *why)
{
    struct sql_query *query = NULL;

    assert_done(sql_ask(sql, "INSERT INTO t(a, b) VALUES(?1, ?2)", &query, why), why);
    sql_give_text(query, 1, text);
    sql_give_blob(query, 2, blob);
    return sql_do(query, why);
}

static void empty_is_not_null(void **state)
{
    struct sql_query *query = NULL;
    bool there = false;
    struct site site;
    struct sql *sql = fresh(&site);

    (void)state;
    assert_done(add(sql, span_of("", 0), span_of("", 0), &site.why), &site.why);
    assert_int_equal(sql_changed(sql), 1);
    assert_int_equal(sql_last_row(sql), 1);
    assert_done(add(sql, span_of(NULL, 0), span_of(NULL, 0), &site.why), &site.why);
    assert_done(sql_ask(sql, "SELECT a, b FROM t ORDER BY id", &query, &site.why), &site.why);
    assert_done(sql_step(query, &there, &site.why), &site.why);
    for (int i = 0; i < 2; i++) {
        assert_false(sql_is_null(query, i));
    }
    assert_non_null(sql_text(query, 0).at);
    assert_non_null(sql_blob(query, 1).at);
    assert_int_equal(sql_blob(query, 1).len, 0);
    assert_done(sql_step(query, &there, &site.why), &site.why);
    assert_true(sql_is_null(query, 0) && sql_is_null(query, 1));
    assert_null(sql_text(query, 0).at);
    assert_null(sql_blob(query, 1).at);
    assert_done(sql_step(query, &there, &site.why), &site.why);
    assert_false(there);
    sql_end(query);
    sql_end(NULL);
    sql_close(sql);
    sql_close(NULL);
    site_close(&site);
}

static void values_are_no_part_of_the_query(void **state)
{
    static const char nasty[] = "'); DROP TABLE t; --\0x";
    struct sql_query *query = NULL;
    bool there = false;
    struct site site;
    struct sql *sql = fresh(&site);

    (void)state;
    assert_done(add(sql, span_of(nasty, sizeof(nasty)), span_of(nasty, sizeof(nasty)), &site.why),
                &site.why);
    assert_done(sql_ask(sql, "SELECT a, b FROM t", &query, &site.why), &site.why);
    assert_done(sql_step(query, &there, &site.why), &site.why);
    assert_true(span_equal(sql_text(query, 0), span_of(nasty, sizeof(nasty))));
    assert_true(span_equal(sql_blob(query, 1), span_of(nasty, sizeof(nasty))));
    sql_end(query);
    sql_close(sql);
    site_close(&site);
}

/* The same text again while its query still stands on a row. */
static void query_may_be_asked_within_itself(void **state)
{
    static const char text[] = "SELECT id FROM t ORDER BY id";
    struct sql_query *outer = NULL, *inner = NULL;
    bool there = true;
    int rows = 0;
    struct site site;
    struct sql *sql = fresh(&site);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_done(add(sql, span_text("x"), span_text("y"), &site.why), &site.why);
    }
    assert_done(sql_ask(sql, text, &outer, &site.why), &site.why);
    while (sql_step(outer, &there, &site.why) == FAULT_NONE && there) {
        bool more = true;

        assert_done(sql_ask(sql, text, &inner, &site.why), &site.why);
        while (sql_step(inner, &more, &site.why) == FAULT_NONE && more) {
            rows++;
        }
        sql_end(inner);
    }
    sql_end(outer);
    assert_int_equal(rows, 9);
    sql_close(sql);
    site_close(&site);
}

static void more_queries_than_are_kept_work_too(void **state)
{
    static char texts[600][32];
    struct site site;
    struct sql *sql = fresh(&site);

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(texts); i++) {
            int64_t number = -1;

            (void)snprintf(texts[i], sizeof(texts[i]), "SELECT %zu", i);
            assert_done(sql_number(sql, texts[i], &number, &site.why), &site.why);
            assert_int_equal(number, i);
        }
    }
    sql_close(sql);
    site_close(&site);
}

static void failures_are_told_apart(void **state)
{
    static uint8_t large[SQL_VALUE_MAX + 1];
    struct sql_query *query = NULL;
    int64_t number = 0;
    struct site site;
    struct sql *sql = fresh(&site);

    (void)state;
    assert_int_equal(sql_number(sql, "SELECT id FROM t", &number, &site.why), FAULT_ABSENT);
    assert_done(sql_run(sql, "INSERT INTO t VALUES(1, 'x', x'00')", &site.why), &site.why);
    assert_int_equal(sql_run(sql, "INSERT INTO t VALUES(1, 'x', x'00')", &site.why), FAULT_DENIED);
    assert_true(sql_is_taken(sql));
    assert_int_equal(sql_run(sql, "INSERT INTO t VALUES(2, x'00', x'00')", &site.why),
                     FAULT_DENIED); /* STRICT */
    assert_false(sql_is_taken(sql));
    assert_int_equal(add(sql, span_text("x"), span_of(large, sizeof(large)), &site.why),
                     FAULT_LIMIT);
    assert_int_equal(sql_ask(sql, "SELECT missing FROM nowhere", &query, &site.why),
                     FAULT_RESOURCE); /* a mistake of ours: nobody's fault in particular */
    assert_non_null(strstr(site.why.rule, "no such table"));
    sql_close(sql);
    site_close(&site);
}

/* A transaction that failed leaves nothing, and another one can begin. */
static void commit_that_fails_rolls_back(void **state)
{
    int64_t count = -1;
    struct site site;
    struct sql *sql = fresh(&site);

    (void)state;
    assert_done(sql_run(sql,
                        "CREATE TABLE u(t INTEGER REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)",
                        &site.why),
                &site.why);
    assert_done(sql_begin(sql, true, &site.why), &site.why);
    assert_true(sql_is_within(sql));
    assert_done(sql_run(sql, "INSERT INTO u VALUES(7)", &site.why), &site.why);
    assert_int_equal(sql_commit(sql, &site.why), FAULT_DENIED);
    assert_non_null(strstr(site.why.rule, "FOREIGN KEY"));
    assert_false(sql_is_within(sql));
    assert_done(sql_number(sql, "SELECT count(*) FROM u", &count, &site.why), &site.why);
    assert_int_equal(count, 0);
    assert_done(sql_begin(sql, true, &site.why), &site.why);
    assert_done(sql_commit(sql, &site.why), &site.why);
    sql_close(sql);
    site_close(&site);
}

struct opening {
    const char *name, *file;
    enum sql_mode mode;
    enum fault fault;
};

static const struct opening openings[] = {
    {"a new file", "new", SQL_CREATE, FAULT_NONE},
    {"a new file where one is", "there", SQL_CREATE, FAULT_DENIED},
    {"a new file in no folder", "no/such", SQL_CREATE, FAULT_ABSENT},
    {"no such file to be written", "new", SQL_WRITE, FAULT_ABSENT},
    {"no such file to be read", "new", SQL_READ, FAULT_ABSENT},
    {"no such file to be read as it stands", "new", SQL_FROZEN, FAULT_ABSENT},
    {"a name with what URIs are made of", "a?b#c%41", SQL_CREATE, FAULT_NONE},
};

static void opening_holds(void **state)
{
    const struct opening *row = *state;
    char path[128];
    struct sql *sql = NULL;
    struct stat status;
    struct site site;

    site_folder(&site);
    (void)snprintf(path, sizeof(path), "%s/there", site.folder);
    assert_done(sql_open(path, SQL_CREATE, &sql, &site.why), &site.why);
    sql_close(sql);
    sql = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", site.folder, row->file);
    assert_int_equal(sql_open(path, row->mode, &sql, &site.why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_done(sql_run(sql, "CREATE TABLE t(x)", &site.why), &site.why);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_true(status.st_size > 0);
        sql_close(sql);
        assert_done(sql_open(path, SQL_FROZEN, &sql, &site.why), &site.why);
        assert_int_equal(sql_run(sql, "INSERT INTO t VALUES(1)", &site.why), FAULT_DENIED);
        sql_close(sql);
    } else {
        assert_null(sql);
        assert_non_null(site.why.rule);
    }
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(openings) + 6] = {
        cmocka_unit_test(empty_is_not_null),
        cmocka_unit_test(values_are_no_part_of_the_query),
        cmocka_unit_test(query_may_be_asked_within_itself),
        cmocka_unit_test(more_queries_than_are_kept_work_too),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(commit_that_fails_rolls_back),
    };

    (void)TESTS_OF(tests + 6, openings, opening_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
