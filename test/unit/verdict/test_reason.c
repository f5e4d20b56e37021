#include "verdict/verdict.h"

#include "base/text.h"
#include "made.h"
#include "support.h"

#define ANNA "anna@example.org"
#define AT                                                                                         \
    {                                                                                              \
        ANNA                                                                                       \
    }
#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct rules rules = {.at = 1793491200, .warning_seconds = (int64_t)30 * UTC_DAY};

/* Name { commonName "Other CA" }, and one that turns the writing direction. */
static const char other_ca[] = "\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x0c\x08Other CA";
static const char turning[] = "\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05"
                              "A\xe2\x80\xae"
                              "B";

static const struct row {
    const char *name, *reason;
    struct made certs[MADE_MAX];
    const char *addresses[MADE_MAX];
    const char *issuer;
    size_t undecodable, lost;
    enum blank blank;
} rows[] = {
    {"active", "valid until 2026-12-11", {{-9, 40, ANNA}}, AT},
    {"active by ours, used a foreign one",
     "valid until 2027-02-08",
     {{-9, 50, ANNA, IS_FOREIGN}, {-9, 99, ANNA}},
     AT},
    {"expiring", "expires on 2026-11-15, in 14 days", {{-9, 14, ANNA}}, AT},
    {"expiring tomorrow", "expires on 2026-11-02, in 1 day", {{-9, 1, ANNA}}, AT},
    {"expiring now", "expires on 2026-11-01, in less than a day", {{-9, 0, ANNA}}, AT},
    {"signing only",
     "certificate is for signing only: nobody can encrypt to it",
     {{-9, 99, ANNA, IS_SIGNING}},
     AT},
    {"neither",
     "certificate is for neither signing nor encrypting mail",
     {{-9, 99, ANNA, IS_SERVER}},
     AT},
    {"not yet valid", "not valid before 2026-11-03", {{2, 99, ANNA}}, AT},
    {"expired", "expired on 2026-10-31", {{-99, -1, ANNA}}, AT},
    {"revoked", "revoked on 2026-10-31 (keyCompromise)", {{-9, 99, ANNA, IS_REVOKED}}, AT},
    {"untrusted",
     "certificate does not lead to a trusted authority: unable to get local issuer certificate",
     {{-9, 99, ANNA, IS_UNTRUSTED}},
     AT},
    {"mismatched",
     "certificate is for other addresses: otto@example.org",
     {{-9, 99, "otto@example.org"}},
     AT},
    {"mismatched, and the address is no safe text",
     "certificate is for other addresses: o\xef\xbf\xbd[1m@example.org",
     {{-9, 99, "o\x1b[1m@example.org"}},
     AT},
    {"foreign",
     "certificate is not from the KMS but from Other CA",
     {{-9, 99, ANNA, IS_FOREIGN}},
     AT,
     .issuer = other_ca},
    {"foreign of a name that is no safe text",
     "certificate is not from the KMS but from A\xef\xbf\xbd"
     "B",
     {{-9, 99, ANNA, IS_FOREIGN}},
     AT,
     .issuer = turning},
    {"foreign of no name",
     "certificate is not from the KMS but from another issuer",
     {{-9, 99, ANNA, IS_FOREIGN}},
     AT},
    {"one unreadable", "1 value that cannot be read as a certificate", {{0}}, AT, .undecodable = 1},
    {"two unreadable", "2 values that cannot be read as certificates", {{0}}, AT, .undecodable = 2},
    {"chain only",
     "only certificates of authorities, none of the user",
     {{-9, 99, NULL, IS_CHAIN}},
     AT},
    {"none", "no certificate in the directory", {{0}}, AT},
    {"lost",
     "the export holds the name of a type (System.Byte[]) instead of the certificate: export the "
     "attribute again with ldifde or csvde",
     {{0}},
     AT,
     .lost = 1},
    {"another site",
     "homed at another site, whose certificates this export does not show: export there",
     {{0}},
     AT,
     .blank = BLANK_OTHER_SITE},
    {"cut off",
     "the record ends before its certificates: export it again",
     {{0}},
     AT,
     .blank = BLANK_CUT_OFF},
    {"hidden",
     "the directory shows this user no certificates: bind as one who may read them",
     {{0}},
     AT,
     .blank = BLANK_HIDDEN},
    {"not asked for",
     "no entry of the export shows a certificate: ask for the attributes too, as one who may read "
     "them",
     {{0}},
     AT,
     .blank = BLANK_UNASKED},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer got = buffer_with_max(4096);
    struct made_box box;
    struct verdict verdict;

    made_box_init(&box, row->certs, row->addresses);
    box.mailbox.undecodable = row->undecodable;
    box.mailbox.lost = row->lost;
    box.mailbox.values += row->undecodable + row->lost;
    box.mailbox.blank = row->blank;
    if (row->issuer != NULL) {
        box.candidates[0].cert.issuer = span_text(row->issuer);
    }
    verdict = verdict_of(&box.mailbox, &rules);
    verdict_add_reason(&got, &box.mailbox, &verdict, &rules);
    assert_int_equal(got.fault, FAULT_NONE);
    assert_span(buffer_span(&got), row->reason);
    buffer_clear(&got);
}

/* GeneralNames of many long addresses: three are told, each cut short, between characters. */
static void long_lists_are_cut(void **state)
{
    static const struct made certs[MADE_MAX] = {{-9, 99, "otto@example.org"}};
    static const char *const addresses[MADE_MAX] = AT;
    struct buffer san = buffer_with_max(4096), got = buffer_with_max(4096);
    struct made_box box;
    struct verdict verdict;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        static const char name[] = "\x81\x81\x84"
                                   "a" A32 A32 A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                   "\xc3\xa4@xx";

        buffer_add(&san, span_of(name, sizeof(name) - 1));
    }
    made_box_init(&box, certs, addresses);
    box.candidates[0].cert.san = buffer_span(&san);
    verdict = verdict_of(&box.mailbox, &rules);
    verdict_add_reason(&got, &box.mailbox, &verdict, &rules);
    assert_true(text_is_utf8(buffer_span(&got)));
    assert_true(got.len < 500);
    assert_memory_equal(got.at + got.len - 11, " and 2 more", 11);
    buffer_clear(&san);
    buffer_clear(&got);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(long_lists_are_cut)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 1] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
