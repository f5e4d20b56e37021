#include "roster/roster.h"

#include "runs.h"

static void the_order_is_the_same_on_any_number_of_threads(void **state)
{
    struct buffer text = buffer_with_max(TEXT_MAX);
    struct run one = {
        .names = {"large.csv", "small.csv", "large.csv"}, .format = "jsonl", .threads = 1};

    (void)state;
    buffer_add_text(&text, HEADER);
    for (unsigned i = 0; i < 60000; i++) {
        add_row(&text, i, false);
    }
    assert_true(text.len > 4 * (size_t)BATCH);
    write_file("large.csv", &text);
    write_text("small.csv", HEADER "mailbox,Anna,SMTP:a@x,R,\r\n");
    assert_int_equal(run_roster(&one), FAULT_NONE);
    assert_int_equal(one.outcome.summary.mailboxes, 2 * (60000 - 6000 - 20) + 1);
    assert_int_equal(count_of(&one.rows, "\n"), one.outcome.summary.mailboxes);
    assert_int_equal(count_of(&one.complaints, "\n"), one.outcome.complaints);
    for (size_t i = 1; i < COUNT(thread_counts); i++) {
        struct run more = {.names = {"large.csv", "small.csv", "large.csv"},
                           .format = "jsonl",
                           .threads = thread_counts[i]};

        assert_int_equal(run_roster(&more), FAULT_NONE);
        assert_same(&one, &more);
        run_clear(&more);
    }
    run_clear(&one);
}

static void lines_and_complaints_go_up(void **state)
{
    struct run run = {.names = {"large.csv"}, .format = "jsonl", .threads = 7};
    struct span rest;
    unsigned long last = 0;
    size_t end;

    (void)state;
    assert_int_equal(run_roster(&run), FAULT_NONE);
    for (rest = buffer_span(&run.complaints); span_find(rest, '\n', &end);
         rest = span_from(rest, end + 1)) {
        unsigned long line = strtoul((const char *)rest.at + strlen("large.csv:"), NULL, 10);

        assert_true(line > last);
        last = line;
    }
    assert_true(last > 100000); /* two lines a row */
    last = 0;
    for (rest = buffer_span(&run.rows); span_find(rest, '\n', &end);
         rest = span_from(rest, end + 1)) {
        const uint8_t *place = memmem(rest.at, end, "\"line\":", 7);

        assert_non_null(place);
        assert_true(strtoul((const char *)place + 7, NULL, 10) > last);
        last = strtoul((const char *)place + 7, NULL, 10);
    }
    run_clear(&run);
}

/* About as many rows as the first batch of a file holds. */
static unsigned rows_of_a_batch(void)
{
    struct buffer text = buffer_with_max(TEXT_MAX);
    unsigned n = 0;

    while (text.len < BATCH) {
        add_row(&text, n++, false);
    }
    buffer_clear(&text);
    return n - 1;
}

/*
 * A second header in the middle: what follows is read by it, though other threads have begun to
 * read it by the first one. The same as if the halves had been two files.
 */
static void two_exports_in_one_file(void **state)
{
    const unsigned edge = rows_of_a_batch();
    const unsigned firsts[] = {1,        edge - 3, edge - 2, edge - 1, edge, edge + 1,
                               edge + 2, edge + 3, 2 * edge, 3 * edge, 39999};

    (void)state;
    for (size_t i = 0; i < COUNT(firsts); i++) {
        struct buffer whole = buffer_with_max(TEXT_MAX), half = buffer_with_max(TEXT_MAX);
        struct run halves = {.names = {"first.csv", "second.csv"}, .format = "csv", .threads = 1};

        buffer_add_text(&whole, HEADER);
        add_half(&whole, 0, firsts[i], false);
        buffer_add(&half, buffer_span(&whole));
        write_file("first.csv", &half);
        buffer_add_text(&half, OTHER_HEADER);
        add_half(&half, firsts[i], 60000, true);
        buffer_add(&whole, buffer_span(&half));
        assert_true(whole.len > 3 * (size_t)BATCH);
        write_file("second.csv", &half);
        write_file("whole.csv", &whole);
        assert_int_equal(run_roster(&halves), FAULT_NONE);
        for (size_t t = 0; t < COUNT(thread_counts); t++) {
            struct run run = {.names = {"whole.csv"}, .format = "csv", .threads = thread_counts[t]};

            assert_int_equal(run_roster(&run), FAULT_NONE);
            assert_true(span_equal(buffer_span(&run.rows), buffer_span(&halves.rows)));
            assert_memory_equal(&run.outcome.summary, &halves.outcome.summary,
                                sizeof(run.outcome.summary));
            assert_int_equal(run.outcome.complaints, halves.outcome.complaints + 1);
            assert_int_equal(count_of(&run.complaints, "a second header"), 1);
            run_clear(&run);
        }
        run_clear(&halves);
    }
}

/* Many headers, several in one batch and one in each: the last one before a row counts. */
static void many_exports_in_one_file(void **state)
{
    struct buffer whole = buffer_with_max(TEXT_MAX);
    struct run one = {.names = {"whole.csv"}, .format = "csv", .threads = 1};

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        buffer_add_text(&whole, i % 2 == 0 ? HEADER : OTHER_HEADER);
        add_half(&whole, 1, i < 50 ? 300 : 9000, i % 2 == 1);
    }
    write_file("whole.csv", &whole);
    assert_int_equal(run_roster(&one), FAULT_NONE);
    assert_int_equal(count_of(&one.complaints, "a second header"), 59);
    assert_false(has(&one.rows, "SERVER"));
    for (size_t t = 1; t < COUNT(thread_counts); t++) {
        struct run run = {.names = {"whole.csv"}, .format = "csv", .threads = thread_counts[t]};

        assert_int_equal(run_roster(&run), FAULT_NONE);
        assert_same(&one, &run);
        run_clear(&run);
    }
    run_clear(&one);
}

static void a_sink_that_fails_stops_the_run(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        for (int at = 1; at < 6; at += 2) {
            struct run run = {.names = {"large.csv", "whole.csv"},
                              .format = "csv",
                              .threads = thread_counts[t],
                              .fails_at = at};

            assert_int_equal(run_roster(&run), FAULT_RESOURCE);
            assert_string_equal(run.why.rule, "the disk is full");
            assert_int_equal(run.calls, at); /* and is not asked again */
            run_clear(&run);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_the_same_on_any_number_of_threads),
        cmocka_unit_test(lines_and_complaints_go_up),
        cmocka_unit_test(two_exports_in_one_file),
        cmocka_unit_test(many_exports_in_one_file),
        cmocka_unit_test(a_sink_that_fails_stops_the_run),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
