#include "base/outfile.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static char folder[] = "/tmp/keyroster-test-XXXXXX";

/* All tests run in a folder of their own; each begins and ends with an empty one. */
static int enter_folder(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)umask(022);
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int remove_item(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    return place->level > 0 ? remove(path) : 0;
}

static int empty_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_item, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t items_in(const char *path)
{
    DIR *open = opendir(path);
    const struct dirent *item;
    size_t n = 0;

    assert_non_null(open);
    while ((item = readdir(open)) != NULL) {
        n += strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;
    }
    assert_int_equal(closedir(open), 0);
    return n;
}

static void make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *path, const char *want)
{
    char text[100] = {0};
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    (void)!fread(text, 1, sizeof(text) - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, want);
}

/* Writes `text` to `path` as a verb does. */
static void put(const char *path, const char *text)
{
    struct outfile out = {0};
    struct why why = {0};

    assert_int_equal(outfile_open(path, &out, &why), FAULT_NONE);
    assert_int_equal(outfile_write(&out, span_text(text), &why), FAULT_NONE);
    assert_int_equal(outfile_commit(&out, &why), FAULT_NONE);
    assert_null(why.rule);
    outfile_clear(&out);
}

static void a_file_appears_when_it_is_whole(void **state)
{
    struct outfile out = {0};
    struct why why;

    (void)state;
    assert_int_equal(outfile_open("file", &out, &why), FAULT_NONE);
    assert_int_equal(outfile_write(&out, span_text("half"), &why), FAULT_NONE);
    assert_int_equal(access("file", F_OK), -1);
    assert_int_equal(outfile_write(&out, span_text(" and half"), &why), FAULT_NONE);
    assert_int_equal(outfile_commit(&out, &why), FAULT_NONE);
    assert_file("file", "half and half");
    assert_int_equal(items_in("."), 1);
    outfile_clear(&out);
}

static void a_file_that_is_not_committed_leaves_nothing(void **state)
{
    struct outfile out = {0};
    struct why why;

    (void)state;
    make_file("file", "as it was");
    assert_int_equal(outfile_open("file", &out, &why), FAULT_NONE);
    assert_int_equal(outfile_write(&out, span_text("half"), &why), FAULT_NONE);
    outfile_clear(&out);
    outfile_clear(&out);
    assert_file("file", "as it was");
    assert_int_equal(items_in("."), 1);
}

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void the_mode_of_a_file_that_is_there_is_kept(void **state)
{
    static const mode_t modes[] = {0600, 0640, 0666, 0444};

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        make_file("file", "old");
        assert_int_equal(chmod("file", modes[i]), 0);
        put("file", "new");
        assert_file("file", "new");
        assert_int_equal(mode_of("file"), modes[i]);
        assert_int_equal(unlink("file"), 0);
    }
}

static void a_new_file_has_the_mode_that_umask_leaves(void **state)
{
    (void)state;
    put("file", "");
    assert_int_equal(mode_of("file"), 0644);
    (void)umask(077);
    put("other", "");
    assert_int_equal(mode_of("other"), 0600);
    assert_int_equal(umask(022), 077);
}

static void assert_link(const char *path)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void a_symbolic_link_stays_one(void **state)
{
    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    make_file("sub/file", "old");
    assert_int_equal(symlink("sub/file", "link"), 0);
    put("link", "new");
    assert_link("link");
    assert_file("sub/file", "new");
    assert_int_equal(items_in("sub"), 1);
}

static void so_does_one_that_leads_to_no_file_yet(void **state)
{
    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(symlink("file", "sub/further"), 0);
    assert_int_equal(symlink("sub/further", "link"), 0);
    put("link", "new");
    assert_link("link");
    assert_link("sub/further");
    assert_file("sub/file", "new");
    assert_int_equal(unlink("sub/further"), 0);
    assert_int_equal(items_in("sub"), 1);
}

