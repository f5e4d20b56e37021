#include "base/arena.h"

#include "support.h"

enum { BLOCK = 256 * 1024 };

static void a_maximum_of_zero_gives_nothing(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_null(arena_take(&arena, 1));
    assert_int_equal(arena.held, 0);
    arena_clear(&arena);
}

static const struct limit_row {
    const char *name;
    size_t max, n;
    bool good;
} limit_rows[] = {
    {"less than a block", BLOCK * 4, 100, true},
    {"more than a block", BLOCK * 4, BLOCK + 1, true},
    {"all of the maximum", BLOCK * 4, BLOCK * 4, true},
    {"all of a maximum smaller than a block", 64, 64, true},
    {"nothing at all", BLOCK, 0, true},
    {"a byte more than the maximum", BLOCK * 4, BLOCK * 4 + 1, false},
    {"a byte more than a small maximum", 64, 65, false},
    {"the largest number", SIZE_MAX, SIZE_MAX, false},
    {"a number that rounding up takes to the end", SIZE_MAX, SIZE_MAX - 15, false},
    {"a number that the block's own head wraps", SIZE_MAX, SIZE_MAX - 16, false},
    {"half of all memory", SIZE_MAX, SIZE_MAX / 2 + 1, false},
};

static void limit_row_holds(void **state)
{
    const struct limit_row *row = *state;
    struct arena arena = arena_with_max(row->max);
    uint8_t *taken = arena_take(&arena, row->n);

    assert_int_equal(taken != NULL, row->good);
    if (taken != NULL) {
        memset(taken, 0xA5, row->n);
        assert_true(arena.held <= row->max);
    }
    arena_clear(&arena);
    assert_int_equal(arena.held, 0);
}

/* What is taken is aligned, the arena's alone, and within its maximum. */
static void takes_do_not_touch_each_other(void **state)
{
    struct arena arena = arena_with_max(BLOCK * 3);
    struct {
        uint8_t *at;
        size_t n;
        uint8_t mark;
    } taken[4000];
    size_t count = 0;
    uint64_t seed = 11;

    (void)state;
    for (; count < COUNT(taken); count++) {
        taken[count].n = random_next(&seed) % 600;
        taken[count].mark = (uint8_t)count;
        taken[count].at = arena_take(&arena, taken[count].n);
        if (taken[count].at == NULL) {
            break;
        }
        assert_int_equal((uintptr_t)taken[count].at % _Alignof(max_align_t), 0);
        memset(taken[count].at, taken[count].mark, taken[count].n);
        assert_true(arena.held <= arena.max);
    }
    assert_true(count > 1000 && count < COUNT(taken)); /* the maximum was reached, not before */
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < taken[i].n; k++) {
            assert_int_equal(taken[i].at[k], taken[i].mark);
        }
    }
    arena_clear(&arena);
}

static void arrays_do_not_overflow(void **state)
{
    struct arena arena = arena_with_max(BLOCK);

    (void)state;
    assert_non_null(arena_take_array(&arena, 100, 24));
    assert_non_null(arena_take_array(&arena, 100, 0));
    assert_null(arena_take_array(&arena, SIZE_MAX / 24 + 1, 24));
    assert_null(arena_take_array(&arena, BLOCK, 2));
    arena_clear(&arena);
}

static void a_trimmed_rest_is_taken_again(void **state)
{
    struct arena arena = arena_with_max(BLOCK);
    uint8_t *all = arena_take(&arena, BLOCK);

    (void)state;
    assert_non_null(all);
    assert_null(arena_take(&arena, 1));
    memset(all, 1, 100);
    arena_trim(&arena, all, 100);
    assert_ptr_equal(arena_take(&arena, 16), all + 112);
    assert_int_equal(all[99], 1);
    arena_trim(&arena, all + 112, 0);
    assert_ptr_equal(arena_take(&arena, BLOCK - 112), all + 112);
    arena_clear(&arena);
}

