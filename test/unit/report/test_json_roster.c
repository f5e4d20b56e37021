#include "report/formats.h"
#include "told.h"

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
    struct CMUnitTest tests[2 + COUNT(document_rows)] = {
        cmocka_unit_test(a_row_is_an_object),
        cmocka_unit_test(who_has_no_name_is_called_by_the_line),
    };

    (void)TESTS_OF(tests + 2, document_rows, document_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
