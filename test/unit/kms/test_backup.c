#include "kms/store/backup.h"

#include <pthread.h>
#include <sys/stat.h>

#include "kms/store/check.h"
#include "store_support.h"

static void file_of(const struct site *site, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", site->folder, name);
}

static int64_t broken_of(struct store *store, struct why *why)
{
    const struct store_check check = {0};
    int64_t broken = -1;

    assert_done(store_check(store, &check, &broken, why), why);
    return broken;
}

static void backup_becomes_the_same_store(void **state)
{
    char file[128], path[128];
    struct buffer profile = buffer_with_max(4096);
    struct store *restored = NULL;
    struct user_row user = {0};
    struct span value = {0};
    struct stat status;
    struct site site;

    (void)state;
    site_open(&site);
    (void)site_user(&site, "anna@example.org");
    file_of(&site, "backup", file);
    file_of(&site, "again", path);
    site_reopen(&site, STORE_READ);
    assert_done(store_backup(site.store, file, &site.why), &site.why);
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);

    assert_done(store_restore(file, path, &site.why), &site.why);
    assert_done(store_open(path, STORE_WRITE, NOW, &restored, &site.why), &site.why);
    assert_memory_equal(store_id(restored).at, store_id(site.store).at, STORE_ID_SIZE);
    assert_done(user_find(restored, span_text("Anna@Example.org"), &site.arena, &user, &site.why),
                &site.why);
    assert_int_equal(store_meta_get(restored, "profile", &site.arena, &value, &site.why),
                     FAULT_ABSENT);
    assert_done(store_profile_read(restored, &profile, &site.why), &site.why);
    assert_span(buffer_span(&profile), "validity = 548d\n");
    assert_int_equal(broken_of(restored, &site.why), 0);
    buffer_clear(&profile);
    store_close(restored);
    site_close(&site);
}

static void nothing_is_left_beside(void **state)
{
    char file[128], command[512];
    struct site site;

    (void)state;
    site_open(&site);
    file_of(&site, "backup", file);
    assert_done(store_backup(site.store, file, &site.why), &site.why);
    assert_done(store_backup(site.store, file, &site.why), &site.why); /* replaced */
    (void)snprintf(command, sizeof(command), "test $(ls -A %s | wc -l) = 2", site.folder);
    assert_int_equal(system(command), 0);
    site_close(&site);
}

/* Users come in pairs, each pair in one transaction: a backup in between would show half of one. */
struct writing {
    char path[96];
    volatile bool stop;
    int pairs;
};

static void *write_pairs(void *context)
{
    struct writing *writing = context;
    struct store *store = NULL;
    struct why why;

    assert_done(store_open(writing->path, STORE_WRITE, NOW, &store, &why), &why);
    for (; !writing->stop; writing->pairs++) {
        char address[64];
        int64_t id;

        assert_done(store_begin(store, &why), &why);
        for (int i = 0; i < 2; i++) {
            const struct user_row row = {.address = span_of(address, 0), .since = NOW};
            struct user_row full = row;

            (void)snprintf(address, sizeof(address), "u%d.%d@example.org", writing->pairs, i);
            full.address = span_text(address);
            assert_done(user_add(store, &full, &id, &why), &why);
        }
        assert_done(store_commit(store, &why), &why);
    }
    store_close(store);
    return NULL;
}

static void backup_while_others_write_is_of_one_moment(void **state)
{
    struct writing writing = {0};
    char file[128], path[128];
    struct store *restored;
    int64_t count, before = 0;
    pthread_t thread;
    struct site site;

    (void)state;
    site_open(&site);
    strcpy(writing.path, site.path);
    file_of(&site, "backup", file);
    file_of(&site, "again", path);
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, &writing), 0);
    for (int i = 0; i < 10; i++) {
        char command[256];

        assert_done(store_backup(site.store, file, &site.why), &site.why);
        assert_done(store_restore(file, path, &site.why), &site.why);
        assert_done(store_open(path, STORE_READ, NOW, &restored, &site.why), &site.why);
        assert_done(user_count(restored, &count, &site.why), &site.why);
        assert_int_equal(count % 2, 0);
        assert_true(count >= before);
        before = count;
        store_close(restored);
        (void)snprintf(command, sizeof(command), "rm -r %s", path);
        assert_int_equal(system(command), 0);
    }
    writing.stop = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(writing.pairs > 0);
    site_close(&site);
}

