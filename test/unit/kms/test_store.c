#include "kms/store/store.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_support.h"

/* A store is refused for one reason each: what was done to it, and what the refusal says. */
struct refusal {
    const char *name;
    const char *command; /* with the store's path as $1, its folder as $2 */
    enum store_mode mode;
    int64_t now;
    enum fault fault;
    const char *says;
};

static const struct refusal refusals[] = {
    {"nothing there", "rm -rf $1", STORE_READ, NOW, FAULT_ABSENT, "No such file"},
    {"a file, not a directory", "rm -rf $1; touch $1", STORE_READ, NOW, FAULT_SYNTAX,
     "a store is a directory"},
    {"an empty directory", "rm $1/*", STORE_READ, NOW, FAULT_ABSENT, "has no keyroster.db"},
    {"a folder of others that is no store", "rm $1/*; chmod 755 $1", STORE_WRITE, NOW, FAULT_ABSENT,
     "has no keyroster.db"},
    {"somebody's folder that is no store", "rm $1/*; chown 12345 $1", STORE_READ, NOW, FAULT_ABSENT,
     "has no keyroster.db"},
    {"a directory that others may use", "chmod 750 $1", STORE_READ, NOW, FAULT_DENIED, "chmod 700"},
    {"a database that others may read", "chmod 644 $1/keyroster.db", STORE_WRITE, NOW, FAULT_DENIED,
     "chmod 600"},
    {"somebody else's", "chown 12345 $1", STORE_READ, NOW, FAULT_DENIED, "belongs to user 12345"},
    {"somebody else's database", "chown 12345 $1/keyroster.db", STORE_READ, NOW, FAULT_DENIED,
     "belongs to user 12345"},
    {"a database behind a link", "mv $1/keyroster.db $2/x && ln -s $2/x $1/keyroster.db",
     STORE_READ, NOW, FAULT_DENIED, "symbolic link"},
    {"a log behind a link", "touch $2/x && ln -s $2/x $1/keyroster.db-wal", STORE_READ, NOW,
     FAULT_DENIED, "symbolic link"},
    {"a folder for a database", "rm $1/keyroster.db && mkdir $1/keyroster.db", STORE_READ, NOW,
     FAULT_SYNTAX, "is no file"},
    {"text for a database", "seq 9999 >$1/keyroster.db", STORE_READ, NOW, FAULT_SYNTAX,
     "not a database"},
    {"an empty database", ": >$1/keyroster.db", STORE_READ, NOW, FAULT_SYNTAX, "no store"},
    {"somebody's other database",
     "python3 -c 'import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
     "c.execute(\"PRAGMA application_id=7\")' $1/keyroster.db",
     STORE_WRITE, NOW, FAULT_SYNTAX, "no store of keyroster"},
    {"a newer schema",
     "python3 -c 'import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
     "c.execute(\"PRAGMA user_version=99\")' $1/keyroster.db",
     STORE_READ, NOW, FAULT_LIMIT, "newer keyroster"},
    {"a store without a name",
     "python3 -c 'import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
     "c.execute(\"DELETE FROM meta\");c.commit()' $1/keyroster.db",
     STORE_READ, NOW, FAULT_SYNTAX, "no name"},
    {"a database cut off", "truncate -s 8192 $1/keyroster.db", STORE_WRITE, NOW, FAULT_SYNTAX,
     "damaged"},
    {"a clock that jumped back", "true", STORE_WRITE, NOW - STORE_CLOCK_SLACK - 1, FAULT_DENIED,
     "set the clock right"},
};

static void shell(const char *command, const struct site *site)
{
    char text[2048];

    (void)snprintf(text, sizeof(text), "set -- %s %s; %s", site->path, site->folder, command);
    assert_int_equal(system(text), 0);
}

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    struct store *store = NULL;
    struct site site;

    if (strstr(row->command, "chown") != NULL && geteuid() != 0) {
        skip();
    }
    site_open(&site);
    site_sql(&site, "INSERT INTO audit VALUES(1, 1790000000, 'init', '', '', 'done', '', 0,"
                    " zeroblob(32), zeroblob(32))");
    store_close(site.store);
    site.store = NULL;
    shell(row->command, &site);
    assert_int_equal(store_open(site.path, row->mode, row->now, &store, &site.why), row->fault);
    assert_null(store);
    if (strstr(site.why.rule, row->says) == NULL) {
        fail_msg("'%s' does not say '%s'", site.why.rule, row->says);
    }
    site_close(&site);
}

static mode_t mode_of(const struct site *site, const char *name)
{
    char *path = store_file(site->path, name, "");
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    free(path);
    return status.st_mode & 07777;
}

