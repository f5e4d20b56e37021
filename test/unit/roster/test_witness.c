#include "roster/witness.h"

#include <stdatomic.h>

#include "roster/judge.h"
#include "runs.h"

enum { MARK = 1 << 5, FIRST_ROWS = 30000 };

/* What a witness saw of a run. */
struct seen {
    atomic_uint met, judged;
    unsigned at_settling; /* how many had been judged then */
    int settled;
    bool whole;
    const char *unknown; /* the name of the mailbox that it does not know */
};

static enum fault meet(void *context, const struct entry *entry, struct mailbox *mailbox,
                       struct arena *arena)
{
    struct seen *seen = context;

    (void)arena;
    atomic_fetch_add(&seen->met, 1);
    if (seen->unknown != NULL && span_is(entry_name(entry), seen->unknown)) {
        return FAULT_NONE;
    }
    mailbox->witnessed = seen;
    mailbox->blank = BLANK_NOT_ISSUED;
    return FAULT_NONE;
}

static void judged(void *context, const struct mailbox *mailbox, struct verdict *verdict)
{
    struct seen *seen = context;

    atomic_fetch_add(&seen->judged, 1);
    verdict->marks = mailbox->witnessed != NULL ? 0 : MARK;
}

static void settle(void *context, bool whole)
{
    struct seen *seen = context;

    seen->settled++;
    seen->at_settling = atomic_load(&seen->judged);
    seen->whole = whole;
}

static void run(const char *const *names, size_t count, size_t threads, uint32_t marks,
                struct seen *seen, struct run *out)
{
    const struct source_options options = {.follow_folder = -1, .batch_size = 4096};
    const struct witness witness = {seen, meet, judged, settle};
    struct source *sources[SOURCES_MAX] = {NULL};
    struct report report = {
        .format = format_find(span_text("csv")), .sink = take_rows, .context = out};
    const struct roster roster = {.sources = sources,
                                  .names = names,
                                  .source_count = count,
                                  .witness = &witness,
                                  .selection = {.marks = marks},
                                  .threads = threads,
                                  .report = &report,
                                  .complain = take_complaint,
                                  .context = out};

    *out = (struct run){.rows = buffer_with_max(TEXT_MAX), .complaints = buffer_with_max(TEXT_MAX)};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(source_open(names[i], &options, &sources[i], &out->why), FAULT_NONE);
    }
    assert_int_equal(roster_run(&roster, &out->outcome, &out->why), FAULT_NONE);
    report_clear(&report);
    for (size_t i = 0; i < count; i++) {
        source_free(sources[i]);
    }
}

static void write_users(const char *path, unsigned count)
{
    struct buffer text = buffer_with_max(TEXT_MAX);

    buffer_add_text(&text, "Display Name,E-mail Addresses,Tagged-X509-Cert\r\n");
    for (unsigned i = 0; i < count; i++) {
        buffer_add_text(&text, "User ");
        buffer_add_uint(&text, i);
        buffer_add_text(&text, ",SMTP:u@x.example,\r\n");
    }
    write_file(path, &text);
}

static void what_came_before_the_last_source_is_reported_first(void **state)
{
    const char *const names[] = {"first.csv", "last.csv"};

    (void)state;
    write_users("first.csv", FIRST_ROWS);
    write_users("last.csv", 10);
    for (size_t i = 0; i < COUNT(thread_counts); i++) {
        struct seen seen = {.unknown = "User 7"};
        struct run out;

        run(names, 2, thread_counts[i], 0, &seen, &out);
        assert_int_equal(seen.settled, 1);
        assert_int_equal(seen.at_settling, FIRST_ROWS);
        assert_true(seen.whole);
        assert_int_equal(seen.met, FIRST_ROWS + 10);
        assert_int_equal(out.outcome.summary.marks[5], 2);
        assert_int_equal(out.outcome.summary.standing[STANDING_NONE], FIRST_ROWS + 10);
        assert_true(has(&out.rows, "no certificate was issued"));
        run_clear(&out);
    }
}

static void rows_are_picked_by_their_marks(void **state)
{
    const char *const names[] = {"one.csv"};
    struct seen seen = {.unknown = "User 7"};
    struct run out;

    (void)state;
    write_users("one.csv", 20);
    run(names, 1, 2, MARK, &seen, &out);
    assert_int_equal(out.outcome.summary.shown, 1);
    assert_int_equal(count_of(&out.rows, "u@x.example"), 1);
    assert_true(has(&out.rows, "User 7"));
    assert_true(has(&out.rows, "no certificate in the directory"));
    run_clear(&out);
}

static void a_source_that_could_not_be_read_is_told(void **state)
{
    const char *const names[] = {"broken.csv", "whole.csv"};
    struct seen seen = {0};
    struct run out;

    (void)state;
    write_text("broken.csv", "no header of ours\n");
    write_users("whole.csv", 3);
    run(names, 2, 2, 0, &seen, &out);
    assert_int_equal(seen.settled, 1);
    assert_int_equal(seen.at_settling, 0);
    assert_false(seen.whole);
    run_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_before_the_last_source_is_reported_first),
        cmocka_unit_test(rows_are_picked_by_their_marks),
        cmocka_unit_test(a_source_that_could_not_be_read_is_told),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