static void a_device_is_written_in_place(void **state)
{
    struct outfile out = {0};
    struct why why;
    struct stat status;

    (void)state;
    assert_int_equal(outfile_open("/dev/null", &out, &why), FAULT_NONE);
    assert_null(outfile_folder(&out));
    outfile_clear(&out);
    put("/dev/null", "gone");
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void a_fifo_is_written_in_place(void **state)
{
    char text[10] = {0};
    int reader;
    struct stat status;

    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    reader = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    put("fifo", "through");
    assert_int_equal(read(reader, text, sizeof(text)), 7);
    assert_string_equal(text, "through");
    assert_int_equal(close(reader), 0);
    assert_int_equal(lstat("fifo", &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
}

static void the_folder_is_where_it_is_renamed(void **state)
{
    struct outfile out = {0};
    struct why why;
    char *told;

    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(outfile_open("sub/file", &out, &why), FAULT_NONE);
    told = outfile_folder(&out);
    assert_non_null(told);
    assert_int_equal(items_in(told), 1); /* what is being written */
    assert_int_equal(items_in("sub"), 1);
    free(told);
    outfile_clear(&out);
    assert_int_equal(items_in("sub"), 0);
}

static void nothing_and_a_dash_are_standard_output(void **state)
{
    static const char *const paths[] = {NULL, "-"};
    int kept = dup(STDOUT_FILENO);

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct outfile out = {0};
        struct why why;
        int file;

        assert_int_equal(fflush(stdout), 0);
        file = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_true(file >= 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO && close(file) == 0);
        assert_int_equal(outfile_open(paths[i], &out, &why), FAULT_NONE);
        assert_int_equal(outfile_write(&out, span_text("told"), &why), FAULT_NONE);
        assert_null(outfile_folder(&out));
        assert_int_equal(outfile_commit(&out, &why), FAULT_NONE);
        outfile_clear(&out);
        assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0); /* it is not ours to close */
        assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
        assert_file("file", "told");
    }
    assert_int_equal(close(kept), 0);
}

/* A regular file behind it is neither replaced nor written from its begin. */
static void a_descriptor_is_written_to_as_it_is(void **state)
{
    static const char *const folders[] = {"/dev/fd", "/proc/self/fd", "/dev/fd"};

    (void)state;
    for (size_t i = 0; i < COUNT(folders); i++) {
        char path[64];
        struct stat before, after;
        int file = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_true(file >= 0 && fstat(file, &before) == 0);
        assert_int_equal(write(file, "a", 1), 1);
        (void)snprintf(path, sizeof(path), "%s/%d", folders[i], file);
        if (i == 2) { /* as /dev/stdout is a link */
            assert_int_equal(symlink(path, "link"), 0);
            (void)snprintf(path, sizeof(path), "link");
        }
        put(path, "b");
        assert_int_equal(write(file, "c", 1), 1);
        assert_int_equal(close(file), 0);
        assert_file("file", "abc");
        assert_true(stat("file", &after) == 0 && after.st_ino == before.st_ino);
    }
    assert_int_equal(items_in("."), 2);
}

/* Else a diagnostic, which goes to descriptor 2, would be written into the result. */
static void a_closed_standard_stream_is_not_taken_for_it(void **state)
{
    int kept = dup(STDERR_FILENO);
    struct outfile out = {0};
    struct why why;
    enum fault fault;

    (void)state;
    assert_int_equal(close(STDERR_FILENO), 0);
    fault = outfile_open("file", &out, &why);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(kept), 0);
    assert_int_equal(fault, FAULT_NONE);
    assert_true(out.fd > STDERR_FILENO);
    assert_int_equal(fcntl(out.fd, F_GETFD), FD_CLOEXEC);
    outfile_clear(&out);
}

static void refused(const char *path, enum fault fault)
{
    struct outfile out = {.fd = 12345};
    struct why why = {0};

    assert_int_equal(outfile_open(path, &out, &why), fault);
    assert_non_null(why.rule);
    assert_int_equal(out.fd, 12345); /* nothing is written on failure */
}

static void a_folder_that_is_not_there(void **state)
{
    (void)state;
    make_file("file", "");
    refused("nowhere/file", FAULT_ABSENT);
    refused("nowhere/", FAULT_ABSENT);
    refused("file/below", FAULT_ABSENT);
    refused("", FAULT_ABSENT);
    assert_int_equal(symlink("nowhere/file", "link"), 0);
    refused("link", FAULT_ABSENT);
    assert_int_equal(items_in("."), 2);
}

static void a_directory_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    refused("sub", FAULT_RESOURCE);
    refused("sub/", FAULT_RESOURCE);
    refused("/", FAULT_RESOURCE);
    assert_int_equal(items_in("sub"), 0);
}

static void a_ring_of_links(void **state)
{
    (void)state;
    assert_int_equal(symlink("b", "a"), 0);
    assert_int_equal(symlink("a", "b"), 0);
    refused("a", FAULT_RESOURCE);
    assert_int_equal(items_in("."), 2);
}

