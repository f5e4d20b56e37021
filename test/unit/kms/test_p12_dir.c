#include "kms/request/session/p12_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "support.h"

static char folder[] = "/tmp/keyroster-p12-XXXXXX";

/* Addresses, and the beginning and end of their files' names; `same` when it is the address. */
static const struct row {
    const char *name, *address, *start;
    bool same;
} rows[] = {
    {"an address is the name", "anna.berg@example.org", "anna.berg@example.org.p12", true},
    {"letters outside ASCII stay", "\xc3\xa5sa@example.org", "\xc3\xa5sa@example.org.p12", true},
    {"a slash would be a folder", "a/b@example.org", "a_b@example.org~", false},
    {"two dots and a slash", "../b@example.org", "_._b@example.org~", false},
    {"a dot hides a file", ".a@example.org", "_a@example.org~", false},
    {"a hyphen is taken for an option", "-rf@example.org", "_rf@example.org~", false},
    {"a control character", "a\nb@example.org", "a_b@example.org~", false},
    {"nothing at all", "", "~", false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    char name[P12_NAME_SIZE];
    struct why why = {0};

    assert_int_equal(p12_dir_name(span_text(row->address), name, &why), FAULT_NONE);
    assert_int_equal(strncmp(name, row->start, strlen(row->start)), 0);
    assert_string_equal(name + strlen(name) - 4, ".p12");
    assert_null(strchr(name, '/'));
    if (row->same) {
        assert_string_equal(name, row->start);
    }
}

static void made_safe_they_still_differ(void **state)
{
    static const char *const addresses[] = {"a/b@example.org",  "a_b@example.org",
                                            "a\nb@example.org", ".ab@example.org",
                                            "-ab@example.org",  "_ab@example.org"};
    char names[COUNT(addresses)][P12_NAME_SIZE];
    struct why why = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        assert_int_equal(p12_dir_name(span_text(addresses[i]), names[i], &why), FAULT_NONE);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(names[i], names[k]);
        }
    }
}

static void long_ones_differ_behind_the_cut(void **state)
{
    char one[254], other[254], first[P12_NAME_SIZE], second[P12_NAME_SIZE];
    struct why why = {0};

    (void)state;
    memset(one, 'x', sizeof(one));
    memcpy(other, one, sizeof(one));
    other[253] = 'y';
    assert_int_equal(p12_dir_name(span_of(one, 254), first, &why), FAULT_NONE);
    assert_int_equal(p12_dir_name(span_of(other, 254), second, &why), FAULT_NONE);
    assert_true(strlen(first) < 250);
    assert_string_not_equal(first, second);
}

static void no_character_is_cut(void **state)
{
    char address[254], name[P12_NAME_SIZE];
    struct why why = {0};

    (void)state;
    memset(address, 'x', sizeof(address));
    memcpy(address + 199, "\xc3\xa5", 2); /* stands across the cut */
    assert_int_equal(p12_dir_name(span_of(address, 254), name, &why), FAULT_NONE);
    assert_int_equal(name[198], 'x');
    assert_int_equal(name[199], '~');
}

/* How many names are in the folder. */
static size_t count_files(void)
{
    DIR *dir = opendir(folder);
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    (void)closedir(dir);
    return n - 2;
}

static void assert_file(const char *name, const char *content)
{
    char path[P12_NAME_SIZE + sizeof(folder)], got[64] = {0};
    struct stat status;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_true(read(fd, got, sizeof(got) - 1) >= 0);
    assert_string_equal(got, content);
    (void)close(fd);
}

static void a_file_is_there_when_it_is_placed(void **state)
{
    struct p12_dir dir = {0};
    struct p12_file file = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    assert_int_equal(p12_dir_keep(&dir, "a.p12", span_text("one"), &file, &why), FAULT_NONE);
    assert_int_equal(p12_dir_place(&dir, "a.p12", &file, &why), FAULT_NONE);
    assert_int_equal(file.fd, 0);
    assert_file("a.p12", "one");
    assert_int_equal(p12_dir_keep(&dir, "a.p12", span_text("two"), &file, &why), FAULT_NONE);
    assert_file("a.p12", "one");
    assert_int_equal(p12_dir_place(&dir, "a.p12", &file, &why), FAULT_NONE);
    assert_file("a.p12", "two");
    assert_int_equal(count_files(), 2); /* the other one, until this one is dropped */
    p12_dir_drop(&dir, &file);
    assert_int_equal(count_files(), 1);
    assert_file("a.p12", "two");
    assert_int_equal(p12_dir_sync(&dir, &why), FAULT_NONE);
    p12_dir_remove(&dir, "a.p12");
    assert_int_equal(count_files(), 0);
    p12_dir_close(&dir);
}

