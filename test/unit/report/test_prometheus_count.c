#include "report/prometheus_count.h"

#include <stdio.h>

#include "support.h"

/* A row is one sentence about what becomes of texts, which are told apart by commas. */
static const struct row {
    const char *name, *texts, *want;
} rows[] = {
    {"nothing: the others are there", NULL, "n{l=\"other\"} 0\n"},
    {"one", "a", "n{l=\"a\"} 1\nn{l=\"other\"} 0\n"},
    {"the most frequent first", "a,b,b", "n{l=\"b\"} 2\nn{l=\"a\"} 1\nn{l=\"other\"} 0\n"},
    {"equal ones by their bytes", "b,ab,a",
     "n{l=\"a\"} 1\nn{l=\"ab\"} 1\nn{l=\"b\"} 1\nn{l=\"other\"} 0\n"},
    {"an empty one is another", "", "n{l=\"other\"} 1\n"},
    {"`other` is another", "other,a", "n{l=\"a\"} 1\nn{l=\"other\"} 1\n"},
    {"`Other` is none of them", "Other", "n{l=\"Other\"} 1\nn{l=\"other\"} 0\n"},
    {"quotes are escaped", "a\"} 1", "n{l=\"a\\\"} 1\"} 1\nn{l=\"other\"} 0\n"},
    {"backslashes are", "a\\", "n{l=\"a\\\\\"} 1\nn{l=\"other\"} 0\n"},
    {"line ends are", "a\nb", "n{l=\"a\\nb\"} 1\nn{l=\"other\"} 0\n"},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct span rest = span_text(row->texts != NULL ? row->texts : "");
    struct label_counts counts = {0};
    struct buffer out = buffer_with_max(1 << 16);
    bool more = row->texts != NULL;

    while (more) {
        size_t comma = rest.len;

        more = span_find(rest, ',', &comma);
        assert_int_equal(label_counts_add(&counts, span_upto(rest, comma)), FAULT_NONE);
        rest = span_from(rest, comma + 1);
    }
    label_counts_print(&counts, "n", "l", &out);
    assert_span(buffer_span(&out), row->want);
    buffer_clear(&out);
    label_counts_clear(&counts);
    label_counts_clear(&counts);
}

/* However many different texts there are, and however long they are. */
static void what_is_printed_is_bounded(void **state)
{
    static char text[100000];
    struct label_counts counts = {0};
    struct buffer out = buffer_with_max(1 << 20);
    size_t lines = 0;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < LABEL_TEXTS_MAX + 1000; i++) {
        (void)snprintf(text, 10, "%09d", i);
        text[9] = 'x';
        assert_int_equal(label_counts_add(&counts, span_of(text, sizeof(text))), FAULT_NONE);
    }
    label_counts_print(&counts, "n", "l", &out);
    for (size_t i = 0; i < out.len; i++) {
        lines += out.at[i] == '\n';
    }
    assert_int_equal(counts.count, LABEL_TEXTS_MAX);
    assert_int_equal(counts.other, 1000);
    assert_int_equal(lines, LABEL_VALUES_MAX + 1);
    assert_true(out.len < (size_t)lines * (LABEL_LENGTH_MAX + 20));
    buffer_clear(&out);
    label_counts_clear(&counts);
}

/* Cut where a character ends. */
static void a_long_text_is_cut(void **state)
{
    struct label_counts counts = {0};
    struct buffer text = buffer_with_max(1 << 16), out = buffer_with_max(1 << 16);

    (void)state;
    buffer_add_byte(&text, 'x');
    for (int i = 0; i < LABEL_LENGTH_MAX; i++) {
        buffer_add_text(&text, "\xc3\xa9");
    }
    assert_int_equal(label_counts_add(&counts, buffer_span(&text)), FAULT_NONE);
    assert_int_equal(label_counts_add(&counts, span_upto(buffer_span(&text), LABEL_LENGTH_MAX - 1)),
                     FAULT_NONE);
    assert_int_equal(counts.count, 1);
    label_counts_print(&counts, "n", "l", &out);
    assert_memory_equal(out.at + strlen("n{l=\"") + LABEL_LENGTH_MAX - 1, "\"} 2\n", 5);
    buffer_clear(&text);
    buffer_clear(&out);
    label_counts_clear(&counts);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(what_is_printed_is_bounded),
        cmocka_unit_test(a_long_text_is_cut),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