static void files_are_for_the_owner_alone(void **state)
{
    struct site site;
    mode_t mask = umask(0);

    (void)state;
    site_open(&site);
    (void)site_person(&site, "anna");
    assert_int_equal(mode_of(&site, "."), 0700);
    assert_int_equal(mode_of(&site, "keyroster.db"), 0600);
    assert_int_equal(mode_of(&site, "keyroster.db-wal"), 0600);
    assert_int_equal(mode_of(&site, "keyroster.db-shm"), 0600);
    assert_int_equal(mode_of(&site, "profile.conf"), 0600);
    (void)umask(mask);
    site_close(&site);
}

static void what_was_written_is_read(void **state)
{
    struct buffer profile = buffer_with_max(4096);
    char id[STORE_ID_SIZE];
    struct span value = {0};
    struct site site;

    (void)state;
    site_open(&site);
    memcpy(id, store_id(site.store).at, sizeof(id));
    assert_int_equal(store_meta_get(site.store, "org", &site.arena, &value, &site.why),
                     FAULT_ABSENT);
    assert_done(store_meta_set(site.store, "org", span_text("One"), &site.why), &site.why);
    assert_done(store_meta_set(site.store, "org", span_text("Example"), &site.why), &site.why);
    site_reopen(&site, STORE_READ);
    assert_memory_equal(store_id(site.store).at, id, sizeof(id));
    assert_done(store_meta_get(site.store, "org", &site.arena, &value, &site.why), &site.why);
    assert_span(value, "Example");
    assert_done(store_profile_read(site.store, &profile, &site.why), &site.why);
    assert_span(buffer_span(&profile), "validity = 548d\n");
    buffer_clear(&profile);
    assert_int_equal(store_meta_set(site.store, "org", span_text("x"), &site.why), FAULT_DENIED);
    assert_string_equal(site.why.rule, "the store may only be read");
    site_close(&site);
}

static void rolled_back_is_not_there(void **state)
{
    struct span value = {0};
    struct site site;

    (void)state;
    site_open(&site);
    assert_done(store_begin(site.store, &site.why), &site.why);
    assert_done(store_meta_set(site.store, "org", span_text("x"), &site.why), &site.why);
    store_rollback(site.store);
    store_rollback(site.store);
    assert_int_equal(store_meta_get(site.store, "org", &site.arena, &value, &site.why),
                     FAULT_ABSENT);
    site_close(&site);
}

static void another_writer_is_waited_for_and_told(void **state)
{
    struct store *second = NULL;
    struct site site;
    struct why why;

    (void)state;
    site_open(&site);
    assert_done(store_open(site.path, STORE_WRITE, NOW, &second, &why), &why);
    assert_done(store_begin(site.store, &site.why), &site.why);
    assert_int_equal(store_begin(second, &why), FAULT_RESOURCE);
    assert_string_equal(why.rule, "the store is busy: another keyroster works in it");
    assert_done(store_commit(site.store, &site.why), &site.why);
    assert_done(store_begin(second, &why), &why);
    store_close(second);
    site_close(&site);
}

static void reader_sees_one_moment(void **state)
{
    struct store *second = NULL;
    int64_t count = 0;
    struct site site;
    struct why why;

    (void)state;
    site_open(&site);
    assert_done(store_open(site.path, STORE_READ, NOW, &second, &why), &why);
    assert_done(store_begin_reading(second, &why), &why);
    assert_done(user_count(second, &count, &why), &why);
    (void)site_user(&site, "anna@example.org");
    assert_done(user_count(second, &count, &why), &why);
    assert_int_equal(count, 0);
    store_rollback(second);
    assert_done(user_count(second, &count, &why), &why);
    assert_int_equal(count, 1);
    store_close(second);
    site_close(&site);
}

/* Root may write everywhere: the rights of directories are tested as somebody else. */
static void read_only_directory(const char *before, enum fault reading, const char *says)
{
    struct store *store = NULL;
    int64_t count = 0;
    struct site site;

    site_folder(&site);
    assert_int_equal(chmod(site.folder, 0777), 0);
    as_nobody();
    assert_done(store_create(site.path, span_text(""), NOW, &site.store, &site.why), &site.why);
    (void)site_user(&site, "anna@example.org");
    shell(before, &site);
    assert_int_equal(chmod(site.path, 0500), 0);

    assert_int_equal(store_open(site.path, STORE_WRITE, NOW, &store, &site.why), FAULT_DENIED);
    assert_non_null(strstr(site.why.rule, "may only be read"));
    assert_int_equal(store_open(site.path, STORE_READ, NOW, &store, &site.why), reading);
    if (reading == FAULT_NONE) {
        assert_done(user_count(store, &count, &site.why), &site.why);
        assert_int_equal(count, 1);
        store_close(store);
    } else {
        assert_non_null(strstr(site.why.rule, says));
    }
    assert_int_equal(chmod(site.path, 0700), 0);
    as_root_again();
    site_close(&site);
}

