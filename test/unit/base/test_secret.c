#include "base/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "support.h"

static char path[] = "/tmp/keyroster-secret-XXXXXX";

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static char long_text[SECRET_MAX + 2];

static const struct row {
    const char *name, *text;
    size_t len;
    enum fault fault;
    size_t kept; /* so many bytes of the text */
} rows[] = {
    {"a password", TEXT("hunter2"), 0, 7},
    {"one line end goes", TEXT("hunter2\n"), 0, 7},
    {"so does that of other systems", TEXT("hunter2\r\n"), 0, 7},
    {"only one goes", TEXT("hunter2\n\n"), 0, 8},
    {"blanks stay", TEXT(" a b \n"), 0, 5},
    {"a carriage return alone stays", TEXT("a\r"), 0, 2},
    {"any byte may be in it", TEXT("a\0\xff"), 0, 3},
    {"an empty file is an empty password", TEXT(""), 0, 0},
    {"a line end alone, too", TEXT("\n"), 0, 0},
    {"as long as it may be", long_text, SECRET_MAX, 0, SECRET_MAX},
    {"one byte longer is refused", long_text, SECRET_MAX + 1, FAULT_LIMIT, 0},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct secret got = {0};
    struct why why = {0};

    write_file(row->text, row->len);
    assert_int_equal(secret_read(path, &got, &why), row->fault);
    if (row->fault != FAULT_NONE) {
        assert_null(got.at);
        return;
    }
    assert_int_equal(got.len, row->kept);
    assert_memory_equal(got.at, row->text, row->kept);
    for (size_t i = got.len; i < got.held; i++) {
        assert_int_equal(got.at[i], 0); /* the line end is gone too */
    }
    secret_clear(&got);
    assert_null(got.at);
    secret_clear(&got);
}

static void what_cannot_be_read(void **state)
{
    struct secret got = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(secret_read("/nonexistent/password", &got, &why), FAULT_ABSENT);
    assert_int_equal(secret_read("/tmp", &got, &why), FAULT_RESOURCE);
    write_file("x", 1);
    assert_int_equal(chmod(path, 0), 0);
    as_nobody();
    assert_int_equal(secret_read(path, &got, &why), FAULT_DENIED);
    as_root_again();
    assert_int_equal(chmod(path, 0600), 0);
    assert_null(got.at);
}

static const struct new_row {
    const char *name;
    size_t len;
    enum fault fault;
    size_t held;
} new_rows[] = {
    {"nothing has a place too", 0, 0, 4096},
    {"a byte", 1, 0, 4096},
    {"a page with its NUL", 4095, 0, 4096},
    {"a page, and its NUL in the next", 4096, 0, 8192},
    {"as long as they are made", SECRET_NEW_MAX, 0, SECRET_NEW_MAX + 4096},
    {"a byte longer is refused", SECRET_NEW_MAX + 1, FAULT_LIMIT, 0},
    {"a length that overflows is refused", SIZE_MAX, FAULT_LIMIT, 0},
};

static void new_row_holds(void **state)
{
    const struct new_row *row = *state;
    struct secret got = {0};
    struct why why = {0};

    assert_int_equal(secret_new(row->len, &got, &why), row->fault);
    if (row->fault != FAULT_NONE) {
        assert_null(got.at);
        return;
    }
    assert_int_equal(got.len, row->len);
    assert_int_equal(got.held, row->held);
    for (size_t i = 0; i < got.held; i++) {
        assert_int_equal(got.at[i], 0);
    }
    memset(got.at, 'x', got.len);
    assert_int_equal(got.at[got.len], 0);
    secret_clear(&got);
    assert_null(got.at);
}

static struct secret secret_of(const char *text)
{
    struct secret secret = {0};
    struct why why;

    assert_int_equal(secret_copy(span_text(text), &secret, &why), FAULT_NONE);
    assert_span(secret_span(&secret), text);
    return secret;
}

static void same_bytes_are_equal(void **state)
{
    struct secret one = secret_of("hunter2"), two = secret_of("hunter2"), none = {0};
    struct secret empty = secret_of("");

    (void)state;
    assert_true(secret_equal(&one, &one));
    assert_true(secret_equal(&one, &two));
    assert_true(secret_equal(&none, &empty));
    assert_false(secret_equal(&one, &empty));
    for (size_t bit = 0; bit < two.len * 8; bit++) {
        two.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(secret_equal(&one, &two));
        two.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    secret_shorten(&two, 6);
    assert_false(secret_equal(&one, &two));
    assert_false(secret_equal(&two, &one));
    secret_clear(&one);
    secret_clear(&two);
    secret_clear(&empty);
}

static void shorter_and_given_away(void **state)
{
    struct secret one = secret_of("hunter2"), two;

    (void)state;
    secret_shorten(&one, 8);
    secret_shorten(&one, 7);
    assert_span(secret_span(&one), "hunter2");
    secret_shorten(&one, 2);
    assert_span(secret_span(&one), "hu");
    for (size_t i = one.len; i < one.held; i++) {
        assert_int_equal(one.at[i], 0);
    }
    two = secret_move(&one);
    assert_null(one.at);
    assert_int_equal(one.len, 0);
    assert_span(secret_span(&two), "hu");
    secret_clear(&one);
    secret_clear(&two);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    memset(long_text, 'x', sizeof(long_text));
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(new_rows) + 3] = {
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(same_bytes_are_equal),
        cmocka_unit_test(shorter_and_given_away),
    };
    size_t count = 3;

    count += TESTS_OF(tests + count, rows, row_holds);
    (void)TESTS_OF(tests + count, new_rows, new_row_holds);
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
