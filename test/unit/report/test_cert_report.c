#include "report/cert_report.h"

#include "../cert/build.h"

enum { TEXT_MAX = 16 * 1024 };

/* Anna's certificate: signing and encryption, two addresses, the organisation with a quote. */
static const struct parts anna = {
    .serial = "0203 00beef",
    .issuer = "300d 310b 3009 0603 55040a 0c02 4f22",
    .subject = "300f 310d 300b 0603 550403 1304 416e6e61",
    .extensions = "300b 0603 551d0f 0404 0302 0388"
                  "3013 0603 551d25 040c 300a 0608 2b06010505070304"
                  "3024 0603 551d11 041d 301b 8107 614078 2e6f7267 a010 0608 2b06010505070809 a004 "
                  "0c02 c3b6",
};
static const struct parts authority = {
    .version = "",
    .key = "300b 3005 0603 2b6571 0302 00aa",
    .extensions = "300c 0603 551d13 0405 3003 0101ff",
};
static const struct parts stranger = {
    .key = "3009 3003 0601 2a 0302 0000",
    .extensions = "3009 0603 551d25 0402 3000 3009 0603 551d0f 0402 0302",
};

#define TIMES  "\"not_before\":\"2026-01-01T00:00:00Z\",\"not_after\":\"2028-01-01T00:00:00Z\","
#define SIGNED "\"signature_algorithm\":\"1.2.840.10045.4.3.2\","

static const struct row {
    const char *name;
    const struct parts *parts;
    struct cert_origin origin;
    const char *begin, *rest; /* of the object, before and behind the digest */
} rows[] = {
    {"a user's certificate in a file",
     &anna,
     {.file = "a\".pem", .index = 3},
     "{\"file\":\"a\\\".pem\",\"index\":3,",
     "\"serial\":\"beef\",\"version\":3,\"subject\":\"CN=Anna\",\"issuer\":\"O=O\\\\\\\"\"," TIMES
     "\"key\":{\"type\":\"EC\",\"bits\":256,\"curve\":\"secp256r1\"}," SIGNED
     "\"key_usage\":[\"digitalSignature\",\"keyAgreement\"],\"eku\":[\"1.3.6.1.5.5.7.3.4\"],"
     "\"emails\":[\"a@x.org\"],\"smtp_utf8\":[\"\xc3\xb6\"],\"ca\":false,\"purpose\":\"both\","
     "\"form\":\"x509\",\"role\":\"user\",\"attribute\":null}"},
    {"an authority's in a mailbox",
     &authority,
     {.index = 0, .form = BUNDLE_PKCS7, .attribute = {(const uint8_t *)"userCertificate", 15}},
     "{\"index\":0,",
     "\"serial\":\"05\",\"version\":1,\"subject\":\"CN=A\",\"issuer\":\"CN=A\"," TIMES
     "\"key\":{\"type\":\"Ed448\",\"bits\":456,\"curve\":null}," SIGNED
     "\"key_usage\":null,\"eku\":null,\"emails\":[],\"smtp_utf8\":[],\"ca\":true,"
     "\"purpose\":\"signing\",\"form\":\"pkcs7\",\"role\":\"chain\","
     "\"attribute\":\"userCertificate\"}"},
    {"a chain certificate by its tag, of a key nobody knows",
     &stranger,
     {.file = "-", .index = 1, .form = BUNDLE_TAGGED, .chain = true},
     "{\"file\":\"-\",\"index\":1,",
     "\"serial\":\"05\",\"version\":3,\"subject\":\"CN=A\",\"issuer\":\"CN=A\"," TIMES
     "\"key\":{\"type\":\"1.2\",\"bits\":null,\"curve\":null}," SIGNED
     "\"key_usage\":[],\"eku\":[],\"emails\":[],\"smtp_utf8\":[],\"ca\":false,"
     "\"purpose\":\"neither\",\"form\":\"tagged\",\"role\":\"chain\",\"attribute\":null,"
     "\"broken_extension\":true}"},
};

static void read_built(const struct parts *parts, struct built *b, struct cert *cert)
{
    struct why why;

    build_certificate(b, parts);
    assert_int_equal(cert_read(span_of(b->at, b->len), cert, &why), FAULT_NONE);
}

static void row_holds(void **state)
{
    enum { DIGEST = sizeof("\"sha256\":\"\",") - 1 + 64 };
    const struct row *row = *state;
    struct buffer out = buffer_with_max(TEXT_MAX);
    struct built b;
    struct cert cert;
    size_t begin = strlen(row->begin);

    read_built(row->parts, &b, &cert);
    assert_int_equal(cert_report_add_json(&out, &cert, &row->origin), FAULT_NONE);
    assert_true(out.len > begin + DIGEST);
    assert_span(span_upto(buffer_span(&out), begin), row->begin);
    assert_memory_equal(out.at + begin, "\"sha256\":\"", 10);
    assert_span(span_from(buffer_span(&out), begin + DIGEST), row->rest);
    buffer_clear(&out);
}