static void read_only_and_closed(void **state)
{
    struct store *store = NULL;
    int64_t count = 0;
    struct site site;

    (void)state;
    site_folder(&site);
    assert_int_equal(chmod(site.folder, 0777), 0);
    as_nobody();
    assert_done(store_create(site.path, span_text(""), NOW, &site.store, &site.why), &site.why);
    (void)site_user(&site, "anna@example.org");
    store_close(site.store);
    site.store = NULL;
    assert_int_equal(chmod(site.path, 0500), 0);
    assert_done(store_open(site.path, STORE_READ, NOW, &store, &site.why), &site.why);
    assert_done(user_count(store, &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    store_close(store);
    assert_int_equal(chmod(site.path, 0700), 0);
    as_root_again();
    site_close(&site);
}

static void read_only_and_open_elsewhere(void **state)
{
    (void)state;
    read_only_directory("true", FAULT_NONE, NULL);
}

enum { SKIPPED = 77 };

/* In a view of the file system of its own, where the store's folder may only be read. */
static int look_where_nothing_can_be_written(const struct site *site)
{
    struct store *store = NULL;
    int64_t count = 0;
    struct why why;

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(site->folder, site->folder, NULL, MS_BIND, NULL) != 0 ||
        mount(NULL, site->folder, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0) {
        return SKIPPED;
    }
    if (store_open(site->path, STORE_WRITE, NOW, &store, &why) != FAULT_DENIED ||
        strstr(why.rule, "may only be read") == NULL) {
        return 1;
    }
    if (store_open(site->path, STORE_READ, NOW, &store, &why) != FAULT_NONE) {
        return strstr(why.rule, "was not closed") != NULL ? 3 : 2;
    }
    return user_count(store, &count, &why) == FAULT_NONE && count == 1 ? 0 : 4;
}

static int status_of_look(const struct site *site)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        _exit(look_where_nothing_can_be_written(site));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void read_only_file_system_is_read(void **state)
{
    struct site site;
    int looked;

    (void)state;
    site_open(&site);
    (void)site_user(&site, "anna@example.org");
    looked = status_of_look(&site); /* while it is open here, its row in the log */
    if (looked != SKIPPED) {
        char command[256];

        assert_int_equal(looked, 0);
        /* As it is left by a machine that stopped, but for the index of its log. */
        (void)snprintf(command, sizeof(command), "cd %s && mkdir x && cp -p kms/* x && rm x/*-shm",
                       site.folder);
        assert_int_equal(system(command), 0);
        store_close(site.store);
        site.store = NULL;
        assert_int_equal(status_of_look(&site), 0);
        (void)snprintf(command, sizeof(command), "cd %s && rm kms/* && cp -p x/* kms", site.folder);
        assert_int_equal(system(command), 0);
        assert_int_equal(status_of_look(&site), 3);
    }
    site_close(&site);
    if (looked == SKIPPED) {
        skip();
    }
}

static void created_where_nothing_is(void **state)
{
    struct store *store = NULL;
    struct site site;

    (void)state;
    site_open(&site);
    assert_int_equal(store_create(site.path, span_text(""), NOW, &store, &site.why), FAULT_DENIED);
    assert_non_null(strstr(site.why.rule, "something is there already"));
    store_discard(site.store);
    site.store = NULL;
    assert_int_equal(access(site.path, F_OK), -1);
    assert_int_equal(mkdir(site.path, 0755), 0);
    assert_done(store_create(site.path, span_text(""), NOW, &site.store, &site.why), &site.why);
    assert_int_equal(mode_of(&site, "."), 0700);
    store_discard(site.store);
    site.store = NULL;
    assert_int_equal(access(site.path, F_OK), 0); /* not ours to remove */
    assert_int_equal(rmdir(site.path), 0);
    (void)snprintf(site.path, sizeof(site.path), "%s/no/such", site.folder);
    assert_int_equal(store_create(site.path, span_text(""), NOW, &store, &site.why), FAULT_DENIED);
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(refusals) + 9] = {
        cmocka_unit_test(files_are_for_the_owner_alone),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(rolled_back_is_not_there),
        cmocka_unit_test(another_writer_is_waited_for_and_told),
        cmocka_unit_test(reader_sees_one_moment),
        cmocka_unit_test(read_only_and_closed),
        cmocka_unit_test(read_only_and_open_elsewhere),
        cmocka_unit_test(read_only_file_system_is_read),
        cmocka_unit_test(created_where_nothing_is),
    };

    (void)TESTS_OF(tests + 9, refusals, refusal_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
