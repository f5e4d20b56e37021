#include "kms/store/people_rows.h"

#include "kms/store/authority_rows.h"
#include "store_support.h"

static void names_are_unique_in_office(void **state)
{
    static const uint8_t key[PERSON_KEY_SIZE] = {1};
    struct person_row row = {.name = span_text("anna"),
                             .since = NOW,
                             .signing = span_of(key, sizeof(key)),
                             .sealing = span_of(key, sizeof(key)),
                             .locked = span_text("x")},
                      found = {0}, *rows = NULL;
    size_t count = 0;
    struct site site;
    int64_t anna, id = 0;

    (void)state;
    site_open(&site);
    anna = site_person(&site, "anna");
    assert_int_equal(person_add(site.store, &row, &id, &site.why), FAULT_DENIED);
    assert_string_equal(site.why.rule, "somebody of that name is in office");
    assert_done(person_end(site.store, anna, NOW + 1, &site.why), &site.why);
    assert_int_equal(person_end(site.store, anna, NOW + 1, &site.why), FAULT_ABSENT);
    assert_int_equal(person_find(site.store, span_text("anna"), &site.arena, &found, &site.why),
                     FAULT_ABSENT);
    assert_done(person_add(site.store, &row, &id, &site.why), &site.why);
    assert_done(person_find(site.store, span_text("anna"), &site.arena, &found, &site.why),
                &site.why);
    assert_int_equal(found.id, id);
    assert_false(found.is_admin);
    assert_done(person_get(site.store, anna, &site.arena, &found, &site.why), &site.why);
    assert_int_equal(found.until, NOW + 1);
    assert_true(found.is_admin && found.is_agent);
    assert_done(person_list(site.store, false, &site.arena, &rows, &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    assert_done(person_list(site.store, true, &site.arena, &rows, &count, &site.why), &site.why);
    assert_int_equal(count, 2);
    row.name = span_text("bert");
    row.signing.len = 31;
    assert_int_equal(person_add(site.store, &row, &id, &site.why), FAULT_DENIED);
    row.signing.len = 32;
    row.name = span_text("");
    assert_int_equal(person_add(site.store, &row, &id, &site.why), FAULT_DENIED);
    assert_int_equal(sql_run(store_sql(site.store), "UPDATE person SET name = 'x'", &site.why),
                     FAULT_DENIED);
    site_close(&site);
}

static void roles_and_locks_change(void **state)
{
    struct person_row found = {0};
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_person(&site, "anna");
    assert_done(person_set_roles(site.store, anna, false, true, &site.why), &site.why);
    assert_done(person_set_locked(site.store, anna, span_text("other"), &site.why), &site.why);
    assert_done(person_find(site.store, span_text("anna"), &site.arena, &found, &site.why),
                &site.why);
    assert_false(found.is_admin);
    assert_true(found.is_agent);
    assert_span(found.locked, "other");
    assert_int_equal(person_set_roles(site.store, 99, true, true, &site.why), FAULT_ABSENT);
    assert_int_equal(person_set_locked(site.store, 99, span_text("x"), &site.why), FAULT_ABSENT);
    assert_int_equal(person_get(site.store, 99, &site.arena, &found, &site.why), FAULT_ABSENT);
    site_close(&site);
}

static void policy_is_one_unless_set(void **state)
{
    int64_t count = 0;
    struct site site;

    (void)state;
    site_open(&site);
    assert_done(policy_get(site.store, span_text("enrol"), &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    assert_done(policy_set(site.store, span_text("enrol"), 3, &site.why), &site.why);
    assert_done(policy_set(site.store, span_text("enrol"), 2, &site.why), &site.why);
    assert_done(policy_get(site.store, span_text("enrol"), &count, &site.why), &site.why);
    assert_int_equal(count, 2);
    assert_int_equal(policy_set(site.store, span_text("enrol"), 0, &site.why), FAULT_DENIED);
    site_close(&site);
}

static void slot_goes_with_its_person(void **state)
{
    struct span sealed = {0};
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_person(&site, "anna");
    assert_int_equal(slot_get(site.store, anna, &site.arena, &sealed, &site.why), FAULT_ABSENT);
    assert_int_equal(slot_remove(site.store, anna, &site.why), FAULT_ABSENT);
    assert_done(slot_set(site.store, anna, span_text("one"), &site.why), &site.why);
    assert_done(slot_set(site.store, anna, span_text("two"), &site.why), &site.why);
    assert_done(slot_get(site.store, anna, &site.arena, &sealed, &site.why), &site.why);
    assert_span(sealed, "two");
    assert_done(person_end(site.store, anna, NOW, &site.why), &site.why);
    assert_int_equal(slot_get(site.store, anna, &site.arena, &sealed, &site.why), FAULT_ABSENT);
    assert_int_equal(slot_set(site.store, 99, span_text("x"), &site.why), FAULT_DENIED);
    site_close(&site);
}

static void authority_has_one_of_each_role(void **state)
{
    struct authority_row row = {.role = AUTHORITY_ISSUING,
                                .certificate = span_text("certificate"),
                                .key = span_text("key"),
                                .since = NOW},
                         found = {0}, *rows = NULL;
    size_t count = 0;
    struct site site;
    int64_t first = 0, second = 0;

    (void)state;
    site_open(&site);
    assert_done(authority_add(site.store, &row, &first, &site.why), &site.why);
    assert_int_equal(authority_add(site.store, &row, &second, &site.why), FAULT_DENIED);
    assert_int_equal(authority_find(site.store, AUTHORITY_ROOT, &site.arena, &found, &site.why),
                     FAULT_ABSENT);
    assert_done(authority_end(site.store, first, NOW + 1, &site.why), &site.why);
    assert_int_equal(authority_end(site.store, first, NOW + 1, &site.why), FAULT_ABSENT);
    row.certificate = span_of(NULL, 0);
    row.request = span_text("request");
    assert_done(authority_add(site.store, &row, &second, &site.why), &site.why);
    assert_done(authority_find(site.store, AUTHORITY_ISSUING, &site.arena, &found, &site.why),
                &site.why);
    assert_null(found.certificate.at);
    assert_span(found.request, "request");
    assert_done(authority_set_certificate(site.store, second, span_text("signed"), &site.why),
                &site.why);
    assert_done(authority_set_key(site.store, second, span_text("again"), &site.why), &site.why);
    assert_done(authority_list(site.store, &site.arena, &rows, &count, &site.why), &site.why);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].until, NOW + 1);
    assert_span(rows[1].certificate, "signed");
    assert_span(rows[1].key, "again");
    assert_int_equal(authority_set_key(site.store, 99, span_text("x"), &site.why), FAULT_ABSENT);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_in_office),
        cmocka_unit_test(roles_and_locks_change),
        cmocka_unit_test(policy_is_one_unless_set),
        cmocka_unit_test(slot_goes_with_its_person),
        cmocka_unit_test(authority_has_one_of_each_role),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
