#include "base/buffer.h"

#include "support.h"

static void what_is_added_stands_in_order(void **state)
{
    struct buffer b = buffer_with_max(1000);
    uint8_t *room;

    (void)state;
    buffer_add(&b, (struct span){0});
    assert_int_equal(b.len, 0);
    buffer_add(&b, span_text("a"));
    buffer_add_byte(&b, 'b');
    buffer_add_text(&b, "c ");
    buffer_add_hex(&b, span_of("\x00\x9f\xff", 3));
    room = buffer_room(&b, 3);
    assert_non_null(room);
    memcpy(room, "xyz", 3);
    b.len += 2; /* as much as was written */
    assert_int_equal(b.fault, FAULT_NONE);
    assert_span(buffer_span(&b), "abc 009fffxy");
    buffer_clear(&b);
}

static const struct number_row {
    const char *name;
    uint64_t n;
    const char *text;
} number_rows[] = {
    {"zero", 0, "0"},
    {"a digit", 9, "9"},
    {"two digits", 10, "10"},
    {"the largest", UINT64_MAX, "18446744073709551615"},
};

static void number_row_holds(void **state)
{
    const struct number_row *row = *state;
    struct buffer b = buffer_with_max(20);

    buffer_add_uint(&b, row->n);
    assert_int_equal(b.fault, FAULT_NONE);
    assert_span(buffer_span(&b), row->text);
    buffer_clear(&b);
}

/* The property: bytes added one by one up to any maximum are there, and not one more. */
static void it_grows_to_its_maximum(void **state)
{
    (void)state;
    for (size_t max = 0; max < 2000; max += 1 + max / 16) {
        struct buffer b = buffer_with_max(max);

        for (size_t i = 0; i < max; i++) {
            buffer_add_byte(&b, (uint8_t)i);
        }
        assert_int_equal(b.fault, FAULT_NONE);
        assert_int_equal(b.len, max);
        buffer_add_byte(&b, 'x');
        assert_int_equal(b.fault, FAULT_LIMIT);
        assert_int_equal(b.len, max);
        for (size_t i = 0; i < max; i++) {
            assert_int_equal(b.at[i], (uint8_t)i);
        }
        buffer_clear(&b);
    }
}

static void the_first_fault_stays(void **state)
{
    struct buffer b = buffer_with_max(4);

    (void)state;
    buffer_add_text(&b, "abc");
    buffer_add_text(&b, "de");
    assert_int_equal(b.fault, FAULT_LIMIT);
    buffer_add_text(&b, "f"); /* would fit, but what comes before it is missing */
    buffer_add_byte(&b, 'f');
    buffer_add_uint(&b, 1);
    buffer_add_hex(&b, span_of("", 0));
    assert_null(buffer_room(&b, 0));
    assert_span(buffer_span(&b), "abc");
    buffer_reset(&b);
    assert_int_equal(b.fault, FAULT_NONE);
    assert_int_equal(b.len, 0);
    buffer_add_text(&b, "good");
    assert_span(buffer_span(&b), "good");
    buffer_clear(&b);
}

static void memory_that_is_not_to_be_had(void **state)
{
    struct buffer b = buffer_with_max(SIZE_MAX);

    (void)state;
    buffer_add_text(&b, "abc");
    assert_null(buffer_room(&b, SIZE_MAX / 2));
    assert_int_equal(b.fault, FAULT_RESOURCE);
    assert_span(buffer_span(&b), "abc");
    buffer_clear(&b);
}

static void a_number_that_wraps_is_too_large(void **state)
{
    struct buffer b = buffer_with_max(SIZE_MAX);

    (void)state;
    buffer_add_text(&b, "abc");
    assert_null(buffer_room(&b, SIZE_MAX));
    assert_int_equal(b.fault, FAULT_LIMIT);
    buffer_clear(&b);
}

static void an_empty_one_gives_nothing(void **state)
{
    struct buffer b = {0};

    (void)state;
    buffer_add(&b, (struct span){0});
    assert_int_equal(b.fault, FAULT_NONE);
    buffer_add_byte(&b, 'x');
    assert_int_equal(b.fault, FAULT_LIMIT);
    buffer_clear(&b);
    buffer_clear(&b);
    buffer_clear(NULL);
}

static void cleared_it_can_be_used_again(void **state)
{
    struct buffer b = buffer_with_max(3);

    (void)state;
    buffer_add_text(&b, "long");
    buffer_clear(&b);
    assert_null(b.at);
    buffer_add_text(&b, "abc");
    assert_span(buffer_span(&b), "abc");
    buffer_clear(&b);
}

int main(void)
{
    struct CMUnitTest tests[7 + COUNT(number_rows)] = {
        cmocka_unit_test(what_is_added_stands_in_order),
        cmocka_unit_test(it_grows_to_its_maximum),
        cmocka_unit_test(the_first_fault_stays),
        cmocka_unit_test(memory_that_is_not_to_be_had),
        cmocka_unit_test(a_number_that_wraps_is_too_large),
        cmocka_unit_test(an_empty_one_gives_nothing),
        cmocka_unit_test(cleared_it_can_be_used_again),
    };

    (void)TESTS_OF(tests + 7, number_rows, number_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
