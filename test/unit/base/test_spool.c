#include "base/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static char *text_of(size_t i, size_t length)
{
    char *text = malloc(length + 1);

    assert_non_null(text);
    memset(text, (int)('a' + i % 26), length);
    return text;
}

/* Short and long ones, fetched in another order, while others are still added. */
static void what_is_put_aside_comes_back(void **state)
{
    static const size_t lengths[] = {0, 1, 100, 70000, 300000, 2000000, 5};
    struct spool spool;
    struct why why = {0};
    struct buffer out = buffer_with_max(1 << 22);
    uint64_t at[100];

    (void)state;
    assert_int_equal(spool_open(&spool, &why), FAULT_NONE);
    for (size_t i = 0; i < COUNT(at); i++) {
        size_t length = lengths[i % COUNT(lengths)];
        char *text = text_of(i, length);

        assert_int_equal(spool_add(&spool, span_of(text, length), &at[i], &why), FAULT_NONE);
        free(text);
        for (size_t k = i % 7; k <= i; k += 31) {
            size_t wanted = lengths[k % COUNT(lengths)];

            text = text_of(k, wanted);
            buffer_reset(&out);
            assert_int_equal(spool_fetch(&spool, at[k], wanted, &out, &why), FAULT_NONE);
            assert_int_equal(out.len, wanted);
            assert_true(wanted == 0 || memcmp(out.at, text, wanted) == 0);
            free(text);
        }
    }
    buffer_clear(&out);
    spool_close(&spool);
    spool_close(&spool);
}

static void what_was_not_put_aside_does_not_come(void **state)
{
    struct spool spool;
    struct why why = {0};
    struct buffer out = buffer_with_max(100), small = buffer_with_max(2);
    uint64_t at;

    (void)state;
    assert_int_equal(spool_open(&spool, &why), FAULT_NONE);
    assert_int_equal(spool_add(&spool, span_text("anna"), &at, &why), FAULT_NONE);
    assert_int_equal(spool_fetch(&spool, at, 5, &out, &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
    assert_int_equal(spool_fetch(&spool, at + 5, 1, &out, &why), FAULT_RESOURCE);
    assert_int_equal(spool_fetch(&spool, at, 4, &small, &why), FAULT_RESOURCE);
    buffer_clear(&out);
    spool_close(&spool);
}

static void it_lies_where_it_was_told(void **state)
{
    struct spool spool;
    struct why why = {0};

    (void)state;
    assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
    assert_int_equal(spool_open(&spool, &why), FAULT_RESOURCE);
    assert_int_equal(spool.fd, -1);
    assert_string_equal(why.rule, "No such file or directory");
    assert_int_equal(setenv("TMPDIR", "", 1), 0);
    assert_int_equal(spool_open(&spool, &why), FAULT_NONE);
    assert_true((fcntl(spool.fd, F_GETFD) & FD_CLOEXEC) != 0);
    spool_close(&spool);
}

static void a_full_disk_is_told(void **state)
{
    struct spool spool = {.fd = open("/dev/full", O_RDWR), .tail = buffer_with_max(1 << 20)};
    struct why why = {0};
    struct buffer out = buffer_with_max(100);
    uint64_t at;

    (void)state;
    assert_int_equal(spool_add(&spool, span_text("anna"), &at, &why), FAULT_NONE);
    assert_int_equal(spool_fetch(&spool, at, 4, &out, &why), FAULT_RESOURCE);
    assert_string_equal(why.rule, "No space left on device");
    buffer_clear(&out);
    spool_close(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_aside_comes_back),
        cmocka_unit_test(what_was_not_put_aside_does_not_come),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(it_lies_where_it_was_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
