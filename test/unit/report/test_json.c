#include "report/json.h"

#include <assert.h>

#include "report/formats.h"
#include "told.h"

/* RFC 8259, section 7. */
static const struct string_row {
    const char *name, *text;
    size_t len;
    const char *string;
} string_rows[] = {
    {"nothing", TEXT(""), "\"\""},
    {"text as it is", TEXT("Anna Berg"), "\"Anna Berg\""},
    {"UTF-8 stays", TEXT("J\xc3\xb6rg \xf0\x9f\x98\x80"), "\"J\xc3\xb6rg \xf0\x9f\x98\x80\""},
    {"Windows-1252 becomes UTF-8", TEXT("J\xf6rg \x80"), "\"J\xc3\xb6rg \xe2\x82\xac\""},
    {"what looks like UTF-8 beside it too", TEXT("\xc3\xb6\xff"), "\"\xc3\x83\xc2\xb6\xc3\xbf\""},
    {"a slash and what HTML minds stay", TEXT("</script>&'"), "\"</script>&'\""},
    {"a quote is escaped", TEXT("a\"b"), "\"a\\\"b\""},
    {"a backslash is escaped", TEXT("a\\b"), "\"a\\\\b\""},
    {"controls with letters", TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
    {"controls without", TEXT("\x01\x1b\x1f\v"), "\"\\u0001\\u001b\\u001f\\u000b\""},
    {"a NUL", TEXT("a\0b"), "\"a\\u0000b\""},
    {"DEL is none of them", TEXT("\x7f"), "\"\x7f\""},
    {"a quote beside Windows-1252", TEXT("\xf6\"\n"), "\"\xc3\xb6\\\"\\n\""},
};

static void string_row_holds(void **state)
{
    const struct string_row *row = *state;
    uint8_t *text = exact_copy(row->text, row->len);
    struct buffer out = buffer_with_max(1000);

    json_add_string(&out, span_of(text, row->len));
    assert_span(buffer_span(&out), row->string);
    buffer_clear(&out);
    free(text);
}

/* The property: text escaped in place is the same as text that is added escaped. */
static void escaping_in_place_is_the_same(void **state)
{
    static const char bytes[] = "ab\"\\\n\x01\x1f\t\xc3";
    uint64_t seed = 23;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        struct buffer whole = buffer_with_max(1000), placed = buffer_with_max(1000);
        uint8_t text[80];
        size_t len = 0;

        for (size_t n = random_next(&seed) % 40; n > 0; n--) {
            text[len++] = (uint8_t)bytes[random_next(&seed) % (sizeof(bytes) - 1)];
            if (text[len - 1] == 0xC3) {
                text[len++] = 0xB6;
            }
        }
        json_add_string(&whole, span_of(text, len));
        buffer_add_text(&placed, "\"");
        buffer_add(&placed, span_of(text, len));
        json_escape_from(&placed, 1);
        buffer_add_text(&placed, "\"");
        assert_true(span_equal(buffer_span(&whole), buffer_span(&placed)));
        buffer_clear(&whole);
        buffer_clear(&placed);
    }
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    for (size_t max = 0; max < 8; max++) {
        struct buffer out = buffer_with_max(max);

        json_add_string(&out, span_text("a\n\n"));
        assert_int_equal(out.fault, max < 7 ? FAULT_LIMIT : FAULT_NONE);
        assert_true(out.len <= max);
        buffer_reset(&out);
        buffer_add_text(&out, "\n\n");
        json_escape_from(&out, 0);
        assert_int_equal(out.fault, max < 4 ? FAULT_LIMIT : FAULT_NONE);
        assert_true(out.len <= max);
        buffer_clear(&out);
    }
}

static const char object[] =
    "{\"mailbox\":\"A \\\"B\\\"\",\"dn\":null,\"address\":\"a@x\",\"addresses\":[\"a@x\"],"
    "\"container\":\"R\",\"source\":\"site.csv\",\"line\":17,\"uses_kms\":\"no\","
    "\"standing\":\"none\",\"reason\":\"no certificate in the directory\",\"effective\":null,"
    "\"warnings\":[],\"certificates\":[]}";

