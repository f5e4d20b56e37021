#include "base/ascii.h"
#include "base/cursor.h"

#include "support.h"

static void take_moves_by_what_it_takes(void **state)
{
    uint8_t *block = exact_copy("abcdef", 6);
    struct cursor in = cursor_over(span_of(block, 6));
    struct span out = {0};

    (void)state;
    assert_true(cursor_take(&in, 2, &out));
    assert_span(out, "ab");
    assert_true(cursor_take(&in, 0, &out));
    assert_int_equal(out.len, 0);
    assert_int_equal(in.offset, 2);
    assert_true(cursor_take(&in, 4, &out));
    assert_span(out, "cdef");
    assert_int_equal(in.offset, 6);
    assert_int_equal(in.rest.len, 0);
    free(block);
}

static void take_past_the_end_moves_nothing(void **state)
{
    static const size_t sizes[] = {4, 5, SIZE_MAX / 2, SIZE_MAX};
    uint8_t *block = exact_copy("abc", 3);
    struct cursor in = cursor_over(span_of(block, 3));
    struct span out = span_text("as it was");

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_false(cursor_take(&in, sizes[i], &out));
        assert_span(out, "as it was");
        assert_int_equal(in.offset, 0);
        assert_span(in.rest, "abc");
    }
    free(block);
}

static void an_empty_one_has_nothing(void **state)
{
    struct cursor in = cursor_over((struct span){0});
    struct span out = {0};

    (void)state;
    assert_true(cursor_take(&in, 0, &out));
    assert_false(cursor_take(&in, 1, &out));
    assert_false(cursor_step(&in, 0));
    assert_int_equal(cursor_run(&in, ascii_is_alnum).len, 0);
    assert_int_equal(in.offset, 0);
}

static void step_takes_its_byte_only(void **state)
{
    uint8_t *block = exact_copy("a\0", 2);
    struct cursor in = cursor_over(span_of(block, 2));

    (void)state;
    assert_false(cursor_step(&in, 'b'));
    assert_false(cursor_step(&in, 'A'));
    assert_int_equal(in.offset, 0);
    assert_true(cursor_step(&in, 'a'));
    assert_false(cursor_step(&in, 'a'));
    assert_true(cursor_step(&in, '\0'));
    assert_false(cursor_step(&in, '\0'));
    assert_int_equal(in.offset, 2);
    free(block);
}

static void run_ends_where_a_byte_does_not_belong(void **state)
{
    uint8_t *block = exact_copy("12a3", 4);
    struct cursor in = cursor_over(span_of(block, 4));

    (void)state;
    assert_span(cursor_run(&in, ascii_is_digit), "12");
    assert_int_equal(cursor_run(&in, ascii_is_digit).len, 0);
    assert_int_equal(in.offset, 2);
    assert_span(cursor_run(&in, ascii_is_alnum), "a3");
    assert_int_equal(in.offset, 4);
    free(block);
}

static void spans_are_cut_within_their_ends(void **state)
{
    const struct span abc = span_text("abc");
    size_t at = 99;

    (void)state;
    assert_span(span_from(abc, 1), "bc");
    assert_int_equal(span_from(abc, 3).len, 0);
    assert_int_equal(span_from(abc, 4).len, 0);
    assert_int_equal(span_from((struct span){0}, 1).len, 0);
    assert_span(span_upto(abc, 2), "ab");
    assert_span(span_upto(abc, 4), "abc");
    assert_int_equal(span_upto((struct span){0}, 4).len, 0);
    assert_true(span_find(abc, 'c', &at) && at == 2);
    assert_false(span_find(abc, 'd', &at));
    assert_false(span_find(abc, '\0', &at)); /* the text's end is none of its bytes */
    assert_false(span_find((struct span){0}, 'a', &at));
    assert_int_equal(at, 2);
}

static void spans_are_equal_byte_for_byte(void **state)
{
    (void)state;
    assert_true(span_is(span_text("abc"), "abc"));
    assert_true(span_is((struct span){0}, ""));
    assert_false(span_is(span_text("abc"), "abC"));
    assert_false(span_is(span_text("abc"), "ab"));
    assert_false(span_is(span_text("ab"), "abc"));
    assert_false(span_is(span_of("abc", 4), "abc"));
}

static void letters_of_ascii_have_no_case(void **state)
{
    (void)state;
    assert_true(ascii_equal_nocase(span_text("aZ09-"), span_text("Az09-")));
    assert_true(ascii_equal_nocase((struct span){0}, (struct span){0}));
    assert_false(ascii_equal_nocase(span_text("[{"), span_text("{[")));
    assert_false(ascii_equal_nocase(span_text("@"), span_text("`")));
    assert_false(ascii_equal_nocase(span_text("\xc3\x84"), span_text("\xc3\xa4")));
    assert_false(ascii_equal_nocase(span_text("a"), span_text("ab")));
    assert_true(ascii_starts_nocase(span_text("SMTP:x"), span_text("smtp:")));
    assert_true(ascii_starts_nocase(span_text("x"), (struct span){0}));
    assert_false(ascii_starts_nocase(span_text("SMT"), span_text("smtp:")));
    assert_false(ascii_starts_nocase((struct span){0}, span_text("a")));
}

static void blanks_at_both_ends_are_trimmed(void **state)
{
    (void)state;
    assert_span(ascii_trim(span_text("\r\n\t a b \t\r\n")), "a b");
    assert_int_equal(ascii_trim(span_text(" \t ")).len, 0);
    assert_int_equal(ascii_trim((struct span){0}).len, 0);
    assert_int_equal(ascii_trim(span_of("\0a\0", 3)).len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_moves_by_what_it_takes),
        cmocka_unit_test(take_past_the_end_moves_nothing),
        cmocka_unit_test(an_empty_one_has_nothing),
        cmocka_unit_test(step_takes_its_byte_only),
        cmocka_unit_test(run_ends_where_a_byte_does_not_belong),
        cmocka_unit_test(spans_are_cut_within_their_ends),
        cmocka_unit_test(spans_are_equal_byte_for_byte),
        cmocka_unit_test(letters_of_ascii_have_no_case),
        cmocka_unit_test(blanks_at_both_ends_are_trimmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
