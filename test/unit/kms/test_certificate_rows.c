#include "kms/store/certificate_rows.h"

#include "kms/store/book_rows.h"
#include "store_support.h"

enum { DAY = 86400 };

static struct certificate_row find(struct site *site, const char *serial)
{
    struct certificate_row row = {0};

    assert_done(certificate_find(site->store, span_text(serial), &site->arena, &row, &site->why),
                &site->why);
    return row;
}

static void certificate_comes_as_it_was_given(void **state)
{
    struct certificate_row row, given = {
                                    .serial = span_text("\x01\x02"),
                                    .purpose = CERTIFICATE_ENCRYPTION,
                                    .der = span_text("DER bytes"),
                                    .key_kind = span_text("rsa2048"),
                                    .not_before = NOW,
                                    .not_after = NOW + DAY,
                                    .issued_at = NOW + 1,
                                    .crl_part = 3,
                                };
    int64_t id = 0;
    struct site site;

    (void)state;
    site_open(&site);
    given.user = site_user(&site, "anna@example.org");
    given.escrow = site_escrow(&site);
    assert_done(certificate_add(site.store, &given, &id, &site.why), &site.why);
    row = find(&site, "\x01\x02");
    assert_int_equal(row.id, id);
    assert_int_equal(row.user, given.user);
    assert_int_equal(row.purpose, CERTIFICATE_ENCRYPTION);
    assert_int_equal(row.status, CERTIFICATE_GOOD);
    assert_span(row.der, "DER bytes");
    assert_span(row.key_kind, "rsa2048");
    assert_int_equal(row.not_before, NOW);
    assert_int_equal(row.not_after, NOW + DAY);
    assert_int_equal(row.issued_at, NOW + 1);
    assert_int_equal(row.crl_part, 3);
    assert_int_equal(row.escrow, given.escrow);
    assert_int_equal(row.revoked_at, 0);
    assert_true(row.is_current);
    site_close(&site);
}

struct refusal {
    const char *name;
    struct certificate_row row; /* its user 0: anna */
    size_t der_length;
    enum fault fault;
};

static const uint8_t bytes[CERTIFICATE_DER_MAX + 1];

#define SERIAL(text) .serial = {(const uint8_t *)(text), sizeof(text) - 1}
#define TIMES        .not_before = NOW, .not_after = NOW + DAY, .issued_at = NOW

static const struct refusal refusals[] = {
    {"a serial that was issued", {SERIAL("taken"), TIMES}, 10, FAULT_DENIED},
    {"no serial", {SERIAL(""), TIMES}, 10, FAULT_DENIED},
    {"a serial of 21 bytes", {SERIAL("123456789012345678901"), TIMES}, 10, FAULT_DENIED},
    {"no such user", {.user = 99, SERIAL("x"), TIMES}, 10, FAULT_DENIED},
    {"no such recovery key", {.escrow = 99, SERIAL("x"), TIMES}, 10, FAULT_DENIED},
    {"an end before its beginning",
     {SERIAL("x"), .not_before = NOW, .not_after = NOW - 1, .issued_at = NOW},
     10,
     FAULT_DENIED},
    {"too large", {SERIAL("x"), TIMES}, sizeof(bytes), FAULT_LIMIT},
};

static void refusal_holds(void **state)
{
    const struct refusal *refusal = *state;
    struct certificate_row row = refusal->row;
    int64_t anna, id = -1, count = 0;
    struct site site;

    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    (void)site_certificate(&site, anna, "taken", CERTIFICATE_SIGNING, NOW + DAY);
    row.user = row.user == 0 ? anna : row.user;
    row.der = span_of(bytes, refusal->der_length);
    assert_done(store_begin(site.store, &site.why), &site.why);
    assert_int_equal(certificate_add(site.store, &row, &id, &site.why), refusal->fault);
    assert_int_equal(id, -1);
    store_rollback(site.store);
    assert_done(certificate_count(site.store, &count, &site.why), &site.why);
    assert_int_equal(count, 1);
    assert_true(find(&site, "taken").is_current);
    site_close(&site);
}

