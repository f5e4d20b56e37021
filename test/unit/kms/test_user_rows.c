#include "kms/store/user_rows.h"

#include "store_support.h"

struct finding {
    const char *name, *given, *asked;
    enum fault fault;
};

static const struct finding findings[] = {
    {"as it was given", "anna.berg@example.org", "anna.berg@example.org", FAULT_NONE},
    {"in another case", "Anna.Berg@Example.org", "aNNA.bERG@eXAMPLE.ORG", FAULT_NONE},
    {"with letters outside ASCII", "J\xc3\x96RG@example.org", "j\xc3\xb6rg@example.org",
     FAULT_NONE},
    {"a domain in its own letters", "a@xn--mller-kva.example", "a@m\xc3\xbcller.example",
     FAULT_NONE},
    {"another local part", "anna@example.org", "bert@example.org", FAULT_ABSENT},
    {"another domain", "anna@example.org", "anna@example.com", FAULT_ABSENT},
    {"a pattern is no address of all", "anna@example.org", "%@example.org", FAULT_ABSENT},
    {"no address", "anna@example.org", "anna", FAULT_SYNTAX},
    {"nothing", "anna@example.org", "", FAULT_SYNTAX},
    {"a quote is a character", "o'hara@example.org", "O'Hara@example.org", FAULT_NONE},
};

static void finding_holds(void **state)
{
    const struct finding *row = *state;
    struct user_row user = {0};
    struct site site;

    site_open(&site);
    (void)site_user(&site, row->given);
    assert_int_equal(user_find(site.store, span_text(row->asked), &site.arena, &user, &site.why),
                     row->fault);
    if (row->fault == FAULT_NONE) {
        assert_span(user.address, row->given);
        assert_int_equal(user.since, NOW);
        assert_int_equal(user.state, USER_INVITED);
        assert_null(user.name.at);
    } else {
        assert_int_equal(user.id, 0);
    }
    site_close(&site);
}

static enum fault add(struct site *site, const char *address)
{
    const struct user_row row = {.address = span_text(address), .since = NOW};
    int64_t id = 0;

    return user_add(site->store, &row, &id, &site->why);
}

static void address_is_one_users(void **state)
{
    struct site site;
    int64_t anna, bert;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    bert = site_user(&site, "bert@example.org");
    assert_int_equal(add(&site, "ANNA@example.org"), FAULT_DENIED);
    assert_string_equal(site.why.rule, "the address is that of another user");
    assert_int_equal(add(&site, "nobody"), FAULT_SYNTAX);
    assert_done(user_address_add(site.store, anna, span_text("berg@example.org"), NOW, &site.why),
                &site.why);
    assert_int_equal(add(&site, "Berg@example.org"), FAULT_DENIED);
    assert_int_equal(
        user_address_add(site.store, bert, span_text("BERG@example.org"), NOW, &site.why),
        FAULT_DENIED);
    assert_int_equal(
        user_address_add(site.store, bert, span_text("anna@example.org"), NOW, &site.why),
        FAULT_DENIED);
    assert_int_equal(
        user_address_change(site.store, bert, span_text("berg@example.org"), true, NOW, &site.why),
        FAULT_DENIED);
    assert_int_equal(
        user_address_change(site.store, bert, span_text("anna@example.org"), true, NOW, &site.why),
        FAULT_DENIED);
    assert_int_equal(user_address_add(site.store, 99, span_text("c@example.org"), NOW, &site.why),
                     FAULT_DENIED);
    site_close(&site);
}

static int64_t who_has(struct site *site, const char *address)
{
    struct user_row user = {0};
    enum fault fault = user_find(site->store, span_text(address), &site->arena, &user, &site->why);

    assert_true(fault == FAULT_NONE || fault == FAULT_ABSENT);
    return user.id;
}