static void text_has_a_line_for_each_fact(void **state)
{
    static const char *const lines[] = {
        "a.pem, certificate 1\n",
        "\n  subject       CN=Anna\n",
        "\n  serial        beef\n",
        "\n  valid         2026-01-01T00:00:00Z to 2028-01-01",
        "\n  addresses     a@x.org, ",
        "\n  good for      signing and encryption\n",
        "\n  key           EC secp256r1, 256 bits\n",
        "\n  signed with   ECDSA with SHA-256 (1.2.840.10045.4.3.2)\n",
        "\n  form          X.509, version 3\n",
    };
    const struct cert_origin origin = {.file = "a.pem"};
    struct buffer out = buffer_with_max(TEXT_MAX);
    struct built b;
    struct cert cert;

    (void)state;
    read_built(&anna, &b, &cert);
    assert_int_equal(cert_report_add_text(&out, &cert, &origin), FAULT_NONE);
    buffer_add_byte(&out, '\0');
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_non_null(strstr((const char *)out.at, lines[i]));
    }
    assert_null(strstr((const char *)out.at, "caution"));
    buffer_reset(&out);
    read_built(&stranger, &b, &cert);
    assert_int_equal(cert_report_add_text(&out, &cert, &origin), FAULT_NONE);
    buffer_add_byte(&out, '\0');
    assert_non_null(strstr((const char *)out.at, "\n  caution       an extension cannot be read"));
    buffer_clear(&out);
}

static void text_tells_whether_it_is_valid(void **state)
{
    /* The certificate is valid from 2026-01-01T00:00:00Z to 2028-01-01 and some time. */
    static const struct {
        int64_t at;
        const char *words;
    } times[] = {{0, NULL},
                 {1767225599, " (not yet)\n"},
                 {1767225600, NULL},
                 {1798761600, NULL},
                 {1861920000, " (expired)\n"}};
    struct built b;
    struct cert cert;

    (void)state;
    read_built(&anna, &b, &cert);
    for (size_t i = 0; i < COUNT(times); i++) {
        const struct cert_origin origin = {.file = "a.pem", .index = 1, .at = times[i].at};
        struct buffer out = buffer_with_max(TEXT_MAX);
        const char *valid;

        assert_int_equal(cert_report_add_text(&out, &cert, &origin), FAULT_NONE);
        buffer_add_byte(&out, '\0');
        assert_non_null(strstr((const char *)out.at, "a.pem, certificate 2\n"));
        valid = strstr((const char *)out.at, "\n  valid ");
        assert_non_null(valid);
        if (times[i].words != NULL) {
            assert_non_null(strstr(valid, times[i].words));
        } else {
            assert_null(strstr(valid, " (not yet)"));
            assert_null(strstr(valid, " (expired)"));
        }
        buffer_clear(&out);
    }
}

/* What a certificate says reaches a terminal without its controls. */
static void text_is_safe(void **state)
{
    const struct parts parts = {.subject = "300f 310d 300b 0603 550403 0c04 1b5b326d"};
    const struct cert_origin origin = {.file = "a\x1b.pem"};
    struct buffer out = buffer_with_max(TEXT_MAX);
    struct built b;
    struct cert cert;

    (void)state;
    read_built(&parts, &b, &cert);
    assert_int_equal(cert_report_add_text(&out, &cert, &origin), FAULT_NONE);
    assert_null(memchr(out.at, 0x1b, out.len));
    buffer_clear(&out);
}

static void full_buffer_is_a_fault(void **state)
{
    const struct cert_origin origin = {.file = "a.pem"};
    struct built b;
    struct cert cert;

    (void)state;
    read_built(&anna, &b, &cert);
    for (size_t max = 0; max < 400; max += 7) {
        struct buffer out = buffer_with_max(max);

        assert_int_equal(cert_report_add_json(&out, &cert, &origin), FAULT_LIMIT);
        assert_true(out.len <= max);
        buffer_clear(&out);
        out = buffer_with_max(max);
        assert_int_equal(cert_report_add_text(&out, &cert, &origin), FAULT_LIMIT);
        buffer_clear(&out);
    }
}

static void candidate_is_the_same_object(void **state)
{
    struct buffer out = buffer_with_max(TEXT_MAX), same = buffer_with_max(TEXT_MAX);
    const struct cert_origin origin = {.index = 2, .form = BUNDLE_TAGGED, .chain = true};
    struct candidate candidate = {.form = BUNDLE_TAGGED, .chain = true};
    struct built b;

    (void)state;
    read_built(&anna, &b, &candidate.cert);
    candidate_add_json(&out, &candidate, 2);
    assert_int_equal(cert_report_add_json(&same, &candidate.cert, &origin), FAULT_NONE);
    assert_true(span_equal(buffer_span(&out), buffer_span(&same)));
    buffer_clear(&out);
    buffer_clear(&same);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 5] = {
        cmocka_unit_test(text_has_a_line_for_each_fact),
        cmocka_unit_test(text_tells_whether_it_is_valid),
        cmocka_unit_test(text_is_safe),
        cmocka_unit_test(full_buffer_is_a_fault),
        cmocka_unit_test(candidate_is_the_same_object),
    };

    (void)TESTS_OF(tests + 5, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
