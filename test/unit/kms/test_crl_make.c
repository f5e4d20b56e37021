#include "kms/authority/crl_make.h"

#include <stdio.h>
#include <time.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "authority_support.h"
#include "cert/crl.h"

static struct made_ca ca;

static int make_ca(void **state)
{
    struct profile profile = profile_default();

    (void)state;
    ca = ca_made_of(KIND_P256, &profile);
    return 0;
}

static int clear_ca(void **state)
{
    (void)state;
    made_ca_clear(&ca);
    return 0;
}

/* Entries by number: their serial, reason and time come from it. */
struct numbers {
    uint32_t next, end, fail_at;
    uint8_t serial[SERIAL_SIZE];
};

static void serial_of(uint32_t n, uint8_t out[SERIAL_SIZE])
{
    memset(out, 0x5A, SERIAL_SIZE);
    for (size_t i = 0; i < 4; i++) {
        out[SERIAL_SIZE - 1 - i] = (uint8_t)(n >> (8 * i));
    }
}

static const enum crl_reason reasons[] = {REASON_UNSPECIFIED,        REASON_KEY_COMPROMISE,
                                          REASON_SUPERSEDED,         REASON_AFFILIATION_CHANGED,
                                          REASON_CERTIFICATE_HOLD,   REASON_CESSATION_OF_OPERATION,
                                          REASON_PRIVILEGE_WITHDRAWN};

static enum fault next_number(void *context, struct crl_item *out, struct why *why)
{
    struct numbers *numbers = context;
    uint32_t n = numbers->next;

    if (n == numbers->end) {
        return FAULT_ABSENT;
    }
    if (numbers->fail_at != 0 && n == numbers->fail_at) {
        return fault_at(FAULT_RESOURCE, n, "the disk is gone", why);
    }
    serial_of(n, numbers->serial);
    *out = (struct crl_item){.serial = span_of(numbers->serial, SERIAL_SIZE),
                             .revoked_at = NOW - (int64_t)n,
                             .reason = reasons[n % COUNT(reasons)]};
    numbers->next++;
    return FAULT_NONE;
}

static X509_CRL *decoded(struct span der)
{
    const uint8_t *at = der.at;
    X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)der.len);
    struct span issuing = buffer_span(&ca.issuing);
    const uint8_t *issuing_at = issuing.at;
    X509 *issuer = d2i_X509(NULL, &issuing_at, (long)issuing.len);

    assert_non_null(list);
    assert_ptr_equal(at, der.at + der.len);
    assert_int_equal(X509_CRL_verify(list, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)), 0);
    X509_free(issuer);
    return list;
}

static void whole_order(struct crl_order *order)
{
    *order = (struct crl_order){
        .number = 0x1234567890, .this_update = NOW, .next_update = NOW + 7LL * DAY};
}

static void assert_entry(X509_REVOKED *entry, uint32_t n)
{
    enum crl_reason reason = reasons[n % COUNT(reasons)];
    struct tm tm;
    int critical = -1;
    ASN1_ENUMERATED *code = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);

    assert_int_equal(ASN1_TIME_to_tm(X509_REVOKED_get0_revocationDate(entry), &tm), 1);
    assert_int_equal(timegm(&tm), NOW - (int64_t)n);
    if (reason == REASON_UNSPECIFIED) {
        assert_null(code);
    } else {
        assert_int_equal(critical, 0);
        assert_int_equal(ASN1_ENUMERATED_get(code), reason);
    }
    ASN1_ENUMERATED_free(code);
}

