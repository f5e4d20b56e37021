#include "cert/extension.h"
#include "cert/habit.h"

#include "../../libcrypto/same_facts.h"

#include "build.h"

enum { BROKEN = true, KEY_USAGE = 1 << 9, EKU = 1 << 10, SAN = 1 << 11, CRITICAL = 1 << 12 };

/* An extension of id-ce: `n` in hexadecimal, its value in an OCTET STRING of `len`. */
#define CE(size, n, len, value)          size " 0603 551d" n " 04" len value
#define CRITICAL_CE(size, n, len, value) size " 0603 551d" n " 0101ff 04" len value

/* What the extensions of a certificate say, in bits. */
static const struct row {
    const char *name, *extensions;
    unsigned facts; /* key usage and what is there, of the above */
    bool ca, broken;
} rows[] = {
    {"none says nothing", "", 0, false, false},
    {"key usage in bit order", CE("300b", "0f", "04", "0302 05a0"), KEY_USAGE | 0x5, false, false},
    {"all bits of key usage", CE("300c", "0f", "05", "0303 07ff80"), KEY_USAGE | 0x1ff, false,
     false},
    {"unused bits do not count", CE("300b", "0f", "04", "0302 07ff"), KEY_USAGE | 0x1, false,
     false},
    {"key usage without bits", CE("300a", "0f", "03", "0301 00"), KEY_USAGE, false, false},
    {"an extended key usage", CE("300c", "25", "05", "3003 0601 2a"), EKU, false, false},
    {"an empty extended key usage is one", CE("3009", "25", "02", "3000"), EKU, false, false},
    {"alternative names", CE("300c", "11", "05", "3003 8101 61"), SAN, false, false},
    {"a certification authority", CE("300c", "13", "05", "3003 0101 ff"), 0, true, false},
    {"… with a path length", CE("300f", "13", "08", "3006 0101ff 0201 00"), 0, true, false},
    {"any octet but zero is true", CE("300c", "13", "05", "3003 0101 01"), 0, true, false},
    {"basic constraints of no authority", CE("3009", "13", "02", "3000"), 0, false, false},
    {"a FALSE that need not be written", CE("300c", "13", "05", "3003 0101 00"), 0, false, false},
    {"a critical extension that we know", CRITICAL_CE("300c", "13", "02", "3000"), 0, false, false},
    {"one that libcrypto knows", CRITICAL_CE("300c", "20", "02", "3000"), 0, false, false},
    {"a critical one that nobody knows", CRITICAL_CE("300c", "7f", "02", "3000"), CRITICAL, false,
     false},
    {"a critical key identifier, which RFC 5280 forbids",
     CRITICAL_CE("300d", "0e", "03", "0401 aa"), CRITICAL, false, false},
    {"one outside id-ce that libcrypto knows", "3010 0609 6086480186f8420101 0101ff 0400", 0, false,
     false},
    {"one outside id-ce that it does not", "3008 0601 2a 0101ff 0400", CRITICAL, false, false},
    {"… is nobody's when it is not critical", "3005 0601 2a 0400", 0, false, false},

    {"key usage of another type", CE("300a", "0f", "03", "0401 aa"), KEY_USAGE, false, BROKEN},
    {"key usage of eight unused bits", CE("300b", "0f", "04", "0302 08ff"), KEY_USAGE, false,
     BROKEN},
    {"an extended key usage with a string", CE("300c", "25", "05", "3003 0401 2a"), EKU, false,
     BROKEN},
    {"an extended key usage with half an OID", CE("300c", "25", "05", "3003 0601 80"), EKU, false,
     BROKEN},
    {"an alternative name of no kind", CE("300c", "11", "05", "3003 8901 61"), 0, false, BROKEN},
    {"a registered id that is none", CE("300c", "11", "05", "3003 8801 80"), 0, false, BROKEN},
    {"another name without a value", CE("300e", "11", "07", "3005 a003 0601 2a"), 0, false, BROKEN},
    {"a directory name that is none", CE("300d", "11", "06", "3004 a402 3100"), 0, false, BROKEN},
    {"a party of EDI without a name", CE("300b", "11", "04", "3002 a500"), 0, false, BROKEN},
    {"basic constraints that are no SEQUENCE", CE("300a", "13", "03", "0101 ff"), 0, false, BROKEN},
    {"an authority with something behind", CE("300e", "13", "07", "3005 0101ff 0500"), 0, false,
     BROKEN},
    {"a key identifier of another type", CE("300a", "0e", "03", "0301 00"), 0, false, BROKEN},
    {"an authority's key identifier in pieces", CE("300b", "23", "04", "3002 a000"), 0, false,
     BROKEN},
    {"key usage twice: the first holds",
     CE("300b", "0f", "04", "0302 05a0") CE("300b", "0f", "04", "0302 0780"), KEY_USAGE | 0x5,
     false, BROKEN},
    {"an address alone, twice",
     CE("300c", "11", "05", "3003 8101 61") CE("300c", "11", "05", "3003 8101 62"), SAN, false,
     BROKEN},
    {"an address longer than its name", CE("300c", "11", "05", "3003 8102 61"), 0, false, BROKEN},
    {"a usual key identifier, twice",
     CE("301d", "0e", "16", "0414 00112233445566778899 aabbccddeeff00112233")
         CE("301d", "0e", "16", "0414 00112233445566778899 aabbccddeeff00112233"),
     0, false, BROKEN},
    {"others may stand twice", CE("3009", "20", "02", "3000") CE("3009", "20", "02", "3000"), 0,
     false, false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b = {0};
    struct cert cert = {0};
    struct cursor in;
    uint8_t *block;

    build_hex(&b, row->extensions);
    block = exact_copy((const char *)b.at, b.len);
    in = cursor_over(span_of(block, b.len));
    assert_true(extensions_read(&in, NULL, &cert));
    for (int i = 0; i < 2; i++) { /* as first read, and as remembered */
        static struct cert_habits habits;
        struct cert again = {0};

        in = cursor_over(span_of(block, b.len));
        assert_true(extensions_read(&in, &habits, &again));
        assert_true(same_facts(&again, &cert));
    }
    assert_int_equal(cert.key_usage | (cert.has_key_usage ? KEY_USAGE : 0) |
                         (cert.eku.at != NULL ? EKU : 0) | (cert.san.at != NULL ? SAN : 0) |
                         (cert.has_critical_unknown ? CRITICAL : 0),
                     row->facts);
    assert_int_equal(cert.ca, row->ca);
    assert_int_equal(cert.extension_broken, row->broken);
    free(block);
}

static void key_identifiers_are_told(void **state)
{
    struct built b = {0};
    struct cert cert = {0};
    struct cursor in;

    (void)state;
    build_hex(&b, CE("300b", "0e", "04", "0402 abcd"));
    build_hex(&b, CE("3011", "23", "0a", "3008 8002 1234 8202 0102"));
    in = cursor_over(span_of(b.at, b.len));
    assert_true(extensions_read(&in, NULL, &cert));
    assert_span(cert.subject_key_id, "\xab\xcd");
    assert_span(cert.authority_key_id, "\x12\x34");
}

/* A list that is broken is refused where it is. */
static void broken_list_is_refused(void **state)
{
    struct built b = {0};
    struct cert cert = {0};
    struct cursor in;

    (void)state;
    build_hex(&b, CE("3009", "20", "02", "3000") "3002 0500");
    in = cursor_over(span_of(b.at, b.len));
    assert_false(extensions_read(&in, NULL, &cert));
    assert_int_equal(in.offset, 11);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(key_identifiers_are_told),
        cmocka_unit_test(broken_list_is_refused),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