static void place(const struct p12_dir *dir, const char *name, const char *bytes,
                  struct p12_file *out)
{
    struct why why = {0};

    assert_int_equal(p12_dir_keep(dir, name, span_text(bytes), out, &why), FAULT_NONE);
    assert_int_equal(p12_dir_place(dir, name, out, &why), FAULT_NONE);
    assert_file(name, bytes);
}

static void what_was_there_is_there_again(void **state)
{
    struct p12_dir dir = {0};
    struct p12_file file[3] = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    place(&dir, "a.p12", "one", &file[0]);
    assert_null(file[0].old);
    p12_dir_drop(&dir, &file[0]);
    place(&dir, "a.p12", "two", &file[1]);
    place(&dir, "a.p12", "three", &file[2]);
    assert_non_null(file[1].old);
    assert_file(file[1].old, "one");
    assert_file(file[2].old, "two");
    p12_dir_take_back(&dir, "a.p12", &file[2]);
    assert_file("a.p12", "two");
    p12_dir_take_back(&dir, "a.p12", &file[1]);
    p12_dir_drop(&dir, &file[1]);
    assert_file("a.p12", "one");
    assert_int_equal(count_files(), 1);
    p12_dir_take_back(&dir, "a.p12", &file[0]); /* there was none before it */
    assert_int_equal(count_files(), 0);
    p12_dir_close(&dir);
}

/* As where a file system has no files without a name. */
static void one_with_a_name_of_its_own_keeps_what_was_there_too(void **state)
{
    struct p12_dir dir = {0};
    struct p12_file file = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    place(&dir, "a.p12", "one", &file);
    place(&dir, ".a.part", "two", &file);
    file.name = strdup(".a.part");
    assert_int_equal(p12_dir_place(&dir, "a.p12", &file, &why), FAULT_NONE);
    assert_file("a.p12", "two");
    assert_file(file.old, "one");
    p12_dir_take_back(&dir, "a.p12", &file);
    assert_file("a.p12", "one");
    assert_int_equal(count_files(), 1);
    p12_dir_remove(&dir, "a.p12");
    p12_dir_close(&dir);
}

/* With a name of its own, or without: what is there stays, be it a link that leads nowhere. */
static void a_new_one_replaces_nothing(void **state)
{
    struct p12_dir dir = {0};
    struct p12_file file = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    assert_int_equal(symlinkat("nowhere", dir.fd, "link"), 0);
    for (int named = 0; named < 2; named++) {
        for (int there = 0; there < 3; there++) {
            const char *name = there == 2 ? "link" : "a.share";

            if (named != 0) {
                place(&dir, ".a.part", "one", &file);
                file.name = strdup(".a.part");
            } else {
                assert_int_equal(p12_dir_keep(&dir, name, span_text("one"), &file, &why),
                                 FAULT_NONE);
            }
            assert_int_equal(p12_dir_place_new(&dir, name, &file, &why),
                             there == 0 ? FAULT_NONE : FAULT_DENIED);
            assert_int_equal(count_files(), 2);
            assert_file("a.share", "one");
        }
        assert_string_equal(why.rule, "is there already");
        p12_dir_remove(&dir, "a.share");
    }
    p12_dir_remove(&dir, "link");
    p12_dir_close(&dir);
}

static void a_long_name_is_kept_too(void **state)
{
    char name[P12_NAME_SIZE];
    struct p12_dir dir = {0};
    struct p12_file file = {0};
    struct why why = {0};

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    place(&dir, name, "one", &file);
    place(&dir, name, "two", &file);
    p12_dir_take_back(&dir, name, &file);
    assert_file(name, "one");
    assert_int_equal(count_files(), 1);
    p12_dir_remove(&dir, name);
    p12_dir_close(&dir);
}