static void later_one_is_the_current_one(void **state)
{
    struct certificate_row *rows = NULL;
    size_t count = 0;
    struct site site;
    int64_t anna, bert;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    bert = site_user(&site, "bert@example.org");
    (void)site_certificate(&site, anna, "s1", CERTIFICATE_SIGNING, NOW + DAY);
    (void)site_certificate(&site, bert, "b1", CERTIFICATE_SIGNING, NOW + DAY);
    (void)site_certificate(&site, anna, "e1", CERTIFICATE_ENCRYPTION, NOW + DAY);
    (void)site_certificate(&site, anna, "s2", CERTIFICATE_SIGNING, NOW + 2 * DAY);
    assert_done(certificate_list(site.store, anna, &site.arena, &rows, &count, &site.why),
                &site.why);
    assert_int_equal(count, 3);
    assert_span(rows[0].serial, "s1");
    assert_span(rows[1].serial, "e1");
    assert_span(rows[2].serial, "s2");
    assert_false(rows[0].is_current);
    assert_true(rows[1].is_current);
    assert_true(rows[2].is_current);
    assert_true(find(&site, "b1").is_current);
    site_close(&site);
}

static void due_are_users_whose_current_one_ends(void **state)
{
    struct site site;
    int64_t users[6], *due = NULL;
    size_t count = 0;

    (void)state;
    site_open(&site);
    for (size_t i = 0; i < COUNT(users); i++) {
        char address[32], serial[2] = {(char)('a' + (int)i), '\0'};

        (void)snprintf(address, sizeof(address), "u%zu@example.org", i);
        users[i] = site_user(&site, address);
        (void)site_certificate(&site, users[i], serial, CERTIFICATE_SIGNING,
                               i == 1 ? NOW + 99 * DAY : NOW + DAY);
    }
    (void)site_certificate(&site, users[0], "x", CERTIFICATE_ENCRYPTION,
                           NOW + DAY) /* counts once */;
    (void)site_certificate(&site, users[2], "r", CERTIFICATE_SIGNING, NOW + 99 * DAY); /* renewed */
    assert_done(
        certificate_revoke(site.store, find(&site, "d").id, CERTIFICATE_REVOKED, 1, NOW, &site.why),
        &site.why);
    assert_done(user_set_state(site.store, users[4], USER_LEFT, &site.why), &site.why);
    assert_done(certificate_due(site.store, NOW + 30 * DAY, &due, &count, &site.why), &site.why);
    assert_int_equal(count, 2);
    assert_int_equal(due[0], users[0]);
    assert_int_equal(due[1], users[5]);
    free(due);
    due = NULL;
    assert_done(certificate_due(site.store, NOW + DAY, &due, &count, &site.why), &site.why);
    assert_int_equal(count, 0);
    free(due);
    site_close(&site);
}

/* What may become of a certificate. */
static void status_goes_one_way(void **state)
{
    struct certificate_row row;
    struct site site;
    int64_t id;

    (void)state;
    site_open(&site);
    id = site_certificate(&site, site_user(&site, "anna@example.org"), "s", CERTIFICATE_SIGNING,
                          NOW + DAY);
    assert_int_equal(certificate_release(site.store, id, &site.why), FAULT_DENIED);
    assert_done(certificate_revoke(site.store, id, CERTIFICATE_HELD, 6, NOW, &site.why), &site.why);
    assert_int_equal(certificate_revoke(site.store, id, CERTIFICATE_HELD, 6, NOW, &site.why),
                     FAULT_DENIED);
    assert_done(certificate_release(site.store, id, &site.why), &site.why);
    row = find(&site, "s");
    assert_int_equal(row.status, CERTIFICATE_GOOD);
    assert_int_equal(row.revoked_at, 0);
    assert_done(certificate_revoke(site.store, id, CERTIFICATE_HELD, 6, NOW, &site.why), &site.why);
    assert_done(certificate_revoke(site.store, id, CERTIFICATE_REVOKED, 1, NOW + 1, &site.why),
                &site.why);
    row = find(&site, "s");
    assert_int_equal(row.status, CERTIFICATE_REVOKED);
    assert_int_equal(row.reason, 1);
    assert_int_equal(row.revoked_at, NOW + 1);
    assert_int_equal(certificate_release(site.store, id, &site.why), FAULT_DENIED);
    assert_int_equal(certificate_revoke(site.store, id, CERTIFICATE_REVOKED, 1, NOW, &site.why),
                     FAULT_DENIED);
    assert_int_equal(certificate_revoke(site.store, id, CERTIFICATE_GOOD, 0, NOW, &site.why),
                     FAULT_DENIED);
    assert_int_equal(certificate_revoke(site.store, 99, CERTIFICATE_REVOKED, 1, NOW, &site.why),
                     FAULT_ABSENT);
    assert_int_equal(certificate_release(site.store, 99, &site.why), FAULT_ABSENT);
    assert_int_equal(sql_run(store_sql(site.store), "UPDATE certificate SET status = 0", &site.why),
                     FAULT_DENIED);
    site_close(&site);
}

