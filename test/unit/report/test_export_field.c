#include "report/export_field.h"

#include "entry/multi.h"
#include "support.h"

enum { VALUES_MAX = 4 };

/* Values and the field that they make; a value that begins with `#` stands for bytes. */
static const struct row {
    const char *name;
    const char *values[VALUES_MAX];
    char separator; /* 0: the field has one value */
    const char *field;
} rows[] = {
    {"nothing", {NULL}, '%', ""},
    {"one value", {"a b"}, '%', "a b"},
    {"many", {"a", "b", "c"}, '%', "a%b%c"},
    {"a separator within a value (the example of Exchange's documentation)",
     {"v%1", "v,2", "v,3"},
     '%',
     "\"v\\%1%v,2%v,3\""},
    {"a delimiter alone", {"v,1", "v,2"}, '%', "\"v,1%v,2\""},
    {"backslashes (another of its examples)",
     {"CUSTOM:M at \\\\SF", "MS:A/B"},
     '%',
     "\"CUSTOM:M at \\\\\\\\SF%MS:A/B\""},
    {"in a single value a backslash stands alone", {"ALLISON'S\\3"}, 0, "ALLISON'S\\3"},
    {"and so does a separator", {"50%"}, 0, "50%"},
    {"a quote", {"a \"b\""}, 0, "\"a \"\"b\"\"\""},
    {"a quote and a separator", {"\"%", "b"}, '%', "\"\"\"\\%%b\""},
    {"a line end", {"a\r\nb"}, 0, "\"a\r\nb\""},
    {"a line feed", {"a\nb"}, 0, "\"a\nb\""},
    {"blanks around", {" a "}, 0, " a "},
    {"bytes in capitals", {"#\x01\xab\xff"}, '%', "01ABFF"},
    {"many bytes", {"#\x30", "#\x31"}, '%', "30%31"},
    {"bytes beside text", {"#\x30", "a,b"}, '%', "\"30%a,b\""},
    {"Windows-1252 becomes UTF-8", {"M\xfcller"}, 0, "M\xc3\xbcller"},
    {"another separator", {"a%b", "c&d"}, '&', "\"a%b&c\\&d\""},
    {"a separator that is the quote", {"a\"b", "c"}, '"', "\"a\\\"\"b\"\"c\""},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    const struct csv_dialect dialect = {.delimiter = span_text(","), .quote = '"'};
    struct buffer out = buffer_with_max(1024);
    struct export_field field;

    buffer_add_text(&out, "before,");
    field = export_field_open(&out, &dialect, (uint8_t)row->separator);
    for (size_t i = 0; i < VALUES_MAX && row->values[i] != NULL; i++) {
        if (row->values[i][0] == '#') {
            export_field_add_bytes(&field, span_text(row->values[i] + 1));
        } else {
            export_field_add_text(&field, span_text(row->values[i]));
        }
    }
    export_field_close(&field);
    assert_int_equal(field.any, row->values[0] != NULL);
    assert_false(field.nul);
    assert_span(span_from(buffer_span(&out), strlen("before,")), row->field);
    assert_span(span_upto(buffer_span(&out), strlen("before,")), "before,");
    buffer_clear(&out);
}

static void a_nul_is_replaced(void **state)
{
    const struct csv_dialect dialect = {.delimiter = span_text(","), .quote = '"'};
    struct buffer out = buffer_with_max(64);
    struct export_field field = export_field_open(&out, &dialect, '%');
    (void)state;

    export_field_add_text(&field, span_of("a\0b", 3));
    assert_true(field.nul);
    export_field_close(&field);
    assert_span(buffer_span(&out), "a?b");
    buffer_clear(&out);
}

static void no_room(void **state)
{
    const struct csv_dialect dialect = {.delimiter = span_text(","), .quote = '"'};
    (void)state;

    for (size_t max = 0; max < 12; max++) {
        struct buffer out = buffer_with_max(max);
        struct export_field field = export_field_open(&out, &dialect, '%');

        export_field_add_text(&field, span_text("a\"%,"));
        export_field_add_bytes(&field, span_text("xyz"));
        export_field_close(&field);
        assert_int_equal(out.fault, FAULT_LIMIT);
        assert_true(out.len <= max);
        buffer_clear(&out);
    }
}

/* The property: what our own reader makes of a field are the values that were put into it. */
static void values_come_back(void **state)
{
    static const char letters[] = "ab%\\\",;\r\n\t &";
    const struct csv_dialect dialect = {.delimiter = span_text(","), .quote = '"'};
    const struct entry_style style = {.separator = '%', .backslash = true};
    struct arena arena = arena_with_max(1 << 20);
    uint64_t seed = 2026;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        struct buffer out = buffer_with_max(1024);
        struct export_field field;
        char values[3][8];
        size_t lengths[3], count = random_next(&seed) % 4;
        struct csv_fields fields = {0};
        struct csv_field read;
        struct cursor in;
        struct span text;

        arena_reset(&arena);
        buffer_add_text(&out, "before,");
        field = export_field_open(&out, &dialect, '%');
        for (size_t i = 0; i < count; i++) {
            lengths[i] = 1 + random_next(&seed) % sizeof(values[i]);
            for (size_t j = 0; j < lengths[i]; j++) {
                values[i][j] = letters[random_next(&seed) % (sizeof(letters) - 1)];
            }
            export_field_add_text(&field, span_of(values[i], lengths[i]));
        }
        export_field_close(&field);
        assert_true(csv_field_next(buffer_span(&out), &dialect, &fields, &read));
        assert_span(read.text, "before");
        assert_true(csv_field_next(buffer_span(&out), &dialect, &fields, &read));
        assert_int_equal(csv_field_text(&read, &dialect, &arena, &text), FAULT_NONE);
        in = cursor_over(text);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(multi_next(&in, &style, &arena, &text), FAULT_NONE);
            assert_true(span_equal(text, span_of(values[i], lengths[i])));
        }
        assert_int_equal(multi_next(&in, &style, &arena, &text), FAULT_ABSENT);
        assert_false(csv_field_next(buffer_span(&out), &dialect, &fields, &read));
        buffer_clear(&out);
    }
    arena_clear(&arena);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {cmocka_unit_test(a_nul_is_replaced),
                                                cmocka_unit_test(no_room),
                                                cmocka_unit_test(values_come_back)};

    TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