static void libcrypto_reads_every_entry(void **state)
{
    struct numbers numbers = {.end = 1000};
    struct buffer der = buffer_with_max(1 << 20);
    struct crl_order order;
    struct why why;
    X509_CRL *list;
    ASN1_INTEGER *number;
    AUTHORITY_KEYID *id;
    uint64_t got = 0;

    (void)state;
    whole_order(&order);
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why), FAULT_NONE);
    list = decoded(buffer_span(&der));
    assert_int_equal(X509_CRL_get_version(list), X509_CRL_VERSION_2);
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)), 1000);
    for (uint32_t n = 0; n < 1000; n++) {
        uint8_t serial[SERIAL_SIZE];
        BIGNUM *bn;
        ASN1_INTEGER *integer;
        X509_REVOKED *entry = NULL;

        serial_of(n, serial);
        bn = BN_bin2bn(serial, SERIAL_SIZE, NULL);
        integer = BN_to_ASN1_INTEGER(bn, NULL);
        assert_int_equal(X509_CRL_get0_by_serial(list, &entry, integer), 1);
        assert_entry(entry, n);
        ASN1_INTEGER_free(integer);
        BN_free(bn);
    }
    number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
    assert_int_equal(ASN1_INTEGER_get_uint64(&got, number), 1);
    assert_int_equal(got, 0x1234567890);
    ASN1_INTEGER_free(number);
    id = X509_CRL_get_ext_d2i(list, NID_authority_key_identifier, NULL, NULL);
    assert_int_equal(ASN1_STRING_length(id->keyid), 20);
    AUTHORITY_KEYID_free(id);
    assert_int_equal(X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1), -1);
    X509_CRL_free(list);
    buffer_clear(&der);
}

static void the_roster_reads_it_too(void **state)
{
    struct numbers numbers = {.end = 50};
    struct buffer der = buffer_with_max(1 << 20);
    struct crl_order order;
    struct crl *crl = NULL;
    struct crl_entry entry;
    uint8_t serial[SERIAL_SIZE];
    struct why why;

    (void)state;
    whole_order(&order);
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why), FAULT_NONE);
    assert_int_equal(crl_read(buffer_span(&der), &crl, &why), FAULT_NONE);
    assert_true(crl->usable);
    assert_int_equal(crl->entries, 50);
    serial_of(4, serial);
    assert_true(crl_find(crl, span_of(serial, SERIAL_SIZE), &entry));
    assert_int_equal(entry.reason, REASON_CERTIFICATE_HOLD);
    serial_of(50, serial);
    assert_false(crl_find(crl, span_of(serial, SERIAL_SIZE), &entry));
    crl_free(crl);
    buffer_clear(&der);
}

/* Together the parts name every entry once, each with a critical distribution point. */
static void parts_make_the_whole(void **state)
{
    enum { PARTS = 7, ENTRIES = 700 };
    size_t sum = 0;
    struct why why;

    (void)state;
    for (uint32_t part = 1; part <= PARTS; part++) {
        struct numbers numbers = {.end = ENTRIES};
        struct buffer der = buffer_with_max(1 << 20);
        char url[64];
        struct crl_order order;
        struct crl *crl = NULL;
        struct crl_entry entry;
        X509_CRL *list;
        ISSUING_DIST_POINT *point;
        const GENERAL_NAME *name;
        int critical = -1;

        whole_order(&order);
        (void)snprintf(url, sizeof(url), "http://pki.example.org/%u.crl", part);
        order.part = part;
        order.parts = PARTS;
        order.url = span_text(url);
        assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why),
                         FAULT_NONE);
        list = decoded(buffer_span(&der));
        point = X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, NULL);
        assert_int_equal(critical, 1);
        name = sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0);
        assert_int_equal(name->type, GEN_URI);
        assert_span(span_of(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier),
                            (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier)),
                    url);
        ISSUING_DIST_POINT_free(point);
        X509_CRL_free(list);

        assert_int_equal(crl_read(buffer_span(&der), &crl, &why), FAULT_NONE);
        assert_true(crl->usable && crl->is_part);
        assert_true(crl->entries > ENTRIES / PARTS / 2 && crl->entries < ENTRIES / PARTS * 2);
        for (uint32_t n = 0; n < ENTRIES; n++) {
            uint8_t serial[SERIAL_SIZE];

            serial_of(n, serial);
            assert_int_equal(crl_find(crl, span_of(serial, SERIAL_SIZE), &entry),
                             crl_part_of(span_of(serial, SERIAL_SIZE), PARTS) == part);
        }
        sum += crl->entries;
        crl_free(crl);
        buffer_clear(&der);
    }
    assert_int_equal(sum, ENTRIES);
}