static void a_row_is_an_object(void **state)
{
    struct buffer out = buffer_with_max(10000);
    struct told told;

    (void)state;
    told_init(&told, span_text("A \"B\""), span_text("a@x"), span_text("R"));
    format_jsonl()->row(&out, &told.row);
    assert_int_equal(out.len, sizeof(object));
    assert_memory_equal(out.at, object, sizeof(object) - 1);
    assert_int_equal(out.at[out.len - 1], '\n');
    buffer_clear(&out);
}

static void who_has_no_name_is_called_by_the_line(void **state)
{
    static const char start[] = "{\"mailbox\":\"line 17\",\"dn\":null,\"address\":null,"
                                "\"addresses\":[],\"container\":null,";
    struct buffer out = buffer_with_max(10000);
    struct told told;

    (void)state;
    told_init(&told, (struct span){0}, (struct span){0}, (struct span){0});
    format_jsonl()->row(&out, &told.row);
    assert_memory_equal(out.at, start, sizeof(start) - 1);
    buffer_clear(&out);
}

static const struct document_row {
    const char *name;
    size_t rows;
    const char *text; /* `%` stands for the object */
} document_rows[] = {
    {"no rows", 0, "\"users\":[\n\n],\n\"summary\":"},
    {"one row", 1, "\"users\":[\n%\n],\n\"summary\":"},
    {"rows with commas between them", 3, "\"users\":[\n%,\n%,\n%\n],\n\"summary\":"},
};

static void document_row_holds(void **state)
{
    static const char *const sources[] = {"a.csv", "b\".csv"};
    static const char begin[] = "{\"at\":\"1970-01-01T00:00:00Z\",\"sources\":[\"a.csv\","
                                "\"b\\\".csv\"],\n";
    const struct document_row *row = *state;
    struct kept kept = {.text = buffer_with_max(100000)};
    struct report report = {.format = format_json(),
                            .options = {.sources = sources, .source_count = 2},
                            .sink = keep,
                            .context = &kept};
    struct buffer want = buffer_with_max(100000);
    struct summary summary = {0};
    struct why why;
    struct told told;

    told_init(&told, span_text("A \"B\""), span_text("a@x"), span_text("R"));
    assert_int_equal(report_begin(&report, &why), FAULT_NONE);
    for (size_t i = 0; i < row->rows; i++) {
        struct buffer out = buffer_with_max(10000);

        format_json()->row(&out, &told.row);
        assert_int_equal(report_take(&report, buffer_span(&out), &why), FAULT_NONE);
        assert_int_equal(report_take(&report, (struct span){0}, &why), FAULT_NONE);
        summary_count(&summary, &told.verdict);
        buffer_clear(&out);
    }
    assert_int_equal(report_end(&report, &summary, &why), FAULT_NONE);
    buffer_add_text(&want, begin);
    for (const char *c = row->text; *c != '\0'; c++) {
        buffer_add_text(&want, *c == '%' ? object : (char[]){*c, '\0'});
    }
    assert_true(kept.text.len > want.len);
    assert_memory_equal(kept.text.at, want.at, want.len);
    assert_memory_equal(kept.text.at + kept.text.len - 21, "\"incomplete\":false}}\n", 21);
    report_clear(&report);
    buffer_clear(&kept.text);
    buffer_clear(&want);
}

int main(void)
{
    struct CMUnitTest tests[4 + COUNT(string_rows) + COUNT(document_rows)] = {
        cmocka_unit_test(escaping_in_place_is_the_same),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(a_row_is_an_object),
        cmocka_unit_test(who_has_no_name_is_called_by_the_line),
    };
    size_t n = 4;

    n += TESTS_OF(tests + n, string_rows, string_row_holds);
    n += TESTS_OF(tests + n, document_rows, document_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
