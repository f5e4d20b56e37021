#include "directory/lull.h"

#include "support.h"

enum { STEPS = 6 };

/* Entries that come between one time that all is read and the next, and whether a rest is due. */
static const struct row {
    const char *name;
    unsigned page_size;
    unsigned came[STEPS];
    bool due[STEPS];
} rows[] = {
    {"a page begins: the first rest is a try", 1000, {0}, {true}},
    {"a fast server", 1000, {0, 25, 25, 25, 3, 40}, {true, true, true, true, true, true}},
    {"a slow one is not rested for", 1000, {0, 1, 1, 2, 1, 1}, {true}},
    {"one that becomes fast again", 1000, {0, 1, 1, 50, 50, 0}, {true, false, false, true, true}},
    {"the end of a page", 100, {0, 60, 7, 1, 30, 2}, {true, true, true}},
    {"more than was asked for", 100, {0, 100, 100, 100, 100, 100}, {true}},
    {"a page as small as its end", 32, {0, 10, 10, 10, 2, 0}, {false}},
    {"a page of one", 1, {0, 1, 0, 0, 0, 0}, {false}},
    {"no pages", 0, {0, 5000, 5000, 5000, 1, 5000}, {true, true, true, true, false, true}},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct lull lull = lull_start(row->page_size);

    for (int i = 0; i < STEPS; i++) {
        for (unsigned j = 0; j < row->came[i]; j++) {
            lull_count(&lull);
        }
        assert_int_equal(lull_is_due(&lull), row->due[i]);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
