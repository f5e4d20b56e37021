#include "base/hex.h"

#include "support.h"

static const struct row {
    const char *name, *text;
    size_t len;
    size_t digits; /* in the run */
    const char *bytes;
    size_t byte_count;
} rows[] = {
    {"digits of either case", TEXT("30aAfF09"), 8, TEXT("\x30\xaa\xff\x09")},
    {"every digit", TEXT("0123456789abcdefABCDEF"), 22,
     TEXT("\x01\x23\x45\x67\x89\xab\xcd\xef\xab\xcd\xef")},
    {"zero bytes", TEXT("0000"), 4, TEXT("\0\0")},
    {"a run ends at a separator", TEXT("3082%3083"), 4, TEXT("\x30\x82")},
    {"nothing is no digit", TEXT(""), 0, TEXT("")},
    {"one digit has no partner", TEXT("3"), 1, TEXT("")},
    {"the last of three digits has no partner", TEXT("308"), 3, TEXT("\x30")},
    {"nor has it before a separator", TEXT("308%30"), 3, TEXT("\x30")},
    {"a letter past f ends the run", TEXT("30g0"), 2, TEXT("\x30")},
    {"as second digit too", TEXT("303g"), 3, TEXT("\x30")},
    {"a run that begins with none is empty", TEXT("x30"), 0, TEXT("")},
    {"the bytes beside the digits are none", TEXT("30/0"), 2, TEXT("\x30")},
    {"a colon is none", TEXT("30:0"), 2, TEXT("\x30")},
    {"an at sign is none", TEXT("30@0"), 2, TEXT("\x30")},
    {"a backquote is none", TEXT("30`0"), 2, TEXT("\x30")},
    {"a NUL is none", TEXT("30\0000"), 2, TEXT("\x30")},
    {"a byte past ASCII is none", TEXT("30\xb2\xb3"), 2, TEXT("\x30")},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    uint8_t *out = exact_copy(row->bytes, row->byte_count);

    memset(out, 0, row->byte_count);
    assert_int_equal(hex_run_length(span_of(text, row->len)), row->digits);
    assert_int_equal(hex_decode_run(span_of(text, row->len), out), row->digits);
    assert_int_equal(row->digits / 2, row->byte_count);
    assert_memory_equal(out, row->bytes, row->byte_count);
    free(text);
    free(out);
}

/* The property: what is written as digits is read as the same bytes. */
static void bytes_come_back(void **state)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    uint64_t seed = 1;

    (void)state;
    for (size_t len = 0; len < 300; len++) {
        uint8_t *bytes = malloc(len + 1), *text = malloc(2 * len + 1), *out = malloc(len + 1);
        char *written = malloc(2 * len + 1);

        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)random_next(&seed);
            text[2 * i] = (uint8_t)digits[(random_next(&seed) & 16) + (bytes[i] >> 4)];
            text[2 * i + 1] = (uint8_t)digits[(random_next(&seed) & 16) + (bytes[i] & 15)];
        }
        assert_int_equal(hex_decode_run(span_of(text, 2 * len), out), 2 * len);
        assert_memory_equal(out, bytes, len);
        hex_text(span_of(bytes, len), written);
        assert_int_equal(strlen(written), 2 * len);
        assert_int_equal(strncasecmp(written, (const char *)text, 2 * len), 0);
        assert_true(strspn(written, "0123456789abcdef") == 2 * len);
        free(written);
        free(bytes);
        free(text);
        free(out);
    }
}

static void four_digits_make_a_number(void **state)
{
    (void)state;
    assert_int_equal(hex_number((const uint8_t *)"0000"), 0);
    assert_int_equal(hex_number((const uint8_t *)"04fA"), 0x4fa);
    assert_int_equal(hex_number((const uint8_t *)"ffff"), 0xffff);
    assert_int_equal(hex_number((const uint8_t *)"g000"), -1);
    assert_int_equal(hex_number((const uint8_t *)"000:"), -1);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {cmocka_unit_test(bytes_come_back),
                                                cmocka_unit_test(four_digits_make_a_number)};

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
