#include "cert/der.h"

#include "build.h"

/* Reading one element from all of the bytes. */
static const struct row {
    const char *name, *hex;
    bool good;
    uint8_t tag;
    size_t contents, whole;
} rows[] = {
    {"a short length", "0401 aa", true, 0x04, 1, 3},
    {"an empty element", "0500", true, 0x05, 0, 2},
    {"what follows is left", "0401 aa bb", true, 0x04, 1, 3},
    {"a length of one octet more than it needs", "0481 01 aa", true, 0x04, 1, 4},
    {"a length of two octets", "0482 0001 aa", true, 0x04, 1, 5},
    {"a length with many zeros in front", "0486 000000000001 aa", true, 0x04, 1, 9},
    {"nothing in the long form, and a byte behind it", "0481 00 aa", true, 0x04, 0, 3},
    {"an indefinite length ends at its own end", "3080 0401aa 0000", true, 0x30, 3, 7},
    {"indefinite lengths nest", "3080 3080 0000 0401aa 0000 ff", true, 0x30, 7, 11},
    {"zeros inside a string are no end", "3080 0402 0000 0000", true, 0x30, 4, 8},
    {"a tag number in the long form", "5f8101 01 aa", true, 0x5f, 1, 5},
    {"nothing is no element", "", false},
    {"a tag alone is none", "04", false},
    {"contents cut off", "0402 aa", false},
    {"a length cut off", "0482 00", false},
    {"a length of 4 GB", "0484 ffffffff aa", false},
    {"a length past what a machine can count", "048a ffffffffffffffffffff", false},
    {"nothing in the long form, and nothing behind it", "0481 00", false},
    {"an indefinite length of a string", "0480 0000", false},
    {"an indefinite length without an end", "3080 0401aa", false},
    {"an end with a length is no end", "3080 0001 aa", false},
    {"end of contents where none is open", "0000", false},
    {"a tag number past an int", "5f8888888800 00", false},
    {"a tag number cut off", "5f81", false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b = {0};
    struct cursor in;
    struct der_element got = {0};
    uint8_t *block;

    build_hex(&b, row->hex);
    block = exact_copy((const char *)b.at, b.len);
    in = cursor_over(span_of(block, b.len));
    assert_int_equal(der_next(&in, &got), row->good);
    if (row->good) {
        assert_int_equal(got.tag, row->tag);
        assert_int_equal(got.contents.len, row->contents);
        assert_int_equal(got.whole.len, row->whole);
        assert_ptr_equal(got.whole.at, block);
        assert_int_equal(in.offset, row->whole);
        assert_int_equal(in.rest.len, b.len - row->whole);
    } else {
        assert_int_equal(in.offset, 0); /* nothing moves on failure */
        assert_int_equal(in.rest.len, b.len);
    }
    free(block);
}

/* Contents by their type. */
static const struct value_row {
    const char *name;
    bool (*check)(struct span contents);
    const char *hex;
    bool good;
} value_rows[] = {
    {"zero is an INTEGER", der_is_integer, "00", true},
    {"a zero in front keeps it positive", der_is_integer, "0080", true},
    {"ff in front keeps it negative", der_is_integer, "ff7f", true},
    {"a power of 256 may be negative", der_is_integer, "ff00", true},
    {"an INTEGER has an octet", der_is_integer, "", false},
    {"a zero too many", der_is_integer, "007f", false},
    {"ff too many", der_is_integer, "ffff", false},
    {"an OID of one octet", der_is_oid, "2a", true},
    {"an OID with arcs of two octets", der_is_oid, "2a864886f70d", true},
    {"80 may stand inside an arc", der_is_oid, "2a8180808000", true},
    {"an OID has an octet", der_is_oid, "", false},
    {"an arc cut off", der_is_oid, "2a86", false},
    {"an arc with a zero in front", der_is_oid, "2a8001", false},
    {"… in a long OID", der_is_oid, "2a864886f70d01018001", false},
    {"… in the first place", der_is_oid, "8001", false},
    {"a BIT STRING of whole octets", der_is_bit_string, "00ff", true},
    {"a BIT STRING without bits", der_is_bit_string, "00", true},
    {"seven unused bits", der_is_bit_string, "0780", true},
    {"a BIT STRING tells its unused bits", der_is_bit_string, "", false},
    {"eight unused bits", der_is_bit_string, "0800", false},
};

static void value_row_holds(void **state)
{
    const struct value_row *row = *state;
    struct built b = {0};

    build_hex(&b, row->hex);
    assert_int_equal(row->check(span_of(b.at, b.len)), row->good);
}

/* Elements of any type, as libcrypto reads them. */
static const struct any_row {
    const char *name, *hex;
    bool good;
} any_rows[] = {
    {"NULL is empty", "0500", true},
    {"a SEQUENCE is not looked into", "3002 ffff", true},
    {"a tag of another class holds anything", "8002 ffff", true},
    {"a BOOLEAN has one octet", "0101 00", true},
    {"NULL with contents", "0501 00", false},
    {"a BOOLEAN of two octets", "0102 0000", false},
    {"an INTEGER with a zero too many", "0202 0001", false},
    {"an OID cut off", "0601 80", false},
    {"a BMPString of half characters", "1e01 00", false},
    {"a UniversalString of half characters", "1c02 0000", false},
    {"a SEQUENCE that is not constructed", "1000", false},
    {"a string in pieces", "2403 0401aa", false},
};

static void any_row_holds(void **state)
{
    const struct any_row *row = *state;
    struct built b = {0};
    struct cursor in;
    struct der_element element;

    build_hex(&b, row->hex);
    in = cursor_over(span_of(b.at, b.len));
    assert_true(der_next(&in, &element));
    assert_int_equal(der_is_any(&element), row->good);
}

/* Offsets go on counting in the inner cursor, and a rewound one stands where it was. */
static void offsets_are_those_of_the_whole(void **state)
{
    static const uint8_t bytes[] = {0x04, 0x00, 0x30, 0x03, 0x02, 0x01, 0x05};
    struct cursor in = cursor_over(span_of(bytes, sizeof(bytes)));
    struct cursor inner;
    struct span seen;

    (void)state;
    assert_true(der_take(&in, DER_OCTET_STRING, &seen));
    assert_true(der_enter(&in, DER_SEQUENCE, &inner));
    assert_int_equal(inner.offset, 4);
    assert_false(der_take(&inner, DER_OID, &seen));
    assert_true(der_take(&inner, DER_INTEGER, &seen));
    assert_int_equal(inner.offset, 7);
    der_rewind(&inner, 4);
    assert_true(der_is_next(&inner, DER_INTEGER));
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(value_rows) + COUNT(any_rows) + 1] = {
        cmocka_unit_test(offsets_are_those_of_the_whole)};
    size_t n = 1;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, value_rows, value_row_holds);
    (void)TESTS_OF(tests + n, any_rows, any_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
