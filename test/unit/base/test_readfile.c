#include "base/readfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

/* A folder of the test's own, in which it runs. */
static int enter_folder(void **state)
{
    static char folder[] = "/tmp/keyroster-test-XXXXXX";

    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)unlink("file");
    return rmdir(*state);
}

static void write_file(const char *bytes, size_t len)
{
    FILE *file = fopen("file", "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void a_whole_file_is_added(void **state)
{
    struct buffer out = buffer_with_max(100);
    struct why why;

    (void)state;
    write_file("ab\0c\n", 5);
    buffer_add_text(&out, "before ");
    assert_int_equal(readfile("file", &out, &why), FAULT_NONE);
    assert_int_equal(out.len, 12);
    assert_memory_equal(out.at, "before ab\0c\n", 12);
    buffer_clear(&out);
}

static void an_empty_file_adds_nothing(void **state)
{
    struct buffer out = buffer_with_max(100);
    struct why why;

    (void)state;
    write_file("", 0);
    assert_int_equal(readfile("file", &out, &why), FAULT_NONE);
    assert_int_equal(out.len, 0);
    buffer_clear(&out);
}

/* Up to the maximum, and not a byte more: around the size of the pieces that are read. */
static void a_file_is_read_up_to_the_maximum(void **state)
{
    static const size_t lengths[] = {0, 1, 255, 256, 257, 65535, 65536, 65537, 200000};
    static char bytes[200001];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct buffer out = buffer_with_max(lengths[i]);
        struct why why = {0};

        write_file(bytes, lengths[i]);
        assert_int_equal(readfile("file", &out, &why), FAULT_NONE);
        assert_int_equal(out.len, lengths[i]);
        buffer_clear(&out);
        write_file(bytes, lengths[i] + 1);
        assert_int_equal(readfile("file", &out, &why), FAULT_LIMIT);
        assert_true(out.len <= lengths[i]);
        assert_non_null(why.rule);
        buffer_clear(&out);
    }
}

static void an_endless_device_ends_at_the_maximum(void **state)
{
    struct buffer out = buffer_with_max(1000000);
    struct why why = {0};

    (void)state;
    assert_int_equal(readfile("/dev/zero", &out, &why), FAULT_LIMIT);
    assert_non_null(why.rule);
    buffer_clear(&out);
}

static void refused(const char *path, enum fault fault)
{
    struct buffer out = buffer_with_max(100);
    struct why why = {0};

    assert_int_equal(readfile(path, &out, &why), fault);
    assert_non_null(why.rule);
    assert_int_equal(out.len, 0);
    buffer_clear(&out);
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    refused("nowhere", FAULT_ABSENT);
    refused("nowhere/file", FAULT_ABSENT);
    refused("", FAULT_ABSENT);
    write_file("", 0);
    refused("file/below", FAULT_ABSENT);
}

static void a_directory_is_no_file(void **state)
{
    (void)state;
    refused(".", FAULT_SYNTAX);
    refused("/", FAULT_SYNTAX);
}

static void a_file_that_may_not_be_read(void **state)
{
    (void)state;
    write_file("secret", 6);
    assert_int_equal(chmod("file", 0), 0);
    assert_int_equal(chmod(".", 0755), 0); /* so that it is the file that refuses */
    as_nobody();
    refused("file", FAULT_DENIED);
    as_root_again();
    assert_int_equal(unlink("file"), 0);
}

static void an_error_while_reading(void **state)
{
    (void)state;
    refused("/proc/self/mem", FAULT_RESOURCE); /* nothing is mapped at its start: EIO */
}

static void memory_that_is_not_to_be_had(void **state)
{
    struct buffer out = {.len = SIZE_MAX / 2, .max = SIZE_MAX};
    struct why why = {0};

    (void)state;
    write_file("x", 1);
    assert_int_equal(readfile("file", &out, &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
}

/* Runs readfile("-") with standard input as it is told. */
static void a_dash_is_standard_input(void **state)
{
    int kept = dup(STDIN_FILENO), ends[2];
    struct buffer out = buffer_with_max(100);
    struct why why = {0};

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(readfile("-", &out, &why), FAULT_NONE);
    assert_span(buffer_span(&out), "piped");
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0); /* it stays open */
    assert_int_equal(close(STDIN_FILENO), 0);
    assert_int_equal(readfile("-", &out, &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
    if (kept >= 0) {
        (void)dup2(kept, STDIN_FILENO);
        (void)close(kept);
    }
    (void)close(ends[0]);
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_added),
        cmocka_unit_test(an_empty_file_adds_nothing),
        cmocka_unit_test(a_file_is_read_up_to_the_maximum),
        cmocka_unit_test(an_endless_device_ends_at_the_maximum),
        cmocka_unit_test(a_file_that_is_not_there),
        cmocka_unit_test(a_directory_is_no_file),
        cmocka_unit_test(a_file_that_may_not_be_read),
        cmocka_unit_test(an_error_while_reading),
        cmocka_unit_test(memory_that_is_not_to_be_had),
        cmocka_unit_test(a_dash_is_standard_input),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