struct refusal {
    const char *name;
    const char *command; /* what becomes of the backup $1, with the store $2 and the place $3 */
    enum fault fault;
    const char *says;
};

static const struct refusal refusals[] = {
    {"no backup", "rm $1", FAULT_ABSENT, "No such file"},
    {"a directory", "rm $1; mkdir $1", FAULT_SYNTAX, "no backup"},
    {"a text", "seq 1000 >$1", FAULT_SYNTAX, "not a database"},
    {"an empty file", ": >$1", FAULT_SYNTAX, "no store of keyroster"},
    {"the database of a store itself", "cp $2/keyroster.db $1", FAULT_SYNTAX, "no backup"},
    {"cut off", "truncate -s -8192 $1", FAULT_SYNTAX, "the backup is cut off: it has "},
    {"a byte short", "truncate -s -1 $1", FAULT_SYNTAX, "the backup is cut off: it has "},
    {"cut off in the first page", "truncate -s 200 $1", FAULT_SYNTAX, "it has 200 bytes of "},
    {"cut off in its header", "truncate -s 60 $1", FAULT_SYNTAX, "the backup is cut off"},
    {"a page overwritten",
     "dd if=/dev/urandom of=$1 bs=8192 seek=12 count=1 conv=notrunc 2>/dev/null", FAULT_SYNTAX,
     "damaged"},
    {"of a newer keyroster",
     "python3 -c 'import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
     "c.execute(\"PRAGMA user_version=99\")' $1",
     FAULT_LIMIT, "newer keyroster"},
    {"something is there", "mkdir $3; touch $3/x", FAULT_DENIED, "something is there already"},
    {"a file is there", "touch $3", FAULT_DENIED, "something is there already"},
};

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    char file[128], path[128], command[2048];
    struct site site;
    struct stat before = {0}, after = {0};

    site_open(&site);
    file_of(&site, "backup", file);
    file_of(&site, "again", path);
    assert_done(store_backup(site.store, file, &site.why), &site.why);
    site_reopen(&site, STORE_READ);
    (void)snprintf(command, sizeof(command), "set -- %s %s %s; %s", file, site.path, path,
                   row->command);
    assert_int_equal(system(command), 0);
    (void)stat(path, &before);
    assert_int_equal(store_restore(file, path, &site.why), row->fault);
    if (strstr(site.why.rule, row->says) == NULL) {
        fail_msg("'%s' does not say '%s'", site.why.rule, row->says);
    }
    (void)stat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino); /* as it was: there, or not */
    site_close(&site);
}

static void backup_is_refused(void **state)
{
    char file[128];
    struct site site;

    (void)state;
    site_open(&site);
    file_of(&site, "no/such/folder", file);
    assert_int_equal(store_backup(site.store, file, &site.why), FAULT_DENIED);
    assert_int_equal(store_backup(site.store, "/dev/null", &site.why), FAULT_DENIED);
    file_of(&site, "link", file);
    assert_int_equal(symlink("/tmp/anywhere", file), 0);
    assert_int_equal(store_backup(site.store, file, &site.why), FAULT_DENIED);
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(refusals) + 4] = {
        cmocka_unit_test(backup_becomes_the_same_store),
        cmocka_unit_test(nothing_is_left_beside),
        cmocka_unit_test(backup_while_others_write_is_of_one_moment),
        cmocka_unit_test(backup_is_refused),
    };

    (void)TESTS_OF(tests + 4, refusals, refusal_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
