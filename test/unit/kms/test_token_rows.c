#include "kms/store/token_rows.h"

#include "kms/store/crl_rows.h"
#include "kms/store/outbox_rows.h"
#include "store_support.h"

static const uint8_t hash[TOKEN_HASH_SIZE] = {7};

static enum fault add(struct site *site, const char *id, int64_t user, size_t hash_length)
{
    const struct token_row row = {.id = span_text(id),
                                  .user = user,
                                  .hash = span_of(hash, hash_length),
                                  .created = NOW,
                                  .expires = NOW + 10,
                                  .key_kind = span_text("p256")};

    return token_add(site->store, &row, &site->why);
}

static void token_is_open_once(void **state)
{
    struct token_row row = {0};
    struct site site;
    int64_t anna, bert;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    bert = site_user(&site, "bert@example.org");
    assert_int_equal(token_of_user(site.store, anna, &site.arena, &row, &site.why), FAULT_ABSENT);
    assert_done(add(&site, "AAAAAA", anna, sizeof(hash)), &site.why);
    assert_int_equal(add(&site, "BBBBBB", anna, sizeof(hash)), FAULT_DENIED); /* has an open one */
    assert_int_equal(add(&site, "AAAAAA", bert, sizeof(hash)),
                     FAULT_DENIED); /* the name is taken */
    assert_int_equal(add(&site, "CCCCCC", 99, sizeof(hash)), FAULT_DENIED);
    assert_int_equal(add(&site, "CCCCCC", bert, 14), FAULT_DENIED); /* no hash: never as it is */
    assert_done(token_find(site.store, span_text("AAAAAA"), &site.arena, &row, &site.why),
                &site.why);
    assert_int_equal(row.user, anna);
    assert_true(span_equal(row.hash, span_of(hash, sizeof(hash))));
    assert_int_equal(row.created, NOW);
    assert_int_equal(row.expires, NOW + 10);
    assert_int_equal(row.tries, 0);
    assert_int_equal(row.used_at, 0);
    assert_int_equal(row.voided_at, 0);
    assert_span(row.key_kind, "p256");
    assert_int_equal(token_find(site.store, span_text("ZZZZZZ"), &site.arena, &row, &site.why),
                     FAULT_ABSENT);
    site_close(&site);
}

static void token_ends_once(void **state)
{
    struct token_row row = {0};
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    assert_done(add(&site, "A", anna, sizeof(hash)), &site.why);
    for (int i = 0; i < 3; i++) {
        assert_done(token_count_try(site.store, span_text("A"), &site.why), &site.why);
    }
    assert_done(token_of_user(site.store, anna, &site.arena, &row, &site.why), &site.why);
    assert_int_equal(row.tries, 3);
    assert_done(token_void(site.store, span_text("A"), NOW + 1, &site.why), &site.why);
    assert_int_equal(token_void(site.store, span_text("A"), NOW + 1, &site.why), FAULT_ABSENT);
    assert_int_equal(token_use(site.store, span_text("A"), NOW + 1, &site.why), FAULT_ABSENT);
    assert_int_equal(token_count_try(site.store, span_text("A"), &site.why), FAULT_ABSENT);
    assert_done(add(&site, "B", anna, sizeof(hash)), &site.why); /* another one now */
    assert_done(token_use(site.store, span_text("B"), NOW + 2, &site.why), &site.why);
    assert_int_equal(token_use(site.store, span_text("B"), NOW + 2, &site.why), FAULT_ABSENT);
    assert_done(token_find(site.store, span_text("B"), &site.arena, &row, &site.why), &site.why);
    assert_int_equal(row.used_at, NOW + 2);
    assert_int_equal(token_of_user(site.store, anna, &site.arena, &row, &site.why), FAULT_ABSENT);
    site_close(&site);
}

static void outbox_tells_what_waits_in_order(void **state)
{
    struct outbox_row *rows = NULL, row = {.at = NOW};
    size_t count = 0;
    struct site site;

    (void)state;
    site_open(&site);
    row.user = site_user(&site, "anna@example.org");
    row.certificate = site_certificate(&site, row.user, "s", CERTIFICATE_SIGNING, NOW + 1);
    assert_done(outbox_add(site.store, &row, &site.why), &site.why);
    row.what = OUTBOX_REMOVE;
    assert_done(outbox_add(site.store, &row, &site.why), &site.why);
    row.certificate = 99;
    assert_int_equal(outbox_add(site.store, &row, &site.why), FAULT_DENIED);
    assert_done(outbox_list(site.store, 0, 1, &site.arena, &rows, &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].what, OUTBOX_ADD);
    assert_done(outbox_list(site.store, rows[0].id, 9, &site.arena, &rows, &count, &site.why),
                &site.why);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].what, OUTBOX_REMOVE);
    assert_done(outbox_done(site.store, rows[0].id, NOW, &site.why), &site.why);
    assert_int_equal(outbox_done(site.store, rows[0].id, NOW, &site.why), FAULT_ABSENT);
    assert_done(outbox_list(site.store, 0, 9, &site.arena, &rows, &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    site_close(&site);
}

static void list_numbers_never_go_back(void **state)
{
    struct crl_row row = {.this_update = NOW,
                          .next_update = NOW + 1,
                          .digest = span_of(hash, sizeof(hash))},
                   last = {0};
    struct site site;

    (void)state;
    site_open(&site);
    assert_int_equal(crl_last(site.store, 0, 0, &site.arena, &last, &site.why), FAULT_ABSENT);
    assert_done(crl_next_number(site.store, 1, &row.number, &site.why), &site.why);
    assert_int_equal(row.number, 1);
    assert_done(crl_add(site.store, &row, &site.why), &site.why);
    assert_int_equal(crl_add(site.store, &row, &site.why), FAULT_DENIED);
    row.number = 7;
    row.part = 2;
    row.parts = 3;
    assert_done(crl_add(site.store, &row, &site.why), &site.why);
    row.number = 5;
    assert_int_equal(crl_add(site.store, &row, &site.why), FAULT_DENIED);
    assert_done(crl_next_number(site.store, 1, &row.number, &site.why), &site.why);
    assert_int_equal(row.number, 8);
    assert_done(crl_next_number(site.store, 8, &row.number, &site.why), &site.why);
    assert_int_equal(row.number, 8);
    assert_done(crl_next_number(site.store, NOW, &row.number, &site.why), &site.why);
    assert_int_equal(row.number, NOW); /* past all that a lost store has given out */
    assert_done(crl_last(site.store, 2, 3, &site.arena, &last, &site.why), &site.why);
    assert_int_equal(last.number, 7);
    assert_done(crl_last(site.store, 0, 0, &site.arena, &last, &site.why), &site.why);
    assert_int_equal(last.number, 1);
    assert_int_equal(crl_last(site.store, 1, 3, &site.arena, &last, &site.why), FAULT_ABSENT);
    row.part = 4;
    assert_int_equal(crl_add(site.store, &row, &site.why), FAULT_DENIED); /* part 4 of 3 */
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_is_open_once),
        cmocka_unit_test(token_ends_once),
        cmocka_unit_test(outbox_tells_what_waits_in_order),
        cmocka_unit_test(list_numbers_never_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
