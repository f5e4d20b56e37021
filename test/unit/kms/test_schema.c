#include "kms/store/schema.h"

#include <sys/stat.h>

#include "store_support.h"

/* A schema of tomorrow: today's, and one more step. */
static struct schema_history tomorrow(const char *const *statements,
                                      struct schema_migration steps[8])
{
    const struct schema_history *today = schema_of_today();

    assert_true(today->version < 8);
    memcpy(steps, today->migrations, (size_t)today->version * sizeof(steps[0]));
    steps[today->version] = (struct schema_migration){statements};
    return (struct schema_history){steps, today->version + 1};
}

static const char *const adds_column[] = {"ALTER TABLE user ADD COLUMN note TEXT",
                                          "UPDATE user SET note = 'was here'", NULL};
static const char *const fails_half_way[] = {"ALTER TABLE user ADD COLUMN note TEXT",
                                             "UPDATE no_such_table SET x = 1", NULL};

static void older_store_is_brought_forward(void **state)
{
    static const enum store_mode modes[] = {STORE_READ, STORE_WRITE};

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct schema_migration steps[8];
        const struct schema_history schema = tomorrow(adds_column, steps);
        int64_t count = 0;
        struct site site;

        site_open(&site);
        (void)site_user(&site, "anna@example.org");
        store_close(site.store);
        site.store = NULL;
        assert_done(store_open_as(site.path, modes[i], NOW, &schema, &site.store, &site.why),
                    &site.why);
        assert_done(sql_number(store_sql(site.store),
                               "SELECT count(*) FROM user WHERE note = 'was here'", &count,
                               &site.why),
                    &site.why);
        assert_int_equal(count, 1);
        assert_done(sql_number(store_sql(site.store), "PRAGMA user_version", &count, &site.why),
                    &site.why);
        assert_int_equal(count, schema.version);
        if (modes[i] == STORE_READ) { /* it may read only, still */
            assert_int_equal(store_meta_set(site.store, "org", span_text("x"), &site.why),
                             FAULT_DENIED);
        }
        store_close(site.store);
        site.store = NULL;
        /* Today's program does not know what is in it. */
        assert_int_equal(store_open(site.path, STORE_READ, NOW, &site.store, &site.why),
                         FAULT_LIMIT);
        site_close(&site);
    }
}

static void failed_step_leaves_all_as_it_was(void **state)
{
    struct schema_migration steps[8];
    const struct schema_history schema = tomorrow(fails_half_way, steps);
    int64_t count = 0;
    struct site site;

    (void)state;
    site_open(&site);
    (void)site_user(&site, "anna@example.org");
    store_close(site.store);
    site.store = NULL;
    assert_int_not_equal(
        store_open_as(site.path, STORE_WRITE, NOW, &schema, &site.store, &site.why), FAULT_NONE);
    assert_null(site.store);
    assert_done(store_open(site.path, STORE_WRITE, NOW, &site.store, &site.why), &site.why);
    assert_done(user_count(site.store, &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    assert_done(sql_number(store_sql(site.store),
                           "SELECT count(*) FROM pragma_table_info('user') WHERE name = 'note'",
                           &count, &site.why),
                &site.why);
    assert_int_equal(count, 0);
    site_close(&site);
}

static void older_store_that_may_only_be_read_is_told(void **state)
{
    struct schema_migration steps[8];
    const struct schema_history schema = tomorrow(adds_column, steps);
    char command[512];
    struct site site;

    (void)state;
    site_folder(&site);
    (void)snprintf(command, sizeof(command), "chmod 777 %s", site.folder);
    assert_int_equal(system(command), 0);
    as_nobody();
    assert_done(store_create(site.path, span_text(""), NOW, &site.store, &site.why), &site.why);
    store_close(site.store);
    site.store = NULL;
    (void)snprintf(command, sizeof(command), "%s", site.path);
    assert_int_equal(chmod(command, 0500), 0);
    assert_int_equal(store_open_as(site.path, STORE_READ, NOW, &schema, &site.store, &site.why),
                     FAULT_LIMIT);
    assert_non_null(strstr(site.why.rule, "older version"));
    assert_int_equal(chmod(command, 0700), 0);
    as_root_again();
    site_close(&site);
}

/* Migrated again and again, nothing happens. */
static void today_stays_today(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    (void)site_user(&site, "anna@example.org");
    assert_done(schema_migrate(store_sql(site.store), schema_of_today(), &site.why), &site.why);
    assert_int_equal(sql_changed(store_sql(site.store)), 1); /* of the user */
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(older_store_is_brought_forward),
        cmocka_unit_test(failed_step_leaves_all_as_it_was),
        cmocka_unit_test(older_store_that_may_only_be_read_is_told),
        cmocka_unit_test(today_stays_today),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