/* Who writes past us is refused by the database too. */
static void database_keeps_certificates(void **state)
{
    static const char *const tries[] = {
        "DELETE FROM certificate",
        "UPDATE certificate SET der = x'00'",
        "UPDATE certificate SET serial = x'00'",
        "UPDATE certificate SET user = 2",
        "UPDATE certificate SET not_after = not_after + 1",
        "UPDATE certificate SET status = 1",
        "REPLACE INTO certificate SELECT * FROM certificate",
        "DELETE FROM user",
        "INSERT INTO certificate SELECT id + 1, 'anna', purpose, status, is_current, not_before,"
        " not_after, issued_at, revoked_at, reason, crl_part, escrow, x'09', key_kind, der"
        " FROM certificate",
    };
    struct site site;

    (void)state;
    site_open(&site);
    (void)site_certificate(&site, site_user(&site, "anna@example.org"), "s", CERTIFICATE_SIGNING,
                           NOW + DAY);
    for (size_t i = 0; i < COUNT(tries); i++) {
        assert_int_equal(sql_run(store_sql(site.store), tries[i], &site.why), FAULT_DENIED);
    }
    site_close(&site);
}

static void revoked_come_in_the_order_of_their_serials(void **state)
{
    static const char *const serials[] = {"\x7f", "\x01\x01", "\x80", "\x01", "good", "old"};
    static const char *const want[] = {"\x01", "\x01\x01", "\x7f", "\x80"};
    struct store_walk walk = {0};
    struct revoked_row row = {0};
    bool there = false;
    struct site site;
    int64_t anna;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    for (size_t i = 0; i < COUNT(serials); i++) {
        int64_t id = site_certificate(&site, anna, serials[i], CERTIFICATE_SIGNING,
                                      i == 5 ? NOW + 1 : NOW + DAY);

        if (i != 4) {
            assert_done(certificate_revoke(site.store, id,
                                           i == 0 ? CERTIFICATE_HELD : CERTIFICATE_REVOKED,
                                           i == 0 ? 6 : 1, NOW + (int64_t)i, &site.why),
                        &site.why);
        }
    }
    assert_done(revoked_walk(site.store, NOW + 2, &walk, &site.why), &site.why);
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_done(revoked_next(&walk, &row, &there, &site.why), &site.why);
        assert_true(there);
        assert_span(row.serial, want[i]);
        assert_int_equal(row.not_after, NOW + DAY);
        assert_int_equal(row.reason, i == 2 ? 6 : 1);
        assert_int_equal(row.status, i == 2 ? CERTIFICATE_HELD : CERTIFICATE_REVOKED);
    }
    assert_done(revoked_next(&walk, &row, &there, &site.why), &site.why);
    assert_false(there);
    assert_done(revoked_next(&walk, &row, &there, &site.why), &site.why); /* and stays so */
    assert_false(there);
    site_close(&site);
}

