#include "report/cert_words.h"

#include <assert.h>

#include "support.h"

static const struct serial_row {
    const char *name, *octets;
    size_t len;
    const char *text;
} serial_rows[] = {
    {"one byte", TEXT("\x01"), "01"},
    {"zero", TEXT("\x00"), "00"},
    {"many zeros", TEXT("\0\0\0"), "00"},
    {"the zero before a high bit goes", TEXT("\x00\xff"), "ff"},
    {"all leading zeros go", TEXT("\0\0\x01\x00"), "0100"},
    {"whole bytes", TEXT("\x5a\x35\x62"), "5a3562"},
    {"a small digit in front stays", TEXT("\x0a\x00"), "0a00"},
    {"minus one", TEXT("\xff"), "-01"},
    {"minus one in two bytes", TEXT("\xff\xff"), "-01"},
    {"minus 128", TEXT("\x80"), "-80"},
    {"minus 256", TEXT("\xff\x00"), "-0100"},
    {"minus 32768", TEXT("\x80\x00"), "-8000"},
    {"minus 4660", TEXT("\xed\xcc"), "-1234"},
    {"nothing", TEXT(""), ""},
};

static void serial_row_holds(void **state)
{
    const struct serial_row *row = *state;
    uint8_t *octets = exact_copy(row->octets, row->len);
    struct buffer out = buffer_with_max(100);

    serial_add(&out, span_of(octets, row->len));
    assert_span(buffer_span(&out), row->text);
    buffer_clear(&out);
    free(octets);
}

static const struct oid_row {
    const char *name, *octets;
    size_t len;
    const char *text, *nickname;
} oid_rows[] = {
    {"a signature algorithm", TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), "1.2.840.113549.1.1.11",
     "SHA-256 with RSA"},
    {"mail protection", TEXT("\x2b\x06\x01\x05\x05\x07\x03\x04"), "1.3.6.1.5.5.7.3.4", "mail"},
    {"one that nobody knows", TEXT("\x2a\x03\x04"), "1.2.3.4", NULL},
    {"one that ends within an arc", TEXT("\x2a\x86"), "#2a86", NULL},
    {"an arc past 128 bits",
     TEXT("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
          "\xff\xff\xff\xff\x7f"),
     "#2affffffffffffffffffffffffffffffffffffff7f", NULL},
    {"nothing", TEXT(""), "#", NULL},
};

static void oid_row_holds(void **state)
{
    const struct oid_row *row = *state;
    uint8_t *octets = exact_copy(row->octets, row->len);
    struct buffer out = buffer_with_max(100);
    const char *nickname = oid_nickname(span_of(octets, row->len));

    oid_add_always(&out, span_of(octets, row->len));
    assert_span(buffer_span(&out), row->text);
    assert_int_equal(nickname == NULL, row->nickname == NULL);
    if (nickname != NULL) {
        assert_string_equal(nickname, row->nickname);
    }
    buffer_clear(&out);
    free(octets);
}

/* RFC 5280, section 4.2.1.3, in its order. */
static void key_usages_have_names(void **state)
{
    static const char *const names[KEY_USAGE_COUNT] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};

    (void)state;
    for (unsigned i = 0; i < KEY_USAGE_COUNT; i++) {
        assert_string_equal(key_usage_name(i), names[i]);
    }
}

static void purposes_and_forms_have_names(void **state)
{
    (void)state;
    assert_string_equal(purpose_name(PURPOSE_NEITHER), "neither");
    assert_string_equal(purpose_name(PURPOSE_ENCRYPTION), "encryption");
    assert_string_equal(purpose_name(PURPOSE_SIGNING), "signing");
    assert_string_equal(purpose_name(PURPOSE_BOTH), "both");
    assert_string_equal(bundle_form_name(BUNDLE_X509), "x509");
    assert_string_equal(bundle_form_name(BUNDLE_PKCS7), "pkcs7");
    assert_string_equal(bundle_form_name(BUNDLE_TAGGED), "tagged");
}

int main(void)
{
    struct CMUnitTest tests[2 + COUNT(serial_rows) + COUNT(oid_rows)] = {
        cmocka_unit_test(key_usages_have_names), cmocka_unit_test(purposes_and_forms_have_names)};
    size_t n = 2;

    n += TESTS_OF(tests + n, serial_rows, serial_row_holds);
    n += TESTS_OF(tests + n, oid_rows, oid_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
