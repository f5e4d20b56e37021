#include "kms/store/escrow_rows.h"

#include "kms/store/request_rows.h"
#include "store_support.h"

static const uint8_t digest[REQUEST_DIGEST_SIZE] = {9};

static void later_generation_ends_the_one_before(void **state)
{
    struct escrow_row row = {0};
    struct site site;
    int64_t first, second;

    (void)state;
    site_open(&site);
    assert_int_equal(escrow_current(site.store, &site.arena, &row, &site.why), FAULT_ABSENT);
    first = site_escrow(&site);
    second = site_escrow(&site);
    assert_done(escrow_current(site.store, &site.arena, &row, &site.why), &site.why);
    assert_int_equal(row.id, second);
    assert_int_equal(row.quorum, 2);
    assert_int_equal(row.count, 3);
    assert_span(row.public, "public");
    assert_done(escrow_get(site.store, first, &site.arena, &row, &site.why), &site.why);
    assert_int_equal(row.until, NOW);
    assert_int_equal(escrow_get(site.store, 99, &site.arena, &row, &site.why), FAULT_ABSENT);
    row.quorum = 4;
    assert_int_equal(escrow_add(site.store, &row, &second, &site.why), FAULT_DENIED);
    site_close(&site);
}

static void certificate_may_come_later_once(void **state)
{
    struct escrow_row row = {.public = span_text("p"), .quorum = 2, .count = 2, .since = NOW};
    struct site site;
    int64_t id = 0;

    (void)state;
    site_open(&site);
    assert_done(escrow_add(site.store, &row, &id, &site.why), &site.why);
    assert_done(escrow_current(site.store, &site.arena, &row, &site.why), &site.why);
    assert_int_equal(row.certificate.len, 0);
    assert_done(escrow_set_certificate(site.store, id, span_text("signed"), &site.why), &site.why);
    assert_int_equal(escrow_set_certificate(site.store, id, span_text("again"), &site.why),
                     FAULT_DENIED);
    assert_done(escrow_current(site.store, &site.arena, &row, &site.why), &site.why);
    assert_span(row.certificate, "signed");
    site_close(&site);
}

static void shares_are_one_each(void **state)
{
    struct share_row share = {.place = 1, .sealed = span_text("sealed")}, found = {0}, *rows = NULL;
    size_t count = 0;
    struct site site;
    int64_t anna, bert;

    (void)state;
    site_open(&site);
    share.escrow = site_escrow(&site);
    anna = share.person = site_person(&site, "anna");
    bert = site_person(&site, "bert");
    assert_done(share_add(site.store, &share, &site.why), &site.why);
    assert_int_equal(share_add(site.store, &share, &site.why), FAULT_DENIED);
    share.place = 2;
    assert_int_equal(share_add(site.store, &share, &site.why), FAULT_DENIED); /* anna has one */
    share.person = bert;
    share.sealed = span_of(NULL, 0); /* in a file of his */
    assert_done(share_add(site.store, &share, &site.why), &site.why);
    assert_done(share_list(site.store, share.escrow, &site.arena, &rows, &count, &site.why),
                &site.why);
    assert_int_equal(count, 2);
    assert_span(rows[0].sealed, "sealed");
    assert_null(rows[1].sealed.at);
    assert_done(share_set_sealed(site.store, share.escrow, anna, span_text("anew"), &site.why),
                &site.why);
    assert_done(share_get(site.store, share.escrow, anna, &site.arena, &found, &site.why),
                &site.why);
    assert_span(found.sealed, "anew");
    assert_done(share_forget(site.store, share.escrow, &site.why), &site.why);
    assert_done(share_get(site.store, share.escrow, anna, &site.arena, &found, &site.why),
                &site.why);
    assert_null(found.sealed.at);
    assert_int_equal(share_get(site.store, share.escrow, 99, &site.arena, &found, &site.why),
                     FAULT_ABSENT);
    assert_int_equal(share_set_sealed(site.store, 99, anna, span_text("x"), &site.why),
                     FAULT_ABSENT);
    site_close(&site);
}

static void envelope_is_one_for_a_certificate(void **state)
{
    static const uint8_t large[ESCROW_ENVELOPE_MAX + 1];
    struct envelope_row row = {.cms = span_text("CMS"), .binding = span_text("binding")},
                        found = {0};
    struct store_walk walk = {0};
    bool there = false;
    struct site site;

    (void)state;
    site_open(&site);
    row.certificate = site_certificate(&site, site_user(&site, "anna@example.org"), "s",
                                       CERTIFICATE_ENCRYPTION, NOW + 1);
    assert_int_equal(envelope_find(site.store, span_text("s"), &site.arena, &found, &site.why),
                     FAULT_ABSENT);
    assert_done(envelope_add(site.store, &row, &site.why), &site.why);
    assert_int_equal(envelope_add(site.store, &row, &site.why), FAULT_DENIED);
    assert_done(envelope_find(site.store, span_text("s"), &site.arena, &found, &site.why),
                &site.why);
    assert_int_equal(found.certificate, row.certificate);
    assert_span(found.cms, "CMS");
    assert_span(found.binding, "binding");
    assert_done(envelope_get(site.store, row.certificate, &site.arena, &found, &site.why),
                &site.why);
    assert_done(envelope_walk(site.store, &walk, &site.why), &site.why);
    assert_done(envelope_next(&walk, &found, &there, &site.why), &site.why);
    assert_true(there);
    assert_done(envelope_next(&walk, &found, &there, &site.why), &site.why);
    assert_false(there);
    row.certificate = 99;
    assert_int_equal(envelope_add(site.store, &row, &site.why), FAULT_DENIED);
    row.cms = span_of(large, sizeof(large));
    assert_int_equal(envelope_add(site.store, &row, &site.why), FAULT_LIMIT);
    assert_int_equal(sql_run(store_sql(site.store), "UPDATE envelope SET cms = x'00'", &site.why),
                     FAULT_DENIED);
    assert_int_equal(sql_run(store_sql(site.store), "DELETE FROM envelope", &site.why),
                     FAULT_DENIED);
    site_close(&site);
}

