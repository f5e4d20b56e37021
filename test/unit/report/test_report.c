#include "report/report.h"

#include "report/formats.h"
#include "told.h"

static void formats_are_found_by_name(void **state)
{
    static const char *const names[] = {"table", "csv", "json", "jsonl", "html"};
    static const char *const others[] = {"", "xml", "CSV", "js", "jsonl ", "htm"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct format *format = format_find(span_text(names[i]));

        assert_non_null(format);
        assert_string_equal(format->name, names[i]);
        assert_non_null(format->row);
        assert_non_null(format->summary);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_null(format_find(span_text(others[i])));
    }
    assert_null(format_find(span_of("csv", 4)));
}

static void counts_add_up(void **state)
{
    struct summary whole = {0}, parts[3] = {{0}, {0}, {.incomplete = true}};
    uint64_t seed = 29;
    uint64_t sum = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const struct verdict verdict = {.uses = (enum uses_kms)(random_next(&seed) % 3),
                                        .standing =
                                            (enum standing)(random_next(&seed) % STANDING_COUNT)};

        summary_count(&whole, &verdict);
        summary_count(&parts[i % 3], &verdict);
    }
    for (int i = 1; i < 3; i++) {
        summary_merge(&parts[0], &parts[i]);
    }
    assert_true(parts[0].incomplete);
    assert_int_equal(parts[0].mailboxes, 1000);
    for (int i = 0; i < STANDING_COUNT; i++) {
        assert_int_equal(parts[0].standing[i], whole.standing[i]);
        sum += whole.standing[i];
    }
    assert_int_equal(sum, 1000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parts[0].uses[i], whole.uses[i]);
    }
    summary_merge(&whole, &(struct summary){0});
    assert_false(whole.incomplete);
}

/* Runs a report of `rows` rows; gives the first fault. */
static enum fault run(struct report *report, size_t rows, struct why *why)
{
    struct summary summary = {0};
    struct told told;
    enum fault fault = report_begin(report, why);

    told_init(&told, span_text("Anna"), span_text("a@x"), span_text("R"));
    for (size_t i = 0; i < rows && fault == FAULT_NONE; i++) {
        struct buffer out = buffer_with_max(10000);

        report->format->row(&out, &told.row);
        summary_count(&summary, &told.verdict);
        fault = report_take(report, buffer_span(&out), why);
        buffer_clear(&out);
    }
    if (fault == FAULT_NONE) {
        fault = report_end(report, &summary, why);
    }
    report_clear(report);
    report_clear(report);
    return fault;
}

static const struct row_of_formats {
    const char *name, *format;
} rows[] = {{"a table whose sink fails", "table"},
            {"csv whose sink fails", "csv"},
            {"json whose sink fails", "json"},
            {"jsonl whose sink fails", "jsonl"}};

/* Wherever the sink fails, its fault and its reason come back, and nothing leaks. */
static void row_holds(void **state)
{
    const struct row_of_formats *row = *state;
    struct kept kept = {.text = buffer_with_max(1 << 24)};
    struct report report = {
        .format = format_find(span_text(row->format)), .sink = keep, .context = &kept};
    struct why why = {0};
    int calls;

    assert_int_equal(run(&report, 2500, &why), FAULT_NONE);
    calls = kept.calls;
    assert_true(calls > 2);
    for (int at = 1; at <= calls; at = at < 4 || at > calls - 3 ? at + 1 : calls - 2) {
        kept.calls = 0;
        kept.fails_at = at;
        buffer_reset(&kept.text);
        assert_int_equal(run(&report, 2500, &why), FAULT_RESOURCE);
        assert_string_equal(why.rule, "the disk is full");
    }
    buffer_clear(&kept.text);
}

static void the_summary_alone_has_no_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct kept kept = {.text = buffer_with_max(10000)};
        struct report report = {.format = format_find(span_text(rows[i].format)),
                                .options = {.summary_only = true},
                                .sink = keep,
                                .context = &kept};
        struct why why;

        assert_int_equal(run(&report, 3, &why), FAULT_NONE);
        assert_int_equal(kept.calls, 1);
        assert_null(memmem(kept.text.at, kept.text.len, "Anna", 4));
        assert_non_null(memmem(kept.text.at, kept.text.len, "3", 1));
        buffer_clear(&kept.text);
    }
}

static void what_stands_around_the_rows_has_an_end(void **state)
{
    size_t len = (size_t)17 << 20;
    char *name = malloc(len + 1);
    const char *const sources[] = {name};
    struct kept kept = {.text = buffer_with_max(10000)};
    struct report report = {.format = format_json(),
                            .options = {.sources = sources, .source_count = 1},
                            .sink = keep,
                            .context = &kept};
    struct why why = {0};

    (void)state;
    memset(name, 'a', len);
    name[len] = '\0';
    assert_int_equal(report_begin(&report, &why), FAULT_RESOURCE);
    assert_non_null(why.rule);
    assert_int_equal(kept.calls, 0);
    report_clear(&report);
    free(name);
}

int main(void)
{
    struct CMUnitTest tests[4 + COUNT(rows)] = {
        cmocka_unit_test(formats_are_found_by_name),
        cmocka_unit_test(counts_add_up),
        cmocka_unit_test(the_summary_alone_has_no_rows),
        cmocka_unit_test(what_stands_around_the_rows_has_an_end),
    };

    (void)TESTS_OF(tests + 4, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
