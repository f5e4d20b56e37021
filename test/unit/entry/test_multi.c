#include "entry/multi.h"

#include <assert.h>

#include "support.h"

enum { VALUES_MAX = 5 };

static const struct entry_style exchange = {.separator = '%', .backslash = true};
static const struct entry_style plain = {.separator = ';'};
static const struct entry_style single = {.separator = 0};

static const struct row {
    const char *name;
    const struct entry_style *style;
    const char *text;
    size_t len;
    size_t count;
    const char *values[VALUES_MAX];
} rows[] = {
    {"one value", &exchange, TEXT("SMTP:a@x"), 1, {"SMTP:a@x"}},
    {"values joined", &exchange, TEXT("a%b%c"), 3, {"a", "b", "c"}},
    {"a separator in a value", &exchange, TEXT("v\\%1%v,2%v,3"), 3, {"v%1", "v,2", "v,3"}},
    {"a backslash in a value", &exchange, TEXT("a\\\\b%c"), 2, {"a\\b", "c"}},
    {"two backslashes before a separator", &exchange, TEXT("a\\\\%b"), 2, {"a\\", "b"}},
    {"three backslashes before a separator", &exchange, TEXT("a\\\\\\%b"), 1, {"a\\%b"}},
    {"a backslash introduces any byte", &exchange, TEXT("a\\b"), 1, {"ab"}},
    {"a backslash at the end is one", &exchange, TEXT("a\\"), 1, {"a\\"}},
    {"so is one after a pair", &exchange, TEXT("a\\\\\\"), 1, {"a\\\\"}},
    {"a separator alone in a value", &exchange, TEXT("\\%"), 1, {"%"}},
    {"an empty value between", &exchange, TEXT("a%%b"), 3, {"a", "", "b"}},
    {"an empty value in front", &exchange, TEXT("%a"), 2, {"", "a"}},
    {"a separator at the end opens no value", &exchange, TEXT("a%"), 1, {"a"}},
    {"nothing is no value", &exchange, TEXT(""), 0, {NULL}},
    {"other separators are text", &exchange, TEXT("c=US;a= ;p=O"), 1, {"c=US;a= ;p=O"}},
    {"elsewhere a backslash is one", &plain, TEXT("a\\;b\\\\c"), 2, {"a\\", "b\\\\c"}},
    {"and a percent sign too", &plain, TEXT("a%b;c"), 2, {"a%b", "c"}},
    {"a single value is never cut", &single, TEXT("a%b;c\\d"), 1, {"a%b;c\\d"}},
    {"csvde's X'…' is text in hexadecimal",
     &plain,
     TEXT("X'4dC3BC6c';X'61'"),
     2,
     {"M\xc3\xbcl", "a"}},
    {"in a single value too", &single, TEXT("X'4dC3BC6c'"), 1, {"M\xc3\xbcl"}},
    {"with a small x", &single, TEXT("x'61'"), 1, {"a"}},
    {"an odd number of digits stays", &single, TEXT("X'616'"), 1, {"X'616'"}},
    {"a bad digit stays", &single, TEXT("X'6g'"), 1, {"X'6g'"}},
    {"without an end it stays", &single, TEXT("X'61"), 1, {"X'61"}},
    {"without a quote it stays", &single, TEXT("X61'"), 1, {"X61'"}},
    {"with something behind it stays", &single, TEXT("X'61'b"), 1, {"X'61'b"}},
    {"with something before it stays", &single, TEXT("aX'61'"), 1, {"aX'61'"}},
    {"an empty one stays", &single, TEXT("X''"), 1, {"X''"}},
    {"a quote in the middle stays", &single, TEXT("X'61'62'"), 1, {"X'61'62'"}},
    {"a NUL is not brought in", &single, TEXT("X'610062'"), 1, {"X'610062'"}},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    struct cursor in = cursor_over(span_of(text, row->len));
    struct arena arena = arena_with_max(1 << 20);
    struct span got = {0};

    for (size_t i = 0; i < row->count; i++) {
        assert_int_equal(multi_next(&in, row->style, &arena, &got), FAULT_NONE);
        assert_span(got, row->values[i]);
    }
    assert_int_equal(multi_next(&in, row->style, &arena, &got), FAULT_ABSENT);
    arena_clear(&arena);
    free(text);
}

static const struct memory_row {
    const char *name;
    const struct entry_style *style;
    const char *text;
    enum fault fault;
} memory_rows[] = {
    {"a view needs no memory", &exchange, "a%b", FAULT_NONE},
    {"a backslash needs some", &exchange, "a\\%b", FAULT_RESOURCE},
    {"X'…' needs some", &plain, "X'4d616d61'", FAULT_RESOURCE},
};

static void memory_row_holds(void **state)
{
    const struct memory_row *row = *state;
    struct arena arena = {0};
    struct cursor in = cursor_over(span_text(row->text));
    struct span got = {0};

    assert_int_equal(multi_next(&in, row->style, &arena, &got), row->fault);
    arena_clear(&arena);
}

/* The property: values written as Exchange writes them are read as the same values. */
static void values_come_back(void **state)
{
    static const char bytes[] = "ab%\\;,X'";
    uint64_t seed = 19;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        char values[4][8] = {{0}}, field[100];
        size_t count = 1 + random_next(&seed) % 4, len = 0;
        struct arena arena = arena_with_max(1 << 20);
        struct cursor in;
        struct span got;
        uint8_t *text;

        for (size_t i = 0; i < count; i++) {
            size_t n = 1 + random_next(&seed) % 7;

            for (size_t k = 0; k < n; k++) {
                values[i][k] = bytes[random_next(&seed) % (sizeof(bytes) - 1)];
                if (values[i][k] == '%' || values[i][k] == '\\') {
                    field[len++] = '\\';
                }
                field[len++] = values[i][k];
            }
            field[len++] = '%';
        }
        text = exact_copy(field, len);
        in = cursor_over(span_of(text, len));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(multi_next(&in, &exchange, &arena, &got), FAULT_NONE);
            assert_span(got, values[i]);
        }
        assert_int_equal(multi_next(&in, &exchange, &arena, &got), FAULT_ABSENT);
        arena_clear(&arena);
        free(text);
    }
}

int main(void)
{
    struct CMUnitTest tests[1 + COUNT(rows) + COUNT(memory_rows)] = {
        cmocka_unit_test(values_come_back)};
    size_t n = 1;

    n += TESTS_OF(tests + n, rows, row_holds);
    n += TESTS_OF(tests + n, memory_rows, memory_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
