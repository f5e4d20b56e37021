#include "report/html_text.h"

#include "support.h"

typedef void add_fn(struct buffer *out, struct span text);

static const struct row {
    const char *name, *text, *html, *json;
} rows[] = {
    {"plain text stays", "Anna Berg", "Anna Berg", "\"Anna Berg\""},
    {"nothing stays nothing", "", "", "\"\""},
    {"a tag is text", "<b>", "&lt;b&gt;", "\"\\u003cb\\u003e\""},
    {"a script does not end", "</script>", "&lt;/script&gt;", "\"\\u003c/script\\u003e\""},
    {"a comment does not begin", "<!--", "&lt;!--", "\"\\u003c!--\""},
    {"an attribute does not end", "\"' x", "&quot;&#39; x", "\"\\\"' x\""},
    {"an entity is text", "&lt;", "&amp;lt;", "\"\\u0026lt;\""},
    {"a backslash is one", "a\\u003c", "a\\u003c", "\"a\\\\u003c\""},
    {"line ends of Unicode end no line of script", "a\xe2\x80\xa8z", "a\xe2\x80\xa8z",
     "\"a\\u2028z\""},
    {"only specials", "<>&", "&lt;&gt;&amp;", "\"\\u003c\\u003e\\u0026\""},
    {"letters stay", "\xc3\x85sa \xf0\x9f\x98\x80", "\xc3\x85sa \xf0\x9f\x98\x80",
     "\"\xc3\x85sa \xf0\x9f\x98\x80\""},
};

static void check(add_fn *add, const char *text, const char *want)
{
    struct buffer out = buffer_with_max(1000);

    add(&out, span_text(text));
    assert_span(buffer_span(&out), want);
    buffer_clear(&out);
}

static void row_holds(void **state)
{
    const struct row *row = *state;

    check(html_add_text, row->text, row->html);
    check(html_add_json, row->text, row->json);
}

static void numbers_are_grouped(void **state)
{
    static const struct {
        uint64_t n;
        const char *want;
    } numbers[] = {{0, "0"},
                   {7, "7"},
                   {999, "999"},
                   {1000, "1,000"},
                   {1001, "1,001"},
                   {50000, "50,000"},
                   {12034, "12,034"},
                   {999999, "999,999"},
                   {1000000, "1,000,000"},
                   {UINT64_MAX, "18,446,744,073,709,551,615"}};

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct buffer out = buffer_with_max(100);

        html_add_number(&out, numbers[i].n);
        assert_span(buffer_span(&out), numbers[i].want);
        buffer_clear(&out);
    }
}

/* Some is never shown as nothing, nor nearly all as all. */
static void shares_are_honest(void **state)
{
    static const struct {
        uint64_t part, whole;
        const char *percent, *length;
    } shares[] = {
        {0, 5, "0%", "0.00%"},   {5, 5, "100%", "100.00%"},       {1, 3, "33%", "33.33%"},
        {2, 3, "67%", "66.66%"}, {1, 1000, "&lt;1%", "0.10%"},    {999, 1000, "&gt;99%", "99.90%"},
        {1, 200, "1%", "0.50%"}, {1, 1000000, "&lt;1%", "0.00%"}, {505, 1000, "51%", "50.50%"}};

    (void)state;
    for (size_t i = 0; i < COUNT(shares); i++) {
        struct buffer out = buffer_with_max(100);

        html_add_percent(&out, shares[i].part, shares[i].whole);
        assert_span(buffer_span(&out), shares[i].percent);
        buffer_reset(&out);
        html_add_length(&out, shares[i].part, shares[i].whole);
        assert_span(buffer_span(&out), shares[i].length);
        buffer_clear(&out);
    }
    struct buffer none = buffer_with_max(100);
    html_add_percent(&none, 0, 0);
    assert_span(buffer_span(&none), "0%");
    buffer_clear(&none);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {cmocka_unit_test(numbers_are_grouped),
                                                cmocka_unit_test(shares_are_honest)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
