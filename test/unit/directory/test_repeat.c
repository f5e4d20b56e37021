#include "directory/repeat.h"

#include "support.h"

/* Pages as a server sends them: so many different ones, and then a ring of so many. */
static const struct row {
    const char *name;
    unsigned before, ring; /* ring 0: there is none */
    unsigned pages;        /* as many as are looked at */
    bool found;
} rows[] = {
    {"no ring in ten thousand pages", 10000, 0, 10000, false},
    {"one page", 1, 0, 1, false},
    {"the same page from the start", 0, 1, 2, true},
    {"the same page later", 1000, 1, 3100, true},
    {"two that take turns", 3, 2, 20, true},
    {"a ring of a hundred", 50, 100, 600, true},
    {"a ring that has not closed yet", 50, 100, 150, false},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct repeat repeat = {0};
    bool found = false;

    for (unsigned i = 0; i < row->pages; i++) {
        unsigned page = i < row->before ? i : row->before + (i - row->before) % row->ring;

        found = found || repeat_begins(&repeat, page * UINT64_C(0x9E3779B97F4A7C15));
    }
    assert_int_equal(found, row->found);
}

static void empty_pages_end(void **state)
{
    struct repeat repeat = {0};

    (void)state;
    for (int i = 0; i + 1 < REPEAT_EMPTY_MAX; i++) {
        assert_false(repeat_was_empty(&repeat));
    }
    assert_true(repeat_was_empty(&repeat));
}

static void an_entry_makes_up_for_empty_pages(void **state)
{
    struct repeat repeat = {0};

    (void)state;
    for (unsigned i = 0; i < 10 * REPEAT_EMPTY_MAX; i++) {
        bool full = i % (REPEAT_EMPTY_MAX / 2) == 0;

        assert_false(full ? repeat_begins(&repeat, i + 1) : repeat_was_empty(&repeat));
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(empty_pages_end),
        cmocka_unit_test(an_entry_makes_up_for_empty_pages),
    };

    (void)TESTS_OF(tests + 2, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
