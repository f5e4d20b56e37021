#include "cert/cert.h"

#include "build.h"

/* What is a certificate and what is none. */
static const struct row {
    const char *name;
    struct parts parts;
    const char *rule; /* how the refusal begins; NULL: it is one */
} rows[] = {
    {"a certificate", {0}, NULL},
    {"version 1 may be left out", {.version = ""}, NULL},
    {"a negative serial number", {.serial = "0201 ff"}, NULL},
    {"a long serial number", {.serial = "0215 7fffffffffffffffffffffffffffffffffffffffff"}, NULL},
    {"algorithms with NULL for parameters", {.algorithm = "3005 0601 2a 0500"}, NULL},
    {"an empty issuer and subject", {.issuer = "3000", .subject = "3000"}, NULL},
    {"a key of a type nobody knows", {.key = "3009 3003 0601 2a 0302 0000"}, NULL},
    {"a key that does not fit its type",
     {.key = "3011 300b 0609 2a864886f70d010101 0302 0000"},
     NULL},
    {"unique identifiers", {.unique_ids = "8102 0001 8202 0001"}, NULL},
    {"no extensions", {.extensions = ""}, NULL},
    {"a broken key usage leaves it one", {.extensions = "3009 0603 551d0f 0402 0302"}, NULL},
    {"a length of more octets than it needs", {.serial = "0281 01 05"}, NULL},
    {"an issuer of indefinite length", {.issuer = "3080 0000"}, NULL},
    {"dates without seconds",
     {.validity = "301a 170b 323630313031303030305a 170b 323830313031303030305a"},
     NULL},

    {"version 4", {.version = "a003 020103"}, "RFC 5280, 4.1.2.1"},
    {"a version of two octets", {.version = "a004 02020100"}, "RFC 5280, 4.1.2.1"},
    {"an empty version", {.version = "a000"}, "RFC 5280, 4.1.2.1"},
    {"no serial number", {.serial = ""}, "RFC 5280, 4.1.2.2"},
    {"a serial number without an octet", {.serial = "0200"}, "RFC 5280, 4.1.2.2"},
    {"a serial number with a zero too many", {.serial = "0202 0005"}, "RFC 5280, 4.1.2.2"},
    {"no signature algorithm", {.algorithm = ""}, "RFC 5280, 4.1.2.3"},
    {"an algorithm without an OID", {.algorithm = "3002 0500"}, "RFC 5280, 4.1.2.3"},
    {"an OID cut off", {.algorithm = "3003 0601 80"}, "RFC 5280, 4.1.2.3"},
    {"parameters twice", {.algorithm = "3007 0601 2a 0500 0500"}, "RFC 5280, 4.1.2.3"},
    {"no issuer", {.issuer = ""}, "RFC 5280, 4.1.2."},
    {"an issuer that is a string", {.issuer = "0c01 41"}, "RFC 5280, 4.1.2.4"},
    {"an RDN that is no SET", {.issuer = "3002 3000"}, "RFC 5280, 4.1.2.4"},
    {"an attribute without a value", {.issuer = "3009 3107 3005 0603 550403"}, "RFC 5280, 4.1.2.4"},
    {"an attribute with two",
     {.issuer = "300f 310d 300b 0603 550403 0c01 41 0c01 41"},
     "RFC 5280, 4.1.2.4"},
    {"an attribute that is an OCTET STRING",
     {.issuer = "300c 310a 3008 0603 550403 0401 41"},
     "RFC 5280, 4.1.2.4"},
    {"a UTF8String that is none",
     {.issuer = "300c 310a 3008 0603 550403 0c01 ff"},
     "RFC 5280, 4.1.2.4"},
    {"a BMPString with surrogates",
     {.issuer = "300f 310d 300b 0603 550403 1e04 d83dde00"},
     "RFC 5280, 4.1.2.4"},
    {"a UniversalString past Unicode",
     {.issuer = "300f 310d 300b 0603 550403 1c04 00110000"},
     "RFC 5280, 4.1.2.4"},
    {"one date", {.validity = "300f 170d 3236303130313030303030305a"}, "RFC 5280, 4.1.2.5"},
    {"30 February",
     {.validity = "301e 170d 3236303233303030303030305a 170d 3238303130313030303030305a"},
     "RFC 5280, 4.1.2.5"},
    {"no subject", {.subject = ""}, "RFC 5280, 4.1.2."},
    {"no key", {.key = ""}, "RFC 5280, 4.1.2.7"},
    {"a key of eight unused bits", {.key = "3009 3003 0601 2a 0302 0800"}, "RFC 5280, 4.1.2.7"},
    {"something behind the key", {.key = "300b 3003 0601 2a 0302 0000 0500"}, "RFC 5280, 4.1.2.7"},
    {"a unique identifier in pieces", {.unique_ids = "a100"}, "RFC 5280, 4.1"},
    {"a unique identifier without an octet", {.unique_ids = "8100"}, "RFC 5280, 4.1.2.8"},
    {"something else behind the key", {.unique_ids = "0500"}, "RFC 5280, 4.1"},
    {"an extension without a value", {.extensions = "3005 0603 551d0f"}, "RFC 5280, 4.1.2.9"},
    {"an extension whose value is no OCTET STRING",
     {.extensions = "3008 0603 551d0f 0301 00"},
     "RFC 5280, 4.1.2.9"},
    {"a critical flag of two octets",
     {.extensions = "300b 0603 551d0f 0102 ffff 0400"},
     "RFC 5280, 4.1.2.9"},
    {"no outer algorithm", {.outer_algorithm = ""}, "RFC 5280, 4.1.1.2"},
    {"no signature", {.signature = ""}, "RFC 5280, 4.1.1.3"},
    {"a signature in pieces", {.signature = "2304 0302 0001"}, "RFC 5280, 4.1.1.3"},
    {"something behind the signature", {.signature = "0302 0001 0500"}, "RFC 5280, 4.1.1.3"},
    {"bytes behind the certificate", {.tail = "00"}, "RFC 5280, 4.1: bytes behind"},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b;
    struct cert got = {0};
    struct why why = {0};
    uint8_t *block;
    enum fault fault;

    build_certificate(&b, &row->parts);
    block = exact_copy((const char *)b.at, b.len);
    fault = cert_read(span_of(block, b.len), &got, &why);
    if (row->rule == NULL) {
        assert_int_equal(fault, FAULT_NONE);
        assert_ptr_equal(got.der.at, block);
        assert_int_equal(got.der.len, b.len);
    } else {
        assert_int_equal(fault, FAULT_SYNTAX);
        assert_memory_equal(why.rule, row->rule, strlen(row->rule));
        assert_true(why.offset <= b.len);
    }
    free(block);
}

