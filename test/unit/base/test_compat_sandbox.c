#include "base/compat_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/*
 * Each row runs in a child of its own, since rights do not come back. Its answer is an exit
 * status: a child that cannot open files cannot report much either.
 */
enum answer { AS_IT_SHOULD = 0, NOT_SO = 1, NOT_HERE = 2 };

static char folder[] = "/tmp/keyroster-test-XXXXXX";
static int read_end, write_end; /* of a pipe that is open before */
static int data_folder;         /* descriptor of "data", with "file" in it */

static bool is_refused(int result) { return result < 0 && (errno == EPERM || errno == EACCES); }

static enum answer opening_is_refused(void)
{
    static const char *const paths[] = {"data/file", "/etc/passwd", "/dev/null", "."};

    for (size_t i = 0; i < COUNT(paths); i++) {
        if (!is_refused(open(paths[i], O_RDONLY)) ||
            !is_refused(openat(data_folder, "file", O_RDONLY))) {
            return NOT_SO;
        }
    }
    return AS_IT_SHOULD;
}

static enum answer creating_is_refused(void)
{
    return is_refused(open("new", O_WRONLY | O_CREAT, 0600)) &&
                   is_refused(open("out/new", O_WRONLY | O_CREAT, 0600)) &&
                   is_refused(creat("out/new", 0600))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer sockets_are_refused(void)
{
    int pair[2];

    return is_refused(socket(AF_INET, SOCK_STREAM, 0)) &&
                   is_refused(socket(AF_UNIX, SOCK_DGRAM, 0)) &&
                   is_refused(socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer programs_are_refused(void)
{
    char *const arguments[] = {"true", NULL};

    (void)execv("/bin/true", arguments);
    return is_refused(-1) ? AS_IT_SHOULD : NOT_SO;
}

static enum answer links_are_refused(void)
{
    return is_refused(link("data/file", "out/link")) && is_refused(symlink("/etc", "out/link"))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer open_descriptors_work(void)
{
    char byte = 0;

    return write(write_end, "x", 1) == 1 && read(read_end, &byte, 1) == 1 && byte == 'x'
               ? AS_IT_SHOULD
               : NOT_SO;
}

static void *add_up(void *number)
{
    void *room = malloc(100000); /* from an arena of the thread's own */

    ++*(int *)number;
    free(room);
    return NULL;
}

static enum answer threads_work(void)
{
    pthread_t threads[4];
    int numbers[4] = {0};

    for (int i = 0; i < 4; i++) {
        if (pthread_create(&threads[i], NULL, add_up, &numbers[i]) != 0) {
            return NOT_SO;
        }
    }
    for (int i = 0; i < 4; i++) {
        if (pthread_join(threads[i], NULL) != 0 || numbers[i] != 1) {
            return NOT_SO;
        }
    }
    return AS_IT_SHOULD;
}

static enum answer memory_works(void)
{
    void *large = malloc((size_t)16 << 20);
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    free(large);
    return large != NULL && mapped != MAP_FAILED ? AS_IT_SHOULD : NOT_SO;
}

static enum answer renaming_in_the_output_folder_works(void)
{
    return rename("out/temporary", "out/file") == 0 && access("out/file", F_OK) == 0 &&
                   unlink("out/file") == 0
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer changing_other_folders_is_refused(void)
{
    return rename("out/temporary", "data/temporary") < 0 && is_refused(unlink("data/file")) &&
                   is_refused(rename("data/file", "data/other")) && is_refused(mkdir("sub", 0700))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer reading_below_the_folder_works(void)
{
    char byte = 0;
    int file = openat(data_folder, "file", O_RDONLY);

    return file >= 0 && read(file, &byte, 1) == 1 && byte == 'd' ? AS_IT_SHOULD : NOT_SO;
}

static enum answer reading_elsewhere_is_refused(void)
{
    return is_refused(open("/etc/passwd", O_RDONLY)) &&
                   is_refused(open("out/temporary", O_RDONLY)) &&
                   is_refused(openat(data_folder, "../out/temporary", O_RDONLY))
               ? AS_IT_SHOULD
               : NOT_SO;
}

/* The sandbox knows "data/file" by its name. */
static enum answer reading_the_file_works(void)
{
    char byte = 0;
    int file = open("data/file", O_RDONLY);

    return file >= 0 && read(file, &byte, 1) == 1 && byte == 'd' ? AS_IT_SHOULD : NOT_SO;
}

static enum answer reading_beside_the_file_is_refused(void)
{
    return is_refused(open("data/beside", O_RDONLY)) && is_refused(open("data", O_RDONLY)) &&
                   is_refused(open("/etc/passwd", O_RDONLY))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer writing_below_the_folder_is_refused(void)
{
    return is_refused(openat(data_folder, "file", O_WRONLY)) &&
                   is_refused(openat(data_folder, "new", O_WRONLY | O_CREAT, 0600))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer connecting_works(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int pair[2];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    /* Nobody listens on port 0; but it is the network that says so. */
    if (fd < 0 || connect(fd, (const struct sockaddr *)&here, sizeof(here)) == 0 ||
        is_refused(-1) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        return NOT_SO;
    }
    return open("/etc/passwd", O_RDONLY) >= 0 && open("/etc", O_RDONLY | O_DIRECTORY) >= 0
               ? AS_IT_SHOULD
               : NOT_SO;
}

static enum answer listening_is_refused(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    return fd >= 0 && is_refused(listen(fd, 1)) ? AS_IT_SHOULD : NOT_SO;
}

static enum answer writing_is_refused(void)
{
    return is_refused(open("data/file", O_WRONLY)) && is_refused(open("data/file", O_RDWR)) &&
                   is_refused(open("data/new", O_WRONLY | O_CREAT, 0600)) &&
                   is_refused(unlink("data/file")) && is_refused(mkdir("sub", 0700))
               ? AS_IT_SHOULD
               : NOT_SO;
}

static const struct row {
    const char *name;
    enum answer (*try)(void);
    bool writes, reads; /* an output folder, a folder to read from */
    int needs;          /* of enum sandbox_state: what the kernel must have for it; 0: any */
    bool network;
    bool names; /* a file to be read by its name */
} rows[] = {
    {"descriptors that are open work", open_descriptors_work, false, false, 0},
    {"threads work", threads_work, false, false, 0},
    {"memory is to be had", memory_works, false, false, 0},
    {"a file is renamed and removed in the output folder", renaming_in_the_output_folder_works,
     true, false, 0},
    {"a file below the folder to read from is read", reading_below_the_folder_works, false, true,
     0},
    {"no file is opened", opening_is_refused, false, false, 0},
    {"nor one in the output folder", opening_is_refused, true, false, 0},
    {"no file is created", creating_is_refused, false, false, 0},
    {"nor one in the output folder by opening it", creating_is_refused, true, false, SANDBOX_CALLS},
    {"no socket is made", sockets_are_refused, false, false, SANDBOX_CALLS},
    {"nor one where files may be read", sockets_are_refused, false, true, SANDBOX_CALLS},
    {"no program is started", programs_are_refused, false, false, 0},
    {"no link is made", links_are_refused, true, false, 0},
    {"no other folder is changed", changing_other_folders_is_refused, true, false, SANDBOX_FILES},
    {"no file elsewhere is read", reading_elsewhere_is_refused, false, true, SANDBOX_FILES},
    {"no file below it is written", writing_below_the_folder_is_refused, false, true,
     SANDBOX_FILES},
    {"a file that is named is read", reading_the_file_works, false, false, 0, .names = true},
    {"nothing beside it, nor in a folder that is named", reading_beside_the_file_is_refused, false,
     false, SANDBOX_FILES, .names = true},
    {"and it is not written", writing_is_refused, false, false, SANDBOX_FILES, .names = true},
    {"nor is a socket made", sockets_are_refused, false, false, SANDBOX_CALLS, .names = true},
    {"nor a file renamed", changing_other_folders_is_refused, true, false, SANDBOX_FILES,
     .names = true},
    {"with a network, connecting and reading work", connecting_works, false, false, 0, true},
    {"with a network and an output, too", connecting_works, true, false, 0, true},
    {"with a network, a file is renamed in the output folder", renaming_in_the_output_folder_works,
     true, false, 0, true},
    {"with a network, nobody listens", listening_is_refused, false, false, SANDBOX_CALLS, true},
    {"with a network, nothing is written", writing_is_refused, false, false, SANDBOX_FILES, true},
    {"with a network, nothing is written beside the output", writing_is_refused, true, false,
     SANDBOX_FILES, true},
    {"with a network, no program is started", programs_are_refused, false, false, 0, true},
};

static enum answer try_in_sandbox(const struct row *row)
{
    static const char *const names[] = {"data/file", "data", "nowhere", "/dev/stdin"};
    const struct sandbox sandbox = {.output_folder = row->writes ? "out" : NULL,
                                    .read_folder = row->reads ? data_folder : -1,
                                    .read_files = names,
                                    .read_file_count = row->names ? COUNT(names) : 0,
                                    .network = row->network};
    int state = sandbox_enter(&sandbox);

    if (state == SANDBOX_NONE || (state & row->needs) != row->needs) {
        return NOT_HERE;
    }
    return row->try();
}

static void row_holds(void **state)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        _exit((int)try_in_sandbox(*state));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), AS_IT_SHOULD);
}

static void make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folders(void **state)
{
    int ends[2];

    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("out", 0700) != 0 ||
        mkdir("data", 0700) != 0 || pipe(ends) != 0) {
        return -1;
    }
    read_end = ends[0];
    write_end = ends[1];
    make_file("data/file", "data");
    make_file("data/beside", "data");
    make_file("out/temporary", "result");
    data_folder = open("data", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return data_folder < 0;
}

static int make_output(void **state)
{
    (void)state; /* the row stays in it */
    make_file("out/temporary", "result");
    return 0;
}

static int remove_item(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int remove_folders(void **state)
{
    (void)state;
    return nftw(folder, remove_item, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    for (size_t i = 0; i < COUNT(tests); i++) {
        tests[i].setup_func = make_output;
    }
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
