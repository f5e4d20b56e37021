#include "report/formats.h"
#include "told.h"

/* RFC 4180, section 2: what is quoted, and how. */
static const struct row_of_fields {
    const char *name, *text;
    size_t len;
    const char *field;
} rows[] = {
    {"a name as it is", TEXT("Anna Berg"), "Anna Berg"},
    {"blanks at its ends stay", TEXT(" Anna "), " Anna "},
    {"UTF-8 stays", TEXT("J\xc3\xb6rg"), "J\xc3\xb6rg"},
    {"Windows-1252 becomes UTF-8", TEXT("J\xf6rg"), "J\xc3\xb6rg"},
    {"a semicolon is no reason to quote", TEXT("a;b"), "a;b"},
    {"a comma is", TEXT("Berg, Anna"), "\"Berg, Anna\""},
    {"a quote is, and is doubled", TEXT("Bill \"Bud\" K"), "\"Bill \"\"Bud\"\" K\""},
    {"a quote alone", TEXT("\""), "\"\"\"\""},
    {"quotes at both ends", TEXT("\"a\""), "\"\"\"a\"\"\""},
    {"a line end is", TEXT("a\nb"), "\"a\nb\""},
    {"a carriage return is", TEXT("a\rb"), "\"a\rb\""},
    {"a quote beside Windows-1252", TEXT("\"\xf6"), "\"\"\"\xc3\xb6\""},
};

static void row_holds(void **state)
{
    const struct row_of_fields *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    struct span span = span_of(text, row->len);
    struct buffer out = buffer_with_max(10000), want = buffer_with_max(10000);
    struct told told;

    told_init(&told, span, span, span);
    format_csv()->row(&out, &told.row);
    for (int i = 0; i < 3; i++) {
        buffer_add_text(&want, row->field);
        buffer_add_byte(&want, ',');
    }
    buffer_add_text(&want, "no,none,no certificate in the directory,0,,,,,,\n");
    assert_int_equal(out.fault, FAULT_NONE);
    assert_true(span_equal(buffer_span(&out), buffer_span(&want)));
    buffer_clear(&out);
    buffer_clear(&want);
    free(text);
}

/* The property: wherever the buffer ends, nothing is written past it, and the fault is kept. */
static void a_full_buffer_is_told(void **state)
{
    struct told told;

    (void)state;
    told_init(&told, span_text("Bill \"Bud\" K"), span_text("\"a,b\"@x"), span_text("R"));
    for (size_t max = 0; max < 200; max++) {
        struct buffer out = buffer_with_max(max);

        format_csv()->row(&out, &told.row);
        assert_true(out.len <= max);
        assert_int_equal(out.fault, max < 75 ? FAULT_LIMIT : out.fault);
        buffer_clear(&out);
    }
}

static void who_has_no_name_is_called_by_the_line(void **state)
{
    struct buffer out = buffer_with_max(1000);
    struct told told;

    (void)state;
    told_init(&told, (struct span){0}, (struct span){0}, (struct span){0});
    format_csv()->row(&out, &told.row);
    assert_span(buffer_span(&out), "line 17,,,no,none,no certificate in the directory,0,,,,,,\n");
    buffer_clear(&out);
}

static void warnings_are_joined(void **state)
{
    struct buffer out = buffer_with_max(1000);
    struct told told;

    (void)state;
    told_init(&told, span_text("A"), (struct span){0}, (struct span){0});
    told.verdict.warnings = WARNING_NO_ADDRESS | WARNING_SHARED_KEY;
    format_csv()->row(&out, &told.row);
    assert_span(buffer_span(&out), "A,,,no,none,no certificate in the directory,0,,,,,,"
                                   "no-address;shared-key\n");
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[3 + COUNT(rows)] = {
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(who_has_no_name_is_called_by_the_line),
        cmocka_unit_test(warnings_are_joined),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