static void a_copy_is_the_arenas(void **state)
{
    struct arena arena = arena_with_max(64);
    uint8_t *text = exact_copy("Anna", 4);
    struct span copy = {0};

    (void)state;
    assert_int_equal(arena_copy(&arena, span_of(text, 4), &copy), FAULT_NONE);
    free(text);
    assert_span(copy, "Anna");
    assert_int_equal(arena_copy(&arena, (struct span){0}, &copy), FAULT_NONE);
    assert_int_equal(copy.len, 0);
    copy = span_text("as it was");
    assert_int_equal(arena_copy(&arena, span_of("", 65), &copy), FAULT_RESOURCE);
    assert_span(copy, "as it was");
    arena_clear(&arena);
}

static void an_array_grows_to_its_maximum(void **state)
{
    struct arena arena = arena_with_max(BLOCK);
    uint32_t *numbers = NULL;
    size_t capacity = 0;

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(arena_grow(&arena, (void **)&numbers, sizeof(*numbers), i, &capacity, 100),
                         FAULT_NONE);
        assert_true(capacity > i);
        numbers[i] = i;
    }
    assert_int_equal(arena_grow(&arena, (void **)&numbers, sizeof(*numbers), 100, &capacity, 100),
                     FAULT_LIMIT);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(numbers[i], i);
    }
    arena_clear(&arena);
}

static void an_array_that_memory_ends_stays(void **state)
{
    struct arena arena = arena_with_max(256);
    uint64_t *numbers = NULL;
    size_t capacity = 0, count = 0;
    enum fault fault = FAULT_NONE;

    (void)state;
    while (fault == FAULT_NONE) {
        fault = arena_grow(&arena, (void **)&numbers, sizeof(*numbers), count, &capacity, 1000);
        if (fault == FAULT_NONE) {
            numbers[count] = count;
            count++;
        }
    }
    assert_int_equal(fault, FAULT_RESOURCE);
    assert_true(count > 0 && count == capacity);
    assert_int_equal(numbers[count - 1], count - 1);
    arena_clear(&arena);
}

static void a_reset_keeps_one_block(void **state)
{
    struct arena arena = arena_with_max(BLOCK * 8);
    void *first = arena_take(&arena, 1000);

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_non_null(arena_take(&arena, BLOCK));
    }
    arena_reset(&arena);
    assert_int_equal(arena.held, BLOCK);
    assert_ptr_equal(arena_take(&arena, 1000), first);
    arena_clear(&arena);
}

static void a_reset_drops_a_huge_block(void **state)
{
    struct arena arena = arena_with_max(BLOCK * 8);

    (void)state;
    assert_non_null(arena_take(&arena, BLOCK * 4));
    arena_reset(&arena);
    assert_int_equal(arena.held, 0);
    assert_non_null(arena_take(&arena, BLOCK * 8));
    arena_clear(&arena);
}

static void an_empty_one_is_reset_and_cleared(void **state)
{
    struct arena arena = arena_with_max(BLOCK);

    (void)state;
    arena_reset(&arena);
    arena_clear(&arena);
    arena_clear(&arena);
    arena_clear(NULL);
    assert_non_null(arena_take(&arena, 1)); /* it can be used again */
    arena_clear(&arena);
}

int main(void)
{
    struct CMUnitTest tests[10 + COUNT(limit_rows)] = {
        cmocka_unit_test(a_maximum_of_zero_gives_nothing),
        cmocka_unit_test(takes_do_not_touch_each_other),
        cmocka_unit_test(arrays_do_not_overflow),
        cmocka_unit_test(a_trimmed_rest_is_taken_again),
        cmocka_unit_test(a_copy_is_the_arenas),
        cmocka_unit_test(an_array_grows_to_its_maximum),
        cmocka_unit_test(an_array_that_memory_ends_stays),
        cmocka_unit_test(a_reset_keeps_one_block),
        cmocka_unit_test(a_reset_drops_a_huge_block),
        cmocka_unit_test(an_empty_one_is_reset_and_cleared),
    };

    (void)TESTS_OF(tests + 10, limit_rows, limit_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
