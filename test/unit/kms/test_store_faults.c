#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "kms/store/backup.h"
#include "kms/store/book_rows.h"
#include "store_issue.h"

/*
 * Issues that are broken off: by the end of the process, a disk that is full, memory that is not
 * there. What was told as done is there, what was not is not there at all, and the store is whole.
 */

/* The allocation of SQLite that fails, counted from 1; 0: none does. */
static size_t failing, made;
static sqlite3_mem_methods memory;

static void *take(int len)
{
    made++;
    return made == failing ? NULL : memory.xMalloc(len);
}

static void *retake(void *at, int len)
{
    made++;
    return made == failing ? NULL : memory.xRealloc(at, len);
}

static int may_fail(void **state)
{
    sqlite3_mem_methods failing_methods;

    (void)state;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) != SQLITE_OK) {
        return -1;
    }
    failing_methods = memory;
    failing_methods.xMalloc = take;
    failing_methods.xRealloc = retake;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &failing_methods) == SQLITE_OK ? 0 : -1;
}

enum { KILLS = 200 };

/* Issues without end; `*done` counts those that were told as done. */
static _Noreturn void issue_until_killed(const char *path, uint32_t next, _Atomic uint32_t *done)
{
    struct store *store = NULL;
    struct why why;

    if (store_open(path, STORE_WRITE, NOW, &store, &why) != FAULT_NONE) {
        _exit(1);
    }
    for (;;) {
        if (issue(store, next, &why) != FAULT_NONE) {
            _exit(1);
        }
        next++;
        atomic_fetch_add(done, 1);
    }
}

/* Until so many are done: the kill that follows comes at any point of the next one. */
static void wait_for(const _Atomic uint32_t *done, uint32_t count, pid_t child)
{
    while (atomic_load(done) < count) {
        assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
        (void)usleep(100);
    }
}

static void killed_at_any_point_is_whole(void **state)
{
    _Atomic uint32_t *done =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t seed = 6;
    uint32_t there = 0;
    struct site site;

    (void)state;
    assert_ptr_not_equal(done, MAP_FAILED);
    site_for_issues(&site);
    store_close(site.store);
    site.store = NULL;
    for (int i = 0; i < KILLS; i++) {
        pid_t child;
        int status = 0;

        atomic_store(done, 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            issue_until_killed(site.path, there, done);
        }
        wait_for(done, random_next(&seed) % 4, child);
        (void)usleep(random_next(&seed) % 3000);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status)); /* and did not fail before */

        assert_done(store_open(site.path, STORE_WRITE, NOW, &site.store, &site.why), &site.why);
        {
            uint32_t told = there + atomic_load(done);

            there = site_whole_issues(&site);
            /* One may have been committed and not told. */
            assert_true(there == told || there == told + 1);
        }
        store_close(site.store);
        site.store = NULL;
    }
    assert_true(there > KILLS / 2);
    assert_int_equal(munmap(done, 4096), 0);
    site_close(&site);
}

enum { WRITERS = 3, EACH = 40 };

/* Each waits for the others, and goes on with what they wrote. */
static void writers_take_turns(void **state)
{
    pid_t children[WRITERS];
    struct site site;

    (void)state;
    site_for_issues(&site);
    store_close(site.store);
    site.store = NULL;
    for (uint32_t i = 0; i < WRITERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct store *store = NULL;
            struct why why;
            enum fault fault = store_open(site.path, STORE_WRITE, NOW, &store, &why);

            for (uint32_t n = 0; fault == FAULT_NONE && n < EACH; n++) {
                fault = issue(store, i * EACH + n, &why);
            }
            store_close(store);
            _exit(fault == FAULT_NONE ? 0 : 1);
        }
    }
    for (uint32_t i = 0; i < WRITERS; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_done(store_open(site.path, STORE_READ, NOW, &site.store, &site.why), &site.why);
    assert_int_equal(site_whole_issues(&site), WRITERS * EACH);
    site_close(&site);
}

