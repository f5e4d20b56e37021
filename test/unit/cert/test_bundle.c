#include "cert/bundle.h"

#include <stdio.h>

#include "build.h"

/* A ContentInfo of SignedData (RFC 5652, section 5.1), put together from its parts. */
struct signed_data {
    const char *content, *certs, *tail; /* contents of the elements; certs NULL: none at all */
};

#define SIGNED_DATA "0609 2a864886f70d010702"
#define DATA        "0609 2a864886f70d010701"
#define DIGESTED    "0609 2a864886f70d010705"
#define CERT        "3002 3000" /* what claims to be a certificate: a SEQUENCE in a SEQUENCE */
#define OTHER_CERT  "3003 020105"

static void build_signed_data(struct built *b, const struct signed_data *parts)
{
    size_t start, outer;

    build_hex(b, SIGNED_DATA);
    outer = b->len;
    build_hex(b, "020101 3100");
    start = b->len;
    build_hex(b, parts->content);
    build_wrap(b, start, 0x30);
    if (parts->certs != NULL) {
        start = b->len;
        build_hex(b, parts->certs);
        build_wrap(b, start, 0xa0);
    }
    build_hex(b, parts->tail);
    build_wrap(b, outer, 0x30);
    build_wrap(b, outer, 0xa0);
    build_wrap(b, 0, 0x30);
}

/* What a value holds: its certificates in hexadecimal, with the tag and `!` for a chain one. */
static const struct row {
    const char *name, *hex; /* hex NULL: SignedData of `parts` */
    struct signed_data parts;
    enum fault fault; /* of bundle_open() */
    enum bundle_form form;
    const char *certs;
    bool broken_later; /* bundle_next() ends in FAULT_SYNTAX */
    bool marked_default;
} rows[] = {
    {"a certificate is handed out as it is", CERT, {0}, 0, BUNDLE_X509, "30023000 "},
    {"… whatever is in it", OTHER_CERT, {0}, 0, BUNDLE_X509, "3003020105 "},
    {"SignedData", NULL, {DATA, CERT, "3100"}, 0, BUNDLE_PKCS7, "30023000 "},
    {"SignedData with two certificates and lists",
     NULL,
     {DATA, CERT OTHER_CERT, "a100 3100"},
     0,
     BUNDLE_PKCS7,
     "30023000 3003020105 "},
    {"SignedData with content",
     NULL,
     {DATA "a003 040141", CERT, "3100"},
     0,
     BUNDLE_PKCS7,
     "30023000 "},
    {"… of a type that nobody knows",
     NULL,
     {"0601 2a a003 0c0141", CERT, "3100"},
     0,
     BUNDLE_PKCS7,
     "30023000 "},
    {"… of a type of PKCS#7's own, in its form",
     NULL,
     {DIGESTED "a002 3000", CERT, "3100"},
     0,
     BUNDLE_PKCS7,
     "30023000 "},
    {"attribute certificates are passed over",
     NULL,
     {DATA, "a100 a200" CERT, "3100"},
     0,
     BUNDLE_PKCS7,
     "30023000 "},
    {"indefinite lengths all the way",
     "3080 " SIGNED_DATA " a080 3080 020101 3180 0000 3080 " DATA " a080 2480 0401 41 "
     "0000 0000 0000 a080 3080 3000 0000 0000 3100 0000 0000 0000",
     {0},
     0,
     BUNDLE_PKCS7,
     "308030000000 "},
    {"an encryption certificate in tagged settings",
     "0100 0800 01000000 0300 0800 " CERT,
     {0},
     0,
     BUNDLE_TAGGED,
     "30023000(3) "},
    {"chain certificates are told apart",
     "0300 0800 " CERT "0400 0800 " CERT "0400 0900 " OTHER_CERT,
     {0},
     0,
     BUNDLE_TAGGED,
     "30023000(3) 30023000(4!) 3003020105(4!) "},
    {"a signing certificate", "0800 0800 " CERT, {0}, 0, BUNDLE_TAGGED, "30023000(8) "},
    {"unknown tags are passed over",
     "ff7f 0400 0300 0800 " CERT,
     {0},
     0,
     BUNDLE_TAGGED,
     "30023000(3) "},
    {"the default mark",
     "2000 0800 01000000 0300 0800 " CERT,
     {0},
     0,
     BUNDLE_TAGGED,
     "30023000(3) ",
     false,
     true},
    {"to send the certificate is no mark",
     "2000 0800 04000000 0300 0800 " CERT,
     {0},
     0,
     BUNDLE_TAGGED,
     "30023000(3) "},
    {"an empty certificate in a setting", "0300 0400", {0}, 0, BUNDLE_TAGGED, "(3) "},
    {"a set that breaks off behind a certificate",
     NULL,
     {DATA, CERT "30", "3100"},
     0,
     BUNDLE_PKCS7,
     "30023000 ",
     true},

    {"nothing", "", {0}, FAULT_ABSENT},
    {"SignedData without certificates", NULL, {DATA, NULL, "3100"}, FAULT_ABSENT},
    {"SignedData with an empty set", NULL, {DATA, "", "3100"}, FAULT_ABSENT},
    {"SignedData of attribute certificates", NULL, {DATA, "a100", "3100"}, FAULT_ABSENT},
    {"settings without a certificate", "0100 0800 01000000", {0}, FAULT_ABSENT},
    {"a SEQUENCE cut off", "3005 3000", {0}, FAULT_SYNTAX},
    {"a SEQUENCE of 4 GB", "3084 ffffffff 3000", {0}, FAULT_SYNTAX},
    {"bytes behind a certificate", CERT "00", {0}, FAULT_SYNTAX},
    {"EnvelopedData", "300f 0609 2a864886f70d010703 a002 3000", {0}, FAULT_SYNTAX},
    {"an OID of nothing", "3003 0601 2a", {0}, FAULT_SYNTAX},
    {"SignedData without itself", "300b " SIGNED_DATA, {0}, FAULT_SYNTAX},
    {"SignedData without signers", NULL, {DATA, CERT, ""}, FAULT_SYNTAX},
    {"SignedData with something behind", NULL, {DATA, CERT, "3100 0500"}, FAULT_SYNTAX},
    {"content in two pieces", NULL, {DATA "a006 040141 040141", CERT, "3100"}, FAULT_SYNTAX},
    {"a type of PKCS#7's own in an OCTET STRING",
     NULL,
     {DIGESTED "a003 040141", CERT, "3100"},
     FAULT_SYNTAX},
    {"a set of certificates that is none", NULL, {DATA, "0500", "3100"}, FAULT_SYNTAX},
    {"an indefinite length without an end", "3080 " SIGNED_DATA, {0}, FAULT_SYNTAX},
    {"a setting longer than the value", "0300 ffff 3000", {0}, FAULT_SYNTAX},
    {"a setting shorter than its header", "0300 0300 3000", {0}, FAULT_SYNTAX},
    {"half a header", "0300 08", {0}, FAULT_SYNTAX},
    {"one octet", "00", {0}, FAULT_SYNTAX},
    {"text", "68656c6c6f", {0}, FAULT_SYNTAX},
};

