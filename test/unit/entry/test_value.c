#include "entry/value.h"

#include <assert.h>

#include "support.h"

enum { ARENA_SIZE = 64 << 20, WANTED_MAX = 4 };

/* What one value of a field comes to. */
struct wanted {
    enum value_state state;
    const char *bytes; /* BROKEN, LOST: the text; NULL: not looked at */
    size_t len;
    size_t offset; /* BROKEN: byte of the field */
};

#define BYTES(bytes)                                                                               \
    {                                                                                              \
        VALUE_BYTES, TEXT(bytes), 0                                                                \
    }
#define BROKEN_AT(offset)                                                                          \
    {                                                                                              \
        VALUE_BROKEN, NULL, 0, offset                                                              \
    }
#define LOST(text)                                                                                 \
    {                                                                                              \
        VALUE_LOST, TEXT(text), 0                                                                  \
    }

static const struct row {
    const char *name, *text;
    size_t len;
    char separator;
    size_t count;
    struct wanted wanted[WANTED_MAX];
} rows[] = {
    /* Bare hexadecimal. */
    {"capital digits", TEXT("3082AB"), '%', 1, {BYTES("\x30\x82\xab")}},
    {"small digits", TEXT("3082ab"), '%', 1, {BYTES("\x30\x82\xab")}},
    {"mixed digits", TEXT("3082aB"), '%', 1, {BYTES("\x30\x82\xab")}},
    {"one byte", TEXT("30"), '%', 1, {BYTES("\x30")}},
    {"zero bytes", TEXT("000000"), '%', 1, {BYTES("\0\0\0")}},
    {"joined as Exchange does", TEXT("3082%3083"), '%', 2, {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"one-byte values joined", TEXT("30%31%32"), '%', 3, {BYTES("0"), BYTES("1"), BYTES("2")}},
    {"another of the usual separators",
     TEXT("3082|3083"),
     '%',
     2,
     {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"an unusual one that was told",
     TEXT("30~3083~32"),
     '~',
     3,
     {BYTES("0"), BYTES("\x30\x83"), BYTES("2")}},
    {"empty values are passed over",
     TEXT("%%3082%%%3083%"),
     '%',
     2,
     {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"blanks around values",
     TEXT(" 3082 %\r\n3083\t"),
     '%',
     2,
     {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"a one-byte value before a blank", TEXT("30 "), '%', 1, {BYTES("0")}},
    {"nothing", TEXT(""), '%', 0, {{0}}},
    {"separators only", TEXT("%;|"), '%', 0, {{0}}},
    {"blanks only", TEXT(" \r\n"), '%', 0, {{0}}},
    {"an odd number of digits", TEXT("30823"), '%', 1, {BROKEN_AT(5)}},
    {"one digit", TEXT("3"), '%', 1, {BROKEN_AT(1)}},
    {"an odd one before a good one", TEXT("308%3083"), '%', 2, {BROKEN_AT(3), BYTES("\x30\x83")}},
    {"a bad digit in the middle", TEXT("3082zz3082"), '%', 1, {BROKEN_AT(4)}},
    {"a bad one before a good one", TEXT("3082g0%3083"), '%', 2, {BROKEN_AT(4), BYTES("\x30\x83")}},
    {"a bad one after a good one", TEXT("3083%3082g0"), '%', 2, {BYTES("\x30\x83"), BROKEN_AT(9)}},
    {"a blank within", TEXT("3082 3083"), '%', 1, {BROKEN_AT(5)}},
    {"a byte past ASCII", TEXT("3082\xff"), '%', 1, {BROKEN_AT(4)}},
    {"a claimed length that is cut off",
     TEXT("3082000530"),
     '%',
     1,
     {BYTES("\x30\x82\x00\x05\x30")}},
    {"a claimed length with more behind it",
     TEXT("30820001AABB"),
     '%',
     1,
     {BYTES("\x30\x82\x00\x01\xaa\xbb")}},
    {"a claimed length before a separator",
     TEXT("30820001AA%3083"),
     '%',
     2,
     {BYTES("\x30\x82\x00\x01\xaa"), BYTES("\x30\x83")}},
    {"a bad digit within a claimed length", TEXT("30820003AAzzBB"), '%', 1, {BROKEN_AT(10)}},
    {"a separator within a claimed length",
     TEXT("30820003AA%BBCC"),
     '%',
     2,
     {BYTES("\x30\x82\x00\x03\xaa"), BYTES("\xbb\xcc")}},

    /* csvde. */
    {"csvde's form", TEXT("X'3082ab'"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"a small x", TEXT("x'3082AB'"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"joined as csvde does",
     TEXT("X'3082';X'3083'"),
     ';',
     2,
     {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"joined as csvde does, where % was expected",
     TEXT("X'3082';X'3083'"),
     '%',
     2,
     {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"an empty one is a value of no bytes", TEXT("X''"), ';', 1, {BYTES("")}},
    {"an odd number of digits in it", TEXT("X'308'"), ';', 1, {BROKEN_AT(5)}},
    {"a bad digit in it", TEXT("X'3082zz';X'3083'"), ';', 2, {BROKEN_AT(6), BYTES("\x30\x83")}},
    {"one that is not closed", TEXT("X'3082"), ';', 1, {BROKEN_AT(6)}},
    {"one that is not closed before a good one",
     TEXT("X'3082;X'3083'"),
     ';',
     2,
     {BROKEN_AT(6), BYTES("\x30\x83")}},
    {"something behind its end", TEXT("X'3082'00"), ';', 1, {BROKEN_AT(7)}},
    {"an x alone", TEXT("X"), ';', 1, {BROKEN_AT(1)}},
    {"an x and a quote alone", TEXT("X'"), ';', 1, {BROKEN_AT(2)}},

    /* base64. */
    {"base64", TEXT("MIIBpDCC"), ';', 1, {BYTES("\x30\x82\x01\xa4\x30\x82")}},
    {"base64 with padding", TEXT("MIIBpA=="), ';', 1, {BYTES("\x30\x82\x01\xa4")}},
    {"base64 without its padding", TEXT("MIIBpA"), ';', 1, {BYTES("\x30\x82\x01\xa4")}},
    {"joined by semicolons",
     TEXT("MIIBpDCC;MIIBpA=="),
     ';',
     2,
     {BYTES("\x30\x82\x01\xa4\x30\x82"), BYTES("\x30\x82\x01\xa4")}},
    {"joined by bars",
     TEXT("MIIBpDCC|MIIBpA=="),
     ';',
     2,
     {BYTES("\x30\x82\x01\xa4\x30\x82"), BYTES("\x30\x82\x01\xa4")}},
    {"folded", TEXT("MIIB\r\n pDCC\r\n"), ';', 1, {BYTES("\x30\x82\x01\xa4\x30\x82")}},
    {"settings whose base64 begins like hexadecimal",
     TEXT("CAAEMIIB"),
     ';',
     1,
     {BYTES("\x08\x00\x04\x30\x82\x01")}},
    {"base64 that is broken", TEXT("MIIB*DCC"), ';', 1, {BROKEN_AT(4)}},
    {"base64 that is cut", TEXT("MIIBp"), ';', 1, {BROKEN_AT(5)}},
    {"a broken one before a good one",
     TEXT("MIIBp;MIIBpA=="),
     ';',
     2,
     {BROKEN_AT(5), BYTES("\x30\x82\x01\xa4")}},
    {"a broken one after a good one",
     TEXT("MIIBpA==;MIIB=p"),
     ';',
     2,
     {BYTES("\x30\x82\x01\xa4"), BROKEN_AT(13)}},
    {"words", TEXT("no certificate"), ';', 1, {BROKEN_AT(14)}},

    /* PEM. */
    {"PEM",
     TEXT("-----BEGIN CERTIFICATE-----\nMIIB\npDCC\n-----END CERTIFICATE-----\n"),
     ';',
     1,
     {BYTES("\x30\x82\x01\xa4\x30\x82")}},
    {"PEM in one line",
     TEXT("-----BEGIN X-----MIIBpDCC-----END X-----"),
     ';',
     1,
     {BYTES("\x30\x82\x01\xa4\x30\x82")}},
    {"PEM joined",
     TEXT("-----BEGIN X-----MIIB-----END X-----;-----BEGIN X-----pDCC-----END X-----"),
     ';',
     2,
     {BYTES("\x30\x82\x01"), BYTES("\xa4\x30\x82")}},
    {"PEM on the lines that follow",
     TEXT("-----BEGIN X-----\nMIIB\n-----END X-----\n-----BEGIN X-----\npDCC\n-----END X-----\n"),
     ';',
     2,
     {BYTES("\x30\x82\x01"), BYTES("\xa4\x30\x82")}},
    {"PEM with broken base64",
     TEXT("-----BEGIN X-----\nMI*B\n-----END X-----"),
     ';',
     1,
     {BROKEN_AT(20)}},
    {"PEM without an end", TEXT("-----BEGIN X-----\nMIIB\n"), ';', 1, {BROKEN_AT(0)}},
    {"an end without a beginning", TEXT("MIIB\n-----END X-----"), ';', 1, {BROKEN_AT(5)}},
    {"text behind the end",
     TEXT("-----BEGIN X-----MIIB-----END X-----pDCC"),
     ';',
     1,
     {BROKEN_AT(36)}},
    {"dashes alone", TEXT("-----BEGIN -----"), ';', 1, {BROKEN_AT(0)}},

    /* [BitConverter]::ToString. */
    {"digits with dashes", TEXT("30-82-AB"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"small digits with dashes", TEXT("30-82-ab"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"dashed ones joined", TEXT("30-82;30-83"), ';', 2, {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"a digit too few", TEXT("30-8"), ';', 1, {BROKEN_AT(3)}},
    {"a digit too few before a good one",
     TEXT("30-8;30-83"),
     ';',
     2,
     {BROKEN_AT(3), BYTES("\x30\x83")}},
    {"a digit too many", TEXT("30-821-30"), ';', 1, {BROKEN_AT(5)}},
    {"a dash at the end", TEXT("30-82-"), ';', 1, {BROKEN_AT(6)}},
    {"a dash at the end before a good one",
     TEXT("30-82-;30-83"),
     ';',
     2,
     {BROKEN_AT(6), BYTES("\x30\x83")}},
    {"two dashes", TEXT("30--82"), ';', 1, {BROKEN_AT(3)}},
    {"a bad digit between dashes", TEXT("30-8z-30"), ';', 1, {BROKEN_AT(3)}},

    /* openssl. */
    {"digits with colons", TEXT("30:82:AB"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"letters first, with colons", TEXT("ab:30"), ';', 1, {BYTES("\xab\x30")}},
    {"those with colons joined",
     TEXT("30:82%30:83"),
     '%',
     2,
     {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"a colon that joins, as was told", TEXT("30:82"), ':', 2, {BYTES("\x30"), BYTES("\x82")}},
    {"a colon at the end", TEXT("30:82:"), ';', 1, {BROKEN_AT(6)}},
    {"two colons", TEXT("30::82"), ';', 1, {BROKEN_AT(3)}},
    {"a digit too few behind a colon",
     TEXT("30:8;30:82"),
     ';',
     2,
     {BROKEN_AT(3), BYTES("\x30\x82")}},
    {"a dash among colons", TEXT("30:82-AB"), ';', 1, {BROKEN_AT(5)}},
    {"a colon among dashes", TEXT("30-82:AB"), ';', 1, {BROKEN_AT(5)}},
    {"a colon among bare digits", TEXT("3082:AB"), ';', 1, {BROKEN_AT(4)}},

    /* SQL Server. */
    {"0x in front", TEXT("0x3082AB"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"0X in front", TEXT("0X3082ab"), ';', 1, {BYTES("\x30\x82\xab")}},
    {"those with 0x joined", TEXT("0x3082;0x3083"), '%', 2, {BYTES("\x30\x82"), BYTES("\x30\x83")}},
    {"0x before letters", TEXT("0xAB"), ';', 1, {BYTES("\xab")}},
    {"0x before a claimed length", TEXT("0x30820001AA"), ';', 1, {BYTES("\x30\x82\x00\x01\xaa")}},
    {"0x and nothing is a value of no bytes",
     TEXT("0x;3082"),
     ';',
     2,
     {BYTES(""), BYTES("\x30\x82")}},
    {"0x before an odd number of digits", TEXT("0x308"), ';', 1, {BROKEN_AT(5)}},
    {"0x before a bad digit", TEXT("0x30zz;3082"), ';', 2, {BROKEN_AT(4), BYTES("\x30\x82")}},
    {"0x within", TEXT("30820x30"), ';', 1, {BROKEN_AT(5)}},
    {"0x twice", TEXT("0x0x30"), ';', 1, {BROKEN_AT(3)}},

    /* Bytes that are lost. */
    {"a byte array's name", TEXT("System.Byte[]"), ';', 1, {LOST("System.Byte[]")}},
    {"in small letters", TEXT("system.byte[]"), ';', 1, {LOST("system.byte[]")}},
    {"a collection's name",
     TEXT("Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"),
     ';',
     1,
     {LOST("Microsoft.ActiveDirectory.Management.ADPropertyValueCollection")}},
    {"a deserialized object's name",
     TEXT("Deserialized.System.Object"),
     ';',
     1,
     {LOST("Deserialized.System.Object")}},
    {"several names",
     TEXT("System.Byte[];System.Byte[]"),
     ';',
     2,
     {LOST("System.Byte[]"), LOST("System.Byte[]")}},
    {"names with blanks between",
     TEXT("System.Byte[] System.Byte[]"),
     ';',
     1,
     {LOST("System.Byte[] System.Byte[]")}},
    {"a name in braces", TEXT("{System.Byte[]}"), ';', 1, {LOST("{System.Byte[]}")}},
    {"the first numbers in braces",
     TEXT("{48, 130, 3, 17...}"),
     ';',
     1,
     {LOST("{48, 130, 3, 17...}")}},
    {"with an ellipsis", TEXT("{48, 130\xe2\x80\xa6}"), ';', 1, {LOST("{48, 130\xe2\x80\xa6}")}},
    {"braces in braces",
     TEXT("{{48, 130...}, {48...}}"),
     ';',
     1,
     {LOST("{{48, 130...}, {48...}}")}},
    {"braces that are not closed", TEXT("{48, 130, 3"), ';', 1, {LOST("{48, 130, 3")}},
    {"a lost one before a good one",
     TEXT("{48, 130};3082"),
     ';',
     2,
     {LOST("{48, 130}"), BYTES("\x30\x82")}},
    {"a name that only looks so", TEXT("Systematik"), ';', 1, {BROKEN_AT(10)}},
};

static void assert_value(const struct value *got, const struct wanted *wanted, struct span field)
{
    assert_int_equal(got->state, wanted->state);
    if (wanted->state == VALUE_BROKEN) {
        assert_int_equal(got->why.offset, wanted->offset);
        assert_non_null(got->why.rule);
    } else {
        assert_int_equal(got->bytes.len, wanted->len);
        assert_memory_equal(got->bytes.at, wanted->bytes, wanted->len);
    }
    if (wanted->state == VALUE_LOST) { /* a view */
        assert_true(got->bytes.at >= field.at &&
                    got->bytes.at + got->bytes.len <= field.at + field.len);
    }
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    struct span field = span_of(text, row->len);
    struct cursor in = cursor_over(field);
    struct arena arena = arena_with_max(ARENA_SIZE);
    struct value got = {0};

    for (size_t i = 0; i < row->count; i++) {
        assert_int_equal(value_next(&in, (uint8_t)row->separator, &arena, &got), FAULT_NONE);
        assert_value(&got, &row->wanted[i], field);
    }
    assert_int_equal(value_next(&in, (uint8_t)row->separator, &arena, &got), FAULT_ABSENT);
    assert_int_equal(in.rest.len, 0);
    arena_clear(&arena);
    free(text);
}

/* The property: whatever a field holds, it comes to an end, and nothing outside it is read. */
static void a_cut_field_is_safe(void **state)
{
    const struct row *row = *state;

    for (size_t len = 0; len <= row->len; len++) {
        uint8_t *text = exact_copy(row->text, len);
        struct cursor in = cursor_over(span_of(text, len));
        struct arena arena = arena_with_max(ARENA_SIZE);
        struct value got = {0};
        size_t before = in.offset;

        while (value_next(&in, (uint8_t)row->separator, &arena, &got) == FAULT_NONE) {
            assert_true(in.offset > before);
            before = in.offset;
        }
        assert_int_equal(in.rest.len, 0);
        arena_clear(&arena);
        free(text);
    }
}

static void no_memory_is_told(void **state)
{
    static const char *const fields[] = {
        "308230823082308230823082308230823082", "X'308230823082308230823082308230823082'",
        "MIIBpDCCMIIBpDCCMIIBpDCC", "30-82-30-82-30-82-30-82-30-82-30-82-30-82-30-82-30-82",
        "0x308230823082308230823082308230823082"};

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct arena arena = {0};
        struct cursor in = cursor_over(span_text(fields[i]));
        struct value got;

        assert_int_equal(value_next(&in, '%', &arena, &got), FAULT_RESOURCE);
        arena_clear(&arena);
    }
}

int main(void)
{
    struct CMUnitTest tests[1 + 2 * COUNT(rows)] = {cmocka_unit_test(no_memory_is_told)};
    size_t n = 1;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, rows, a_cut_field_is_safe);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
