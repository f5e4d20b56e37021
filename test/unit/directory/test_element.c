#include "directory/element.h"

#include "support.h"

#define UID "\x04\x03uid"

/* The body of an attribute, and what is read of it; count -1: it is none. */
static const struct row {
    const char *name;
    const char *bytes;
    size_t len;
    const char *attribute;
    int count;        /* of values before the end, or before one that is none */
    const char *last; /* of those values */
    bool whole;       /* all of the set is values */
} rows[] = {
    {"one value", TEXT(UID "\x31\x03\x04\x01x"), "uid", 1, "x", true},
    {"two values", TEXT(UID "\x31\x07\x04\x01x\x04\x02yz"), "uid", 2, "yz", true},
    {"an empty value", TEXT(UID "\x31\x02\x04\x00"), "uid", 1, "", true},
    {"no value: names alone were asked for", TEXT(UID "\x31\x00"), "uid", 0, "", true},
    {"an empty name", TEXT("\x04\x00\x31\x00"), "", 0, "", true},
    {"lengths of two bytes", TEXT("\x04\x81\x03uid\x31\x81\x04\x04\x81\x01x"), "uid", 1, "x", true},
    {"lengths of five bytes, as Active Directory has them",
     TEXT("\x04\x84\0\0\0\x03uid\x31\x84\0\0\0\x07\x04\x84\0\0\0\x01x"), "uid", 1, "x", true},
    {"extended", TEXT(UID "\x31\x03\x04\x01x\x80\x01y"), "uid", 1, "x", true},
    {"a value that is none", TEXT(UID "\x31\x06\x04\x01x\x02\x01\x01"), "uid", 1, "x", false},
    {"a value past the end of its set", TEXT(UID "\x31\x06\x04\x01x\x04\x02y\x04\x00"), "uid", 1,
     "x", false},
    {"half a value", TEXT(UID "\x31\x01\x04"), "uid", 0, "", false},
    {"a value of indefinite length", TEXT(UID "\x31\x04\x04\x80\x00\x00"), "uid", 0, "", false},
    {"nothing", TEXT(""), "", -1, "", false},
    {"no values", TEXT(UID), "", -1, "", false},
    {"a name that is no octets", TEXT("\x0c\x03uid\x31\x00"), "", -1, "", false},
    {"values in a sequence", TEXT(UID "\x30\x03\x04\x01x"), "", -1, "", false},
    {"a set past the end", TEXT(UID "\x31\x04\x04\x01x"), "", -1, "", false},
    {"a name past the end", TEXT("\x04\x7fuid\x31\x00"), "", -1, "", false},
    {"a length cut off", TEXT("\x04\x82\x00"), "", -1, "", false},
    {"a length of six bytes", TEXT("\x04\x85\0\0\0\0\x03uid\x31\x00"), "", -1, "", false},
    {"the longest length there is", TEXT("\x04\x84\xff\xff\xff\xffuid\x31\x00"), "", -1, "", false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *block = exact_copy(row->bytes, row->len);
    struct span name, value = {0};
    struct cursor values;
    bool opened = element_open_attribute(span_of(block, row->len), &name, &values);
    int count = 0;

    assert_int_equal(opened, row->count >= 0);
    if (opened) {
        assert_true(span_is(name, row->attribute));
        while (element_take_tagged(&values, ELEMENT_OCTETS, &value)) {
            count++;
        }
        assert_int_equal(count, row->count);
        assert_true(span_is(value, row->last));
        assert_int_equal(values.rest.len == 0, row->whole);
    }
    free(block);
}

static void what_is_not_taken_moves_nothing(void **state)
{
    struct cursor in = cursor_over(span_text("\x04\x02xy\x04\x05z"));
    struct span body;
    uint8_t tag;

    (void)state;
    assert_false(element_take_tagged(&in, ELEMENT_SET, &body));
    assert_int_equal(in.offset, 0);
    assert_true(element_take(&in, &tag, &body));
    assert_int_equal(tag, ELEMENT_OCTETS);
    assert_true(span_is(body, "xy"));
    assert_false(element_take(&in, &tag, &body));
    assert_int_equal(in.offset, 4);
    assert_int_equal(in.rest.len, 3);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {
        cmocka_unit_test(what_is_not_taken_moves_nothing),
    };

    (void)TESTS_OF(tests + 1, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
