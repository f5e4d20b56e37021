#include "source/follow.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

/*
 * A folder as a user names it, with what an attacker may have put beside and below it:
 *
 *     outside.der
 *     named/a.der  named/sub/b.der  named/über.der  named/empty.der  named/large.der
 *     named/most.der  named/pipe  named/out -> ../outside.der  named/etc -> /etc
 *     named/in -> sub/b.der  named/zero -> /dev/zero  named/self -> self
 */
static char place[] = "/tmp/follow-XXXXXX";
static int named = -1;

static void write_file(const char *path, const char *text, off_t size)
{
    int fd = openat(named, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_true(size == 0 || ftruncate(fd, size) == 0);
    (void)close(fd);
}

static int make_folder(void **state)
{
    char path[64];

    (void)state;
    assert_non_null(mkdtemp(place));
    (void)snprintf(path, sizeof(path), "%s/named", place);
    assert_int_equal(mkdir(path, 0700), 0);
    named = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(named >= 0);
    assert_int_equal(mkdirat(named, "sub", 0700), 0);
    write_file("../outside.der", "secret", 0);
    write_file("a.der", "0a", 0);
    write_file("sub/b.der", "0b", 0);
    write_file("\xC3\xBC"
               "ber.der",
               "0u", 0);
    write_file("empty.der", "", 0);
    write_file("large.der", "x", FOLLOW_MAX + 1);
    write_file("most.der", "x", FOLLOW_MAX);
    assert_int_equal(mkfifoat(named, "pipe", 0600), 0);
    assert_int_equal(symlinkat("../outside.der", named, "out"), 0);
    assert_int_equal(symlinkat("/etc", named, "etc"), 0);
    assert_int_equal(symlinkat("sub/b.der", named, "in"), 0);
    assert_int_equal(symlinkat("/dev/zero", named, "zero"), 0);
    assert_int_equal(symlinkat("self", named, "self"), 0);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const files[] = {"../outside.der",
                                        "a.der",
                                        "sub/b.der",
                                        "\303\274ber.der",
                                        "empty.der",
                                        "large.der",
                                        "most.der",
                                        "pipe",
                                        "out",
                                        "etc",
                                        "in",
                                        "zero",
                                        "self"};
    int result = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        result |= unlinkat(named, files[i], 0);
    }
    result |= unlinkat(named, "sub", AT_REMOVEDIR);
    result |= unlinkat(named, "../named", AT_REMOVEDIR);
    (void)close(named);
    return result | rmdir(place);
}

static const struct row {
    const char *name, *url, *want;
    enum fault fault;
} rows[] = {
    {"a file of the folder", "file:///a.der", "0a"},
    {"a file below the folder", "file:///sub/b.der", "0b"},
    {"a whole path, of which the last name is there", "file:///C:/export/2026/a.der", "0a"},
    {"a host", "file://localhost/a.der", "0a"},
    {"no host and one slash", "file:/a.der", "0a"},
    {"no slash at all", "file:a.der", "0a"},
    {"the scheme in capitals", "FILE:///a.der", "0a"},
    {"percent-encoded bytes", "file:///%C3%BCber.der", "0u"},
    {"the same bytes as they are",
     "file:///\xC3\xBC"
     "ber.der",
     "0u"},
    {"a slash that is percent-encoded", "file:///sub%2Fb.der", "0b"},
    {"a link that stays within", "file:///in", "0b"},
    {"a path that comes back", "file:///sub/../a.der", "0a"},
    {"an empty file", "file:///empty.der", ""},
    {"the largest file", "file:///most.der", NULL},

    {"no file URL", "http://x.example/a.der", NULL, FAULT_DENIED},
    {"an empty URL", "", NULL, FAULT_DENIED},
    {"a scheme alone", "file:", NULL, FAULT_DENIED},
    {"a host alone", "file://a.der", NULL, FAULT_DENIED},
    {"a NUL that is percent-encoded", "file:///a.der%00", NULL, FAULT_DENIED},
    {"half a percent escape is a name", "file:///a.der%", NULL, FAULT_ABSENT},
    {"no such file", "file:///missing.der", NULL, FAULT_ABSENT},
    {"the folder itself", "file:///", NULL, FAULT_ABSENT},
    {"a folder below it", "file:///sub", NULL, FAULT_ABSENT},
    {"the folder above", "file:///..", NULL, FAULT_ABSENT},
    {"a file above", "file:///../outside.der", NULL, FAULT_ABSENT},
    {"a file above, percent-encoded", "file:///%2e%2e%2Foutside.der", NULL, FAULT_ABSENT},
    {"a file above, from below", "file:///sub/../../outside.der", NULL, FAULT_ABSENT},
    {"a link that leads out", "file:///out", NULL, FAULT_ABSENT},
    {"a folder's link that leads out", "file:///etc/hostname", NULL, FAULT_ABSENT},
    {"a link to a device", "file:///zero", NULL, FAULT_ABSENT},
    {"a link to itself", "file:///self", NULL, FAULT_ABSENT},
    {"a FIFO, without waiting", "file:///pipe", NULL, FAULT_ABSENT},
    {"a file of the system", "file:///etc/passwd", NULL, FAULT_ABSENT},
    {"a file of this process", "file:///proc/self/environ", NULL, FAULT_ABSENT},
    {"a file that is too large", "file:///large.der", NULL, FAULT_LIMIT},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *url = exact_copy(row->url, strlen(row->url));
    struct arena arena = arena_with_max((size_t)16 << 20);
    struct span got = {0};
    struct why why = {0};

    assert_int_equal(follow_read(named, span_of(url, strlen(row->url)), &arena, &got, &why),
                     row->fault);
    if (row->fault != FAULT_NONE) {
        assert_null(got.at);
        assert_non_null(why.rule);
    } else if (row->want != NULL) {
        assert_span(got, row->want);
    } else {
        assert_int_equal(got.len, FOLLOW_MAX);
    }
    arena_clear(&arena);
    free(url);
}

static void a_folder_that_was_not_named_is_not_read(void **state)
{
    struct arena arena = arena_with_max((size_t)16 << 20);
    struct span got = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(follow_read(-1, span_text("file:///a.der"), &arena, &got, &why), FAULT_DENIED);
    assert_non_null(strstr(why.rule, "--follow-urls"));
    arena_clear(&arena);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    static char url[8192] = "file:///";
    struct arena arena = arena_with_max((size_t)16 << 20);
    struct span got = {0};
    struct why why = {0};

    (void)state;
    memset(url + 8, 'a', sizeof(url) - 8);
    assert_int_equal(follow_read(named, span_of(url, sizeof(url)), &arena, &got, &why),
                     FAULT_DENIED);
    arena_clear(&arena);
}

static void memory_that_is_out_is_told(void **state)
{
    struct arena none = {0};
    struct span got = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(follow_read(named, span_text("file:///a.der"), &none, &got, &why),
                     FAULT_RESOURCE);
    assert_null(got.at);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(a_folder_that_was_not_named_is_not_read),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(memory_that_is_out_is_told)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 3] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