/* As long as files may become: what is written past it fails as on a full disk. */
static void files_may_have(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_disk_is_told(void **state)
{
    uint32_t there = 0;
    int told = 0;
    struct site site;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    site_for_issues(&site);
    for (rlim_t kib = 8; kib < 1200; kib += 24) {
        enum fault fault;

        files_may_have(kib << 10);
        fault = issue(site.store, there, &site.why);
        files_may_have(RLIM_INFINITY);
        if (fault == FAULT_NONE) {
            there++;
            continue;
        }
        assert_int_equal(fault, FAULT_RESOURCE);
        assert_non_null(strstr(site.why.rule, "store"));
        told++;
        assert_int_equal(site_whole_issues(&site), there);
        assert_done(issue(site.store, there, &site.why), &site.why); /* there is room again */
        there++;
    }
    assert_true(told > 3);
    assert_int_equal(site_whole_issues(&site), there);
    site_reopen(&site, STORE_WRITE);
    assert_int_equal(site_whole_issues(&site), there);
    site_close(&site);
}

static void full_disk_leaves_no_half_of_a_store(void **state)
{
    struct store *store = NULL;
    char path[128];
    int told = 0, copied = 0;
    struct site site;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    site_for_issues(&site);
    for (uint32_t i = 0; i < 20; i++) {
        assert_done(issue(site.store, i, &site.why), &site.why);
    }
    (void)snprintf(path, sizeof(path), "%s/other", site.folder);
    for (rlim_t kib = 0; kib < 700; kib += 37) {
        enum fault fault;

        files_may_have(kib << 10);
        fault = store_create(path, span_text("profile\n"), NOW, &store, &site.why);
        files_may_have(RLIM_INFINITY);
        if (fault == FAULT_NONE) {
            store_discard(store);
        } else {
            assert_int_equal(fault, FAULT_RESOURCE);
            told++;
        }
        assert_int_equal(access(path, F_OK), -1);

        files_may_have(kib << 10);
        fault = store_backup(site.store, path, &site.why);
        files_may_have(RLIM_INFINITY);
        assert_int_equal(access(path, F_OK), fault == FAULT_NONE ? 0 : -1);
        if (fault == FAULT_NONE) {
            copied++;
            assert_int_equal(unlink(path), 0);
        } else {
            assert_int_equal(fault, FAULT_RESOURCE);
        }
    }
    assert_true(told > 2);
    assert_true(copied > 2);
    site_close(&site);
}

/* Opens, issues and closes, with the n-th allocation failing, for every n. */
static void issue_without_memory_is_told(void **state)
{
    uint32_t there = 0;
    int told = 0;
    struct site site;
    bool reached = true;

    (void)state;
    site_for_issues(&site);
    store_close(site.store);
    for (size_t n = 1; reached; n++) {
        enum fault fault;

        site.store = NULL;
        made = 0;
        failing = n;
        fault = store_open(site.path, STORE_WRITE, NOW, &site.store, &site.why);
        if (fault == FAULT_NONE) {
            fault = issue(site.store, there, &site.why);
        }
        reached = made >= n;
        failing = 0;
        store_close(site.store);
        if (fault == FAULT_NONE) {
            there++;
        } else {
            assert_int_equal(fault, FAULT_RESOURCE);
            told++;
        }
        if (n % 16 == 0 || !reached) {
            site.store = NULL;
            assert_done(store_open(site.path, STORE_WRITE, NOW, &site.store, &site.why), &site.why);
            assert_int_equal(site_whole_issues(&site), there);
            store_close(site.store);
        }
        assert_true(n < 100000);
    }
    assert_true(told > 50);
    site.store = NULL;
    site_close(&site);
}

/* Within one connection, with what it keeps between its queries. */
static void later_issue_without_memory_is_told(void **state)
{
    uint32_t there = 0;
    bool reached = true;
    struct site site;

    (void)state;
    site_for_issues(&site);
    assert_done(issue(site.store, there++, &site.why), &site.why);
    for (size_t n = 1; reached; n++) {
        enum fault fault;

        made = 0;
        failing = n;
        fault = issue(site.store, there, &site.why);
        reached = made >= n;
        failing = 0;
        if (fault == FAULT_NONE) {
            there++;
        } else {
            assert_int_equal(fault, FAULT_RESOURCE);
        }
        assert_int_equal(site_whole_issues(&site), there);
        assert_true(n < 100000);
    }
    site_close(&site);
}

static enum fault read_all(struct site *site)
{
    struct store *store = NULL;
    struct book *book = NULL;
    struct book_row row;
    bool there = true;
    enum fault fault = store_open(site->path, STORE_READ, NOW, &store, &site->why);

    if (fault == FAULT_NONE) {
        fault = book_open(store, 0, INT64_MAX, &book, &site->why);
    }
    while (fault == FAULT_NONE && there) {
        fault = book_next(book, &site->arena, &row, &there, &site->why);
    }
    book_close(book);
    store_close(store);
    return fault;
}

static void reading_and_backup_without_memory_are_told(void **state)
{
    char path[128];
    bool reached = true;
    struct site site;

    (void)state;
    site_for_issues(&site);
    for (uint32_t i = 0; i < 5; i++) {
        assert_done(issue(site.store, i, &site.why), &site.why);
    }
    (void)snprintf(path, sizeof(path), "%s/backup", site.folder);
    for (size_t n = 1; reached; n++) {
        enum fault fault;

        made = 0;
        failing = n;
        fault = read_all(&site);
        reached = made >= n;
        failing = 0;
        assert_true(fault == FAULT_NONE || fault == FAULT_RESOURCE);
        assert_true(n < 100000);
        arena_reset(&site.arena);
    }
    reached = true;
    for (size_t n = 1; reached; n += 7) {
        enum fault fault;

        made = 0;
        failing = n;
        fault = store_backup(site.store, path, &site.why);
        reached = made >= n;
        failing = 0;
        assert_true(fault == FAULT_NONE || fault == FAULT_RESOURCE);
        assert_int_equal(access(path, F_OK), fault == FAULT_NONE ? 0 : -1);
        (void)unlink(path);
        assert_true(n < 100000);
    }
    assert_int_equal(site_whole_issues(&site), 5);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_point_is_whole),
        cmocka_unit_test(writers_take_turns),
        cmocka_unit_test(full_disk_is_told),
        cmocka_unit_test(full_disk_leaves_no_half_of_a_store),
        cmocka_unit_test(issue_without_memory_is_told),
        cmocka_unit_test(later_issue_without_memory_is_told),
        cmocka_unit_test(reading_and_backup_without_memory_are_told),
    };

    return cmocka_run_group_tests(tests, may_fail, NULL);
}