static void request_is_done_once(void **state)
{
    struct request_row row = {.digest = span_of(digest, sizeof(digest)),
                              .document = span_text("{}"),
                              .created = NOW,
                              .expires = NOW + 9,
                              .seal_public = span_text("public"),
                              .seal_locked = span_text("private half, sealed")},
                       found = {0};
    struct request_item_row item = {.envelope_digest = span_of(digest, sizeof(digest))},
                            *items = NULL;
    struct approval_row approval = {.at = NOW,
                                    .partials = span_text("partial results, sealed"),
                                    .signature = span_text("signature")},
                        *approvals = NULL;
    size_t count = 0;
    struct site site;
    int64_t id = 0;

    (void)state;
    site_open(&site);
    row.requester = site_person(&site, "anna");
    row.user = site_user(&site, "carl@example.org");
    approval.person = site_person(&site, "bert");
    item.certificate = site_certificate(&site, row.user, "s", CERTIFICATE_ENCRYPTION, NOW + 1);
    assert_done(request_add(site.store, &row, &id, &site.why), &site.why);
    assert_int_equal(request_add(site.store, &row, &id, &site.why), FAULT_DENIED);
    item.request = approval.request = id;
    assert_done(request_item_add(site.store, &item, &site.why), &site.why);
    assert_int_equal(request_item_add(site.store, &item, &site.why), FAULT_DENIED);
    assert_done(approval_add(site.store, &approval, &site.why), &site.why);
    assert_int_equal(approval_add(site.store, &approval, &site.why), FAULT_DENIED);
    assert_string_equal(site.why.rule, "this agent has approved the request already");
    assert_done(request_item_list(site.store, id, &site.arena, &items, &count, &site.why),
                &site.why);
    assert_int_equal(count, 1);
    assert_int_equal(items[0].certificate, item.certificate);
    assert_done(approval_list(site.store, id, &site.arena, &approvals, &count, &site.why),
                &site.why);
    assert_int_equal(count, 1);
    assert_span(approvals[0].partials, "partial results, sealed");

    assert_done(request_done(site.store, id, NOW + 1, &site.why), &site.why);
    assert_int_equal(request_done(site.store, id, NOW + 1, &site.why), FAULT_ABSENT);
    assert_done(request_find(site.store, row.digest, &site.arena, &found, &site.why), &site.why);
    assert_int_equal(found.done_at, NOW + 1);
    assert_null(found.seal_locked.at);
    assert_span(found.seal_public, "public");
    assert_done(approval_list(site.store, id, &site.arena, &approvals, &count, &site.why),
                &site.why);
    assert_null(approvals[0].partials.at);
    row.digest = span_of(digest, 31);
    assert_int_equal(request_find(site.store, row.digest, &site.arena, &found, &site.why),
                     FAULT_ABSENT);
    assert_int_equal(request_add(site.store, &row, &id, &site.why), FAULT_DENIED);
    site_close(&site);
}

/* What was overwritten is in no file of the store any more once it is closed. */
static void what_is_forgotten_is_gone_from_the_disk(void **state)
{
    struct share_row share = {.place = 1, .sealed = span_text("sealed-share-of-anna")};
    char command[512];
    struct site site;

    (void)state;
    site_open(&site);
    share.escrow = site_escrow(&site);
    share.person = site_person(&site, "anna");
    assert_done(share_add(site.store, &share, &site.why), &site.why);
    site_reopen(&site, STORE_WRITE);
    (void)snprintf(command, sizeof(command), "grep -q sealed-share-of-anna %s/keyroster.db",
                   site.path);
    assert_int_equal(system(command), 0);
    assert_done(share_forget(site.store, share.escrow, &site.why), &site.why);
    store_close(site.store);
    site.store = NULL;
    (void)snprintf(command, sizeof(command), "! grep -rq sealed-share-of-anna %s", site.path);
    assert_int_equal(system(command), 0);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_generation_ends_the_one_before),
        cmocka_unit_test(certificate_may_come_later_once),
        cmocka_unit_test(shares_are_one_each),
        cmocka_unit_test(envelope_is_one_for_a_certificate),
        cmocka_unit_test(request_is_done_once),
        cmocka_unit_test(what_is_forgotten_is_gone_from_the_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