static void add_item(char *told, const struct bundle_item *item)
{
    for (size_t i = 0; i < item->der.len; i++) {
        sprintf(told + strlen(told), "%02x", item->der.at[i]);
    }
    if (item->tag != 0) {
        sprintf(told + strlen(told), "(%d%s)", item->tag, item->chain ? "!" : "");
    }
    strcat(told, " ");
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b = {0};
    struct bundle bundle = {0};
    struct bundle_item item;
    struct why why = {0};
    enum fault fault;
    char told[256] = "";
    uint8_t *block;

    if (row->hex != NULL) {
        build_hex(&b, row->hex);
    } else {
        build_signed_data(&b, &row->parts);
    }
    block = exact_copy((const char *)b.at, b.len);
    fault = bundle_open(span_of(block, b.len), &bundle, &why);
    assert_int_equal(fault, row->fault);
    if (fault != FAULT_NONE) {
        assert_non_null(why.rule);
        assert_true(why.offset <= b.len);
        assert_null(bundle.rest.rest.at); /* nothing is written on failure */
        free(block);
        return;
    }
    while (bundle_next(&bundle, &item, &why, &fault)) {
        add_item(told, &item);
    }
    assert_string_equal(told, row->certs);
    assert_int_equal(fault, row->broken_later ? FAULT_SYNTAX : FAULT_NONE);
    assert_int_equal(bundle.form, row->form);
    assert_int_equal(bundle.marked_default, row->marked_default);
    free(block);
}

static void thumbprint_is_kept(void **state)
{
    struct built b = {0};
    struct bundle bundle;
    struct why why;

    (void)state;
    build_hex(&b, "2200 1800 000102030405060708090a0b0c0d0e0f10111213 0300 0800 " CERT);
    assert_int_equal(bundle_open(span_of(b.at, b.len), &bundle, &why), FAULT_NONE);
    assert_int_equal(bundle.encryption_sha1.len, 20);
    assert_ptr_equal(bundle.encryption_sha1.at, b.at + 4);
}

/* Nesting takes time for each of its bytes, and no stack. */
static void deep_nesting_is_only_long(void **state)
{
    static uint8_t deep[200000];
    struct bundle bundle;
    struct why why;

    (void)state;
    for (size_t i = 0; i < sizeof(deep); i += 2) {
        memcpy(deep + i, "\x30\x80", 2);
    }
    assert_int_equal(bundle_open(span_of(deep, sizeof(deep)), &bundle, &why), FAULT_SYNTAX);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(thumbprint_is_kept),
        cmocka_unit_test(deep_nesting_is_only_long),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
