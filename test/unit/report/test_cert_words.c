#include "report/cert_words.h"

#include "support.h"

enum { TEXT_MAX = 1024 };

static const struct row {
    const char *name, *octets;
    size_t len;
    const char *serial;
} rows[] = {
    {"a small number has whole bytes", TEXT("\x05"), "05"},
    {"zero", TEXT("\x00"), "00"},
    {"a zero in front is no part of it", TEXT("\x00\x80"), "80"},
    {"zeros inside are", TEXT("\x01\x00\x00"), "010000"},
    {"minus one", TEXT("\xff"), "-01"},
    {"minus 128", TEXT("\x80"), "-80"},
    {"minus 129", TEXT("\xff\x7f"), "-81"},
    {"minus 256", TEXT("\xff\x00"), "-0100"},
    {"minus 65536", TEXT("\xff\x00\x00"), "-010000"},
    {"minus 32767", TEXT("\x80\x01"), "-7fff"},
    {"a magnitude that needs no byte for the sign", TEXT("\xff\x01"), "-ff"},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct buffer out = buffer_with_max(TEXT_MAX);

    serial_add(&out, span_of(row->octets, row->len));
    assert_span(buffer_span(&out), row->serial);
    buffer_clear(&out);
}

static void words_are_those_of_the_manual(void **state)
{
    (void)state;
    assert_string_equal(key_usage_name(0), "digitalSignature");
    assert_string_equal(key_usage_name(1), "nonRepudiation");
    assert_string_equal(key_usage_name(8), "decipherOnly");
    assert_string_equal(purpose_name(PURPOSE_NEITHER), "neither");
    assert_string_equal(purpose_name(PURPOSE_BOTH), "both");
    assert_string_equal(bundle_form_name(BUNDLE_X509), "x509");
    assert_string_equal(bundle_form_name(BUNDLE_PKCS7), "pkcs7");
    assert_string_equal(bundle_form_name(BUNDLE_TAGGED), "tagged");
}

static void every_oid_has_a_text(void **state)
{
    struct buffer out = buffer_with_max(TEXT_MAX);

    (void)state;
    oid_add_always(&out, span_of("\x2a\x03", 2));
    assert_span(buffer_span(&out), "1.2.3");
    buffer_reset(&out);
    oid_add_always(&out, span_of("\x2a\x80", 2));
    assert_span(buffer_span(&out), "#2a80");
    assert_string_equal(oid_nickname(span_of("\x55\x1d\x25\x00", 4)), "any");
    assert_null(oid_nickname(span_of("\x55\x1d\x25", 3)));
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(words_are_those_of_the_manual),
        cmocka_unit_test(every_oid_has_a_text),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