static void a_folder_is_not_moved_aside(void **state)
{
    struct p12_dir dir = {0};
    struct p12_file file = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    assert_int_equal(mkdirat(dir.fd, "a.p12", 0700), 0);
    assert_int_equal(p12_dir_keep(&dir, "a.p12", span_text("one"), &file, &why), FAULT_NONE);
    assert_int_not_equal(p12_dir_place(&dir, "a.p12", &file, &why), FAULT_NONE);
    assert_int_equal(count_files(), 1);
    assert_int_equal(unlinkat(dir.fd, "a.p12", AT_REMOVEDIR), 0);
    p12_dir_close(&dir);
}

static void nothing_is_left_of_one_that_is_dropped(void **state)
{
    struct p12_dir dir = {0};
    struct p12_file file = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(p12_dir_open(folder, &dir, &why), FAULT_NONE);
    assert_int_equal(p12_dir_keep(&dir, "a.p12", span_text("one"), &file, &why), FAULT_NONE);
    p12_dir_drop(&dir, &file);
    p12_dir_drop(&dir, &file);
    assert_int_equal(count_files(), 0);
    p12_dir_close(&dir);
    p12_dir_close(&dir);
}

static void a_folder_is_made(void **state)
{
    char path[sizeof(folder) + 8];
    struct p12_dir dir = {0};
    struct stat status;
    struct why why = {0};

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/new", folder);
    assert_int_equal(p12_dir_open(path, &dir, &why), FAULT_NONE);
    p12_dir_close(&dir);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(rmdir(path), 0);
    (void)snprintf(path, sizeof(path), "%s/a/b", folder);
    assert_int_equal(p12_dir_open(path, &dir, &why), FAULT_ABSENT);
    assert_int_equal(p12_dir_open("/dev/null", &dir, &why), FAULT_ABSENT);
}

/* Where one file is to go; `link` points to `target`. */
static void the_folder_of_a_file_is_found(void **state)
{
    char path[sizeof(folder) + 16], name[P12_NAME_SIZE];
    struct p12_dir dir = {0};
    struct why why = {0};

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(symlink("target", path), 0);
    assert_int_equal(p12_dir_open_for(path, &dir, name, &why), FAULT_NONE);
    assert_string_equal(name, "target");
    p12_dir_close(&dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(p12_dir_open_for(folder, &dir, name, &why), FAULT_SYNTAX);
    assert_int_equal(p12_dir_open_for("", &dir, name, &why), FAULT_SYNTAX);
    assert_int_equal(p12_dir_open_for("/dev/null", &dir, name, &why), FAULT_SYNTAX);
    assert_int_equal(p12_dir_open_for("a/", &dir, name, &why), FAULT_SYNTAX);
    (void)snprintf(path, sizeof(path), "%s/a/b", folder);
    assert_int_equal(p12_dir_open_for(path, &dir, name, &why), FAULT_ABSENT);
    assert_int_equal(p12_dir_open_for("only-a-name.p12", &dir, name, &why), FAULT_NONE);
    assert_string_equal(name, "only-a-name.p12");
    p12_dir_close(&dir);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 12] = {
        cmocka_unit_test(made_safe_they_still_differ),
        cmocka_unit_test(long_ones_differ_behind_the_cut),
        cmocka_unit_test(no_character_is_cut),
        cmocka_unit_test(a_file_is_there_when_it_is_placed),
        cmocka_unit_test(what_was_there_is_there_again),
        cmocka_unit_test(one_with_a_name_of_its_own_keeps_what_was_there_too),
        cmocka_unit_test(a_new_one_replaces_nothing),
        cmocka_unit_test(a_long_name_is_kept_too),
        cmocka_unit_test(a_folder_is_not_moved_aside),
        cmocka_unit_test(nothing_is_left_of_one_that_is_dropped),
        cmocka_unit_test(a_folder_is_made),
        cmocka_unit_test(the_folder_of_a_file_is_found),
    };

    TESTS_OF(tests + 12, rows, row_holds);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