static void a_folder_that_may_not_be_written(void **state)
{
    (void)state;
    assert_int_equal(mkdir("sub", 0555), 0);
    assert_int_equal(chmod(".", 0755), 0); /* so that it is `sub` that refuses */
    as_nobody();
    refused("sub/file", FAULT_DENIED);
    as_root_again();
}

static void a_full_disk(void **state)
{
    struct outfile out = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(outfile_open("/dev/full", &out, &why), FAULT_NONE);
    assert_int_equal(outfile_write(&out, span_text("x"), &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
    outfile_clear(&out);
}

static void a_file_that_grows_too_large(void **state)
{
    static const uint8_t bytes[10000];
    struct rlimit kept, limit;
    struct outfile out = {0};
    struct why why = {0};
    enum fault fault;

    (void)state;
    make_file("file", "as it was");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    limit = (struct rlimit){.rlim_cur = 4096, .rlim_max = kept.rlim_max};
    assert_int_equal(outfile_open("file", &out, &why), FAULT_NONE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fault = outfile_write(&out, span_of(bytes, sizeof(bytes)), &why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
    assert_int_equal(fault, FAULT_RESOURCE);
    assert_non_null(why.rule);
    outfile_clear(&out);
    assert_file("file", "as it was");
    assert_int_equal(items_in("."), 1);
}

static void nobody_reads_any_more(void **state)
{
    struct outfile out = {0};
    struct why why = {0};
    int reader;

    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    reader = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(outfile_open("fifo", &out, &why), FAULT_NONE);
    assert_int_equal(close(reader), 0);
    assert_int_equal(outfile_write(&out, span_text("x"), &why), FAULT_ABSENT);
    outfile_clear(&out);
}

static void a_closed_descriptor(void **state)
{
    struct outfile out = {.fd = 999};
    struct why why = {0};

    (void)state;
    assert_int_equal(outfile_write(&out, span_text("x"), &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
}

/* What went on in the meantime: the folder was removed, or a folder stands in the way. */
static void a_place_that_is_gone_at_the_end(void **state)
{
    struct outfile out = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(outfile_open("sub/file", &out, &why), FAULT_NONE);
    assert_int_equal(rename("sub", "moved"), 0);
    assert_int_equal(outfile_commit(&out, &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
    outfile_clear(&out);
    assert_int_equal(empty_folder(NULL), 0);

    assert_int_equal(outfile_open("file", &out, &why), FAULT_NONE);
    assert_int_equal(mkdir("file", 0700), 0);
    assert_int_equal(outfile_commit(&out, &why), FAULT_RESOURCE);
    assert_int_equal(items_in("."), 1); /* nothing is left behind */
    outfile_clear(&out);
}

static void an_empty_one_is_cleared(void **state)
{
    struct outfile out = {0};

    (void)state;
    outfile_clear(&out);
    outfile_clear(&out);
    outfile_clear(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_teardown(test, empty_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_appears_when_it_is_whole),
        IN_FOLDER(a_file_that_is_not_committed_leaves_nothing),
        IN_FOLDER(the_mode_of_a_file_that_is_there_is_kept),
        IN_FOLDER(a_new_file_has_the_mode_that_umask_leaves),
        IN_FOLDER(a_symbolic_link_stays_one),
        IN_FOLDER(so_does_one_that_leads_to_no_file_yet),
        IN_FOLDER(a_device_is_written_in_place),
        IN_FOLDER(a_fifo_is_written_in_place),
        IN_FOLDER(the_folder_is_where_it_is_renamed),
        IN_FOLDER(nothing_and_a_dash_are_standard_output),
        IN_FOLDER(a_descriptor_is_written_to_as_it_is),
        IN_FOLDER(a_closed_standard_stream_is_not_taken_for_it),
        IN_FOLDER(a_folder_that_is_not_there),
        IN_FOLDER(a_directory_is_no_file),
        IN_FOLDER(a_ring_of_links),
        IN_FOLDER(a_folder_that_may_not_be_written),
        IN_FOLDER(a_full_disk),
        IN_FOLDER(a_file_that_grows_too_large),
        IN_FOLDER(nobody_reads_any_more),
        IN_FOLDER(a_closed_descriptor),
        IN_FOLDER(a_place_that_is_gone_at_the_end),
        IN_FOLDER(an_empty_one_is_cleared),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