static void other_addresses_find_him_while_they_hold(void **state)
{
    struct user_address_row *rows = NULL;
    size_t count = 0;
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    assert_done(user_address_add(site.store, anna, span_text("Berg@example.org"), NOW, &site.why),
                &site.why);
    assert_int_equal(who_has(&site, "berg@EXAMPLE.org"), anna);
    assert_done(
        user_address_end(site.store, anna, span_text("berg@example.org"), NOW + 1, &site.why),
        &site.why);
    assert_int_equal(
        user_address_end(site.store, anna, span_text("berg@example.org"), NOW + 1, &site.why),
        FAULT_ABSENT);
    assert_int_equal(who_has(&site, "berg@example.org"), 0);
    (void)site_user(&site, "berg@example.org"); /* free again */
    assert_done(user_address_list(site.store, anna, false, &site.arena, &rows, &count, &site.why),
                &site.why);
    assert_int_equal(count, 0);
    assert_done(user_address_list(site.store, anna, true, &site.arena, &rows, &count, &site.why),
                &site.why);
    assert_int_equal(count, 1);
    assert_span(rows[0].address, "Berg@example.org");
    assert_int_equal(rows[0].until, NOW + 1);
    site_close(&site);
}

static void first_address_changes(void **state)
{
    struct user_row user = {0};
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    assert_done(
        user_address_change(site.store, anna, span_text("Anna@Example.org"), true, NOW, &site.why),
        &site.why); /* its case alone */
    assert_done(
        user_address_change(site.store, anna, span_text("berg@example.org"), true, NOW, &site.why),
        &site.why);
    assert_int_equal(who_has(&site, "anna@example.org"), anna);
    assert_done(user_get(site.store, anna, &site.arena, &user, &site.why), &site.why);
    assert_span(user.address, "berg@example.org");
    assert_done(
        user_address_change(site.store, anna, span_text("anna@example.org"), false, NOW, &site.why),
        &site.why); /* back to one of his others; the one in between holds no longer */
    assert_int_equal(who_has(&site, "anna@example.org"), anna);
    assert_int_equal(who_has(&site, "berg@example.org"), 0);
    assert_int_equal(
        user_address_change(site.store, 99, span_text("c@example.org"), true, NOW, &site.why),
        FAULT_ABSENT);
    site_close(&site);
}

static void state_and_name_change(void **state)
{
    struct user_row user = {0};
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    assert_done(user_set_state(site.store, anna, USER_ENROLLED, &site.why), &site.why);
    assert_done(user_set_name(site.store, anna, span_text("Anna Berg"), &site.why), &site.why);
    assert_done(user_get(site.store, anna, &site.arena, &user, &site.why), &site.why);
    assert_int_equal(user.state, USER_ENROLLED);
    assert_span(user.name, "Anna Berg");
    assert_int_equal(user_set_state(site.store, 99, USER_LEFT, &site.why), FAULT_ABSENT);
    assert_int_equal(user_set_state(site.store, anna, (enum user_state)7, &site.why), FAULT_DENIED);
    assert_int_equal(user_set_name(site.store, 99, span_text("x"), &site.why), FAULT_ABSENT);
    assert_int_equal(user_get(site.store, 99, &site.arena, &user, &site.why), FAULT_ABSENT);
    site_close(&site);
}

static void pages_show_all(void **state)
{
    struct user_row *rows = NULL;
    int64_t after = 0, total = 0;
    size_t count = 1;
    int seen = 0;
    struct site site;

    (void)state;
    site_open(&site);
    for (int i = 0; i < 25; i++) {
        char address[64];

        (void)snprintf(address, sizeof(address), "u%d@example.org", i);
        (void)site_user(&site, address);
    }
    while (count > 0) {
        assert_done(user_list(site.store, after, 10, &site.arena, &rows, &count, &site.why),
                    &site.why);
        seen += (int)count;
        after = count > 0 ? rows[count - 1].id : after;
    }
    assert_int_equal(seen, 25);
    assert_done(user_count(site.store, &total, &site.why), &site.why);
    assert_int_equal(total, 25);
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(findings) + 5] = {
        cmocka_unit_test(address_is_one_users),
        cmocka_unit_test(other_addresses_find_him_while_they_hold),
        cmocka_unit_test(first_address_changes),
        cmocka_unit_test(state_and_name_change),
        cmocka_unit_test(pages_show_all),
    };

    (void)TESTS_OF(tests + 5, findings, finding_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