/* The property: cut anywhere, a certificate is none, and nothing is read behind the cut. */
static void cut_certificate_is_refused(void **state)
{
    const struct parts parts = {.extensions = "300e 0603 551d0f 0101 ff 0404 0302 05a0"};
    struct built b;

    (void)state;
    build_certificate(&b, &parts);
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *block = exact_copy((const char *)b.at, len);
        struct cert got = {0};
        struct why why = {0};

        assert_int_equal(cert_read(span_of(block, len), &got, &why), FAULT_SYNTAX);
        assert_true(why.offset <= len);
        free(block);
    }
}

/* Where the parts are. */
static void spans_view_the_parts(void **state)
{
    const struct parts parts = {.issuer = "3000", .signature = "0303 00 abcd"};
    struct built b;
    struct cert c = {0};
    struct why why = {0};

    (void)state;
    build_certificate(&b, &parts);
    assert_int_equal(cert_read(span_of(b.at, b.len), &c, &why), FAULT_NONE);
    assert_int_equal(c.version, 3);
    assert_span(c.serial, "\x05");
    assert_span(c.signature_algorithm, "\x2a\x86\x48\xce\x3d\x04\x03\x02");
    assert_int_equal(c.signature_params.len, 0);
    assert_span(c.signature, "\xab\xcd");
    assert_int_equal(c.issuer.len, 2);
    assert_int_equal(c.subject.len, 14);
    assert_ptr_equal(c.tbs.at, b.at + 2 + (b.at[1] >= 0x80 ? 2 : 0));
    assert_int_equal(c.tbs.at[0], 0x30);
    assert_int_equal(c.spki.len, 29);
    assert_int_equal(c.key.type, KEY_EC);
    assert_span(c.key.point, "\x04\x01\x02");
    assert_int_equal(c.not_before, 1767225600);
    assert_int_equal(c.not_after, 1830297600);
    assert_false(cert_is_self_issued(&c));
    assert_false(c.has_key_usage || c.ca || c.extension_broken || c.has_critical_unknown);
    assert_null(c.eku.at);
    assert_null(c.san.at);
}

static void same_names_are_self_issued(void **state)
{
    const struct parts parts = {0};
    struct built b;
    struct cert c = {0};
    struct why why = {0};

    (void)state;
    build_certificate(&b, &parts);
    assert_int_equal(cert_read(span_of(b.at, b.len), &c, &why), FAULT_NONE);
    assert_true(cert_is_self_issued(&c));
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(cut_certificate_is_refused),
        cmocka_unit_test(spans_view_the_parts),
        cmocka_unit_test(same_names_are_self_issued),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