static void book_shows_each_user_with_what_is_his(void **state)
{
    struct book *book = NULL;
    struct book_row row = {0};
    bool there = false;
    struct site site;
    int64_t anna, bert, carl;

    (void)state;
    site_open(&site);
    anna = site_user(&site, "anna@example.org");
    bert = site_user(&site, "bert@example.org");
    carl = site_user(&site, "carl@example.org");
    (void)site_certificate(&site, anna, "a1", CERTIFICATE_SIGNING, NOW + DAY);
    (void)site_certificate(&site, carl, "c1", CERTIFICATE_SIGNING, NOW + DAY);
    (void)site_certificate(&site, anna, "a2", CERTIFICATE_SIGNING, NOW + DAY);
    assert_done(user_address_add(site.store, bert, span_text("b@example.org"), NOW, &site.why),
                &site.why);
    assert_done(user_address_add(site.store, bert, span_text("old@example.org"), NOW, &site.why),
                &site.why);
    assert_done(user_address_end(site.store, bert, span_text("old@example.org"), NOW, &site.why),
                &site.why);

    assert_done(book_open(site.store, 0, INT64_MAX, &book, &site.why), &site.why);
    assert_done(book_next(book, &site.arena, &row, &there, &site.why), &site.why);
    assert_int_equal(row.user.id, anna);
    assert_int_equal(row.certificate_count, 2);
    assert_span(row.certificates[0].serial, "a1");
    assert_span(row.certificates[1].serial, "a2");
    assert_int_equal(row.address_count, 0);
    assert_done(book_next(book, &site.arena, &row, &there, &site.why), &site.why);
    assert_int_equal(row.user.id, bert);
    assert_int_equal(row.certificate_count, 0);
    assert_int_equal(row.address_count, 1);
    assert_span(row.addresses[0], "b@example.org");
    assert_done(book_next(book, &site.arena, &row, &there, &site.why), &site.why);
    assert_int_equal(row.user.id, carl);
    assert_int_equal(row.certificate_count, 1);
    assert_true(there);
    assert_done(book_next(book, &site.arena, &row, &there, &site.why), &site.why);
    assert_false(there);
    book_close(book);

    assert_done(book_open(site.store, bert, bert, &book, &site.why), &site.why);
    assert_done(book_next(book, &site.arena, &row, &there, &site.why), &site.why);
    assert_int_equal(row.user.id, bert);
    assert_int_equal(row.certificate_count, 0);
    assert_done(book_next(book, &site.arena, &row, &there, &site.why), &site.why);
    assert_false(there);
    book_close(book);
    site_close(&site);
}

/* Where the arena ends in the middle of a user, he comes whole with the next one. */
static void user_comes_again_when_the_arena_was_full(void **state)
{
    struct arena small = arena_with_max((size_t)400 << 10);
    struct book *book = NULL;
    struct book_row row = {0};
    bool there = true;
    int users = 0, full = 0;
    struct site site;

    (void)state;
    site_open(&site);
    assert_done(store_begin(site.store, &site.why), &site.why);
    for (int i = 0; i < 40; i++) {
        char address[32], serial[8];
        struct certificate_row certificate = {.der = span_of(bytes, 30000), TIMES};
        int64_t id;

        (void)snprintf(address, sizeof(address), "u%d@example.org", i);
        certificate.user = site_user(&site, address);
        for (int j = 0; j < 3; j++) {
            (void)snprintf(serial, sizeof(serial), "%d.%d", i, j);
            certificate.serial = span_text(serial);
            assert_done(certificate_add(site.store, &certificate, &id, &site.why), &site.why);
        }
    }
    assert_done(store_commit(site.store, &site.why), &site.why);
    assert_done(book_open(site.store, 0, INT64_MAX, &book, &site.why), &site.why);
    while (there) {
        enum fault fault = book_next(book, &small, &row, &there, &site.why);

        if (fault == FAULT_RESOURCE) {
            arena_reset(&small);
            full++;
            assert_true(full < 100);
            continue;
        }
        assert_done(fault, &site.why);
        if (there) {
            users++;
            assert_int_equal(row.user.id, users);
            assert_int_equal(row.certificate_count, 3);
        }
    }
    assert_int_equal(users, 40);
    assert_true(full > 0);
    book_close(book);
    arena_clear(&small);
    site_close(&site);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(refusals) + 8] = {
        cmocka_unit_test(certificate_comes_as_it_was_given),
        cmocka_unit_test(later_one_is_the_current_one),
        cmocka_unit_test(due_are_users_whose_current_one_ends),
        cmocka_unit_test(status_goes_one_way),
        cmocka_unit_test(database_keeps_certificates),
        cmocka_unit_test(revoked_come_in_the_order_of_their_serials),
        cmocka_unit_test(book_shows_each_user_with_what_is_his),
        cmocka_unit_test(user_comes_again_when_the_arena_was_full),
    };

    (void)TESTS_OF(tests + 8, refusals, refusal_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
