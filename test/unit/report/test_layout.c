#include "report/layout.h"

#include <assert.h>
#include <locale.h>

#include "support.h"

#define UMLAUT "\xc3\xbc"     /* one column */
#define KANJI  "\xe6\x97\xa5" /* two */
#define ACCENT "\xcc\x81"     /* none: it stands on the letter before it */
#define DOTS   "\xe2\x80\xa6" /* the ellipsis, one */

static const struct text_row {
    const char *name, *text;
    size_t width;   /* of the column */
    size_t columns; /* that the text takes */
    const char *shortened, *wrapped;
} text_rows[] = {
    {"nothing", "", 5, 0, "", ""},
    {"a text that fits", "abc", 5, 3, "abc", "abc"},
    {"one that just fits", "abcde", 5, 5, "abcde", "abcde"},
    {"one that does not", "abcdef", 5, 6, "abcd" DOTS, "abcde\nf"},
    {"bytes are not columns", UMLAUT UMLAUT UMLAUT, 3, 3, UMLAUT UMLAUT UMLAUT,
     UMLAUT UMLAUT UMLAUT},
    {"wide characters take two", KANJI KANJI, 4, 4, KANJI KANJI, KANJI KANJI},
    {"and are not cut in half", KANJI KANJI KANJI, 5, 6, KANJI KANJI DOTS, KANJI KANJI "\n" KANJI},
    {"an accent takes none", "e" ACCENT "e" ACCENT, 2, 2, "e" ACCENT "e" ACCENT,
     "e" ACCENT "e" ACCENT},
    {"words are kept whole", "one two three", 8, 13, "one two" DOTS, "one two\nthree"},
    {"a word that just fits", "one two three", 7, 13, "one tw" DOTS, "one two\nthree"},
    {"a long word behind a short one", "a bcdefghij", 4, 11, "a b" DOTS, "a\nbcde\nfghi\nj"},
    {"several lines", "a b c d e f", 3, 11, "a " DOTS, "a b\nc d\ne f"},
    {"a column of one", "ab", 1, 2, DOTS, "a\nb"},
    {"a wide character where one column is", KANJI "a", 1, 3, DOTS, KANJI "a"},
};

static void text_row_holds(void **state)
{
    const struct text_row *row = *state;
    uint8_t *text = exact_copy(row->text, strlen(row->text));
    struct span span = span_of(text, strlen(row->text));
    struct buffer out = buffer_with_max(1000);

    assert_int_equal(layout_width(span), row->columns);
    layout_add_shortened(&out, span, row->width);
    assert_span(buffer_span(&out), row->shortened);
    buffer_reset(&out);
    layout_add_wrapped(&out, span, row->width);
    assert_span(buffer_span(&out), row->wrapped);
    buffer_clear(&out);
    free(text);
}

/* The property: no line is wider than the column, and nothing but blanks and line ends is lost. */
static void wrapped_text_is_whole_and_fits(void **state)
{
    static const char *const pieces[] = {"a", " ", UMLAUT, KANJI, ACCENT, "word", "  "};
    uint64_t seed = 31;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        struct buffer text = buffer_with_max(1000), out = buffer_with_max(1000);
        size_t width = 2 + random_next(&seed) % 12;
        struct span rest;

        for (size_t n = random_next(&seed) % 20; n > 0; n--) {
            buffer_add_text(&text, pieces[random_next(&seed) % COUNT(pieces)]);
        }
        layout_add_wrapped(&out, buffer_span(&text), width);
        rest = buffer_span(&out);
        for (size_t end; rest.len > 0; rest = span_from(rest, end + 1)) {
            end = rest.len;
            (void)!span_find(rest, '\n', &end);
            assert_true(layout_width(span_upto(rest, end)) <= width);
        }
        for (size_t i = 0, k = 0; i < text.len || k < out.len;) {
            if (i < text.len && text.at[i] == ' ') {
                i++;
            } else if (k < out.len && (out.at[k] == ' ' || out.at[k] == '\n')) {
                k++;
            } else {
                assert_true(i < text.len && k < out.len && text.at[i] == out.at[k]);
                i++;
                k++;
            }
        }
        buffer_clear(&text);
        buffer_clear(&out);
    }
}

static const struct width_row {
    const char *name;
    size_t widest[LAYOUT_COLUMNS], width, widths[LAYOUT_COLUMNS];
} width_rows[] = {
    {"no terminal: as wide as the cells", {100, 200, 7, 13, 300}, 0, {100, 200, 7, 13, 300}},
    {"what fits stays", {20, 25, 3, 8, 20}, 80, {20, 25, 3, 8, 20}},
    {"the reason gives first", {16, 20, 3, 8, 60}, 100, {16, 20, 3, 8, 49}},
    {"then the address, while it tells something", {16, 40, 3, 8, 60}, 90, {16, 23, 3, 8, 36}},
    {"then the addresses go", {16, 28, 7, 13, 60}, 80, {16, 0, 7, 13, 41}},
    {"then the names", {60, 30, 7, 13, 60}, 80, {21, 0, 7, 13, 36}},
};

static void width_row_holds(void **state)
{
    const struct width_row *row = *state;
    const struct layout layout = layout_decide(row->widest, row->width);

    for (int i = 0; i < LAYOUT_COLUMNS; i++) {
        assert_int_equal(layout.widths[i], row->widths[i]);
    }
}

/* The property: from 40 columns on a table fits; a column is never wider than its widest cell. */
static void any_table_fits(void **state)
{
    uint64_t seed = 37;

    (void)state;
    for (int turn = 0; turn < 100000; turn++) {
        size_t width = 48 + random_next(&seed) % 200, used = 0;
        const size_t widest[LAYOUT_COLUMNS] = {
            7 + random_next(&seed) % 200, 7 + random_next(&seed) % 200, 3 + random_next(&seed) % 5,
            8 + random_next(&seed) % 6, 6 + random_next(&seed) % 400};
        const struct layout layout = layout_decide(widest, width);

        for (int i = 0; i < LAYOUT_COLUMNS; i++) {
            assert_true(layout.widths[i] <= widest[i]);
            used += layout.widths[i] > 0 ? layout.widths[i] + 1 : 0;
        }
        assert_true(used <= width + 1);
        assert_int_equal(layout.widths[LAYOUT_USES], widest[LAYOUT_USES]);
        assert_int_equal(layout.widths[LAYOUT_STANDING], widest[LAYOUT_STANDING]);
        assert_true(layout.widths[LAYOUT_MAILBOX] > 0 && layout.widths[LAYOUT_REASON] > 0);
    }
}

int main(void)
{
    struct CMUnitTest tests[2 + COUNT(text_rows) + COUNT(width_rows)] = {
        cmocka_unit_test(wrapped_text_is_whole_and_fits), cmocka_unit_test(any_table_fits)};
    size_t n = 2;

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 77; /* skipped: nothing can be said of the width of characters */
    }
    n += TESTS_OF(tests + n, text_rows, text_row_holds);
    n += TESTS_OF(tests + n, width_rows, width_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
