#include "report/tally.h"

#include <stdio.h>

#include "support.h"

static void add(struct tally *tally, const char *name, size_t kind, int times)
{
    for (int i = 0; i < times; i++) {
        assert_int_equal(tally_add(tally, span_text(name), kind), FAULT_NONE);
    }
}

static void the_largest_come_first(void **state)
{
    struct tally tally = tally_with_max(10);

    (void)state;
    add(&tally, "b", 0, 2);
    add(&tally, "", 1, 3);
    add(&tally, "a", 2, 2);
    add(&tally, "ab", 0, 1);
    add(&tally, "ab", 1, 1);
    tally_sort(&tally);
    assert_int_equal(tally.count, 4);
    assert_span(tally.items[0].name, "");
    assert_int_equal(tally.items[0].counts[1], 3);
    assert_span(tally.items[1].name, "a");
    assert_span(tally.items[2].name, "ab");
    assert_int_equal(tally.items[2].counts[0], 1);
    assert_int_equal(tally.items[2].counts[1], 1);
    assert_int_equal(tally.items[2].sum, 2);
    assert_span(tally.items[3].name, "b");
    assert_int_equal(tally.rest.sum, 0);
    tally_clear(&tally);
    tally_clear(&tally);
}

static void names_beyond_the_maximum_are_one(void **state)
{
    struct tally tally = tally_with_max(2);

    (void)state;
    add(&tally, "a", 0, 1);
    add(&tally, "b", 0, 1);
    add(&tally, "c", 1, 5);
    add(&tally, "d", 2, 1);
    add(&tally, "a", 2, 1); /* a known one still counts by itself */
    assert_int_equal(tally.count, 2);
    assert_int_equal(tally.items[0].sum, 2);
    assert_int_equal(tally.rest.sum, 6);
    assert_int_equal(tally.rest.counts[1], 5);
    assert_int_equal(tally.rest.counts[2], 1);
    tally_clear(&tally);
}

/* The names are kept: what they were added from may go. */
static void many_names_are_told_apart(void **state)
{
    struct tally tally = tally_with_max(5000);
    char name[16];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(name, sizeof(name), "n%d", i);
            assert_int_equal(tally_add(&tally, span_text(name), (size_t)round), FAULT_NONE);
        }
    }
    assert_int_equal(tally.count, 5000);
    assert_int_equal(tally.rest.sum, 0);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        assert_span(tally.items[i].name, name);
        assert_int_equal(tally.items[i].sum, 3);
        assert_int_equal(tally.items[i].counts[2], 1);
    }
    tally_clear(&tally);
}

static void none_is_no_trouble(void **state)
{
    struct tally tally = tally_with_max(0);

    (void)state;
    tally_sort(&tally);
    add(&tally, "a", 0, 1);
    assert_int_equal(tally.count, 0);
    assert_int_equal(tally.rest.sum, 1);
    tally_clear(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_come_first),
        cmocka_unit_test(names_beyond_the_maximum_are_one),
        cmocka_unit_test(many_names_are_told_apart),
        cmocka_unit_test(none_is_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