/* RFC 5280, section 5.2.5: the issuing distribution point is a directoryName then. */
static void a_part_without_a_url_has_a_name(void **state)
{
    struct numbers numbers = {.end = 50};
    struct buffer der = buffer_with_max(1 << 20);
    struct buffer issuing = ca.issuing;
    const uint8_t *at = issuing.at;
    X509 *issuer = d2i_X509(NULL, &at, (long)issuing.len);
    X509_NAME *expected = X509_NAME_dup(X509_get_subject_name(issuer));
    struct crl_order order;
    struct why why;
    X509_CRL *list;
    ISSUING_DIST_POINT *point;
    const GENERAL_NAME *name;
    int critical = -1;

    (void)state;
    whole_order(&order);
    order.part = 3;
    order.parts = 12;
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why), FAULT_NONE);
    list = decoded(buffer_span(&der));
    point = X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, NULL);
    assert_int_equal(critical, 1);
    assert_int_equal(sk_GENERAL_NAME_num(point->distpoint->name.fullname), 1);
    name = sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0);
    assert_int_equal(name->type, GEN_DIRNAME);
    assert_int_equal(X509_NAME_add_entry_by_txt(expected, "CN", MBSTRING_UTF8,
                                                (const uint8_t *)"CRL 3/12", -1, -1, 0),
                     1);
    assert_int_equal(X509_NAME_cmp(name->d.directoryName, expected), 0);
    ISSUING_DIST_POINT_free(point);
    X509_CRL_free(list);
    X509_NAME_free(expected);
    X509_free(issuer);
    buffer_clear(&der);
}

/* Whatever the number of parts was when its certificate was issued, an entry stands in one. */
static void an_item_is_in_one_part(void **state)
{
    (void)state;
    for (uint32_t parts = 1; parts <= 9; parts++) {
        for (uint32_t named = 0; named <= 8; named++) {
            uint8_t serial[SERIAL_SIZE];
            struct crl_item item = {.serial = span_of(serial, sizeof(serial)), .part = named};
            uint32_t found = 0, count = 0;

            serial_of(12345, serial);
            for (uint32_t part = 1; part <= parts; part++) {
                if (crl_item_is_in(&item, part, parts)) {
                    found = part;
                    count++;
                }
            }
            assert_int_equal(count, 1);
            if (named != 0 && named <= parts) {
                assert_int_equal(found, named);
            } else {
                assert_int_equal(found, crl_part_of(item.serial, parts));
            }
        }
    }
}

/* It must never change: certificates name the part that they fall into. */
static void the_part_of_a_serial_stays(void **state)
{
    static const uint8_t some[] = {0x7F, 0x12, 0x34, 0x56, 0x78, 0xFF};
    uint8_t serial[SERIAL_SIZE];

    (void)state;
    serial_of(1, serial);
    assert_int_equal(crl_part_of(span_of(serial, SERIAL_SIZE), 0), 1);
    assert_int_equal(crl_part_of(span_of(serial, SERIAL_SIZE), 1), 1);
    assert_int_equal(crl_part_of(span_of(some, 6), 16), 0x345678FF % 16 + 1);
    assert_int_equal(crl_part_of(span_of(some, 6), 1000), 0x345678FF % 1000 + 1);
    assert_int_equal(crl_part_of(span_of(some, 2), 1000), 0x7F12 % 1000 + 1);
}

static void an_empty_list_is_one(void **state)
{
    struct numbers numbers = {0};
    struct buffer der = buffer_with_max(1 << 20);
    struct crl_order order;
    struct why why;
    X509_CRL *list;

    (void)state;
    whole_order(&order);
    order.next_update = NOW + 36500LL * DAY; /* GeneralizedTime */
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why), FAULT_NONE);
    list = decoded(buffer_span(&der));
    assert_null(X509_CRL_get_REVOKED(list));
    X509_CRL_free(list);
    buffer_clear(&der);
}

static void orders_that_cannot_be_are_refused(void **state)
{
    static const struct crl_order wrong[] = {
        {.number = 1, .this_update = NOW, .next_update = NOW},
        {.number = 1, .this_update = NOW, .next_update = NOW - 1},
        {.number = 1, .this_update = NOW, .next_update = NOW + 1, .part = 0, .parts = 2},
        {.number = 1, .this_update = NOW, .next_update = NOW + 1, .part = 3, .parts = 2},
        {.number = 1, .this_update = NOW, .next_update = NOW + 1, .part = 1, .parts = 1025},
    };
    struct buffer der = buffer_with_max(1 << 20);
    struct buffer small = buffer_with_max(2000);
    struct numbers numbers = {.end = 1000};
    struct crl_order order;
    struct why why;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(crl_make(ca.authority, &wrong[i], next_number, &numbers, &der, &why),
                         FAULT_SYNTAX);
        assert_int_equal(der.len, 0);
    }
    whole_order(&order);
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &small, &why),
                     FAULT_LIMIT);
    assert_int_equal(small.len, 0);
    numbers = (struct numbers){.end = 1000, .fail_at = 500};
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why),
                     FAULT_RESOURCE);
    assert_int_equal(why.offset, 500);
    assert_int_equal(der.len, 0);
    buffer_clear(&der);
    buffer_clear(&small);
}

static void a_hundred_thousand_entries_take_less_than_a_second(void **state)
{
    struct numbers numbers = {.end = 100000};
    struct buffer der = buffer_with_max(64 << 20);
    struct crl_order order;
    struct timespec start, end;
    struct why why;

    (void)state;
    whole_order(&order);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_int_equal(crl_make(ca.authority, &order, next_number, &numbers, &der, &why), FAULT_NONE);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    print_message("%ld ms\n", (long)(end.tv_sec - start.tv_sec) * 1000 +
                                  (end.tv_nsec - start.tv_nsec) / 1000000);
    assert_true(end.tv_sec - start.tv_sec <= 1);
    buffer_clear(&der);
}

static void reasons_have_names(void **state)
{
    static const struct {
        const char *name;
        bool found;
        enum crl_reason reason;
    } names[] = {
        {"unspecified", true, REASON_UNSPECIFIED},
        {"keyCompromise", true, REASON_KEY_COMPROMISE},
        {"affiliationChanged", true, REASON_AFFILIATION_CHANGED},
        {"superseded", true, REASON_SUPERSEDED},
        {"cessationOfOperation", true, REASON_CESSATION_OF_OPERATION},
        {"certificateHold", true, REASON_CERTIFICATE_HOLD},
        {"privilegeWithdrawn", true, REASON_PRIVILEGE_WITHDRAWN},
        {"cACompromise", false, 0},
        {"aACompromise", false, 0},
        {"removeFromCRL", false, 0},
        {"KeyCompromise", false, 0},
        {"", false, 0},
        {"1", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        enum crl_reason reason = REASON_UNSPECIFIED;

        assert_int_equal(crl_reason_find(span_text(names[i].name), &reason), names[i].found);
        assert_int_equal(reason, names[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcrypto_reads_every_entry),
        cmocka_unit_test(the_roster_reads_it_too),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(a_part_without_a_url_has_a_name),
        cmocka_unit_test(an_item_is_in_one_part),
        cmocka_unit_test(the_part_of_a_serial_stays),
        cmocka_unit_test(an_empty_list_is_one),
        cmocka_unit_test(orders_that_cannot_be_are_refused),
        cmocka_unit_test(a_hundred_thousand_entries_take_less_than_a_second),
        cmocka_unit_test(reasons_have_names),
    };

    return cmocka_run_group_tests(tests, make_ca, clear_ca);
}
